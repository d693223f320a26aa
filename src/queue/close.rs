//! How a queue ends: closing, draining, aborting.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use core::time::Duration;
use std::thread;
use std::time::Instant;

use super::core::Core;
use super::seat::Seat;
use super::signs::Signs;
use super::stats::Stats;
use crate::delivery::{Content, Count, State, Why};
use crate::message::{Due, Message};
use crate::wait::both;

/// How often a queue that drains looks for leases that have not ended.
const LOOK: Duration = Duration::from_millis(1);

/// What closing a queue took out of it: messages that no consumer would have got to see soon.
pub struct CloseReport<P> {
    delayed: Vec<Message<P>>,
    parked: Vec<Message<P>>,
}

/// How a queue was drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// How many deliveries were settled while it waited.
    pub settled: u64,
    /// How many were still with consumers when the time was over: they were taken back, without an
    /// attempt.
    pub released: u64,
    /// How many messages stayed.
    pub left: u64,
}

/// For what a message waited that was given back.
#[derive(Clone, Copy)]
enum Waited {
    Until(Due),
    Parked,
}

impl<P> CloseReport<P> {
    /// How many had been delayed by their producers, or snoozed, and were not due.
    pub fn delayed(&self) -> usize {
        self.delayed.len()
    }

    /// How many were parked.
    pub fn parked(&self) -> usize {
        self.parked.len()
    }

    /// All of them, with what is left of their delays and times to live.
    pub fn into_messages(self) -> impl Iterator<Item = Message<P>> {
        self.delayed.into_iter().chain(self.parked)
    }
}

impl<P> fmt::Debug for CloseReport<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloseReport")
            .field("delayed", &self.delayed())
            .field("parked", &self.parked())
            .finish_non_exhaustive()
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// Closes, and takes out what would keep consumers waiting for ever or for long.
    pub(super) fn close_and_report(&self) -> CloseReport<C::Owned> {
        let mut report = CloseReport { delayed: Vec::new(), parked: Vec::new() };
        // Before it is closed: behind that, the housekeeper ends them.
        report.parked.extend(self.take_parked());
        self.close();
        for (partition, shard) in self.all_used() {
            for track in shard.live() {
                let first = Seat { shard, track, partition: partition as u32, index: 0 };
                self.take_waiting(first, &mut report);
            }
        }
        self.engine.due_at(0);
        self.groups().for_each(|group| self.tell_done(group));
        report
    }

    /// Takes out what waits in a partition for a group, and would wait for ever or for long.
    fn take_waiting(&self, first: Seat<'_, C>, report: &mut CloseReport<C::Owned>) {
        let (mut waiting, mut taken) = (Vec::new(), Vec::new());
        {
            let mut house = first.track.house().lock();
            self.take_in(first.track, &mut house);
            // Everything that waits; what is not taken goes back with the time it had.
            house.drain(|index, due| waiting.push((index, due)));
            for (index, due) in waiting {
                let seat = Seat { index, ..first };
                match self.lift(seat, due) {
                    Some(from) => taken.push((seat, from)),
                    None => house.wait(index, due, || self.times()),
                }
            }
        }
        // Outside of the lock: the user's code may run.
        for (seat, from) in taken {
            self.give_back(seat, from, report);
        }
    }

    /// Makes a waiting message a husk, whose content is the caller's, if it waits for something that
    /// closing ends, and nobody reads it; for what it waited. Its index came out of the wheel.
    fn lift(&self, seat: Seat<'_, C>, due: u64) -> Option<Waited> {
        let slot = seat.slot();
        // SAFETY: the index is in this hand, or in a ring of messages that are not due.
        let why = || unsafe { slot.tries() }.why;
        let word = slot.look();
        let waited = match word.state() {
            State::Delayed if matches!(why(), Why::Snoozed | Why::Scheduled) => {
                Waited::Until(self.due_of(due))
            }
            State::Parked => Waited::Parked,
            _ => return None,
        };
        (word.readers() == 0 && slot.hollow(word).is_ok()).then_some(waited)
    }

    /// Takes the content out of a husk, whose index came out of the wheel.
    fn give_back(&self, seat: Seat<'_, C>, waited: Waited, report: &mut CloseReport<C::Owned>) {
        let slot = seat.slot();
        // SAFETY: the content of the husk is this thread's.
        let mut message = unsafe { self.take_content(seat) };
        let (list, due, from) = match waited {
            Waited::Until(due) => (&mut report.delayed, Some(due), Count::GoneDelayed),
            Waited::Parked => (&mut report.parked, None, Count::GoneParked),
        };
        if let Some(ttl) = self.ttl_left(seat, slot.look().generation()) {
            message = message.ttl(ttl);
        }
        list.push(message.due(due));
        for count in [Count::GivenBack, from, Count::Hollowed] {
            self.group_of(seat).common.add(count, 1);
        }
        // Its index is in hand, or in a ring: it is not free before that is taken out.
        let freed = slot.emptied();
        debug_assert!(freed.is_none());
        self.taken_from_wheel(seat);
    }

    /// Hands out nothing more, and waits for what is with consumers.
    pub(super) fn drain(&self, timeout: Duration) -> DrainReport {
        self.signs.set(Signs::DRAINING);
        self.close();
        both(|| self.wake_all(), || _ = self.room.wake(usize::MAX));
        let sum = |of: fn(&Stats) -> u64| -> u64 {
            self.groups().map(|group| of(&self.stats(group))).sum()
        };
        let settled = |s: &Stats| s.acked + s.nacked + s.released;
        let before = sum(settled);
        let deadline = Instant::now().checked_add(timeout);
        // Nobody tells when the last lease ends: it is looked at now and then.
        while sum(|stats| stats.leased) > 0 && deadline.is_none_or(|at| Instant::now() < at) {
            let left = deadline.map_or(LOOK, |at| at.saturating_duration_since(Instant::now()));
            thread::sleep(left.min(LOOK));
        }
        let settled = sum(settled) - before;
        let released = self.revoke_all();
        let left = sum(|s| s.ready + s.delayed + s.parked + s.leased + s.dead);
        DrainReport { settled, released, left }
    }

    /// Takes every lease back, without an attempt, and says how many there were.
    fn revoke_all(&self) -> u64 {
        let mut released = 0;
        for (partition, shard) in self.all_used() {
            for track in shard.live() {
                released +=
                    self.revoke_in(Seat { shard, track, partition: partition as u32, index: 0 });
            }
        }
        released
    }

    /// As [`revoke_all`](Self::revoke_all), in one partition, for one group.
    pub(super) fn revoke_in(&self, first: Seat<'_, C>) -> u64 {
        let mut released = 0;
        for index in 0..self.config.capacity as u32 {
            let seat = Seat { index, ..first };
            let word = seat.slot().peek();
            if word.state() == State::Leased {
                released += u64::from(self.revoke(seat, word.lease()));
            }
        }
        released
    }

    /// Ends all leases: nothing is settled any more.
    pub(super) fn abort(self: &Arc<Self>) {
        self.signs.set(Signs::ABORTED);
        self.close();
        both(|| self.wake_all(), || _ = self.room.wake(usize::MAX));
    }
}
