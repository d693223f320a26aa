//! Keys that are held.

use core::ffi::c_void;

use super::super::barrier::{Out, status};
use super::super::handle::borrow;
use super::{bytes, refused, ringmill_queue, ringmill_status};

/// Hands out no messages of a key until ringmill_queue_resume_key(). One that a consumer has is settled
/// as before.
///
/// @param[in] queue    a queue with RINGMILL_ORDER_KEY; any thread
/// @param[in] key      bytes; may be NULL if key_len is 0
/// @param[in] key_len  how many
/// @return RINGMILL_STATUS_OK, also if it was paused already; _UNSUPPORTED (there is no order by key) or
///         _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_pause_key(
    queue: *mut ringmill_queue,
    key: *const c_void,
    key_len: usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let key = unsafe { bytes("key", key, key_len)? };
        let paused = queue.queue.pause_key(key).map(drop);
        paused.map_err(|error| refused(error.code(), &error))
    })
}

/// Hands out messages of a key again.
///
/// @param[in] queue    a queue; any thread
/// @param[in] key      as ringmill_queue_pause_key()
/// @param[in] key_len  how many bytes
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (it is not paused), _UNSUPPORTED or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_resume_key(
    queue: *mut ringmill_queue,
    key: *const c_void,
    key_len: usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let key = unsafe { bytes("key", key, key_len)? };
        queue.queue.resume_key(key).map_err(|error| refused(error.code(), &error))
    })
}

/// Has the messages go on that were set aside behind a dead letter of their key.
///
/// @param[in]  queue         a queue with a park_key_limit; any thread
/// @param[in]  key           as ringmill_queue_pause_key()
/// @param[in]  key_len       how many bytes
/// @param[out] out_messages  how many these are; 0 unless the status is OK; may be NULL
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (it is not parked), _UNSUPPORTED or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_unpark_key(
    queue: *mut ringmill_queue,
    key: *const c_void,
    key_len: usize,
    out_messages: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out_messages, 0) };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let key = unsafe { bytes("key", key, key_len)? };
        let unparked = queue.queue.unpark_key(key);
        let unparked = unparked.map_err(|error| refused(error.code(), &error))?;
        if let Some(mut out) = out {
            out.put(unparked);
        }
        Ok(())
    })
}
