//! The groups of a queue: who joins, who leaves, and what leaving leaves behind.

use alloc::{sync::Arc, vec, vec::Vec};
use core::cell::Cell;
use core::fmt;

use super::core::Core;
use super::group::Group;
use super::seat::Seat;
use super::signs::{Defer, Signs};
use crate::code;
use crate::delivery::{Content, Count, Shard, State, Track};
use crate::message::Handle;
use crate::ring::CapacityError;
use crate::wait::Panics;

/// Why a group was not made, found or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupError {
    /// The queue has no group of this name.
    NotFound,
    /// The queue has a group of this name already.
    NameConflict,
    /// The queue has as many groups as it may have.
    QuotaExceeded {
        /// How many that is: [`max_groups`](super::QueueBuilder::max_groups).
        limit: usize,
    },
    /// There is no memory for another group.
    OutOfMemory(CapacityError),
    /// The queue is closed.
    Closed,
}

impl GroupError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::NotFound => code::NOT_FOUND,
            Self::NameConflict => code::NAME_CONFLICT,
            Self::QuotaExceeded { .. } => code::QUOTA_EXCEEDED,
            Self::OutOfMemory(error) => error.code(),
            Self::Closed => code::CLOSED,
        }
    }
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("the queue has no group of this name"),
            Self::NameConflict => f.write_str("the queue has a group of this name already"),
            Self::QuotaExceeded { limit } => {
                write!(f, "the queue has {limit} groups already; raise `max_groups`")
            }
            Self::OutOfMemory(error) => error.fmt(f),
            Self::Closed => f.write_str("queue is closed; no group joins it any more"),
        }
    }
}

impl core::error::Error for GroupError {}

/// Which groups take part.
pub(super) struct Roster {
    /// By number.
    members: Vec<Membership>,
    /// Whether somebody ends what groups have left behind.
    tidying: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Membership {
    Free,
    Live,
    /// Removed, but some of its messages or consumers are still there.
    Leaving,
}

impl Roster {
    /// For so many groups, of which these take part.
    pub(super) fn new(groups: usize, live: impl IntoIterator<Item = usize>) -> Self {
        let mut roster = vec![Membership::Free; groups];
        live.into_iter().for_each(|number| roster[number] = Membership::Live);
        Self { members: roster, tidying: false }
    }

