//! The ring for one producer and one consumer: the fastest there is, wait-free on both sides, with
//! batches and zero copy. Take [`mpmc`](super::mpmc) as soon as a third thread comes in.
//!
//! It is not: a channel (nobody waits here) or unbounded.
//!
//! # How it works
//!
//! Each end counts the values that it has passed, and publishes its count in a word that only it
//! writes. The slots between the two counts hold values and belong to the consumer; the others are
//! free and belong to the producer:
//!
//! ```text
//!          consumer: 41                 producer: 44
//!               v                             v
//!   +------+--------+--------+--------+------+------+
//!   | free | value  | value  | value  | free | free |
//!   +------+--------+--------+--------+------+------+
//!            the consumer's             the producer's
//! ```
//!
//! Reading the other end's count brings its cache line over, which is the dearest thing here. So
//! each end remembers the count that it last saw and looks again only when that says "full" or
//! "empty". Then there is often a whole run of new values, or of free slots, to go on with. A
//! consumer that comes back after a short run takes one pause before it looks again, so that the
//! run grows: without it both ends settle at handing the line over every few values.
//!
//! # Guarantees
//!
//! First-in first-out. "Full" and "empty" are what an end has seen of the other one: two ends that
//! ask at the same moment may get answers that no single order explains. Who builds waiting on them
//! needs a [`fence(SeqCst)`](core::sync::atomic::fence) on both sides first. A value that did not
//! fit goes back to the caller. Each end can ask whether the other one [is
//! gone](Consumer::is_disconnected); what was pushed before can still be taken. When both are gone,
//! what is left in the ring is dropped.
//!
//! # Progress
//!
//! Every operation is wait-free: it never repeats anything, and a stopped thread delays nobody. (A
//! full ring stays full while the consumer is stopped, and an empty one empty while the producer
//! is.)
//!
//! # Cost
//!
//! Push, pop: O(1), no read-modify-write, one store that others see, and a load of the other end's
//! count about once a run. A pop that looks again after a look that found nothing, or just a few
//! values, takes one pause (20 to 40 ns on today's x86) first; eight times in a row at most while
//! there is nothing. A batch copies at most two slices and publishes them by one store. Memory: the
//! values, 512 bytes for the ring, and 128 for each end. Nothing is allocated after [`ring`], but
//! by the vectors that a caller passes.
//!
//! # Threads
//!
//! [`Producer`] and [`Consumer`] are `Send` for `T: Send`; neither is `Sync` or `Clone`. That is
//! what makes "one producer, one consumer" a fact and not a promise.
//!
//! # Invariants
//!
//! - I1: the slots from the producer's count to one capacity after the consumer's are the
//!   producer's alone, and hold nothing.
//! - I2: the slots from the consumer's count to the producer's are the consumer's alone, and each
//!   holds a value.
//! - I3: the index of a place is below the capacity: it steps with the count, and goes from the
//!   last slot to 0.
//!
//! # Edges
//!
//! - R1 -> A1, producer's count: the values, from `publish` to `filled`.
//! - R2 -> A2, consumer's count: the values are out, from `give_back` to `free`.
//! - R3 -> A3, producer's farewell: its last count.
//!
//! # Source
//!
//! L. Lamport, "Specifying Concurrent Program Modules", 1983, for the two counts; the remembered
//! count is from P. Lee, T. Bu and G. Chandranmenon, "A Lock-Free, Cache-Efficient Multi-Core
//! Synchronization Mechanism for Line-Rate Network Traffic Monitoring" (MCRingBuffer), IPDPS 2010.
//! Changed: the index is kept beside the count, so that the capacity need not be a power of two.
//!
//! # Examples
//!
//! ```
//! use ringmill::ring::spsc;
//! use std::thread;
//!
//! let (mut producer, mut consumer) = spsc::ring(256)?;
//! let sum = thread::scope(|s| {
//!     s.spawn(move || {
//!         for n in 1..=1_000_u32 {
//!             while producer.push(n).is_err() {
//!                 thread::yield_now(); // full
//!             }
//!         }
//!     });
//!     s.spawn(move || {
//!         let mut sum = 0;
//!         loop {
//!             // Asked before the last look, so that nothing is missed.
//!             let over = consumer.is_disconnected();
//!             while let Some(n) = consumer.pop() {
//!                 sum += n;
//!             }
//!             if over {
//!                 return sum;
//!             }
//!             thread::yield_now(); // empty
//!         }
//!     })
//!     .join()
//! });
//! assert_eq!(sum.unwrap(), 500_500);
//! # Ok::<(), ringmill::ring::CapacityError>(())
//! ```

mod chunk;
mod consumer;
mod end;
mod producer;
#[cfg(feature = "capi")]
pub(crate) mod raw;

#[cfg(test)]
mod tests;

use core::mem::{MaybeUninit, size_of};
use core::ops::Range;
use core::ptr;

use crossbeam_utils::CachePadded;

use super::CapacityError;
use crate::sync::{Arc, AtomicU64, Cells, ord};

pub use self::chunk::{Readable, Reserved};
pub use self::consumer::Consumer;
pub use self::producer::Producer;

/// A ring of exactly `capacity` slots, as its two ends. All of its memory is allocated here.
///
/// # Errors
///
/// [`CapacityError`] if the capacity is 0, above 2^31, or there is no memory for it.
pub fn ring<T>(capacity: usize) -> Result<(Producer<T>, Consumer<T>), CapacityError> {
    starting_at(capacity, 0)
}

