//! Waiting on several channels at once.

use alloc::{boxed::Box, vec::Vec};
use core::error::Error;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::time::Instant;

use super::{Receiver, RecvError, SendError, Sender, Strategy};
use crate::sync::turn;
use crate::wait::{Event, Wait, Waiter, wait};

/// A choice of sends and receives, of which exactly one will be done: the first that can be.
///
/// Where several can be done at once, each has its turn, also if the thread makes other choices in
/// between. An operation on a closed channel can be done: it gives its error.
///
/// # Cost
///
/// An allocation for each operation, and for the list. Waiting enlists with each channel.
///
/// # Examples
///
/// ```
/// use ringmill::channel::{Select, channel};
///
/// let (orders, new_orders) = channel::<u32>(8)?;
/// let (stop, stopped) = channel::<()>(1)?;
/// orders.send(7)?;
///
/// let order = Select::new()
///     .recv(&new_orders, |order| order.ok())
///     .recv(&stopped, |_| None)
///     .wait();
/// assert_eq!(order, Some(7));
/// # drop(stop);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a choice does nothing until it is waited for"]
pub struct Select<'a, R> {
    arms: Vec<Box<dyn Arm<'a, R> + 'a>>,
    strategy: Strategy,
}

/// Nothing could be done until the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SelectTimeoutError;

impl fmt::Display for SelectTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("none of the channels was ready until the deadline")
    }
}

impl Error for SelectTimeoutError {}

impl<'a, R> Select<'a, R> {
    /// No operation yet.
    pub fn new() -> Self {
        Self { arms: Vec::new(), strategy: Strategy::default() }
    }

    /// Sets how [`wait`](Self::wait) waits before it sleeps.
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Or receive from this channel, and make the result of it.
    pub fn recv<T: 'a>(
        mut self,
        receiver: &'a Receiver<T>,
        then: impl FnOnce(Result<T, RecvError>) -> R + 'a,
    ) -> Self {
        self.arms.push(Box::new(RecvArm { receiver, received: None, then }));
        self
    }

    /// Or send this value, and make the result of it.
    ///
    /// The value is dropped if another operation is done; send a clone if you need it.
    pub fn send<T: 'a>(
        mut self,
        sender: &'a Sender<T>,
        value: T,
        then: impl FnOnce(Result<(), SendError<T>>) -> R + 'a,
    ) -> Self {
        self.arms.push(Box::new(SendArm { sender, value: Some(value), sent: None, then }));
        self
    }

    /// Does one operation if one can be done at once; never waits.
    ///
    /// # Errors
    ///
    /// The choice itself, to be waited for or dropped, if none can be.
    pub fn try_now(mut self) -> Result<R, Self> {
        let start = turn();
        match attempt(&mut self.arms, start) {
            Some(ready) => Ok(self.arms.swap_remove(ready).finish()),
            None => Err(self),
        }
    }

    /// Waits until one operation can be done, and does it.
    ///
    /// # Panics
    ///
    /// If there is no operation: it would wait for ever.
    pub fn wait(self) -> R {
        self.wait_until(None).expect("without a deadline it waits for a result")
    }

    /// As [`wait`](Self::wait), at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`SelectTimeoutError`] if none could be done; nothing was sent or received then.
    pub fn wait_timeout(self, timeout: Duration) -> Result<R, SelectTimeoutError> {
        self.wait_until(Instant::now().checked_add(timeout))
    }

    /// As [`wait`](Self::wait), until `deadline` at most.
    ///
    /// # Errors
    ///
    /// As [`wait_timeout`](Self::wait_timeout).
    pub fn wait_deadline(self, deadline: Instant) -> Result<R, SelectTimeoutError> {
        self.wait_until(Some(deadline))
    }

    /// A future that does one operation as soon as one can be done.
    ///
    /// # Panics
    ///
    /// If there is no operation.
    pub fn wait_async(self) -> SelectFuture<'a, R> {
        SelectFuture(self.waiting())
    }

    fn wait_until(self, deadline: Option<Instant>) -> Result<R, SelectTimeoutError> {
        let strategy = self.strategy;
        wait(strategy, deadline, &mut self.waiting()).ok_or(SelectTimeoutError)
    }

    fn waiting(self) -> Waiting<'a, R> {
        assert!(!self.arms.is_empty(), "a choice of nothing");
        let waiters = self.arms.iter().map(|arm| Waiter::new(arm.event())).collect();
        Waiting { arms: self.arms, waiters, turn: turn() }
    }
}

