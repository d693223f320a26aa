//! What the messages of a partition have to do with its order: written at publishing, and the same
//! for every group.
//!
//! # Invariants
//!
//! - I1: a slot's label is written by whoever has the index of the free slot in hand, and does not
//!   change before the slot is free again.

use alloc::{boxed::Box, vec::Vec};

use crate::ring::CapacityError;
use crate::sync::{AtomicU32, UnsafeCell, ord};

/// The labels of a partition's slots.
pub struct Labels {
    labels: Box<[Label]>,
    levels: usize,
    slack: u32,
}

struct Label {
    /// Which of the declared levels the message has.
    level: AtomicU32,
    /// The hash of its key, if it keeps an order.
    key: UnsafeCell<Option<u128>>,
}

// SAFETY: a key is written by one thread, and read by those to whom the index or the message came
// afterwards (I1).
unsafe impl Sync for Labels {}
// SAFETY: as above.
unsafe impl Send for Labels {}

impl Labels {
    /// For `slots` slots and `levels` levels, of which a higher message is overtaken by about
    /// `slack` lower ones at most.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub fn new(slots: usize, levels: usize, slack: u32) -> Result<Self, CapacityError> {
        let mut labels = Vec::new();
        labels.try_reserve_exact(slots).map_err(|_| CapacityError::OutOfMemory {
            capacity: slots,
            slot_bytes: size_of::<Label>(),
        })?;
        labels
            .resize_with(slots, || Label { level: AtomicU32::new(0), key: UnsafeCell::new(None) });
        Ok(Self { labels: labels.into_boxed_slice(), levels, slack })
    }

    /// How many slots there are.
    pub(super) fn slots(&self) -> usize {
        self.labels.len()
    }

    /// How many levels there are, and by how many lower messages about one is overtaken at most.
    pub(super) fn levels(&self) -> (usize, u32) {
        (self.levels, self.slack)
    }

    /// Says which level a message has, and which key, if it keeps an order.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand, and the slot is free.
    pub unsafe fn write(&self, index: u32, level: u32, key: Option<u128>) {
        let label = &self.labels[index as usize];
        // Relaxed: it is published with the slot.
        label.level.store(level, ord!(DISPATCH_L1, store, Relaxed));
        // SAFETY: I1.
        label.key.with_mut(|place| unsafe { *place = key });
    }

    /// The level of a message; whoever reads it has the index in hand, or leases the message.
    pub fn level(&self, index: u32) -> u32 {
        // Relaxed: it came with the index.
        self.labels[index as usize].level.load(ord!(DISPATCH_L3, load, Relaxed))
    }

    /// The hash of a message's key.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand, after it was published.
    pub(super) unsafe fn key(&self, index: u32) -> Option<u128> {
        // SAFETY: I1.
        self.labels[index as usize].key.with(|key| unsafe { *key })
    }
}
