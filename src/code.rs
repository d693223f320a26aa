//! The numbers of the errors: stable, never used for another error again, the same in C.

/// There is no room now.
pub(crate) const FULL: u32 = 1;
/// There is nothing now.
pub(crate) const EMPTY: u32 = 2;
/// Nothing more is accepted, or nothing more will come.
pub(crate) const CLOSED: u32 = 3;
/// The deadline passed.
pub(crate) const TIMED_OUT: u32 = 4;
/// A capacity that no ring can have.
pub(crate) const CAPACITY: u32 = 11;
/// No memory for a ring.
pub(crate) const OUT_OF_MEMORY: u32 = 12;
/// A number of partitions that no queue can have.
pub(crate) const PARTITION_COUNT: u32 = 13;
/// A partition that there is not.
pub(crate) const NO_SUCH_PARTITION: u32 = 14;
/// A set that names a partition twice.
pub(crate) const PARTITION_TWICE: u32 = 15;
/// A set that names none.
pub(crate) const NO_PARTITIONS: u32 = 16;
