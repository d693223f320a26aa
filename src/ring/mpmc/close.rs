//! Closing: from one moment on, no push succeeds.

use super::Ring;
use super::position::CLOSED;
use super::shared::{Row, Shared};
use crate::sync::ord;

/// For rings whose producers share their end: one that is alone there steps the tail by a store,
/// which would wipe the mark out.
impl<S: Row> Shared<S> {
    /// Refuses every push from now on; false if that was so already.
    ///
    /// Closing is a mark in the tail. A push whose claim comes first is in the ring, to be popped;
    /// one that comes later fails, and gives its value back as a full ring does. So a consumer that
    /// has seen the ring closed, and then empty, has seen the last value.
    pub(super) fn close(&self) -> bool {
        // Relaxed: the swap below decides.
        let mut tail = self.tail.at.load(ord!(MPMC_C1, load, Relaxed));
        while tail & CLOSED == 0 {
            // A position with the mark is no position of the ring: no word of a slot looks free in
            // its lap, and no producer's swap from the position without it succeeds any more.
            match self.tail.at.compare_exchange_weak(
                tail,
                tail | CLOSED,
                // Relaxed: the mark publishes nothing, and hands on what the last claim (T2)
                // published, as part of its release sequence.
                ord!(MPMC_C2, cas_ok, Relaxed),
                // Relaxed: only a hint to try again.
                ord!(MPMC_C3, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                Err(now) => tail = now,
            }
        }
        false
    }

    /// Whether pushes are refused for ever.
    pub(super) fn is_closed(&self) -> bool {
        // Relaxed: a mark that stays; who has seen it looks at a tail that has it, or at a word
        // behind its own fence.
        self.tail.at.load(ord!(MPMC_C4, load, Relaxed)) & CLOSED != 0
    }
}

/// As those of what is shared.
impl<T> Ring<T> {
    pub(crate) fn close(&self) -> bool {
        self.shared.close()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }
}
