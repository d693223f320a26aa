//! What a queue shall be like.

use core::ffi::{c_char, c_void};
use core::ptr;
use std::time::Duration;

use super::super::barrier::{Out, check_size, invalid, status};
use super::super::channel::{RINGMILL_FOREVER, RINGMILL_WAIT_SPIN_THEN_PARK};
use super::letters::{ringmill_dead_fn, ringmill_release_fn};
use super::{ringmill_status, ringmill_status as Status, span, text};
use crate::message::Priority;
use crate::queue::{AfterDead, Dedup, Jitter, Order, Overflow, QueueBuilder, Retry};

/// In fields of options where 0 is the default: none, 0.
pub const RINGMILL_NONE: i32 = -1;

/// What does not fit is refused: RINGMILL_STATUS_FULL.
pub const RINGMILL_OVERFLOW_FAIL: u32 = 0;
/// The producer waits for room, at most overflow_timeout_ns.
pub const RINGMILL_OVERFLOW_BLOCK: u32 = 1;
/// What does not fit is let go of.
pub const RINGMILL_OVERFLOW_DROP_NEWEST: u32 = 2;
/// The oldest ready message of the partition makes room: it goes to the dead letters, or is let go
/// of.
pub const RINGMILL_OVERFLOW_DROP_OLDEST: u32 = 3;

/// Messages are handed out as they come.
pub const RINGMILL_ORDER_NONE: u32 = 0;
/// The messages of one key, one after the other: the next one when the one before is done with.
pub const RINGMILL_ORDER_KEY: u32 = 1;
/// All messages of a partition, one after the other.
pub const RINGMILL_ORDER_PARTITION: u32 = 2;

/// Messages with an id are refused: RINGMILL_STATUS_NO_DEDUP.
pub const RINGMILL_DEDUP_NONE: u32 = 0;
/// The last ids are remembered, whatever has become of their messages since.
pub const RINGMILL_DEDUP_WINDOW: u32 = 1;
/// The ids of the messages that are in the queue.
pub const RINGMILL_DEDUP_UNTIL_SETTLED: u32 = 2;

/// Delays that grow by a factor.
pub const RINGMILL_BACKOFF_EXPONENTIAL: u32 = 0;
/// Delays that grow by a step.
pub const RINGMILL_BACKOFF_LINEAR: u32 = 1;
/// The same delay each time.
pub const RINGMILL_BACKOFF_FIXED: u32 = 2;

/// Exactly the delay of the policy.
pub const RINGMILL_JITTER_NONE: u32 = 0;
/// 0 to the delay.
pub const RINGMILL_JITTER_FULL: u32 = 1;
/// Half of the delay to all of it.
pub const RINGMILL_JITTER_EQUAL: u32 = 2;
/// The delay less and more a fraction of it: jitter_fraction.
pub const RINGMILL_JITTER_PLUS_MINUS: u32 = 3;

/// It also never refuses a message below its capacity. Otherwise producers and consumers keep up to
/// 32 free slots each for speed, where there are 64 for each.
pub const RINGMILL_QUEUE_EXACT_CAPACITY: u32 = 1;
/// Messages without a key are refused: RINGMILL_STATUS_NO_KEY.
pub const RINGMILL_QUEUE_REQUIRE_KEY: u32 = 2;
/// It is noted how long messages wait. Costs each message two looks at the clock.
pub const RINGMILL_QUEUE_TIMESTAMPS: u32 = 4;
/// Messages can be found by their ids. Costs each message a lock, and up to 80 bytes a slot.
pub const RINGMILL_QUEUE_LOOKUP: u32 = 8;

