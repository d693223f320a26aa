//! Random numbers, and arguments as they come from programs that are wrong.

use ringmill::ffi::{RINGMILL_CAPACITY_MAX, RINGMILL_FOREVER};

/// splitmix64.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(seed ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93))
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

    /// The same for times.
    pub(crate) fn below_i64(&mut self, bound: i64) -> i64 {
        (self.next() % bound as u64) as i64
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A value that is right most of the time, and otherwise one of those that are not.
    pub(crate) fn mostly<T: Copy>(&mut self, right: T, wrong: &[T]) -> T {
        if self.one_in(12) { self.pick(wrong) } else { right }
    }

    /// How many elements to ask for: up to `most`, or a number that no memory has.
    pub(crate) fn count(&mut self, most: usize) -> usize {
        let few = self.below(most.min(5) + 1);
        let right = if self.one_in(4) { self.below(most + 1) } else { few };
        self.mostly(right, &[usize::MAX, usize::MAX / 2 + 1, usize::MAX - 7, isize::MAX as usize])
    }

    /// Bytes of an element.
    pub(crate) fn elem_size(&mut self) -> usize {
        let right = self.pick(&[8, 8, 16, 24, 32, 64, 100, 257]);
        self.mostly(right, &[0, usize::MAX, 1 << 60, isize::MAX as usize])
    }

    pub(crate) fn capacity(&mut self) -> usize {
        let right = self.pick(&[1, 2, 3, 7, 8, 31, 64]);
        self.mostly(right, &[0, RINGMILL_CAPACITY_MAX + 1, usize::MAX])
    }

    pub(crate) fn small_enum(&mut self, variants: usize) -> u32 {
        let right = self.below(variants) as u32;
        self.mostly(right, &[variants as u32, 77, u32::MAX])
    }

    /// No time, or next to none; without limit only where the call returns at once.
    pub(crate) fn timeout(&mut self, returns: bool) -> i64 {
        match self.below(64) {
            0 => 20_000,
            1..4 => 1_000,
            4..20 if returns => RINGMILL_FOREVER,
            n => [0, 0, -1, i64::MIN][n % 4],
        }
    }
}
