//! What a queue is told when it is built, checked.

use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use super::assignment::Assignment;
use super::dedup::{Dedup, Rule};
use super::error::EnqueueErrorKind;
use super::order::{AfterDead, Levels, Order};
use super::sticky::Sticky;
use crate::clock::nanos;
use crate::code;
use crate::delivery::{Content, Retry};
use crate::message::{Priority, Tag};
use crate::partition::MAX_PARTITIONS;
use crate::ring::{CapacityError, MAX_CAPACITY};

/// What happens to a message for which there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// It is given back.
    #[default]
    Fail,
    /// The producer waits for room, at most so long; then it is given back.
    Block(Duration),
    /// It is let go of: [`Enqueued::Dropped`](super::Enqueued::Dropped).
    DropNewest,
    /// The oldest ready message of the partition makes room: it goes to the dead letters, or is let
    /// go of. If there is none, since all are with consumers or wait for a time, or the dead letters
    /// are full, the new one is given back.
    DropOldest,
}

/// A value that a queue cannot be built with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// A value is out of range.
    InvalidConfig {
        /// The name of its setter.
        field: &'static str,
        /// What it was set to.
        value: String,
        /// What is possible.
        allowed: &'static str,
    },
    /// The engine has a queue of this name, with messages of another type, or at all.
    NameConflict {
        /// The name.
        name: String,
    },
    /// There is no memory for it.
    OutOfMemory(CapacityError),
    /// The engine is closed.
    Closed,
}

impl BuildError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::InvalidConfig { .. } => code::INVALID_CONFIG,
            Self::NameConflict { .. } => code::NAME_CONFLICT,
            Self::OutOfMemory(error) => error.code(),
            Self::Closed => code::CLOSED,
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidConfig { field, value, allowed } => {
                write!(f, "`{field}` cannot be {value}; take {allowed}")
            }
            Self::NameConflict { name } => {
                write!(f, "the engine has a queue {name:?} already; take another name")
            }
            Self::OutOfMemory(error) => error.fmt(f),
            Self::Closed => f.write_str("engine is closed; make another one"),
        }
    }
}

impl core::error::Error for BuildError {}

/// Checked values; times in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) partitions: usize,
    pub(crate) capacity: usize,
    pub(crate) exact: bool,
    pub(crate) max_bytes: Option<usize>,
    /// `None`: leases do not end by themselves.
    pub(crate) lease: Option<Duration>,
    pub(crate) max_lease: Duration,
    pub(crate) retry: Retry,
    pub(crate) max_deliveries: u8,
    pub(crate) release_delay: Duration,
    pub(crate) overflow: Overflow,
    pub(crate) max_payload: usize,
    pub(crate) inline: usize,
    pub(crate) max_headers: usize,
    pub(crate) max_header_bytes: usize,
    pub(crate) retain: Retain,
    pub(crate) order: Order,
    pub(crate) levels: Levels,
    /// What becomes of the messages behind a dead letter.
    pub(crate) after_dead: AfterDead,
    /// How long a message lives that does not say so itself.
    pub(crate) ttl: Option<Duration>,
    /// How many messages may wait behind the first one of their key.
    pub(crate) max_waiting_per_key: Option<u32>,
    /// How long a message waits in a level before it rises by one.
    pub(crate) aging_step: Option<Duration>,
    /// Whether a message needs a key.
    pub(crate) require_key: bool,
    /// Whether it is noted how long messages wait.
    pub(crate) timestamps: bool,
    /// Whether messages are found by their names.
    pub(crate) lookup: bool,
    /// How many groups there may be.
    pub(crate) groups: usize,
    /// Whether deliveries are plain values, which may be used twice.
    #[cfg(feature = "capi")]
    pub(crate) by_value: bool,
    /// Which ids are remembered.
    pub(crate) dedup: Option<Dedup>,
    pub(crate) assignment: Assignment,
    /// How long a consumer may show no life.
    pub(crate) consumer_timeout: Duration,
    /// How long a partition that moves is waited for.
    pub(crate) revoke_timeout: Duration,
}