/// What a queue shall be like. Made by ringmill_queue_options_init(), then changed; a field that is 0
/// has its default.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_queue_options {
    /// sizeof(ringmill_queue_options), from the init function.
    pub size: usize,
    /// How many partitions: 1 to RINGMILL_PARTITIONS_MAX. Default 1.
    pub partitions: usize,
    /// How many messages a partition has room for: 1 to RINGMILL_CAPACITY_MAX. Default 1000. Memory
    /// for them, some 200 bytes each, is allocated when the first message comes to the partition.
    pub capacity: usize,
    /// How many bytes its messages may have together, keys and headers counted. Default: no bound.
    pub max_bytes: usize,
    /// The longest payload: up to 16 MiB. Default 16 MiB.
    pub max_payload: usize,
    /// How many bytes of a payload stand in the slot, up to 65536; longer payloads are in buffers of
    /// their own. Default 64.
    pub inline_bytes: usize,
    /// How many headers a message may have. Default 64.
    pub max_headers: usize,
    /// How many bytes the headers of a message may have together. Default 16 KiB.
    pub max_header_bytes: usize,
    /// How long a lease lasts: 1 ms to max_lease_ns. Default 30 s. RINGMILL_FOREVER: until it is
    /// settled; a consumer that is stuck keeps its messages.
    pub lease_ns: i64,
    /// How long a lease can be made by ringmill_extend(): up to 10 years. Default 12 h.
    pub max_lease_ns: i64,
    /// How long a message waits that was let go of without being settled; doubled each time in a
    /// row, up to the lease. Default 100 ms; RINGMILL_NONE: it does not wait.
    pub release_delay_ns: i64,
    /// How often a failed message is tried again, up to 253. Default 3; RINGMILL_NONE: never.
    pub retry_max: i32,
    /// How delays grow: one of the RINGMILL_BACKOFF_.
    pub retry_backoff: u32,
    /// The delay before the first retry, up to 10 years. Default 1 s; RINGMILL_NONE: no delay.
    pub retry_first_ns: i64,
    /// By how much delays grow, if they do linearly. Default 1 s; RINGMILL_NONE: they do not.
    pub retry_step_ns: i64,
    /// The longest delay, up to 10 years. Default 1 h, or the first delay if that is longer.
    pub retry_cap_ns: i64,
    /// By how much delays grow, if they do exponentially: 1 to 1000. Default 2.
    pub retry_factor: f64,
    /// How delays are scattered: one of the RINGMILL_JITTER_.
    pub retry_jitter: u32,
    /// How often a message is handed out at most, for whatever reason: 1 to 254. Default 20.
    pub max_deliveries: u32,
    /// A fraction of 0 to 1, for RINGMILL_JITTER_PLUS_MINUS.
    pub jitter_fraction: f64,
    /// Makes the jitter repeatable. Default 0: a seed of its own.
    pub jitter_seed: u64,
    /// What happens to a message for which there is no room: one of the RINGMILL_OVERFLOW_.
    pub overflow: u32,
    /// What comes one after the other: one of the RINGMILL_ORDER_.
    pub order: u32,
    /// How long a producer waits at most, with RINGMILL_OVERFLOW_BLOCK: up to 10 years.
    pub overflow_timeout_ns: i64,
    /// The priorities that its messages may have: bit n for level n. Default: level 16 alone,
    /// RINGMILL_PRIORITY_NORMAL. The highest goes first.
    pub levels: u32,
    /// How blocking calls wait before they sleep: one of the RINGMILL_WAIT_.
    pub wait: u32,
    /// Any of the RINGMILL_QUEUE_.
    pub flags: u32,
    /// Makes levels cheaper: about so many lower messages may be handed out after a higher one was
    /// accepted. Default 0: none.
    pub relaxed_overtakes: u32,
    /// Lets messages rise by a level for each such time that they wait: 1 ms to 10 years. Default:
    /// they do not rise.
    pub aging_step_ns: i64,
    /// How many messages may wait behind the first one of their key; what comes then is refused with
    /// RINGMILL_STATUS_KEY_FULL, or by the overflow policy. Costs each message some 50 ns. Default:
    /// no bound; RINGMILL_NONE: none may wait.
    pub max_waiting_per_key: i32,
    /// 0.
    pub reserved: u32,
    /// The name of the queue for dead letters, which is made if the engine has none of this name,
    /// with this queue's partitions and capacity. Default NULL: what dies is dropped.
    pub dead_letters: *const c_char,
    /// How many dead letters are kept, where this is a queue for them; the oldest go first. Default:
    /// all.
    pub retain_count: usize,
    /// The same by bytes.
    pub retain_bytes: usize,
    /// The same by the time since they died.
    pub retain_ns: i64,
    /// The names of its groups besides "default", UTF-8. Each message goes to one consumer of every
    /// group. Default NULL: none.
    pub groups: *const *const c_char,
    /// How many these are.
    pub groups_count: usize,
    /// How many groups there may be at a time, "default" included: up to 32. Default: as many as are
    /// named. Every group costs some 120 bytes a slot.
    pub max_groups: usize,
    /// How long a message may live since it was due, where it does not say itself: 1 ms to 10 years;
    /// then it is a dead letter. Default: for ever.
    pub ttl_ns: i64,
    /// Which messages are repeats of others by their ids: one of the RINGMILL_DEDUP_. Costs a message
    /// with an id some 100 ns.
    pub dedup: u32,
    /// How many ids are remembered, with RINGMILL_DEDUP_WINDOW: 1 to 2^31.
    pub dedup_count: u32,
    /// For how long, with RINGMILL_DEDUP_WINDOW: 1 ms to 10 years.
    pub dedup_window_ns: i64,
    /// With RINGMILL_ORDER_KEY, how many messages are set aside behind a dead letter of their key, until
    /// ringmill_queue_unpark_key(); further ones become dead letters. Default 0: they go on.
    pub park_key_limit: usize,
    /// What is called with a dead letter that no queue takes, before it is dropped. Default NULL.
    pub on_dead: ringmill_dead_fn,
    /// For on_dead. If the queue is made, it belongs to the queue.
    pub on_dead_user: *mut c_void,
    /// What is called with on_dead_user when the queue is gone. Default NULL.
    pub on_dead_release: ringmill_release_fn,
}

