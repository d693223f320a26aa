//! Handling messages by callbacks, and taking them in an event loop.

use core::ffi::{c_int, c_void};

use super::super::barrier::{Out, invalid, status};
use super::super::handle::{self, borrow};
use super::super::status::failed;
use super::settle::{
    RINGMILL_SETTLE_ACK, RINGMILL_SETTLE_KEPT, RINGMILL_SETTLE_NACK, RINGMILL_SETTLE_PANIC,
    RINGMILL_SETTLE_REJECT, RINGMILL_SETTLE_RELEASE,
};
use super::{
    ringmill_delivery, ringmill_dequeue, ringmill_queue_consumer, ringmill_status,
    ringmill_status as Status,
};
use crate::queue::{ErrorClass, Verdict};

/// Handles a message, and says how it is settled: one of the RINGMILL_SETTLE_. With
/// RINGMILL_SETTLE_KEPT it has settled it itself, or will. Any other number is a failure.
///
/// It is called in the thread of ringmill_consume(), which is in no call of the library meanwhile. So
/// it may call every function: settle this delivery and others, take more messages by this consumer,
/// enqueue (into its own queue, too, but with a time-out: without one, a full queue waits for the
/// handler that waits for room), close, and free every handle, this consumer included. A consumer that
/// is freed by its own handler is gone when the handler has returned and its message is settled; it may
/// not be used by the handler any more. The handler must not throw or jump out.
pub type ringmill_handler_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, delivery: *const ringmill_delivery) -> u32>;

/// Takes messages and has them handled, one after the other, in this thread.
///
/// @param[in]  consumer     one thread at a time
/// @param[in]  handler      handles a message
/// @param[in]  user         for the handler
/// @param[in]  max          how many messages at most; 0 for no limit
/// @param[in]  timeout_ns   how long to wait for each, as ringmill_dequeue()
/// @param[out] out_handled  how many messages were handled, whatever the status; may be NULL
/// @return RINGMILL_STATUS_OK (max messages were handled, or the handler has freed the consumer), else
///         why there was no further message: _EMPTY, _TIMED_OUT, _CLOSED; or _BUSY, also in a handler
///         of this consumer; or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_consume(
    consumer: *mut ringmill_queue_consumer,
    handler: ringmill_handler_fn,
    user: *mut c_void,
    max: usize,
    timeout_ns: i64,
    out_handled: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::optional(out_handled, 0) };
        let Some(handler) = handler else {
            return invalid(format_args!("handler is NULL"));
        };
        // SAFETY: H1.
        let this = unsafe { borrow(consumer)? };
        let entered = this.handling.enter()?;
        let mut handled = 0;
        let ended = loop {
            if max > 0 && handled == max {
                break Ok(());
            }
            let mut delivery = ringmill_delivery::NONE;
            // SAFETY: H1, and the delivery is here.
            match unsafe { ringmill_dequeue(consumer, timeout_ns, &raw mut delivery) } {
                Status::Ok => {}
                status => break Err(status),
            }
            // SAFETY: by the caller, who gave both of them.
            let settlement = unsafe { handler(user, &raw const delivery) };
            this.settle_as(&delivery, settlement);
            handled += 1;
            if let Some(out) = &mut out {
                out.put(handled);
            }
            if this.is_doomed() {
                break Ok(());
            }
        };
        drop(entered);
        if this.is_doomed() {
            // SAFETY: the handler has freed it, and this is the last use.
            unsafe { handle::free(consumer) };
        }
        ended
    })
}

/// The descriptor of a consumer, for epoll, io_uring, poll, libuv or Qt: poll it for readability, and
/// do nothing else with it. It is the consumer's, and closed with it. Linux only.
///
/// The loop takes what is there by ringmill_dequeue_or_arm() until that says RINGMILL_STATUS_EMPTY:
/// then the descriptor is unreadable until there may be a message, or the queue is closed. It is
/// readable at first, so that a loop begins by looking.
///
/// @param[in]  consumer  one thread at a time
/// @param[out] out_fd    the descriptor; -1 unless the status is OK
/// @return RINGMILL_STATUS_OK, _SYSTEM (no descriptor left), _UNSUPPORTED (not Linux), _BUSY or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_consumer_fd(
    consumer: *mut ringmill_queue_consumer,
    out_fd: *mut c_int,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out_fd", out_fd, -1)? };
        // SAFETY: H1.
        let this = unsafe { borrow(consumer)? };
        let _entered = this.guard.enter()?;
        // SAFETY: this thread is in the guard, and nothing of it is lent meanwhile.
        let end = unsafe { &mut *this.end.get() };
        out.put(end.armed.fd(&end.consumer)?);
        Ok(())
    })
}

