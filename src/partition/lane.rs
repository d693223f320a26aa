//! What partitions need of their rings, whatever is in these.

use crate::ring::mpmc::Ring;

/// A ring of one partition.
pub(super) trait Lane {
    /// Whether there is a value, as far as a look at the head tells: a hint.
    fn seems_filled(&self) -> bool;
    /// Refuses every push from now on; false if that was so already.
    fn close(&self) -> bool;
    /// Whether every push is refused.
    fn is_closed(&self) -> bool;
    /// Whether there is no value.
    fn is_empty(&self) -> bool;
    /// Drops what nobody will take.
    fn drop_values(&self);
}

impl<T> Lane for Ring<T> {
    #[inline]
    fn seems_filled(&self) -> bool {
        self.seems_filled()
    }

    fn close(&self) -> bool {
        self.close()
    }

    #[inline]
    fn is_closed(&self) -> bool {
        self.is_closed()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn drop_values(&self) {
        self.drop_values();
    }
}
