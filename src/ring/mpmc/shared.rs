//! Both ends of a ring and the words of its slots, whatever the slots hold: who gets which
//! position, and when.

use core::ops::Range;

use crossbeam_utils::CachePadded;

use super::position::{CLOSED, Geometry, Position};
use super::slot::{Turn, Word};
use crate::sync::{AtomicU64, fence, ord};

/// A ring but for what is done with the values: its slots are those of a [`Row`].
pub(super) struct Shared<S> {
    /// Where the next `pop` takes.
    pub(super) head: CachePadded<End>,
    /// Where the next `push` fills.
    pub(super) tail: CachePadded<End>,
    pub(super) geometry: Geometry,
    pub(super) slots: S,
}

/// What the threads of one side share.
pub(super) struct End {
    /// The position that is next.
    pub(super) at: AtomicU64,
    /// The position at which one of them last gave up: found the ring empty, or full.
    pub(super) dry: AtomicU64,
}

impl End {
    fn new(at: Position) -> Self {
        // No position has the bits of a slot's state.
        Self { at: AtomicU64::new(at), dry: AtomicU64::new(u64::MAX) }
    }
}

/// The slots of a ring, side by side.
pub(super) trait Row {
    /// The word of a slot.
    ///
    /// # Safety
    ///
    /// `index` is below the capacity of the ring.
    unsafe fn turn(&self, index: usize) -> &Turn;

    /// The words of a range of slots.
    ///
    /// # Panics
    ///
    /// If it goes beyond the row.
    fn turns(&self, range: Range<usize>) -> impl Iterator<Item = &Turn>;

    /// Whether the slot is lent to the writer of `lap`: most rings lend none.
    #[inline(always)]
    fn is_reserved(_word: Word, _lap: u32) -> bool {
        false
    }

    /// Whether the slot is lent to the reader of `lap`.
    #[inline(always)]
    fn is_viewed(_word: Word, _lap: u32) -> bool {
        false
    }
}

impl<S: Row> Shared<S> {
    /// Both ends at the position `start`, in whose lap the slots are free.
    pub(super) fn starting_at(start: Position, geometry: Geometry, slots: S) -> Self {
        Self {
            head: CachePadded::new(End::new(start)),
            tail: CachePadded::new(End::new(start)),
            geometry,
            slots,
        }
    }

    #[inline(always)]
    pub(super) fn capacity(&self) -> usize {
        self.geometry.capacity()
    }

    /// How many positions are claimed and not taken: a number that was right at one moment.
    pub(super) fn len(&self) -> usize {
        loop {
            // Relaxed: ordered by the fence.
            let tail = self.tail.at.load(ord!(MPMC_L1, load, Relaxed));
            // SeqCst F3, pairs with itself, F1 and F2: see the module's edges.
            fence(ord!(MPMC_F3, fence, SeqCst));
            // Acquire L2, pairs with H2: the tail that the taker of this position had seen.
            let head = self.head.at.load(ord!(MPMC_L2, load, Acquire));
            // Relaxed: the same value again means that the tail stood still while the head was
            // read.
            if self.tail.at.load(ord!(MPMC_L3, load, Relaxed)) == tail {
                // One more than the capacity while a `force_push` is about to take the oldest.
                return self.geometry.distance(head, tail & !CLOSED).min(self.capacity() as u64)
                    as usize;
            }
        }
    }
}
