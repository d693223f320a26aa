//! How a delivery ends.

use core::ffi::c_char;

use super::super::barrier::{Out, fits, invalid, status};
use super::super::handle::borrow;
use super::delivery::{class_of, strange};
use super::{
    any_text, refused, ringmill_delivery, ringmill_queue, ringmill_queue_consumer,
    ringmill_receipt, ringmill_status, ringmill_status as Status, span,
};
use crate::queue::{ErrorClass, Settlement, Verdict};

/// Not yet, or elsewhere: an answer of handlers alone.
pub const RINGMILL_SETTLE_KEPT: u32 = 0;
/// Handled.
pub const RINGMILL_SETTLE_ACK: u32 = 1;
/// Handling failed.
pub const RINGMILL_SETTLE_NACK: u32 = 2;
/// Never to be handled.
pub const RINGMILL_SETTLE_REJECT: u32 = 3;
/// Not handled.
pub const RINGMILL_SETTLE_RELEASE: u32 = 4;
/// Handling failed by an error of RINGMILL_CLASS_PANIC: an answer of handlers alone.
pub const RINGMILL_SETTLE_PANIC: u32 = 5;

/// Handled: the message is done with.
///
/// As every function here that settles, it lets go of the delivery unless the status is
/// _INVALID_ARGUMENT or _NOT_FOUND: its pointers are over then.
///
/// @param[in] consumer  one of the delivery's queue; any thread, also while another one takes
///                      messages
/// @param[in] delivery  the delivery
/// @return RINGMILL_STATUS_OK; nothing was settled: _STALE_RECEIPT (the lease was taken back, or this
///         is an old copy), _ALREADY_SETTLED, _CLOSED (the queue was aborted), _NOT_FOUND (the
///         delivery is of another queue), _INVALID_ARGUMENT (it is none)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ack(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1, H2.
        unsafe { settle(consumer, delivery, Verdict::Ack) }
    })
}

/// Handled, all of them.
///
/// @param[in]  consumer    as ringmill_ack()
/// @param[in]  deliveries  an array; may be NULL if count is 0
/// @param[in]  count       how many
/// @param[out] out_acked   how many were acked, whatever the status; may be NULL
/// @return RINGMILL_STATUS_OK (all), else why the first one that was refused was: as ringmill_ack().
///         The others are acked all the same
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ack_batch(
    consumer: *mut ringmill_queue_consumer,
    deliveries: *const ringmill_delivery,
    count: usize,
    out_acked: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out_acked, 0) };
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        fits("count", count, size_of::<ringmill_delivery>())?;
        if deliveries.is_null() && count > 0 {
            return invalid(format_args!("deliveries is NULL, and count {count}"));
        }
        // SAFETY: H2.
        let (acked, ended) = unsafe { consumer.ack_all(deliveries, count) };
        if let Some(mut out) = out {
            out.put(acked);
        }
        ended
    })
}

/// Handling failed: tried again by the queue's retry policy, or a dead letter.
///
/// @param[in] consumer  as ringmill_ack()
/// @param[in] delivery  the delivery
/// @param[in] cause     one of the RINGMILL_CLASS_, which decides what becomes of the message; 0 for
///                      RINGMILL_CLASS_SYSTEM
/// @param[in] text      what happened, for the history of a dead letter, which keeps 1 KiB of it; may
///                      be NULL
/// @return as ringmill_ack()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_nack(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    cause: u32,
    text: *const c_char,
) -> ringmill_status {
    status(|| {
        let class = cause_of(cause)?;
        // SAFETY: H1, H2.
        unsafe {
            let text = &*any_text(text);
            settle(consumer, delivery, Verdict::Nack { class, text, after: None })
        }
    })
}

/// As ringmill_nack(), with a delay in place of the policy's.
///
/// @param[in] consumer  as ringmill_ack()
/// @param[in] delivery  the delivery
/// @param[in] cause     as ringmill_nack()
/// @param[in] text      as ringmill_nack()
/// @param[in] delay_ns  how long until it is handed out again, 0 or more
/// @return as ringmill_ack()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_nack_after(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    cause: u32,
    text: *const c_char,
    delay_ns: i64,
) -> ringmill_status {
    status(|| {
        let (class, after) = (cause_of(cause)?, Some(span("delay_ns", delay_ns)?));
        // SAFETY: H1, H2.
        unsafe {
            let text = &*any_text(text);
            settle(consumer, delivery, Verdict::Nack { class, text, after })
        }
    })
}

/// Never to be handled: a dead letter now.
///
/// @param[in] consumer  as ringmill_ack()
/// @param[in] delivery  the delivery
/// @param[in] text      why, as ringmill_nack()
/// @return as ringmill_ack()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_reject(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    text: *const c_char,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1, H2.
        unsafe { settle(consumer, delivery, Verdict::Reject(&any_text(text))) }
    })
}

