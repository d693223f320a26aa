//! Random numbers for jitter: cheap, seeded, and shared by nobody.
//!
//! It is not: fit for secrets.
//!
//! # Guarantees
//!
//! The same seed and the same stream give the same numbers, in every release and on every machine.
//! Streams of one seed are different numbers.
//!
//! # Threads
//!
//! Each handle has a state of its own: no lock, no atomic.
//!
//! # Source
//!
//! SplitMix64: G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number Generators",
//! OOPSLA 2014; the constants are variant 13 of D. Stafford's mixers. A dozen lines, so no crate.

use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;

/// The step between states: the golden ratio's fraction of 2^64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A generator's state.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The generator of one handle. Streams are numbered by the caller.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        // Mixed twice, since neighbouring seeds and streams are what people write.
        Self(mix(mix(seed.wrapping_add(STEP)) ^ stream.wrapping_mul(STEP)))
    }

    /// The next number, of all 2^64.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }
}

/// A seed that is another one in each process, and at each call.
pub(crate) fn any_seed() -> u64 {
    // What keeps the standard library's hash tables from being guessed.
    RandomState::new().build_hasher().finish()
}

/// A number out of `0 ..= most`, as even as 64 bits can be cut.
pub(crate) fn up_to(most: u64, random: u64) -> u64 {
    // Below (most + 1) * 2^64, so that the high half is at most `most`.
    (((u128::from(most) + 1) * u128::from(random)) >> 64) as u64
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(all(test, not(miri)))] // no unsafe code here, nothing for Miri to see
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_are_those_of_the_reference() {
        // Seed 1234567 of the authors' `SplittableRandom`.
        let mut random = Random(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(expected.map(|_| random.next()), expected);
    }

    #[test]
    fn streams_of_neighbouring_seeds_share_no_number() {
        let mut seen = BTreeSet::new();
        for (seed, stream) in (0..30).flat_map(|seed| (0..30).map(move |stream| (seed, stream))) {
            let mut random = Random::new(seed, stream);
            for _ in 0..10 {
                assert!(seen.insert(random.next()), "seed {seed}, stream {stream}");
            }
        }
    }

    #[test]
    fn unseeded_generators_differ() {
        assert_ne!(any_seed(), any_seed());
    }

    #[test]
    fn a_bounded_number_reaches_both_ends() {
        for most in [0, 1, 2, 1_000, u64::MAX - 1, u64::MAX] {
            assert_eq!(up_to(most, 0), 0);
            assert_eq!(up_to(most, u64::MAX), most);
        }
        assert_eq!(up_to(9, 1 << 63), 5);
    }
}
