//! The partitions that a consumer has as its own, and what it shows of its life.
//!
//! # Invariants
//!
//! - I1: a consumer looks [whether it still has](Owned::still_has) a partition behind each lease, with
//!   a fence between; who takes a partition [away](Owned::take_away) looks for leases behind that,
//!   with a fence between. So one of the two sees the other.

use alloc::boxed::Box;

use crate::sync::{AtomicU32, AtomicU64, fence, fence_after_swap, ord};

/// What a consumer has, a bit for each partition.
pub struct Owned {
    bits: Box<[AtomicU64]>,
    /// How often it has asked for messages or extended a lease. Written by the consumer alone.
    beats: AtomicU64,
    /// 1: it sleeps until there is something.
    asleep: AtomicU32,
    /// 1: it was given up, and has to join again.
    out: AtomicU32,
}

impl Owned {
    /// Of so many partitions, none.
    pub fn new(partitions: usize) -> Self {
        Self {
            bits: (0..partitions.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            beats: AtomicU64::new(0),
            asleep: AtomicU32::new(0),
            out: AtomicU32::new(0),
        }
    }

    fn bit(partition: usize) -> u64 {
        1 << (partition % 64)
    }

    /// Whether it has a partition, as a hint.
    #[inline]
    pub fn has(&self, partition: usize) -> bool {
        // Relaxed: where it matters, a fence orders it.
        let bits = self.bits[partition / 64].load(ord!(OWNED_B1, load, Relaxed));
        bits & Self::bit(partition) != 0
    }

    /// Whether it has a partition, behind a lease.
    #[inline]
    pub fn still_has(&self, partition: usize) -> bool {
        // SeqCst F1, pairs with F2 (I1): the lease before the look at the bit.
        fence_after_swap(ord!(OWNED_F1, fence, SeqCst));
        self.has(partition)
    }

    /// The first partition from `from` on that it has.
    pub fn next(&self, from: usize) -> Option<usize> {
        let mut word = from / 64;
        let mut from = from % 64;
        while let Some(bits) = self.bits.get(word) {
            // Relaxed: as in `has`.
            let left = bits.load(ord!(OWNED_B2, load, Relaxed)) >> from << from;
            if left != 0 {
                return Some(word * 64 + left.trailing_zeros() as usize);
            }
            (word, from) = (word + 1, 0);
        }
        None
    }

    /// Gives it a partition. To be called under the lock of its group, as `take_away`.
    pub fn give(&self, partition: usize) {
        // Relaxed: what is in the partition is found by the words of its slots.
        self.bits[partition / 64].fetch_or(Self::bit(partition), ord!(OWNED_B3, rmw, Relaxed));
    }

    /// Takes a partition away; the caller puts [a fence](Self::taken_away) behind it, or several.
    pub fn take_away(&self, partition: usize) {
        // Relaxed: the fence orders it.
        self.bits[partition / 64].fetch_and(!Self::bit(partition), ord!(OWNED_B4, rmw, Relaxed));
    }

    /// The fence before the look for leases.
    pub fn taken_away() {
        // SeqCst F2, pairs with F1 (I1): the bit before the look at the words.
        fence(ord!(OWNED_F2, fence, SeqCst));
    }

    /// It lives.
    #[inline]
    pub fn beat(&self) {
        // Relaxed: nobody else writes it, and nothing hangs on when it is seen.
        let beats = self.beats.load(ord!(OWNED_A1, load, Relaxed));
        self.beats.store(beats + 1, ord!(OWNED_A2, store, Relaxed));
    }

    /// How often it has shown that it lives.
    pub fn beats(&self) -> u64 {
        // Relaxed: as above.
        self.beats.load(ord!(OWNED_A3, load, Relaxed))
    }

    /// It sleeps until there is something, or does no more.
    #[inline]
    pub fn set_asleep(&self, asleep: bool) {
        // Relaxed: as above.
        self.asleep.store(u32::from(asleep), ord!(OWNED_A4, store, Relaxed));
    }

    /// Whether it sleeps.
    pub fn is_asleep(&self) -> bool {
        // Relaxed: as above.
        self.asleep.load(ord!(OWNED_A5, load, Relaxed)) != 0
    }

    /// It was given up, or is in again. Under the lock of its group.
    pub fn set_out(&self, out: bool) {
        // Relaxed: the lock orders it; who sees it late has no bit.
        self.out.store(u32::from(out), ord!(OWNED_A6, store, Relaxed));
    }

    /// Whether it was given up.
    #[inline]
    pub fn is_out(&self) -> bool {
        // Relaxed: as above.
        self.out.load(ord!(OWNED_A7, load, Relaxed)) != 0
    }
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_is_found_across_words() {
        let owned = Owned::new(200);
        assert_eq!(owned.next(0), None);
        for partition in [0, 63, 64, 130, 199] {
            owned.give(partition);
        }
        let mut all = alloc::vec::Vec::new();
        let mut from = 0;
        while let Some(found) = owned.next(from) {
            all.push(found);
            from = found + 1;
        }
        assert_eq!(all, [0, 63, 64, 130, 199]);
        assert_eq!(
            (owned.next(1), owned.next(64), owned.next(65)),
            (Some(63), Some(64), Some(130))
        );
        owned.take_away(130);
        assert_eq!(owned.next(65), Some(199));
    }
}
