//! What a queue and its dead-letter queue shall do: plain data, one thread, no cleverness.
//!
//! Where the contract leaves a choice, the model takes the engine's answer and says whether it is one
//! of those allowed: messages that return in one pass of the housekeeper have no order among each
//! other, and a husk may be taken out by whoever comes near it.

mod aside;
mod flow;
mod house;
mod once;
mod queue;
mod sequence;

use std::collections::{BTreeMap, VecDeque};

use once::Noted;
pub(crate) use once::{Remembers, Repeat};
pub(crate) use sequence::Number;
use sequence::Sequence;

/// A queue's settings. Times are in milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) partitions: usize,
    pub(crate) capacity: usize,
    pub(crate) lease: u64,
    pub(crate) max_lease: u64,
    pub(crate) back_off: BackOff,
    pub(crate) max_retries: u32,
    pub(crate) max_deliveries: u32,
    pub(crate) release_delay: u64,
    pub(crate) overflow: Full,
    pub(crate) remembers: Remembers,
    /// How long a message lives that does not say so itself.
    pub(crate) ttl: Option<u64>,
}

/// The delay before a retry: the first, and how it grows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BackOff {
    Fixed(u64),
    Linear(u64, u64),
    Doubling(u64, u64),
}

impl BackOff {
    fn delay(self, attempt: u32) -> u64 {
        match self {
            Self::Fixed(base) => base,
            Self::Linear(base, step) => base + step * u64::from(attempt - 1),
            Self::Doubling(base, cap) => (base << (attempt - 1).min(30)).min(cap),
        }
    }
}

/// Why a message was given up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reason {
    Rejected,
    MaxAttempts,
    MaxDeliveries,
    Overflow,
    Expired,
}

/// What happens to a message that finds no room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Full {
    Fail,
    DropNewest,
    DropOldest,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    Ready,
    /// Until then; one that its holder or its producer wants so does not keep a closed queue open.
    Delayed {
        due: u64,
        snoozed: bool,
    },
    Leased,
    /// Given up: on its way to the dead letters, which are full, or somebody still reads it. Or, if
    /// there is no reason for that, set aside until somebody asks for it.
    Parked,
    Gone,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) payload: u64,
    pub(crate) partition: usize,
    /// Unknown for a dead letter that was moved in one pass with others.
    pub(crate) offset: Option<u64>,
    pub(crate) state: State,
    /// Nobody has come to its place in the log.
    in_log: bool,
    /// How long it lives, and until when once it has been due.
    ttl: Option<u64>,
    deadline: Option<u64>,
    pub(crate) deliveries: u32,
    pub(crate) attempts: u32,
    /// How often it was given back in a row without having failed.
    releases: u32,
    /// How many deliveries of it somebody holds, stale ones as well.
    pub(crate) readers: usize,
    /// The last lease was taken back.
    taken: bool,
    /// The pass that first saw the lease.
    seen: Option<u64>,
    extended: u64,
    /// When the housekeeper tries again to move it, if it is parked.
    again: u64,
    /// Why it was given up, if it is parked.
    reason: Option<Reason>,
    /// How it died before, and in which partition of the source.
    pub(crate) deaths: Vec<Reason>,
    home: Option<usize>,
    /// Ended early, and its place not known to be free again.
    pub(crate) husk: bool,
}

/// How often a message dies at most; then it stays where it is.
const DEATHS: usize = 16;

/// How long the housekeeper leaves a parked message alone.
const AGAIN: u64 = 10;

/// A place in the order of a partition: those of one wave have no order among each other.
type Place = (u64, usize);

#[derive(Debug)]
struct Partition {
    returns: VecDeque<Place>,
    log: VecDeque<Place>,
    next_offset: u64,
}

/// What is counted from the beginning on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) accepted: u64,
    pub(crate) acked: u64,
    pub(crate) dead_lettered: u64,
    pub(crate) overflow: u64,
    pub(crate) purged: u64,
    pub(crate) cancelled: u64,
    /// Dropped for want of dead letters, by reason.
    pub(crate) rejected: u64,
    pub(crate) max_attempts: u64,
    pub(crate) max_deliveries: u64,
    pub(crate) outlived: u64,
    pub(crate) deliveries: u64,
    pub(crate) redriven: u64,
    /// What the report of closing took along.
    pub(crate) given_back: u64,
    pub(crate) nacks: u64,
    pub(crate) expired: u64,
    pub(crate) released: u64,
    pub(crate) stale: u64,
    pub(crate) duplicates: u64,
}

/// Why a settlement failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Late {
    Stale,
    Already,
    /// The slot may have been used again since.
    Either,
}

/// How a delivery ends. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    Ack,
    Nack,
    NackAfter(u64),
    Invalid,
    Release,
    Snooze(u64),
    Defer,
    Reject,
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Entered {
    Accepted(usize),
    Dropped,
    Full,
    Closed,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) config: Config,
    pub(crate) messages: Vec<Message>,
    partitions: Vec<Partition>,
    pub(crate) totals: Totals,
    /// The ids that were accepted.
    noted: Vec<Noted>,
    pub(crate) paused: bool,
    pub(crate) closed: bool,
    /// The partition that was served last.
    served: Option<usize>,
}

/// When a message is due, and how long it lives.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    pub(crate) due: Option<u64>,
    pub(crate) ttl: Option<u64>,
}

/// Why a message was not put off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stays {
    Gone,
    Leased,
    NotDelayed,
}

/// Why a message that was set aside was not taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Untaken {
    /// The slot may have been used again since.
    Gone,
    Taken,
    NotDeferred,
}

/// A delivery as the engine hands it out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handed {
    pub(crate) partition: usize,
    pub(crate) offset: u64,
    pub(crate) payload: u64,
    pub(crate) deliveries: u32,
    pub(crate) attempts: u32,
}

/// What was seen of the engine's answer to a producer, for where there are several right ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saw {
    pub(crate) accepted: bool,
    /// The oldest message made room.
    pub(crate) evicted: bool,
}

/// Looks into the engine, where there are several right answers: whether a payload is in a queue.
pub(crate) type Look = Box<dyn Fn(usize, u64) -> bool>;

/// A queue, its dead-letter queue where it has one, and the time.
pub(crate) struct Model {
    pub(crate) queues: Vec<Queue>,
    pub(crate) now: u64,
    look: Look,
    wave: u64,
    /// By name, of the first queue.
    sequences: BTreeMap<u8, Sequence>,
    opened: u64,
}
