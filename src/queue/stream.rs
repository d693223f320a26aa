//! A consumer as a stream.

use alloc::sync::Arc;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::{FusedStream, Stream};

use super::Shared;
use super::consumer::Consumer;
use super::delivery::Detached;
use super::future::Ready;
use super::signs::Signs;
use crate::delivery::Content;
use crate::wait::Waiter;

impl<T: Content + ?Sized, M> Consumer<T, M> {
    /// Messages as they come, as a stream: it ends when the queue is closed, and every message has
    /// been settled.
    ///
    /// An item is leased when it is handed out, not before: dropping the stream leaves every other
    /// message where it is.
    pub fn into_stream(self) -> DeliveryStream<T, M> {
        let waiter = Waiter::new(Ready(Arc::clone(&self.core), self.member_of));
        DeliveryStream { waiter, consumer: self }
    }
}

/// Messages as they come, each to be settled; from [`Consumer::into_stream`].
#[must_use = "streams do nothing unless they are polled"]
pub struct DeliveryStream<T: Content + ?Sized, M = Shared> {
    // Leaves the list before the consumer goes.
    waiter: Waiter<Ready<T>>,
    consumer: Consumer<T, M>,
}

impl<T: Content + ?Sized, M> DeliveryStream<T, M> {
    /// The consumer again.
    pub fn into_consumer(self) -> Consumer<T, M> {
        self.consumer
    }
}

impl<T: Content + ?Sized, M> Unpin for DeliveryStream<T, M> {}

impl<T: Content + ?Sized, M> Stream for DeliveryStream<T, M> {
    type Item = Detached<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Detached<T>>> {
        let Self { waiter, consumer } = self.get_mut();
        let attempt = || Some(consumer.attempt()?.ok().map(super::Delivery::detach));
        waiter.poll(context.waker(), attempt)
    }
}

impl<T: Content + ?Sized, M> FusedStream for DeliveryStream<T, M> {
    fn is_terminated(&self) -> bool {
        let core = &self.consumer.core;
        core.signs.has(Signs::DRAINING | Signs::ABORTED) || core.is_done(self.consumer.own())
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for DeliveryStream<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryStream").field("consumer", &self.consumer).finish_non_exhaustive()
    }
}
