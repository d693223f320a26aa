//! Waiting by a task.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::Shared;
use super::consumer::Consumer;
use super::delivery::Delivery;
use super::error::{DequeueError, EnqueueError};
use super::producer::{Enqueued, Producer};
use crate::delivery::Content;
use crate::message::Message;
use crate::wait::{Event, Waiter};

/// Waits for a message: [`Consumer::dequeue_async`].
///
/// Dropping it leaves every message where it is, and passes its wake-up on.
#[must_use = "futures do nothing unless polled"]
pub struct DequeueFuture<'c, T: Content + ?Sized, M = Shared> {
    consumer: &'c Consumer<T, M>,
    waiter: Waiter<&'c Event>,
}

/// Waits for room: [`Producer::enqueue_async`].
///
/// Dropped before it is ready, it leaves nothing in the queue; the message goes with it.
#[must_use = "futures do nothing unless polled"]
pub struct EnqueueFuture<'p, T: Content + ?Sized, M = Shared> {
    producer: &'p Producer<T, M>,
    waiter: Waiter<&'p Event>,
    message: Option<Message<T::Owned>>,
}

impl<T: Content + ?Sized, M> Consumer<T, M> {
    /// A future that leases a message as soon as there is one. Any runtime will do.
    pub fn dequeue_async(&self) -> DequeueFuture<'_, T, M> {
        DequeueFuture { consumer: self, waiter: Waiter::new(&self.core.ready) }
    }
}

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// A future that puts a message into the queue as soon as there is room.
    pub fn enqueue_async(&self, message: impl Into<Message<T::Owned>>) -> EnqueueFuture<'_, T, M> {
        let waiter = Waiter::new(&self.core.room);
        EnqueueFuture { producer: self, waiter, message: Some(message.into()) }
    }
}

impl<'c, T: Content + ?Sized, M> Future for DequeueFuture<'c, T, M> {
    type Output = Result<Delivery<'c, T, M>, DequeueError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { consumer, waiter } = self.get_mut();
        let consumer = *consumer;
        waiter.poll(context.waker(), || consumer.attempt())
    }
}

// No field is pinned: a message is moved out of it, and never polled.
impl<T: Content + ?Sized, M> Unpin for EnqueueFuture<'_, T, M> {}

impl<T: Content + ?Sized, M> Future for EnqueueFuture<'_, T, M> {
    type Output = Result<Enqueued, EnqueueError<T::Owned>>;

    /// # Panics
    ///
    /// If it was ready before.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { producer, waiter, message } = self.get_mut();
        assert!(message.is_some(), "a future is not to be polled after it was ready");
        waiter.poll(context.waker(), || producer.attempt(message))
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for DequeueFuture<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DequeueFuture").finish_non_exhaustive()
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for EnqueueFuture<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnqueueFuture").field("waits", &self.message.is_some()).finish()
    }
}
