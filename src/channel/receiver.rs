//! The receiving end.

use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use core::time::Duration;
use std::time::Instant;

use super::{RecvError, RecvFuture, RecvTimeoutError, Shared, Strategy, TryRecvError};
use crate::sync::Arc;
use crate::wait::{Event, block, both};

/// The receiving end of a [`channel`](super::channel()): clone it, share it, send it elsewhere.
/// Each value goes to one receiver.
///
/// When the last one is dropped, the channel is closed, and what is left in it is dropped.
pub struct Receiver<T> {
    pub(super) shared: Arc<Shared<T>>,
    strategy: Strategy,
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared, strategy: Strategy::default() }
    }

    /// Sets how the blocking calls of this handle, and of its later clones, wait.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Takes the oldest value, if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`]: empty now, or for ever.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.attempt() {
            Some(received) => received.map_err(TryRecvError::from),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Takes the oldest value; waits while there is none.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the channel is closed and empty, also while this waits.
    #[inline]
    pub fn recv(&self) -> Result<T, RecvError> {
        match self.attempt() {
            Some(received) => received,
            None => self.recv_until(None).map_err(|_| RecvError),
        }
    }

    /// Takes the oldest value; waits at most for `timeout` while there is none.
    ///
    /// A time-out too long for the clock is none at all.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`]: none came in time, or none will.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(Instant::now().checked_add(timeout))
    }

    /// Takes the oldest value; waits until `deadline` at most while there is none.
    ///
    /// # Errors
    ///
    /// As [`recv_timeout`](Self::recv_timeout).
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_until(Some(deadline))
    }

    /// A future that takes the oldest value as soon as there is one.
    ///
    /// # Errors
    ///
    /// It gives [`RecvError`] if the channel is closed and empty.
    pub fn recv_async(&self) -> RecvFuture<'_, T> {
        RecvFuture::new(self)
    }

    /// Takes what is there, at most `max` values, to the end of `out`, and says how many that was.
    /// Never waits.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the channel is closed and empty.
    pub fn try_recv_batch(&self, out: &mut Vec<T>, max: usize) -> Result<usize, RecvError> {
        self.shared.try_recv_batch(out, max)
    }

    /// Takes at least `min` and at most `max` values to the end of `out`, and says how many; waits
    /// while there are fewer than `min`, until the deadline at most.
    ///
    /// Values are taken as they come. So when the deadline passes, or the channel is closed, what
    /// has come so far is in `out` and counted: it may be less than `min`. A `min` of 0 does not
    /// wait, one above `max` counts as `max`.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] if there was no value at all.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::channel::channel;
    /// let (sender, receiver) = channel(8)?;
    /// sender.send_batch(&mut vec!["a", "b", "c"])?;
    /// let mut batch = Vec::with_capacity(8);
    /// // Two are enough, eight would be welcome.
    /// assert_eq!(receiver.recv_batch(&mut batch, 2, 8, None), Ok(3));
    /// sender.close();
    /// assert!(receiver.recv_batch(&mut batch, 2, 8, None).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_batch(
        &self,
        out: &mut Vec<T>,
        min: usize,
        max: usize,
        deadline: Option<Instant>,
    ) -> Result<usize, RecvTimeoutError> {
        let min = min.min(max);
        let mut received = 0;
        let ended = block(&self.shared.values, self.strategy, deadline, || {
            // Until nothing is found: what was found last may have been the last of a closed
            // channel, of which nobody will tell.
            loop {
                match self.shared.try_recv_batch(out, max - received) {
                    Ok(n) => {
                        received += n;
                        if received >= min || n == 0 {
                            return (received >= min).then_some(Ok(()));
                        }
                    }
                    Err(closed) => return Some(Err(closed)),
                }
            }
        });
        match ended {
            Some(Ok(())) => Ok(received),
            _ if received > 0 => Ok(received),
            Some(Err(RecvError)) => Err(RecvTimeoutError::Closed),
            None => Err(RecvTimeoutError::TimedOut),
        }
    }

    /// Values as they come; waits for each, ends when the channel is closed and empty.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self)
    }

    /// The values that are there; never waits, ends when there is none.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter(self)
    }

    /// Accepts nothing more from any sender; false if that was so already.
    ///
    /// What has been accepted can still be received.
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether nothing is accepted any more: the channel was closed, or the last sender is gone.
    /// There may still be values to be received.
    pub fn is_closed(&self) -> bool {
        self.shared.ring.is_closed()
    }

    /// How many values there is room for in all.
    pub fn capacity(&self) -> usize {
        self.shared.ring.capacity()
    }

    /// How many values wait to be received.
    pub fn len(&self) -> usize {
        self.shared.ring.len()
    }

    /// Whether no value waits to be received.
    pub fn is_empty(&self) -> bool {
        self.shared.ring.is_empty()
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.shared.ring.is_full()
    }

    fn recv_until(&self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        match block(&self.shared.values, self.strategy, deadline, || self.attempt()) {
            Some(received) => received.map_err(RecvTimeoutError::from),
            None => Err(RecvTimeoutError::TimedOut),
        }
    }

    /// Tries to take a value; `None` if waiting may help.
    #[inline]
    pub(super) fn attempt(&self) -> Option<Result<T, RecvError>> {
        match self.shared.pop() {
            Some(value) => Some(Ok(value)),
            None => self.shared.at_end(),
        }
    }

    /// What is to be waited for when there is no value.
    pub(super) fn values(&self) -> &Event {
        &self.shared.values
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.receivers.join();
        Self { shared: Arc::clone(&self.shared), strategy: self.strategy }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if self.shared.receivers.leave() {
            // What nobody will receive is dropped.
            both(|| _ = self.shared.close(), || self.shared.ring.drop_values());
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// Values as they come; from [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T>(&'a Receiver<T>);

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> FusedIterator for Iter<'_, T> {}

/// The values that are there; from [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T>(&'a Receiver<T>);

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

/// Values as they come, from a receiver of its own.
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> FusedIterator for IntoIter<T> {}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
