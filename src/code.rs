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
/// A queue cannot do it: it was not built so.
#[cfg(feature = "queue")]
pub(crate) const UNSUPPORTED: u32 = 22;
/// A message that is too long.
#[cfg(feature = "queue")]
pub(crate) const TOO_LARGE: u32 = 40;
/// Too many headers, or too long ones.
#[cfg(feature = "queue")]
pub(crate) const TOO_MANY_HEADERS: u32 = 41;
/// A priority that the queue has no level for.
#[cfg(feature = "queue")]
pub(crate) const NO_SUCH_LEVEL: u32 = 42;
/// A message without a key, where one is required.
#[cfg(feature = "queue")]
pub(crate) const NO_KEY: u32 = 43;
/// A key behind which too many messages wait.
#[cfg(feature = "queue")]
pub(crate) const KEY_FULL: u32 = 44;
/// A message that waits longer than any does.
#[cfg(feature = "queue")]
pub(crate) const DELAY_TOO_LONG: u32 = 45;
/// A message with an id, where none is remembered.
#[cfg(feature = "queue")]
pub(crate) const NO_DEDUP: u32 = 46;
/// A message with the id of another one.
#[cfg(feature = "queue")]
pub(crate) const DEDUP_CONFLICT: u32 = 47;
/// A message whose number is not the next.
#[cfg(feature = "queue")]
pub(crate) const OUT_OF_ORDER: u32 = 48;
/// An end that another one has taken the place of.
#[cfg(feature = "queue")]
pub(crate) const FENCED: u32 = 49;
/// A lease that was taken back.
#[cfg(feature = "queue")]
pub(crate) const STALE_RECEIPT: u32 = 50;
/// A delivery that has been settled.
#[cfg(feature = "queue")]
pub(crate) const ALREADY_SETTLED: u32 = 51;
/// A message that is not there, or a receipt of another queue.
#[cfg(feature = "queue")]
pub(crate) const NOT_FOUND: u32 = 52;
/// A message that a consumer has.
#[cfg(feature = "queue")]
pub(crate) const LEASED: u32 = 53;
/// A message that waits for no time.
#[cfg(feature = "queue")]
pub(crate) const NOT_DELAYED: u32 = 54;
/// More than there may be.
#[cfg(feature = "queue")]
pub(crate) const QUOTA_EXCEEDED: u32 = 55;
/// A message that is not set aside.
#[cfg(feature = "queue")]
pub(crate) const NOT_DEFERRED: u32 = 56;
/// A value that a queue cannot be built with.
#[cfg(feature = "queue")]
pub(crate) const INVALID_CONFIG: u32 = 60;
/// A name that is taken.
#[cfg(feature = "queue")]
pub(crate) const NAME_CONFLICT: u32 = 61;
