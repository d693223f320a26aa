//! Partitions that belong to one consumer each, and how they move.
//!
//! The group keeps, under a lock, who has each partition; a consumer looks at bits of its own. A
//! partition that is to move is taken out of its consumer's bits first; when nothing of it is leased
//! any more, or time is up and what is leased has been taken back, it is given to the next.
//!
//! # Invariants
//!
//! - I1: a consumer has the bit of a partition only if the group says that it has it, and only while
//!   the partition is not to move.
//! - I2: a partition is given to a consumer when none of its slots is leased, behind the fence that
//!   makes others give a lease back which is not seen here (see [`Owned`]).

use alloc::collections::BTreeMap;
use alloc::{sync::Arc, vec, vec::Vec};
use core::mem;

use super::assignment::deal;
use super::consumer::Consumer;
use super::core::Core;
use super::delivery::Delivery;
use super::group::Group;
use super::seat::Seat;
use super::signs::Signs;
use crate::clock::nanos;
use crate::delivery::{Content, Owned, State, Track};
use crate::sync::Mutex;
use crate::wait::Panics;

/// How soon to look again whether a partition that moves is at rest, in nanoseconds.
const SOON: u64 = 5_000_000;

/// Who has which partition of a group.
pub(super) struct Sticky(Mutex<Table>);

struct Table {
    /// By number.
    consumers: BTreeMap<u64, Member>,
    places: Vec<Place>,
    /// Somebody came or went.
    changed: bool,
}

struct Member {
    owned: Arc<Owned>,
    /// The beats that were seen last, and when they were seen first.
    seen: (u64, u64),
}

/// A partition.
#[derive(Clone, Copy, Default)]
struct Place {
    owner: Option<u64>,
    /// Whose it is to be.
    next: Option<u64>,
    /// It is to move; what is leased is taken back then.
    until: Option<u64>,
    /// A thread is taking back what is leased.
    fenced: bool,
}

impl Sticky {
    pub(super) fn new(partitions: usize) -> Self {
        let places = vec![Place::default(); partitions];
        Self(Mutex::new(Table { consumers: BTreeMap::new(), places, changed: false }))
    }
}

impl Table {
    fn join(&mut self, number: u64, owned: Arc<Owned>, now: u64) {
        owned.set_out(false);
        let seen = (owned.beats(), now);
        self.consumers.insert(number, Member { owned, seen });
        self.changed = true;
    }

    /// Takes a consumer out, whose partitions move by then at the latest.
    fn leave(&mut self, number: u64, until: u64) {
        let Some(member) = self.consumers.remove(&number) else { return };
        member.owned.set_out(true);
        for (partition, place) in self.places.iter_mut().enumerate() {
            if place.owner == Some(number) {
                member.owned.take_away(partition);
                place.until = Some(place.until.map_or(until, |before| before.min(until)));
            }
        }
        self.changed = true;
    }

    /// Says anew whose each partition is to be.
    fn deal(&mut self, until: u64) {
        if !mem::take(&mut self.changed) {
            return;
        }
        let numbers: Vec<u64> = self.consumers.keys().copied().collect();
        let nth = |number: u64| numbers.binary_search(&number).ok();
        let now: Vec<_> = self.places.iter().map(|place| place.owner.and_then(nth)).collect();
        let dealt = deal(&now, numbers.len());
        for (partition, (place, next)) in self.places.iter_mut().zip(dealt).enumerate() {
            place.next = next.map(|next| numbers[next]);
            let owner = place.owner.and_then(|owner| self.consumers.get(&owner));
            if place.owner == place.next {
                // It stays, or stays after all.
                if let (false, Some(member)) = (place.fenced, owner) {
                    place.until = None;
                    member.owned.give(partition);
                }
            } else if place.until.is_none() {
                if let Some(member) = owner {
                    member.owned.take_away(partition);
                }
                place.until = Some(until);
            }
        }
    }