/// How many dead letters are kept: the oldest go first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retain {
    pub(crate) count: Option<usize>,
    pub(crate) bytes: Option<usize>,
    pub(crate) age: Option<Duration>,
}

impl Retain {
    pub(crate) fn is_on(&self) -> bool {
        self.count.is_some() || self.bytes.is_some() || self.age.is_some()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            partitions: 1,
            capacity: 1_000,
            exact: false,
            max_bytes: None,
            lease: Some(Duration::from_secs(30)),
            max_lease: Duration::from_secs(12 * 3_600),
            retry: Retry::default(),
            max_deliveries: 20,
            release_delay: Duration::from_millis(100),
            overflow: Overflow::Fail,
            max_payload: MAX_PAYLOAD,
            inline: 96 - 32,
            max_headers: 64,
            max_header_bytes: 16 << 10,
            retain: Retain::default(),
            order: Order::None,
            levels: Levels::normal(),
            after_dead: AfterDead::Continue,
            ttl: None,
            max_waiting_per_key: None,
            aging_step: None,
            require_key: false,
            timestamps: false,
            lookup: false,
            groups: 1,
            #[cfg(feature = "capi")]
            by_value: false,
            dedup: None,
            assignment: Assignment::Shared,
            consumer_timeout: Duration::from_secs(300),
            revoke_timeout: Duration::from_secs(10),
        }
    }
}

/// The longest payload: 16 MiB.
pub const MAX_PAYLOAD: usize = 16 << 20;

/// The longest time that something may wait: 10 years.
const LONGEST: Duration = Duration::from_secs(315_360_000);

