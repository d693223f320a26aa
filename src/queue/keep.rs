//! Housekeeping: what falls due, and what has lasted too long.

use alloc::vec::Vec;
use core::time::Duration;

use super::core::Core;
use super::seat::Seat;
use super::signs::Signs;
use crate::clock::nanos;
use crate::delivery::{Content, Count, State};
use crate::wait::Panics;

/// How soon to look again at a queue that is closed and not yet done with, or at a key that is let
/// go and has not gone.
const CLOSING: Duration = Duration::from_millis(10);

const MS: u64 = 1_000_000;

impl<C: Content + ?Sized> Core<C> {
    /// Does what is due at `now`, and says when to come again at the latest.
    ///
    /// Where the passes come as often as something is due, not all of them look at all leases,
    /// unless somebody `asks` for this one.
    pub(super) fn keep(&self, now: u64, asks: bool) -> u64 {
        let lease = self.config.lease_ns();
        // A lease is to be seen at least four times while it lasts.
        let mut next = now.saturating_add(if lease == u64::MAX { lease } else { lease / 4 });
        if let Some(step) = self.config.aging_step {
            next = next.min(now.saturating_add(nanos(step)));
        }
        // The user's code may panic: that is told when all has been done.
        let mut panics = Panics::default();
        for (partition, shard) in self.all_used() {
            for track in shard.live() {
                let first = Seat { shard, track, partition: partition as u32, index: 0 };
                if track.holds() {
                    let mut again = true;
                    panics.catch(|| again = self.keep_held(first));
                    next = if again { next.min(now.saturating_add(nanos(CLOSING))) } else { next };
                }
                if let Some(due) = self.keep_waiting(first, now, &mut panics) {
                    next = next.min(due);
                }
                if let Some(over) = self.keep_ttl(first, now, &mut panics) {
                    next = next.min(over);
                }
                if let Some(step) = self.config.aging_step {
                    next = next.min(self.age(first, now, step, &mut panics));
                }
                if lease != u64::MAX {
                    next = next.min(self.keep_leases(first, now, lease, asks, &mut panics));
                }
            }
        }
        panics.catch(|| {
            if self.keep_leaving() {
                next = next.min(now.saturating_add(nanos(CLOSING)));
            }
        });
        if self.signs.has(Signs::STICKY) {
            for group in self.groups() {
                panics.catch(|| {
                    next = next.min(self.keep_sticky(group, now).unwrap_or(u64::MAX));
                });
            }
        }
        self.keep_samples(now);
        if let Some(known) = &self.known {
            known.tidy(now);
        }
        if self.config.retain.is_on() {
            panics.catch(|| self.keep_some());
        }
        if self.signs.has(Signs::CLOSED) {
            for group in self.groups() {
                if self.is_done(group) {
                    panics.catch(|| _ = group.ready.wake(usize::MAX));
                } else {
                    next = next.min(now.saturating_add(nanos(CLOSING)));
                }
            }
        }
        next
    }

    /// Hands out again what has waited long enough; when the next one has.
    pub(super) fn keep_waiting(
        &self,
        first: Seat<'_, C>,
        now: u64,
        panics: &mut Panics,
    ) -> Option<u64> {
        let track = first.track;
        let (mut ready, mut others) = (0, Vec::new());
        let next = {
            let mut house = track.house().lock();
            self.take_in(track, &mut house);
            let times = || self.times();
            house.advance(now, times, |index, due| {
                match self.fall_due(Seat { index, ..first }, due) {
                    true => ready += 1,
                    false => others.push(index),
                }
            })
        };
        // Outside of the lock: the user's code may run, wakers and destructors for two.
        if ready > 0 {
            panics.catch(|| self.group_of(first).ready.notify(ready));
        }
        if others.is_empty() {
            return next;
        }
        for index in others {
            panics.catch(|| self.due(Seat { index, ..first }));
        }
        // Some may have been set aside again.
        let mut house = track.house().lock();
        self.take_in(track, &mut house);
        next.into_iter().chain(house.next_due()).min()
    }

    /// A message whose time has come, and which was not delayed; its index is in this hand.
    fn due(&self, seat: Seat<'_, C>) {
        match seat.slot().look().state() {
            State::Parked => self.exhume(seat),
            _ => self.taken_from_wheel(seat),
        }
    }

    /// Lets messages of low levels rise; when to come again.
    fn age(&self, first: Seat<'_, C>, now: u64, step: Duration, panics: &mut Panics) -> u64 {
        let (risen, next) = first.track.age(first.shard, now, nanos(step));
        if risen > 0 {
            panics.catch(|| self.group_of(first).ready.notify(risen));
        }
        next
    }

    /// Takes back what has lasted long enough; when to look again.
    fn keep_leases(
        &self,
        first: Seat<'_, C>,
        now: u64,
        lease: u64,
        asks: bool,
        panics: &mut Panics,
    ) -> u64 {
        let (expired, next): (Vec<_>, _) = {
            let mut house = first.track.house().lock();
            let (walks, next) = house.walks(now, lease, asks);
            if !walks {
                return next;
            }
            let watch = |index| {
                // A lease that is seen first now may be younger than the pass.
                let word = Seat { index, ..first }.slot().peek();
                let lease = house.watch(index, word, now, lease, || self.engine.now())?;
                Some((index, lease))
            };
            ((0..self.config.capacity as u32).filter_map(watch).collect(), next)
        };
        for (index, lease) in expired {
            panics.catch(|| self.expire(Seat { index, ..first }, lease, now / MS));
        }
        next
    }

    /// Lets go of the dead letters that are beyond what is kept, the oldest first.
    fn keep_some(&self) {
        let retain = self.config.retain;
        let wall = self.engine.clock().wall();
        let mut kept = Vec::new();
        for (partition, shard) in self.all_used() {
            for index in 0..self.config.capacity as u32 {
                let track = shard.first();
                let seat = Seat { shard, track, partition: partition as u32, index };
                let Some(peeked) = self.pin(seat) else { continue };
                if peeked.state() != State::Ready {
                    continue;
                }
                let died = peeked.history().last().map(|death| death.at);
                kept.push((died, peeked.offset(), peeked.bytes(), seat, peeked.word()));
            }
        }
        kept.sort_unstable_by_key(|(died, offset, ..)| (*died, *offset));
        let mut count = kept.len();
        let mut bytes: usize = kept.iter().map(|(_, _, bytes, ..)| bytes).sum();
        for (died, _, size, seat, word) in kept {
            let age = died.and_then(|died| wall.duration_since(died).ok());
            let goes = retain.count.is_some_and(|most| count > most)
                || retain.bytes.is_some_and(|most| bytes > most)
                || retain.age.is_some_and(|most| age.is_some_and(|age| age > most));
            if goes && self.hollow(seat, word, Count::Expunged) {
                count -= 1;
                bytes -= size;
            }
        }
    }
}
