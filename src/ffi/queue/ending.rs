//! How a queue pauses and ends.

use core::ptr;
use std::vec::Vec;

use bytes::Bytes;

use super::super::barrier::{Out, Patience, status, value};
use super::super::handle::{self, Handle, borrow};
use super::delivery::not_found;
use super::message::view;
use super::{ringmill_header, ringmill_message, ringmill_queue, ringmill_status};
use crate::message::Message;
use std::time::Duration;

/// Hands out nothing until ringmill_queue_resume(). Messages are accepted and settled as before.
///
/// @param[in] queue  a queue; any thread
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_pause(queue: *mut ringmill_queue) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        unsafe { borrow(queue)? }.queue.pause();
        Ok(())
    })
}

/// Hands out again.
///
/// @param[in] queue  a queue; any thread
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_resume(queue: *mut ringmill_queue) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        unsafe { borrow(queue)? }.queue.resume();
        Ok(())
    })
}

/// Whether nothing is handed out for the time being.
///
/// @param[in] queue  a queue; any thread
/// @return whether it is paused; false if queue is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_is_paused(queue: *const ringmill_queue) -> bool {
    value(false, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(queue)? }.queue.is_paused())
    })
}

/// What closing a queue took out of it: messages that no consumer would have got to see soon.
pub struct ringmill_close_report {
    delayed: usize,
    messages: Vec<(ringmill_message, Owned)>,
}

/// What a message of the report points into.
type Owned = (Message<Bytes>, Vec<ringmill_header>);

// SAFETY: the messages point into what is kept beside them, which nobody changes.
unsafe impl Send for ringmill_close_report {}
// SAFETY: as above.
unsafe impl Sync for ringmill_close_report {}

impl Handle for ringmill_close_report {
    const KIND: &str = "ringmill_close_report";
}

/// Accepts nothing more. Consumers take what is there, retries included, and are told when all is
/// settled: RINGMILL_STATUS_CLOSED.
///
/// What waits for a time that its producer or its consumer has set, or is parked, would keep them
/// waiting: it is taken out, and in the report. A queue that was closed already has little left for
/// one.
///
/// @param[in]  queue       a queue; any thread
/// @param[out] out_report  what was taken out, to be freed by ringmill_close_report_free(); NULL unless
///                         the status is OK; may be NULL: then these messages are dropped
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_close(
    queue: *mut ringmill_queue,
    out_report: *mut *mut ringmill_close_report,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out_report, ptr::null_mut()) };
        // SAFETY: H1.
        let report = unsafe { borrow(queue)? }.queue.close();
        if let Some(mut out) = out {
            let delayed = report.delayed();
            let messages = report.into_messages().map(|message| {
                let mut headers = Vec::new();
                (view(&message, &mut headers), (message, headers))
            });
            let mut report = ringmill_close_report { delayed, messages: messages.collect() };
            // Short keys stand in the messages, which are where they stay now.
            for (shown, (message, headers)) in &mut report.messages {
                headers.clear();
                *shown = view(message, headers);
            }
            out.put(handle::give(report)?);
        }
        Ok(())
    })
}

/// Frees a report, and the messages in it.
///
/// @param[in] report  a report, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_close_report_free(report: *mut ringmill_close_report) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(report) };
        Ok(())
    });
}

/// How many messages a report has.
///
/// @param[in] report  a report; any thread
/// @return those that had been waiting for a time, then those that were parked; 0 if report is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_close_report_len(report: *const ringmill_close_report) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(report)? }.messages.len())
    })
}

/// How many messages of a report had been waiting for a time. They come first.
///
/// @param[in] report  a report; any thread
/// @return their number; 0 if report is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_close_report_delayed(
    report: *const ringmill_close_report,
) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(report)? }.delayed)
    })
}

/// A message of a report, as it could be put into another queue, with what is left of its delay.
///
/// @param[in]  report  a report; any thread
/// @param[in]  index   below its length
/// @param[out] out     the message, whose pointers are valid as long as the report is; all zero unless
///                     the status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_close_report_at(
    report: *const ringmill_close_report,
    index: usize,
    out: *mut ringmill_message,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_message::NONE)? };
        // SAFETY: H1.
        let message = unsafe { borrow(report)? }.messages.get(index).ok_or_else(not_found)?;
        out.put(message.0);
        Ok(())
    })
}

/// Whether nothing is accepted any more. There may still be messages to be taken.
///
/// @param[in] queue  a queue; any thread
/// @return whether it was closed; true if queue is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_is_closed(queue: *const ringmill_queue) -> bool {
    value(true, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(queue)? }.queue.is_closed())
    })
}

/// How a queue was drained.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_drain_report {
    /// How many deliveries were settled while it waited.
    pub settled: u64,
    /// How many were still with consumers when the time was over: they were taken back, without an
    /// attempt.
    pub released: u64,
    /// How many messages stayed.
    pub left: u64,
}

/// Closes, hands out nothing more, and waits for what is with consumers.
///
/// @param[in]  queue       a queue; any thread, but none that has to settle something first
/// @param[in]  timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less does not
///                         wait
/// @param[out] out         how it went; all zero unless the status is OK; may be NULL
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_drain(
    queue: *mut ringmill_queue,
    timeout_ns: i64,
    out: *mut ringmill_drain_report,
) -> ringmill_status {
    status(|| {
        let none = ringmill_drain_report { settled: 0, released: 0, left: 0 };
        // SAFETY: H2.
        let out = unsafe { Out::optional(out, none) };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let timeout = match Patience::of(timeout_ns) {
            Patience::None => Duration::ZERO,
            Patience::Forever => Duration::MAX,
            Patience::Until(_) => Duration::from_nanos(timeout_ns.unsigned_abs()),
        };
        let report = queue.queue.drain(timeout);
        if let Some(mut out) = out {
            let (settled, released, left) = (report.settled, report.released, report.left);
            out.put(ringmill_drain_report { settled, released, left });
        }
        Ok(())
    })
}

/// Closes, hands out nothing more, and lets nothing be settled any more: settlements are answered with
/// RINGMILL_STATUS_CLOSED. What consumers read stays readable until they let go of it.
///
/// @param[in] queue  a queue; any thread
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_abort(queue: *mut ringmill_queue) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        unsafe { borrow(queue)? }.queue.abort();
        Ok(())
    })
}
