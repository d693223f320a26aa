//! How a queue ends: closing, draining, aborting.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use core::time::Duration;
use std::thread;
use std::time::Instant;

use super::core::{Core, Seat};
use super::signs::Signs;
use crate::delivery::{Content, Count, State, Why};
use crate::message::{Due, Message};
use crate::wait::Event;

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

    /// All of them, with what is left of their delays.
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
        self.close();
        let mut report = CloseReport { delayed: Vec::new(), parked: Vec::new() };
        for (partition, shard) in self.all_used() {
            let (mut waiting, mut taken) = (Vec::new(), Vec::new());
            {
                let mut house = shard.house().lock();
                self.take_in(shard, &mut house);
                // Everything that waits; what is not taken goes back with the time it had.
                house.drain(|index, due| waiting.push((index, due)));
                for (index, due) in waiting {
                    let seat = Seat { shard, partition: partition as u32, index };
                    match self.lift(seat, due) {
                        Some(from) => taken.push((seat, from)),
                        None => house.wait(index, due, || self.times()),
                    }
                }
            }
            // Outside of the lock: the user's code may run.
            for (seat, from) in taken {
                self.give_back(seat, from, &mut report);
            }
        }
        self.engine.due_at(0);
        self.gone();
        report
    }

    /// Makes a waiting message a husk, whose content is the caller's, if it waits for something that
    /// closing ends, and nobody reads it; for what it waited. Its index came out of the wheel.
    fn lift(&self, seat: Seat<'_, C>, due: u64) -> Option<Waited> {
        let slot = seat.shard.at(seat.index);
        // SAFETY: the index is in this hand, or in a ring of messages that are not due.
        let tries = unsafe { slot.tries() };
        let word = slot.look();
        let waited = match word.state() {
            State::Delayed if matches!(tries.why, Why::Snoozed | Why::Scheduled) => {
                Waited::Until(self.due_of(due))
            }
            State::Parked => Waited::Parked,
            _ => return None,
        };
        (word.readers() == 0 && slot.hollow(word).is_ok()).then_some(waited)
    }

    /// Takes the content out of a husk, whose index came out of the wheel.
    fn give_back(&self, seat: Seat<'_, C>, waited: Waited, report: &mut CloseReport<C::Owned>) {
        let slot = seat.shard.at(seat.index);
        // SAFETY: the content of the husk is this thread's.
        let message = unsafe { self.take_content(seat) };
        let (list, due, from) = match waited {
            Waited::Until(due) => (&mut report.delayed, Some(due), Count::GoneDelayed),
            Waited::Parked => (&mut report.parked, None, Count::GoneParked),
        };
        list.push(message.due(due));
        for count in [Count::GivenBack, from, Count::Hollowed] {
            self.common.add(count, 1);
        }
        // Its index is in hand, or in a ring: it is not free before that is taken out.
        let freed = slot.emptied();
        debug_assert!(freed.is_none());
        self.taken_out(seat);
    }

    /// Hands out nothing more, and waits for what is with consumers.
    pub(super) fn drain(&self, timeout: Duration) -> DrainReport {
        self.signs.set(Signs::DRAINING);
        self.close();
        Event::notify_all_of([&self.ready, &self.room]);
        let before = self.stats();
        let deadline = Instant::now().checked_add(timeout);
        // Nobody tells when the last lease ends: it is looked at now and then.
        while self.stats().leased > 0 && deadline.is_none_or(|at| Instant::now() < at) {
            let left = deadline.map_or(LOOK, |at| at.saturating_duration_since(Instant::now()));
            thread::sleep(left.min(LOOK));
        }
        let settled = |s: &super::Stats| s.acked + s.nacked + s.released;
        let settled = settled(&self.stats()) - settled(&before);
        let released = self.revoke_all();
        let after = self.stats();
        DrainReport {
            settled,
            released,
            left: after.ready + after.delayed + after.parked + after.leased + after.dead,
        }
    }

    /// Takes every lease back, without an attempt, and says how many there were.
    fn revoke_all(&self) -> u64 {
        let mut released = 0;
        for (partition, shard) in self.all_used() {
            for index in 0..self.config.capacity as u32 {
                let word = shard.at(index).look();
                if word.state() == State::Leased {
                    let seat = Seat { shard, partition: partition as u32, index };
                    released += u64::from(self.revoke(seat, word.lease()));
                }
            }
        }
        released
    }

    /// Ends all leases: nothing is settled any more.
    pub(super) fn abort(self: &Arc<Self>) {
        self.signs.set(Signs::ABORTED);
        self.close();
        Event::notify_all_of([&self.ready, &self.room]);
    }
}
