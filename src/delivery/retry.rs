//! When a failed message is tried again, and how often.
//!
//! # Guarantees
//!
//! A delay never overflows and is never longer than the cap; without jitter it never shrinks from
//! one retry to the next. The same seed gives the same delays. No worker sleeps through a delay:
//! the message waits, and others are handled meanwhile.
//!
//! # Cost
//!
//! A delay takes some tens of nanoseconds; the exponential one a multiplication for each retry
//! before, until the cap. Nothing is allocated.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::random::{Random, any_seed, up_to};

#[cfg(all(test, not(miri)))] // no unsafe code here, nothing for Miri to see
mod tests;

/// The longest delay: ten years of 365 days.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);
/// The most retries: a message has at most 254 deliveries.
const MOST: u32 = 253;
/// The cap where none is set, and the first delay is not longer.
const CAP: Duration = Duration::from_secs(3_600);

/// A policy for failed messages: how long the wait before each retry, how many retries.
///
/// The default is [`exponential`](Self::exponential) from 1 s with factor 2: 1 s, 2 s, 4 s, then
/// dead. After the last retry has failed, the message becomes a dead letter.
///
/// | policy | before retry 1, 2, 3, 4 |
/// |---|---|
/// | `Retry::none()` | none: the first failure is the last |
/// | `Retry::fixed(1 s)` | 1 s, 1 s, 1 s, 1 s |
/// | `Retry::linear(1 s, 2 s)` | 1 s, 3 s, 5 s, 7 s |
/// | `Retry::exponential(1 s, 3.0)` | 1 s, 3 s, 9 s, 27 s |
///
/// Values are checked where the policy is used, when the queue is built.
///
/// # Examples
///
/// ```
/// use ringmill::queue::{Jitter, Retry};
/// use std::time::Duration;
///
/// let policy = Retry::exponential(Duration::from_millis(100), 2.0)
///     .max(8)
///     .cap(Duration::from_secs(5))
///     .jitter(Jitter::Full)
///     .seed(42); // in a test; without it no two processes wait alike
/// assert_ne!(policy, Retry::default());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    backoff: Backoff,
    max: u32,
    cap: Option<Duration>,
    jitter: Jitter,
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Backoff {
    Linear { first: Duration, step: Duration },
    Exponential { first: Duration, factor: f64 },
}

/// How delays are scattered, so that what failed together does not come back together.
///
/// `d` is the delay of the policy, at most the cap; every value of a range is equally likely.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// Exactly `d`.
    #[default]
    None,
    /// 0 to `d`: spreads best; some retries come at once.
    Full,
    /// Half of `d` to `d`: spreads, and waits at least half.
    Equal,
    /// `d` less and more this fraction of it, 0 to 1; what is above the cap is cut to it.
    PlusMinus(f64),
}

/// A value of a [`Retry`] that is out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) field: &'static str,
    pub(crate) value: String,
    pub(crate) allowed: &'static str,
}

impl Retry {
    /// No retry: the first failure is the last.
    #[must_use]
    pub fn none() -> Self {
        Self::fixed(Duration::ZERO).max(0)
    }

    /// The same delay before each retry, 0 to ten years; 3 retries.
    #[must_use]
    pub fn fixed(delay: Duration) -> Self {
        Self::linear(delay, Duration::ZERO)
    }

    /// Delays that grow by `step`, both 0 to ten years; 3 retries.
    #[must_use]
    pub fn linear(first: Duration, step: Duration) -> Self {
        Self::new(Backoff::Linear { first, step })
    }

    /// Delays that grow by `factor`, 1 to 1,000, from `first`, 0 to ten years; 3 retries.
    #[must_use]
    pub fn exponential(first: Duration, factor: f64) -> Self {
        Self::new(Backoff::Exponential { first, factor })
    }

    fn new(backoff: Backoff) -> Self {
        Self { backoff, max: 3, cap: None, jitter: Jitter::None, seed: None }
    }

    /// How many retries follow the first attempt, 0 to 253. Default: 3, so that a message is dead
    /// after its fourth attempt; 0 for [`Retry::none`].
    #[must_use]
    pub fn max(mut self, retries: u32) -> Self {
        self.max = retries;
        self
    }

    /// The longest delay, from the first delay to ten years. Default: 1 hour, or the first delay
    /// if that is longer.
    #[must_use]
    pub fn cap(mut self, delay: Duration) -> Self {
        self.cap = Some(delay);
        self
    }

