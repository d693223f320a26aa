//! Pushing and popping as futures, and what all waiting for partitions has in common.

use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::consumer::Reading;
use super::group::Changed;
use super::{Lane, PopError, PushError, Shared};
use crate::ring::mpmc::Ring;
use crate::sync::Arc;
use crate::wait::{Awaited, Event, Wait, Waiter};

/// A consumer that waits: an attempt, and a place in the list of each event that may make it
/// succeed.
///
/// A consumer of all partitions has one event; one of some has that of each, and a member of a
/// group that of the group as well. Who pushes wakes one of those that wait for just this
/// partition, if there is any, and else one that waits for all.
pub(super) struct Waits<'a, R: Lane, F> {
    reading: &'a mut Reading<R>,
    attempt: F,
    places: Places<R>,
}

/// Where a consumer has enlisted.
struct Places<R: Lane> {
    waiters: Vec<Waiter<Source<R>>>,
    /// The changes of its group that its partitions are from.
    seen: Option<u64>,
}

/// What a consumer waits for.
enum Source<R: Lane> {
    All(Arc<Shared<R>>),
    One(Arc<Shared<R>>, usize),
    Group(Changed<R>),
}

impl<R: Lane> AsRef<Event> for Source<R> {
    fn as_ref(&self) -> &Event {
        match self {
            Self::All(shared) => &shared.values,
            Self::One(shared, partition) => &shared.partitions[*partition].values,
            Self::Group(changed) => changed.as_ref(),
        }
    }
}

impl<R: Lane> Awaited for Source<R> {
    fn pass_on(&self) {
        match self {
            // Also to those that wait for all.
            Self::One(shared, partition) => shared.wake(&shared.partitions[*partition], 1),
            Self::All(_) => _ = self.as_ref().wake(1),
            // All have been told.
            Self::Group(_) => {}
        }
    }
}

impl<'a, A, R: Lane, F: FnMut(&mut Reading<R>) -> Option<A>> Waits<'a, R, F> {
    pub(super) fn new(reading: &'a mut Reading<R>, attempt: F) -> Self {
        Self { reading, attempt, places: Places { waiters: Vec::new(), seen: None } }
    }
}

impl<R: Lane> Places<R> {
    /// Enlists wherever a value may come from.
    fn enlist(&mut self, reading: &Reading<R>, waker: &Waker) {
        let walk = &reading.walk;
        let seen = walk.membership.as_ref().map(|membership| membership.seen());
        if self.waiters.is_empty() || self.seen != seen {
            // Those that it leaves pass on what they were told: it was meant for the new holder.
            self.waiters.clear();
            self.seen = seen;
            let shared = &reading.consuming.0;
            let all = walk.members.iter().count() == shared.partitions.len();
            if all && seen.is_none() {
                self.waiters.push(Waiter::new(Source::All(Arc::clone(shared))));
            } else {
                let one = |partition| Source::One(Arc::clone(shared), partition);
                self.waiters.extend(walk.members.iter().map(|p| Waiter::new(one(p))));
            }
            let group = walk.membership.as_ref().map(|m| Source::Group(Changed::of(m)));
            self.waiters.extend(group.map(Waiter::new));
        }
        for waiter in &mut self.waiters {
            waiter.enlist(waker);
        }
    }

    /// Gives all places up, having taken from the partition `from`.
    fn done(&mut self, from: Option<usize>) {
        for waiter in &mut self.waiters {
            match waiter.event() {
                Source::One(_, partition) if Some(*partition) != from => waiter.cancel(),
                _ => waiter.done(),
            }
        }
        self.waiters.clear();
    }
}

impl<A, R: Lane, F: FnMut(&mut Reading<R>) -> Option<A>> Wait for Waits<'_, R, F> {
    type Output = A;

    fn attempt(&mut self) -> Option<A> {
        let result = (self.attempt)(self.reading);
        if result.is_some() {
            self.places.done(self.reading.walk.last);
        }
        result
    }

    fn poll(&mut self, waker: &Waker) -> Poll<A> {
        for waiter in &mut self.places.waiters {
            waiter.answer();
        }
        if let Some(result) = self.attempt() {
            return Poll::Ready(result);
        }
        self.places.enlist(self.reading, waker);
        self.attempt().map_or(Poll::Pending, Poll::Ready)
    }
}

type Attempt<T> = fn(&mut Reading<Ring<T>>) -> Option<Result<T, PopError>>;

/// Takes the oldest value of the next partition that has one; from [`Consumer::pop_async`](super::Consumer::pop_async).
///
/// Dropping it before it is ready takes nothing.
#[must_use = "futures do nothing unless they are polled"]
pub struct PopFuture<'a, T>(Waits<'a, Ring<T>, Attempt<T>>);

impl<'a, T> PopFuture<'a, T> {
    pub(super) fn new(reading: &'a mut Reading<Ring<T>>) -> Self {
        Self(Waits::new(reading, Reading::attempt))
    }
}

impl<T> Future for PopFuture<'_, T> {
    type Output = Result<T, PopError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().0.poll(context.waker())
    }
}

/// Appends a value as soon as its partition has room; from
/// [`Producer::push_async`](super::Producer::push_async).
///
/// It gives the partition. Dropping it before it is ready drops the value unpushed;
/// [`into_value`](Self::into_value) keeps it.
#[must_use = "futures do nothing unless they are polled"]
pub struct PushFuture<'a, T> {
    shared: &'a Shared<Ring<T>>,
    state: Pushing<T>,
    partition: usize,
    waiter: Waiter<&'a Event>,
}

enum Pushing<T> {
    /// The value until it is pushed.
    Value(Option<T>),
    /// There is no partition for it.
    Refused(PushError<T>),
}

impl<'a, T> PushFuture<'a, T> {
    pub(super) fn new(
        chosen: Result<(usize, T), PushError<T>>,
        shared: &'a Shared<Ring<T>>,
    ) -> Self {
        let (partition, state) = match chosen {
            Ok((partition, value)) => (partition, Pushing::Value(Some(value))),
            Err(error) => (0, Pushing::Refused(error)),
        };
        Self { shared, state, partition, waiter: Waiter::new(shared.room(partition)) }
    }

    /// Gives pushing up: the value, unless it has been pushed or given back.
    pub fn into_value(self) -> Option<T> {
        match self.state {
            Pushing::Value(value) => value,
            Pushing::Refused(error) => Some(error.into_inner()),
        }
    }
}

// The value is moved out, never pinned.
impl<T> Unpin for PushFuture<'_, T> {}

impl<T> Future for PushFuture<'_, T> {
    type Output = Result<usize, PushError<T>>;

    /// # Panics
    ///
    /// If it is polled after it was ready.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { shared, state, partition, waiter } = self.get_mut();
        match state {
            Pushing::Value(value) => {
                assert!(value.is_some(), "polled after it was ready");
                waiter
                    .poll(context.waker(), || shared.attempt(*partition, value))
                    .map(|pushed| pushed.map(|()| *partition))
            }
            refused => match core::mem::replace(refused, Pushing::Value(None)) {
                Pushing::Refused(error) => Poll::Ready(Err(error)),
                Pushing::Value(_) => unreachable!("it is the other one"),
            },
        }
    }
}

impl<T> fmt::Debug for PopFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PopFuture").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for PushFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushFuture").field("partition", &self.partition).finish_non_exhaustive()
    }
}