    /// Gives a partition that is at rest to whoever is next.
    fn give(&mut self, partition: usize) {
        let place = &mut self.places[partition];
        *place = Place { owner: place.next, next: place.next, until: None, fenced: false };
        if let Some(member) = place.owner.and_then(|owner| self.consumers.get(&owner)) {
            member.owned.give(partition);
        }
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// A consumer joins its group, where partitions belong to consumers.
    pub(super) fn join_sticky(&self, group: &Group, number: u64) -> Option<Arc<Owned>> {
        let sticky = group.sticky.as_ref()?;
        let owned = Arc::new(Owned::new(self.partitions()));
        sticky.0.lock().join(number, Arc::clone(&owned), self.engine.now());
        self.move_partitions(group);
        Some(owned)
    }

    /// A consumer that was given up lives after all.
    #[cold]
    fn join_again(&self, group: &Group, number: u64, owned: &Arc<Owned>) {
        if let Some(sticky) = &group.sticky {
            sticky.0.lock().join(number, Arc::clone(owned), self.engine.now());
            self.move_partitions(group);
        }
    }

    /// A consumer leaves. What was detached from it has its time.
    pub(super) fn leave_sticky(&self, group: &Group, number: u64) {
        if let Some(sticky) = &group.sticky {
            sticky.0.lock().leave(number, self.revoked_by());
            self.move_partitions(group);
        }
    }

    fn revoked_by(&self) -> u64 {
        self.engine.now().saturating_add(nanos(self.config.revoke_timeout))
    }

    /// Moves what is to move and is at rest, and has the housekeeper come again for the rest.
    fn move_partitions(&self, group: &Group) {
        if let Some(again) = self.try_move(group) {
            // The lock orders it: a pass that did not see it is under way, or sees it.
            self.engine.due_at(again);
        }
    }

    /// Gives up the consumers of a group that show no life, and moves what is to move; when to come
    /// again.
    pub(super) fn keep_sticky(&self, group: &Group, now: u64) -> Option<u64> {
        let sticky = group.sticky.as_ref()?;
        let limit = nanos(self.config.consumer_timeout);
        let rests = self.signs.has(Signs::PAUSED) || group.signs.has(Signs::PAUSED);
        {
            let mut table = sticky.0.lock();
            let mut dead = Vec::new();
            for (number, member) in &mut table.consumers {
                let beats = member.owned.beats();
                // Who sleeps beside nothing lives; beside something, it ought to have been woken.
                let sleeps = || member.owned.is_asleep() && self.is_idle_for(group, &member.owned);
                if beats != member.seen.0 || rests || sleeps() {
                    member.seen = (beats, now);
                } else if now.saturating_sub(member.seen.1) >= limit {
                    dead.push(*number);
                }
            }
            // What it has is taken back at once.
            dead.into_iter().for_each(|number| table.leave(number, 0));
        }
        let again = self.try_move(group);
        // As leases: to be seen at least four times.
        Some(again.unwrap_or(u64::MAX).min(now.saturating_add((limit / 4).max(1))))
    }

    /// What is leased of a partition.
    fn leases<'a>(&'a self, group: &Group, partition: usize) -> impl Iterator<Item = Seat<'a, C>> {
        let number = group.number;
        let shard = self.used(partition);
        let track = shard.and_then(|shard| Some((shard, shard.of(number)?)));
        let all = track.into_iter().flat_map(move |(shard, track)| {
            let seat = move |index| Seat { shard, track, partition: partition as u32, index };
            (0..self.config.capacity as u32).map(seat)
        });
        all.filter(|seat| seat.slot().peek().state() == State::Leased)
    }

    /// Moves what is to move and is at rest, or has had its time; when to come again, if there is
    /// more.
    fn try_move(&self, group: &Group) -> Option<u64> {
        let sticky = group.sticky.as_ref()?;
        let mut panics = Panics::default();
        loop {
            let now = self.engine.now();
            let (mut given, mut late, mut again) = (false, Vec::new(), None);
            {
                let mut table = sticky.0.lock();
                table.deal(now.saturating_add(nanos(self.config.revoke_timeout)));
                // For all that was taken away just now, and before.
                Owned::taken_away();
                for partition in 0..table.places.len() {
                    let place = &mut table.places[partition];
                    let Some(until) = place.until.filter(|_| !place.fenced) else { continue };
                    if self.leases(group, partition).next().is_none() {
                        table.give(partition);
                        given = true;
                    } else if until <= now {
                        place.fenced = true;
                        late.push(partition);
                    } else {
                        again = Some(until.min(now.saturating_add(SOON)));
                    }
                }
            }
            // Outside of the lock: the user's code may run, wakers and destructors for two.
            for &partition in &late {
                let leased: Vec<_> = self.leases(group, partition).collect();
                for seat in leased {
                    panics.catch(|| _ = self.revoke(seat, seat.slot().peek().lease()));
                }
            }
            if given {
                panics.catch(|| _ = group.ready.wake(usize::MAX));
            }
            if late.is_empty() {
                return again;
            }
            // Now they are at rest, but for leases that are about to be given back.
            let mut table = sticky.0.lock();
            late.into_iter().for_each(|partition| table.places[partition].fenced = false);
            table.changed = true;
        }
    }

    /// Whether none of its partitions has anything for a consumer, nor anything on its way.
    fn is_idle_for(&self, group: &Group, owned: &Owned) -> bool {
        Track::falling_asleep();
        let mut own = core::iter::successors(owned.next(0), |last| owned.next(last + 1));
        own.all(|partition| {
            let Some(shard) = self.used(partition) else { return true };
            shard.of(group.number).is_none_or(|track| track.is_idle(shard.log()))
        })
    }
}

