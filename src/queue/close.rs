//! How a queue ends: closing, draining, aborting.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use core::time::Duration;
use std::thread;
use std::time::Instant;

use super::core::{Core, Seat};
use super::signs::Signs;
use crate::delivery::{Content, Count, State, Why};
use crate::message::Message;
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

impl<P> CloseReport<P> {
    /// How many had been snoozed, and were not due.
    pub fn delayed(&self) -> usize {
        self.delayed.len()
    }

    /// How many were parked.
    pub fn parked(&self) -> usize {
        self.parked.len()
    }

    /// All of them.
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
            let mut waiting = Vec::new();
            {
                let mut house = shard.house().lock();
                while let Some((index, due)) = shard.next_waiting() {
                    house.wheel.insert(index, due);
                }
                // Everything that waits; what is not taken goes back with the time it had.
                house.wheel.drain(|index, due| waiting.push((index, due)));
            }
            for (index, due) in waiting {
                let seat = Seat { shard, partition: partition as u32, index };
                let taken = self.give_back(seat, &mut report);
                if !taken {
                    // SAFETY: the index came out of the wheel into this hand, with its tries.
                    unsafe { shard.wait_until(index, due) };
                }
            }
        }
        self.engine.due_at(0);
        self.gone();
        report
    }

    /// Takes a waiting message out, if it waits for something that closing ends.
    fn give_back(&self, seat: Seat<'_, C>, report: &mut CloseReport<C::Owned>) -> bool {
        let slot = seat.shard.at(seat.index);
        // SAFETY: the index is in this hand.
        let tries = unsafe { slot.tries() };
        let (list, from) = match slot.look().state() {
            State::Delayed if tries.why == Why::Snoozed => {
                (&mut report.delayed, Count::GoneDelayed)
            }
            State::Parked => (&mut report.parked, Count::GoneParked),
            _ => return false,
        };
        let state = if from == Count::GoneDelayed { State::Delayed } else { State::Parked };
        if slot.bury(state).is_err() {
            return false; // Somebody reads it, or it is a husk now: it waits on.
        }
        // SAFETY: burying it made this thread the owner of the slot, with its content.
        list.push(unsafe { self.take_message(seat) });
        self.follow(seat);
        self.common.add(Count::GivenBack, 1);
        self.common.add(from, 1);
        self.free(seat.shard, &[seat.index]);
        true
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
