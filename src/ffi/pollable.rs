//! A channel in an event loop.

use core::ffi::{c_int, c_void};

use super::{ringmill_channel, ringmill_status};

/// A receiving end of a channel with a file descriptor, for epoll, io_uring, poll, libuv or Qt.
/// Linux only.
///
/// The loop takes what is there by ringmill_pollable_recv_or_arm() until that says
/// RINGMILL_STATUS_EMPTY: then the descriptor is unreadable until there may be an element, or the
/// channel is closed. A sender writes to it once; until it is armed again, sending costs no system
/// call. Each thread may have a pollable of its own; an element makes one of them readable.
pub struct ringmill_pollable {}

/// Makes a receiving end with a descriptor. It is readable at first, so that a loop begins by
/// looking.
///
/// @param[in]  channel  a channel
/// @param[out] out      the pollable, to be freed by ringmill_pollable_free(); NULL unless the
///                      status is OK
/// @return RINGMILL_STATUS_OK, _SYSTEM (no descriptor left), _UNSUPPORTED (not Linux), or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_pollable_new(
    channel: *mut ringmill_channel,
    out: *mut *mut ringmill_pollable,
) -> ringmill_status {
}

/// Frees a pollable and closes its descriptor. Take the descriptor out of the event loop first.
///
/// @param[in] pollable  a pollable, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_pollable_free(pollable: *mut ringmill_pollable) {
}

/// The descriptor: poll it for readability, and do nothing else with it. It is the pollable's.
///
/// @param[in] pollable  a pollable
/// @return the descriptor; -1 if pollable is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_pollable_fd(pollable: *const ringmill_pollable) -> c_int {
}

/// Takes the oldest element. If there is none, arms the descriptor. Never waits.
///
/// @param[in]  pollable  used by one thread at a time
/// @param[out] out       elem_size bytes of the channel, any alignment; untouched unless the status
///                       is OK
/// @return RINGMILL_STATUS_OK (there may be more: the descriptor stays readable), _EMPTY (poll
///         now), _CLOSED (and everything was taken), _BUSY (another thread is in this call) or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_pollable_recv_or_arm(
    pollable: *mut ringmill_pollable,
    out: *mut c_void,
) -> ringmill_status {
}
