//! The ring for elements whose size is known at run time: the ends and edges of
//! [`ring`](super::ring()), over memory that may be the caller's.
//!
//! It is not: typed (elements are bytes), or split in two: each end is a set of functions, and it
//! is for the caller to use it from one thread at a time. Who does not gets wrong elements; what
//! each end keeps are words that are atomic, so that it never leaves the ring.

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use crossbeam_utils::CachePadded;

use super::end::{Reader, Writer};
use super::{Place, Side};
use crate::ring::shape::{Lent, Shape, copy};
use crate::sync::{AtomicU64, ord};

/// The bytes that move from core to core together.
const LINE: usize = 64;

/// A bounded first-in first-out ring of elements, in memory of the caller, for one thread that pushes and one that pops.
pub(crate) struct RawRing {
    writer: CachePadded<Kept>,
    reader: CachePadded<Kept>,
    producer: CachePadded<Side>,
    consumer: CachePadded<Side>,
    first: NonNull<u8>,
    size: usize,
    capacity: usize,
}

/// What an end knows, between two calls.
struct Kept {
    count: AtomicU64,
    index: AtomicU64,
    seen: AtomicU64,
    patience: AtomicU64,
    /// Slots that are lent.
    lent: AtomicU64,
}

/// A reservation, or a view, is open at this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

// SAFETY: an end touches elements of its own part only (I1, I2), if it is used as it shall be.
unsafe impl Send for RawRing {}
// SAFETY: as above.
unsafe impl Sync for RawRing {}

impl RawRing {
    /// The memory that a ring [`within`](Self::within) the caller's needs of it; `None` if that is
    /// more than there can be.
    pub(crate) fn layout(shape: Shape) -> Option<Layout> {
        let bytes = shape.size.checked_mul(shape.capacity)?;
        Layout::from_size_align(bytes, shape.align.max(LINE)).ok()
    }

    /// A ring in memory of the caller.
    ///
    /// # Safety
    ///
    /// The memory is as [`layout`](Self::layout) says, and the ring's alone until that is dropped.
    pub(crate) unsafe fn within(shape: Shape, memory: NonNull<u8>) -> Self {
        let kept = || {
            CachePadded::new(Kept {
                count: AtomicU64::new(0),
                index: AtomicU64::new(0),
                seen: AtomicU64::new(0),
                patience: AtomicU64::new(u64::from(super::end::UNHURRIED)),
                lent: AtomicU64::new(0),
            })
        };
        Self {
            writer: kept(),
            reader: kept(),
            producer: CachePadded::new(Side::starting_at(0)),
            consumer: CachePadded::new(Side::starting_at(0)),
            first: memory,
            size: shape.size,
            capacity: shape.capacity,
        }
    }

    /// Bytes of an element, and from one to the next.
    #[inline(always)]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many elements were in the ring, at one moment of the call or a little more.
    pub(crate) fn len(&self) -> usize {
        // Relaxed: counts; no memory hangs on them. The one that is behind comes first.
        let consumed = self.consumer.count.load(ord!(SPSC_L3, load, Relaxed));
        // Relaxed: as above.
        let produced = self.producer.count.load(ord!(SPSC_L4, load, Relaxed));
        (produced.wrapping_sub(consumed) as usize).min(self.capacity)
    }

    /// Appends an element: false if there is no room.
    ///
    /// # Safety
    ///
    /// `elem` can be read for the size of an element.
    #[inline(always)]
    pub(crate) unsafe fn push<const SMALL: bool>(&self, elem: *const u8) -> Result<bool, Busy> {
        self.writer.check()?;
        let mut end = self.writer();
        if end.free(&self.consumer, 1) == 0 {
            self.writer.keep(end.at, end.consumed);
            return Ok(false);
        }
        // SAFETY: I1: a free slot is this end's alone; the element by the caller.
        unsafe { copy::<SMALL>(elem, self.elem(end.at.index), self.size) };
        end.at.step();
        self.writer.keep(end.at, end.consumed);
        end.publish(&self.producer);
        Ok(true)
    }

