//! Messages that are set aside until somebody takes them.

use super::super::barrier::{Out, invalid, status};
use super::super::handle::borrow;
use super::delivery::not_found;
use super::{
    refused, ringmill_delivery, ringmill_message_handle, ringmill_queue_consumer, ringmill_status,
    ringmill_status as Status,
};
use crate::message::Handle as Place;
use crate::queue::Verdict;

/// Not handled now, and set aside until somebody takes it by ringmill_take(): without an attempt. It keeps
/// its slot, and the others of its key wait.
///
/// @param[in]  consumer  as ringmill_ack()
/// @param[in]  delivery  the delivery
/// @param[out] out       what takes it; all zero unless the status is OK
/// @return as ringmill_ack()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_defer(
    consumer: *mut ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    out: *mut ringmill_message_handle,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_message_handle::NONE)? };
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        // SAFETY: H2.
        let opened = unsafe { consumer.open(delivery)? };
        let settled = consumer.settle(opened, Verdict::Defer, true);
        settled.map_err(|refusal| refused(refusal.kind.code(), &refusal.kind))?;
        let receipt = opened.0;
        out.put(ringmill_message_handle {
            queue: receipt.queue,
            generation: receipt.lease.generation(),
            partition: receipt.partition,
            slot: receipt.slot,
        });
        Ok(())
    })
}

/// Takes a message under a lease that was set aside by a consumer of the same group. Never waits; a queue
/// that is paused gives it, too.
///
/// @param[in]  consumer  one thread at a time
/// @param[in]  message   from ringmill_defer()
/// @param[out] out       the delivery; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone, or of another queue), _ALREADY_SETTLED (it was taken
///         before), _NOT_DEFERRED, _CLOSED (the queue was drained or aborted), _BUSY or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_take(
    consumer: *mut ringmill_queue_consumer,
    message: *const ringmill_message_handle,
    out: *mut ringmill_delivery,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        unsafe { Out::new("out", out, ringmill_delivery::NONE)? };
        // SAFETY: H1.
        let this = unsafe { borrow(consumer)? };
        if message.is_null() {
            return invalid(format_args!("message is NULL"));
        }
        // SAFETY: H2. It may be unaligned.
        let message = unsafe { message.read_unaligned() };
        let ringmill_message_handle { queue, generation, partition, slot } = message;
        if !this.lender.has_slot(partition, slot) {
            return Err(not_found());
        }
        let _entered = this.guard.enter()?;
        // SAFETY: this thread is in the guard.
        let end = unsafe { &*this.end.get() };
        let taken = end.consumer.take(&Place { queue, generation, partition, slot });
        let taken = taken.map_err(|error| refused(error.code(), &error))?;
        // SAFETY: H2.
        unsafe { this.hand_over(&end.held, end.consumer.number(), taken, out) };
        Ok::<(), Status>(())
    })
}
