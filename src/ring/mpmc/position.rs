//! Positions: where a ring's head and tail are, as {lap, index} in one word.

/// A place in the endless row that a ring of finite size stands for.
///
/// The low bits are the index of the slot, the rest is the lap: how often the ring has been gone
/// round. Positions only grow, one step a value, so for a capacity of `c` slots they come back to
/// where they were after at least `c * 2^(64 - shift)`, that is 2^62, values: two centuries at a value a
/// nanosecond. So a position seen twice is the same position, and a compare-and-swap on it cannot
/// be fooled.
pub(super) type Position = u64;

/// The shape of a ring: how positions map to slots and laps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    capacity: u64,
    /// The bits of a position that are the index; the lap is all the others.
    mask: u64,
}

impl Geometry {
    /// The lap leaves at least this many low bits free, for a slot's state.
    pub(super) const STATE_BITS: u32 = 2;

    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity as u64;
        let index_bits = (u64::BITS - (capacity - 1).leading_zeros()).max(Self::STATE_BITS);
        Self { capacity, mask: (1 << index_bits) - 1 }
    }

    #[inline(always)]
    pub(super) fn capacity(self) -> usize {
        self.capacity as usize
    }

    /// The slot of a position, always below the capacity.
    #[inline(always)]
    pub(super) fn index(self, at: Position) -> usize {
        (at & self.mask) as usize
    }

    /// The lap of a position, in place: the low [`Self::STATE_BITS`] bits are 0.
    #[inline(always)]
    pub(super) fn lap(self, at: Position) -> u64 {
        at & !self.mask
    }

    /// The lap after that of `at`.
    #[inline(always)]
    pub(super) fn next_lap(self, at: Position) -> u64 {
        self.lap(at).wrapping_add(self.mask + 1)
    }

    /// The position of the same slot one lap before `at`.
    #[inline(always)]
    pub(super) fn lap_before(self, at: Position) -> Position {
        at.wrapping_sub(self.mask + 1)
    }

    /// The position after `at`.
    #[inline(always)]
    pub(super) fn next(self, at: Position) -> Position {
        if (at & self.mask) + 1 < self.capacity { at + 1 } else { self.next_lap(at) }
    }

    /// The position `steps` after `at`, at most one capacity away.
    #[inline(always)]
    pub(super) fn advance(self, at: Position, steps: usize) -> Position {
        debug_assert!(steps as u64 <= self.capacity);
        let index = (at & self.mask) + steps as u64;
        if index < self.capacity {
            self.lap(at) + index
        } else {
            self.next_lap(at).wrapping_add(index - self.capacity)
        }
    }

    /// How many values lie between two positions: 0 if `tail` is behind `head`, which it can seem
    /// to be when the two were read one after the other.
    #[inline]
    pub(super) fn distance(self, head: Position, tail: Position) -> u64 {
        if (tail.wrapping_sub(head) as i64) < 0 {
            return 0;
        }
        let laps = self.lap(tail).wrapping_sub(self.lap(head)) / (self.mask + 1);
        (laps * self.capacity + (tail & self.mask)) - (head & self.mask)
    }

    /// The first position of the lap that is `laps` before positions come round to 0 again.
    #[cfg(any(test, ringmill_loom))]
    pub(super) fn laps_before_wrap(self, laps: u64) -> Position {
        0_u64.wrapping_sub((self.mask + 1) * laps)
    }
}
