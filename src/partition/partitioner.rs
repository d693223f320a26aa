//! Which partition a value goes to.

use core::fmt;

use super::Shared;
use crate::ring::mpmc::Ring;

/// Chooses the partition of each value that a producer pushes.
///
/// It belongs to one producer, and may keep state: nothing is shared with other producers. Values
/// that shall keep their order among each other must get the same partition from every producer.
///
/// Every `FnMut(&T, usize) -> usize` is one, from the value and the number of partitions.
///
/// # Examples
///
/// ```
/// use ringmill::partition::Partitioned;
///
/// let queue = Partitioned::new(4, 16)?;
/// let mut producer = queue.producer(|order: &u64, partitions: usize| *order as usize % partitions);
/// assert_eq!(producer.try_push(6), Ok(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Partitioner<T> {
    /// The partition of `value`, below [`Partitions::count`]: another one is refused.
    fn partition(&mut self, value: &T, partitions: Partitions<'_>) -> usize;
}

impl<T, F: FnMut(&T, usize) -> usize> Partitioner<T> for F {
    #[inline]
    fn partition(&mut self, value: &T, partitions: Partitions<'_>) -> usize {
        self(value, partitions.count())
    }
}

/// What a partitioner may know of the partitions.
#[derive(Clone, Copy)]
pub struct Partitions<'a> {
    count: usize,
    lengths: &'a dyn Lengths,
}

/// The lengths of partitions, of whatever type their values are.
pub(crate) trait Lengths {
    /// How many partitions there are.
    fn count(&self) -> usize;

    /// How many values are in one of them.
    fn len_of(&self, partition: usize) -> usize;
}

impl<T> Lengths for Shared<Ring<T>> {
    fn count(&self) -> usize {
        self.partitions.len()
    }

    fn len_of(&self, partition: usize) -> usize {
        self.partitions[partition].ring.len()
    }
}

impl<'a> Partitions<'a> {
    #[inline]
    pub(crate) fn of(lengths: &'a dyn Lengths) -> Self {
        Self { count: lengths.count(), lengths }
    }

    /// How many there are.
    #[inline]
    pub fn count(self) -> usize {
        self.count
    }

    /// How many values are in one of them.
    ///
    /// # Panics
    ///
    /// If there is no such partition.
    pub fn len_of(self, partition: usize) -> usize {
        self.lengths.len_of(partition)
    }
}

impl fmt::Debug for Partitions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partitions").field("count", &self.count()).finish_non_exhaustive()
    }
}

/// By key: values with the same key go to the same partition, in order, from every producer.
///
/// From the hash of a value's key, [`partition_of`] makes the partition. With the feature `hash`,
/// [`Key::key_hash`](super::Key::key_hash) is a hash that is the same everywhere and for ever.
///
/// # Examples
///
/// ```
/// use ringmill::partition::{ByKey, Partitioned};
///
/// struct Order {
///     customer: u64,
/// }
///
/// let queue = Partitioned::new(8, 64)?;
/// let customer = |order: &Order| order.customer.wrapping_mul(0x9E37_79B9_7F4A_7C15);
/// let mut producer = queue.producer(ByKey(customer));
/// let first = producer.try_push(Order { customer: 7 })?;
/// assert_eq!(producer.try_push(Order { customer: 7 })?, first);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByKey<F>(pub F);

impl<T, F: FnMut(&T) -> u64> Partitioner<T> for ByKey<F> {
    #[inline]
    fn partition(&mut self, value: &T, partitions: Partitions<'_>) -> usize {
        partition_of((self.0)(value), partitions.count())
    }
}

/// The partition of a key with this hash: the high bits of `hash` times the number of partitions.
///
/// The same in every release and in every language: partition `floor(hash * partitions / 2^64)`.
///
/// ```
/// # use ringmill::partition::partition_of;
/// assert_eq!(partition_of(0, 8), 0);
/// assert_eq!(partition_of(1 << 63, 8), 4);
/// assert_eq!(partition_of(u64::MAX, 8), 7);
/// ```
#[inline]
pub fn partition_of(hash: u64, partitions: usize) -> usize {
    ((u128::from(hash) * partitions as u128) >> u64::BITS) as usize
}

/// In turn: value by value to the next partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin {
    next: usize,
}

impl RoundRobin {
    /// Begins with partition 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with another one, so that several producers do not walk in step.
    pub fn starting_at(partition: usize) -> Self {
        Self { next: partition }
    }
}

impl<T> Partitioner<T> for RoundRobin {
    #[inline]
    fn partition(&mut self, _value: &T, partitions: Partitions<'_>) -> usize {
        let partition = if self.next < partitions.count() { self.next } else { 0 };
        self.next = partition + 1;
        partition
    }
}

/// In turn, so many values to one partition before the next: neighbours stay together, and batches
/// are whole.
#[derive(Clone, Copy, Debug)]
pub struct Sticky {
    turns: RoundRobin,
    partition: usize,
    left: usize,
    batch: usize,
}

impl Sticky {
    /// `batch` values to one partition before the next; 0 counts as 1.
    pub fn new(batch: usize) -> Self {
        Self { turns: RoundRobin::new(), partition: 0, left: 0, batch: batch.max(1) }
    }
}

impl<T> Partitioner<T> for Sticky {
    #[inline]
    fn partition(&mut self, value: &T, partitions: Partitions<'_>) -> usize {
        if self.left == 0 {
            self.partition = self.turns.partition(value, partitions);
            self.left = self.batch;
        }
        self.left -= 1;
        self.partition
    }
}

/// To the partition that holds the fewest values; the next in turn among equals.
///
/// O(partitions) for each value, and a look at every ring's ends: for few, expensive values.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeastLoaded {
    next: usize,
}

impl LeastLoaded {
    /// Begins with partition 0.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T> Partitioner<T> for LeastLoaded {
    fn partition(&mut self, _value: &T, partitions: Partitions<'_>) -> usize {
        let count = partitions.count();
        let first = self.next % count;
        let least = (first..count).chain(0..first).min_by_key(|p| partitions.len_of(*p));
        let partition = least.unwrap_or(0);
        self.next = partition + 1;
        partition
    }
}
