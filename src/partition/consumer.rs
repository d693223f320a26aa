//! The reading end of partitions.

use alloc::vec::Vec;
use core::fmt;
#[cfg(feature = "std")]
use core::time::Duration;
#[cfg(feature = "std")]
use std::time::Instant;

use super::{Consuming, Lane, Members, PopError, Shared};
#[cfg(feature = "std")]
use super::{PopFuture, future::Waits, group::Membership};
use crate::ring::mpmc::Ring;
use crate::sync::{fence, ord};
#[cfg(feature = "std")]
use crate::wait::{Strategy, wait};

/// A reading end of [`Partitioned`](super::Partitioned): of all partitions, of some, or of those
/// that a [`Group`](super::Group) has dealt to it.
///
/// When the last one is gone, handles and groups included, the queue closes, and what is left in it
/// is dropped.
pub struct Consumer<T> {
    reading: Reading<Ring<T>>,
    #[cfg(feature = "std")]
    strategy: Strategy,
}

/// A reading end, whatever is in the rings.
pub(super) struct Reading<R: Lane> {
    /// Before `consuming`: leaves its group first.
    pub(super) walk: Walk<R>,
    pub(super) consuming: Consuming<R>,
}

/// Where a consumer is on its rounds.
pub(super) struct Walk<R: Lane> {
    pub(super) members: Members,
    /// The partition to look at first.
    next: usize,
    /// The one that was taken from last.
    pub(super) last: Option<usize>,
    #[cfg(feature = "std")]
    pub(super) membership: Option<Membership<R>>,
    #[cfg(not(feature = "std"))]
    values: core::marker::PhantomData<fn() -> R>,
}

impl<T> Consumer<T> {
    pub(super) fn of_all(consuming: Consuming<Ring<T>>) -> Self {
        let members = Members::all(consuming.0.partitions.len());
        Self::of_some(consuming, members)
    }

    pub(super) fn of_some(consuming: Consuming<Ring<T>>, members: Members) -> Self {
        Self::reading(Reading::new(consuming, members))
    }

    pub(super) fn reading(reading: Reading<Ring<T>>) -> Self {
        Self {
            reading,
            #[cfg(feature = "std")]
            strategy: Strategy::default(),
        }
    }

    /// Takes the oldest value of the next partition that has one. Never waits.
    ///
    /// # Errors
    ///
    /// [`PopError`]: empty now, or for ever.
    #[inline]
    pub fn try_pop(&mut self) -> Result<T, PopError> {
        self.reading.attempt().unwrap_or(Err(PopError::Empty))
    }

    /// Takes what is there, at most `max` values, to the end of `out`, and says how many that was:
    /// as many as possible from one partition before the next. Never waits.
    ///
    /// # Errors
    ///
    /// [`Closed`](PopError::Closed) if there will be no more.
    pub fn try_pop_batch(&mut self, out: &mut Vec<T>, max: usize) -> Result<usize, PopError> {
        self.reading.try_pop_batch(out, max)
    }

    /// The partition that was taken from last, if any was.
    pub fn last_partition(&self) -> Option<usize> {
        self.reading.walk.last
    }

    /// The partitions that this consumer takes from, in their order.
    pub fn partitions(&self) -> impl Iterator<Item = usize> + '_ {
        self.reading.walk.members.iter()
    }

    /// Accepts nothing more from any producer; false if that was so already.
    pub fn close(&self) -> bool {
        self.reading.consuming.0.close()
    }

    /// Whether nothing is accepted any more. There may still be values to be taken.
    pub fn is_closed(&self) -> bool {
        self.reading.consuming.0.is_closed()
    }
}

/// Waiting for values.
#[cfg(feature = "std")]
impl<T> Consumer<T> {
    /// Sets how the blocking calls of this end wait.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Takes the oldest value of the next partition that has one; waits while there is none.
    ///
    /// # Errors
    ///
    /// [`Closed`](PopError::Closed), also while this waits.
    pub fn pop(&mut self) -> Result<T, PopError> {
        self.pop_until(None)
    }

