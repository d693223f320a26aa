//! A bounded channel: an [`mpmc`](crate::ring::mpmc) ring whose ends wait. Take it where a thread
//! or a task has nothing else to do while there is no message, or no room.
//!
//! It is not: unbounded, a rendezvous (a capacity of 0 is refused: there is a ring inside, and
//! nowhere else to put a value), or a broadcast (each value goes to one receiver).
//!
//! # Guarantees
//!
//! First-in first-out over all senders and receivers, as the ring has it. Every value that was
//! accepted can be received, also after the channel was closed.
//!
//! A channel is **closed** by [`Sender::close`], by [`Receiver::close`], or when all senders, or
//! all receivers, are gone. From then on nothing is accepted; a value that is refused comes back in
//! the error. Receivers get what is still there and then learn that it is over. When the last
//! receiver is gone, what is left in the channel is dropped at once.
//!
//! # Waiting
//!
//! | | never waits | waits | waits until | future |
//! |---|---|---|---|---|
//! | one | [`try_send`] | [`send`] | [`send_timeout`], [`send_deadline`] | [`send_async`] |
//! | | [`try_recv`] | [`recv`] | [`recv_timeout`], [`recv_deadline`] | [`recv_async`] |
//! | many | [`try_send_batch`] | [`send_batch`] | | |
//! | | [`try_recv_batch`] | [`recv_batch`] | [`recv_batch`] | |
//! | several channels | | [`Select::wait`] | [`Select::wait_timeout`] | [`Select::wait_async`] |
//!
//! All are doors to the same tries. How a blocking call waits before it sleeps is set per handle:
//! [`Strategy`]. A deadline in the past makes a call that waits a call that tries. Blocking calls
//! may be used in a task of an asynchronous runtime as little as any other: they stop its thread.
//!
//! Futures are cancel-safe: a [`RecvFuture`] that is dropped has taken nothing, and a wake-up that
//! was meant for it goes to the next who waits. A [`SendFuture`] that is dropped has not sent; its
//! value can be had back by [`SendFuture::into_value`].
//!
//! # Progress
//!
//! The tries are as the ring's. A waiting call waits for another thread to send or receive; who is
//! woken is told in the order of waiting, and a thread that never slept may still be faster.
//!
//! # Cost
//!
//! A try costs what the ring's costs, and if it succeeds a load, to see whether someone waits (and
//! a fence, which is free on x86); a batch costs it once. Waking a sleeping thread costs
//! microseconds.
//!
//! # Threads
//!
//! [`Sender`] and [`Receiver`] are `Send`, `Sync` and `Clone` for `T: Send`.
//!
//! # Examples
//!
//! ```
//! use ringmill::channel::channel;
//! use std::thread;
//!
//! let (sender, receiver) = channel(16)?;
//! let workers: Vec<_> = (0..2)
//!     .map(|_| {
//!         let receiver = receiver.clone();
//!         thread::spawn(move || receiver.iter().sum::<u64>())
//!     })
//!     .collect();
//! for n in 1..=1_000 {
//!     sender.send(n)?; // waits while the channel is full
//! }
//! drop(sender); // the workers' iterators end when they have had everything
//! let sum: u64 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
//! assert_eq!(sum, 500_500);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`try_send`]: Sender::try_send
//! [`send`]: Sender::send
//! [`send_timeout`]: Sender::send_timeout
//! [`send_deadline`]: Sender::send_deadline
//! [`send_async`]: Sender::send_async
//! [`try_send_batch`]: Sender::try_send_batch
//! [`send_batch`]: Sender::send_batch
//! [`try_recv`]: Receiver::try_recv
//! [`recv`]: Receiver::recv
//! [`recv_timeout`]: Receiver::recv_timeout
//! [`recv_deadline`]: Receiver::recv_deadline
//! [`recv_async`]: Receiver::recv_async
//! [`try_recv_batch`]: Receiver::try_recv_batch
//! [`recv_batch`]: Receiver::recv_batch

mod error;
#[cfg(all(feature = "fd", target_os = "linux"))]
pub(crate) mod fd;
mod future;
#[cfg(any(feature = "async", all(feature = "fd", target_os = "linux")))]
mod owned;
#[cfg(feature = "capi")]
pub(crate) mod raw;
mod receiver;
mod select;
mod sender;
#[cfg(feature = "async")]
mod stream;

