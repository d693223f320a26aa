//! Who gets which positions: the two swaps, and the answers to "full" and "empty".

use core::ops::Range;

use super::Backoff;
use super::position::{CLOSED, Position, next_lap};
use super::shared::{Row, Shared};
use super::slot::Turn;
use crate::sync::{fence, fence_after_swap, ord};

/// How an end is used.
pub(super) type Use = u8;
/// By any number of threads, which decide by a swap who steps forward.
pub(super) const SHARED: Use = 0;
/// By one thread at a time, which then steps forward by a plain store.
pub(in crate::ring) const ALONE: Use = 1;
/// As [`SHARED`], by threads that look afterwards whether someone waits for what they did.
pub(super) const AWAITED: Use = 2;
/// As [`AWAITED`], by threads that have other rings to look at where this one is dry.
pub(super) const PROMPT: Use = 3;

/// A range of positions that one thread owns.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub(super) at: Position,
    pub(super) len: usize,
}

impl<S: Row> Shared<S> {
    /// Makes at least `min` and at most `max` positions this producer's; `None` if there are fewer,
    /// or `max` is 0.
    ///
    /// # Safety
    ///
    /// As for [`Shared::claim_tail`].
    #[inline(always)]
    pub(super) unsafe fn claim_free<const USE: Use>(
        &self,
        min: usize,
        max: usize,
        mut backoff: Backoff,
    ) -> Option<Claim> {
        let max = max.min(self.capacity());
        if max == 0 {
            return None;
        }
        loop {
            let at = self.tail();
            let len = self.count(at, max, |turn, lap| turn.for_producer().is_free(lap));
            if len >= min {
                // SAFETY: by the caller.
                if unsafe { self.claim_tail::<USE>(at, self.geometry.advance(at, len)) } {
                    return Some(Claim { at, len });
                }
                backoff.lost();
            } else if at & CLOSED != 0 {
                return None;
            } else if backoff.looks_again(&self.tail.dry, at, max) {
            } else if self.held_at(at) + min as u64 > self.capacity() as u64
                || self.is_viewed(at, len)
            {
                return None;
            } else {
                backoff.wait();
            }
        }
    }

    /// Makes up to `max` positions this consumer's; `None` if there is none or `max` is 0.
    ///
    /// # Safety
    ///
    /// As for [`Shared::claim_head`].
    #[inline(always)]
    pub(super) unsafe fn claim_full<const USE: Use>(
        &self,
        max: usize,
        mut backoff: Backoff,
    ) -> Option<Claim> {
        let max = max.min(self.capacity());
        if max == 0 {
            return None;
        }
        loop {
            let at = self.head();
            let len = self.count(at, max, |turn, lap| turn.for_consumer().is_full(lap));
            if len > 0 {
                // SAFETY: by the caller.
                if unsafe { self.claim_head::<USE>(at, self.geometry.advance(at, len)) } {
                    return Some(Claim { at, len });
                }
                backoff.lost();
            } else if self.turn(at).for_consumer().is_hole(self.geometry.lap(at)) {
                // SAFETY: by the caller.
                unsafe { self.pass_hole::<USE>(at) };
            } else if USE != PROMPT && backoff.looks_again(&self.head.dry, at, max) {
            } else if self.is_empty_at(at) || self.is_reserved(at, len) {
                return None;
            } else {
                backoff.wait();
            }
        }
    }

    /// Whether the slot that is `len` after the tail is in the hands of a reader who may take long.
    #[inline(always)]
    fn is_viewed(&self, tail: Position, len: usize) -> bool {
        let at = self.geometry.advance(tail, len);
        S::is_viewed(self.turn(at).for_producer(), self.geometry.lap(self.geometry.lap_before(at)))
    }

    /// Whether the slot that is `len` after the head is in the hands of a writer who may take long.
    #[inline(always)]
    pub(super) fn is_reserved(&self, head: Position, len: usize) -> bool {
        if len == self.capacity() {
            return false;
        }
        let at = self.geometry.advance(head, len);
        S::is_reserved(self.turn(at).for_consumer(), self.geometry.lap(at))
    }

    /// Steps over a slot that its producer gave up.
    ///
    /// # Safety
    ///
    /// As for [`Shared::claim_head`].
    #[cold]
    unsafe fn pass_hole<const USE: Use>(&self, head: Position) {
        // SAFETY: by the caller.
        if unsafe { self.claim_head::<USE>(head, self.geometry.next(head)) } {
            // SAFETY: I2: the claim gave us this position, and it was a hole.
            unsafe { self.turn(head).free(self.geometry.lap(head)) };
        }
    }

    /// How many of the `max` slots from `at` on pass the test, up to the first that does not.
    #[inline(always)]
    pub(super) fn count(
        &self,
        at: Position,
        max: usize,
        test: impl Fn(&Turn, u32) -> bool,
    ) -> usize {
        let mut passed = 0;
        for (lap, range) in self.runs(Claim { at, len: max }) {
            for turn in self.slots.turns(range) {
                if !test(turn, lap) {
                    return passed;
                }
                passed += 1;
            }
        }
        passed
    }

