//! Room and elements lent to a caller, who may take long.

use core::ptr;

use super::{Backoff, Claim, Position, RawRing, SHARED};
use crate::ring::shape::Lent;

impl RawRing {
    /// Lends room for up to `max` elements; `None` if there is no room now.
    pub fn reserve(&self, max: usize) -> Option<Lent> {
        // SAFETY: a shared end asks for nothing.
        let claim = unsafe { self.shared.claim_free::<SHARED>(1, max, Backoff::new()) }?;
        self.turn(claim.at).reserve(self.shared.geometry.lap(claim.at));
        Some(self.lent(claim))
    }

    /// Lets consumers have the first `written` of `len` elements that were reserved from `at` on.
    /// The others become holes. False if they are not lent.
    ///
    /// # Safety
    ///
    /// `at` and `len` are of a loan that [`reserve`](Self::reserve) made, and `written <= len`.
    pub unsafe fn commit(&self, at: Position, len: usize, written: usize) -> bool {
        let geometry = self.shared.geometry;
        if !self.turn(at).end_reservation(geometry.lap(at)) {
            return false;
        }
        // The first one last: nobody passes it before all are there.
        for step in (0..len).rev() {
            let at = geometry.advance(at, step);
            // SAFETY: I1, I5: these slots were lent to the caller, and have come back.
            unsafe {
                if step < written {
                    self.turn(at).fill(geometry.lap(at));
                } else {
                    self.turn(at).give_up(geometry.lap(at));
                }
            }
        }
        true
    }

    /// Lends up to `max` of the oldest elements, which are taken; `None` if there is none now.
    pub fn peek(&self, max: usize) -> Option<Lent> {
        // SAFETY: a shared end asks for nothing.
        let claim = unsafe { self.shared.claim_full::<SHARED>(max, Backoff::new()) }?;
        self.turn(claim.at).view(self.shared.geometry.lap(claim.at));
        Some(self.lent(claim))
    }

    /// Lets producers have the room of `len` elements that were lent from `at` on. False if they
    /// are not lent.
    ///
    /// # Safety
    ///
    /// `at` and `len` are of a loan that [`peek`](Self::peek) made.
    pub unsafe fn release(&self, at: Position, len: usize) -> bool {
        let geometry = self.shared.geometry;
        if !self.turn(at).end_view(geometry.lap(at)) {
            return false;
        }
        for step in (0..len).rev() {
            let at = geometry.advance(at, step);
            // SAFETY: I2, I5: these slots were lent to the caller, and have come back.
            unsafe { self.turn(at).free(geometry.lap(at)) };
        }
        true
    }

    /// From one element of a loan to the next.
    pub(crate) fn stride(&self) -> usize {
        self.shared.slots.stride()
    }

    fn lent(&self, claim: Claim) -> Lent {
        let runs = self.shared.runs(claim).map(|(_, range)| {
            if range.is_empty() {
                return (ptr::null_mut(), 0);
            }
            // SAFETY: the runs of a claim lie within the row.
            (unsafe { self.shared.slots.elem(range.start) }, range.len())
        });
        Lent { at: claim.at, runs }
    }
}
