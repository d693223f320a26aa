//! The extension of a lease, in a word beside the slot's: whose it is, and until when.
//!
//! | bits | field |
//! |---|---|
//! | 16 | the low bits of the generation |
//! | 8 | the delivery |
//! | 40 | the time in milliseconds of the engine's clock: 34 years; all ones: taken back |
//!
//! Whoever takes a lease back first puts a tombstone here, so that no extension which was answered
//! with success can be overlooked.

use super::content::Content;
use super::slab::Slot;
use super::slot::Refusal;
use super::word::Lease;
use crate::sync::{ord, planted};

/// A value of the extension's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extension(pub(crate) u64);

const TIME: u32 = 40;
const TOMBSTONE: u64 = (1 << TIME) - 1;

/// The part of the word that says whose it is.
fn tag(lease: Lease) -> u64 {
    (lease.generation() << 8 | u64::from(lease.delivery())) << TIME
}

impl Extension {
    /// This lease lasts until then.
    pub(crate) fn until(lease: Lease, ms: u64) -> Self {
        Self(tag(lease) | ms.min(TOMBSTONE - 1))
    }

    /// This lease is being taken back.
    pub(crate) fn tombstone(lease: Lease) -> Self {
        Self(tag(lease) | TOMBSTONE)
    }

    /// The time at which a life began, in microseconds; `lease` is that of no delivery.
    pub(crate) fn stamp(lease: Lease, us: u64) -> Self {
        Self(tag(lease) | (us & TOMBSTONE).min(TOMBSTONE - 1))
    }

    /// The time at which the life of a lease began, if that is what stands here.
    pub(crate) fn stamp_of(self, lease: Lease) -> Option<u64> {
        let delivery = u64::from(lease.delivery()) << TIME;
        let same = self.0 >> TIME == (tag(lease) - delivery) >> TIME;
        (same && self.0 != 0 && !self.is_tombstone()).then(|| self.until_ms())
    }

    /// Whether it is this lease's.
    pub(crate) fn is_of(self, lease: Lease) -> bool {
        self.0 != 0 && (self.0 ^ tag(lease)) >> TIME == 0
    }

    /// Whether the lease is being taken back.
    pub(crate) fn is_tombstone(self) -> bool {
        self.0 & TOMBSTONE == TOMBSTONE
    }

    /// Until when, in milliseconds.
    pub(crate) fn until_ms(self) -> u64 {
        self.0 & TOMBSTONE
    }

    /// Until when this lease was extended; 0 if it was not.
    pub(crate) fn until_of(self, lease: Lease) -> u64 {
        if self.is_of(lease) && !self.is_tombstone() { self.until_ms() } else { 0 }
    }
}

impl<C: Content + ?Sized> Slot<'_, C> {
    /// Puts a tombstone where the lease's extension is, unless that reaches beyond `now_ms`.
    pub(super) fn bury_extension(self, lease: Lease, now_ms: u64) -> bool {
        let tombstone = Extension::tombstone(lease);
        // Relaxed E0: the swap decides.
        let mut found = Extension(self.words.extension.load(ord!(SLOT_E0, load, Relaxed)));
        loop {
            if found.is_of(lease) && !found.is_tombstone() && found.until_ms() > now_ms {
                return false;
            }
            if planted!(SLOT_NO_TOMBSTONE) {
                return true;
            }
            match self.words.extension.compare_exchange_weak(
                found.0,
                tombstone.0,
                // Relaxed: what counts is that no extension comes between this and the word's swap.
                ord!(SLOT_E1, cas_ok, Relaxed),
                // Relaxed: tried again.
                ord!(SLOT_E2, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                Err(other) => found = Extension(other),
            }
        }
    }

    /// Takes the tombstone away, so that it cannot be taken for that of a later life with the same
    /// tag.
    pub(super) fn clear_extension(self, lease: Lease) {
        let tombstone = Extension::tombstone(lease);
        let mut found = tombstone;
        // A failure for no reason is tried again; another value is somebody else's.
        while found == tombstone {
            match self.words.extension.compare_exchange_weak(
                tombstone.0,
                0,
                // Release C1, pairs with E3: the word was taken back before.
                ord!(SLOT_C1, cas_ok, Release),
                // Relaxed: nothing is done.
                ord!(SLOT_C2, cas_fail, Relaxed),
            ) {
                Ok(_) => return,
                Err(other) => found = Extension(other),
            }
        }
    }

    /// Lets a lease last until `until_ms` at least; never shorter than it would have.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the lease is not the holder's any more.
    pub fn extend(self, lease: Lease, until_ms: u64) -> Result<(), Refusal> {
        // Acquire E3, pairs with C1: if the tombstone has been cleared, the word's change is seen.
        let mut found = Extension(self.words.extension.load(ord!(SLOT_E3, load, Acquire)));
        loop {
            let word = self.look();
            if !word.is_leased_as(lease) && !planted!(SLOT_NO_FIRST_LOOK) {
                return Err(Self::refusal(word, lease));
            }
            if found.is_of(lease) && found.is_tombstone() && !planted!(SLOT_OVER_TOMBSTONES) {
                return Err(Refusal::Stale);
            }
            let longer = Extension::until(lease, until_ms.max(found.until_of(lease)));
            match self.words.extension.compare_exchange_weak(
                found.0,
                longer.0,
                // AcqRel E4, pairs with C1: the second look at the word comes after it; and with E3
                // and E5: who had the lease before sees that it is another one's.
                ord!(SLOT_E4, cas_ok, AcqRel),
                // Acquire E5, pairs with C1: as the load.
                ord!(SLOT_E5, cas_fail, Acquire),
            ) {
                Ok(_) => break,
                Err(other) => found = Extension(other),
            }
        }
        let word = self.look();
        if word.is_leased_as(lease) || planted!(SLOT_NO_SECOND_LOOK) {
            Ok(())
        } else {
            Err(Self::refusal(word, lease))
        }
    }
}
