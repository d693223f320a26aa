//! The writing end of partitions.

use alloc::vec::Vec;
use core::fmt;
#[cfg(feature = "std")]
use core::time::Duration;
#[cfg(feature = "std")]
use std::time::Instant;

#[cfg(feature = "std")]
use super::PushFuture;
use super::{Partitioner, Partitions, Producing, PushError, PushErrorKind, Shared};
use crate::ring::mpmc::Ring;
#[cfg(feature = "std")]
use crate::wait::{Event, Strategy, block};

/// A writing end of [`Partitioned`](super::Partitioned), with a partitioner of its own.
///
/// When the last one is gone, handles included, the queue closes.
pub struct Producer<T, P> {
    producing: Producing<Ring<T>>,
    partitioner: P,
    #[cfg(feature = "std")]
    strategy: Strategy,
    batch: Batch<T>,
}

/// What a batch needs while it is taken apart. Kept, so that only the first ones allocate.
struct Batch<T> {
    /// The partition of each value.
    partitions: Vec<usize>,
    /// The values of each partition.
    values: Vec<Vec<T>>,
}

impl<T, P: Partitioner<T>> Producer<T, P> {
    pub(super) fn new(producing: Producing<Ring<T>>, partitioner: P) -> Self {
        let batch = Batch { partitions: Vec::new(), values: Vec::new() };
        #[cfg(feature = "std")]
        return Self { producing, partitioner, strategy: Strategy::default(), batch };
        #[cfg(not(feature = "std"))]
        Self { producing, partitioner, batch }
    }

    /// Appends a value to the partition that the partitioner names, and says which that was. Never
    /// waits.
    ///
    /// # Errors
    ///
    /// [`PushError`], with the value, if that partition is full or does not exist, or the queue is
    /// closed.
    #[inline]
    pub fn try_push(&mut self, value: T) -> Result<usize, PushError<T>> {
        let (partition, value) = self.choose(value)?;
        self.shared().try_push(partition, value)?;
        Ok(partition)
    }

    /// Appends a value to a partition of the caller's choice. Never waits.
    ///
    /// # Errors
    ///
    /// As [`try_push`](Self::try_push).
    #[inline]
    pub fn try_push_to(&mut self, partition: usize, value: T) -> Result<(), PushError<T>> {
        let value = self.check(partition, value)?;
        self.shared().try_push(partition, value)
    }

    /// Appends as many of `values` as there is room for, each to its partition, and says how many
    /// that was. Never waits.
    ///
    /// What does not fit stays in `values`, the values of a partition in their order. The values of
    /// one call stand next to each other in their partition, and cost it one contended operation.
    ///
    /// # Errors
    ///
    /// [`Closed`](PushErrorKind::Closed), or
    /// [`NoSuchPartition`](PushErrorKind::NoSuchPartition) if the partitioner named one for any of
    /// them. Then nothing was pushed, and all values stay.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::partition::{Partitioned, RoundRobin};
    ///
    /// let queue = Partitioned::new(2, 2)?;
    /// let mut producer = queue.producer(RoundRobin::new());
    /// let mut values = vec![0, 1, 2, 3, 4, 5];
    /// assert_eq!(producer.try_push_batch(&mut values), Ok(4));
    /// assert_eq!(values, [4, 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_push_batch(&mut self, values: &mut Vec<T>) -> Result<usize, PushErrorKind> {
        let shared = &*self.producing.0;
        let count = shared.partitions.len();
        let Batch { partitions, values: parts } = &mut self.batch;
        partitions.clear();
        for value in values.iter() {
            let partition = self.partitioner.partition(value, Partitions::of(shared));
            if partition >= count {
                return Err(PushErrorKind::NoSuchPartition { partition, partitions: count });
            }
            partitions.push(partition);
        }
        parts.resize_with(count, Vec::new);
        for (value, partition) in values.drain(..).zip(&*partitions) {
            parts[*partition].push(value);
        }
        let (mut pushed, mut closed) = (0, false);
        for partition in &*partitions {
            let part = &mut parts[*partition];
            if part.is_empty() {
                continue; // It was named before.
            }
            let ring = &shared.partitions[*partition].ring;
            let fit = ring.push_drain_awaited(part);
            if fit > 0 {
                shared.announce(*partition, fit);
            }
            pushed += fit;
            closed |= fit == 0 && ring.is_closed();
            values.append(part);
        }
        if pushed == 0 && closed { Err(PushErrorKind::Closed) } else { Ok(pushed) }
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.shared().partitions.len()
    }

    /// Accepts nothing more from any producer; false if that was so already.
    pub fn close(&self) -> bool {
        self.shared().close()
    }

    /// Whether nothing is accepted any more.
    pub fn is_closed(&self) -> bool {
        self.shared().is_closed()
    }

    #[inline]
    fn choose(&mut self, value: T) -> Result<(usize, T), PushError<T>> {
        let partitions = Partitions::of(&*self.producing.0);
        let partition = self.partitioner.partition(&value, partitions);
        Ok((partition, self.check(partition, value)?))
    }

    #[inline]
    fn check(&self, partition: usize, value: T) -> Result<T, PushError<T>> {
        let partitions = self.partitions();
        if partition < partitions {
            return Ok(value);
        }
        Err(PushError::new(PushErrorKind::NoSuchPartition { partition, partitions }, value))
    }

    #[inline]
    fn shared(&self) -> &Shared<Ring<T>> {
        &self.producing.0
    }
}