/// Takes a message under a lease. If there is none, arms the consumer's descriptor. Never waits.
///
/// @param[in]  consumer  one that was asked for its descriptor; one thread at a time
/// @param[out] out       the delivery; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK (there may be more: the descriptor stays readable), _EMPTY (poll now),
///         _CLOSED (and every message has been settled), _UNSUPPORTED (it has no descriptor), _BUSY or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_dequeue_or_arm(
    consumer: *mut ringmill_queue_consumer,
    out: *mut ringmill_delivery,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        unsafe { Out::new("out", out, ringmill_delivery::NONE)? };
        // SAFETY: H1.
        let this = unsafe { borrow(consumer)? };
        let _entered = this.guard.enter()?;
        // SAFETY: this thread is in the guard, and nothing of it is lent meanwhile.
        let end = unsafe { &mut *this.end.get() };
        let taken = end.armed.take(&end.consumer)?;
        // SAFETY: H2.
        unsafe { this.hand_over(&end.held, end.consumer.number(), taken, out) };
        Ok(())
    })
}

impl ringmill_queue_consumer {
    /// Settles what a handler was given.
    fn settle_as(&self, delivery: &ringmill_delivery, settlement: u32) {
        let verdict = match settlement {
            RINGMILL_SETTLE_KEPT => return,
            RINGMILL_SETTLE_ACK => Verdict::Ack,
            RINGMILL_SETTLE_REJECT => Verdict::Reject(""),
            RINGMILL_SETTLE_RELEASE => Verdict::Release { at_once: true },
            RINGMILL_SETTLE_PANIC => {
                let text = "handler panicked";
                Verdict::Nack { class: ErrorClass::Panic, text, after: None }
            }
            RINGMILL_SETTLE_NACK => nack(""),
            _ => nack("handler gave an unknown answer"),
        };
        // SAFETY: it is here. Whether it was settled in time is in the counts of the queue.
        if let Ok(opened) = unsafe { self.open(delivery) } {
            _ = self.settle(opened, verdict, true);
        }
    }
}

fn nack(text: &str) -> Verdict<'_> {
    Verdict::Nack { class: ErrorClass::System, text, after: None }
}

#[cfg(target_os = "linux")]
pub(super) use linux::Arming;

#[cfg(target_os = "linux")]
mod linux {
    use core::ffi::c_int;
    use std::os::fd::AsRawFd;

    use super::{Status, failed};
    use crate::channel::fd::Armed;
    use crate::queue::by_value::Messages;
    use crate::queue::{Consumer, Delivery};

    /// The descriptor of a consumer, if it was asked for.
    #[derive(Default)]
    pub(in super::super) struct Arming(Option<Armed<Messages>>);

    impl Arming {
        pub(super) fn fd(&mut self, consumer: &Consumer<[u8]>) -> Result<c_int, Status> {
            if self.0.is_none() {
                let armed = Armed::new(consumer.messages());
                let refused = |error| failed(Status::System, format_args!("eventfd: {error}"));
                self.0 = Some(armed.map_err(refused)?);
            }
            Ok(self.0.as_ref().map_or(-1, AsRawFd::as_raw_fd))
        }

        pub(super) fn take<'c>(
            &mut self,
            consumer: &'c Consumer<[u8]>,
        ) -> Result<Delivery<'c, [u8]>, Status> {
            let Some(armed) = &mut self.0 else { return Err(super::no_descriptor()) };
            match armed.attempt(|| consumer.try_or_nothing()) {
                Some(Ok(delivery)) => Ok(delivery),
                Some(Err(error)) => Err(Status::of(error.code())),
                None => Err(Status::Empty),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::Arming;

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use core::ffi::c_int;

    use super::{Status, failed};
    use crate::queue::{Consumer, Delivery};

    /// There is none.
    #[derive(Default)]
    pub(in super::super) struct Arming;

    impl Arming {
        pub(super) fn fd(&mut self, _: &Consumer<[u8]>) -> Result<c_int, Status> {
            Err(failed(Status::Unsupported, format_args!("there are descriptors on Linux only")))
        }

        pub(super) fn take<'c>(
            &mut self,
            _: &'c Consumer<[u8]>,
        ) -> Result<Delivery<'c, [u8]>, Status> {
            Err(super::no_descriptor())
        }
    }
}

#[cold]
fn no_descriptor() -> Status {
    let detail = format_args!("ask for the descriptor first: ringmill_queue_consumer_fd()");
    failed(Status::Unsupported, detail)
}
