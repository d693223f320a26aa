//! What tells that this process made a value.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// A number that nobody outside knows.
fn salt() -> u64 {
    static SALT: OnceLock<u64> = OnceLock::new();
    *SALT.get_or_init(|| RandomState::new().build_hasher().finish())
}

/// Makes seals. It is asked for once for each handle, so that none of its calls has to.
#[derive(Clone, Copy)]
pub(super) struct Seal(u64);

impl Seal {
    pub(super) fn new() -> Self {
        Self(salt())
    }

    /// The seal of these words: no other words, and nothing made up, has the same.
    #[inline(always)]
    pub(super) fn of(self, words: [u64; 4]) -> u64 {
        let mix = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            (product >> u64::BITS) as u64 ^ product as u64
        };
        let [a, b, c, d] = words;
        let first = mix(a ^ self.0, b ^ 0xe703_7ed1_a0b4_28db);
        let second = mix(c ^ self.0.rotate_left(32), d ^ 0xa076_1d64_78bd_642f);
        mix(first ^ self.0, second ^ 0x9e37_79b9_7f4a_7c15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_of_its_words_alone() {
        let seal = Seal::new();
        let words = [1, 2, 3, 4];
        let sealed = seal.of(words);
        assert_eq!(Seal::new().of(words), sealed, "one for the whole process");
        for (at, bit) in (0..4).flat_map(|at| (0..64).map(move |bit| (at, bit))) {
            let mut other = words;
            other[at] ^= 1 << bit;
            assert_ne!(seal.of(other), sealed, "bit {bit} of word {at}");
        }
    }
}
