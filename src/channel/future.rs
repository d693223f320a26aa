//! Sending and receiving as futures, for any runtime.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::{Receiver, RecvError, SendError, Sender};
use crate::wait::{Event, Waiter};

/// Sends a value as soon as there is room; from [`Sender::send_async`].
///
/// Dropping it before it is ready drops the value unsent; [`into_value`](Self::into_value) keeps
/// it.
#[must_use = "futures do nothing unless they are polled"]
pub struct SendFuture<'a, T> {
    sender: &'a Sender<T>,
    /// The value until it is sent.
    value: Option<T>,
    waiter: Waiter<&'a Event>,
}

impl<'a, T> SendFuture<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>, value: T) -> Self {
        Self { sender, value: Some(value), waiter: Waiter::new(sender.room()) }
    }

    /// Gives sending up: the value, unless it has been sent or given back.
    pub fn into_value(self) -> Option<T> {
        self.value
    }
}

// The value is moved out, never pinned.
impl<T> Unpin for SendFuture<'_, T> {}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    /// # Panics
    ///
    /// If it is polled after it was ready.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { sender, value, waiter } = self.get_mut();
        assert!(value.is_some(), "polled after it was ready");
        waiter.poll(context.waker(), || sender.attempt(value))
    }
}

/// Takes the oldest value as soon as there is one; from [`Receiver::recv_async`].
///
/// Dropping it before it is ready takes nothing. Polled again after it was ready, it takes the next
/// value.
#[must_use = "futures do nothing unless they are polled"]
pub struct RecvFuture<'a, T> {
    receiver: &'a Receiver<T>,
    waiter: Waiter<&'a Event>,
}

impl<'a, T> RecvFuture<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>) -> Self {
        Self { receiver, waiter: Waiter::new(receiver.values()) }
    }
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { receiver, waiter } = self.get_mut();
        waiter.poll(context.waker(), || receiver.attempt())
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture").field("sent", &self.value.is_none()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvFuture").finish_non_exhaustive()
    }
}