/// A ring whose counts come round to 0 again after `values` values, for models of the wrap-around.
#[doc(hidden)]
#[cfg(any(test, ringmill_loom))]
pub fn before_wrap<T>(
    capacity: usize,
    values: u64,
) -> Result<(Producer<T>, Consumer<T>), CapacityError> {
    starting_at(capacity, 0_u64.wrapping_sub(values))
}

/// A ring whose counts begin at `start`.
fn starting_at<T>(
    capacity: usize,
    start: u64,
) -> Result<(Producer<T>, Consumer<T>), CapacityError> {
    CapacityError::check(capacity)?;
    let cells = Cells::try_new(capacity)
        .ok_or(CapacityError::OutOfMemory { capacity, slot_bytes: size_of::<T>() })?;
    let shared = Arc::new(Shared {
        consumer: CachePadded::new(Side::starting_at(start)),
        producer: CachePadded::new(Side::starting_at(start)),
        capacity,
        cells,
    });
    let place = shared.place(start, 0);
    Ok((Producer::new(Arc::clone(&shared), place), Consumer::new(shared, place)))
}

/// What both ends see.
struct Shared<T> {
    consumer: CachePadded<Side>,
    producer: CachePadded<Side>,
    capacity: usize,
    cells: Cells<T>,
}

impl<T> Shared<T> {
    fn place(&self, count: u64, index: usize) -> Place<T> {
        Place { count, index, capacity: self.capacity, base: self.cells.as_ptr() }
    }
}

// SAFETY: values move from the producer's thread to the consumer's (I1, I2); each end gives
// references to its own part of the cells only.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

/// What one end tells the other. Written by that end alone.
struct Side {
    /// How many values it has passed.
    count: AtomicU64,
    /// 0 until it is dropped, then 1 + the slot that it would have used next.
    left: AtomicU64,
}

impl Side {
    fn starting_at(count: u64) -> Self {
        Self { count: AtomicU64::new(count), left: AtomicU64::new(0) }
    }
}

/// How far one end has come, and what it needs to go on without a look at what both share.
struct Place<T> {
    /// The values passed: the count that this end publishes.
    count: u64,
    /// The slot that is next.
    index: usize,
    capacity: usize,
    /// The first cell.
    base: *mut MaybeUninit<T>,
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Place<T> {}

impl<T> Place<T> {
    /// The next slot.
    #[inline(always)]
    fn slot(&self) -> *mut MaybeUninit<T> {
        debug_assert!(self.index < self.capacity);
        // SAFETY: I3: the index is below the capacity, so the slot lies within the cells.
        unsafe { self.base.add(self.index) }
    }

    /// Goes one slot further.
    #[inline(always)]
    fn step(&mut self) {
        let next = self.index + 1;
        self.index = if next < self.capacity { next } else { 0 };
        self.count = self.count.wrapping_add(1);
    }

    /// Goes `steps` slots further, at most one capacity.
    #[inline(always)]
    fn advance(&mut self, steps: usize) {
        debug_assert!(steps <= self.capacity);
        let next = self.index + steps;
        self.index = if next < self.capacity { next } else { next - self.capacity };
        self.count = self.count.wrapping_add(steps as u64);
    }

    /// What an end that goes leaves in [`Side::left`].
    fn left(&self) -> u64 {
        1 + self.index as u64
    }

    /// The indices of the next `len` slots: up to the end of the ring, then from its beginning.
    #[inline(always)]
    fn ranges(&self, len: usize) -> [Range<usize>; 2] {
        let before_end = len.min(self.capacity - self.index);
        [self.index..self.index + before_end, 0..len - before_end]
    }

    /// The next `len` slots.
    #[inline(always)]
    fn slots(&self, len: usize) -> [*mut [T]; 2] {
        self.ranges(len).map(|range| {
            debug_assert!(range.end <= self.capacity);
            // SAFETY: I3: the range lies within the cells.
            let first = unsafe { self.base.add(range.start) };
            ptr::slice_from_raw_parts_mut(first.cast::<T>(), range.len())
        })
    }
}

/// Drops the values of two slices, each once, also when one of them panics.
///
/// # Safety
///
/// The values are initialised, and not used again.
unsafe fn drop_values<T>(first: *mut [T], second: *mut [T]) {
    struct Rest<T>(*mut [T]);
    impl<T> Drop for Rest<T> {
        fn drop(&mut self) {
            // SAFETY: by the caller of `drop_values`. Goes on behind a value that panics.
            unsafe { ptr::drop_in_place(self.0) };
        }
    }
    let _rest = Rest(second);
    drop(Rest(first));
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // Relaxed: the last end to go has synchronised with the other one through the `Arc`.
        let consumed = self.consumer.count.load(ord!(SPSC_D1, load, Relaxed));
        // Relaxed: as above.
        let produced = self.producer.count.load(ord!(SPSC_D2, load, Relaxed));
        // Relaxed: as above. An end that is not gone was never made: there is nothing in the ring.
        let Some(index) = self.consumer.left.load(ord!(SPSC_D3, load, Relaxed)).checked_sub(1)
        else {
            return;
        };
        let oldest = self.place(consumed, index as usize);
        let len = produced.wrapping_sub(consumed) as usize;
        let [first, second] = oldest.slots(len);
        let _reading = oldest.ranges(len).map(|r| self.cells.writing(r.start, r.len()));
        // SAFETY: I2: these slots are filled, and both ends are gone.
        unsafe { drop_values(first, second) };
    }
}
