//! Which of those that wait for a time wait for a date: the wall clock may be set meanwhile.
//!
//! A due time is one number: nanoseconds of the engine's clock, or, with the highest bit set, of
//! the wall clock since 1970. The wheel knows the engine's clock alone: a date is put in as what it
//! comes to when the wall clock goes on as it is, and put in again when that was set.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Set in a due time that is a date.
const DATE: u64 = 1 << 63;

/// By how much both clocks have to drift apart to be called set: 1 ms. What falls due is compared
/// with the date itself.
const SET: u64 = 1_000_000;

/// What both clocks show, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) now: u64,
    /// Since 1970.
    pub(crate) wall: u64,
}

impl Times {
    /// When it is this date on the wall clock, as far as can be said now.
    pub(crate) fn now_at(self, date: u64) -> u64 {
        self.now.saturating_add(date.saturating_sub(self.wall))
    }

    fn skew(self) -> u64 {
        self.wall.wrapping_sub(self.now)
    }
}

/// A due time on the engine's clock: 292 years, and no more.
pub(crate) const fn mono(ns: u64) -> u64 {
    if ns < DATE { ns } else { DATE - 1 }
}

/// A due time on the wall clock.
pub(crate) fn date(ns: u64) -> u64 {
    ns | DATE
}

/// The date that a due time is, if it is one.
pub(crate) fn date_of(due: u64) -> Option<u64> {
    (due & DATE != 0).then_some(due & !DATE)
}

/// The dates, by index.
#[derive(Default)]
pub(crate) struct Dates {
    /// Each with its turn, so that equal ones stay in their order.
    dates: BTreeMap<u32, (u64, u64)>,
    turns: u64,
    /// How far the wall clock was ahead when they were put into the wheel.
    skew: u64,
}

impl Dates {
    pub(crate) fn is_empty(&self) -> bool {
        self.dates.is_empty()
    }

    pub(crate) fn insert(&mut self, index: u32, date: u64, times: Times) {
        if self.dates.is_empty() {
            self.skew = times.skew();
        }
        self.dates.insert(index, (date, self.turns));
        self.turns += 1;
    }

    pub(crate) fn remove(&mut self, index: u32) -> Option<u64> {
        if self.dates.is_empty() {
            return None;
        }
        self.dates.remove(&index).map(|(date, _)| date)
    }

    /// The date that an index waits for.
    pub(crate) fn get(&self, index: u32) -> Option<u64> {
        self.dates.get(&index).map(|(date, _)| *date)
    }

    /// All of them, in the order in which they came, if the wall clock has been set.
    pub(crate) fn set_since(&mut self, times: Times) -> Vec<(u32, u64)> {
        let skew = times.skew();
        let apart = skew.wrapping_sub(self.skew);
        if apart.min(apart.wrapping_neg()) <= SET {
            return Vec::new();
        }
        self.skew = skew;
        let mut all: Vec<_> = self.dates.iter().map(|(index, date)| (*index, *date)).collect();
        all.sort_unstable_by_key(|(_, (_, turn))| *turn);
        all.into_iter().map(|(index, (date, _))| (index, date)).collect()
    }
}
