//! Who gets which positions: the two swaps, and the answers to "full" and "empty".

use super::position::{LAP, Position};
use super::slot::Slot;
use super::{Backoff, Ring};
use crate::sync::{fence, ord};

/// A range of positions that one thread owns.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub(super) at: Position,
    pub(super) len: usize,
}

impl<T> Ring<T> {
    /// Makes up to `max` positions this producer's; `None` if there is none or `max` is 0.
    #[inline(always)]
    pub(super) fn claim_free(&self, max: usize, mut backoff: Backoff) -> Option<Claim> {
        let max = max.min(self.capacity());
        if max == 0 {
            return None;
        }
        loop {
            let at = self.tail();
            let len = self.count(at, max, |slot, lap| slot.word_for_producer().is_free(lap));
            if len > 0 {
                if self.claim_tail(at, self.geometry.advance(at, len)) {
                    return Some(Claim { at, len });
                }
                backoff.lost();
            } else if backoff.looks_again(&self.tail.dry, at, max) {
            } else if self.is_full_at(at) {
                return None;
            } else {
                backoff.wait();
            }
        }
    }

    /// Makes up to `max` positions this consumer's; `None` if there is none or `max` is 0.
    #[inline(always)]
    pub(super) fn claim_full(&self, max: usize, mut backoff: Backoff) -> Option<Claim> {
        let max = max.min(self.capacity());
        if max == 0 {
            return None;
        }
        loop {
            let at = self.head();
            let len = self.count(at, max, |slot, lap| slot.word_for_consumer().is_full(lap));
            if len > 0 {
                if self.claim_head(at, self.geometry.advance(at, len)) {
                    return Some(Claim { at, len });
                }
                backoff.lost();
            } else if self.slot(at).word_for_consumer().is_hole(self.geometry.lap(at)) {
                self.pass_hole(at);
            } else if backoff.looks_again(&self.head.dry, at, max) {
            } else if self.is_empty_at(at) {
                return None;
            } else {
                backoff.wait();
            }
        }
    }

    /// Steps over a slot that its producer gave up.
    #[cold]
    fn pass_hole(&self, head: Position) {
        if self.claim_head(head, self.geometry.next(head)) {
            // SAFETY: I2: the swap gave us this position, and it was a hole.
            unsafe { self.slot(head).free(self.geometry.lap(head)) };
        }
    }

    /// How many of the `max` slots from `at` on pass the test, up to the first that does not.
    #[inline(always)]
    fn count(&self, at: Position, max: usize, test: impl Fn(&Slot<T>, u32) -> bool) -> usize {
        let mut passed = 0;
        for (lap, slots) in self.runs(Claim { at, len: max }) {
            for slot in slots {
                if !test(slot, lap) {
                    return passed;
                }
                passed += 1;
            }
        }
        passed
    }

    /// The slots of a range, with their lap: up to the end of the ring, then from its beginning.
    #[inline(always)]
    pub(super) fn runs(&self, range: Claim) -> [(u32, &[Slot<T>]); 2] {
        let first = self.geometry.index(range.at);
        let (left, right) = self.slots.split_at(first);
        let before_end = range.len.min(right.len());
        let lap = self.geometry.lap(range.at);
        [(lap, &right[..before_end]), (lap.wrapping_add(LAP), &left[..range.len - before_end])]
    }

    #[inline(always)]
    pub(super) fn slot(&self, at: Position) -> &Slot<T> {
        let index = self.geometry.index(at);
        debug_assert!(index < self.slots.len());
        // SAFETY: I3: the index of a position is below the capacity.
        unsafe { self.slots.get_unchecked(index) }
    }

    #[inline(always)]
    pub(super) fn tail(&self) -> Position {
        // Relaxed: a guess; the slot's word and the swap tell whether it was right.
        self.tail.at.load(ord!(MPMC_T1, load, Relaxed))
    }

    #[inline(always)]
    pub(super) fn head(&self) -> Position {
        // Relaxed: a guess; the slot's word and the swap tell whether it was right.
        self.head.at.load(ord!(MPMC_H1, load, Relaxed))
    }

    /// Makes the positions `from .. to` this producer's, unless another one was first.
    #[inline(always)]
    pub(super) fn claim_tail(&self, from: Position, to: Position) -> bool {
        self.tail
            .at
            .compare_exchange_weak(
                from,
                to,
                // Release T2, pairs with F2 and L1: who sees this tail sees the heads that were seen here.
                ord!(MPMC_T2, cas_ok, Release),
                // Relaxed: only a hint to try again.
                ord!(MPMC_T3, cas_fail, Relaxed),
            )
            .is_ok()
    }

    /// Makes the positions `from .. to` this consumer's, unless another one was first.
    #[inline(always)]
    pub(super) fn claim_head(&self, from: Position, to: Position) -> bool {
        self.head
            .at
            .compare_exchange_weak(
                from,
                to,
                // Release H2, pairs with F1 and L2: who sees this head sees the tails that were seen here.
                ord!(MPMC_H2, cas_ok, Release),
                // Relaxed: only a hint to try again.
                ord!(MPMC_H3, cas_fail, Relaxed),
            )
            .is_ok()
    }

    /// Whether the ring was full while the tail stood at `tail`.
    pub(super) fn is_full_at(&self, tail: Position) -> bool {
        self.held_at(tail) >= self.capacity() as u64
    }

    /// Whether the ring was full while the tail stood at `tail`, with no [`Ring::force_push`] under way.
    pub(super) fn is_filled_at(&self, tail: Position) -> bool {
        self.held_at(tail) == self.capacity() as u64
    }

    /// How many positions were claimed and not yet taken while the tail stood at `tail`: the capacity
    /// at most, and one more while a [`Ring::force_push`] is about to take the oldest.
    #[inline(never)]
    fn held_at(&self, tail: Position) -> u64 {
        // Acquire F2, pairs with T2: a head at least as far as whoever moved the tail here had seen, so that
        // an old head is not taken for a full ring.
        fence(ord!(MPMC_F2, fence, Acquire));
        // Relaxed: ordered by the fence.
        let head = self.head.at.load(ord!(MPMC_F3, load, Relaxed));
        self.geometry.distance(head, tail)
    }

    /// Whether the ring was empty while the head stood at `head`.
    #[inline(never)]
    fn is_empty_at(&self, head: Position) -> bool {
        // Acquire F1, pairs with H2: a tail at least as far as whoever moved the head here had seen, so that
        // an old tail is not taken for an empty ring.
        fence(ord!(MPMC_F1, fence, Acquire));
        // Relaxed: ordered by the fence.
        self.tail.at.load(ord!(MPMC_F4, load, Relaxed)) == head
    }
}