    /// Appends at least `min` and at most `max` elements from the first on, and says how many: none
    /// if there is no room for `min`.
    ///
    /// # Safety
    ///
    /// `elems` can be read for `max` elements.
    pub(crate) unsafe fn push_n(
        &self,
        elems: *const u8,
        min: usize,
        max: usize,
    ) -> Result<usize, Busy> {
        self.writer.check()?;
        let mut end = self.writer();
        let mut len = end.free(&self.consumer, max.min(self.capacity));
        if len < min {
            len = 0;
        }
        let mut from = elems;
        for (to, run) in self.runs(&end.at, len) {
            if run == 0 {
                break;
            }
            // SAFETY: I1: free slots are this end's alone; the source by the caller.
            unsafe {
                ptr::copy_nonoverlapping(from, to, run * self.size);
                from = from.add(run * self.size);
            }
        }
        end.at.advance(len);
        self.writer.keep(end.at, end.consumed);
        end.publish(&self.producer);
        Ok(len)
    }

    /// Takes the oldest element: false if there is none.
    ///
    /// # Safety
    ///
    /// `out` can be written for the size of an element.
    #[inline(always)]
    pub(crate) unsafe fn pop<const SMALL: bool>(&self, out: *mut u8) -> Result<bool, Busy> {
        self.reader.check()?;
        let mut end = self.reader();
        if end.filled(&self.producer, 1) == 0 {
            self.keep_reader(&end);
            return Ok(false);
        }
        // SAFETY: I2: a filled slot is this end's alone; `out` by the caller.
        unsafe { copy::<SMALL>(self.elem(end.at.index), out, self.size) };
        end.at.step();
        self.keep_reader(&end);
        end.give_back(&self.consumer);
        Ok(true)
    }

    /// Takes at least `min` and at most `max` of the oldest elements, and says how many: none if
    /// there are fewer than `min`.
    ///
    /// # Safety
    ///
    /// `out` can be written for `max` elements.
    pub(crate) unsafe fn pop_n(&self, out: *mut u8, min: usize, max: usize) -> Result<usize, Busy> {
        self.reader.check()?;
        let mut end = self.reader();
        let mut len = end.filled(&self.producer, max.min(self.capacity));
        if len < min {
            len = 0;
        }
        let mut to = out;
        for (from, run) in self.runs(&end.at, len) {
            if run == 0 {
                break;
            }
            // SAFETY: I2: filled slots are this end's alone; the target by the caller.
            unsafe {
                ptr::copy_nonoverlapping(from, to, run * self.size);
                to = to.add(run * self.size);
            }
        }
        end.at.advance(len);
        self.keep_reader(&end);
        end.give_back(&self.consumer);
        Ok(len)
    }

    /// Lends room for up to `max` elements, none if there is none now.
    pub(crate) fn reserve(&self, max: usize) -> Result<Lent, Busy> {
        self.writer.check()?;
        let mut end = self.writer();
        let len = end.free(&self.consumer, max.min(self.capacity));
        self.writer.keep(end.at, end.consumed);
        self.writer.lend(len);
        Ok(Lent { at: end.at.count, runs: self.runs(&end.at, len) })
    }

    /// Lets the consumer have the first `written` elements of what is reserved, and ends the
    /// reservation. False if that is less, or another one than that of `at`, or none.
    pub(crate) fn commit(&self, at: u64, written: usize) -> bool {
        let mut end = self.writer();
        if end.at.count != at || !self.writer.take_back(written) {
            return false;
        }
        end.at.advance(written);
        self.writer.keep(end.at, end.consumed);
        end.publish(&self.producer);
        true
    }

