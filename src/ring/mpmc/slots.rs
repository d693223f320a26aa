//! The row of slots of a ring.

use alloc::alloc::{Layout, alloc, dealloc};
use core::marker::PhantomData;
use core::mem::{align_of, size_of};
use core::ops::Range;
use core::ptr::{self, NonNull};

use super::shared::Row;
use super::slot::{Slot, Turn};

/// The bytes that move from core to core together.
const LINE: usize = 64;

/// A row of slots, side by side, but that a slot larger than half a cache line has whole lines to
/// itself.
///
/// Neighbours that share a line make it come over once for all of them; so small slots are packed.
/// A large one that begins in the middle of a line touches one line more than it needs, and that
/// one is its neighbour's as well: with values of 64 bytes, 82 ns from core to core instead of 44.
pub(super) struct Slots<T> {
    first: NonNull<Slot<T>>,
    len: usize,
}

// SAFETY: a row of slots is owned like a box of them, and gives shared references only.
unsafe impl<T> Send for Slots<T> where Slot<T>: Send {}
// SAFETY: as above.
unsafe impl<T> Sync for Slots<T> where Slot<T>: Sync {}

impl<T> Slots<T> {
    /// From one slot to the next, in bytes: a multiple of the alignment of a slot.
    pub(super) const STRIDE: usize = {
        let size = size_of::<Slot<T>>();
        if size > LINE / 2 { size.next_multiple_of(LINE) } else { size }
    };

    fn layout(len: usize) -> Option<Layout> {
        let align = if align_of::<Slot<T>>() > LINE { align_of::<Slot<T>>() } else { LINE };
        Layout::from_size_align(Self::STRIDE.checked_mul(len)?, align).ok()
    }

    /// A row of `len` slots, or `None` if there is no memory for them.
    pub(super) fn try_new(len: usize, slot: impl FnMut() -> Slot<T>) -> Option<Self> {
        let layout = Self::layout(len)?;
        assert!(layout.size() > 0, "there is a slot, and its word is in it");
        // SAFETY: the layout is not empty.
        let first = NonNull::new(unsafe { alloc(layout) })?.cast();
        let slots = Self { first, len };
        slots.write(slot);
        Some(slots)
    }

    /// Makes each slot. On its own, since a slot may be too large for any stack: then there is no
    /// memory for a row of them, and this is not called.
    #[inline(never)]
    fn write(&self, mut slot: impl FnMut() -> Slot<T>) {
        for index in 0..self.len {
            // SAFETY: there is memory for `len` slots at this stride, aligned for them.
            unsafe { self.at(index).write(slot()) };
        }
    }

    /// A slot.
    ///
    /// # Safety
    ///
    /// `index` is below the length of the row.
    #[inline(always)]
    pub(super) unsafe fn get(&self, index: usize) -> &Slot<T> {
        debug_assert!(index < self.len);
        // SAFETY: the slot lies within the row, by the caller, and was written when it was made.
        unsafe { &*self.at(index) }
    }

    /// The slots of a range.
    ///
    /// # Panics
    ///
    /// If it goes beyond the row.
    #[inline(always)]
    pub(super) fn range(&self, range: Range<usize>) -> Iter<'_, T> {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: as asserted; the place behind the last slot is the end of the row's memory.
        let next = unsafe { self.at(range.start) };
        Iter { next, left: range.len(), slots: PhantomData }
    }

    /// Where a slot is.
    ///
    /// # Safety
    ///
    /// `index` is not above the length of the row; there, it is the end of its memory.
    #[inline(always)]
    unsafe fn at(&self, index: usize) -> *mut Slot<T> {
        // SAFETY: the slot lies within the memory of the row, by the caller.
        unsafe { self.first.as_ptr().byte_add(index * Self::STRIDE) }
    }
}

impl<T> Row for Slots<T> {
    #[inline(always)]
    unsafe fn turn(&self, index: usize) -> &Turn {
        // SAFETY: by the caller.
        unsafe { &self.get(index).turn }
    }

    #[inline(always)]
    fn turns(&self, range: Range<usize>) -> impl Iterator<Item = &Turn> {
        self.range(range).map(|slot| &slot.turn)
    }
}

/// Slots, one after the other.
pub(super) struct Iter<'a, T> {
    next: *const Slot<T>,
    left: usize,
    slots: PhantomData<&'a Slot<T>>,
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a Slot<T>;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a Slot<T>> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let slot = self.next;
        // SAFETY: there is a slot here, since there are some left; the step goes to the next one,
        // or to the end of the row's memory.
        unsafe {
            self.next = slot.byte_add(Slots::<T>::STRIDE);
            Some(&*slot)
        }
    }
}

impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        for index in 0..self.len {
            // SAFETY: each slot was written when the row was made, and is dropped once.
            unsafe { ptr::drop_in_place(self.at(index)) };
        }
        if let Some(layout) = Self::layout(self.len) {
            // SAFETY: allocated with this layout.
            unsafe { dealloc(self.first.as_ptr().cast(), layout) };
        }
    }
}
