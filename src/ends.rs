//! How many ends of a kind there are: the last one to go closes what they share.
//!
//! # Edges
//!
//! - N2 -> N2: what was done through the ends that have gone, before what the last one does.

use crate::sync::{AtomicU64, ord};

/// A count of ends, one at first.
pub(crate) struct Ends(AtomicU64);

impl Ends {
    pub(crate) fn one() -> Self {
        Self(AtomicU64::new(1))
    }

    /// One more.
    pub(crate) fn join(&self) {
        // Relaxed: whoever makes an end has one.
        self.0.fetch_add(1, ord!(ENDS_N1, rmw, Relaxed));
    }

    /// One less: whether that was the last.
    pub(crate) fn leave(&self) -> bool {
        // AcqRel N2, pairs with itself: all that the others did through their ends comes before
        // what the last one does.
        self.0.fetch_add(u64::MAX, ord!(ENDS_N2, rmw, AcqRel)) == 1
    }
}