    /// As [`pop`](Self::pop), at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`Closed`](PopError::Closed) or [`TimedOut`](PopError::TimedOut).
    pub fn pop_timeout(&mut self, timeout: Duration) -> Result<T, PopError> {
        self.pop_until(Instant::now().checked_add(timeout))
    }

    /// As [`pop`](Self::pop), until `deadline` at most. One in the past tries once.
    ///
    /// # Errors
    ///
    /// As [`pop_timeout`](Self::pop_timeout).
    pub fn pop_deadline(&mut self, deadline: Instant) -> Result<T, PopError> {
        self.pop_until(Some(deadline))
    }

    /// A future that takes the oldest value of the next partition that has one.
    pub fn pop_async(&mut self) -> PopFuture<'_, T> {
        PopFuture::new(&mut self.reading)
    }

    /// Takes at least `min` and at most `max` values to the end of `out`, and says how many; waits
    /// while there are fewer than `min`, until the deadline at most.
    ///
    /// Values are taken as they come. So when the deadline passes, or the queue is closed, what has
    /// come so far is in `out` and counted: it may be less than `min`. A `min` of 0 does not wait,
    /// one above `max` counts as `max`.
    ///
    /// # Errors
    ///
    /// [`Closed`](PopError::Closed) or [`TimedOut`](PopError::TimedOut) if there was no value at
    /// all.
    pub fn pop_batch(
        &mut self,
        out: &mut Vec<T>,
        min: usize,
        max: usize,
        deadline: Option<Instant>,
    ) -> Result<usize, PopError> {
        let min = min.min(max);
        let mut received = 0;
        let strategy = self.strategy;
        let ended = wait(
            strategy,
            deadline,
            &mut Waits::new(&mut self.reading, |reading| {
                match reading.try_pop_batch(out, max - received) {
                    Ok(n) => {
                        received += n;
                        (received >= min).then_some(Ok(()))
                    }
                    Err(closed) => Some(Err(closed)),
                }
            }),
        );
        match ended {
            Some(Ok(())) => Ok(received),
            _ if received > 0 => Ok(received),
            Some(Err(closed)) => Err(closed),
            None => Err(PopError::TimedOut),
        }
    }

    fn pop_until(&mut self, deadline: Option<Instant>) -> Result<T, PopError> {
        if let Some(popped) = self.reading.attempt() {
            return popped;
        }
        wait(self.strategy, deadline, &mut Waits::new(&mut self.reading, Reading::attempt))
            .unwrap_or(Err(PopError::TimedOut))
    }
}

impl<R: Lane> Reading<R> {
    pub(super) fn new(consuming: Consuming<R>, members: Members) -> Self {
        Self { walk: Walk::new(members), consuming }
    }
}

impl<T> Reading<Ring<T>> {
    /// Tries to take a value; `None` if waiting may help.
    #[inline]
    pub(super) fn attempt(&mut self) -> Option<Result<T, PopError>> {
        self.walk.pop(&self.consuming.0)
    }

    fn try_pop_batch(&mut self, out: &mut Vec<T>, max: usize) -> Result<usize, PopError> {
        let (walk, shared) = (&mut self.walk, &self.consuming.0);
        let received = walk.pop_batch(shared, out, max);
        if received > 0 || max == 0 {
            return Ok(received);
        }
        match walk.last_look(shared, |ring| ring.pop_into_prompt(out, max)) {
            Some(0) => Err(PopError::Closed),
            received => Ok(received.unwrap_or(0)),
        }
    }
}

impl<T> Walk<Ring<T>> {
    /// The oldest value of the next partition that has one; `None` if there is none now.
    #[inline]
    fn pop(&mut self, shared: &Shared<Ring<T>>) -> Option<Result<T, PopError>> {
        let mut value = None;
        let pop = |ring: &Ring<T>| {
            value = ring.pop_prompt();
            usize::from(value.is_some())
        };
        if self.take(shared, pop) > 0 {
            return value.map(Ok);
        }
        let pop = |ring: &Ring<T>| {
            value = ring.pop_prompt();
            usize::from(value.is_some())
        };
        self.last_look(shared, pop).map(|_| value.ok_or(PopError::Closed))
    }

