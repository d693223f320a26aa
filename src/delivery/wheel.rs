//! Slots that wait for a time: a hierarchical timing wheel over slot indices.
//!
//! It is not: a clock, a thread or a lock. The caller says what time it is, and one thread uses the
//! wheel at a time.
//!
//! # Guarantees
//!
//! [`Wheel::advance`] hands out every index whose due time has come and no other: never early, each
//! once, in the order of their due times, equal ones in the order in which they were inserted. Due
//! times are exact to the nanosecond, over all 584 years of a `u64`: there is no tick to round to
//! and no horizon. A time that had passed already when it was inserted counts as the time of the
//! last `advance`.
//!
//! # Cost
//!
//! `insert`, `remove`, `next_due` and `len`: O(1), some nanoseconds. `advance`: O(handed out +
//! moved). An index moves down at most once a level, and only the levels within its delay: 4 times
//! for a second, 7 for a day, 9 for ten years; one that is alone in its bucket goes straight down.
//! Time that passes over empty buckets costs nothing, however much of it. Measured, from insertion
//! to hand-over and including every move: 35 to 50 ns where the wheel fits in the cache, 150 to 430
//! where each move is a miss (1 to 10 million waiting). Levels that end at a millisecond would save
//! 25 of them and lose the exact order.
//!
//! Memory: 16 bytes a slot and 2.9 KB a wheel, all of it allocated by [`Wheel::new`], nothing after
//! it.
//!
//! A bucket moves in one go, at its start at the latest, and what falls due meanwhile waits: 0.1 us
//! for each index in it. Buckets are 17 ms, 1.1 s, 69 s, 73 minutes .. wide. So a wheel stays
//! within 2 ms as long as fewer than about 20,000 indices share one that wide.
//!
//! # Invariants
//!
//! - I1: an index is in the bucket that [`Wheel::place`] gives for its due time: the level is the
//!   highest digit (of 6 bits) in which the due time differs from the time of the wheel, the bucket
//!   is the due time's digit there. So the place is computed, never stored, and equal due times
//!   share a bucket at every moment: they stay in the order of insertion.
//! - I2: what a lower level holds is due before what a higher one holds, and a lower bucket before
//!   a higher one of its level: the first bucket is two bit scans away.
//! - I3: the time of the wheel moves only to a time before which nothing is due: I1 then goes on
//!   to hold for all buckets but the first, whose indices are placed anew.
//!
//! # Source
//!
//! G. Varghese and A. Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 7; placing
//! by the highest digit that differs, instead of by the distance, as the timers of tokio do. New
//! here: levels that reach down to the nanosecond, so that order is exact.
//!
//! Why no crate: those that were looked at own their entries, so that cancelling needs a handle of
//! theirs beside the slot. `hierarchical_hash_wheel_timer` 1.4 finds it in a hash map and allocates
//! at each tick; `nexus-timer` 1.5 takes 40 bytes an entry before the handle; `slab-wheel` 0.0.1
//! keeps growing vectors and is young. The first two need a compiler newer than this crate's.

use alloc::{boxed::Box, vec::Vec};
use core::mem::size_of;

use crate::ring::CapacityError;

#[cfg(all(test, not(miri)))] // no unsafe code here, nothing for Miri to see
mod tests;

/// Bits of a digit, and what a level has of buckets.
const DIGIT: u32 = 6;
const BUCKETS: usize = 1 << DIGIT;
/// Digits of a time.
const LEVELS: usize = u64::BITS.div_ceil(DIGIT) as usize;
/// Not an index: there are at most 2^31.
const NONE: u32 = u32::MAX;
/// How many due times `next_due` looks through for the first of them.
const LOOK: usize = 16;
/// The first level whose buckets are so wide that their start is no answer: 17 ms, after 0.3 ms.
const WIDE: usize = 4;

/// A timing wheel over the indices `0 .. slots`.
pub(crate) struct Wheel {
    nodes: Box<[Node]>,
    /// The first index of each bucket, or [`NONE`].
    heads: Box<[[u32; BUCKETS]; LEVELS]>,
    /// A bit for each bucket that is not empty.
    occupied: [u64; LEVELS],
    /// A bit for each level that is not empty.
    levels: u16,
    len: u32,
    /// Up to where everything due has been handed out.
    time: u64,
}

/// A link of a bucket's list, which is closed to a circle: the first one's `prev` is the last.
#[derive(Clone, Copy)]
struct Node {
    due: u64,
    /// [`NONE`]: not in the wheel.
    next: u32,
    prev: u32,
}

const _: () = assert!(size_of::<Node>() == 16);

impl Wheel {
    /// An empty wheel for the indices `0 .. slots`, whose time is `now`.
    ///
    /// # Errors
    ///
    /// [`CapacityError`] if there are no slots, more than 2^31, or there is no memory for them.
    pub(crate) fn new(slots: usize, now: u64) -> Result<Self, CapacityError> {
        CapacityError::check(slots)?;
        let mut nodes = Vec::new();
        nodes.try_reserve_exact(slots).map_err(|_| CapacityError::OutOfMemory {
            capacity: slots,
            slot_bytes: size_of::<Node>(),
        })?;
        nodes.resize(slots, Node { due: 0, next: NONE, prev: NONE });
        Ok(Self {
            nodes: nodes.into_boxed_slice(),
            heads: Box::new([[NONE; BUCKETS]; LEVELS]),
            occupied: [0; LEVELS],
            levels: 0,
            len: 0,
            time: now,
        })
    }