impl Config {
    /// Names the first value that is out of range.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let range = |field, fits: bool, value: &dyn fmt::Debug, allowed| {
            let value = || alloc::format!("{value:?}");
            if fits { Ok(()) } else { Err(invalid(field, value(), allowed)) }
        };
        let (ms, years) = (Duration::from_millis(1), LONGEST);
        range(
            "partitions",
            (1..=MAX_PARTITIONS).contains(&self.partitions),
            &self.partitions,
            "1 to 65536",
        )?;
        range(
            "capacity",
            (1..=MAX_CAPACITY).contains(&self.capacity),
            &self.capacity,
            "1 to 2^31",
        )?;
        range(
            "max_waiting_per_key",
            self.max_waiting_per_key.is_none() || self.order != Order::None,
            &self.max_waiting_per_key,
            "no bound where there is no `order`",
        )?;
        range(
            "after_dead",
            self.after_dead == AfterDead::Continue || self.order == Order::Key,
            &self.after_dead,
            "`Continue` where there is no order by key",
        )?;
        if let Some(step) = self.aging_step {
            range("aging_step", (ms..=years).contains(&step), &step, "1 ms to 10 years")?;
        }
        range("max_bytes", self.max_bytes != Some(0), &self.max_bytes, "1 or more")?;
        if let Some(lease) = self.lease {
            range("lease", (ms..=self.max_lease).contains(&lease), &lease, "1 ms to `max_lease`")?;
        }
        range(
            "max_lease",
            (ms..=years).contains(&self.max_lease),
            &self.max_lease,
            "1 ms to 10 years",
        )?;
        range(
            "max_deliveries",
            (1..=254).contains(&self.max_deliveries),
            &self.max_deliveries,
            "1 to 254",
        )?;
        range("release_delay", self.release_delay <= years, &self.release_delay, "0 to 10 years")?;
        range(
            "max_payload",
            (1..=MAX_PAYLOAD).contains(&self.max_payload),
            &self.max_payload,
            "1 to 16777216",
        )?;
        range("inline", self.inline <= 1 << 16, &self.inline, "0 to 65536")?;
        range("retain_count", self.retain.count != Some(0), &self.retain.count, "1 or more")?;
        range("retain_bytes", self.retain.bytes != Some(0), &self.retain.bytes, "1 or more")?;
        if let Some(ttl) = self.ttl {
            range("ttl", (ms..=years).contains(&ttl), &ttl, "1 ms to 10 years")?;
        }
        if let Overflow::Block(longest) = self.overflow {
            range("overflow", longest <= years, &longest, "a time-out of 0 to 10 years")?;
        }
        let silence = self.consumer_timeout;
        range("consumer_timeout", (ms..=years).contains(&silence), &silence, "1 ms to 10 years")?;
        let rest = self.revoke_timeout;
        range("revoke_timeout", rest <= years, &rest, "0 to 10 years")?;
        if let Some(Dedup(Rule::Window { time, count })) = self.dedup {
            range("dedup", (ms..=years).contains(&time), &time, "a time of 1 ms to 10 years")?;
            let fits = (1..=MAX_CAPACITY).contains(&count);
            range("dedup", fits, &count, "a count of 1 to 2^31")?;
        }
        self.retry.validate().map_err(|error| invalid(error.field, error.value, error.allowed))
    }

    /// Whether messages go through a dispatch: where they have an order or levels.
    pub(crate) fn is_dispatched(&self) -> bool {
        self.order != Order::None || self.levels.count() > 1
    }

    /// Whether a message that is a payload alone needs no look at the queue's options: it has no
    /// bytes to count, no level, no key to be asked for, no time and no name to be noted.
    pub(crate) fn is_plain(&self) -> bool {
        let asks = self.require_key || self.levels.of(Priority::NORMAL).is_none();
        let notes =
            self.timestamps || self.lookup || self.max_bytes.is_some() || self.ttl.is_some();
        self.is_simple() && !asks && !notes
    }

    /// Whether the way of a message from its lease to its ack asks for nothing but its word: it has
    /// no order, one group, and no time to be noted.
    pub(crate) fn is_simple(&self) -> bool {
        !self.is_dispatched() && self.groups == 1 && !self.timestamps
    }

    /// Whether the queue takes so long a payload with such a tag.
    #[inline(always)]
    pub(crate) fn check_size<C: Content + ?Sized>(
        &self,
        payload: usize,
        tag: &Tag,
    ) -> Result<(), EnqueueErrorKind> {
        if C::MEASURED && payload > self.max_payload {
            return Err(EnqueueErrorKind::TooLarge { bytes: payload, limit: self.max_payload });
        }
        if let Some(limit) = self.max_bytes {
            let bytes = payload + tag.bytes();
            if bytes > limit {
                return Err(EnqueueErrorKind::TooLarge { bytes, limit });
            }
        }
        Ok(())
    }

    /// Whether the queue takes a message of this priority with such a tag.
    #[inline(always)]
    pub(crate) fn check_tag(&self, priority: Priority, tag: &Tag) -> Result<(), EnqueueErrorKind> {
        if self.levels.of(priority).is_none() {
            return Err(EnqueueErrorKind::NoSuchLevel { priority });
        }
        if self.require_key && tag.key().is_none() {
            return Err(EnqueueErrorKind::NoKey);
        }
        if tag.more.is_some() {
            if tag.dedup_id().is_some() && self.dedup.is_none() {
                return Err(EnqueueErrorKind::NoDedup);
            }
            let (limit, limit_bytes) = (self.max_headers, self.max_header_bytes);
            if tag.headers().len() > limit || tag.header_bytes() > limit_bytes {
                return Err(EnqueueErrorKind::TooManyHeaders { limit, limit_bytes });
            }
        }
        Ok(())
    }

    /// What a group needs where partitions belong to consumers.
    pub(crate) fn sticky(&self) -> Option<Sticky> {
        (self.assignment == Assignment::Sticky).then(|| Sticky::new(self.partitions))
    }

    /// How long a lease lasts, in nanoseconds.
    pub(crate) fn lease_ns(&self) -> u64 {
        self.lease.map_or(u64::MAX, nanos)
    }
}

pub(crate) fn invalid(
    field: &'static str,
    value: impl ToString,
    allowed: &'static str,
) -> BuildError {
    BuildError::InvalidConfig { field, value: value.to_string(), allowed }
}
