//! Why a partitioned queue did not do what was asked. A value that was not pushed is inside.

use core::error::Error;
use core::fmt;

use crate::code;
use crate::ring::CapacityError;

/// The largest number of partitions: 2^16.
pub const MAX_PARTITIONS: usize = 1 << 16;

/// Why a partitioned queue could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartitionsError {
    /// There are 1 to [`MAX_PARTITIONS`] partitions.
    Count {
        /// How many were asked for.
        partitions: usize,
    },
    /// The rings could not be made.
    Capacity(CapacityError),
}

/// Why a set of partitions was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetError {
    /// There is no such partition.
    NoSuchPartition {
        /// What was asked for.
        partition: usize,
        /// How many there are: 0 is the first.
        partitions: usize,
    },
    /// The set names a partition twice.
    Twice {
        /// The one that it names twice.
        partition: usize,
    },
    /// The set is empty.
    Empty,
}

/// Why a value was not accepted. The value is inside: nothing is lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PushError<T> {
    kind: PushErrorKind,
    value: T,
}

/// What kept a value from being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PushErrorKind {
    /// Its partition has no room at this moment.
    Full,
    /// Its partition stayed full until the deadline.
    TimedOut,
    /// Nothing is accepted any more.
    Closed,
    /// The partitioner, or the caller, named a partition that there is not.
    NoSuchPartition {
        /// The partition that was named.
        partition: usize,
        /// How many there are: 0 is the first.
        partitions: usize,
    },
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PopError {
    /// There is none at this moment.
    Empty,
    /// There was none until the deadline.
    TimedOut,
    /// There will be none: the queue is closed, and everything in these partitions has been taken.
    Closed,
}

impl PartitionsError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Count { .. } => code::PARTITION_COUNT,
            Self::Capacity(error) => error.code(),
        }
    }
}

impl SetError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::NoSuchPartition { .. } => code::NO_SUCH_PARTITION,
            Self::Twice { .. } => code::PARTITION_TWICE,
            Self::Empty => code::NO_PARTITIONS,
        }
    }
}

impl PushErrorKind {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Full => code::FULL,
            Self::TimedOut => code::TIMED_OUT,
            Self::Closed => code::CLOSED,
            Self::NoSuchPartition { .. } => code::NO_SUCH_PARTITION,
        }
    }
}

impl PopError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Empty => code::EMPTY,
            Self::TimedOut => code::TIMED_OUT,
            Self::Closed => code::CLOSED,
        }
    }
}

impl<T> PushError<T> {
    /// The number of what kept it from being accepted: stable, and the same in C.
    pub fn code(&self) -> u32 {
        self.kind.code()
    }

    #[cold]
    pub(super) fn new(kind: PushErrorKind, value: T) -> Self {
        Self { kind, value }
    }

    /// What kept it from being accepted.
    pub fn kind(&self) -> PushErrorKind {
        self.kind
    }

    /// The value that was not accepted.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Whether waiting may help.
    pub fn is_full(&self) -> bool {
        matches!(self.kind, PushErrorKind::Full | PushErrorKind::TimedOut)
    }

    /// Whether nothing is accepted any more.
    pub fn is_closed(&self) -> bool {
        self.kind == PushErrorKind::Closed
    }
}

impl From<CapacityError> for PartitionsError {
    fn from(error: CapacityError) -> Self {
        Self::Capacity(error)
    }
}

impl fmt::Display for PartitionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { partitions } => {
                write!(f, "{partitions} partitions: there can be 1 to {MAX_PARTITIONS}")
            }
            Self::Capacity(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchPartition { partition, partitions } => {
                write!(f, "there is no partition {partition}: they are 0 to {}", partitions - 1)
            }
            Self::Twice { partition } => write!(f, "the set names partition {partition} twice"),
            Self::Empty => f.write_str("the set names no partition"),
        }
    }
}

impl fmt::Display for PushErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("partition is full; wait, drop or raise the capacity"),
            Self::TimedOut => f.write_str("partition stayed full until the deadline"),
            Self::Closed => f.write_str("queue is closed; nothing more is accepted"),
            Self::NoSuchPartition { partition, partitions } => {
                write!(f, "there is no partition {partition}: they are 0 to {}", partitions - 1)
            }
        }
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl<T> fmt::Debug for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushError").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Display for PopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "partitions are empty",
            Self::TimedOut => "partitions stayed empty until the deadline",
            Self::Closed => "queue is closed, and everything in these partitions has been taken",
        })
    }
}

impl Error for PartitionsError {}
impl Error for SetError {}
impl<T> Error for PushError<T> {}
impl Error for PopError {}
