//! How long messages wait, and how many flow: for queues that are asked to note it.

use alloc::{boxed::Box, collections::VecDeque};
use core::time::Duration;

use super::core::Core;
use crate::delivery::{Content, Count, Lease};
use crate::sync::{AtomicU64, Mutex, ord};

/// Buckets of a power of two.
const STEPS: u64 = 16;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Times are noted in microseconds of 40 bits: up to 12 days.
const BITS: u32 = 40;
const BUCKETS: usize = ((BITS - STEP_BITS + 1) as u64 * STEPS) as usize;

/// How long messages waited, from their acceptance to their first hand-over.
///
/// Quantiles are upper ends of buckets, at most a sixteenth too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// How many messages this is from.
    pub count: u64,
    /// The mean.
    pub mean: Duration,
    /// Half of them waited no longer.
    pub p50: Duration,
    /// 99 in 100 waited no longer.
    pub p99: Duration,
    /// 999 in 1,000 waited no longer.
    pub p999: Duration,
    /// None waited longer.
    pub max: Duration,
}

/// How many messages flow, a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rate {
    /// Accepted.
    pub accepted: f64,
    /// Acked.
    pub acked: f64,
}

/// Rates over three spans of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Over the last second, or the last two looks if these are farther apart.
    pub second: Rate,
    /// Over the last 10 seconds.
    pub ten_seconds: Rate,
    /// Over the last minute.
    pub minute: Rate,
}

/// Counts of waiting times by bucket: 16 to a power of two.
pub(super) struct Histogram {
    buckets: Box<[AtomicU64]>,
    sum_us: AtomicU64,
}

impl Histogram {
    pub(super) fn new() -> Self {
        let buckets = (0..BUCKETS).map(|_| AtomicU64::new(0)).collect();
        Self { buckets, sum_us: AtomicU64::new(0) }
    }

    fn bucket(us: u64) -> usize {
        let us = us.min((1 << BITS) - 1);
        // Below 16 each has its own.
        let octave = (us | (STEPS - 1)).ilog2() - (STEP_BITS - 1);
        let step = if octave == 0 { us } else { (us >> (octave - 1)) - STEPS };
        (u64::from(octave) * STEPS + step) as usize
    }

    /// The longest time of a bucket.
    fn upper(bucket: usize) -> u64 {
        let (octave, step) = (bucket as u64 / STEPS, bucket as u64 % STEPS);
        match octave {
            0 => step,
            octave => ((STEPS + step + 1) << (octave - 1)) - 1,
        }
    }

    fn note(&self, us: u64) {
        // Relaxed: a count that orders nothing.
        self.buckets[Self::bucket(us)].fetch_add(1, ord!(LATENCY_N1, rmw, Relaxed));
        // Relaxed: as above.
        self.sum_us.fetch_add(us, ord!(LATENCY_N2, rmw, Relaxed));
    }

    fn read(&self) -> Latency {
        // Relaxed: as above.
        let load = |word: &AtomicU64| word.load(ord!(LATENCY_N3, load, Relaxed));
        let sum = load(&self.sum_us);
        let counts: Box<[u64]> = self.buckets.iter().map(load).collect();
        let count: u64 = counts.iter().sum();
        if count == 0 {
            return Latency::default();
        }
        let quantile = |parts_of_thousand: u64| {
            let rank = (count * parts_of_thousand).div_ceil(1_000).max(1);
            let mut seen = 0;
            let bucket = counts.iter().position(|in_it| {
                seen += in_it;
                seen >= rank
            });
            Duration::from_micros(bucket.map_or(0, Self::upper))
        };
        Latency {
            count,
            mean: Duration::from_micros(sum / count),
            p50: quantile(500),
            p99: quantile(990),
            p999: quantile(999),
            max: quantile(1_000),
        }
    }
}

/// Counts at some moments of the last minute.
#[derive(Default)]
pub(super) struct Samples(VecDeque<Sample>);

#[derive(Clone, Copy)]
struct Sample {
    at: u64,
    accepted: u64,
    acked: u64,
}

