//! One thread: every operation of every ring does what a `VecDeque` with a bound does.
//!
//! Random sequences of operations; what fails is shrunk to the shortest sequence that fails.

mod every;
#[cfg(feature = "internal")]
mod index;
mod mpmc;
#[path = "../support/rings.rs"]
mod rings;
mod spsc;

use proptest::prelude::*;
use proptest::sample::select;

/// How many sequences are tried.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 3 } else { 2_000 },
        // Shrinking prints the case; nothing is written beside the tests.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// How many operations a sequence has at most.
const STEPS: usize = if cfg!(miri) { 12 } else { 120 };

/// Small capacities, where every wrap-around and every end is met often.
fn capacity() -> impl Strategy<Value = usize> {
    select(if cfg!(miri) { vec![1, 2, 3, 5] } else { vec![1, 2, 3, 4, 5, 7, 8, 64] })
}

/// More than the largest ring holds.
const LARGE: usize = if cfg!(miri) { 8 } else { 70 };

/// The size of a batch: mostly about what fits, sometimes none, sometimes far too much.
fn batch() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0_usize), 6 => 1_usize..6, 2 => 6_usize..LARGE, 1 => LARGE..2 * LARGE]
}

/// An iterator that gives `left` values from `next` on, and says that it gives `claimed`.
struct Liar {
    next: u64,
    left: usize,
    claimed: usize,
}

impl Iterator for Liar {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        self.claimed = self.claimed.saturating_sub(1);
        self.next += 1;
        Some(self.next - 1)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.claimed, Some(self.claimed))
    }
}

impl ExactSizeIterator for Liar {}
