//! The ring for elements whose size is known at run time: the claims, words and edges of
//! [`Ring`](super::Ring), over a row of slots with a stride of its own.
//!
//! It is not: typed (elements are bytes), or what Rust programs should take.
//!
//! # Guarantees
//!
//! As the typed ring's, but where slots are [lent](RawRing::reserve): who pops and comes to room
//! that is reserved finds the ring empty, who pushes and comes to elements that are viewed finds it
//! full, for as long as that lasts. Nobody waits for a caller.
//!
//! # Invariants
//!
//! - I5: a slot of which the word says that it is lent belongs to the caller to whom it was, and so
//!   do the slots behind it that were lent together with it: nobody passes the first one.
//!
//! # Edges
//!
//! - R4 -> A1, word: what was written into room that was given up, before what is written there in
//!   the next lap.

mod batch;
mod lend;
mod slots;

use crate::ring::CapacityError;
use crate::ring::shape::{Shape, copy};

use self::slots::RawSlots;
use super::Backoff;
use super::claim::{AWAITED, Claim, PROMPT, SHARED, Use};
use super::position::{Geometry, Position};
use super::shared::{Row, Shared};
use super::slot::Turn;

/// How a ring is used; see [`Use`].
pub(crate) mod used {
    use super::{AWAITED, PROMPT, SHARED, Use};

    /// By threads that nobody waits for.
    pub(crate) const PLAIN: Use = SHARED;
    /// By threads that look afterwards whether someone waits.
    pub(crate) const BY_WAITERS: Use = AWAITED;
    /// As [`BY_WAITERS`], by threads that have other rings to look at.
    pub(crate) const IN_TURN: Use = PROMPT;
}

/// A bounded first-in first-out ring of elements, for any number of threads.
pub struct RawRing {
    shared: Shared<RawSlots>,
}

