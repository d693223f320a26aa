//! Messages that wait for a time: published with a delay, cancelled and put off where they wait.

use core::fmt;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Queue;
use super::core::Core;
use super::enqueued::Enqueued;
use super::error::EnqueueErrorKind;
use super::producer::Producer;
use super::seat::Seat;
use crate::clock::nanos;
use crate::code;
use crate::delivery::{
    Content, Count, House, Shard, Slot, State, Times, Track, Tries, Why, Word, date, date_of, mono,
};
use crate::message::{Due, Handle};
use crate::sync::wait as pause;

/// Why a message was not put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RescheduleError {
    /// There is no such message any more.
    NotFound,
    /// A consumer has it.
    Leased,
    /// It waits for no time: it is to be handed out, or parked.
    NotDelayed,
    /// Nothing waits for so long.
    TooLong {
        /// The longest time: [`Due::LONGEST`].
        limit: Duration,
    },
}

impl RescheduleError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::NotFound => code::NOT_FOUND,
            Self::Leased => code::LEASED,
            Self::NotDelayed => code::NOT_DELAYED,
            Self::TooLong { .. } => code::DELAY_TOO_LONG,
        }
    }
}

impl fmt::Display for RescheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("message is gone; there is nothing to put off"),
            Self::Leased => f.write_str("message is with a consumer, who may snooze it"),
            Self::NotDelayed => f.write_str("message waits for no time; it is ready, or parked"),
            Self::TooLong { limit } => {
                write!(f, "delay is too long; take {} s (10 years) at most", limit.as_secs())
            }
        }
    }
}

impl core::error::Error for RescheduleError {}

/// Nanoseconds of a date since 1970; nothing was before.
fn since_1970(date: SystemTime) -> u64 {
    nanos(date.duration_since(UNIX_EPOCH).unwrap_or_default())
}

impl<C: Content + ?Sized> Core<C> {
    /// What both clocks show.
    pub(super) fn times(&self) -> Times {
        let wall = since_1970(self.engine.clock().wall());
        Times { now: self.engine.now(), wall }
    }

    /// How long it is until then, for a date; `None` if it is now.
    fn until(&self, due: Due) -> Option<Duration> {
        let left = match due {
            Due::After(delay) => delay,
            Due::At(date) => {
                date.duration_since(self.engine.clock().wall()).unwrap_or(Duration::ZERO)
            }
        };
        (!left.is_zero()).then_some(left)
    }

    /// Whether a message may wait for so long.
    pub(super) fn check_due(&self, due: Due) -> Result<(), EnqueueErrorKind> {
        match self.until(due) {
            Some(left) if left > Due::LONGEST => {
                Err(EnqueueErrorKind::DelayTooLong { limit: Due::LONGEST })
            }
            _ => Ok(()),
        }
    }

    /// The due time for the wheel, and when that is on the engine's clock; `None` if it is now.
    pub(super) fn due_time(&self, due: Due) -> Option<(u64, u64)> {
        let left = self.until(due)?;
        let at = mono(self.engine.now().saturating_add(nanos(left)));
        match due {
            Due::At(wall) if wall > UNIX_EPOCH => Some((date(since_1970(wall)), at)),
            _ => Some((at, at)),
        }
    }

    /// What is left until a due time of the wheel.
    pub(super) fn due_of(&self, due: u64) -> Due {
        match date_of(due) {
            Some(date) => Due::At(UNIX_EPOCH + Duration::from_nanos(date)),
            None => Due::After(Duration::from_nanos(due.saturating_sub(self.engine.now()))),
        }
    }

    /// Takes in what is on its way to the wheel. To be called with the house locked.
    pub(super) fn take_in(&self, track: &Track, house: &mut House) {
        while let Some((index, due)) = track.next_waiting() {
            house.wait(index, due, || self.times());
        }
    }

    /// Makes a message ready that was due at `due`, and whose index came out of the wheel; whether it
    /// was delayed. Runs no code of the user.
    pub(super) fn fall_due(&self, seat: Seat<'_, C>, due: u64) -> bool {
        // As long as its index is in this hand, it is this life's.
        let ttl = seat.track.ttl().map(|ttl| (ttl, seat.slot().look().generation()));
        let Some(in_ring) = seat.slot().fall_due() else { return false };
        if let Some((ttl, generation)) = ttl {
            ttl.begin(seat.index, generation, due);
        }
        self.group_of(seat).common.add(Count::Due, 1);
        if in_ring {
            seat.track.given();
        } else {
            seat.track.give_due(seat.index);
        }
        true
    }

    /// Takes the index of a husk out of the wheel, if it waits there: its slot is free then, not
    /// only at its time.
    pub(super) fn recall(&self, seat: Seat<'_, C>, generation: u64) {
        let recalled = {
            let mut house = seat.track.house().lock();
            self.take_in(seat.track, &mut house);
            // A husk of this life is not free: what waits is its index.
            let word = seat.slot().look();
            let husk = word.state() == State::Husk && word.generation() == generation;
            husk && house.recall(seat.index)
        };
        if recalled {
            self.taken_from_wheel(seat);
        }
    }

