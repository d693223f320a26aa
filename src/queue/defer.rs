//! Messages that a consumer sets aside, until somebody asks for them.
//!
//! A deferred message is parked, and its index is in the wheel, for a time that never comes: whoever
//! wants it takes it out there, under the lock.

use core::fmt;

use super::consumer::Consumer;
use super::core::Core;
use super::dead::Obituary;
use super::delivery::{Delivery, Detached};
use super::error::SettleError;
use super::seat::Seat;
use super::settle::Verdict;
use super::signs::Signs;
use super::{Queue, Shared};
use crate::code;
use crate::delivery::{Content, Count, Found, Lease, State, Tries, mono};
use crate::message::Handle;
use crate::sync::wait as pause;

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TakeError {
    /// There is no such message any more.
    NotFound,
    /// Somebody has taken it, or was handed it out.
    AlreadySettled,
    /// It is not set aside: it is handed out as others are, or is on its way to the dead letters.
    NotDeferred,
    /// The queue hands out nothing any more.
    Closed,
}

impl TakeError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::NotFound => code::NOT_FOUND,
            Self::AlreadySettled => code::ALREADY_SETTLED,
            Self::NotDeferred => code::NOT_DEFERRED,
            Self::Closed => code::CLOSED,
        }
    }
}

impl fmt::Display for TakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "message is gone; there is nothing to take",
            Self::AlreadySettled => "message was taken already",
            Self::NotDeferred => "message is not deferred; it is handed out as others are",
            Self::Closed => "queue was drained or aborted; nothing is handed out any more",
        })
    }
}

impl core::error::Error for TakeError {}

/// The time that never comes.
const NEVER: u64 = mono(u64::MAX);

/// How often a message is waited for that is on its way to the wheel, or out of it.
const PATIENCE: u32 = 1_000;

impl<C: Content + ?Sized> Core<C> {
    /// Sets a message aside whose lease was ended for that; its index is in the caller's hand.
    pub(super) fn put_aside(
        &self,
        seat: Seat<'_, C>,
        lease: Lease,
        tries: Tries,
        obituary: &Obituary<'_>,
    ) {
        if !self.outlived(seat, lease.generation(), tries) {
            self.group_of(seat).common.add(Count::Parked, 1);
            self.set_aside(seat, tries, NEVER);
            return self.gone(seat);
        }
        self.follow(seat);
        let tries = self.over(seat, lease.generation()).unwrap_or(tries);
        match seat.slot().bury(State::Parked) {
            Ok(word) | Err(word) if matches!(word.state(), State::Dead | State::Parked) => {
                self.bury(seat, word, tries, obituary);
            }
            // Cancelled meanwhile.
            _ => {
                self.group_of(seat).common.add(Count::Parked, 1);
                self.taken_from_wheel(seat);
            }
        }
    }

    /// Takes a message of this life out of the wheel, if it was set aside; its index is in the
    /// caller's hand then. `None` if it is parked, and on its way to the wheel or out of it.
    pub(super) fn recall_deferred(&self, seat: Seat<'_, C>, generation: u64) -> Option<bool> {
        let mut house = seat.track.house().lock();
        self.take_in(seat.track, &mut house);
        let word = seat.slot().look();
        if word.state() != State::Parked || word.generation() != generation {
            return Some(false);
        }
        house.due(seat.index).map(|due| due == NEVER && house.recall(seat.index))
    }

