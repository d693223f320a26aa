//! What has happened, counted where it happens and summed where somebody asks.
//!
//! Each handle has counters of its own, which nobody else writes: a count is a load and a store.
//! What has no handle (housekeeping, settling by receipt) counts in shared ones.
//!
//! # Edges
//!
//! - N2 -> N3: who sees a count sees those that came before it. So a snapshot that reads the end of
//!   a message's path before its beginning finds nothing negative.

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, ord};

macro_rules! counts {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Count {
            $($(#[doc = $doc])* $name,)*
        }

        const COUNTS: usize = [$(Count::$name),*].len();
    };
}

counts! {
    /// Gone for good: acked.
    Acked,
    /// Gone for good: in the dead-letter queue.
    DeadLettered,
    /// Gone for good: rejected, and there is no queue for dead letters.
    Rejected,
    /// Gone for good: failed too often, and there is no queue for dead letters.
    MaxAttempts,
    /// Gone for good: handed out too often, and there is no queue for dead letters.
    MaxDeliveries,
    /// Gone for good: its key was parked, and there is no queue for dead letters.
    KeyParked,
    /// Gone for good: its time was over, and there is no queue for dead letters.
    Outlived,
    /// Gone for good: cancelled.
    Cancelled,
    /// Gone for good: purged.
    Purged,
    /// Gone for good: the oldest of a full queue.
    Overflowed,
    /// Gone for good: a dead letter beyond what is kept.
    Expunged,
    /// Gone for good: sent back to the queue that it came from.
    Redriven,
    /// Gone for good: given back by closing.
    GivenBack,
    /// Gone for good: the oldest of a subscriber that is too slow.
    Missed,
    /// Of those that are gone: straight from ready.
    GoneReady,
    /// Of those that are gone: from delayed.
    GoneDelayed,
    /// Of those that are gone: from parked.
    GoneParked,
    /// Parked to dead.
    Exhumed,
    /// Dead to parked.
    Parked,
    /// Parked to ready: it was deferred.
    Retaken,
    /// Leased to dead.
    Buried,
    /// Ready to dead: the oldest of a full queue.
    BuriedReady,
    /// Leased to ready.
    Returned,
    /// Leased to delayed.
    Delayed,
    /// Of those that were accepted: delayed.
    Scheduled,
    /// Delayed to ready.
    Due,
    /// Ready to leased.
    Leased,
    /// Accepted.
    Accepted,
    /// Not accepted, and let go of.
    DroppedNewest,
    /// Not accepted: accepted before.
    Duplicates,
    /// Settlements by nack.
    Nacked,
    /// Leases taken back.
    Expired,
    /// Leases given back without an attempt.
    Released,
    /// Settlements that came too late.
    Stale,
    /// Ended early, the index still on its way.
    Hollowed,
    /// Of those, taken out.
    TakenOut,
}

/// A set of counters.
pub struct Counters {
    counts: CachePadded<[AtomicU64; COUNTS]>,
    /// Whether several threads count in it.
    shared: bool,
}

impl Counters {
    /// For one thread at a time.
    pub fn own() -> Self {
        Self::new(false)
    }

    /// For all.
    pub fn shared() -> Self {
        Self::new(true)
    }

    fn new(shared: bool) -> Self {
        let counts = core::array::from_fn(|_| AtomicU64::new(0));
        Self { counts: CachePadded::new(counts), shared }
    }

    /// Counts `n` more.
    #[inline(always)]
    pub fn add(&self, count: Count, n: u64) {
        let place = &self.counts[count as usize];
        if self.shared {
            // Release N2, pairs with N3.
            place.fetch_add(n, ord!(COUNT_N4, rmw, Release));
        } else {
            // Relaxed: nobody else writes it.
            let before = place.load(ord!(COUNT_N1, load, Relaxed));
            // Release N2, pairs with N3.
            place.store(before + n, ord!(COUNT_N2, store, Release));
        }
    }

    /// How many there are.
    pub fn get(&self, count: Count) -> u64 {
        // Acquire N3, pairs with N2.
        self.counts[count as usize].load(ord!(COUNT_N3, load, Acquire))
    }

    /// Begins anew. Nobody counts meanwhile.
    pub fn reset(&self) {
        for count in &*self.counts {
            // Relaxed: who counts next hears of it in another way.
            count.store(0, ord!(COUNT_N7, store, Relaxed));
        }
    }

    /// Takes over what another set has counted, which counts no more.
    ///
    /// To be called under the lock under which both are read.
    pub fn absorb(&self, other: &Self) {
        for (mine, theirs) in self.counts.iter().zip(&*other.counts) {
            // Relaxed, both: the lock orders them.
            let n = theirs.load(ord!(COUNT_N5, load, Relaxed));
            mine.fetch_add(n, ord!(COUNT_N6, rmw, Relaxed));
        }
    }
}
