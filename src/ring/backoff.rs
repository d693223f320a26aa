//! How a thread stays out of another one's way.
//!
//! Two reasons to wait, two rules. Who **lost** a compare-and-swap met a thread that is working on
//! the same line at this moment: it stays away for about one burst of the winner, so that the line
//! stays where the work is. Who **waits** for a store of another thread has nothing better to do
//! than to look again soon, and gives its core away when the other one seems not to run.

use crate::sync::{pause, wait};

/// Pauses after the first lost compare-and-swap: 1.6 us where a pause takes 25 ns. With shorter
/// waits, doubled or not, two cores that push and pop in turn hand the line over at every message.
const LOST: u32 = 64;

/// One operation's patience.
pub(crate) struct Backoff {
    lost: u32,
    waited: u32,
}

impl Backoff {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self { lost: LOST, waited: 0 }
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
}
