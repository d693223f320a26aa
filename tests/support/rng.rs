//! Random numbers from a seed that a failing test prints.

// Not every test binary uses all of it.
#![allow(dead_code)]

use std::thread;

/// splitmix64: small, and good enough to choose operations.
#[derive(Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// A seed that is printed if the test panics while it lives.
///
/// `RINGMILL_SEED` in the environment takes the place of the seed given.
#[derive(Debug)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        let chosen = std::env::var("RINGMILL_SEED").ok().and_then(|text| text.parse().ok());
        Self(chosen.unwrap_or(seed))
    }

    /// The random numbers of one of several threads or rounds.
    pub(crate) fn rng(&self, stream: u64) -> Rng {
        let mut rng = Rng::new(self.0 ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93));
        rng.next();
        rng
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("to run this again: RINGMILL_SEED={}", self.0);
        }
    }
}
