//! How a thread stays out of another one's way.
//!
//! Three reasons to wait, three rules.
//!
//! Who **lost** a compare-and-swap met a thread that is working on the same line at this moment: it
//! stays away for about one burst of the winner, so that the line stays where the work is.
//!
//! Who **waits** for a store of another thread has nothing better to do than to look again soon,
//! and gives its core away when the other one seems not to run.
//!
//! Who finds a ring **dry** for the first time at some place looks a few more times at the slot
//! that it needs anyway, before it asks the other end how far that has come: the question takes the
//! other end's line away from a thread that is probably using it, and costs both more than the
//! pauses.

use crate::sync::{AtomicU64, DRY_PAUSES, ord, pause, wait};

/// Pauses after the first lost compare-and-swap: 1.6 us where a pause takes 25 ns. With shorter
/// waits, doubled or not, two cores that push and pop in turn hand the line over at every message.
const LOST: u32 = 64;

/// One operation's patience.
pub(crate) struct Backoff {
    /// Pauses after the next lost swap.
    lost: u32,
    /// How often it has waited for a store.
    waited: u32,
    /// Pauses that are left for a place where there is nothing.
    dry: u32,
}

impl Backoff {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self { lost: LOST, waited: 0, dry: DRY_PAUSES }
    }

    /// What is left after a first try, which may have `lost` a swap.
    pub(crate) fn after(lost: bool) -> Self {
        let mut backoff = Self::new();
        if lost {
            backoff.lost();
        }
        backoff
    }

    /// Stays away after a lost compare-and-swap: 64 pauses, then 128 each time.
    #[cold]
    pub(crate) fn lost(&mut self) {
        pause(self.lost);
        self.lost = 2 * LOST;
    }

    /// Waits for a store that another thread is about to make.
    #[cold]
    pub(crate) fn wait(&mut self) {
        wait(self.waited);
        self.waited = self.waited.saturating_add(1);
    }

    /// Whether to look once more at the place `at`, where there is nothing, after a pause.
    ///
    /// Who wants a batch of `wanted` pauses longer between two looks, so that it finds one.
    /// `last_dry` is where a thread last gave up looking: whoever comes there again asks at once.
    pub(crate) fn looks_again(&mut self, last_dry: &AtomicU64, at: u64, wanted: usize) -> bool {
        // Relaxed: a hint; no memory hangs on it.
        if self.dry == 0 || last_dry.load(ord!(DRY_L1, load, Relaxed)) == at {
            return false;
        }
        let pauses = self.dry.min(u32::try_from(wanted).unwrap_or(u32::MAX));
        self.dry -= pauses;
        if self.dry == 0 {
            // Relaxed: as above.
            last_dry.store(at, ord!(DRY_S1, store, Relaxed));
        }
        pause(pauses);
        true
    }
}
