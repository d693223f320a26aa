//! The ring for many producers and one consumer: [`mpmc`](super::mpmc) without the contended swap
//! at the reading end. Take it where many threads report to one.
//!
//! It is not: a channel (nobody waits here). With a single producer [`spsc`](super::spsc) is
//! faster.
//!
//! # Guarantees, progress, cost
//!
//! As [`mpmc`](super::mpmc), with one difference: the consumer steps forward by a store of its own,
//! so it never loses to another one, and a pop costs 2 ns less. A producer that is stopped between
//! claiming a slot and filling it still holds up the consumer that has come to the slot.
//!
//! # Threads
//!
//! [`Producer`] is `Send`, `Sync` and `Clone` for `T: Send`. [`Consumer`] is `Send`; its operations
//! take `&mut self`, and there is one of it.
//!
//! # Examples
//!
//! ```
//! use ringmill::ring::mpsc;
//! use std::thread;
//!
//! let (producer, mut consumer) = mpsc::ring(100)?;
//! thread::scope(|s| {
//!     for worker in 0..4 {
//!         let producer = producer.clone();
//!         s.spawn(move || producer.push(worker).expect("there is room for 100"));
//!     }
//! });
//! let mut reports: Vec<_> = std::iter::from_fn(|| consumer.pop()).collect();
//! reports.sort();
//! assert_eq!(reports, [0, 1, 2, 3]);
//! # Ok::<(), ringmill::ring::CapacityError>(())
//! ```

use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;

use super::mpmc::{ALONE, Ring};
use super::{CapacityError, Full};
use crate::sync::Arc;

/// A ring of exactly `capacity` slots, as its two ends.
///
/// # Errors
///
/// [`CapacityError`] if the capacity is 0, above 2^31, or there is no memory for it.
pub fn ring<T>(capacity: usize) -> Result<(Producer<T>, Consumer<T>), CapacityError> {
    let ring = Arc::new(Ring::new(capacity)?);
    Ok((Producer(Arc::clone(&ring)), Consumer(ring)))
}

/// The writing end: any number of clones, in any number of threads.
pub struct Producer<T>(Arc<Ring<T>>);

/// The reading end.
pub struct Consumer<T>(Arc<Ring<T>>);

impl<T> Producer<T> {
    /// As [`mpmc::Ring::push`](Ring::push).
    ///
    /// # Errors
    ///
    /// [`Full`], with the value, if there is no free slot.
    #[inline]
    pub fn push(&self, value: T) -> Result<(), Full<T>> {
        self.0.push(value)
    }

    /// As [`mpmc::Ring::push_n`](Ring::push_n).
    #[inline]
    pub fn push_n(&self, values: &[T]) -> usize
    where
        T: Copy,
    {
        self.0.push_n(values)
    }

    /// As [`mpmc::Ring::push_drain`](Ring::push_drain).
    #[inline]
    pub fn push_drain(&self, values: &mut Vec<T>) -> usize {
        self.0.push_drain(values)
    }

    /// As [`mpmc::Ring::push_iter`](Ring::push_iter).
    #[inline]
    pub fn push_iter<I>(&self, values: &mut I) -> usize
    where
        I: ExactSizeIterator<Item = T>,
    {
        self.0.push_iter(values)
    }
}

impl<T> Consumer<T> {
    /// As [`mpmc::Ring::pop`](Ring::pop).
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        // SAFETY: there is one consumer, borrowed for this call, and the producers do not take.
        unsafe { self.0.pop_as::<ALONE>() }
    }

    /// As [`mpmc::Ring::pop_n`](Ring::pop_n).
    #[inline]
    pub fn pop_n(&mut self, out: &mut [MaybeUninit<T>]) -> usize {
        // SAFETY: as for `pop`.
        unsafe { self.0.pop_n_as::<ALONE>(out) }
    }

    /// As [`mpmc::Ring::pop_into`](Ring::pop_into).
    #[inline]
    pub fn pop_into(&mut self, out: &mut Vec<T>, max: usize) -> usize {
        // SAFETY: as for `pop`.
        unsafe { self.0.pop_into_as::<ALONE>(out, max) }
    }
}

super::mpmc::end!(Producer);
super::mpmc::end!(Consumer);

impl<T> Clone for Producer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