/// Fills options with zeros, and their size.
///
/// @param[in]  size  sizeof(ringmill_queue_options)
/// @param[out] out   the options
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
///         library knows: nothing is written then
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_options_init(
    size: usize,
    out: *mut ringmill_queue_options,
) -> ringmill_status {
    status(|| {
        check_size::<ringmill_queue_options>("size", size)?;
        // SAFETY: H2.
        unsafe { Out::new("out", out, ringmill_queue_options::defaults()) }.map(drop)
    })
}

/// More groups than any queue has.
const GROUPS_READ: usize = 33;

/// A time of options: `None` stands for the default.
fn time(name: &str, ns: i64) -> Result<Option<Duration>, Status> {
    match ns {
        0 => Ok(None),
        _ if ns == i64::from(RINGMILL_NONE) => Ok(Some(Duration::ZERO)),
        ns => span(name, ns).map(Some),
    }
}

/// A number of options: `None` stands for the default.
fn number(value: usize) -> Option<usize> {
    (value != 0).then_some(value)
}

/// Sets what is not left out.
fn set<B, V>(builder: B, value: Option<V>, set: impl FnOnce(B, V) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

impl ringmill_queue_options {
    pub(super) fn defaults() -> Self {
        Self {
            size: size_of::<Self>(),
            partitions: 0,
            capacity: 0,
            max_bytes: 0,
            max_payload: 0,
            inline_bytes: 0,
            max_headers: 0,
            max_header_bytes: 0,
            lease_ns: 0,
            max_lease_ns: 0,
            release_delay_ns: 0,
            retry_max: 0,
            retry_backoff: RINGMILL_BACKOFF_EXPONENTIAL,
            retry_first_ns: 0,
            retry_step_ns: 0,
            retry_cap_ns: 0,
            retry_factor: 0.0,
            retry_jitter: RINGMILL_JITTER_NONE,
            max_deliveries: 0,
            jitter_fraction: 0.0,
            jitter_seed: 0,
            overflow: RINGMILL_OVERFLOW_FAIL,
            order: RINGMILL_ORDER_NONE,
            overflow_timeout_ns: 0,
            levels: 0,
            wait: RINGMILL_WAIT_SPIN_THEN_PARK,
            flags: 0,
            relaxed_overtakes: 0,
            aging_step_ns: 0,
            max_waiting_per_key: 0,
            reserved: 0,
            dead_letters: ptr::null(),
            retain_count: 0,
            retain_bytes: 0,
            retain_ns: 0,
            groups: ptr::null(),
            groups_count: 0,
            max_groups: 0,
            ttl_ns: 0,
            dedup: RINGMILL_DEDUP_NONE,
            dedup_count: 0,
            dedup_window_ns: 0,
            park_key_limit: 0,
            on_dead: None,
            on_dead_user: ptr::null_mut(),
            on_dead_release: None,
        }
    }

    /// A builder that has been told all of this.
    ///
    /// # Safety
    ///
    /// H2: of the names.
    pub(super) unsafe fn apply(
        &self,
        mut builder: QueueBuilder<[u8]>,
    ) -> Result<QueueBuilder<[u8]>, Status> {
        let known = RINGMILL_QUEUE_EXACT_CAPACITY
            | RINGMILL_QUEUE_REQUIRE_KEY
            | RINGMILL_QUEUE_TIMESTAMPS
            | RINGMILL_QUEUE_LOOKUP;
        if self.flags & !known != 0 || self.reserved != 0 {
            return invalid(format_args!(
                "flags are {:#x}, of which this library knows {known:#x}; reserved is {}, not 0",
                self.flags, self.reserved
            ));
        }
        let has = |flag| self.flags & flag != 0;
        builder = builder
            .by_value()
            .exact_capacity(has(RINGMILL_QUEUE_EXACT_CAPACITY))
            .require_key(has(RINGMILL_QUEUE_REQUIRE_KEY))
            .timestamps(has(RINGMILL_QUEUE_TIMESTAMPS))
            .lookup(has(RINGMILL_QUEUE_LOOKUP))
            .retry(self.retry()?)
            .overflow(self.overflow()?)
            .order(self.order()?);
        builder = set(builder, number(self.partitions), QueueBuilder::partitions);
        builder = set(builder, number(self.capacity), QueueBuilder::capacity);
        builder = set(builder, number(self.max_bytes), QueueBuilder::max_bytes);
        builder = set(builder, number(self.max_payload), QueueBuilder::max_payload);
        builder = set(builder, number(self.inline_bytes), QueueBuilder::inline);
        builder = set(builder, number(self.max_headers), QueueBuilder::max_headers);
        builder = set(builder, number(self.max_header_bytes), QueueBuilder::max_header_bytes);
        builder = set(builder, number(self.retain_count), QueueBuilder::retain_count);
        builder = set(builder, number(self.retain_bytes), QueueBuilder::retain_bytes);
        let age = time("retain_ns", self.retain_ns)?;
        builder = set(builder, age, QueueBuilder::retain_for);
        if self.lease_ns == RINGMILL_FOREVER {
            builder = builder.no_lease();
        } else {
            builder = set(builder, time("lease_ns", self.lease_ns)?, QueueBuilder::lease);
        }
        let longest = time("max_lease_ns", self.max_lease_ns)?;
        builder = set(builder, longest, QueueBuilder::max_lease);
        let delay = time("release_delay_ns", self.release_delay_ns)?;
        builder = set(builder, delay, QueueBuilder::release_delay);
        if self.max_deliveries != 0 {
            // What is too much for a byte is refused as 255 is.
            let most = u8::try_from(self.max_deliveries).unwrap_or(u8::MAX);
            builder = builder.max_deliveries(most);
        }
        if self.levels != 0 {
            let levels = (0..32).filter(|level| self.levels & 1 << level != 0);
            let levels: std::vec::Vec<_> = levels.filter_map(Priority::new).collect();
            builder = match self.relaxed_overtakes {
                0 => builder.levels(&levels),
                overtakes => builder.relaxed_levels(&levels, overtakes),
            };
        }
        builder = match self.dedup {
            RINGMILL_DEDUP_NONE => builder,
            RINGMILL_DEDUP_WINDOW => {
                let window = span("dedup_window_ns", self.dedup_window_ns)?;
                builder.dedup(Dedup::window(window, self.dedup_count as usize))
            }
            RINGMILL_DEDUP_UNTIL_SETTLED => builder.dedup(Dedup::unique_until_settled()),
            other => return invalid(format_args!("dedup is {other}; take one of RINGMILL_DEDUP_")),
        };
        if self.park_key_limit != 0 {
            builder = builder.after_dead(AfterDead::ParkKey { limit: self.park_key_limit });
        }
        builder = set(builder, time("ttl_ns", self.ttl_ns)?, QueueBuilder::ttl);
        let step = time("aging_step_ns", self.aging_step_ns)?;
        builder = set(builder, step, QueueBuilder::aging_step);
        builder = match self.max_waiting_per_key {
            0 => builder,
            RINGMILL_NONE => builder.max_waiting_per_key(0),
            most => match u32::try_from(most) {
                Ok(most) => builder.max_waiting_per_key(most),
                Err(_) => {
                    return invalid(format_args!("max_waiting_per_key is {most}; take 0 or more"));
                }
            },
        };
        if !self.dead_letters.is_null() {
            // SAFETY: by the caller.
            builder = builder.dead_letters(unsafe { text("dead_letters", self.dead_letters)? });
        }
        if self.groups.is_null() && self.groups_count > 0 {
            return invalid(format_args!("groups is NULL, and groups_count {}", self.groups_count));
        }
        // One more than there can be is refused before it is read.
        for i in 0..self.groups_count.min(GROUPS_READ) {
            // SAFETY: by the caller. It may be unaligned.
            builder =
                builder.group(unsafe { text("groups", self.groups.add(i).read_unaligned())? });
        }
        Ok(set(builder, number(self.max_groups), QueueBuilder::max_groups))
    }

    fn retry(&self) -> Result<Retry, Status> {
        let second = Duration::from_secs(1);
        let first = time("retry_first_ns", self.retry_first_ns)?.unwrap_or(second);
        let mut retry = match self.retry_backoff {
            RINGMILL_BACKOFF_EXPONENTIAL => {
                let factor = if self.retry_factor == 0.0 { 2.0 } else { self.retry_factor };
                Retry::exponential(first, factor)
            }
            RINGMILL_BACKOFF_LINEAR => {
                let step = time("retry_step_ns", self.retry_step_ns)?.unwrap_or(second);
                Retry::linear(first, step)
            }
            RINGMILL_BACKOFF_FIXED => Retry::fixed(first),
            other => {
                return invalid(format_args!(
                    "retry_backoff is {other}; take one of RINGMILL_BACKOFF_"
                ));
            }
        };
        retry = match self.retry_max {
            0 => retry,
            RINGMILL_NONE => retry.max(0),
            most => match u32::try_from(most) {
                Ok(most) => retry.max(most),
                Err(_) => return invalid(format_args!("retry_max is {most}; take 0 to 253")),
            },
        };
        retry = set(retry, time("retry_cap_ns", self.retry_cap_ns)?, Retry::cap);
        if self.jitter_seed != 0 {
            retry = retry.seed(self.jitter_seed);
        }
        Ok(retry.jitter(match self.retry_jitter {
            RINGMILL_JITTER_NONE => Jitter::None,
            RINGMILL_JITTER_FULL => Jitter::Full,
            RINGMILL_JITTER_EQUAL => Jitter::Equal,
            RINGMILL_JITTER_PLUS_MINUS => Jitter::PlusMinus(self.jitter_fraction),
            other => {
                return invalid(format_args!(
                    "retry_jitter is {other}; take one of RINGMILL_JITTER_"
                ));
            }
        }))
    }

    fn overflow(&self) -> Result<Overflow, Status> {
        match self.overflow {
            RINGMILL_OVERFLOW_FAIL => Ok(Overflow::Fail),
            RINGMILL_OVERFLOW_BLOCK => {
                let longest = span("overflow_timeout_ns", self.overflow_timeout_ns)?;
                Ok(Overflow::Block(longest))
            }
            RINGMILL_OVERFLOW_DROP_NEWEST => Ok(Overflow::DropNewest),
            RINGMILL_OVERFLOW_DROP_OLDEST => Ok(Overflow::DropOldest),
            other => invalid(format_args!("overflow is {other}; take one of RINGMILL_OVERFLOW_")),
        }
    }

    fn order(&self) -> Result<Order, Status> {
        match self.order {
            RINGMILL_ORDER_NONE => Ok(Order::None),
            RINGMILL_ORDER_KEY => Ok(Order::Key),
            RINGMILL_ORDER_PARTITION => Ok(Order::Partition),
            other => invalid(format_args!("order is {other}; take one of RINGMILL_ORDER_")),
        }
    }
}