    /// The slots of a range, with their lap: up to the end of the ring, then from its beginning.
    #[inline(always)]
    pub(super) fn runs(&self, claim: Claim) -> [(u32, Range<usize>); 2] {
        let first = self.geometry.index(claim.at);
        let before_end = claim.len.min(self.capacity() - first);
        let lap = self.geometry.lap(claim.at);
        [(lap, first..first + before_end), (next_lap(lap), 0..claim.len - before_end)]
    }

    #[inline(always)]
    pub(super) fn turn(&self, at: Position) -> &Turn {
        let index = self.geometry.index(at);
        // SAFETY: I3: the index of a position is below the capacity.
        unsafe { self.slots.turn(index) }
    }

    #[inline(always)]
    pub(super) fn tail(&self) -> Position {
        // Acquire T1, pairs with T2 and T4: no word older than a lap before this position.
        self.tail.at.load(ord!(MPMC_T1, load, Acquire))
    }

    #[inline(always)]
    pub(super) fn head(&self) -> Position {
        // Acquire H1, pairs with H2 and H4: no word older than a lap before this position.
        self.head.at.load(ord!(MPMC_H1, load, Acquire))
    }

    /// Makes the positions `from .. to` this producer's, unless another one was first.
    ///
    /// # Safety
    ///
    /// If the end is used [`ALONE`], no other thread steps the tail forward meanwhile, and `from`
    /// is where it is.
    #[inline(always)]
    pub(super) unsafe fn claim_tail<const USE: Use>(&self, from: Position, to: Position) -> bool {
        if USE == ALONE {
            // Release T4, pairs with T1: as T2; nobody else moves the tail.
            self.tail.at.store(to, ord!(MPMC_T4, store, Release));
            return true;
        }
        let claimed = self.tail.at.compare_exchange_weak(
            from,
            to,
            // Release T2, pairs with T1: the words that were seen here.
            ord!(MPMC_T2, cas_ok, Release),
            // Relaxed: only a hint to try again.
            ord!(MPMC_T3, cas_fail, Relaxed),
        );
        if USE >= AWAITED && claimed.is_ok() {
            // SeqCst F4, pairs with F1: the claim before the look at who waits.
            fence_after_swap(ord!(WAIT_F4, fence, SeqCst));
        }
        claimed.is_ok()
    }

    /// Makes the positions `from .. to` this consumer's, unless another one was first.
    ///
    /// # Safety
    ///
    /// If the end is used [`ALONE`], no other thread steps the head forward meanwhile, and `from`
    /// is where it is.
    #[inline(always)]
    pub(super) unsafe fn claim_head<const USE: Use>(&self, from: Position, to: Position) -> bool {
        if USE == ALONE {
            // Release H4, pairs with H1 and L2: as H2; nobody else moves the head.
            self.head.at.store(to, ord!(MPMC_H4, store, Release));
            return true;
        }
        let claimed = self.head.at.compare_exchange_weak(
            from,
            to,
            // Release H2, pairs with H1 and L2: the words and tails that were seen here.
            ord!(MPMC_H2, cas_ok, Release),
            // Relaxed: only a hint to try again.
            ord!(MPMC_H3, cas_fail, Relaxed),
        );
        if USE >= AWAITED && claimed.is_ok() {
            // SeqCst F5, pairs with F2: the claim before the look at who waits.
            fence_after_swap(ord!(WAIT_F5, fence, SeqCst));
        }
        claimed.is_ok()
    }

    /// Whether the ring was full while the tail stood at `tail`, with no `force_push` under
    /// way.
    pub(super) fn is_filled_at(&self, tail: Position) -> bool {
        self.held_at(tail) == self.capacity() as u64
    }

    /// How many positions were claimed and not yet taken while the tail stood at `tail`: the
    /// capacity at most, and one more while a `force_push` is about to take the oldest.
    #[inline(never)]
    fn held_at(&self, tail: Position) -> u64 {
        // SeqCst F2, pairs with itself, F1 and F3: see the module's edges.
        fence(ord!(MPMC_F2, fence, SeqCst));
        // Relaxed: ordered by the fence.
        let head = self.head.at.load(ord!(MPMC_H5, load, Relaxed));
        self.geometry.distance(head, tail)
    }

    /// Whether the ring held `len` positions while the head stood at `head`, or fewer later.
    #[cfg(feature = "capi")]
    pub(super) fn held_only(&self, head: Position, len: usize) -> bool {
        // Where the head has moved since, there are fewer now.
        self.is_empty_at(self.geometry.advance(head, len))
    }

    /// Whether the ring was empty while the head stood at `head`.
    #[inline(never)]
    fn is_empty_at(&self, head: Position) -> bool {
        // SeqCst F1, pairs with itself, F2 and F3: see the module's edges.
        fence(ord!(MPMC_F1, fence, SeqCst));
        // Relaxed: ordered by the fence.
        self.tail.at.load(ord!(MPMC_T5, load, Relaxed)) & !CLOSED == head
    }
}
