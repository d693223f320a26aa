//! The end of a queue that messages come out by.

use core::cell::{Cell, UnsafeCell};
use core::mem::{forget, transmute};
use core::ptr;
use std::sync::OnceLock;
use std::vec::Vec;

use super::super::barrier::{Out, Patience, fits, invalid, status, value};
use super::super::guard::Guard;
use super::super::handle::{self, Handle, borrow};
use super::consume::Arming;
use super::seal::Seal;
use super::{
    refused, ringmill_delivery, ringmill_queue, ringmill_status, ringmill_status as Status,
};
use crate::message::Receipt;
use crate::queue::by_value::{Lender, Refused};
use crate::queue::{Consumer, Delivery, DequeueError, Verdict};

/// A consumer of a queue. All consumers share the work: each message goes to one of them.
///
/// Messages are taken by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the
/// first waits. Make one for each thread. Deliveries are settled, extended and looked at by any
/// thread, at any time.
pub struct ringmill_queue_consumer {
    pub(super) guard: Guard,
    /// A thread is in `ringmill_consume`.
    pub(super) handling: Guard,
    /// A handler has freed it.
    doomed: OnceLock<()>,
    pub(super) end: UnsafeCell<End>,
    pub(super) lender: Lender,
    /// The queue's number.
    pub(super) queue: u64,
    /// The level of its messages, if there is one only.
    level: Option<u32>,
    pub(super) seal: Seal,
}

/// What is in the guard.
pub(super) struct End {
    /// Deliveries of a batch on their way; empty between calls. They borrow the consumer.
    batch: Vec<Delivery<'static, [u8]>>,
    pub(super) consumer: Consumer<[u8]>,
    /// How many more were handed out than settled by this consumer itself.
    pub(super) held: Cell<i64>,
    pub(super) armed: Arming,
}

// SAFETY: whoever touches what is in the cell is in the guard.
unsafe impl Sync for ringmill_queue_consumer {}

impl Handle for ringmill_queue_consumer {
    const KIND: &str = "ringmill_queue_consumer";
}

/// Makes a consumer.
///
/// @param[in]  queue  a queue
/// @param[out] out    the consumer, to be freed by ringmill_queue_consumer_free(); NULL unless the
///                    status is OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_consumer_new(
    queue: *mut ringmill_queue,
    out: *mut *mut ringmill_queue_consumer,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let consumer = queue.queue.consumer().with_strategy(queue.strategy);
        out.put(ringmill_queue_consumer::give(consumer)?);
        Ok(())
    })
}

/// Frees a consumer, and closes its descriptor.
///
/// Deliveries that it handed out stay: they are settled by another consumer of the queue, or their
/// leases end. Their pointers stay valid; what is never let go of keeps its slot, and once the last
/// handle of the queue is gone, the queue's memory.
///
/// @param[in] consumer  a consumer, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_consumer_free(consumer: *mut ringmill_queue_consumer) {
    value((), || {
        if !consumer.is_null() {
            // SAFETY: H1.
            let this = unsafe { borrow(consumer)? };
            if this.handling.try_enter().is_none() {
                // By its own handler, whose loop frees it.
                this.doomed.get_or_init(|| ());
                return Ok(());
            }
        }
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(consumer) };
        Ok(())
    });
}

impl Drop for ringmill_queue_consumer {
    fn drop(&mut self) {
        self.lender.close(self.end.get_mut().held.get());
    }
}

/// Takes a message under a lease; waits while there is none.
///
/// It is to be settled: ringmill_ack(), ringmill_nack() and the like. What is not settled when its
/// lease ends is handed out again.
///
/// @param[in]  consumer    one thread at a time
/// @param[in]  timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less tries
///                         once
/// @param[out] out         the delivery; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _EMPTY (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (and every
///         message has been settled; also while it waits), _BUSY or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_dequeue(
    consumer: *mut ringmill_queue_consumer,
    timeout_ns: i64,
    out: *mut ringmill_delivery,
) -> ringmill_status {
    let taken = status(|| {
        if out.is_null() {
            return invalid(format_args!("out is NULL"));
        }
        // SAFETY: H1.
        let this = unsafe { borrow(consumer)? };
        let _entered = this.guard.enter()?;
        // SAFETY: this thread is in the guard.
        let end = unsafe { &*this.end.get() };
        let taken = match end.consumer.try_dequeue() {
            Err(DequeueError::Empty) => end.wait(Patience::of(timeout_ns)),
            tried => tried,
        };
        // SAFETY: H2.
        unsafe {
            this.hand_over(&end.held, end.consumer.number(), taken.map_err(why)?, out);
        }
        Ok(())
    });
    if taken != Status::Ok && !out.is_null() {
        // SAFETY: H2.
        unsafe { out.write_unaligned(ringmill_delivery::NONE) };
    }
    taken
}