/// Waiting for room.
#[cfg(feature = "std")]
impl<T, P: Partitioner<T>> Producer<T, P> {
    /// Sets how the blocking calls of this end wait.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Appends a value to the partition that the partitioner names, and says which that was; waits
    /// while it is full.
    ///
    /// # Errors
    ///
    /// [`PushError`], with the value, if the partition does not exist or the queue is closed, also
    /// while this waits.
    pub fn push(&mut self, value: T) -> Result<usize, PushError<T>> {
        self.push_until(value, None)
    }

    /// As [`push`](Self::push), at most for `timeout`.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and [`TimedOut`](PushErrorKind::TimedOut).
    pub fn push_timeout(&mut self, value: T, timeout: Duration) -> Result<usize, PushError<T>> {
        self.push_until(value, Instant::now().checked_add(timeout))
    }

    /// As [`push`](Self::push), until `deadline` at most. One in the past tries once.
    ///
    /// # Errors
    ///
    /// As [`push_timeout`](Self::push_timeout).
    pub fn push_deadline(&mut self, value: T, deadline: Instant) -> Result<usize, PushError<T>> {
        self.push_until(value, Some(deadline))
    }

    /// A future that appends a value as soon as its partition has room. The partition is chosen
    /// here.
    pub fn push_async(&mut self, value: T) -> PushFuture<'_, T> {
        PushFuture::new(self.choose(value), &self.producing.0)
    }

    /// Appends all of `values`, each to its partition; waits while one of these is full.
    ///
    /// # Errors
    ///
    /// As [`try_push_batch`](Self::try_push_batch). What was not pushed stays in `values`, the
    /// values of a partition in their order.
    pub fn push_batch(&mut self, values: &mut Vec<T>) -> Result<(), PushErrorKind> {
        loop {
            self.try_push_batch(values)?;
            if values.is_empty() {
                return Ok(());
            }
            if let Err(error) = self.push(values.remove(0)) {
                let kind = error.kind();
                values.insert(0, error.into_inner());
                return Err(kind);
            }
        }
    }

    fn push_until(&mut self, value: T, deadline: Option<Instant>) -> Result<usize, PushError<T>> {
        let (partition, value) = self.choose(value)?;
        let shared = self.shared();
        let mut value = Some(value);
        let pushed = block(&shared.partitions[partition].room, self.strategy, deadline, || {
            shared.attempt(partition, &mut value)
        });
        match (pushed, value) {
            (Some(result), _) => result.map(|()| partition),
            (None, Some(value)) => Err(PushError::new(PushErrorKind::TimedOut, value)),
            (None, None) => unreachable!("a value that was not pushed is here"),
        }
    }
}

#[cfg(feature = "std")]
impl<T> Shared<Ring<T>> {
    /// Tries to push the value that is there; it is there again if the partition is full.
    pub(super) fn attempt(
        &self,
        partition: usize,
        value: &mut Option<T>,
    ) -> Option<Result<(), PushError<T>>> {
        match self.try_push(partition, value.take()?) {
            Err(error) if error.is_full() => {
                *value = Some(error.into_inner());
                None
            }
            ended => Some(ended),
        }
    }
}

#[cfg(feature = "std")]
impl<R> Shared<R> {
    /// What is to be waited for when there is no room.
    pub(super) fn room(&self, partition: usize) -> &Event {
        &self.partitions[partition].room
    }
}

impl<T, P> fmt::Debug for Producer<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("partitions", &self.producing.0.partitions.len())
            .field("closed", &self.producing.0.is_closed())
            .finish_non_exhaustive()
    }
}