const SECOND: u64 = 1_000_000_000;
/// How far apart two samples are, at least.
const APART: u64 = SECOND / 4;

impl Samples {
    fn take(&mut self, sample: Sample) {
        if self.0.back().is_none_or(|last| sample.at.saturating_sub(last.at) >= APART) {
            self.0.push_back(sample);
        }
        // One that is older than the longest span stays, to reach back to.
        while self.0.get(1).is_some_and(|second| sample.at.saturating_sub(second.at) > 60 * SECOND)
        {
            self.0.pop_front();
        }
    }

    fn rate(&self, now: Sample, span: u64) -> Rate {
        let reaches = |sample: &&Sample| now.at.saturating_sub(sample.at) >= span;
        let since = self.0.iter().rev().find(reaches).or(self.0.front());
        let Some(since) = since.filter(|since| since.at < now.at) else { return Rate::default() };
        let seconds = (now.at - since.at) as f64 / SECOND as f64;
        Rate {
            // Another thread may have noted a later one meanwhile.
            accepted: now.accepted.saturating_sub(since.accepted) as f64 / seconds,
            acked: now.acked.saturating_sub(since.acked) as f64 / seconds,
        }
    }
}

impl<C: Content + ?Sized> Core<C> {
    fn microseconds(&self) -> u64 {
        self.engine.now() / 1_000
    }

    /// The time to write into a message that is about to be published, if the queue notes it.
    #[inline(always)]
    pub(super) fn stamp(&self) -> Option<u64> {
        self.latencies.is_some().then(|| self.microseconds())
    }

    /// Notes how long a message has waited that was leased just now, by its stamp.
    #[inline(always)]
    pub(super) fn note_wait(&self, lease: Lease, stamp: impl FnOnce() -> Option<u64>) {
        if let Some(latencies) = &self.latencies {
            if lease.delivery() == 1 {
                if let Some(stamp) = stamp() {
                    latencies.note(self.microseconds().wrapping_sub(stamp) & ((1 << BITS) - 1));
                }
            }
        }
    }

    pub(super) fn latency(&self) -> Option<Latency> {
        self.latencies.as_ref().map(Histogram::read)
    }

    fn sample(&self, now: u64) -> Sample {
        let acked = self.groups().map(|group| group.count(Count::Acked)).sum();
        Sample { at: now, accepted: self.count(Count::Accepted), acked }
    }

    /// Looks at the counts now and then.
    pub(super) fn keep_samples(&self, now: u64) {
        let sample = self.sample(now);
        self.samples.lock().take(sample);
    }

    pub(super) fn rates(&self) -> Rates {
        let now = self.sample(self.engine.now());
        let mut samples = self.samples.lock();
        let rates = Rates {
            second: samples.rate(now, SECOND),
            ten_seconds: samples.rate(now, 10 * SECOND),
            minute: samples.rate(now, 60 * SECOND),
        };
        samples.take(now);
        rates
    }
}

/// Rates are counted from here.
pub(super) fn no_samples() -> Mutex<Samples> {
    Mutex::new(Samples::default())
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_the_times_up_to_its_upper_end() {
        let mut last = None;
        for us in (0..5_000).chain((13..BITS).map(|bit| 1 << bit)) {
            let bucket = Histogram::bucket(us);
            assert!(us <= Histogram::upper(bucket), "{us} is above its bucket's end");
            assert!(Histogram::upper(bucket) <= us + us / STEPS, "{us} is far below it");
            assert!(last <= Some(bucket), "buckets are in order");
            last = Some(bucket);
        }
        assert_eq!(Histogram::bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_the_noted_times() {
        let histogram = Histogram::new();
        (1..=1_000).for_each(|us| histogram.note(us));
        let latency = histogram.read();
        assert_eq!((latency.count, latency.mean), (1_000, Duration::from_micros(500)));
        for (quantile, exact) in [(latency.p50, 500), (latency.p99, 990), (latency.max, 1_000)] {
            let off = quantile.as_micros() as u64 - exact;
            assert!(off <= exact / STEPS, "{quantile:?} for {exact} us");
        }
    }
}