/// Not handled: handed out again at once, without an attempt.
///
/// @param[in] consumer  as ringmill_ack()
/// @param[in] delivery  the delivery
/// @return as ringmill_ack()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_release(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1, H2.
        unsafe { settle(consumer, delivery, Verdict::Release { at_once: true }) }
    })
}

/// Not handled, and wanted later: handed out again after a delay, without an attempt.
///
/// @param[in] consumer  as ringmill_ack()
/// @param[in] delivery  the delivery
/// @param[in] delay_ns  how long, 0 or more
/// @return as ringmill_ack()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_snooze(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    delay_ns: i64,
) -> ringmill_status {
    status(|| {
        let delay = span("delay_ns", delay_ns)?;
        // SAFETY: H1, H2.
        unsafe { settle(consumer, delivery, Verdict::Snooze(delay)) }
    })
}

/// Lets go of a delivery without a word: for one whose lease has ended, and on the way out of
/// something that failed. If the lease stands, the message is handed out again after the queue's
/// release_delay_ns, without an attempt.
///
/// @param[in] consumer  as ringmill_ack()
/// @param[in] delivery  the delivery
/// @return RINGMILL_STATUS_OK (it was held), else as ringmill_ack()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_let_go(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        // SAFETY: H2.
        let opened = unsafe { consumer.open(delivery)? };
        match consumer.settle(opened, Verdict::Release { at_once: false }, false) {
            Err(refusal) if !refusal.held => Err(refused(refusal.kind.code(), &refusal.kind)),
            _ => Ok(()),
        }
    })
}

/// Lets a lease last until some time from now at least, the queue's max_lease_ns at most; never
/// shorter than it would have. The delivery is kept.
///
/// @param[in] consumer  as ringmill_ack()
/// @param[in] delivery  the delivery
/// @param[in] span_ns   how long, 0 or more
/// @return as ringmill_ack(), but the delivery is not let go of
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_extend(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    span_ns: i64,
) -> ringmill_status {
    status(|| {
        let span = span("span_ns", span_ns)?;
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        // SAFETY: H2.
        let (receipt, _) = unsafe { consumer.open(delivery)? };
        consumer.lender.extend(&receipt, span).map_err(|kind| refused(kind.code(), &kind))
    })
}

/// Ends a lease by its receipt, from anywhere, for whom who has the delivery is out of reach. He may
/// read on, and lets go of it some time.
///
/// @param[in] queue       the queue of the delivery; any thread
/// @param[in] receipt     of the delivery
/// @param[in] settlement  RINGMILL_SETTLE_ACK, _NACK, _REJECT or _RELEASE
/// @return as ringmill_ack()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_settle(
    queue: *mut ringmill_queue,
    receipt: *const ringmill_receipt,
    settlement: u32,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let settlement = match settlement {
            RINGMILL_SETTLE_ACK => Settlement::Ack,
            RINGMILL_SETTLE_NACK => Settlement::Nack,
            RINGMILL_SETTLE_REJECT => Settlement::Reject,
            RINGMILL_SETTLE_RELEASE => Settlement::Release,
            _ => {
                return invalid(format_args!(
                    "settlement is {settlement}; take one of RINGMILL_SETTLE_"
                ));
            }
        };
        if receipt.is_null() {
            return invalid(format_args!("receipt is NULL"));
        }
        // SAFETY: H2. It may be unaligned.
        let opened = unsafe { receipt.read_unaligned() }.open(queue.seal);
        let Some((receipt, _)) = opened else { return Err(strange(false, "receipt")) };
        let settled = queue.queue.settle(&receipt, settlement);
        settled.map_err(|error| refused(error.code(), &error))
    })
}

/// # Safety
///
/// H1, H2.
#[inline(always)]
unsafe fn settle(
    consumer: *const ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    verdict: Verdict<'_>,
) -> Result<(), Status> {
    // SAFETY: H1.
    let consumer = unsafe { borrow(consumer)? };
    // SAFETY: H2.
    let opened = unsafe { consumer.open(delivery)? };
    let settled = consumer.settle(opened, verdict, true);
    settled.map_err(|refusal| refused(refusal.kind.code(), &refusal.kind))
}

fn cause_of(cause: u32) -> Result<ErrorClass, Status> {
    match class_of(cause) {
        Some(class) => Ok(class),
        None if cause == 0 => Ok(ErrorClass::System),
        None => invalid(format_args!("cause is {cause}; take one of RINGMILL_CLASS_")),
    }
}
