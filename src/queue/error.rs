//! Why a queue did not do what was asked. A message that was not accepted is inside.

use core::error::Error;
use core::fmt;
use core::time::Duration;

use crate::code;
use crate::delivery::Refusal;
use crate::message::{Message, MessageId, Priority};

/// Why a message was not accepted. The message is inside: nothing is lost.
pub struct EnqueueError<P> {
    kind: EnqueueErrorKind,
    message: Message<P>,
}

/// What kept a message from being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EnqueueErrorKind {
    /// There is no room at this moment.
    Full,
    /// So many messages of its key wait already as the queue
    /// [takes](super::QueueBuilder::max_waiting_per_key). There may be room for others.
    KeyFull {
        /// How many may wait behind the first one.
        limit: usize,
    },
    /// There was no room until the time-out.
    TimedOut,
    /// Nothing is accepted any more.
    Closed,
    /// The payload is longer than the queue takes.
    TooLarge {
        /// How long it is, in bytes.
        bytes: usize,
        /// The longest that the queue takes.
        limit: usize,
    },
    /// There are more headers, or longer ones, than the queue takes.
    TooManyHeaders {
        /// How many the queue takes.
        limit: usize,
        /// How many bytes all of them may have.
        limit_bytes: usize,
    },
    /// The system has no memory for the partition.
    OutOfMemory,
    /// The queue has no level of this priority.
    NoSuchLevel {
        /// The message's priority.
        priority: Priority,
    },
    /// The queue takes messages with a key only.
    NoKey,
    /// No message waits for so long.
    DelayTooLong {
        /// The longest time: [`Due::LONGEST`](crate::message::Due::LONGEST).
        limit: Duration,
    },
    /// The message has a [`dedup_id`](Message::dedup_id), and the queue remembers none.
    NoDedup,
    /// Another message was accepted under its [`dedup_id`](Message::dedup_id).
    DedupConflict {
        /// The name of that one.
        id: MessageId,
    },
    /// The number of the message is not the next one of its
    /// [producer](super::IdempotentProducer): some were left out.
    OutOfOrder {
        /// The number that comes next.
        expected: u64,
        /// The message's.
        got: u64,
    },
    /// Its [producer's](super::IdempotentProducer) name was opened again, or forgotten.
    Fenced {
        /// How often it was.
        epoch: u64,
    },
    /// The producer's partitioner named a partition that there is not.
    NoSuchPartition {
        /// The partition that it named.
        partition: usize,
        /// How many there are: 0 is the first.
        partitions: usize,
    },
}

/// Why there is no delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DequeueError {
    /// There is none at this moment.
    Empty,
    /// There was none until the time-out.
    TimedOut,
    /// There will be none: the queue is closed, and every message has been settled.
    Closed,
}

/// Why a settlement changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettleError {
    kind: SettleErrorKind,
}

/// What keeps a delivery from being settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettleErrorKind {
    /// The lease was taken back: another consumer has the message, had it, or will have it.
    StaleReceipt,
    /// This very delivery has been settled.
    AlreadySettled,
    /// The receipt is of another queue.
    NotFound,
    /// The queue was aborted.
    Closed,
}

impl<P> EnqueueError<P> {
    #[cold]
    pub(super) fn new(kind: EnqueueErrorKind, message: Message<P>) -> Self {
        Self { kind, message }
    }

    /// That of a message that was refused in a batch.
    #[cfg(feature = "capi")]
    pub(crate) fn of(kind: EnqueueErrorKind, message: Message<P>) -> Self {
        Self::new(kind, message)
    }

    /// What kept it from being accepted.
    pub fn kind(&self) -> EnqueueErrorKind {
        self.kind
    }

    /// The message that was not accepted.
    pub fn into_message(self) -> Message<P> {
        self.message
    }

    /// Whether waiting may help.
    pub fn is_full(&self) -> bool {
        self.kind.lacks_room() || self.kind == EnqueueErrorKind::TimedOut
    }

    /// Whether nothing is accepted any more.
    pub fn is_closed(&self) -> bool {
        self.kind == EnqueueErrorKind::Closed
    }
}

