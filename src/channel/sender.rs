//! The sending end.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::time::Instant;

use super::{SendError, SendFuture, SendTimeoutError, Shared, Strategy, TrySendError};
use crate::ring::Full;
use crate::sync::Arc;
use crate::wait::{Event, block};

const UNSENT: &str = "a value that was not sent is where it was";

/// The sending end of a [`channel`](super::channel()): clone it, share it, send it elsewhere.
///
/// When the last one is dropped, the channel is closed.
pub struct Sender<T> {
    pub(super) shared: Arc<Shared<T>>,
    strategy: Strategy,
}

impl<T> Sender<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared, strategy: Strategy::default() }
    }

    /// Sets how the blocking calls of this handle, and of its later clones, wait.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Sends a value if there is room. Never waits.
    ///
    /// # Errors
    ///
    /// [`Full`](TrySendError::Full) or [`Closed`](TrySendError::Closed), with the value.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.shared.try_push(value) {
            Ok(()) => Ok(()),
            Err(Full(value)) if self.is_closed() => Err(TrySendError::Closed(value)),
            Err(Full(value)) => Err(TrySendError::Full(value)),
        }
    }

    /// Sends a value; waits while the channel is full.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the value, if the channel is closed, also while this waits.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match self.shared.try_push(value) {
            Ok(()) => Ok(()),
            Err(Full(value)) => {
                self.send_until(Some(value), None).map_err(|error| SendError(error.into_inner()))
            }
        }
    }

    /// Sends a value; waits at most for `timeout` while the channel is full.
    ///
    /// A time-out too long for the clock is none at all.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](SendTimeoutError::TimedOut) or [`Closed`](SendTimeoutError::Closed), with the
    /// value.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_until(Some(value), Instant::now().checked_add(timeout))
    }

    /// Sends a value; waits until `deadline` at most while the channel is full.
    ///
    /// # Errors
    ///
    /// As [`send_timeout`](Self::send_timeout).
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_until(Some(value), Some(deadline))
    }

    /// A future that sends a value as soon as there is room.
    ///
    /// # Errors
    ///
    /// It gives [`SendError`], with the value, if the channel is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::channel::channel;
    /// # pollster::block_on(async {
    /// let (sender, receiver) = channel(1)?;
    /// sender.send_async(1).await?;
    /// assert_eq!(receiver.recv_async().await, Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn send_async(&self, value: T) -> SendFuture<'_, T> {
        SendFuture::new(self, value)
    }

    /// Sends as many values from the front of `values` as there is room for, next to each other,
    /// and says how many that was. Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed. What was not sent stays in `values`, in order.
    pub fn try_send_batch(&self, values: &mut Vec<T>) -> Result<usize, SendError<()>> {
        self.shared.try_send_batch(values)
    }

    /// Sends all of `values`, in order, as room comes up; waits while the channel is full.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed. What was not sent stays in `values`, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::channel::channel;
    /// let (sender, receiver) = channel(2)?;
    /// let mut batch = vec![1, 2, 3, 4];
    /// let consumer = std::thread::spawn(move || receiver.iter().sum::<i32>());
    /// sender.send_batch(&mut batch)?;
    /// assert!(batch.is_empty());
    /// drop(sender);
    /// assert_eq!(consumer.join().unwrap(), 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_batch(&self, values: &mut Vec<T>) -> Result<(), SendError<()>> {
        let sent = block(&self.shared.room, self.strategy, None, || {
            match self.shared.try_send_batch(values) {
                Ok(_) => values.is_empty().then_some(Ok(())),
                Err(closed) => Some(Err(closed)),
            }
        });
        sent.expect("without a deadline it waits for a result")
    }

    /// Accepts nothing more from any sender; false if that was so already.
    ///
    /// What has been accepted can still be received.
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether nothing is accepted any more: the channel was closed, or the last receiver is gone.
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

    fn send_until(
        &self,
        mut value: Option<T>,
        deadline: Option<Instant>,
    ) -> Result<(), SendTimeoutError<T>> {
        let sent = block(&self.shared.room, self.strategy, deadline, || self.attempt(&mut value));
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(SendError(value))) => Err(SendTimeoutError::Closed(value)),
            None => Err(SendTimeoutError::TimedOut(value.expect(UNSENT))),
        }
    }

    /// Tries to send the value that is there; it is still there if the channel is full.
    #[inline]
    pub(super) fn attempt(&self, value: &mut Option<T>) -> Option<Result<(), SendError<T>>> {
        if self.shared.push(value) {
            return Some(Ok(()));
        }
        if self.is_closed() { Some(Err(SendError(value.take()?))) } else { None }
    }

    /// What is to be waited for when there is no room.
    pub(super) fn room(&self) -> &Event {
        &self.shared.room
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.join();
        Self { shared: Arc::clone(&self.shared), strategy: self.strategy }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.shared.senders.leave() {
            self.shared.close();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