/// Takes at least min and at most max messages, a lease each; waits while there are fewer than min.
///
/// Messages are taken as they come. If the time-out passes or the queue is closed, what has come so
/// far is in out and counted, and the status is OK: it may be less than min.
///
/// @param[in]  consumer    one thread at a time
/// @param[in]  min         how many to wait for; 0 does not wait; above max counts as max
/// @param[in]  max         how many at most
/// @param[in]  timeout_ns  as ringmill_dequeue()
/// @param[out] out         room for max deliveries, written as far as messages were taken; may be
///                         NULL if max is 0
/// @param[out] out_taken   how many were taken; 0 unless the status is OK
/// @return RINGMILL_STATUS_OK (one at least, or max is 0); if there was none: _EMPTY (min is 0, or
///         timeout_ns is 0 or less), _TIMED_OUT, _CLOSED; or _BUSY, _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_dequeue_batch(
    consumer: *mut ringmill_queue_consumer,
    min: usize,
    max: usize,
    timeout_ns: i64,
    out: *mut ringmill_delivery,
    out_taken: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut number = unsafe { Out::new("out_taken", out_taken, 0)? };
        // SAFETY: H1.
        let this = unsafe { borrow(consumer)? };
        fits("max", max, size_of::<ringmill_delivery>())?;
        if max == 0 {
            return Ok(());
        }
        if out.is_null() {
            return invalid(format_args!("out is NULL, and max {max}"));
        }
        let _entered = this.guard.enter()?;
        // SAFETY: this thread is in the guard.
        let end = unsafe { &mut *this.end.get() };
        // SAFETY: the deliveries are gone before this call ends, and the list before its consumer.
        let mut batch = unsafe {
            let list = core::mem::take(&mut end.batch);
            transmute::<Vec<Delivery<'static, [u8]>>, Vec<Delivery<'_, [u8]>>>(list)
        };
        let ended = end.take(min.min(max), max, timeout_ns, &mut batch);
        let taken = batch.len();
        for (i, delivery) in batch.drain(..).enumerate() {
            // SAFETY: H2.
            unsafe {
                this.hand_over(&end.held, end.consumer.number(), delivery, out.add(i));
            }
        }
        // SAFETY: it is empty.
        end.batch =
            unsafe { transmute::<Vec<Delivery<'_, [u8]>>, Vec<Delivery<'static, [u8]>>>(batch) };
        number.put(taken);
        if taken > 0 { Ok(()) } else { ended.map_err(why) }
    })
}

impl End {
    /// A message, when there is one.
    #[cold]
    fn wait(&self, patience: Patience) -> Result<Delivery<'_, [u8]>, DequeueError> {
        match patience {
            Patience::None => Err(DequeueError::Empty),
            Patience::Forever => self.consumer.dequeue(),
            Patience::Until(end) => self.consumer.dequeue_deadline(end),
        }
    }

    /// Some messages.
    fn take<'c>(
        &'c self,
        min: usize,
        max: usize,
        timeout_ns: i64,
        batch: &mut Vec<Delivery<'c, [u8]>>,
    ) -> Result<(), DequeueError> {
        let tried = self.consumer.try_dequeue_batch(max, batch);
        if batch.len() >= min.max(1) || tried == Err(DequeueError::Closed) {
            return tried.map(drop);
        }
        let patience = if min == 0 { Patience::None } else { Patience::of(timeout_ns) };
        while batch.len() < min.max(1) {
            batch.push(self.wait(patience)?);
            // Closed or empty: the next round says so.
            let _more = self.consumer.try_dequeue_batch(max - batch.len(), batch);
        }
        Ok(())
    }
}