    /// Leases a message that was set aside.
    fn take_deferred<'a>(
        &'a self,
        handle: &Handle,
        group: Option<u32>,
    ) -> Result<(Seat<'a, C>, Lease, Tries), TakeError> {
        if self.signs.has(Signs::DRAINING | Signs::ABORTED) {
            return Err(TakeError::Closed);
        }
        let mut why = TakeError::NotFound;
        for (seat, _) in self.find(handle) {
            if group.is_some_and(|group| group != seat.track.number()) {
                continue;
            }
            match self.take_for(seat, handle.generation) {
                Err(TakeError::NotFound) => {}
                Err(error) => why = error,
                taken => return taken,
            }
        }
        Err(why)
    }

    fn take_for<'a>(
        &self,
        seat: Seat<'a, C>,
        generation: u64,
    ) -> Result<(Seat<'a, C>, Lease, Tries), TakeError> {
        let slot = seat.slot();
        for round in 0..PATIENCE {
            let recalled = self.recall_deferred(seat, generation);
            if recalled == Some(true) {
                let common = &self.group_of(seat).common;
                if slot.shift(State::Parked, State::Ready).is_some() {
                    common.add(Count::Retaken, 1);
                    if let Found::Leased(lease, tries) = slot.lease() {
                        return Ok((seat, lease, tries));
                    }
                }
                // Cancelled meanwhile.
                self.taken_out(seat);
                return Err(TakeError::NotFound);
            }
            let word = slot.look();
            if word.generation() != generation {
                return Err(TakeError::NotFound);
            }
            match word.state() {
                State::Parked if recalled.is_none() => pause(round),
                // It ended otherwise: by a cancel, for one.
                State::Settled if word.is_empty() => return Err(TakeError::NotFound),
                State::Leased | State::Settled => return Err(TakeError::AlreadySettled),
                State::Ready | State::Delayed | State::Parked => {
                    return Err(TakeError::NotDeferred);
                }
                State::Husk | State::Dead => return Err(TakeError::NotFound),
            }
        }
        Err(TakeError::NotDeferred)
    }
}

/// What a delivery of either kind does.
macro_rules! defer {
    () => {
        /// Not handled now, and set aside until somebody [takes](Queue::take) it by the handle that
        /// this gives: without an attempt, and without an end, unless its time to live is over.
        ///
        /// It is parked: it keeps its slot, and the others of its key wait. It can be looked at and
        /// cancelled; closing the queue gives it back.
        ///
        /// # Errors
        ///
        /// As [`ack`](Self::ack).
        ///
        /// # Examples
        ///
        /// ```
        /// use ringmill::queue::Queue;
        ///
        /// let orders = Queue::<&str>::builder("orders").build()?;
        /// orders.producer().enqueue("a house")?;
        /// let consumer = orders.consumer();
        /// let waits_for_the_bank = consumer.try_dequeue()?.defer()?;
        /// assert!(consumer.try_dequeue().is_err());
        /// assert_eq!(orders.stats().parked, 1);
        ///
        /// let house = consumer.take(&waits_for_the_bank)?;
        /// assert_eq!(*house, "a house");
        /// house.ack()?;
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        pub fn defer(self) -> Result<Handle, SettleError> {
            let handle = self.handle();
            self.settle(Verdict::Defer).map(|()| handle)
        }
    };
}

impl<T: Content + ?Sized, M> Delivery<'_, T, M> {
    defer!();
}

impl<T: Content + ?Sized> Detached<T> {
    defer!();
}

impl<T: Content + ?Sized, M> Consumer<T, M> {
    /// Leases a message that was [deferred](Delivery::defer), by its handle. It counts as a delivery;
    /// a queue that is paused gives it, too.
    ///
    /// # Errors
    ///
    /// [`TakeError`]: it is gone, was taken already, or is not deferred.
    ///
    /// # Cost
    ///
    /// O(1): the lock of its partition's wheel, which the housekeeper holds during its pass.
    pub fn take(&self, handle: &Handle) -> Result<Delivery<'_, T, M>, TakeError> {
        let (seat, lease, tries) = self.core.take_deferred(handle, Some(self.member_of))?;
        self.tally.add(Count::Leased, 1);
        Ok(Delivery::new(self, seat, lease, tries))
    }
}

impl<T: Content + ?Sized> Queue<T, Shared> {
    /// As [`Consumer::take`], for who has no consumer; for whichever group has set it aside.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn take(&self, handle: &Handle) -> Result<Detached<T>, TakeError> {
        let (seat, lease, tries) = self.core.take_deferred(handle, None)?;
        self.core.group_of(seat).common.add(Count::Leased, 1);
        Ok(Detached::of_nobody(&self.core, seat, lease, tries))
    }
}
