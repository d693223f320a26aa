//! The end that messages come out by.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::cell::{Cell, RefCell};
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::time::Instant;

use super::Shared;
use super::core::Core;
use super::delivery::Delivery;
use super::error::{DequeueError, SettleError, SettleErrorKind};
use super::group::Group;
use super::hand::Hand;
use super::seat::Seat;
use super::settle::{Held, Verdict};
use super::signs::Signs;
use crate::delivery::{
    Content, Count, Counters, Lease, Owned, Random, Refusal, Retry, Shard, Track, Tries,
};
use crate::sync::wait as pause;
use crate::wait::{Strategy, block, both};

/// A consumer of a queue. It may go to another thread, and is used by one at a time: make one for
/// each.
///
/// All consumers of a group share the work: each message goes to one of them. A consumer takes from
/// all partitions, in rotation over those that have something; or from its own, where they
/// [belong](super::Assignment::Sticky) to one consumer each.
pub struct Consumer<T: Content + ?Sized, M = Shared> {
    pub(super) core: Arc<Core<T>>,
    /// The name of its group, and the number.
    group: Arc<str>,
    pub(super) member_of: u32,
    /// The partitions that belong to it, where they do.
    pub(super) owned: Option<Arc<Owned>>,
    /// Free slots, until there are enough to give back.
    hands: Box<[Hand<T>]>,
    /// Whether there is any.
    holds: Cell<bool>,
    pub(super) tally: Arc<Counters>,
    pub(super) number: u64,
    /// The partition to begin with.
    pub(super) next: Cell<usize>,
    /// How many attempts in a row have found nothing.
    idle: Cell<u32>,
    random: RefCell<Random>,
    strategy: Strategy,
    sharing: PhantomData<M>,
}

// SAFETY: a consumer's cells are used by one thread at a time, as it is not `Sync`; what comes to
// it is `T::Owned`, and a `T` that is read by it and others is `Sync` (see `QueueBuilder::build`).
unsafe impl<T: Content<Owned: Send> + ?Sized, M> Send for Consumer<T, M> {}

/// How many indices are claimed at once.
pub(super) const CLAIM: usize = 32;

impl<T: Content + ?Sized, M> Consumer<T, M> {
    pub(super) fn new(core: Arc<Core<T>>, member_of: u32) -> Self {
        let tally = Arc::new(Counters::own());
        let number = core.join_as_one();
        let joined = core.group(member_of).expect("a group that is joined");
        joined.join(&tally);
        let group = joined.name();
        let hands = Hand::all_of(&core);
        let next = Cell::new(number as usize % core.partitions());
        let random = RefCell::new(Retry::random(core.seed, number));
        let mut this = Self {
            core,
            group,
            member_of,
            owned: None,
            hands,
            holds: Cell::new(false),
            tally,
            number,
            next,
            idle: Cell::new(0),
            random,
            strategy: Strategy::default(),
            sharing: PhantomData,
        };
        // It is whole before the user's code may run.
        this.owned = this.core.join_sticky(this.own(), number);
        this
    }

