//! Keys and their hash.

use twox_hash::XxHash3_64;

/// The hash of a key: XXH3-64 with seed 0 over its bytes.
///
/// The same in every release and in every language.
///
/// ```
/// # use ringmill::partition::hash_of;
/// assert_eq!(hash_of(b""), 0x2D06_8005_38D3_94C2);
/// ```
#[inline]
pub fn hash_of(key: &[u8]) -> u64 {
    XxHash3_64::oneshot(key)
}

/// Something whose bytes are a key.
///
/// Numbers are their little-endian bytes, so that they hash alike everywhere.
///
/// # Examples
///
/// ```
/// use ringmill::partition::{ByKey, Key, Partitioned};
///
/// let queue = Partitioned::new(8, 64)?;
/// let first_field = |line: &String| line.split(',').next().unwrap_or_default().key_hash();
/// let mut producer = queue.producer(ByKey(first_field));
/// let partition = producer.try_push("anna,1".to_string())?;
/// assert_eq!(producer.try_push("anna,2".to_string())?, partition);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Key {
    /// The hash of its bytes: [`hash_of`].
    fn key_hash(&self) -> u64;
}

impl Key for [u8] {
    #[inline]
    fn key_hash(&self) -> u64 {
        hash_of(self)
    }
}

impl<const N: usize> Key for [u8; N] {
    #[inline]
    fn key_hash(&self) -> u64 {
        hash_of(self)
    }
}

impl Key for str {
    #[inline]
    fn key_hash(&self) -> u64 {
        hash_of(self.as_bytes())
    }
}

impl Key for alloc::string::String {
    #[inline]
    fn key_hash(&self) -> u64 {
        hash_of(self.as_bytes())
    }
}

impl Key for alloc::vec::Vec<u8> {
    #[inline]
    fn key_hash(&self) -> u64 {
        hash_of(self)
    }
}

impl<K: Key + ?Sized> Key for &K {
    #[inline]
    fn key_hash(&self) -> u64 {
        (**self).key_hash()
    }
}

macro_rules! numbers {
    ($($number:ty)+) => {
        $(impl Key for $number {
            #[inline]
            fn key_hash(&self) -> u64 {
                hash_of(&self.to_le_bytes())
            }
        })+
    };
}
numbers! { u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 }
