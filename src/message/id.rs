//! How a message is named: by its place, by its slot, by its delivery.

use core::fmt;

use crate::delivery::{Lease, Tries};

/// The name of a message in its queue: epoch, partition, offset, in 128 bits.
///
/// Sortable: inside of a partition by age.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// Epoch and partition.
    place: u64,
    offset: u64,
}

impl MessageId {
    pub(crate) fn new(epoch: u32, partition: u32, offset: u64) -> Self {
        Self { place: u64::from(epoch) << 32 | u64::from(partition), offset }
    }

    /// Which life of the queue it belongs to.
    pub fn epoch(self) -> u32 {
        (self.place >> 32) as u32
    }

    /// The partition.
    pub fn partition(self) -> usize {
        self.place as u32 as usize
    }

    /// Its place in the partition.
    pub fn offset(self) -> u64 {
        self.offset
    }

    /// All of it in one number.
    pub fn as_u128(self) -> u128 {
        u128::from(self.place) << 64 | u128::from(self.offset)
    }
}

impl fmt::Display for MessageId {
    /// `epoch-partition-offset`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.epoch(), self.partition(), self.offset())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

/// Where an accepted message is: finds it again for free, as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    pub(crate) queue: u64,
    pub(crate) partition: u32,
    pub(crate) slot: u32,
    pub(crate) generation: u64,
}

/// The right to settle one delivery, as a plain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Receipt {
    pub(crate) queue: u64,
    pub(crate) partition: u32,
    pub(crate) slot: u32,
    pub(crate) group: u32,
    pub(crate) lease: Lease,
    pub(crate) tries: Tries,
}
