//! What the housekeeper knows of a partition, and nobody else touches: who waits for a time, and
//! since when each lease lasts.
//!
//! A hand-over writes nothing but the slot's word. The housekeeper looks at the words now and then,
//! and notes in memory of its own when it saw a lease first; so a lease lasts at least as long as
//! was asked for, and at most two passes longer.

use alloc::{boxed::Box, vec::Vec};

use super::dates::{Dates, Times, date, date_of};
use super::wheel::Wheel;
use super::word::{Lease, State, Word};
use crate::ring::CapacityError;

/// How often the wall clock is looked at while somebody waits for a date: every second.
const LOOK: u64 = 1_000_000_000;

/// A partition's house.
pub(crate) struct House {
    /// Who waits for a time.
    wheel: Wheel,
    /// Of those, who waits for a date.
    dates: Dates,
    watched: Box<[Watched]>,
    /// When it looked at all leases last.
    walked: u64,
}

/// A lease, and when it was seen first.
#[derive(Clone, Copy, Default)]
struct Watched {
    lease: Option<Lease>,
    since: u64,
}

impl House {
    /// A house for `capacity` slots, at the time `now`.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub(crate) fn new(capacity: usize, now: u64) -> Result<Self, CapacityError> {
        let mut watched = Vec::new();
        watched.try_reserve_exact(capacity).map_err(|_| CapacityError::OutOfMemory {
            capacity,
            slot_bytes: size_of::<Watched>(),
        })?;
        watched.resize(capacity, Watched::default());
        let (wheel, watched) = (Wheel::new(capacity, now)?, watched.into_boxed_slice());
        Ok(Self { wheel, dates: Dates::default(), watched, walked: now })
    }

    /// Has an index wait for its due time, in place of another one if it waits already. `times`
    /// shows both clocks, which are looked at for dates only.
    pub(crate) fn wait(&mut self, index: u32, due: u64, times: impl Fn() -> Times) {
        self.dates.remove(index);
        let due = date_of(due).map_or(due, |date| {
            let times = times();
            self.dates.insert(index, date, times);
            times.now_at(date)
        });
        self.wheel.insert(index, due);
    }

    /// When an index is due that waits.
    pub(crate) fn due(&self, index: u32) -> Option<u64> {
        self.wheel.due(index)
    }

    /// Has an index wait no more; whether it did.
    pub(crate) fn recall(&mut self, index: u32) -> bool {
        self.dates.remove(index);
        self.wheel.remove(index)
    }

    /// Hands out everything that is due at `now`, as (index, due time), in the order of the due times, equal ones in the
    /// order in which they came; and says when to come again.
    pub(crate) fn advance(
        &mut self,
        now: u64,
        times: impl Fn() -> Times,
        mut hand_out: impl FnMut(u32, u64),
    ) -> Option<u64> {
        let Self { wheel, dates, .. } = self;
        if dates.is_empty() {
            wheel.advance(now, hand_out);
            return wheel.next_due();
        }
        let times = times();
        for (index, date) in dates.set_since(times) {
            wheel.insert(index, times.now_at(date));
        }
        let mut early = Vec::new();
        wheel.advance(now, |index, due| match dates.get(index) {
            Some(date) if date > times.wall => early.push((index, times.now_at(date))),
            _ => {
                dates.remove(index);
                hand_out(index, due);
            }
        });
        early.into_iter().for_each(|(index, due)| wheel.insert(index, due));
        // The clock may be set meanwhile: nobody tells.
        let look = (!dates.is_empty()).then(|| now.saturating_add(LOOK));
        wheel.next_due().into_iter().chain(look).min()
    }

    /// Takes everything out that waits, with its due time, in the order of the indices.
    pub(crate) fn drain(&mut self, mut hand_out: impl FnMut(u32, u64)) {
        let Self { wheel, dates, .. } = self;
        wheel.drain(|index, due| hand_out(index, dates.remove(index).map_or(due, date)));
    }

    /// When to come again, as far as is known without a look at the clocks.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.wheel.next_due()
    }

    /// Whether to look at all leases of this length now, which takes a while: four times in one, and
    /// whenever somebody `asks`; and when the next time is.
    pub(crate) fn walks(&mut self, now: u64, lease: u64, asks: bool) -> (bool, u64) {
        let walks = asks || now.saturating_sub(self.walked) >= lease / 4;
        if walks {
            self.walked = now;
        }
        (walks, self.walked.saturating_add(lease / 4))
    }

    /// Looks at a slot's word: the lease, if it has lasted for `lease` at the time `now`. One that
    /// is seen for the first time began before the time that `clock` tells.
    #[inline]
    pub(crate) fn watch(
        &mut self,
        index: u32,
        word: Word,
        now: u64,
        lease: u64,
        clock: impl FnOnce() -> u64,
    ) -> Option<Lease> {
        if word.state() != State::Leased {
            return None;
        }
        let watched = &mut self.watched[index as usize];
        if watched.lease != Some(word.lease()) {
            *watched = Watched { lease: Some(word.lease()), since: clock() };
        }
        (now.saturating_sub(watched.since) >= lease).then(|| word.lease())
    }
}
