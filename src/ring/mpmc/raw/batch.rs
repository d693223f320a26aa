//! Several elements for one claim: all or none, or as many as there can be.

use super::{Backoff, Claim, PROMPT, Position, RawRing, Row, Use};
use crate::ring::shape::{copy, for_size};

impl RawRing {
    /// Appends at least `min` and at most `max` elements from the first on, and says how many: none
    /// if there is no room for `min`.
    ///
    /// # Safety
    ///
    /// `elems` can be read for `max` elements.
    pub(crate) unsafe fn push_n<const USE: Use>(
        &self,
        elems: *const u8,
        min: usize,
        max: usize,
    ) -> usize {
        // SAFETY: a shared end asks for nothing.
        let claim = unsafe { self.shared.claim_free::<USE>(min, max, Backoff::new()) };
        let Some(claim) = claim else { return 0 };
        // SAFETY: I1: the claim is ours; `elems` by the caller.
        unsafe { for_size!(self.size(), |size| self.fill_all(claim, elems, size)) };
        claim.len
    }

    /// # Safety
    ///
    /// The claim is the caller's as a producer, and `elems` can be read for as many elements, of
    /// `size` bytes as those of the ring.
    #[inline(always)]
    unsafe fn fill_all(&self, claim: Claim, mut elems: *const u8, size: usize) {
        let slots = &self.shared.slots;
        for (lap, range) in self.shared.runs(claim) {
            for (turn, elem) in slots.range(range) {
                // SAFETY: I1: the claim owns the position of this slot and lap; the source by the
                // caller.
                unsafe {
                    copy::<false>(elems, elem, size);
                    turn.fill(lap);
                    elems = elems.add(size);
                }
            }
        }
    }

    /// Takes at least `min` and at most `max` of the oldest elements, and says how many: none if
    /// there are fewer than `min`.
    ///
    /// # Safety
    ///
    /// `out` can be written for `max` elements.
    pub(crate) unsafe fn pop_n<const USE: Use>(
        &self,
        out: *mut u8,
        min: usize,
        max: usize,
    ) -> usize {
        let Some((claim, elems)) = self.claim_elems::<USE>(min, max, Backoff::new()) else {
            return 0;
        };
        // SAFETY: I2: the claim is ours, with so many elements in it; `out` by the caller.
        unsafe { self.take_all(claim, elems, out) };
        elems
    }

    /// Takes the `elems` elements of a claim, and frees its slots.
    ///
    /// # Safety
    ///
    /// The claim is the caller's as a consumer, every slot of it is full or a hole, `elems` are
    /// full, and `out` can be written for these.
    #[inline(always)]
    pub(super) unsafe fn take_all(&self, claim: Claim, elems: usize, out: *mut u8) {
        if elems == claim.len {
            // SAFETY: by the caller.
            unsafe { for_size!(self.size(), |size| self.take_run(claim, out, size)) };
        } else {
            // SAFETY: by the caller.
            unsafe { self.take_over_holes(claim, out) };
        }
    }

    /// # Safety
    ///
    /// As for [`take_all`](Self::take_all), of elements of `size` bytes as those of the ring, with
    /// no hole among them.
    #[inline(always)]
    unsafe fn take_run(&self, claim: Claim, mut out: *mut u8, size: usize) {
        let slots = &self.shared.slots;
        for (lap, range) in self.shared.runs(claim) {
            for (turn, elem) in slots.range(range) {
                // SAFETY: I2: the claim owns the position of this slot and lap, which is full; the
                // target by the caller.
                unsafe {
                    copy::<false>(elem, out, size);
                    turn.free(lap);
                    out = out.add(size);
                }
            }
        }
    }

    /// # Safety
    ///
    /// As for [`take_all`](Self::take_all).
    #[cold]
    unsafe fn take_over_holes(&self, claim: Claim, mut out: *mut u8) {
        let slots = &self.shared.slots;
        for (lap, range) in self.shared.runs(claim) {
            for (turn, elem) in slots.range(range) {
                let full = turn.for_consumer().is_full(lap);
                // SAFETY: I2: the claim owns the position of this slot and lap; the target by the
                // caller.
                unsafe {
                    if full {
                        copy::<false>(elem, out, self.size());
                        out = out.add(self.size());
                    }
                    turn.free(lap);
                }
            }
        }
    }

    /// Makes at least `min` and at most `max` elements this consumer's, with the holes between
    /// them: the claim, and how many elements are in it. `None` if there are fewer, or `max` is 0.
    pub(super) fn claim_elems<const USE: Use>(
        &self,
        min: usize,
        max: usize,
        mut backoff: Backoff,
    ) -> Option<(Claim, usize)> {
        let shared = &self.shared;
        if max == 0 {
            return None;
        }
        loop {
            let at = shared.head();
            let full = shared.count(at, max.min(shared.capacity()), |turn, lap| {
                turn.for_consumer().is_full(lap)
            });
            let (len, elems) =
                if full >= max.min(shared.capacity()) { (full, full) } else { self.look(at, max) };
            let claim = Claim { at, len };
            if elems >= min {
                // SAFETY: a shared end asks for nothing.
                if unsafe { shared.claim_head::<USE>(at, shared.geometry.advance(at, len)) } {
                    return Some((claim, elems));
                }
                backoff.lost();
            } else if len > 0 && elems == 0 {
                // SAFETY: as above.
                if unsafe { shared.claim_head::<USE>(at, shared.geometry.advance(at, len)) } {
                    // SAFETY: I2: the claim is ours, and all of it are holes.
                    unsafe { self.take_over_holes(claim, core::ptr::null_mut()) };
                }
            } else if USE != PROMPT && backoff.looks_again(&shared.head.dry, at, max) {
            } else if shared.held_only(at, len) || shared.is_reserved(at, len) {
                return None;
            } else {
                backoff.wait();
            }
        }
    }

    /// How many slots from the head on have been written or given up, up to `max` elements, and how
    /// many of them hold elements.
    #[inline(always)]
    fn look(&self, head: Position, max: usize) -> (usize, usize) {
        let shared = &self.shared;
        let (mut len, mut elems) = (0, 0);
        for (lap, range) in shared.runs(Claim { at: head, len: shared.capacity() }) {
            for turn in shared.slots.turns(range) {
                let word = turn.for_consumer();
                if word.is_full(lap) {
                    elems += 1;
                } else if !word.is_hole(lap) {
                    return (len, elems);
                }
                len += 1;
                if elems == max {
                    return (len, elems);
                }
            }
        }
        (len, elems)
    }
}