impl<R> Default for Select<'_, R> {
    fn default() -> Self {
        Self::new()
    }
}

/// Does one of several operations; from [`Select::wait_async`].
///
/// Dropping it before it is ready has done none.
#[must_use = "futures do nothing unless they are polled"]
pub struct SelectFuture<'a, R>(Waiting<'a, R>);

impl<R> Future for SelectFuture<'_, R> {
    type Output = R;

    /// # Panics
    ///
    /// If it is polled after it was ready.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let waiting = &mut self.get_mut().0;
        assert!(!waiting.arms.is_empty(), "polled after it was ready");
        waiting.poll(context.waker())
    }
}

/// A choice that has a place in the list of each of its channels.
struct Waiting<'a, R> {
    arms: Vec<Box<dyn Arm<'a, R> + 'a>>,
    waiters: Vec<Waiter<&'a Event>>,
    turn: u64,
}

impl<R> Waiting<'_, R> {
    /// Gives up all places, then makes the result: that is the user's code, and may wait.
    fn finish(&mut self, ready: usize) -> R {
        self.waiters[ready].done();
        self.waiters.clear();
        let arm = self.arms.swap_remove(ready);
        self.arms.clear();
        arm.finish()
    }
}

impl<R> Wait for Waiting<'_, R> {
    type Output = R;

    fn attempt(&mut self) -> Option<R> {
        let ready = attempt(&mut self.arms, self.turn)?;
        Some(self.finish(ready))
    }

    fn poll(&mut self, waker: &Waker) -> Poll<R> {
        for waiter in &mut self.waiters {
            waiter.answer();
        }
        if let Some(result) = self.attempt() {
            return Poll::Ready(result);
        }
        for waiter in &mut self.waiters {
            waiter.enlist(waker);
        }
        self.attempt().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Tries all operations once, from the one that has its turn; says which has been done.
fn attempt<'a, R>(arms: &mut [Box<dyn Arm<'a, R> + 'a>], turn: u64) -> Option<usize> {
    let first = ((u128::from(turn) * arms.len() as u128) >> 64) as usize;
    (first..arms.len()).chain(0..first).find(|arm| arms[*arm].attempt())
}

/// One operation of a choice.
trait Arm<'a, R> {
    /// What tells that it may be possible.
    fn event(&self) -> &'a Event;

    /// Does it if that is possible, and keeps the outcome.
    fn attempt(&mut self) -> bool;

    /// Makes the result of the outcome.
    fn finish(self: Box<Self>) -> R;
}

const DONE: &str = "an operation is finished once it has been done";

struct RecvArm<'a, T, F> {
    receiver: &'a Receiver<T>,
    received: Option<Result<T, RecvError>>,
    then: F,
}

impl<'a, T, R, F: FnOnce(Result<T, RecvError>) -> R> Arm<'a, R> for RecvArm<'a, T, F> {
    fn event(&self) -> &'a Event {
        self.receiver.values()
    }

    fn attempt(&mut self) -> bool {
        self.received = self.receiver.attempt();
        self.received.is_some()
    }

    fn finish(self: Box<Self>) -> R {
        (self.then)(self.received.expect(DONE))
    }
}

struct SendArm<'a, T, F> {
    sender: &'a Sender<T>,
    value: Option<T>,
    sent: Option<Result<(), SendError<T>>>,
    then: F,
}

impl<'a, T, R, F: FnOnce(Result<(), SendError<T>>) -> R> Arm<'a, R> for SendArm<'a, T, F> {
    fn event(&self) -> &'a Event {
        self.sender.room()
    }

    fn attempt(&mut self) -> bool {
        self.sent = self.sender.attempt(&mut self.value);
        self.sent.is_some()
    }

    fn finish(self: Box<Self>) -> R {
        (self.then)(self.sent.expect(DONE))
    }
}

impl<R> fmt::Debug for Select<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("operations", &self.arms.len()).finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for SelectFuture<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectFuture")
            .field("operations", &self.0.arms.len())
            .finish_non_exhaustive()
    }
}
