//! The ids that a queue remembers: in the order in which they came, and found by their hash.
//!
//! Entries stand in a ring. An index of lines of 15 numbers says where: an entry's number is in the
//! line that its hash says, or, where that one was full, in one behind it. With a million ids the
//! index is 6 MB, so that it stays in a cache, and the ring is touched at its two ends only, which
//! are asked for one step ahead: a place in memory that nobody has touched for long takes longer
//! than all the rest together.
//!
//! # Invariants
//!
//! - I1: each entry has one number in the index. `passed` of a line counts the entries that belong
//!   there, or before, and stand behind it.
//! - I2: there are fewer entries than numbers that fit into the index.

use alloc::collections::TryReserveError;
use alloc::vec::Vec;

use crate::message::DedupId;
use crate::sync::prefetch;

/// Something that was accepted under an id.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Entry {
    pub(super) id: DedupId,
    /// The hash of what it was.
    pub(super) print: [u64; 2],
    /// Its place.
    pub(super) offset: u64,
    pub(super) partition: u32,
    /// Where it is, as long as it is there.
    pub(super) slot: u32,
    /// The slot's generation, or when it came.
    pub(super) stamp: u64,
    /// How many ids had come to the queue before.
    pub(super) number: u64,
}

const _: () = assert!(size_of::<Entry>() == 64);

/// A line of the index.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line {
    /// 0, or some bits of a hash, and the place of its entry plus 1.
    marks: [u32; 15],
    passed: u32,
}

const _: () = assert!(size_of::<Line>() == 64);

/// Entries, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Table {
    ring: Vec<Entry>,
    /// Where the oldest is.
    first: usize,
    len: usize,
    index: Vec<Line>,
    /// How many bits of a mark say the place.
    bits: u32,
}

/// The least that is allocated.
const FEW: usize = 8;

/// How many entries there may be for each line of the index.
const LOAD: usize = 12;

impl Table {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether another entry has to be made room for.
    pub(super) fn is_full(&self) -> bool {
        self.len == self.ring.len()
    }

    /// The line that an id belongs to.
    fn home(&self, id: DedupId) -> usize {
        Self::home_of(id, self.index.len())
    }

    /// The line that an id belongs to, of so many.
    fn home_of(id: DedupId, lines: usize) -> usize {
        ((u64::from(id.0[0] as u32) * lines as u64) >> 32) as usize
    }

    /// Asks for the line of an id, in an index that is there, or was.
    pub(super) fn will_find(id: DedupId, (index, lines): (usize, usize)) {
        prefetch(index.wrapping_add(Self::home_of(id, lines) * size_of::<Line>()));
    }

    /// What stands for an entry.
    fn mark(&self, id: DedupId, place: usize) -> u32 {
        ((id.0[0] >> 32) << self.bits) as u32 | (place as u32 + 1)
    }

    fn after(at: usize, len: usize) -> usize {
        if at + 1 < len { at + 1 } else { 0 }
    }

