//! Pushing and popping where others may sleep until that is done.
//!
//! Who sleeps has enlisted, has put a fence (F1, F2), and has then seen the ring empty, or full:
//! head and tail at certain positions. So it is the claim that must come before the look at who
//! waits, not the value: whoever enlists later sees the position that was claimed, and waits for
//! the slot. The fence (F4, F5) can stand right behind the claim's swap, where it costs next to
//! nothing, and need not wait until the value has left this core.

use alloc::vec::Vec;

use super::Ring;
use super::claim::{AWAITED, PROMPT};
#[cfg(feature = "std")]
use super::{Backoff, claim::Claim};
use crate::ring::Full;

/// As the operations of the same name. When they have succeeded, the caller looks whether someone
/// waits; the fence for that is in them.
impl<T> Ring<T> {
    #[inline]
    pub(crate) fn push_awaited(&self, value: T) -> Result<(), Full<T>> {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.push_as::<AWAITED>(value) }
    }

    /// Moves the value that is there into the ring, and says whether it has; where there is no room
    /// the value stays. A large one is copied once, from where it is into its slot.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn push_from(&self, value: &mut Option<T>) -> bool {
        debug_assert!(value.is_some());
        // SAFETY: as above.
        let claim = unsafe { self.shared.claim_free::<AWAITED>(1, 1, Backoff::new()) };
        let Some(Claim { at, .. }) = claim else { return false };
        let (slot, lap) = (self.slot(at), self.shared.geometry.lap(at));
        match value.take() {
            // SAFETY: I1: the claim gave us this position.
            Some(value) => unsafe { slot.fill(lap, value) },
            // SAFETY: as above. There was none to begin with.
            None => unsafe { slot.turn.abandon(lap) },
        }
        true
    }

    pub(crate) fn push_drain_awaited(&self, values: &mut Vec<T>) -> usize {
        // SAFETY: as above.
        unsafe { self.push_drain_as::<AWAITED>(values) }
    }

    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn pop_awaited(&self) -> Option<T> {
        // SAFETY: as above.
        unsafe { self.pop_as::<AWAITED>() }
    }

    #[cfg(feature = "std")]
    pub(crate) fn pop_into_awaited(&self, out: &mut Vec<T>, max: usize) -> usize {
        // SAFETY: as above.
        unsafe { self.pop_into_as::<AWAITED>(out, max) }
    }

    /// Does not wait a little where the ring is empty, as the others do.
    #[inline]
    pub(crate) fn pop_prompt(&self) -> Option<T> {
        // SAFETY: as above.
        unsafe { self.pop_as::<PROMPT>() }
    }

    /// As [`pop_prompt`](Self::pop_prompt).
    pub(crate) fn pop_into_prompt(&self, out: &mut Vec<T>, max: usize) -> usize {
        // SAFETY: as above.
        unsafe { self.pop_into_as::<PROMPT>(out, max) }
    }

    /// Whether there is a value at the head, as far as a look at its slot tells: a hint, without
    /// the fence and the look at the tail that "empty" takes.
    #[inline]
    pub(crate) fn seems_filled(&self) -> bool {
        let at = self.shared.head();
        self.slot(at).turn.for_consumer().is_full(self.shared.geometry.lap(at))
    }
}
