//! A row of slots with a stride that is known at run time.

use alloc::alloc::{alloc, dealloc};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::needs_drop;
use core::ops::Range;
use core::ptr::{self, NonNull};

use super::{Row, Shape, Turn};
use crate::ring::mpmc::slot::Word;

/// The bytes that move from core to core together.
const LINE: usize = 64;

/// A row of slots, laid out as [`Slots`](crate::ring::mpmc::slots::Slots) of a type of the same
/// size and alignment would be: a word, then the element.
pub(super) struct RawSlots {
    first: NonNull<u8>,
    /// From one slot to the next.
    stride: usize,
    /// From the word of a slot to its element.
    offset: usize,
    size: usize,
    capacity: usize,
    /// To be given back, unless the memory is the caller's.
    owned: Option<Layout>,
}

// SAFETY: a row of slots is owned like a box of them. Their words are atomic, and whoever touches
// an element owns its position (I1, I2, I5).
unsafe impl Send for RawSlots {}
// SAFETY: as above.
unsafe impl Sync for RawSlots {}

/// Where things are in a row.
struct Plan {
    stride: usize,
    offset: usize,
    row: Layout,
}

impl Plan {
    fn of(shape: Shape) -> Option<Self> {
        let (slot, offset) = Layout::new::<Turn>()
            .extend(Layout::from_size_align(shape.size, shape.align).ok()?)
            .ok()?;
        let size = slot.pad_to_align().size();
        let stride = if size > LINE / 2 {
            size.checked_next_multiple_of(LINE.max(shape.align))?
        } else {
            size
        };
        let bytes = stride.checked_mul(shape.capacity)?;
        let row = Layout::from_size_align(bytes, slot.align().max(LINE)).ok()?;
        Some(Self { stride, offset, row })
    }
}

impl RawSlots {
    /// The memory that a row needs, or `None` if that is more than there can be.
    pub(super) fn layout(shape: Shape) -> Option<Layout> {
        Some(Plan::of(shape)?.row)
    }

    /// A row in memory of its own, or `None` if there is none.
    pub(super) fn allocate(shape: Shape, touch: bool) -> Option<Self> {
        let layout = Self::layout(shape)?;
        // SAFETY: there is a slot, and its word is in it.
        let memory = NonNull::new(unsafe { alloc(layout) })?;
        if touch {
            // SAFETY: these bytes have just been allocated.
            unsafe { ptr::write_bytes(memory.as_ptr(), 0, layout.size()) };
        }
        // SAFETY: as laid out, and nobody else's.
        let mut slots = unsafe { Self::within(shape, memory) };
        slots.owned = Some(layout);
        Some(slots)
    }

    /// A row in memory of the caller.
    ///
    /// # Safety
    ///
    /// The memory is as [`layout`](Self::layout) says, and the row's alone until that is dropped.
    pub(super) unsafe fn within(shape: Shape, memory: NonNull<u8>) -> Self {
        let plan = Plan::of(shape).expect("the caller has laid it out");
        let Shape { size, capacity, .. } = shape;
        let slots = Self {
            first: memory,
            stride: plan.stride,
            offset: plan.offset,
            size,
            capacity,
            owned: None,
        };
        for index in 0..capacity {
            // SAFETY: the row has a word for each index, which nobody has seen yet.
            unsafe { slots.slot(index).cast::<Turn>().write(Turn::new(0)) };
        }
        slots
    }

    #[inline(always)]
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// From one element to the next, but from the last to the first.
    #[inline(always)]
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Where the element of a slot is.
    ///
    /// # Safety
    ///
    /// `index` is below the capacity.
    #[inline(always)]
    pub(super) unsafe fn elem(&self, index: usize) -> *mut u8 {
        // SAFETY: the slot lies within the row, by the caller.
        unsafe { self.slot(index).add(self.offset) }
    }

    /// The slots of a range: their words, and where their elements are.
    ///
    /// # Panics
    ///
    /// If it goes beyond the row.
    #[inline(always)]
    pub(super) fn range(&self, range: Range<usize>) -> Iter<'_> {
        assert!(range.start <= range.end && range.end <= self.capacity);
        // SAFETY: as asserted; the place behind the last slot is the end of the row's memory.
        let next = unsafe { self.slot(range.start) };
        let Self { stride, offset, .. } = *self;
        Iter { next, left: range.len(), stride, offset, slots: PhantomData }
    }

    /// # Safety
    ///
    /// `index` is not above the capacity.
    #[inline(always)]
    unsafe fn slot(&self, index: usize) -> *mut u8 {
        debug_assert!(index <= self.capacity);
        // SAFETY: within the memory of the row, or at its end.
        unsafe { self.first.as_ptr().add(index * self.stride) }
    }
}

/// Slots, one after the other.
pub(super) struct Iter<'a> {
    next: *mut u8,
    left: usize,
    stride: usize,
    offset: usize,
    slots: PhantomData<&'a Turn>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Turn, *mut u8);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let slot = self.next;
        // SAFETY: there is a slot here, since there are some left; the step goes to the next one,
        // or to the end of the row's memory.
        unsafe {
            self.next = slot.add(self.stride);
            Some((&*slot.cast::<Turn>(), slot.add(self.offset)))
        }
    }
}

impl Row for RawSlots {
    #[inline(always)]
    unsafe fn turn(&self, index: usize) -> &Turn {
        // SAFETY: the slot lies within the row, by the caller; its word was written when the row
        // was made, and is atomic.
        unsafe { &*self.slot(index).cast::<Turn>() }
    }

    #[inline(always)]
    fn turns(&self, range: Range<usize>) -> impl Iterator<Item = &Turn> {
        self.range(range).map(|(turn, _)| turn)
    }

    #[inline(always)]
    fn is_reserved(word: Word, lap: u32) -> bool {
        word.is_reserved(lap)
    }

    #[inline(always)]
    fn is_viewed(word: Word, lap: u32) -> bool {
        word.is_viewed(lap)
    }
}

impl Drop for RawSlots {
    fn drop(&mut self) {
        if needs_drop::<Turn>() {
            for index in 0..self.capacity {
                // SAFETY: each word was written when the row was made, and is dropped once.
                unsafe { ptr::drop_in_place(self.slot(index).cast::<Turn>()) };
            }
        }
        if let Some(layout) = self.owned {
            // SAFETY: allocated with this layout.
            unsafe { dealloc(self.first.as_ptr(), layout) };
        }
    }
}
