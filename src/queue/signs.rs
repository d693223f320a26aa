//! What a queue is told once.

use crate::sync::{AtomicU32, ord};

/// What a queue is told once, and everybody looks at.
pub(super) struct Signs(AtomicU32);

impl Signs {
    /// Nothing more is accepted.
    pub(super) const CLOSED: u32 = 1;
    /// Nothing is handed out for the time being.
    pub(super) const PAUSED: u32 = 2;
    /// Nothing is handed out any more.
    pub(super) const DRAINING: u32 = 4;
    /// Nothing is settled any more.
    pub(super) const ABORTED: u32 = 8;
    /// Of a queue: some of its groups are paused or gone. Who sees it looks at the group's signs.
    pub(super) const HELD: u32 = 16;
    /// Of a group: it was removed.
    pub(super) const GONE: u32 = 32;
    /// Of a group: it loses what it is too slow for. Of a queue: some of its groups do.
    pub(super) const LAGS: u32 = 64;
    /// Of a group: it goes when it is too slow. Of a queue: some of its groups do.
    pub(super) const LEAVES: u32 = 128;
    /// Of a queue: partitions belong to consumers.
    pub(super) const STICKY: u32 = 256;

    pub(super) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Whether any of them stands.
    #[inline(always)]
    pub(super) fn has(&self, signs: u32) -> bool {
        // Relaxed: a hint; where it matters, a fence orders it.
        self.0.load(ord!(QUEUE_S1, load, Relaxed)) & signs != 0
    }

    /// Sets one; whether that was news.
    pub(super) fn set(&self, sign: u32) -> bool {
        // Relaxed: as above.
        self.0.fetch_or(sign, ord!(QUEUE_S2, rmw, Relaxed)) & sign == 0
    }

    pub(super) fn clear(&self, sign: u32) {
        // Relaxed: as above.
        self.0.fetch_and(!sign, ord!(QUEUE_S3, rmw, Relaxed));
    }
}

/// Does something at the end, also of a panic.
pub(super) struct Defer<F: FnMut()>(pub(super) F);

impl<F: FnMut()> Drop for Defer<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