    /// Sets how the blocking calls of this end wait.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Leases a message, if there is one to be handed out.
    ///
    /// # Errors
    ///
    /// [`DequeueError::Empty`] or [`Closed`](DequeueError::Closed).
    ///
    /// # Cost
    ///
    /// O(1), and a look at each partition before the first that has something. Nothing is
    /// allocated, no clock is read.
    ///
    /// # Progress
    ///
    /// Lock-free. A producer that is stopped in the middle hides the messages of its partition that
    /// come behind its own, until it goes on.
    #[inline]
    pub fn try_dequeue(&self) -> Result<Delivery<'_, T, M>, DequeueError> {
        match self.take_next() {
            Some(delivery) => Ok(delivery),
            None => Err(self.nothing()),
        }
    }

    const HOLDS: u32 =
        Signs::PAUSED | Signs::DRAINING | Signs::ABORTED | Signs::HELD | Signs::STICKY;

    /// Whether nothing is handed out to it, for the time being or for good.
    #[cold]
    fn is_held(&self) -> bool {
        let queue = Signs::PAUSED | Signs::DRAINING | Signs::ABORTED;
        self.core.signs.has(queue) || self.own().signs.has(Signs::PAUSED | Signs::GONE)
    }

    /// What is to be said when there is nothing.
    #[cold]
    pub(super) fn nothing(&self) -> DequeueError {
        self.flush();
        self.over()
    }

    /// Whether there is nothing at the moment, or nothing any more.
    fn over(&self) -> DequeueError {
        let over = self.core.signs.has(Signs::DRAINING | Signs::ABORTED)
            || self.own().signs.has(Signs::GONE)
            || self.core.is_done(self.own());
        if over { DequeueError::Closed } else { DequeueError::Empty }
    }

    /// Its group.
    #[inline(always)]
    pub(super) fn own(&self) -> &Group {
        self.core.group(self.member_of).expect("a group that was joined")
    }

    /// A partition, if anything has ever come to it, and what the group has of it.
    #[inline(always)]
    fn used(&self, partition: usize) -> Option<(&Shard<T>, &Track)> {
        let shard = self.hands[partition].shard(|| self.core.used(partition))?;
        Some((shard, shard.of(self.member_of)?))
    }

    /// The next message, from the first partition that has one.
    #[inline]
    fn take_next(&self) -> Option<Delivery<'_, T, M>> {
        if self.core.signs.has(Self::HOLDS) {
            if self.is_held() {
                return None;
            }
            if let Some(owned) = &self.owned {
                return self.take_one(owned);
            }
        }
        if self.hands.len() == 1 { self.take_from(0) } else { self.take_in_turn() }
    }

    /// The next message of a partition.
    #[inline(always)]
    pub(super) fn take_from(&self, partition: usize) -> Option<Delivery<'_, T, M>> {
        let shard = self.hands[partition].shard(|| self.core.used(partition))?;
        let track = if self.core.simple { shard.first() } else { shard.of(self.member_of)? };
        let (seat, lease, tries) = self.core.lease_next(shard, track, partition as u32)?;
        self.tally.add(Count::Leased, 1);
        Some(Delivery::new(self, seat, lease, tries))
    }

    fn take_in_turn(&self) -> Option<Delivery<'_, T, M>> {
        let count = self.hands.len();
        let first = self.next.get();
        for step in 0..count {
            let turned = first + step;
            let partition = if turned < count { turned } else { turned - count };
            if let Some(delivery) = self.take_from(partition) {
                self.turn_behind(partition);
                return Some(delivery);
            }
        }
        None
    }

    /// The next turn begins behind this partition.
    #[inline(always)]
    pub(super) fn turn_behind(&self, partition: usize) {
        let next = partition + 1;
        self.next.set(if next < self.hands.len() { next } else { 0 });
    }

    /// Tries until something can be said: a message, the end, or that nothing is on its way.
    pub(super) fn attempt(&self) -> Option<Result<Delivery<'_, T, M>, DequeueError>> {
        for round in 0.. {
            if let Some(delivery) = self.take_next() {
                self.idle.set(0);
                return Some(Ok(delivery));
            }
            self.idle.set(self.idle.get().saturating_add(1));
            if self.idle.get() > 1 {
                self.flush();
            }
            if self.over() == DequeueError::Closed {
                return Some(Err(DequeueError::Closed));
            }
            if self.is_held() || self.may_sleep() {
                return None;
            }
            // Somebody is in the middle of publishing: it will not take long.
            pause(round);
        }
        None
    }

    /// Leases a message; waits while there is none.
    ///
    /// # Errors
    ///
    /// [`DequeueError::Closed`].
    #[inline]
    pub fn dequeue(&self) -> Result<Delivery<'_, T, M>, DequeueError> {
        self.dequeue_until(None)
    }

    /// As [`dequeue`](Self::dequeue), at most for `timeout`.
    ///
    /// # Errors
    ///
    /// As there, and [`DequeueError::TimedOut`].
    pub fn dequeue_timeout(&self, timeout: Duration) -> Result<Delivery<'_, T, M>, DequeueError> {
        self.dequeue_until(Instant::now().checked_add(timeout))
    }

    /// As [`dequeue`](Self::dequeue), until `deadline` at most. One in the past tries once.
    ///
    /// # Errors
    ///
    /// As [`dequeue_timeout`](Self::dequeue_timeout).
    pub fn dequeue_deadline(&self, deadline: Instant) -> Result<Delivery<'_, T, M>, DequeueError> {
        self.dequeue_until(Some(deadline))
    }

    #[inline]
    fn dequeue_until(&self, deadline: Option<Instant>) -> Result<Delivery<'_, T, M>, DequeueError> {
        if let Some(delivery) = self.take_next() {
            return Ok(delivery);
        }
        let taken = block(&self.own().ready, self.strategy, deadline, || self.attempt());
        taken.unwrap_or(Err(DequeueError::TimedOut))
    }

    /// Leases up to `max` messages of one partition, appends them to `out`, and says how many.
    ///
    /// # Errors
    ///
    /// As [`try_dequeue`](Self::try_dequeue): then there is not a single one.
    ///
    /// # Cost
    ///
    /// One contended compare-and-swap for each 32, and an uncontended one a message.
    pub fn try_dequeue_batch<'c>(
        &'c self,
        max: usize,
        out: &mut Vec<Delivery<'c, T, M>>,
    ) -> Result<usize, DequeueError> {
        match self.take_batch(max, out) {
            0 if max > 0 => Err(self.nothing()),
            taken => Ok(taken),
        }
    }

    /// Leases messages until there are `min` of them or the deadline has come, and no more than
    /// `max`; appends them to `out`, and says how many.
    ///
    /// # Errors
    ///
    /// [`DequeueError::TimedOut`] or [`Closed`](DequeueError::Closed) if there is not a single one.
    pub fn dequeue_batch<'c>(
        &'c self,
        min: usize,
        max: usize,
        deadline: Instant,
        out: &mut Vec<Delivery<'c, T, M>>,
    ) -> Result<usize, DequeueError> {
        let mut taken = self.take_batch(max, out);
        while taken < min.min(max) {
            match self.dequeue_until(Some(deadline)) {
                Ok(delivery) => {
                    out.push(delivery);
                    taken += 1 + self.take_batch(max - taken - 1, out);
                }
                Err(error) if taken == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(taken)
    }

    fn take_batch<'c>(&'c self, max: usize, out: &mut Vec<Delivery<'c, T, M>>) -> usize {
        if self.core.signs.has(Self::HOLDS) {
            if self.is_held() {
                return 0;
            }
            if let Some(owned) = &self.owned {
                return self.take_some(owned, max, out);
            }
        }
        let count = self.hands.len();
        let first = self.next.get();
        for step in 0..count {
            let turned = first + step;
            let partition = if turned < count { turned } else { turned - count };
            let taken = self.take_batch_from(partition, max, out);
            if taken > 0 {
                self.turn_behind(partition);
                return taken;
            }
        }
        0
    }

    /// Up to `max` messages of a partition.
    #[inline(always)]
    pub(super) fn take_batch_from<'c>(
        &'c self,
        partition: usize,
        max: usize,
        out: &mut Vec<Delivery<'c, T, M>>,
    ) -> usize {
        let Some((shard, track)) = self.used(partition) else { return 0 };
        let (mut taken, mut counted) = (0, 0);
        let mut indices = [0; CLAIM];
        // Freed when all that was claimed is where it belongs: destructors may panic.
        let mut husks = Vec::new();
        loop {
            let claimed = track.next_n(shard, &mut indices[..CLAIM.min(max - taken)]);
            let seat = |index| Seat { shard, track, partition: partition as u32, index };
            let in_hand = &indices[..claimed];
            taken += if self.core.simple {
                self.lease_all(in_hand, seat, out, &mut husks)
            } else {
                self.lease_each(in_hand, seat, out, &mut husks)
            };
            if claimed > 0 && taken < max {
                continue;
            }
            if taken > counted {
                self.tally.add(Count::Leased, (taken - counted) as u64);
                counted = taken;
            }
            if husks.is_empty() {
                break;
            }
            self.core.all_taken_out(core::mem::take(&mut husks));
            // They may have given way to others.
            if !track.is_dispatched() || taken == max {
                break;
            }
        }
        taken
    }

    /// Acks a delivery of this consumer's.
    #[inline(always)]
    pub(super) fn ack(
        &self,
        seat: Seat<'_, T>,
        lease: Lease,
        tries: Tries,
    ) -> Result<(), SettleError> {
        let apart = !self.core.simple && seat.track.is_dispatched();
        if self.core.signs.has(Signs::ABORTED | Signs::HELD) || apart {
            return self.settle(seat, lease, tries, Verdict::Ack, true);
        }
        let free = |index| self.give(seat, index);
        match self.core.ack_plain(seat, lease, true, &self.tally, free) {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.stale(refusal)),
        }
    }

    #[cold]
    fn stale(&self, refusal: Refusal) -> SettleError {
        self.tally.add(Count::Stale, 1);
        SettleErrorKind::from(refusal).into()
    }

    /// Ends a lease of this consumer's.
    #[inline(never)]
    pub(super) fn settle(
        &self,
        seat: Seat<'_, T>,
        lease: Lease,
        tries: Tries,
        verdict: Verdict<'_>,
        minds: bool,
    ) -> Result<(), SettleError> {
        let held = Held { seat, lease, tries, consumer: self.number, reads: true, minds };
        let random = || self.random.borrow_mut().next();
        let free = |index| self.give(seat, index);
        Ok(self.core.end(&held, verdict, &self.tally, random, free)?)
    }

    /// Keeps a free slot, or gives it back with the others.
    #[inline(always)]
    fn give(&self, seat: Seat<'_, T>, index: u32) {
        let at_once = !self.core.pools() || self.core.room.is_awaited();
        if !at_once {
            self.holds.set(true);
        }
        let hand = &self.hands[seat.partition as usize].magazine;
        hand.give(index, at_once, |indices| self.core.free(seat.shard, indices));
    }

    /// Gives the free slots back that this consumer keeps.
    pub fn flush(&self) {
        if !self.holds.replace(false) {
            return;
        }
        for (partition, hand) in self.hands.iter().enumerate() {
            if let Some(shard) = self.core.used(partition) {
                hand.magazine.empty(|indices| self.core.free(shard, indices));
            }
        }
    }

    /// The name of its queue.
    pub fn queue_name(&self) -> &str {
        &self.core.name
    }

    /// The name of its group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Its number, from 1: what dead letters name.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl<T: Content + ?Sized, M> Drop for Consumer<T, M> {
    fn drop(&mut self) {
        self.holds.set(true);
        self.flush();
        // Moving partitions may run the user's code.
        both(
            || self.core.leave_sticky(self.own(), self.number),
            || {
                self.own().leave(&self.tally);
                self.core.leave_as_one();
            },
        );
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for Consumer<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("queue", &self.queue_name())
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
