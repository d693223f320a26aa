//! Slots lent to be written or read in place.

use core::fmt;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr;

use super::consumer::Consumer;
use super::drop_values;
use super::producer::Producer;
use crate::sync::Access;

/// Free slots of a ring, to be written in place; from [`Producer::reserve`].
///
/// Nothing of it is visible to the consumer until it is committed. Dropping it drops what
/// [`write`](Self::write) has written and gives the slots back.
pub struct Reserved<'a, T> {
    producer: &'a mut Producer<T>,
    slots: [*mut [T]; 2],
    written: usize,
    writing: Option<[Access; 2]>,
}

// SAFETY: the slots are the producer's (I1), which is `Send` under the same condition.
unsafe impl<T: Send> Send for Reserved<'_, T> {}

impl<'a, T> Reserved<'a, T> {
    #[inline(always)]
    pub(super) fn new(producer: &'a mut Producer<T>, len: usize) -> Self {
        let (slots, writing) = producer.slots(len);
        Self { producer, slots, written: 0, writing: Some(writing) }
    }

    /// How many slots were reserved.
    #[inline]
    pub fn len(&self) -> usize {
        self.slots[0].len() + self.slots[1].len()
    }

    /// Whether there was no free slot.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slots that [`write`](Self::write) has not written: those up to the end of the ring, then
    /// those from its beginning.
    #[inline]
    pub fn slices_mut(&mut self) -> (&mut [MaybeUninit<T>], &mut [MaybeUninit<T>]) {
        // SAFETY: I1: free slots are the producer's alone, which is borrowed for as long as this.
        unsafe { behind(self.slots, self.written) }
    }

    /// Writes a value to the first slot that has none.
    ///
    /// # Panics
    ///
    /// If all slots have been written.
    #[inline]
    pub fn write(&mut self, value: T) {
        let (first, second) = self.slices_mut();
        let free = first.first_mut().or(second.first_mut());
        free.expect("all slots have been written").write(value);
        self.written += 1;
    }

    /// Writes values of the iterator to the slots that have none, until there are no more of
    /// either, and says how many that was. No more are taken from the iterator than are written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::spsc;
    /// let (mut producer, mut consumer) = spsc::ring(4)?;
    /// let mut reserved = producer.reserve(4);
    /// reserved.write(0);
    /// let mut odd = (1..).step_by(2);
    /// assert_eq!(reserved.fill(&mut odd), 3);
    /// reserved.commit_written();
    /// assert_eq!(consumer.readable(4).slices().0, [0, 1, 3, 5]);
    /// assert_eq!(odd.next(), Some(7));
    /// # drop(consumer);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn fill(&mut self, values: &mut impl Iterator<Item = T>) -> usize {
        /// Counts, and tells when that is over, whichever way it ends.
        struct Count<'a> {
            written: usize,
            total: &'a mut usize,
        }
        impl Drop for Count<'_> {
            fn drop(&mut self) {
                *self.total += self.written;
            }
        }
        // SAFETY: I1: free slots are the producer's alone, which is borrowed for as long as this.
        let (first, second) = unsafe { behind(self.slots, self.written) };
        let mut count = Count { written: 0, total: &mut self.written };
        for slot in first.iter_mut().chain(second) {
            let Some(value) = values.next() else { break };
            slot.write(value);
            count.written += 1;
        }
        count.written
    }

    /// Publishes the values that [`write`](Self::write) has written, and says how many.
    #[inline]
    pub fn commit_written(self) -> usize {
        let written = self.written;
        // SAFETY: nothing is asked of 0 slots.
        unsafe { self.commit(0) };
        written
    }

    /// Publishes what [`write`](Self::write) has written and the first `len` slots behind it; the
    /// others are given back.
    ///
    /// # Safety
    ///
    /// The first `len` slots of [`slices_mut`](Self::slices_mut) are initialised.
    ///
    /// # Panics
    ///
    /// If `len` is more than there are. Nothing is published then.
    #[inline]
    pub unsafe fn commit(self, len: usize) {
        assert!(len <= self.len() - self.written, "commit of more slots than were reserved");
        // Not to be dropped: what has been written goes to the consumer.
        let mut this = ManuallyDrop::new(self);
        this.writing = None;
        let len = this.written + len;
        if len > 0 {
            this.producer.commit(len);
        }
    }
}

