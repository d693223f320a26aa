//! What travels through a queue: a number, repeated over 8, 64, 256 or 1,024 bytes, or on the heap.
//!
//! A consumer adds up every word, so no part of a payload can be skipped by the optimiser, and the
//! total shows lost, doubled and torn values.

use std::{fmt::Debug, marker::PhantomData};

/// A message made of equal 64-bit words.
pub trait Message: Debug + Send + Unpin + 'static {
    /// Words in a message.
    const WORDS: u64;

    /// The message that carries `number`.
    fn make(number: u64) -> Self;

    /// The number carried.
    fn number(&self) -> u64;

    /// The sum of all words.
    fn digest(&self) -> u64;

    /// Bytes in a message.
    const BYTES: u64 = Self::WORDS * 8;
}

/// A message that is a plain value.
pub trait Payload: Message + Copy + Default + Sync {}

impl<T: Message + Copy + Default + Sync> Payload for T {}

impl Message for u64 {
    const WORDS: u64 = 1;

    #[inline(always)]
    fn make(number: u64) -> Self {
        number
    }

    #[inline(always)]
    fn number(&self) -> u64 {
        *self
    }

    #[inline(always)]
    fn digest(&self) -> u64 {
        *self
    }
}

impl<const N: usize> Message for [u64; N] {
    const WORDS: u64 = N as u64;

    #[inline(always)]
    fn make(number: u64) -> Self {
        [number; N]
    }

    #[inline(always)]
    fn number(&self) -> u64 {
        self[0]
    }

    #[inline(always)]
    fn digest(&self) -> u64 {
        self.iter().fold(0, |sum, word| sum.wrapping_add(*word))
    }
}

/// Bytes without an alignment of their own.
impl<const N: usize> Message for [u8; N] {
    const WORDS: u64 = N as u64 / 8;

    #[inline(always)]
    fn make(number: u64) -> Self {
        let mut bytes = [0; N];
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    #[inline(always)]
    fn number(&self) -> u64 {
        words(self).next().unwrap_or_default()
    }

    #[inline(always)]
    fn digest(&self) -> u64 {
        words(self).fold(0, u64::wrapping_add)
    }
}

/// 1 KiB on the heap, as [`Vec<u8>`] is 64 bytes.
#[derive(Debug)]
pub struct Kib(Vec<u8>);

impl Message for Kib {
    const WORDS: u64 = 128;

    #[inline(always)]
    fn make(number: u64) -> Self {
        Self(<[u8; 1024]>::make(number).to_vec())
    }

    #[inline(always)]
    fn number(&self) -> u64 {
        self.0.number()
    }

    #[inline(always)]
    fn digest(&self) -> u64 {
        self.0.digest()
    }
}

/// 64 bytes on the heap: allocated by who sends them, freed by who receives them.
impl Message for Vec<u8> {
    const WORDS: u64 = 8;

    #[inline(always)]
    fn make(number: u64) -> Self {
        <[u8; 64]>::make(number).to_vec()
    }

    #[inline(always)]
    fn number(&self) -> u64 {
        words(self).next().unwrap_or_default()
    }

    #[inline(always)]
    fn digest(&self) -> u64 {
        words(self).fold(0, u64::wrapping_add)
    }
}

#[inline(always)]
fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks_exact(8).map(|word| word.first_chunk().map_or(0, |word| u64::from_le_bytes(*word)))
}

/// The numbers one producer has still to send.
#[derive(Debug)]
pub struct Values<T> {
    next: u64,
    end: u64,
    payload: PhantomData<T>,
}

/// Producer `p` numbers its messages from `p << PRODUCER_SHIFT`.
pub const PRODUCER_SHIFT: u32 = 40;

impl<T: Message> Values<T> {
    /// `count` messages of producer `producer`.
    #[must_use]
    pub fn of_producer(producer: usize, count: u64) -> Self {
        let next = (producer as u64) << PRODUCER_SHIFT;
        Self { next, end: next + count, payload: PhantomData }
    }

    /// One message that carries `number`.
    #[inline(always)]
    #[must_use]
    pub fn one(number: u64) -> Self {
        Self { next: number, end: number + 1, payload: PhantomData }
    }

    /// Whether nothing is left to send.
    #[inline(always)]
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.next == self.end
    }

    /// How many are left, at most `limit`.
    #[inline(always)]
    #[must_use]
    pub fn left(&self, limit: usize) -> usize {
        (self.end - self.next).min(limit as u64) as usize
    }

    /// The next message, not yet taken.
    #[inline(always)]
    #[must_use]
    pub fn peek(&self) -> T {
        T::make(self.next)
    }

    /// The next `B` messages, not yet taken. Those past [`left`](Self::left) must not be sent.
    #[inline(always)]
    #[must_use]
    pub fn stage<const B: usize>(&self) -> [T; B] {
        std::array::from_fn(|i| T::make(self.next + i as u64))
    }

    /// Takes `count` messages: a queue has them.
    #[inline(always)]
    pub fn advance(&mut self, count: usize) {
        self.next += count as u64;
    }

    /// The sum of all digests of `count` messages of `producer`.
    #[must_use]
    pub fn digest_of(producer: usize, count: u64) -> u64 {
        let first = (producer as u64) << PRODUCER_SHIFT;
        let triangle = if count.is_multiple_of(2) {
            (count / 2).wrapping_mul(count.wrapping_sub(1))
        } else {
            count.wrapping_mul((count - 1) / 2)
        };
        first.wrapping_mul(count).wrapping_add(triangle).wrapping_mul(T::WORDS)
    }
}

impl<T: Message> Iterator for Values<T> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        if self.is_done() {
            return None;
        }
        let value = self.peek();
        self.next += 1;
        Some(value)
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.left(usize::MAX);
        (left, Some(left))
    }
}

impl<T: Message> ExactSizeIterator for Values<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_equals_the_sum_over_all_messages() {
        fn holds<T: Message>() {
            for count in [0, 1, 2, 7, 1000] {
                let sum = Values::<T>::of_producer(3, count)
                    .fold(0_u64, |sum, value| sum.wrapping_add(value.digest()));
                assert_eq!(sum, Values::<T>::digest_of(3, count), "{count} messages");
            }
        }
        holds::<u64>();
        holds::<[u64; 8]>();
        holds::<[u8; 64]>();
        holds::<[u8; 1024]>();
        holds::<Vec<u8>>();
        holds::<Kib>();
    }

    #[test]
    fn a_message_carries_its_number() {
        assert_eq!(u64::make(7).number(), 7);
        assert_eq!(<[u8; 64]>::make(1 << 40).number(), 1 << 40);
        assert_eq!(Vec::make(1 << 40).number(), 1 << 40);
    }
}
