//! The order in which the slots of a new partition are used first: no two neighbours soon after
//! each other.
//!
//! Processors fetch what lies beside what was read. Slots in the order of their places are fetched
//! by a consumer's core while a producer's fills them, and both wait for each other: single
//! messages took twice as long from core to core, batches more than that. The order lasts, more or
//! less, as free slots go round first in, first out.

/// Slots that are mixed with each other: 128 KiB of the smallest ones. More would cost large
/// partitions a miss of the translation buffer for each message.
const BLOCK: u64 = 1024;

/// All indices below `count`, each once.
pub(super) fn spread(count: usize) -> impl Iterator<Item = u32> {
    let count = count as u64;
    (0..count).map(move |at| {
        let (block, step) = (at / BLOCK * BLOCK, at % BLOCK);
        let len = BLOCK.min(count - block);
        (block + step * stride(len) % len) as u32
    })
}

/// About 0.38 of `len`, and without a common divisor: multiples of it, modulo `len`, come to all
/// places, and late to the neighbours of earlier ones.
fn stride(len: u64) -> u64 {
    let about = len * 389 / BLOCK;
    (about.max(1)..).find(|stride| divisor(*stride, len) == 1).unwrap_or(1)
}

/// The greatest common one.
fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::spread;

    #[test]
    fn every_index_comes_once() {
        for count in [1, 2, 3, 33, 64, 1_000, 1_024, 1_025, 5_000] {
            let mut all: Vec<u32> = spread(count).collect();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..count as u32), "{count}");
        }
    }

    #[test]
    fn neighbours_are_used_long_after_each_other() {
        for count in [1_000, 1_024, 10_000] {
            let all: Vec<u32> = spread(count).collect();
            for soon in all.chunks_exact(1_000).flat_map(|block| block.windows(8)) {
                let apart = soon[1..].iter().map(|index| index.abs_diff(soon[0]));
                assert!(apart.min() >= Some(16), "{count}: {soon:?}");
            }
        }
    }
}