    fn reschedule(&self, handle: &Handle, due: Due) -> Result<(), RescheduleError> {
        if self.check_due(due).is_err() {
            return Err(RescheduleError::TooLong { limit: Due::LONGEST });
        }
        let time = self.due_time(due);
        let mut result = Err(RescheduleError::NotFound);
        for (seat, _) in self.find(handle) {
            // Where there are several groups: for those for which it waits.
            let here = self.reschedule_for(seat, handle.generation, time);
            if result.is_err() && here != Err(RescheduleError::NotFound) {
                result = here;
            }
        }
        result
    }

    fn reschedule_for(
        &self,
        seat: Seat<'_, C>,
        generation: u64,
        time: Option<(u64, u64)>,
    ) -> Result<(), RescheduleError> {
        let Seat { track, index, .. } = seat;
        for round in 0.. {
            let mut house = track.house().lock();
            self.take_in(track, &mut house);
            let word = seat.slot().look();
            if word.generation() != generation {
                return Err(RescheduleError::NotFound);
            }
            match word.state() {
                State::Delayed if house.recall(index) => {}
                State::Delayed => {
                    // On its way to the wheel: that will not take long.
                    drop(house);
                    pause(round);
                    continue;
                }
                State::Leased => return Err(RescheduleError::Leased),
                State::Ready | State::Parked => return Err(RescheduleError::NotDelayed),
                State::Settled | State::Husk | State::Dead => {
                    return Err(RescheduleError::NotFound);
                }
            }
            let Some((due, at)) = time else {
                let fell_due = self.fall_due(seat, self.engine.now());
                drop(house);
                if fell_due {
                    self.group_of(seat).ready.notify(1);
                    return Ok(());
                }
                // Cancelled meanwhile.
                self.taken_from_wheel(seat);
                return Err(RescheduleError::NotFound);
            };
            house.wait(index, due, || self.times());
            drop(house);
            // The lock orders it: a pass that did not see it is under way, or sees it.
            self.engine.due_at(at);
            return Ok(());
        }
        unreachable!("it is tried until it can be said")
    }
}

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// Publishes a slot, as due at the [`due_time`](Core::due_time) if there is one, and tells nobody
    /// yet; `None` if the partition is closed.
    ///
    /// # Safety
    ///
    /// As [`publish_filled`](Self::publish_filled).
    #[inline]
    pub(super) unsafe fn publish_due(
        &self,
        shard: &Shard<T>,
        slot: Slot<'_, T>,
        index: u32,
        time: Option<(u64, u64)>,
    ) -> Option<(u64, Word)> {
        let Some((due, _)) = time else {
            // SAFETY: the caller's duty.
            return unsafe { shard.publish_at(slot, index, || self.tally.add(Count::Accepted, 1)) };
        };
        let count = || self.tally.add(Count::Accepted, 1);
        let count_for = |group| {
            let group = self.core.group(group).expect("a group has tracks");
            group.common.add(Count::Scheduled, 1);
        };
        // SAFETY: as above: the index is in this hand.
        unsafe {
            slot.set_tries(Tries { why: Why::Scheduled, ..Tries::default() });
            if self.core.latencies.is_some() {
                slot.unstamp();
            }
            shard.later(index);
            self.core.postpone(shard, slot, index);
            shard.publish_later(slot, index, due, count, count_for)
        }
    }

    /// Tells of a message that was published just now, due at that time if there is one.
    #[inline]
    pub(super) fn published_due(
        &self,
        partition: usize,
        index: u32,
        (position, word): (u64, Word),
        time: Option<(u64, u64)>,
    ) -> Enqueued {
        let Some((_, at)) = time else { return self.published(partition, index, position, word) };
        self.core.engine.due_at(at);
        let (id, handle) = self.core.accepted(partition as u32, index, position, word);
        Enqueued::Accepted { id, handle }
    }
}

impl<T: Content + ?Sized, M> Queue<T, M> {
    /// Has a message that waits for a time wait for another one: `delay` from now, at most
    /// [ten years](Due::LONGEST); none makes it ready at once. It goes behind those that are due at
    /// the same time.
    ///
    /// A message that was published with a delay, that waits for its next attempt, or that was
    /// snoozed.
    ///
    /// # Errors
    ///
    /// [`RescheduleError`]: it is gone, with a consumer, or waits for no time; nothing has changed
    /// then.
    ///
    /// # Cost
    ///
    /// O(1): the lock of its partition's wheel, which the housekeeper holds during its pass.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::message::Message;
    /// use ringmill::queue::Queue;
    /// use std::time::Duration;
    ///
    /// let reminders = Queue::<&str>::builder("reminders").build()?;
    /// let tomorrow = Message::new("water the plants").after(Duration::from_secs(86_400));
    /// let handle = reminders.producer().enqueue(tomorrow)?.handle().expect("there is room");
    /// reminders.reschedule(&handle, Duration::from_secs(3_600))?; // it is hot today
    /// reminders.cancel(&handle)?; // it rains
    /// assert!(reminders.reschedule(&handle, Duration::ZERO).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reschedule(
        &self,
        handle: &Handle,
        delay: impl Into<Duration>,
    ) -> Result<(), RescheduleError> {
        self.core.reschedule(handle, Due::After(delay.into()))
    }

    /// As [`reschedule`](Self::reschedule), to a date on the wall clock.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn reschedule_at(&self, handle: &Handle, date: SystemTime) -> Result<(), RescheduleError> {
        self.core.reschedule(handle, Due::At(date))
    }
}