    /// Lends up to `max` of the oldest elements, none if there is none now.
    pub(crate) fn peek(&self, max: usize) -> Result<Lent, Busy> {
        self.reader.check()?;
        let mut end = self.reader();
        let len = end.filled(&self.producer, max.min(self.capacity));
        self.keep_reader(&end);
        self.reader.lend(len);
        Ok(Lent { at: end.at.count, runs: self.runs(&end.at, len) })
    }

    /// Lets the producer have the room of the first `read` elements of what is viewed, and ends the
    /// view. False if these are fewer, or another one than that of `at`, or none.
    pub(crate) fn release(&self, at: u64, read: usize) -> bool {
        let mut end = self.reader();
        if end.at.count != at || !self.reader.take_back(read) {
            return false;
        }
        end.at.advance(read);
        self.keep_reader(&end);
        end.give_back(&self.consumer);
        true
    }

    #[inline(always)]
    fn writer(&self) -> Writer<u8> {
        let (at, consumed) = self.writer.place(self);
        Writer { at, consumed }
    }

    #[inline(always)]
    fn reader(&self) -> Reader<u8> {
        let (at, produced) = self.reader.place(self);
        // Relaxed: this end's own.
        let patience = self.reader.patience.load(ord!(SPSC_K1, load, Relaxed)) as u32;
        Reader { at, produced, patience }
    }

    #[inline(always)]
    fn keep_reader(&self, end: &Reader<u8>) {
        self.reader.keep(end.at, end.produced);
        // Relaxed: this end's own.
        self.reader.patience.store(u64::from(end.patience), ord!(SPSC_K2, store, Relaxed));
    }

    #[inline(always)]
    fn elem(&self, index: usize) -> *mut u8 {
        debug_assert!(index < self.capacity);
        // SAFETY: I3: the index is below the capacity.
        unsafe { self.first.as_ptr().add(index * self.size) }
    }

    /// The next `len` slots, at most one capacity.
    #[inline(always)]
    fn runs(&self, at: &Place<u8>, len: usize) -> [(*mut u8, usize); 2] {
        at.ranges(len).map(|range| {
            if range.is_empty() {
                return (ptr::null_mut(), 0);
            }
            (self.elem(range.start), range.len())
        })
    }
}

impl Kept {
    /// Refuses if slots are lent.
    #[inline(always)]
    fn check(&self) -> Result<(), Busy> {
        // Relaxed: this end's own.
        if self.lent.load(ord!(SPSC_K3, load, Relaxed)) == 0 { Ok(()) } else { Err(Busy) }
    }

    fn lend(&self, len: usize) {
        // Relaxed: this end's own.
        self.lent.store(len as u64, ord!(SPSC_K4, store, Relaxed));
    }

    /// Ends a loan, if there is one of at least `len` slots.
    fn take_back(&self, len: usize) -> bool {
        // Relaxed: this end's own.
        let lent = self.lent.load(ord!(SPSC_K5, load, Relaxed));
        if lent == 0 || lent < len as u64 {
            return false;
        }
        self.lend(0);
        true
    }

    #[inline(always)]
    fn place(&self, ring: &RawRing) -> (Place<u8>, u64) {
        // Relaxed, all three: this end's own. The index is below the capacity, whoever stored it.
        let count = self.count.load(ord!(SPSC_K6, load, Relaxed));
        let index = self.index.load(ord!(SPSC_K7, load, Relaxed)) as usize;
        let seen = self.seen.load(ord!(SPSC_K8, load, Relaxed));
        let base = ring.first.as_ptr().cast();
        (Place { count, index, capacity: ring.capacity, base }, seen)
    }

    #[inline(always)]
    fn keep(&self, at: Place<u8>, seen: u64) {
        // Relaxed, all three: this end's own.
        self.count.store(at.count, ord!(SPSC_K9, store, Relaxed));
        self.index.store(at.index as u64, ord!(SPSC_KA, store, Relaxed));
        self.seen.store(seen, ord!(SPSC_KB, store, Relaxed));
    }
}