impl<T: Content + ?Sized, M> Consumer<T, M> {
    /// The partitions that it takes from at the moment.
    pub fn partitions(&self) -> Vec<usize> {
        match &self.owned {
            None => (0..self.core.partitions()).collect(),
            Some(owned) => {
                core::iter::successors(owned.next(0), |last| owned.next(last + 1)).collect()
            }
        }
    }

    /// It asks for messages: it lives.
    fn shows_life(&self, owned: &Arc<Owned>) {
        owned.beat();
        owned.set_asleep(false);
        if owned.is_out() {
            self.core.join_again(self.own(), self.number, owned);
        }
    }

    /// It extends a lease: it lives.
    #[inline]
    pub(super) fn extends(&self) {
        if let Some(owned) = &self.owned {
            owned.beat();
        }
    }

    /// Whether there is nothing for it; it sleeps then.
    pub(super) fn may_sleep(&self) -> bool {
        let Some(owned) = &self.owned else { return self.core.is_idle(self.own()) };
        let idle = self.core.is_idle_for(self.own(), owned);
        owned.set_asleep(idle);
        idle
    }

    /// The next message of a partition that belongs to it.
    #[cold]
    pub(super) fn take_one(&self, owned: &Arc<Owned>) -> Option<Delivery<'_, T, M>> {
        let back = |(): &mut (), delivery: Delivery<'_, T, M>| {
            // If it was taken back already, all the better.
            _ = delivery.release();
        };
        self.take_own(owned, &mut (), |(), partition| self.take_from(partition), back)
    }

    /// Up to `max` messages of a partition that belongs to it.
    #[cold]
    pub(super) fn take_some<'c>(
        &'c self,
        owned: &Arc<Owned>,
        max: usize,
        out: &mut Vec<Delivery<'c, T, M>>,
    ) -> usize {
        let take = |out: &mut Vec<_>, partition| {
            let taken = self.take_batch_from(partition, max, out);
            (taken > 0).then_some(taken)
        };
        let back = |out: &mut Vec<Delivery<'c, T, M>>, taken| {
            for delivery in out.drain(out.len() - taken..) {
                // As above.
                _ = delivery.release();
            }
        };
        self.take_own(owned, out, take, back).unwrap_or(0)
    }

    /// What `take` takes from the next of its partitions that has something; `back` gives it back if
    /// the partition moves meanwhile.
    #[inline]
    fn take_own<O, R>(
        &self,
        owned: &Arc<Owned>,
        out: &mut O,
        take: impl Fn(&mut O, usize) -> Option<R>,
        back: impl Fn(&mut O, R),
    ) -> Option<R> {
        self.shows_life(owned);
        let first = self.next.get();
        let own = |from| core::iter::successors(owned.next(from), |last| owned.next(last + 1));
        let in_turn = own(first).chain(own(0).take_while(|partition| *partition < first));
        for partition in in_turn {
            let Some(taken) = take(out, partition) else { continue };
            if owned.still_has(partition) {
                self.turn_behind(partition);
                return Some(taken);
            }
            back(out, taken);
        }
        None
    }
}
