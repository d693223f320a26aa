//! The writing end.

use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::chunk::Reserved;
use super::end::Writer;
use super::{Place, Shared};
use crate::ring::Full;
use crate::sync::{Access, Arc, ord};

/// The writing end of a ring. `Send`, and used by one thread at a time.
///
/// It keeps its state on cache lines of its own, wherever it is put.
#[repr(align(128))]
pub struct Producer<T> {
    end: Writer<T>,
    shared: Arc<Shared<T>>,
}

impl<T> Producer<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, at: Place<T>) -> Self {
        Self { end: Writer::new(at), shared }
    }

    /// Appends a value.
    ///
    /// # Errors
    ///
    /// [`Full`], with the value, if there is no free slot as far as this end has seen. A consumer
    /// that is gone is no error: see [`is_disconnected`](Self::is_disconnected).
    ///
    /// # Progress
    ///
    /// Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::ring::{Full, spsc};
    ///
    /// let (mut producer, consumer) = spsc::ring(1)?;
    /// assert_eq!(producer.push(1), Ok(()));
    /// assert_eq!(producer.push(2), Err(Full(2)));
    /// # drop(consumer);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        if self.free(1) == 0 {
            return Err(Full(value));
        }
        {
            let _writing = self.shared.cells.writing(self.end.at.index, 1);
            // SAFETY: I1: a free slot is this end's alone.
            unsafe { (*self.end.at.slot()).write(value) };
        }
        self.end.at.step();
        self.end.publish(&self.shared.producer);
        Ok(())
    }

    /// Appends as many of `values` as fit, in order, and says how many that was.
    ///
    /// What does not fit, `values[n..]`, stays with the caller.
    ///
    /// # Progress
    ///
    /// Wait-free, O(n): two copies at most and one store to publish them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::spsc;
    /// let (mut producer, mut consumer) = spsc::ring(3)?;
    /// assert_eq!(producer.push_n(&[1, 2, 3, 4]), 3);
    /// assert_eq!(consumer.pop(), Some(1));
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn push_n(&mut self, values: &[T]) -> usize
    where
        T: Copy,
    {
        let mut reserved = self.reserve(values.len());
        let (first, second) = reserved.slices_mut();
        let len = first.len() + second.len();
        let (left, right) = values[..len].split_at(first.len());
        for (places, values) in [(first, left), (second, right)] {
            // SAFETY: an initialised value is a valid `MaybeUninit`.
            places.copy_from_slice(unsafe { &*(values as *const [T] as *const [MaybeUninit<T>]) });
        }
        // SAFETY: both slices have been written.
        unsafe { reserved.commit(len) };
        len
    }

    /// Moves as many values as fit from the front of `values`, and says how many that was.
    ///
    /// What does not fit stays in `values`, in order. Wait-free, O(length of `values`).
    pub fn push_drain(&mut self, values: &mut Vec<T>) -> usize {
        let fit = self.free(values.len());
        self.push_iter(&mut values.drain(..fit))
    }

    /// Appends as many values of the iterator as fit, and says how many that was.
    ///
    /// What does not fit stays in the iterator. The values are published together at the end; if
    /// the iterator panics or ends early, those that it gave are published.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::spsc;
    /// let (mut producer, consumer) = spsc::ring(2)?;
    /// let mut names = ["a", "b", "c"].into_iter().map(String::from);
    /// assert_eq!(producer.push_iter(&mut names), 2);
    /// assert_eq!(names.next().as_deref(), Some("c"));
    /// # drop(consumer);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn push_iter<I>(&mut self, values: &mut I) -> usize
    where
        I: ExactSizeIterator<Item = T>,
    {
        /// Publishes what was written when the iterator ends, whichever way that is.
        struct Commit<'a, T>(Option<Reserved<'a, T>>);
        impl<T> Drop for Commit<'_, T> {
            fn drop(&mut self) {
                self.0.take().map(Reserved::commit_written);
            }
        }
        let mut commit = Commit(Some(self.reserve(values.len())));
        commit.0.as_mut().map_or(0, |reserved| reserved.fill(values))
    }

    /// Up to `n` free slots to write in place.
    ///
    /// Fewer than `n`, or none, if the ring has no more room at this moment. Nothing is published
    /// until [`Reserved::commit`]; dropping it gives the slots back.
    ///
    /// # Progress
    ///
    /// Wait-free, O(1).
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::spsc;
    /// let (mut producer, mut consumer) = spsc::ring(4)?;
    /// let mut reserved = producer.reserve(2);
    /// reserved.write(10); // in place, no unsafe code needed
    /// reserved.write(20);
    /// assert_eq!(reserved.commit_written(), 2);
    /// assert_eq!(consumer.readable(8).slices(), (&[10, 20][..], &[][..]));
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn reserve(&mut self, n: usize) -> Reserved<'_, T> {
        let len = self.free(n);
        Reserved::new(self, len)
    }

    /// How many slots there are.
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }

    /// How many values are in the ring, at most: the consumer may be taking some.
    pub fn len(&self) -> usize {
        // Relaxed: a count; no memory hangs on it.
        let consumed = self.shared.consumer.count.load(ord!(SPSC_L1, load, Relaxed));
        self.end.at.count.wrapping_sub(consumed) as usize
    }

    /// Whether every value has been taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a push would be refused.
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Whether the consumer is gone, so that nobody will take what is pushed.
    ///
    /// What is in the ring then is dropped with this end.
    pub fn is_disconnected(&self) -> bool {
        // Relaxed: the consumer leaves nothing behind that this end reads.
        self.shared.consumer.left.load(ord!(SPSC_G1, load, Relaxed)) != 0
    }

    /// How many of `wanted` slots are free; looks at the consumer only if it must.
    #[inline(always)]
    fn free(&mut self, wanted: usize) -> usize {
        self.end.free(&self.shared.consumer, wanted)
    }

    /// Lets the consumer have the next `len` slots, which hold values.
    #[inline(always)]
    pub(super) fn commit(&mut self, len: usize) {
        self.end.commit(&self.shared.producer, len);
    }

    /// The next `len` slots, which must be free; to be used while the [`Access`]es live.
    #[inline(always)]
    pub(super) fn slots(&self, len: usize) -> ([*mut [T]; 2], [Access; 2]) {
        let writing = self.end.at.ranges(len).map(|r| self.shared.cells.writing(r.start, r.len()));
        (self.end.at.slots(len), writing)
    }
}

// SAFETY: the pointer is to cells that `shared` keeps alive, and this end's part of them is its own
// (I1); values of `T` move with it from thread to thread.
unsafe impl<T: Send> Send for Producer<T> {}

// No call that panics leaves the end in a state that another one could trip over.
impl<T> UnwindSafe for Producer<T> {}
impl<T> RefUnwindSafe for Producer<T> {}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        // Release R3, pairs with A3 in `Consumer::is_disconnected`: who sees it sees all that was
        // pushed.
        self.shared.producer.left.store(self.end.at.left(), ord!(SPSC_R3, store, Release));
    }
}

impl<T> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("disconnected", &self.is_disconnected())
            .finish_non_exhaustive()
    }
}