    /// Where the entry of an id is.
    pub(super) fn find(&self, id: DedupId) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let upper = u32::MAX.checked_shl(self.bits).unwrap_or(0);
        let wanted = ((id.0[0] >> 32) << self.bits) as u32;
        let mut at = self.home(id);
        loop {
            let line = &self.index[at];
            for &mark in &line.marks {
                if mark & upper == wanted && mark != 0 {
                    let place = (mark & !upper) as usize - 1;
                    if self.ring[place].id == id {
                        return Some(place);
                    }
                }
            }
            if line.passed == 0 {
                return None;
            }
            at = Self::after(at, self.index.len());
        }
    }

    pub(super) fn get(&self, place: usize) -> Entry {
        self.ring[place]
    }

    /// Puts another entry of the same id in its place.
    pub(super) fn replace(&mut self, place: usize, entry: Entry) {
        debug_assert_eq!(self.ring[place].id, entry.id);
        self.ring[place] = entry;
    }

    /// The entries, the oldest first.
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        let (behind, front) = self.ring.split_at(self.first);
        front.iter().chain(behind).take(self.len)
    }

    pub(super) fn oldest(&self) -> Option<&Entry> {
        if self.len == 0 { None } else { Some(&self.ring[self.first]) }
    }

    /// The place of the `nth` entry, or of what comes behind the last.
    fn place(&self, nth: usize) -> usize {
        let place = self.first + nth;
        if place < self.ring.len() { place } else { place - self.ring.len() }
    }

    /// Makes room for more entries.
    ///
    /// # Errors
    ///
    /// If there is no memory; nothing has changed then.
    pub(super) fn grow(&mut self) -> Result<(), TryReserveError> {
        self.rebuild(self.len + (self.len / 2).max(FEW), |_| true)
    }

    /// Adds the newest entry, of an id that is not there and for which there is room.
    pub(super) fn push(&mut self, entry: Entry) {
        debug_assert!(!self.is_full() && self.find(entry.id).is_none());
        let place = self.place(self.len);
        self.ring[place] = entry;
        self.len += 1;
        self.enter(place);
    }

    fn enter(&mut self, place: usize) {
        let id = self.ring[place].id;
        let mark = self.mark(id, place);
        let mut at = self.home(id);
        loop {
            let line = &mut self.index[at];
            if let Some(free) = line.marks.iter_mut().find(|mark| **mark == 0) {
                *free = mark;
                return;
            }
            line.passed += 1;
            at = Self::after(at, self.index.len());
        }
    }

    /// Takes the oldest entry out.
    pub(super) fn pop(&mut self) {
        if self.len == 0 {
            return;
        }
        let id = self.ring[self.first].id;
        let mark = self.mark(id, self.first);
        let mut at = self.home(id);
        loop {
            let line = &mut self.index[at];
            if let Some(mine) = line.marks.iter_mut().find(|other| **other == mark) {
                *mine = 0;
                break;
            }
            line.passed -= 1;
            at = Self::after(at, self.index.len());
        }
        self.first = Self::after(self.first, self.ring.len());
        self.len -= 1;
    }

    /// Asks for what the next step touches.
    pub(super) fn look_ahead(&self) {
        if self.len < FEW {
            return;
        }
        let line = self.home(self.ring[self.first].id);
        prefetch((&raw const self.ring[self.place(self.len % self.ring.len())]).addr());
        prefetch((&raw const self.ring[self.place(1)]).addr());
        prefetch((&raw const self.index[line]).addr());
    }

    /// Where the index is, and how many lines it has.
    pub(super) fn index(&self) -> (usize, usize) {
        (self.index.as_ptr().addr(), self.index.len())
    }

    /// Keeps the entries for which `keep` says so, in their order, if there is memory for it.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        // As it was, otherwise.
        let _ = self.rebuild(self.ring.len(), keep);
    }

    /// Gives memory back, where it is four times what is needed.
    pub(super) fn shrink(&mut self) {
        let few = self.len + (self.len / 2).max(FEW);
        if self.ring.len() > 4 * few {
            // As above.
            let _ = self.rebuild(few, |_| true);
        }
    }

    /// Makes it anew, with room for `room` entries.
    fn rebuild(
        &mut self,
        room: usize,
        mut keep: impl FnMut(&Entry) -> bool,
    ) -> Result<(), TryReserveError> {
        let (mut ring, mut index) = (Vec::new(), Vec::new());
        ring.try_reserve_exact(room)?;
        index.try_reserve_exact(room / LOAD + 1)?;
        ring.extend(self.entries().filter(|entry| keep(entry)).copied());
        self.len = ring.len();
        ring.resize(room, Entry::default());
        index.resize(room / LOAD + 1, Line::default());
        self.bits = usize::BITS - room.leading_zeros();
        (self.ring, self.index, self.first) = (ring, index, 0);
        (0..self.len).for_each(|place| self.enter(place));
        Ok(())
    }

    /// How many bytes it has.
    #[cfg(all(test, not(ringmill_loom)))]
    fn bytes(&self) -> usize {
        64 * (self.ring.capacity() + self.index.capacity())
    }
}

#[cfg(all(test, not(ringmill_loom)))]
#[path = "table_tests.rs"]
mod tests;