impl RawRing {
    /// A ring in memory of its own.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub fn new(shape: Shape, touch: bool) -> Result<Self, CapacityError> {
        let slots = RawSlots::allocate(shape, touch).ok_or(CapacityError::OutOfMemory {
            capacity: shape.capacity,
            slot_bytes: shape.size,
        })?;
        Ok(Self::over(shape, slots))
    }

    /// What a ring [`within`](Self::within) the caller's memory needs of it; `None` if that is more
    /// than there can be.
    pub(crate) fn layout(shape: Shape) -> Option<core::alloc::Layout> {
        RawSlots::layout(shape)
    }

    /// A ring in memory of the caller.
    ///
    /// # Safety
    ///
    /// The memory is as [`layout`](Self::layout) says, and the ring's alone until that is dropped.
    pub(crate) unsafe fn within(shape: Shape, memory: core::ptr::NonNull<u8>) -> Self {
        // SAFETY: by the caller.
        Self::over(shape, unsafe { RawSlots::within(shape, memory) })
    }

    fn over(shape: Shape, slots: RawSlots) -> Self {
        Self { shared: Shared::starting_at(0, Geometry::new(shape.capacity), slots) }
    }

    /// Bytes of an element.
    #[inline(always)]
    pub(crate) fn size(&self) -> usize {
        self.shared.slots.size()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.shared.capacity()
    }

    /// As [`Ring::len`](super::Ring::len).
    pub(crate) fn len(&self) -> usize {
        self.shared.len()
    }

    /// As [`Ring::close`](super::Ring::close).
    pub(crate) fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether pushes are refused for ever.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// As [`Ring::seems_filled`](super::Ring::seems_filled).
    #[inline]
    pub(crate) fn seems_filled(&self) -> bool {
        let at = self.shared.head();
        self.turn(at).for_consumer().is_full(self.shared.geometry.lap(at))
    }

    /// Appends an element: false if there is no room.
    ///
    /// # Safety
    ///
    /// `elem` can be read for the size of an element.
    #[inline(always)]
    pub(crate) unsafe fn push<const USE: Use, const SMALL: bool>(&self, elem: *const u8) -> bool {
        let shared = &self.shared;
        let at = shared.tail();
        let free = self.turn(at).for_producer().is_free(shared.geometry.lap(at));
        // SAFETY: a shared end asks for nothing.
        if free && unsafe { shared.claim_tail::<USE>(at, shared.geometry.next(at)) } {
            // SAFETY: I1: the claim gave us this position; the element by the caller.
            unsafe { self.fill::<SMALL>(at, elem) };
            return true;
        }
        // SAFETY: by the caller.
        unsafe { self.push_again::<USE>(elem, free) }
    }

    /// Goes on where a first try lost the swap, or found the slot taken.
    ///
    /// # Safety
    ///
    /// As for [`RawRing::push`].
    #[inline(never)]
    unsafe fn push_again<const USE: Use>(&self, elem: *const u8, lost: bool) -> bool {
        // SAFETY: a shared end asks for nothing.
        let claim = unsafe { self.shared.claim_free::<USE>(1, 1, Backoff::after(lost)) };
        let Some(Claim { at, .. }) = claim else { return false };
        // SAFETY: I1: the claim gave us this position; the element by the caller.
        unsafe { self.fill::<false>(at, elem) };
        true
    }

    /// Takes the oldest element: false if there is none.
    ///
    /// # Safety
    ///
    /// `out` can be written for the size of an element.
    #[inline(always)]
    pub(crate) unsafe fn pop<const USE: Use, const SMALL: bool>(&self, out: *mut u8) -> bool {
        let shared = &self.shared;
        let at = shared.head();
        let full = self.turn(at).for_consumer().is_full(shared.geometry.lap(at));
        // SAFETY: a shared end asks for nothing.
        if full && unsafe { shared.claim_head::<USE>(at, shared.geometry.next(at)) } {
            // SAFETY: I2: the claim gave us this position, and it was full; `out` by the caller.
            unsafe { self.take::<SMALL>(at, out) };
            return true;
        }
        // SAFETY: by the caller.
        unsafe { self.pop_again::<USE>(out, full) }
    }

    /// Goes on where a first try lost the swap, or found no element.
    ///
    /// # Safety
    ///
    /// As for [`RawRing::pop`].
    #[inline(never)]
    unsafe fn pop_again<const USE: Use>(&self, out: *mut u8, lost: bool) -> bool {
        let Some((claim, _)) = self.claim_elems::<USE>(1, 1, Backoff::after(lost)) else {
            return false;
        };
        // SAFETY: I2: the claim is ours, with one element in it; `out` by the caller.
        unsafe { self.take_all(claim, 1, out) };
        true
    }

    /// # Safety
    ///
    /// The caller owns the position as a producer (I1), and `elem` can be read.
    #[inline(always)]
    unsafe fn fill<const SMALL: bool>(&self, at: Position, elem: *const u8) {
        // SAFETY: by the caller.
        unsafe {
            copy::<SMALL>(elem, self.place(at), self.size());
            self.turn(at).fill(self.shared.geometry.lap(at));
        }
    }

    /// # Safety
    ///
    /// The caller owns the position as a consumer (I2), which is full, and `out` can be written.
    #[inline(always)]
    unsafe fn take<const SMALL: bool>(&self, at: Position, out: *mut u8) {
        // SAFETY: by the caller.
        unsafe {
            copy::<SMALL>(self.place(at), out, self.size());
            self.turn(at).free(self.shared.geometry.lap(at));
        }
    }

    #[inline(always)]
    fn turn(&self, at: Position) -> &Turn {
        self.shared.turn(at)
    }

    /// Where the element of a position is.
    #[inline(always)]
    fn place(&self, at: Position) -> *mut u8 {
        let index = self.shared.geometry.index(at);
        // SAFETY: I3: the index of a position is below the capacity.
        unsafe { self.shared.slots.elem(index) }
    }
}
