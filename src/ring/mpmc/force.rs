//! Overwriting the oldest value of a full ring.

use super::claim::SHARED;
use super::position::{CLOSED, Position};
use super::{Backoff, Ring};

impl<T> Ring<T> {
    /// Appends a value; if the ring is full, the oldest value makes room and is returned.
    ///
    /// To every other thread this is one step: a full ring never looks less than full meanwhile,
    /// and no thread sees the new value together with the one that it displaced.
    ///
    /// # Cost
    ///
    /// As [`push`](Self::push); on a full ring one compare-and-swap on each end. No allocation.
    ///
    /// # Progress
    ///
    /// As [`push`](Self::push). A thread stopped in the middle of it on a full ring delays other
    /// `force_push`es, not `pop`, until the ring has gone round to its slot.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::mpmc::Ring;
    /// let last_two = Ring::new(2)?;
    /// assert_eq!(last_two.force_push("a"), None);
    /// assert_eq!(last_two.force_push("b"), None);
    /// assert_eq!(last_two.force_push("c"), Some("a"));
    /// assert_eq!(last_two.into_iter().collect::<Vec<_>>(), ["b", "c"]);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    pub fn force_push(&self, value: T) -> Option<T> {
        let mut backoff = Backoff::new();
        loop {
            let tail = self.shared.tail();
            debug_assert!(tail & CLOSED == 0, "rings that are closed are not forced");
            let slot = self.slot(tail);
            let lap = self.shared.geometry.lap(tail);
            let free = slot.turn.for_producer().is_free(lap);
            // On a full ring the tail goes one past the capacity (never two), and the head follows.
            if free || self.shared.is_filled_at(tail) {
                // SAFETY: a shared end asks for nothing.
                if unsafe {
                    self.shared.claim_tail::<SHARED>(tail, self.shared.geometry.next(tail))
                } {
                    if free {
                        // SAFETY: I1: the swap gave us this position, and its slot was free.
                        unsafe { slot.fill(lap, value) };
                        return None;
                    }
                    // SAFETY: I1: the swap gave us this position, one lap past the head of then.
                    return unsafe { self.displace(tail, value) };
                }
                backoff.lost();
            } else {
                backoff.wait();
            }
        }
    }

    /// Fills the position `at`, whose slot may hold the value of the last lap still.
    ///
    /// # Safety
    ///
    /// The caller owns `at` as a producer, and the head was exactly one lap behind it or is
    /// further.
    unsafe fn displace(&self, at: Position, value: T) -> Option<T> {
        let slot = self.slot(at);
        let lap = self.shared.geometry.lap(at);
        let oldest = self.shared.geometry.lap_before(at);
        let last_lap = self.shared.geometry.lap(oldest);
        let mut backoff = Backoff::new();
        loop {
            // This position has been ours since the claim, so its slot is in this lap or in the
            // last.
            let word = slot.turn.for_producer();
            if word.is_free(lap) {
                // A consumer was faster.
                // SAFETY: I1 by the caller, and the slot is free.
                unsafe { slot.fill(lap, value) };
                return None;
            }
            let (full, hole) = (word.is_full(last_lap), word.is_hole(last_lap));
            // SAFETY: a shared end asks for nothing.
            let claimed = (full || hole)
                && unsafe {
                    self.shared.claim_head::<SHARED>(oldest, self.shared.geometry.next(oldest))
                };
            if claimed {
                // SAFETY: I2: the swap gave us the oldest position, and we saw it full.
                let displaced = full.then(|| unsafe { slot.take() });
                // SAFETY: I1 by the caller; the slot of both positions is ours, and empty.
                unsafe { slot.fill(lap, value) };
                return displaced;
            }
            backoff.wait();
        }
    }
}
