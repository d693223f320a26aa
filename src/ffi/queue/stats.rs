//! What has happened in a queue, and what is in it.

use super::super::barrier::{Out, check_size, status};
use super::super::handle::borrow;
use super::super::status::failed;
use super::{nanos, ringmill_queue, ringmill_status, ringmill_status as Status};
use crate::queue::Stats;

/// Counts of a queue, of one moment or nearly so.
///
/// At rest, accepted is the sum of ready, delayed, leased, parked, dead, acked, dead_lettered and
/// dropped.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct ringmill_stats {
    /// Messages that were accepted.
    pub accepted: u64,
    /// Messages to be handed out.
    pub ready: u64,
    /// Messages that wait for a time.
    pub delayed: u64,
    /// Messages that consumers have.
    pub leased: u64,
    /// Messages that were set aside: the dead-letter queue is full, or somebody reads them.
    pub parked: u64,
    /// Messages on their way to the dead letters.
    pub dead: u64,
    /// Messages that were acked.
    pub acked: u64,
    /// Messages that went to the dead-letter queue.
    pub dead_lettered: u64,
    /// Messages that are gone otherwise: the sum of the next ones.
    pub dropped: u64,
    /// Rejected ones, as there is no queue for dead letters.
    pub dropped_rejected: u64,
    /// Those that failed too often, as there is no queue for dead letters.
    pub dropped_max_attempts: u64,
    /// Those that were handed out too often, as there is no queue for dead letters.
    pub dropped_max_deliveries: u64,
    /// Those whose key was parked, as there is no queue for dead letters.
    pub dropped_key_parked: u64,
    /// Those whose time to live was over, as there is no queue for dead letters.
    pub dropped_expired: u64,
    /// Those that were cancelled.
    pub dropped_cancelled: u64,
    /// Those that were purged.
    pub dropped_purged: u64,
    /// The oldest ones, which made room for new ones.
    pub dropped_overflow: u64,
    /// Dead letters beyond what is kept.
    pub dropped_retention: u64,
    /// Dead letters that went back to the queue that they came from.
    pub redriven: u64,
    /// Those that the report of closing took along.
    pub given_back: u64,
    /// Those that a subscriber was too slow for.
    pub missed: u64,
    /// New messages that were let go of, as there was no room; never accepted.
    pub refused_newest: u64,
    /// Times that a message was handed out.
    pub deliveries: u64,
    /// Settlements by nack or reject.
    pub nacked: u64,
    /// Leases that were taken back.
    pub expired: u64,
    /// Leases that were given back without an attempt.
    pub released: u64,
    /// Settlements that came too late, or twice.
    pub stale: u64,
    /// Slots whose message has ended early, until whoever comes by frees them.
    pub husks: u64,
}

/// How long messages waited, from their acceptance to their first hand-over.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct ringmill_latency {
    /// How many messages this is from.
    pub count: u64,
    /// The mean.
    pub mean_ns: i64,
    /// Half of them waited no longer. Quantiles are at most a sixteenth too long.
    pub p50_ns: i64,
    /// 99 in 100 waited no longer.
    pub p99_ns: i64,
    /// 999 in 1,000 waited no longer.
    pub p999_ns: i64,
    /// None waited longer.
    pub max_ns: i64,
}

/// How many messages flow, a second.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct ringmill_rates {
    /// Accepted, over the last second, or the last two looks if these are farther apart.
    pub accepted: f64,
    /// Acked, in the same time.
    pub acked: f64,
    /// Accepted, over the last 10 seconds.
    pub accepted_10_s: f64,
    /// Acked, in the same time.
    pub acked_10_s: f64,
    /// Accepted, over the last minute.
    pub accepted_60_s: f64,
    /// Acked, in the same time.
    pub acked_60_s: f64,
}

/// What has happened in a queue, and what is in it.
///
/// @param[in]  queue  a queue; any thread. O(producers and consumers), and holds nobody up
/// @param[in]  size   sizeof(ringmill_stats)
/// @param[out] out    the counts; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT: if the size is none that this library knows, nothing
///         is written
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_stats(
    queue: *const ringmill_queue,
    size: usize,
    out: *mut ringmill_stats,
) -> ringmill_status {
    status(|| {
        check_size::<ringmill_stats>("size", size)?;
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_stats::default())? };
        // SAFETY: H1.
        let stats = unsafe { borrow(queue)? }.queue.stats();
        out.put(ringmill_stats::of(&stats));
        Ok(())
    })
}

/// How long messages wait in a queue.
///
/// @param[in]  queue  a queue with RINGMILL_QUEUE_TIMESTAMPS; any thread
/// @param[out] out    the times; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _UNSUPPORTED (the queue does not note it) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_latency(
    queue: *const ringmill_queue,
    out: *mut ringmill_latency,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_latency::default())? };
        // SAFETY: H1.
        let latency = unsafe { borrow(queue)? }.queue.latency().ok_or_else(|| {
            let detail = format_args!("the queue was made without RINGMILL_QUEUE_TIMESTAMPS");
            failed(Status::Unsupported, detail)
        })?;
        out.put(ringmill_latency {
            count: latency.count,
            mean_ns: nanos(latency.mean),
            p50_ns: nanos(latency.p50),
            p99_ns: nanos(latency.p99),
            p999_ns: nanos(latency.p999),
            max_ns: nanos(latency.max),
        });
        Ok(())
    })
}

/// How many messages flow through a queue. As exact as the looks are frequent, by calls of this and by
/// the housekeeper; a first look has nothing to compare with.
///
/// @param[in]  queue  a queue; any thread
/// @param[out] out    the rates; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_rates(
    queue: *const ringmill_queue,
    out: *mut ringmill_rates,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_rates::default())? };
        // SAFETY: H1.
        let rates = unsafe { borrow(queue)? }.queue.rates();
        out.put(ringmill_rates {
            accepted: rates.second.accepted,
            acked: rates.second.acked,
            accepted_10_s: rates.ten_seconds.accepted,
            acked_10_s: rates.ten_seconds.acked,
            accepted_60_s: rates.minute.accepted,
            acked_60_s: rates.minute.acked,
        });
        Ok(())
    })
}

impl ringmill_stats {
    pub(super) fn of(stats: &Stats) -> Self {
        Self {
            accepted: stats.accepted,
            ready: stats.ready,
            delayed: stats.delayed,
            leased: stats.leased,
            parked: stats.parked,
            dead: stats.dead,
            acked: stats.acked,
            dead_lettered: stats.dead_lettered,
            dropped: stats.dropped(),
            dropped_rejected: stats.dropped_rejected,
            dropped_max_attempts: stats.dropped_max_attempts,
            dropped_max_deliveries: stats.dropped_max_deliveries,
            dropped_key_parked: stats.dropped_key_parked,
            dropped_expired: stats.dropped_expired,
            dropped_cancelled: stats.dropped_cancelled,
            dropped_purged: stats.dropped_purged,
            dropped_overflow: stats.dropped_overflow,
            dropped_retention: stats.dropped_retention,
            redriven: stats.redriven,
            given_back: stats.given_back,
            missed: stats.missed,
            refused_newest: stats.refused_newest,
            deliveries: stats.deliveries,
            nacked: stats.nacked,
            expired: stats.expired,
            released: stats.released,
            stale: stats.stale,
            husks: stats.husks,
        }
    }
}
