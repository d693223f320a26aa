//! Which partitions may hold something: a bit for each, 64 to a word.

use alloc::{boxed::Box, vec::Vec};

use crossbeam_utils::CachePadded;

use crate::sync::{AtomicU64, ord};

/// A bit is set whenever its partition holds a value, but for the moments in which a push is about
/// to set it, or a consumer has just cleared it and is having a last look. It may be set where
/// there is nothing.
pub(super) struct Ready(Box<[CachePadded<AtomicU64>]>);

const BITS: usize = u64::BITS as usize;

impl Ready {
    pub(super) fn new(partitions: usize) -> Self {
        let words = partitions.div_ceil(BITS);
        let words: Vec<_> = (0..words).map(|_| CachePadded::new(AtomicU64::new(0))).collect();
        Self(words.into_boxed_slice())
    }

    /// Says that the partition holds something; whether that was news.
    ///
    /// The line changes hands only when it is. A fence stands between the push and this.
    #[inline(always)]
    pub(super) fn set(&self, partition: usize) -> bool {
        let (word, bit) = self.bit(partition);
        // Relaxed: ordered by the fence of the push.
        if word.load(ord!(PARTITION_B1, load, Relaxed)) & bit != 0 {
            return false;
        }
        // Relaxed: the bit publishes nothing, the ring does.
        word.fetch_or(bit, ord!(PARTITION_B2, rmw, Relaxed));
        true
    }

    /// Says that the partition was found empty. The caller looks once more after this.
    pub(super) fn clear(&self, partition: usize) {
        let (word, bit) = self.bit(partition);
        // Relaxed: ordered by the fence in the caller's next look.
        word.fetch_and(!bit, ord!(PARTITION_B3, rmw, Relaxed));
    }

    /// The bits of the partitions `64 * word ..`.
    #[inline(always)]
    pub(super) fn word(&self, word: usize) -> u64 {
        // Relaxed: a hint; the ring decides.
        self.0[word].load(ord!(PARTITION_B4, load, Relaxed))
    }

    #[inline(always)]
    fn bit(&self, partition: usize) -> (&AtomicU64, u64) {
        (&self.0[partition / BITS], 1 << (partition % BITS))
    }
}

/// A set of partitions, as a consumer walks it: in rotation.
#[derive(Clone)]
pub(super) struct Members(Box<[u64]>);

impl Members {
    /// The first `partitions` ones.
    pub(super) fn all(partitions: usize) -> Self {
        let mut members = Self::none(partitions);
        (0..partitions).for_each(|partition| members.insert(partition));
        members
    }

    /// None, with room for `partitions`.
    pub(super) fn none(partitions: usize) -> Self {
        Self(alloc::vec![0; partitions.div_ceil(BITS)].into_boxed_slice())
    }

    /// Takes all out.
    #[cfg(feature = "std")]
    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    pub(super) fn insert(&mut self, partition: usize) {
        self.0[partition / BITS] |= 1 << (partition % BITS);
    }

    pub(super) fn contains(&self, partition: usize) -> bool {
        self.0[partition / BITS] & 1 << (partition % BITS) != 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            let mut bits = *bits;
            core::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(word * BITS + bit)
            })
        })
    }

    /// The first member from `from` on, going round once, that may hold something.
    ///
    /// One load for each 64 partitions that have nothing.
    #[inline]
    pub(super) fn next_ready(&self, ready: &Ready, from: usize) -> Option<usize> {
        let (first, offset) = (from / BITS, from % BITS);
        let words = self.0.len();
        // The word that `from` is in comes twice: its upper bits first, its lower bits last.
        for step in 0..=words {
            let word = if first + step < words { first + step } else { first + step - words };
            let part = match step {
                0 => u64::MAX << offset,
                _ if step == words => !(u64::MAX << offset),
                _ => u64::MAX,
            };
            let mine = self.0[word] & part;
            if mine != 0 {
                let bits = ready.word(word) & mine;
                if bits != 0 {
                    return Some(word * BITS + bits.trailing_zeros() as usize);
                }
            }
        }
        None
    }
}