impl<T> Drop for Reserved<'_, T> {
    fn drop(&mut self) {
        let (first, second) = split(self.slots, self.written);
        // SAFETY: `write` has initialised them, nobody has seen them, and they are not published.
        unsafe { drop_values(first, second) };
    }
}

impl<T> fmt::Debug for Reserved<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserved")
            .field("len", &self.len())
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

/// The oldest values of a ring, to be read in place; from [`Consumer::readable`].
///
/// They stay in the ring until they are released. Dropping it leaves them all.
pub struct Readable<'a, T> {
    consumer: &'a mut Consumer<T>,
    slots: [*mut [T]; 2],
    reading: Option<[Access; 2]>,
}

// SAFETY: the values are the consumer's (I2), which is `Send` under the same condition.
unsafe impl<T: Send> Send for Readable<'_, T> {}

impl<'a, T> Readable<'a, T> {
    #[inline(always)]
    pub(super) fn new(consumer: &'a mut Consumer<T>, len: usize) -> Self {
        let (slots, reading) = consumer.slots(len);
        Self { consumer, slots, reading: Some(reading) }
    }

    /// How many values these are.
    #[inline]
    pub fn len(&self) -> usize {
        self.slots[0].len() + self.slots[1].len()
    }

    /// Whether the ring was empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, oldest first: those up to the end of the ring, then those from its beginning.
    #[inline]
    pub fn slices(&self) -> (&[T], &[T]) {
        let [first, second] = self.slots;
        // SAFETY: I2: filled slots hold values and are the consumer's alone, which is borrowed for
        // as long as this.
        unsafe { (&*first, &*second) }
    }

    /// Drops the first `len` values in place and gives their slots to the producer; the others
    /// stay.
    ///
    /// If a value's `drop` panics, the others are dropped all the same, and all `len` are released.
    ///
    /// # Panics
    ///
    /// If `len` is more than there are.
    #[inline]
    pub fn release(mut self, len: usize) {
        /// Gives the slots back when the values are out, whichever way that ends.
        struct Release<'a, T> {
            consumer: &'a mut Consumer<T>,
            len: usize,
            reading: Option<[Access; 2]>,
        }
        impl<T> Drop for Release<'_, T> {
            fn drop(&mut self) {
                self.reading = None;
                self.consumer.release(self.len);
            }
        }
        assert!(len <= self.len(), "release of more values than were readable");
        let (first, second) = split(self.slots, len);
        let _release = Release { consumer: self.consumer, len, reading: self.reading.take() };
        // SAFETY: I2: the values are the consumer's, and it never looks at these slots again.
        unsafe { drop_values(first, second) };
    }
}

impl<T> fmt::Debug for Readable<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readable").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The slots of two runs behind the first `len`.
///
/// # Safety
///
/// They are the caller's alone for as long as the slices live.
#[inline(always)]
unsafe fn behind<'a, T>(
    slots: [*mut [T]; 2],
    len: usize,
) -> (&'a mut [MaybeUninit<T>], &'a mut [MaybeUninit<T>]) {
    let [first, second] = slots;
    let (first, second) = (first as *mut [MaybeUninit<T>], second as *mut [MaybeUninit<T>]);
    // SAFETY: by the caller.
    let (first, second) = unsafe { (&mut *first, &mut *second) };
    let in_first = len.min(first.len());
    (&mut first[in_first..], &mut second[len - in_first..])
}

/// The first `len` slots of two runs.
#[inline(always)]
fn split<T>(slots: [*mut [T]; 2], len: usize) -> (*mut [T], *mut [T]) {
    let [first, second] = slots;
    let in_first = len.min(first.len());
    (
        ptr::slice_from_raw_parts_mut(first.cast(), in_first),
        ptr::slice_from_raw_parts_mut(second.cast(), len - in_first),
    )
}
