//! Positions: where a ring's head and tail are, as {index, lap} in one word.

use crate::sync::WORD_BITS;

/// A place in the endless row that a ring of finite size stands for.
///
/// The high bits are the index of the slot; the others are the lap, which counts how often the ring
/// has been gone round, in steps of [`LAP`]. Position by position, a ring of `c` slots comes back
/// to where it was after at least `c * 2^(62 - bits)` values, where `bits` are those that an index
/// takes: 2^61 values at least, seven decades at a value a nanosecond. So a position seen twice is
/// the same position, and a compare-and-swap on it cannot be fooled.
pub(super) type Position = u64;

/// One lap, in a position and in a slot's word. The bits below it are 0 in a position, and a slot's
/// state in its word.
pub(super) const LAP: u32 = 1 << 2;

/// The mark of a closed ring in its tail, where a position has a 0.
pub(super) const CLOSED: Position = 1;

/// The lap after `lap`, of a slot's word.
#[inline(always)]
pub(super) fn next_lap(lap: u32) -> u32 {
    lap.wrapping_add(LAP) & WORD_BITS
}

/// The shape of a ring: how positions map to slots and laps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    capacity: usize,
    /// The bits of a position that are the lap, 33 at least; the index is all the others.
    lap_bits: u32,
    /// One slot further: 1 in the index.
    step: u64,
    /// The last slot, in lap 0: every position of a last slot is at least this, and no other is.
    last: Position,
}

impl Geometry {
    pub(super) fn new(capacity: usize) -> Self {
        let index_bits = (usize::BITS - (capacity - 1).leading_zeros()).max(1);
        let lap_bits = u64::BITS - index_bits;
        Self { capacity, lap_bits, step: 1 << lap_bits, last: (capacity as u64 - 1) << lap_bits }
    }

    #[inline(always)]
    pub(super) fn capacity(self) -> usize {
        self.capacity
    }

    /// The slot of a position, always below the capacity.
    #[inline(always)]
    pub(super) fn index(self, at: Position) -> usize {
        (at >> self.lap_bits) as usize
    }

    /// As much of the lap of a position as a slot's word holds.
    #[inline(always)]
    pub(super) fn lap(self, at: Position) -> u32 {
        at as u32 & WORD_BITS
    }

    /// The lap of a position, that is, the position of slot 0 in its lap.
    #[inline(always)]
    fn first(self, at: Position) -> Position {
        at & (self.step - 1)
    }

    /// The position of slot 0 in the lap after that of `at`.
    #[inline(always)]
    fn next_first(self, at: Position) -> Position {
        self.first(at.wrapping_add(u64::from(LAP)))
    }

    /// The position after `at`.
    #[inline(always)]
    pub(super) fn next(self, at: Position) -> Position {
        if at < self.last { at + self.step } else { self.next_first(at) }
    }

    /// The position `steps` after `at`, at most one capacity away.
    #[inline(always)]
    pub(super) fn advance(self, at: Position, steps: usize) -> Position {
        debug_assert!(steps <= self.capacity);
        let index = self.index(at) + steps;
        if index < self.capacity {
            (index as u64) << self.lap_bits | self.first(at)
        } else {
            ((index - self.capacity) as u64) << self.lap_bits | self.next_first(at)
        }
    }

    /// The position of the same slot one lap before `at`.
    pub(super) fn lap_before(self, at: Position) -> Position {
        (at - self.first(at)) | self.first(self.first(at).wrapping_sub(u64::from(LAP)))
    }

    /// How many values lie between two positions: 0 if `tail` is behind `head`, which it can seem
    /// to be when the two were read one after the other.
    pub(super) fn distance(self, head: Position, tail: Position) -> u64 {
        // The difference of the laps, with its sign, from the top bits of a word.
        let unused = u64::BITS - self.lap_bits;
        let laps = (tail << unused).wrapping_sub(head << unused) as i64 >> unused;
        let steps = self.index(tail) as i64 - self.index(head) as i64;
        let laps = laps / i64::from(LAP);
        (laps.saturating_mul(self.capacity as i64).saturating_add(steps)).max(0) as u64
    }

    /// The first position of the lap that is `laps` before positions come round to 0 again.
    #[cfg(any(test, ringmill_loom))]
    pub(super) fn laps_before_wrap(self, laps: u64) -> Position {
        self.first(0_u64.wrapping_sub(laps * u64::from(LAP)))
    }
}