    fn all(&self, of: Membership) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.members).filter(move |(_, state)| **state == of).map(|(number, _)| number)
    }

    fn set(&mut self, number: u32, to: Membership) {
        self.members[number as usize] = to;
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// The group of this name.
    pub(super) fn find_group(&self, name: &str) -> Result<&Group, GroupError> {
        let roster = self.roster.lock();
        let mut live = roster.all(Membership::Live).filter_map(|number| self.group(number));
        live.find(|group| *group.name() == *name).ok_or(GroupError::NotFound)
    }

    /// The names of all groups, by their numbers.
    pub(super) fn group_names(&self) -> Vec<Arc<str>> {
        let roster = self.roster.lock();
        let live = roster.all(Membership::Live).filter_map(|number| self.group(number));
        live.map(Group::name).collect()
    }

    /// Puts a partition into its place that was made for it, unless another thread was faster; all
    /// groups take part in it.
    pub(super) fn put(
        &self,
        partition: usize,
        made: Shard<C>,
        now: u64,
    ) -> Result<&Shard<C>, CapacityError> {
        if self.config.groups == 1 {
            return Ok(self.put_at(partition, made));
        }
        // Nobody joins or leaves meanwhile.
        let roster = self.roster.lock();
        for number in roster.all(Membership::Live) {
            made.begin(number, now)?;
        }
        Ok(self.put_at(partition, made))
    }

    /// Compares the counts of all groups with a walk over all slots; see
    /// [`Queue::check_invariants`](super::Queue::check_invariants).
    pub(super) fn check_all(&self) {
        let roster = self.roster.lock();
        roster.all(Membership::Live).filter_map(|number| self.group(number)).for_each(|group| {
            self.check(group);
        });
    }

    /// Has a group join that begins here, and says which number it has.
    pub(super) fn create_group(&self, name: &str) -> Result<&Group, GroupError> {
        let mut roster = self.roster.lock();
        if self.signs.has(Signs::CLOSED) {
            return Err(GroupError::Closed);
        }
        let mut live = roster.all(Membership::Live).filter_map(|number| self.group(number));
        if live.any(|group| *group.name() == *name) {
            return Err(GroupError::NameConflict);
        }
        drop(live);
        let limit = self.config.groups;
        let free = roster.all(Membership::Free).next();
        let number = free.ok_or(GroupError::QuotaExceeded { limit })?;
        let group = self.group_of_number(number);
        group.begin(name.into());
        roster.set(number, Membership::Live);
        let now = self.engine.now();
        for (_, shard) in self.all_used() {
            if let Err(error) = shard.join(number, now) {
                drop(roster);
                self.remove_group(group);
                return Err(GroupError::OutOfMemory(error));
            }
            // It has no consumers before this returns.
            let paused = self.paused.lock();
            let track = shard.of(number).into_iter();
            track.for_each(|track| paused.iter().for_each(|&lane| track.pause(lane)));
        }
        Ok(group)
    }

    fn group_of_number(&self, number: u32) -> &Group {
        match number.checked_sub(1) {
            None => &self.first,
            Some(other) => self.others[other as usize].get_or_init(|| {
                alloc::boxed::Box::new(Group::new(number, "".into(), self.config.sticky()))
            }),
        }
    }

    /// Has a group leave: what comes from now on is not its, and what it has goes.
    pub(super) fn remove_group(&self, group: &Group) -> bool {
        {
            let mut roster = self.roster.lock();
            if roster.members[group.number as usize] != Membership::Live {
                return false;
            }
            roster.set(group.number, Membership::Leaving);
            group.signs.set(Signs::GONE);
            self.signs.set(Signs::HELD);
            self.all_used().for_each(|(_, shard)| shard.quit(group.number));
        }
        let mut panics = Panics::default();
        panics.catch(|| _ = group.ready.wake(usize::MAX));
        // If somebody else is at it, the housekeeper comes again.
        panics.catch(|| _ = self.tidy());
        self.engine.due_at(0);
        true
    }

    /// Ends what groups have left behind. The housekeeper comes again until there is nothing.
    /// Whether there may be something still.
    pub(super) fn keep_leaving(&self) -> bool {
        self.config.groups > 1 && self.tidy().unwrap_or(true)
    }

    /// As [`keep_leaving`](Self::keep_leaving); `None` if somebody else is at it.
    fn tidy(&self) -> Option<bool> {
        let leaving: Vec<_> = {
            let mut roster = self.roster.lock();
            // Alone: a number may be another group's as soon as it is free.
            if core::mem::replace(&mut roster.tidying, true) {
                return None;
            }
            roster.all(Membership::Leaving).collect()
        };
        let _tidied = Defer(|| self.roster.lock().tidying = false);
        let mut left = false;
        let mut panics = Panics::default();
        for number in leaving {
            for (partition, shard) in self.all_used() {
                if let Some(track) = shard.of(number) {
                    let first = Seat { shard, track, partition: partition as u32, index: 0 };
                    self.end_all(first, &mut panics);
                }
            }
            let mut roster = self.roster.lock();
            let is_over = |group: &Group| group.is_deserted() && self.has_left(group.number);
            match self.group(number).filter(|group| is_over(group)) {
                Some(group) => {
                    group.texts.lock().clear();
                    for (_, shard) in self.all_used() {
                        shard.of(number).into_iter().for_each(Track::clear);
                    }
                    roster.set(number, Membership::Free);
                }
                None => left = true,
            }
        }
        Some(left)
    }

    /// Ends all that a group has in a partition which it has left.
    fn end_all(&self, first: Seat<'_, C>, panics: &mut Panics) {
        let Seat { shard, track, .. } = first;
        let mut waiting = Vec::new();
        track.house().lock().drain(|index, _| waiting.push(index));
        let end = |index: u32, panics: &mut Panics| {
            let seat = Seat { index, ..first };
            track.leave(index);
            if let Some(word) = seat.slot().forsake().filter(|word| seat.owns(*word)) {
                panics.catch(|| self.dispose(seat, word));
            }
        };
        waiting.into_iter().for_each(|index| end(index, panics));
        for index in 0..self.config.capacity as u32 {
            let seat = Seat { index, ..first };
            let word = seat.slot().peek();
            let expire = || seat.slot().expire(word.lease(), u64::MAX).ok_or(());
            let leased = word.state() == State::Leased;
            if leased && self.leaving_reader(seat, word.lease(), expire).is_ok() {
                end(index, panics);
            }
        }
        while let Some(index) = track.next_left(shard.log()) {
            end(index, panics);
        }
        track.release_all().into_iter().for_each(|index| end(index, panics));
    }

    /// Whether a group that leaves has nothing any more.
    fn has_left(&self, number: u32) -> bool {
        let slots = self.config.capacity as u32;
        let nothing = |shard: &Shard<C>, track: &Track| {
            track.has_passed_all() && (0..slots).all(|index| !track.owes(shard, index))
        };
        self.all_used().all(|(_, shard)| shard.of(number).is_none_or(|track| nothing(shard, track)))
    }

    // Subscribers that are too slow.

    /// Makes room in a partition by what slow subscribers have not got to, if nobody else needs it;
    /// or else disconnects those who want that. Whether there may be room now.
    #[cold]
    pub(super) fn shed(&self, shard: &Shard<C>, partition: u32) -> bool {
        let (lagging, leaving) = (self.bits_of(Signs::LAGS), self.bits_of(Signs::LEAVES));
        let mut freed = false;
        for track in self.groups().filter_map(|group| shard.of(group.number)) {
            let alone = |index: u32| shard.would_be_free(index, lagging);
            while lagging & 1 << track.number() != 0 && !freed {
                let Some(index) = track.next_if(shard, alone) else { break };
                freed = self.miss(Seat { shard, track, partition, index });
            }
        }
        if !freed {
            for group in self.groups().filter(|group| leaving & 1 << group.number != 0) {
                let Some(track) = shard.of(group.number) else { continue };
                let needless = Cell::new(false);
                track.next_if(shard, |index| {
                    needless.set(shard.would_be_free(index, lagging | leaving));
                    false
                });
                freed |= needless.get() && self.remove_group(group);
            }
        }
        freed
    }

    /// The groups that have this sign and are there, a bit for each.
    fn bits_of(&self, sign: u32) -> u32 {
        let slow = |group: &&Group| group.signs.has(sign) && !group.signs.has(Signs::GONE);
        self.groups().filter(slow).fold(0, |bits, group| bits | 1 << group.number)
    }

    /// Ends a message for a group that is too slow for it; whether that freed the slot.
    fn miss(&self, seat: Seat<'_, C>) -> bool {
        let slot = seat.slot();
        if slot.look().state() != State::Ready {
            self.taken_out(seat);
            return false;
        }
        self.follow(seat);
        let Some(word) = slot.forsake_ready() else {
            self.taken_out(seat);
            return false;
        };
        let common = &self.group_of(seat).common;
        common.add(Count::Missed, 1);
        common.add(Count::GoneReady, 1);
        self.gone(seat);
        if !seat.owns(word) {
            return false;
        }
        self.dispose(seat, word);
        true
    }

    /// Whether a handle's message is there for a group.
    pub(super) fn has(&self, handle: &Handle) -> bool {
        let there = |state| !matches!(state, State::Settled | State::Husk);
        self.find(handle).any(|(_, word)| there(word.state()))
    }
}