impl EnqueueErrorKind {
    /// Whether there is no room, of the queue or of the key.
    pub(crate) fn lacks_room(self) -> bool {
        matches!(self, Self::Full | Self::KeyFull { .. })
    }

    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Full => code::FULL,
            Self::KeyFull { .. } => code::KEY_FULL,
            Self::TimedOut => code::TIMED_OUT,
            Self::Closed => code::CLOSED,
            Self::TooLarge { .. } => code::TOO_LARGE,
            Self::TooManyHeaders { .. } => code::TOO_MANY_HEADERS,
            Self::OutOfMemory => code::OUT_OF_MEMORY,
            Self::NoSuchLevel { .. } => code::NO_SUCH_LEVEL,
            Self::NoKey => code::NO_KEY,
            Self::NoSuchPartition { .. } => code::NO_SUCH_PARTITION,
            Self::DelayTooLong { .. } => code::DELAY_TOO_LONG,
            Self::NoDedup => code::NO_DEDUP,
            Self::DedupConflict { .. } => code::DEDUP_CONFLICT,
            Self::OutOfOrder { .. } => code::OUT_OF_ORDER,
            Self::Fenced { .. } => code::FENCED,
        }
    }
}

impl<P> EnqueueError<P> {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        self.kind.code()
    }
}

impl DequeueError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Empty => code::EMPTY,
            Self::TimedOut => code::TIMED_OUT,
            Self::Closed => code::CLOSED,
        }
    }
}

impl SettleErrorKind {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::StaleReceipt => code::STALE_RECEIPT,
            Self::AlreadySettled => code::ALREADY_SETTLED,
            Self::NotFound => code::NOT_FOUND,
            Self::Closed => code::CLOSED,
        }
    }
}

impl SettleError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        self.kind.code()
    }
}

impl SettleError {
    pub(super) fn new(kind: SettleErrorKind) -> Self {
        Self { kind }
    }

    /// What keeps the delivery from being settled.
    pub fn kind(&self) -> SettleErrorKind {
        self.kind
    }
}

impl From<Refusal> for SettleErrorKind {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Stale => Self::StaleReceipt,
            Refusal::Settled => Self::AlreadySettled,
        }
    }
}

impl From<SettleErrorKind> for SettleError {
    fn from(kind: SettleErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for EnqueueErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("queue is full; wait, drop or raise `capacity`"),
            Self::KeyFull { limit } => {
                write!(
                    f,
                    "{limit} messages wait behind the first of this key; wait, or raise \
                           `max_waiting_per_key`"
                )
            }
            Self::TimedOut => f.write_str("queue stayed full until the time-out"),
            Self::Closed => f.write_str("queue is closed; nothing more is accepted"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "payload of {bytes} bytes; the queue takes up to {limit}")
            }
            Self::TooManyHeaders { limit, limit_bytes } => {
                write!(f, "headers; the queue takes up to {limit} of {limit_bytes} bytes together")
            }
            Self::OutOfMemory => {
                f.write_str("no memory for the partition; take a lower `capacity`")
            }
            Self::NoSuchLevel { priority } => {
                write!(f, "the queue has no level {priority}; declare it with `levels`")
            }
            Self::OutOfOrder { expected, got } => {
                write!(f, "message has number {got}, and {expected} comes next; send that first")
            }
            Self::Fenced { epoch } => {
                write!(f, "producer was opened again, as epoch {epoch}; leave the work to that one")
            }
            Self::NoDedup => f.write_str(
                "message has an id, and the queue remembers none; build it with `dedup`",
            ),
            Self::DedupConflict { id } => {
                write!(f, "message {id} has the same id, and says something else; take another id")
            }
            Self::NoKey => f.write_str("message has no key, and the queue requires one"),
            Self::DelayTooLong { limit } => {
                write!(f, "message waits too long; take {} s (10 years) at most", limit.as_secs())
            }
            Self::NoSuchPartition { partition, partitions } => {
                write!(f, "there is no partition {partition}: they are 0 to {}", partitions - 1)
            }
        }
    }
}

impl<P> fmt::Display for EnqueueError<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl<P> fmt::Debug for EnqueueError<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnqueueError").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Display for DequeueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "queue has nothing to hand out",
            Self::TimedOut => "queue had nothing to hand out until the time-out",
            Self::Closed => "queue is closed, and every message has been settled",
        })
    }
}

impl fmt::Display for SettleErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleReceipt => {
                f.write_str("lease was taken back; extend it in time, or make leases longer")
            }
            Self::AlreadySettled => f.write_str("delivery has been settled"),
            Self::NotFound => f.write_str("receipt is of another queue"),
            Self::Closed => f.write_str("queue was aborted; nothing is settled any more"),
        }
    }
}

impl fmt::Display for SettleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl<P> Error for EnqueueError<P> {}
impl Error for EnqueueErrorKind {}
impl Error for SettleErrorKind {}
impl Error for DequeueError {}
impl Error for SettleError {}
