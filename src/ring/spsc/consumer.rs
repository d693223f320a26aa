//! The reading end.

use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr;

use super::chunk::Readable;
use super::end::Reader;
use super::{Place, Shared};
use crate::sync::{Access, Arc, ord};

/// The reading end of a ring. `Send`, and used by one thread at a time.
///
/// It keeps its state on cache lines of its own, wherever it is put.
#[repr(align(128))]
pub struct Consumer<T> {
    end: Reader<T>,
    shared: Arc<Shared<T>>,
}

impl<T> Consumer<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, at: Place<T>) -> Self {
        Self { end: Reader::new(at), shared }
    }

    /// Takes the oldest value; `None` if there is none as far as this end has seen.
    ///
    /// # Progress
    ///
    /// Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::spsc;
    /// let (mut producer, mut consumer) = spsc::ring(2)?;
    /// producer.push("a").unwrap();
    /// assert_eq!(consumer.pop(), Some("a"));
    /// assert_eq!(consumer.pop(), None);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        if self.filled(1) == 0 {
            return None;
        }
        let value = {
            let _reading = self.shared.cells.reading(self.end.at.index, 1);
            // SAFETY: I2: a filled slot is this end's alone and holds a value, which is read once.
            unsafe { (*self.end.at.slot()).assume_init_read() }
        };
        self.end.at.step();
        self.end.give_back(&self.shared.consumer);
        Some(value)
    }

    /// Takes as many values as are there and `out` has room for, oldest first, and says how many.
    ///
    /// The first `n` elements of `out` are then initialised.
    ///
    /// # Progress
    ///
    /// Wait-free, O(n): two copies at most and one store to give the slots back.
    #[inline]
    pub fn pop_n(&mut self, out: &mut [MaybeUninit<T>]) -> usize {
        let len = self.filled(out.len());
        if len == 0 {
            return 0;
        }
        {
            let (slots, _reading) = self.slots(len);
            let mut place = out.as_mut_ptr().cast::<T>();
            for slots in slots {
                // SAFETY: I2: the slots hold values, which leave them here; `out` has room for
                // `len`.
                unsafe {
                    ptr::copy_nonoverlapping(slots.cast::<T>(), place, slots.len());
                    place = place.add(slots.len());
                }
            }
        }
        self.release(len);
        len
    }

    /// Takes as many values as are there, at most `max`, to the end of `out`, and says how many.
    ///
    /// Allocates only if `out` lacks room for what is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::spsc;
    /// let (mut producer, mut consumer) = spsc::ring(4)?;
    /// producer.push_n(&[1, 2, 3]);
    /// let mut batch = Vec::with_capacity(4);
    /// assert_eq!(consumer.pop_into(&mut batch, 2), 2);
    /// assert_eq!(batch, [1, 2]);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    pub fn pop_into(&mut self, out: &mut Vec<T>, max: usize) -> usize {
        let len = self.filled(max);
        out.reserve(len);
        let taken = self.pop_n(&mut out.spare_capacity_mut()[..len]);
        // SAFETY: `pop_n` has initialised the `taken` elements behind the old length.
        unsafe { out.set_len(out.len() + taken) };
        taken
    }

    /// Up to `n` of the oldest values, to be read in place.
    ///
    /// Fewer than `n`, or none, if no more are there at this moment. They stay in the ring until
    /// [`Readable::release`]; dropping it leaves them all.
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
    /// producer.push_n(b"key=value"); // the first four fit
    /// let readable = consumer.readable(usize::MAX);
    /// let (bytes, _) = readable.slices();
    /// let end = bytes.iter().position(|b| *b == b'=').map_or(bytes.len(), |at| at + 1);
    /// readable.release(end);
    /// assert!(consumer.is_empty());
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn readable(&mut self, n: usize) -> Readable<'_, T> {
        let len = self.filled(n);
        Readable::new(self, len)
    }

    /// How many slots there are.
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }

    /// How many values are in the ring, at least: the producer may be adding some.
    pub fn len(&self) -> usize {
        // Relaxed: a count; no memory hangs on it.
        let produced = self.shared.producer.count.load(ord!(SPSC_L2, load, Relaxed));
        produced.wrapping_sub(self.end.at.count) as usize
    }

    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the producer finds no room.
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Whether the producer is gone. What it pushed is still there to be taken, and nothing will
    /// come after it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::spsc;
    /// let (mut producer, mut consumer) = spsc::ring(2)?;
    /// producer.push(1).unwrap();
    /// drop(producer);
    /// // First the question, then the last look: in this order nothing is missed.
    /// while !consumer.is_disconnected() {}
    /// assert_eq!(consumer.pop(), Some(1));
    /// assert_eq!(consumer.pop(), None);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    pub fn is_disconnected(&self) -> bool {
        // Acquire A3, pairs with R3 in the producer's `drop`: the last count is visible.
        self.shared.producer.left.load(ord!(SPSC_A3, load, Acquire)) != 0
    }

    /// How many of `wanted` slots are filled; looks at the producer only if it must.
    #[inline(always)]
    fn filled(&mut self, wanted: usize) -> usize {
        self.end.filled(&self.shared.producer, wanted)
    }

    /// Lets the producer have the next `len` slots, whose values are out.
    #[inline(always)]
    pub(super) fn release(&mut self, len: usize) {
        self.end.release(&self.shared.consumer, len);
    }

    /// The next `len` slots, which must be filled; to be used while the [`Access`]es live.
    #[inline(always)]
    pub(super) fn slots(&self, len: usize) -> ([*mut [T]; 2], [Access; 2]) {
        let reading = self.end.at.ranges(len).map(|r| self.shared.cells.reading(r.start, r.len()));
        (self.end.at.slots(len), reading)
    }
}

// SAFETY: the pointer is to cells that `shared` keeps alive, and this end's part of them is its own
// (I2); values of `T` move with it from thread to thread.
unsafe impl<T: Send> Send for Consumer<T> {}

// No call that panics leaves the end in a state that another one could trip over.
impl<T> UnwindSafe for Consumer<T> {}
impl<T> RefUnwindSafe for Consumer<T> {}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        // Relaxed: a hint; the last owner of the ring drops what is in it, ordered by the `Arc`.
        self.shared.consumer.left.store(self.end.at.left(), ord!(SPSC_G2, store, Relaxed));
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("disconnected", &self.is_disconnected())
            .finish_non_exhaustive()
    }
}