    /// One rotation at most: what comes to a partition that was taken from is for the next call.
    fn pop_batch(&mut self, shared: &Shared<Ring<T>>, out: &mut Vec<T>, max: usize) -> usize {
        let mut received = self.take(shared, |ring| ring.pop_into_prompt(out, max));
        let mut left = shared.partitions.len();
        while 0 < received && received < max {
            let Some(partition) = self.members.next_ready(&shared.ready, self.next) else { break };
            let passed = if partition >= self.next { 0 } else { shared.partitions.len() };
            let steps = partition + passed - self.next + 1;
            if steps >= left {
                break; // Back at the first one.
            }
            left -= steps;
            self.pass(partition, shared);
            let more = max - received;
            let taken = shared.take(partition, |ring| ring.pop_into_prompt(out, more));
            if taken > 0 {
                self.last = Some(partition);
                received += taken;
            }
        }
        received
    }
}

impl<R: Lane> Walk<R> {
    fn new(members: Members) -> Self {
        Self {
            members,
            next: 0,
            last: None,
            #[cfg(feature = "std")]
            membership: None,
            #[cfg(not(feature = "std"))]
            values: core::marker::PhantomData,
        }
    }

    /// The next look is at the partition after this one.
    #[inline]
    fn pass(&mut self, partition: usize, shared: &Shared<R>) {
        let after = partition + 1;
        self.next = if after < shared.partitions.len() { after } else { 0 };
    }

    /// Takes from the next partition that has something: 0 if there was none.
    ///
    /// Between its last look and that answer stands a fence.
    #[inline]
    pub(super) fn take(&mut self, shared: &Shared<R>, mut take: impl FnMut(&R) -> usize) -> usize {
        let mut fenced = false;
        loop {
            #[cfg(feature = "std")]
            if let Some(membership) = &mut self.membership {
                membership.refresh(&mut self.members);
            }
            while let Some(partition) = self.members.next_ready(&shared.ready, self.next) {
                self.pass(partition, shared);
                let taken = shared.take(partition, &mut take);
                if taken > 0 {
                    self.last = Some(partition);
                    return taken;
                }
            }
            if fenced {
                return 0;
            }
            // SeqCst F2, pairs with F1 in `Shared::announce`: enlisted before the last look.
            fence(ord!(PARTITION_F2, fence, SeqCst));
            fenced = true;
        }
    }

    /// Takes what is left where nothing more will come: 0 if nothing is, `None` if something may
    /// come yet.
    #[inline]
    pub(super) fn last_look(
        &mut self,
        shared: &Shared<R>,
        take: impl FnMut(&R) -> usize,
    ) -> Option<usize> {
        if shared.is_closing() { self.take_rest(shared, take) } else { None }
    }

    /// Looks at the rings and not at the bits: a value that was accepted before its ring was closed
    /// may have to wait for its bit.
    #[cold]
    fn take_rest(
        &mut self,
        shared: &Shared<R>,
        mut take: impl FnMut(&R) -> usize,
    ) -> Option<usize> {
        #[cfg(feature = "std")]
        let in_group = self.membership.is_some();
        #[cfg(not(feature = "std"))]
        let in_group = false;
        // Each ring's own mark: they are closed one after the other.
        let ring = |partition: usize| &shared.partitions[partition].ring;
        let mut mine = self.members.iter().map(ring);
        let closed = if in_group { shared.is_closed() } else { mine.all(R::is_closed) };
        if !closed {
            return None;
        }
        for partition in self.members.iter() {
            let taken = take(ring(partition));
            if taken > 0 {
                self.last = Some(partition);
                return Some(taken);
            }
        }
        // What another member leaves may come to this one.
        let others_have = in_group && !shared.partitions.iter().all(|place| place.ring.is_empty());
        (!others_have).then_some(0)
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("partitions", &self.reading.walk.members.iter().collect::<Vec<_>>())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