    /// How many indices wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// When `index` is due, if it is in.
    pub(crate) fn due(&self, index: u32) -> Option<u64> {
        let Node { due, next, .. } = self.nodes[index as usize];
        (next != NONE).then_some(due)
    }

    /// Puts `index` in, to be handed out at `due`; if it is in already, its due time changes, and
    /// it is the last one of that time.
    pub(crate) fn insert(&mut self, index: u32, due: u64) {
        self.remove(index);
        self.nodes[index as usize].due = due;
        self.link(index);
        self.len += 1;
    }

    /// Takes `index` out; `false` if it was not in.
    pub(crate) fn remove(&mut self, index: u32) -> bool {
        let is_in = self.nodes[index as usize].next != NONE;
        if is_in {
            self.unlink(index);
            self.len -= 1;
        }
        is_in
    }

    /// Hands out, as (index, due time), everything that is due at `now` or before. An older `now`
    /// than that of the last call counts as that.
    pub(crate) fn advance(&mut self, now: u64, mut hand_out: impl FnMut(u32, u64)) {
        let now = now.max(self.time);
        while let Some((level, bucket)) = self.first() {
            let start = self.start(level, bucket);
            if start > now {
                break;
            }
            let head = self.heads[level][bucket];
            let Node { due, next, .. } = self.nodes[head as usize];
            if level == 0 {
                self.time = start;
                self.remove(head);
                hand_out(head, due);
            } else if next == head {
                // Alone: straight to its time, or to now, past the levels between.
                self.unlink(head);
                self.time = due.min(now);
                self.link(head);
            } else {
                self.move_down(level, bucket, start);
            }
        }
        self.time = now;
    }

    /// Takes everything out, as (index, due time), in the order of the indices. O(slots).
    pub(crate) fn drain(&mut self, mut hand_out: impl FnMut(u32, u64)) {
        for index in 0..self.nodes.len() as u32 {
            if self.remove(index) {
                hand_out(index, self.nodes[index as usize].due);
            }
        }
    }

    /// A time at which `advance` has to be called again, and before which it hands out nothing.
    ///
    /// Never later than the first due time, and at most 0.3 ms earlier, but for one case: when
    /// more than 16 indices wait in the first bucket, and are to be moved down before they fall
    /// due. Then it is the start of that bucket, where moving them makes none of them late.
    pub(crate) fn next_due(&self) -> Option<u64> {
        let (level, bucket) = self.first()?;
        let start = self.start(level, bucket);
        if level < WIDE {
            return Some(start);
        }
        let head = self.heads[level][bucket];
        let (mut index, mut first) = (head, u64::MAX);
        for _ in 0..LOOK {
            let node = self.nodes[index as usize];
            first = first.min(node.due);
            index = node.next;
            if index == head {
                return Some(first);
            }
        }
        Some(start)
    }

    /// The bucket whose indices are due first (I2).
    #[inline]
    fn first(&self) -> Option<(usize, usize)> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    /// The first time that belongs to a bucket.
    #[inline]
    fn start(&self, level: usize, bucket: usize) -> u64 {
        let shift = level as u32 * DIGIT;
        let below = (u64::MAX >> (u64::BITS - DIGIT)) << shift | ((1 << shift) - 1);
        self.time & !below | (bucket as u64) << shift
    }

    /// Level and bucket of a due time (I1).
    #[inline]
    fn place(&self, due: u64) -> (usize, usize) {
        let due = due.max(self.time);
        let level = ((due ^ self.time) | 1).ilog2() / DIGIT;
        (level as usize, (due >> (level * DIGIT)) as usize % BUCKETS)
    }

    /// Moves all of the first bucket to the levels below, and the time to its start (I3).
    fn move_down(&mut self, level: usize, bucket: usize, start: u64) {
        let head = self.heads[level][bucket];
        self.vacate(level, bucket);
        self.time = start;
        let mut index = head;
        loop {
            let next = self.nodes[index as usize].next;
            self.link(index);
            if next == head {
                return;
            }
            index = next;
        }
    }

    /// Puts an index at the end of the bucket of its due time.
    #[inline]
    fn link(&mut self, index: u32) {
        let (level, bucket) = self.place(self.nodes[index as usize].due);
        let head = self.heads[level][bucket];
        let (next, prev) = if head == NONE {
            self.heads[level][bucket] = index;
            self.occupied[level] |= 1 << bucket;
            self.levels |= 1 << level;
            (index, index)
        } else {
            let last = self.nodes[head as usize].prev;
            self.nodes[last as usize].next = index;
            self.nodes[head as usize].prev = index;
            (head, last)
        };
        let node = &mut self.nodes[index as usize];
        (node.next, node.prev) = (next, prev);
    }

    /// Takes an index out of its bucket.
    #[inline]
    fn unlink(&mut self, index: u32) {
        let Node { due, next, prev } = self.nodes[index as usize];
        let (level, bucket) = self.place(due);
        if next == index {
            self.vacate(level, bucket);
        } else {
            self.nodes[prev as usize].next = next;
            self.nodes[next as usize].prev = prev;
            if self.heads[level][bucket] == index {
                self.heads[level][bucket] = next;
            }
        }
        self.nodes[index as usize].next = NONE;
    }

    /// Marks a bucket as empty.
    #[inline]
    fn vacate(&mut self, level: usize, bucket: usize) {
        self.heads[level][bucket] = NONE;
        self.occupied[level] &= !(1 << bucket);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
    }
}
