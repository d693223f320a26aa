//! The ring for one producer and many consumers: [`mpmc`](super::mpmc) without the contended swap
//! at the writing end. Take it where one thread hands out work.
//!
//! It is not: broadcast (each value goes to one consumer), nor a channel (nobody waits here).
//! With a single consumer [`spsc`](super::spsc) is faster.
//!
//! # Guarantees, progress, cost
//!
//! As [`mpmc`](super::mpmc), with one difference: the producer steps forward by a store of its own,
//! so it never loses to another one, and a push costs 2 ns less. A consumer that is stopped between
//! claiming a slot and emptying it still holds up the producer that has come to the slot one lap
//! later.
//!
//! # Threads
//!
//! [`Producer`] is `Send` for `T: Send`; its operations take `&mut self`, and there is one of it.
//! [`Consumer`] is `Send`, `Sync` and `Clone`.
//!
//! # Examples
//!
//! ```
//! use ringmill::ring::spmc;
//! use std::thread;
//!
//! let (mut producer, consumer) = spmc::ring(100)?;
//! producer.push_iter(&mut (1..101));
//! let sum: u32 = thread::scope(|s| {
//!     let workers = [(); 4].map(|()| {
//!         let consumer = consumer.clone();
//!         s.spawn(move || std::iter::from_fn(|| consumer.pop()).sum::<u32>())
//!     });
//!     workers.into_iter().map(|worker| worker.join().unwrap()).sum()
//! });
//! assert_eq!(sum, 5_050);
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

/// The writing end.
pub struct Producer<T>(Arc<Ring<T>>);

/// The reading end: any number of clones, in any number of threads.
pub struct Consumer<T>(Arc<Ring<T>>);

impl<T> Producer<T> {
    /// As [`mpmc::Ring::push`](Ring::push).
    ///
    /// # Errors
    ///
    /// [`Full`], with the value, if there is no free slot.
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        // SAFETY: there is one producer, borrowed for this call.
        unsafe { self.0.push_as::<ALONE>(value) }
    }

    /// As [`mpmc::Ring::push_n`](Ring::push_n).
    #[inline]
    pub fn push_n(&mut self, values: &[T]) -> usize
    where
        T: Copy,
    {
        // SAFETY: as for `push`.
        unsafe { self.0.push_n_as::<ALONE>(values) }
    }

    /// As [`mpmc::Ring::push_drain`](Ring::push_drain).
    #[inline]
    pub fn push_drain(&mut self, values: &mut Vec<T>) -> usize {
        // SAFETY: as for `push`.
        unsafe { self.0.push_drain_as::<ALONE>(values) }
    }

    /// As [`mpmc::Ring::push_iter`](Ring::push_iter).
    #[inline]
    pub fn push_iter<I>(&mut self, values: &mut I) -> usize
    where
        I: ExactSizeIterator<Item = T>,
    {
        // SAFETY: as for `push`; the iterator cannot push here, since this end is borrowed.
        unsafe { self.0.push_iter_as::<I, ALONE>(values) }
    }
}

impl<T> Consumer<T> {
    /// As [`mpmc::Ring::pop`](Ring::pop).
    #[inline]
    pub fn pop(&self) -> Option<T> {
        self.0.pop()
    }

    /// As [`mpmc::Ring::pop_n`](Ring::pop_n).
    #[inline]
    pub fn pop_n(&self, out: &mut [MaybeUninit<T>]) -> usize {
        self.0.pop_n(out)
    }

    /// As [`mpmc::Ring::pop_into`](Ring::pop_into).
    #[inline]
    pub fn pop_into(&self, out: &mut Vec<T>, max: usize) -> usize {
        self.0.pop_into(out, max)
    }
}

super::mpmc::end!(Producer);
super::mpmc::end!(Consumer);

impl<T> Clone for Consumer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