use alloc::vec::Vec;

use crate::ends::Ends;
use crate::ring::mpmc::Ring;
use crate::ring::{CapacityError, Full};
use crate::sync::Arc;
use crate::wait::Event;

pub use self::error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
#[cfg(all(feature = "fd", target_os = "linux"))]
pub use self::fd::Pollable;
pub use self::future::{RecvFuture, SendFuture};
pub use self::receiver::{IntoIter, Iter, Receiver, TryIter};
pub use self::select::{Select, SelectFuture, SelectTimeoutError};
pub use self::sender::Sender;
#[cfg(feature = "async")]
pub use self::stream::{RecvStream, SendSink};
pub use crate::wait::Strategy;

/// A channel with room for exactly `capacity` values. All of its memory is allocated here.
///
/// # Errors
///
/// [`CapacityError`] if the capacity is 0, above 2^31, or there is no memory for it.
///
/// # Examples
///
/// ```
/// use ringmill::channel::{TrySendError, channel};
///
/// let (sender, receiver) = channel(1)?;
/// sender.try_send("first")?;
/// assert_eq!(sender.try_send("second"), Err(TrySendError::Full("second")));
/// assert_eq!(receiver.recv(), Ok("first"));
///
/// // There is no channel without a buffer.
/// assert!(channel::<()>(0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn channel<T>(capacity: usize) -> Result<(Sender<T>, Receiver<T>), CapacityError> {
    let shared = Arc::new(Shared {
        ring: Ring::new(capacity)?,
        values: Event::new(),
        room: Event::new(),
        senders: Ends::one(),
        receivers: Ends::one(),
    });
    Ok((Sender::new(Arc::clone(&shared)), Receiver::new(shared)))
}

/// What all ends share.
struct Shared<T> {
    ring: Ring<T>,
    /// There may be a value, or the channel is closed.
    values: Event,
    /// There may be room, or the channel is closed.
    room: Event,
    senders: Ends,
    receivers: Ends,
}

impl<T> Shared<T> {
    /// Sends a value; gives it back if there is no room, or never will be.
    #[inline]
    fn try_push(&self, value: T) -> Result<(), Full<T>> {
        self.ring.push_awaited(value)?;
        self.values.notify(1);
        Ok(())
    }

    /// Sends the value that is there, and says whether it has; otherwise the value stays.
    #[inline]
    fn push(&self, value: &mut Option<T>) -> bool {
        let pushed = self.ring.push_from(value);
        if pushed {
            self.values.notify(1);
        }
        pushed
    }

    /// Moves what fits from the front of `values`, and says how many that was.
    fn try_send_batch(&self, values: &mut Vec<T>) -> Result<usize, SendError<()>> {
        let sent = self.ring.push_drain_awaited(values);
        if sent > 0 {
            self.values.notify(sent);
        } else if self.ring.is_closed() {
            return Err(SendError(()));
        }
        Ok(sent)
    }

    /// Takes the oldest value, if there is one.
    #[inline]
    fn pop(&self) -> Option<T> {
        let taken = self.ring.pop_awaited();
        if taken.is_some() {
            self.room.notify(1);
        }
        taken
    }

    /// Goes on where there was no value: `None` if waiting may help.
    #[cold]
    fn at_end(&self) -> Option<Result<T, RecvError>> {
        // What was accepted before it was closed is there still.
        self.ring.is_closed().then(|| self.pop().ok_or(RecvError))
    }

    /// Moves what is there, at most `max`, to the end of `out`, and says how many that was.
    fn try_recv_batch(&self, out: &mut Vec<T>, max: usize) -> Result<usize, RecvError> {
        // Asked first: what is found to be empty after it was closed stays empty.
        let closed = self.ring.is_closed();
        let received = self.ring.pop_into_awaited(out, max);
        if received > 0 {
            self.room.notify(received);
        } else if closed && max > 0 {
            return Err(RecvError);
        }
        Ok(received)
    }

    /// Accepts nothing more; false if that was so already.
    fn close(&self) -> bool {
        let closed = self.ring.close();
        if closed {
            Event::notify_all_of([&self.values, &self.room]);
        }
        closed
    }
}