impl ringmill_queue_consumer {
    pub(super) fn give(consumer: Consumer<[u8]>) -> Result<*mut Self, Status> {
        let lender = consumer.lender();
        let armed = Arming::default();
        let end = End { batch: Vec::new(), consumer, held: Cell::new(0), armed };
        handle::give(Self {
            guard: Guard::new(),
            handling: Guard::new(),
            doomed: OnceLock::new(),
            end: UnsafeCell::new(end),
            queue: lender.number(),
            level: lender.level(),
            lender,
            seal: Seal::new(),
        })
    }

    pub(super) fn is_doomed(&self) -> bool {
        self.doomed.get().is_some()
    }

    /// Writes a delivery down, which is a plain value from now on.
    ///
    /// # Safety
    ///
    /// H2.
    #[inline(always)]
    pub(super) unsafe fn hand_over(
        &self,
        held: &Cell<i64>,
        number: u64,
        delivery: Delivery<'_, [u8]>,
        out: *mut ringmill_delivery,
    ) {
        let known = (number, self.level);
        // SAFETY: by the caller. It may be unaligned.
        unsafe { out.write_unaligned(ringmill_delivery::of(&delivery, known, self.seal)) };
        forget(delivery);
        held.set(held.get() + 1);
    }

    /// Settles a value, and lets go of it.
    #[inline(always)]
    pub(super) fn settle(
        &self,
        (receipt, number): (Receipt, u64),
        verdict: Verdict<'_>,
        minds: bool,
    ) -> Result<(), Refused> {
        let Some(_entered) = self.guard.try_enter() else {
            return self.settle_outside(&receipt, verdict, number, minds);
        };
        // SAFETY: this thread is in the guard.
        let end = unsafe { &*self.end.get() };
        let settled = end.consumer.settle_value(&receipt, verdict, minds);
        if settled.as_ref().map_or_else(|refused| refused.held, |()| true) {
            end.held.set(end.held.get() - 1);
        }
        settled
    }

    /// Acks some values, and lets go of them; how many were acked, and why the first one was not.
    ///
    /// # Safety
    ///
    /// H2.
    pub(super) unsafe fn ack_all(
        &self,
        deliveries: *const ringmill_delivery,
        count: usize,
    ) -> (usize, Result<(), Status>) {
        let entered = self.guard.try_enter();
        let (mut acked, mut gone, mut ended) = (0, 0, Ok(()));
        for i in 0..count {
            // SAFETY: by the caller.
            let settled = match unsafe { self.open(deliveries.add(i)) } {
                Err(status) => Err((status, false)),
                Ok((receipt, number)) => match &entered {
                    // SAFETY: this thread is in the guard.
                    Some(_) => unsafe { &*self.end.get() }.consumer.settle_value(
                        &receipt,
                        Verdict::Ack,
                        true,
                    ),
                    None => self.lender.settle(&receipt, Verdict::Ack, number, true),
                }
                .map_err(|refusal| (refused(refusal.kind.code(), &refusal.kind), refusal.held)),
            };
            match settled {
                Ok(()) => (acked, gone) = (acked + 1, gone + 1),
                Err((status, held)) => {
                    gone += i64::from(held);
                    ended = ended.and(Err(status));
                }
            }
        }
        match entered {
            Some(_) => {
                // SAFETY: this thread is in the guard.
                let held = unsafe { &(*self.end.get()).held };
                held.set(held.get() - gone);
            }
            None => self.lender.let_go(gone),
        }
        (acked, ended)
    }

    /// The same while another thread takes messages, or this one in the middle of something.
    #[cold]
    fn settle_outside(
        &self,
        receipt: &Receipt,
        verdict: Verdict<'_>,
        number: u64,
        minds: bool,
    ) -> Result<(), Refused> {
        let settled = self.lender.settle(receipt, verdict, number, minds);
        if settled.as_ref().map_or_else(|refused| refused.held, |()| true) {
            self.lender.let_go(1);
        }
        settled
    }
}

/// The status of a dequeue that gives nothing.
fn why(error: DequeueError) -> Status {
    Status::of(error.code())
}
