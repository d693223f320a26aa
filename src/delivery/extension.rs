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

use super::word::Lease;

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