    /// How delays are scattered. Default: [`Jitter::None`].
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// Makes the jitter repeatable. Default: a seed of its own for each queue that is built.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many retries follow the first attempt.
    pub(crate) fn retries(&self) -> u32 {
        self.max
    }

    /// The seed for the generators of a queue's handles: `Random::new(seed, number of the handle)`.
    pub(crate) fn seed_or_any(&self) -> u64 {
        self.seed.unwrap_or_else(any_seed)
    }

    /// The generator of one handle of a queue whose seed is `seed`.
    pub(crate) fn random(seed: u64, handle: u64) -> Random {
        Random::new(seed, handle)
    }

    /// Which value is out of range, if one is.
    pub(crate) fn validate(&self) -> Result<(), Invalid> {
        let delay = |field, value: Duration| {
            ensure(
                value <= LONGEST,
                field,
                || format!("{value:?}"),
                "0 s to 315360000 s (10 years)",
            )
        };
        delay("retry.first", self.first())?;
        match self.backoff {
            Backoff::Linear { step, .. } => delay("retry.step", step)?,
            Backoff::Exponential { factor, .. } => ensure(
                (1.0..=1_000.0).contains(&factor),
                "retry.factor",
                || format!("{factor}"),
                "1 to 1000",
            )?,
        }
        ensure(self.max <= MOST, "retry.max", || format!("{}", self.max), "0 to 253")?;
        if let Some(cap) = self.cap {
            ensure(
                (self.first()..=LONGEST).contains(&cap),
                "retry.cap",
                || format!("{cap:?}"),
                "the first delay to 315360000 s (10 years)",
            )?;
        }
        match self.jitter {
            Jitter::PlusMinus(fraction) => ensure(
                (0.0..=1.0).contains(&fraction),
                "retry.jitter",
                || format!("{fraction}"),
                "a fraction of 0 to 1",
            ),
            _ => Ok(()),
        }
    }

    /// The delay before a retry; the first one is retry 1. `random` is any number, of which the
    /// jitter is made.
    pub(crate) fn delay(&self, retry: u32, random: u64) -> Duration {
        let cap = self.cap_ns();
        let delay = self.plain_ns(retry, cap);
        let jittered = match self.jitter {
            Jitter::None => delay,
            Jitter::Full => up_to(delay, random),
            Jitter::Equal => delay / 2 + up_to(delay - delay / 2, random),
            Jitter::PlusMinus(fraction) => {
                let most = ((delay as f64 * fraction) as u64).min(delay);
                (delay - most + up_to(2 * most, random)).min(cap)
            }
        };
        Duration::from_nanos(jittered)
    }

    /// The delay before the jitter.
    fn plain_ns(&self, retry: u32, cap: u64) -> u64 {
        let first = capped_ns(self.first(), cap);
        // Retries beyond the last possible one wait as long as that.
        let before = retry.clamp(1, MOST) - 1;
        match self.backoff {
            Backoff::Linear { step, .. } => {
                let growth = capped_ns(step, cap).saturating_mul(u64::from(before));
                first.saturating_add(growth).min(cap)
            }
            Backoff::Exponential { factor, .. } => {
                // Multiplied one by one: `powi` may round otherwise on another machine, and each
                // product is at least the last one.
                let first_ns = first as f64;
                let mut growth = 1.0;
                for _ in 0..before {
                    growth *= factor;
                    if first_ns * growth >= cap as f64 {
                        return cap;
                    }
                }
                // The growth alone is rounded, so that the first delay is exact.
                first.saturating_add((first_ns * (growth - 1.0)).round() as u64).min(cap)
            }
        }
    }

    fn first(&self) -> Duration {
        match self.backoff {
            Backoff::Linear { first, .. } | Backoff::Exponential { first, .. } => first,
        }
    }

    fn cap_ns(&self) -> u64 {
        let longest = LONGEST.as_nanos() as u64;
        capped_ns(self.cap.unwrap_or(CAP.max(self.first())), longest)
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::exponential(Duration::from_secs(1), 2.0)
    }
}

fn capped_ns(delay: Duration, cap: u64) -> u64 {
    u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX).min(cap)
}

fn ensure(
    holds: bool,
    field: &'static str,
    value: impl FnOnce() -> String,
    allowed: &'static str,
) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(Invalid { field, value: value(), allowed }) }
}
