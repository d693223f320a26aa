//! A channel in an event loop.

use core::ffi::{c_int, c_void};
use core::ptr;

use super::barrier::{Out, status, target, value};
use super::handle::{self, Handle, borrow};
use super::status::failed;
use super::{ringmill_channel, ringmill_status, ringmill_status as Status};

/// A receiving end of a channel with a file descriptor, for epoll, io_uring, poll, libuv or Qt.
/// Linux only.
///
/// The loop takes what is there by ringmill_pollable_recv_or_arm() until that says
/// RINGMILL_STATUS_EMPTY: then the descriptor is unreadable until there may be an element, or the
/// channel is closed. A sender writes to it once; until it is armed again, sending costs no system
/// call. Each thread may have a pollable of its own; an element makes one of them readable.
pub struct ringmill_pollable {
    end: platform::End,
}

impl Handle for ringmill_pollable {
    const KIND: &str = "ringmill_pollable";
}

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
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let end = platform::End::new(unsafe { borrow(channel)? })?;
        out.put(handle::give(ringmill_pollable { end })?);
        Ok(())
    })
}

/// Frees a pollable and closes its descriptor. Take the descriptor out of the event loop first.
///
/// @param[in] pollable  a pollable, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_pollable_free(pollable: *mut ringmill_pollable) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(pollable) };
        Ok(())
    });
}

/// The descriptor: poll it for readability, and do nothing else with it. It is the pollable's.
///
/// @param[in] pollable  a pollable
/// @return the descriptor; -1 if pollable is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_pollable_fd(pollable: *const ringmill_pollable) -> c_int {
    value(-1, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(pollable)? }.end.fd())
    })
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
    status(|| {
        // SAFETY: H1.
        let pollable = unsafe { borrow(pollable)? };
        let out = target("out", out, 1)?;
        // SAFETY: H2.
        unsafe { pollable.end.recv_or_arm(out) }
    })
}

#[cfg(target_os = "linux")]
mod platform {
    use core::cell::UnsafeCell;
    use core::ffi::c_int;
    use std::os::fd::AsRawFd;

    use super::{Status, failed, ringmill_channel};
    use crate::channel::fd::Armed;
    use crate::channel::raw::RawChannel;
    use crate::ffi::barrier::Patience;
    use crate::ffi::channel::received;
    use crate::ffi::guard::Guard;
    use crate::sync::Arc;
    use crate::wait::{Awaited, Event};

    pub(super) struct End {
        fd: c_int,
        channel: Arc<RawChannel>,
        guard: Guard,
        armed: UnsafeCell<Armed<Elems>>,
    }

    // SAFETY: whoever touches what is in the cell is in the guard.
    unsafe impl Sync for End {}

    /// What a pollable waits for.
    struct Elems(Arc<RawChannel>);

    impl AsRef<Event> for Elems {
        fn as_ref(&self) -> &Event {
            self.0.values()
        }
    }

    impl Awaited for Elems {}

    impl End {
        pub(super) fn new(channel: &ringmill_channel) -> Result<Self, Status> {
            match Armed::new(Elems(Arc::clone(&channel.0))) {
                Ok(armed) => Ok(Self {
                    fd: armed.as_raw_fd(),
                    channel: Arc::clone(&channel.0),
                    guard: Guard::new(),
                    armed: UnsafeCell::new(armed),
                }),
                Err(error) => Err(failed(Status::System, format_args!("eventfd: {error}"))),
            }
        }

        pub(super) fn fd(&self) -> c_int {
            self.fd
        }

        /// # Safety
        ///
        /// `out` can be written for an element.
        pub(super) unsafe fn recv_or_arm(&self, out: *mut u8) -> Result<(), Status> {
            let _entered = self.guard.enter()?;
            // SAFETY: this thread is in the guard, alone.
            let armed = unsafe { &mut *self.armed.get() };
            // SAFETY: by the caller.
            received(armed.attempt(|| unsafe { self.channel.try_recv(out) }), Patience::None)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use core::ffi::c_int;

    use super::{Status, failed, ringmill_channel};

    /// None can be made.
    pub(super) enum End {}

    impl End {
        pub(super) fn new(_: &ringmill_channel) -> Result<Self, Status> {
            Err(failed(Status::Unsupported, format_args!("there are pollables on Linux only")))
        }

        pub(super) fn fd(&self) -> c_int {
            match *self {}
        }

        /// # Safety
        ///
        /// None.
        pub(super) unsafe fn recv_or_arm(&self, _: *mut u8) -> Result<(), Status> {
            match *self {}
        }
    }
}
