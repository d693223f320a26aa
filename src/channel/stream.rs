//! A receiver as a stream, a sender as a sink.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::owned::{Room, Values};
use super::{Receiver, SendError, Sender};
use crate::sync::Arc;
use crate::wait::Waiter;

impl<T> Receiver<T> {
    /// Values as they come, as a stream: it ends when the channel is closed and empty.
    ///
    /// Dropping a stream takes nothing that it has not given.
    pub fn into_stream(self) -> RecvStream<T> {
        let waiter = Waiter::new(Values(Arc::clone(&self.shared)));
        RecvStream { waiter, receiver: self }
    }
}

impl<T> Sender<T> {
    /// A sink that sends what it is given.
    ///
    /// It holds one value until there is room; flush it, or close it, before it is dropped.
    pub fn into_sink(self) -> SendSink<T> {
        let waiter = Waiter::new(Room(Arc::clone(&self.shared)));
        SendSink { waiter, sender: Some(self), value: None }
    }
}

/// Values as they come; from [`Receiver::into_stream`].
#[must_use = "streams do nothing unless they are polled"]
pub struct RecvStream<T> {
    // Leaves the list before the receiver goes.
    waiter: Waiter<Values<T>>,
    receiver: Receiver<T>,
}

impl<T> RecvStream<T> {
    /// The receiver again.
    pub fn into_receiver(self) -> Receiver<T> {
        self.receiver
    }
}

impl<T> Unpin for RecvStream<T> {}

impl<T> Stream for RecvStream<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { waiter, receiver } = self.get_mut();
        waiter.poll(context.waker(), || receiver.attempt()).map(Result::ok)
    }
}

impl<T> FusedStream for RecvStream<T> {
    fn is_terminated(&self) -> bool {
        self.receiver.is_closed() && self.receiver.is_empty()
    }
}

/// Sends what it is given; from [`Sender::into_sink`].
#[must_use = "sinks do nothing unless they are polled"]
pub struct SendSink<T> {
    waiter: Waiter<Room<T>>,
    /// Until the sink is closed.
    sender: Option<Sender<T>>,
    /// Taken over, not sent yet.
    value: Option<T>,
}

impl<T> SendSink<T> {
    /// The value that the sink has taken over and not sent yet.
    pub fn take_unsent(&mut self) -> Option<T> {
        // There is nothing to wait for any more.
        self.waiter.cancel();
        self.value.take()
    }
}

// The value is moved out, never pinned.
impl<T> Unpin for SendSink<T> {}

impl<T> Sink<T> for SendSink<T> {
    type Error = SendError<T>;

    fn poll_ready(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        self.poll_flush(context)
    }

    /// # Errors
    ///
    /// [`SendError`], with the value, if the sink was closed.
    ///
    /// # Panics
    ///
    /// If [`poll_ready`](Sink::poll_ready) was not ready before.
    fn start_send(self: Pin<&mut Self>, value: T) -> Result<(), SendError<T>> {
        let this = self.get_mut();
        if this.sender.is_none() {
            return Err(SendError(value));
        }
        assert!(this.value.is_none(), "a value before the sink was ready for it");
        this.value = Some(value);
        Ok(())
    }

    fn poll_flush(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        let Self { waiter, sender, value } = self.get_mut();
        match sender {
            Some(sender) if value.is_some() => {
                waiter.poll(context.waker(), || sender.attempt(value))
            }
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_close(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        let flushed = self.as_mut().poll_flush(context);
        if flushed.is_ready() {
            self.get_mut().sender = None;
        }
        flushed
    }
}

impl<T> fmt::Debug for RecvStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvStream").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendSink")
            .field("sender", &self.sender)
            .field("flushed", &self.value.is_none())
            .finish_non_exhaustive()
    }
}
