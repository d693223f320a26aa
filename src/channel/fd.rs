//! A channel in an event loop: a descriptor for epoll, io_uring, poll, libuv or Qt.

use alloc::task::Wake;
use core::fmt;
use core::task::Waker;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};

use super::owned::Values;
use super::{Receiver, RecvError};
use crate::wait::{Awaited, Waiter};

/// A receiver with a descriptor that becomes readable when there is something to receive.
///
/// | platform | descriptor |
/// |---|---|
/// | Linux, Android | an eventfd |
/// | others | none yet: wait in a thread, or by a future |
///
/// The loop takes what is there until there is nothing, which **arms** the descriptor, then polls.
/// A sender writes to an armed descriptor once; until it is armed again, sending costs no system
/// call. Each receiver can have its own descriptor; a value wakes one of them.
///
/// # Examples
///
/// ```
/// use ringmill::channel::{Pollable, RecvError, channel};
/// use rustix::event::{PollFd, PollFlags, poll};
///
/// let (sender, receiver) = channel(64)?;
/// let worker = std::thread::spawn(move || (1..=100).for_each(|n| sender.send(n).unwrap()));
///
/// let mut pollable = Pollable::new(receiver)?;
/// let mut sum = 0;
/// 'over: loop {
///     // Beside other descriptors, as a rule.
///     poll(&mut [PollFd::new(&pollable, PollFlags::IN)], None)?;
///     loop {
///         match pollable.try_recv_or_arm() {
///             Ok(Some(n)) => sum += n,
///             Ok(None) => break, // nothing there, and armed
///             Err(RecvError) => break 'over,
///         }
///     }
/// }
/// assert_eq!(sum, 5_050);
/// worker.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pollable<T> {
    // Leaves the list before the receiver goes.
    armed: Armed<Values<T>>,
    receiver: Receiver<T>,
}

/// A descriptor that is readable while there may be something, and unreadable while it is armed.
pub(crate) struct Armed<E: Awaited> {
    waiter: Waiter<E>,
    /// Whether the descriptor was made unreadable, and this has not seen a wake-up since.
    armed: bool,
    signal: Arc<Signal>,
    waker: Waker,
}

impl<E: Awaited> Armed<E> {
    /// For one who waits for `event`. Readable at first.
    pub(crate) fn new(event: E) -> io::Result<Self> {
        let signal = Arc::new(Signal(eventfd(1, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?));
        let waker = Arc::clone(&signal).into();
        Ok(Self { waiter: Waiter::new(event), armed: false, signal, waker })
    }

    /// Tries; where that gives nothing, arms the descriptor and tries again.
    pub(crate) fn attempt<R>(&mut self, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
        if self.waiter.answer() {
            // The wake-up has made it readable.
            self.armed = false;
        }
        let mut result = attempt();
        if result.is_none() {
            self.signal.clear();
            self.armed = true;
            self.waiter.enlist(&self.waker);
            result = attempt();
        }
        let result = result?;
        self.waiter.done();
        if self.armed {
            // There may be more, and nobody enlisted who would be told.
            self.signal.set();
            self.armed = false;
        }
        Some(result)
    }
}

impl<E: Awaited> AsRawFd for Armed<E> {
    fn as_raw_fd(&self) -> RawFd {
        self.signal.0.as_raw_fd()
    }
}

/// The descriptor, as a waker.
struct Signal(OwnedFd);

impl Signal {
    /// Makes it readable.
    fn set(&self) {
        // It can only fail where the counter stands at its end, and then it is readable.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Makes it unreadable.
    fn clear(&self) {
        // It can only fail where it is unreadable already.
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.set();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.set();
    }
}

impl<T> Pollable<T> {
    /// Gives a receiver a descriptor. It is readable at first, so that a loop begins by looking.
    ///
    /// # Errors
    ///
    /// If the system has no descriptor left.
    pub fn new(receiver: Receiver<T>) -> io::Result<Self> {
        let armed = Armed::new(Values(crate::sync::Arc::clone(&receiver.shared)))?;
        Ok(Self { armed, receiver })
    }

    /// Takes the oldest value. If there is none, the descriptor is unreadable from now on until
    /// there may be one, or the channel is closed; else it stays readable.
    ///
    /// Never waits. A system call where there is no value, none otherwise.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the channel is closed and empty. The descriptor stays readable then.
    pub fn try_recv_or_arm(&mut self) -> Result<Option<T>, RecvError> {
        self.armed.attempt(|| self.receiver.attempt()).transpose()
    }

    /// The receiver, to be used as ever.
    pub fn receiver(&self) -> &Receiver<T> {
        &self.receiver
    }

    /// The receiver again, without a descriptor.
    pub fn into_receiver(self) -> Receiver<T> {
        self.receiver
    }
}

impl<T> AsFd for Pollable<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.armed.signal.0.as_fd()
    }
}

impl<T> AsRawFd for Pollable<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.armed.as_raw_fd()
    }
}

impl<T> fmt::Debug for Pollable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pollable")
            .field("receiver", &self.receiver)
            .field("fd", &self.armed.signal.0)
            .finish_non_exhaustive()
    }
}
