//! Waiting by a task.

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::Shared;
use super::consumer::Consumer;
use super::core::Core;
use super::delivery::Delivery;
use super::enqueued::Enqueued;
use super::error::{DequeueError, EnqueueError};
use super::producer::Producer;
use crate::delivery::Content;
use crate::message::Message;
use crate::wait::{Awaited, Event, Waiter};

/// Waits for a message: [`Consumer::dequeue_async`].
///
/// Dropping it leaves every message where it is, and passes its wake-up on.
#[must_use = "futures do nothing unless polled"]
pub struct DequeueFuture<'c, T: Content + ?Sized, M = Shared> {
    /// Until it is ready.
    consumer: Option<&'c mut Consumer<T, M>>,
    waiter: Waiter<Ready<T>>,
}

/// Waits for room: [`Producer::enqueue_async`].
///
/// Dropped before it is ready, it leaves nothing in the queue; the message goes with it.
#[must_use = "futures do nothing unless polled"]
pub struct EnqueueFuture<'p, T: Content + ?Sized, M = Shared> {
    producer: &'p mut Producer<T, M>,
    waiter: Waiter<Room<T>>,
    message: Option<Message<T::Owned>>,
}

impl<T: Content + ?Sized, M> Consumer<T, M> {
    /// A future that leases a message as soon as there is one. Any runtime will do.
    ///
    /// A task that may move to another thread must not keep the delivery over an `await`:
    /// [`detach`](Delivery::detach) it at once.
    pub fn dequeue_async(&mut self) -> DequeueFuture<'_, T, M> {
        let ready = Ready(Arc::clone(&self.core), self.member_of);
        DequeueFuture { consumer: Some(self), waiter: Waiter::new(ready) }
    }
}

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// A future that puts a message into the queue as soon as there is room.
    pub fn enqueue_async(
        &mut self,
        message: impl Into<Message<T::Owned>>,
    ) -> EnqueueFuture<'_, T, M> {
        let waiter = Waiter::new(Room(Arc::clone(&self.core)));
        EnqueueFuture { producer: self, waiter, message: Some(message.into()) }
    }
}

/// The event of a group of a queue that has something to hand out.
pub(super) struct Ready<T: Content + ?Sized>(pub(super) Arc<Core<T>>, pub(super) u32);

/// The event of a queue that has room.
struct Room<T: Content + ?Sized>(Arc<Core<T>>);

impl<T: Content + ?Sized> AsRef<Event> for Ready<T> {
    fn as_ref(&self) -> &Event {
        &self.0.group(self.1).expect("a consumer's group").ready
    }
}

impl<T: Content + ?Sized> AsRef<Event> for Room<T> {
    fn as_ref(&self) -> &Event {
        &self.0.room
    }
}

impl<T: Content + ?Sized> Awaited for Ready<T> {}
impl<T: Content + ?Sized> Awaited for Room<T> {}

impl<'c, T: Content + ?Sized, M> Future for DequeueFuture<'c, T, M> {
    type Output = Result<Delivery<'c, T, M>, DequeueError>;

    /// # Panics
    ///
    /// If it was ready before.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { consumer, waiter } = self.get_mut();
        let mine = consumer.take().expect("a future is not to be polled after it was ready");
        // Reborrowed for the try; the delivery borrows it for the whole of 'c.
        match waiter.poll(context.waker(), || Some(mine.attempt()?.map(Delivery::into_parts))) {
            Poll::Ready(found) => {
                let mine: &'c Consumer<T, M> = mine;
                Poll::Ready(found.map(|found| Delivery::from_parts(mine, found)))
            }
            Poll::Pending => {
                *consumer = Some(mine);
                Poll::Pending
            }
        }
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
