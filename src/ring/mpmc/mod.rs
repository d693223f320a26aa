//! The ring for any number of producers and consumers: take it whenever more than one thread may
//! stand on either side. With one thread on each side [`spsc`](super::spsc) is faster.
//!
//! It is not: a channel (nobody waits here), unbounded, or fair between threads.
//!
//! # How it works
//!
//! Each slot carries, beside its value, a **word** of {lap, state}: how often the ring has been
//! gone round, and whether the slot is free or full in that lap. Head and tail are **positions**,
//! {lap, index} in one word as well. So one look at a slot tells a thread whether the slot has
//! reached the lap that the thread is in:
//!
//! ```text
//!   producer, tail = {lap 7, index 2}          consumer, head = {lap 7, index 2}
//!
//!   1  the word of slot 2 is {7, free}?        1  the word of slot 2 is {7, full}?
//!   2  tail: {7, 2} -> {7, 3}, by a swap       2  head: {7, 2} -> {7, 3}, by a swap
//!      (slot 2 of lap 7 is mine)                  (slot 2 of lap 7 is mine)
//!   3  write the value                         3  move the value out
//!   4  word := {7, full}                       4  word := {8, free}
//! ```
//!
//! The swap decides who gets the slot, the word says when its value may be touched. A free slot
//! stays free until somebody claims its position, and a full one stays full; so a **batch** may
//! look at the words of a whole range first and then claim all of it with a single swap.
//!
//! A producer that finds the word of the last lap looks at the head: if that is one lap behind, the
//! ring is full. A consumer that finds no value looks at the tail: if that is where the head is,
//! the ring is empty. Else another thread is at work in the slot, and it waits for it.
//!
//! # Guarantees
//!
//! First-in first-out over all producers and consumers, linearizable: values come out in the order
//! in which the pushes took effect, and a push or pop that returned before another one began took
//! effect before it. That goes for refusals too: [`push`](Ring::push) fails only if the ring was
//! full, [`pop`](Ring::pop) gives `None` only if it was empty, at one moment between call and
//! return. There is one order of events that all threads agree on, over several rings too: a fence
//! stands before every such answer.
//!
//! A value that did not fit goes back to the caller. Nothing is lost or dropped twice, whatever
//! panics: see [`push_iter`](Ring::push_iter). Dropping the ring drops what is in it.
//!
//! # Progress
//!
//! No operation takes a lock, and a thread that loses a swap lost it to one that succeeded (or, on
//! machines that build it from a linked load and a conditional store, to nobody). Yet this is
//! **not** lock-free in the technical sense, like every ring in which values live beside sequence
//! numbers: a thread that is stopped *between* claiming a slot and setting its word (steps 2 to 4,
//! some nanoseconds; in [`push_iter`](Ring::push_iter) for as long as the iterator runs) holds up
//! the threads that come to this slot. What that means:
//!
//! | stopped | delayed |
//! |---|---|
//! | a producer in its claim | consumers, when they have come to its slot; producers one lap later |
//! | a consumer in its claim | producers, when they have come to its slot one lap later |
//! | anywhere else | nobody |
//!
//! They wait by spinning, then (feature `std`) by giving their core away at every look. After a
//! lost swap a thread stays away for 64 pauses (1.6 us where a pause takes 25 ns), then for 128:
//! two cores that push and pop in turn then cost 11 ns a value instead of 90, and the one that lost
//! is late by that much.
//!
//! Before a thread asks for the other end's position it looks at the slot a few more times (8
//! pauses, once at each place where the ring runs dry): the question would take away a line that
//! the other side is probably using, and cost both more than the pauses.
//!
//! # Cost
//!
//! Push, pop: O(1), one contended compare-and-swap, two loads, one store; the cache line of the
//! slot. The other end's position is read only to answer "full" or "empty". A batch costs one
//! compare-and-swap, and a load and a store for each value. Memory: 4 bytes and the value for each
//! slot, rounded up to the alignment (16 bytes for a `u64`), above 32 bytes to whole cache lines of
//! 64; and 384 bytes for the ring. Nothing is allocated after [`new`](Ring::new), but by the
//! vectors that a caller passes.
//!
//! Payloads above about 64 bytes are dearer to copy than to queue: put them behind a pointer or an
//! index.
//!
//! # Threads
//!
//! [`Ring<T>`] is `Sync` for every `T: Send`: all operations take `&self`, share it as you like.
//!
//! # Invariants
//!
//! - I1: a producer owns a position from its claim, which steps the tail over it, until it stores
//!   the word (`fill` or `abandon`); it saw the slot free, or owns it by I2 as well (`force_push`).
//!   Nobody else touches the value meanwhile.
//! - I2: a consumer (or a `force_push`) owns a position from its claim, which steps the head over
//!   it, until it stores the word (`free`); it saw the slot full (or given up). Nobody else touches
//!   the value meanwhile.
//! - I3: the index of every position is below the capacity.
//! - I4: head <= tail <= head + capacity, and + 1 while a `force_push` is about to take the oldest.
//!
//! # Edges
//!
//! - R1 -> A1, word: the value, from `fill` to `take`; in `displace` R1 -> A2.
//! - R2 -> A2, word: the value is out, from `free` to the next `fill`.
//! - T2, T4 -> T1, tail, and H2, H4 -> H1, head: the words of earlier laps. A slot's word holds 30
//!   bits of its lap; who has seen a position has seen every word that was there a lap before it,
//!   so it cannot read one of 2^30 laps ago.
//! - H2, H4 -> L2, head: the tails that earlier consumers saw, so that `len` cannot take an old
//!   tail for one that has stood still.
//! - F4, F5, fences: a claim before the look at who sleeps until the ring is not empty, or not
//!   full; they pair with the fences F1 and F2 of who went to sleep.
//! - F1, F2, F3, fences: before a thread answers "empty", "full" or a length, it puts its own steps
//!   before its look at the other end. Two threads that step on one end each and then look at the
//!   other cannot both miss the other's step, and nobody combines a new position of one end with an
//!   old one of the other.
//!
//! # Source
//!
//! D. Vyukov, [bounded MPMC
//! queue](https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue): the word
//! beside the value. Changed: laps in place of sequence numbers, so that the capacity need not be a
//! power of two and 1 is enough; batches that claim a range; exact answers to "full" and "empty";
//! slots that a producer can give up; the back-off.
//!
//! # Examples
//!
//! ```
//! use ringmill::ring::{Full, mpmc::Ring};
//!
//! let ring = Ring::new(2)?;
//! ring.push("first")?;
//! ring.push("second")?;
//! // Full: the value comes back, to be kept, dropped or tried again.
//! assert_eq!(ring.push("third"), Err(Full("third")));
//!
//! assert_eq!(ring.pop(), Some("first"));
//! assert_eq!(ring.len(), 1);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod awaited;
mod batch;
mod claim;
mod close;
mod end;
mod force;
mod iter;
mod position;
#[cfg(feature = "capi")]
#[cfg_attr(
    not(any(ringmill_loom, feature = "internal")),
    allow(unreachable_pub, reason = "what the models reach")
)]
pub(crate) mod raw;
mod shared;
mod slot;
mod slots;

#[cfg(test)]
mod tests;

use core::fmt;
use core::mem::needs_drop;
use core::panic::{RefUnwindSafe, UnwindSafe};

use self::claim::{Claim, SHARED, Use};
use self::position::{Geometry, Position};
use self::shared::Shared;
use self::slot::Slot;
use self::slots::Slots;
use super::backoff::Backoff;
use super::{CapacityError, Full};

pub(super) use claim::ALONE;
pub(super) use end::end;
pub use iter::IntoIter;

/// A bounded first-in first-out ring for any number of producers and consumers.
pub struct Ring<T> {
    shared: Shared<Slots<T>>,
}

// SAFETY: values move from thread to thread, one owner at a time (I1, I2); a shared ring gives no
// reference to a value.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Ring<T> {}

// No call that panics leaves a value half written: a batch whose iterator panics abandons the rest.
impl<T> UnwindSafe for Ring<T> {}
impl<T> RefUnwindSafe for Ring<T> {}

impl<T> Ring<T> {
    /// A ring of exactly `capacity` slots, all of whose memory is allocated here.
    ///
    /// # Errors
    ///
    /// [`CapacityError`] if the capacity is 0, above 2^31, or there is no memory for it.
    pub fn new(capacity: usize) -> Result<Self, CapacityError> {
        Self::starting_at(capacity, |_| 0)
    }

    /// A ring whose positions come round to 0 again after `laps` laps, for models of the
    /// wrap-around.
    #[doc(hidden)]
    #[cfg(any(test, ringmill_loom))]
    pub fn before_wrap(capacity: usize, laps: u64) -> Result<Self, CapacityError> {
        Self::starting_at(capacity, |geometry| geometry.laps_before_wrap(laps))
    }

    /// A ring whose first value goes to a position of its own choosing.
    fn starting_at(
        capacity: usize,
        start: impl FnOnce(Geometry) -> Position,
    ) -> Result<Self, CapacityError> {
        CapacityError::check(capacity)?;
        let geometry = Geometry::new(capacity);
        let start = start(geometry);
        let slots = Slots::try_new(capacity, || Slot::new(geometry.lap(start)))
            .ok_or(CapacityError::OutOfMemory { capacity, slot_bytes: Slots::<T>::STRIDE })?;
        Ok(Self { shared: Shared::starting_at(start, geometry, slots) })
    }

    /// Appends a value.
    ///
    /// # Errors
    ///
    /// [`Full`], with the value, if there is no free slot.
    ///
    /// # Progress
    ///
    /// Repeats after another push has succeeded. Waits for a consumer that is stopped in the slot
    /// that is next. Says "full" after 8 pauses (0.2 us) if it is the first to find the ring full
    /// at this place, at once otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::{Full, mpmc::Ring};
    /// let ring = Ring::new(1)?;
    /// assert_eq!(ring.push("kept"), Ok(()));
    /// assert_eq!(ring.push("given back"), Err(Full("given back")));
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn push(&self, value: T) -> Result<(), Full<T>> {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.push_as::<SHARED>(value) }
    }

    /// Takes the oldest value; `None` if the ring is empty.
    ///
    /// # Progress
    ///
    /// Repeats after another pop has succeeded. Waits for a producer that is stopped in the slot
    /// that is next. Says "empty" after 8 pauses (0.2 us) if it is the first to find the ring empty
    /// at this place, at once otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::mpmc::Ring;
    /// let ring = Ring::new(2)?;
    /// ring.push(1).unwrap();
    /// assert_eq!(ring.pop(), Some(1));
    /// assert_eq!(ring.pop(), None);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn pop(&self) -> Option<T> {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.pop_as::<SHARED>() }
    }

    /// [`Ring::push`], from an end that is shared or used alone.
    ///
    /// # Safety
    ///
    /// If it is used [`ALONE`], no other thread pushes meanwhile.
    #[inline(always)]
    pub(super) unsafe fn push_as<const USE: Use>(&self, value: T) -> Result<(), Full<T>> {
        let at = self.shared.tail();
        let (slot, lap) = (self.slot(at), self.shared.geometry.lap(at));
        let free = slot.turn.for_producer().is_free(lap);
        // SAFETY: by the caller.
        if free && unsafe { self.shared.claim_tail::<USE>(at, self.shared.geometry.next(at)) } {
            // SAFETY: I1: the claim gave us this position.
            unsafe { slot.fill(lap, value) };
            return Ok(());
        }
        // SAFETY: by the caller.
        unsafe { self.push_again::<USE>(value, free) }
    }

    /// Goes on where a first try lost the swap, or found the slot taken.
    ///
    /// # Safety
    ///
    /// As for [`Ring::push_as`].
    #[inline(never)]
    unsafe fn push_again<const USE: Use>(&self, value: T, lost: bool) -> Result<(), Full<T>> {
        // SAFETY: by the caller.
        match unsafe { self.shared.claim_free::<USE>(1, 1, Backoff::after(lost)) } {
            Some(Claim { at, .. }) => {
                // SAFETY: I1: the claim gave us this position.
                unsafe { self.slot(at).fill(self.shared.geometry.lap(at), value) };
                Ok(())
            }
            None => Err(Full(value)),
        }
    }

    /// [`Ring::pop`], from an end that is shared or used alone.
    ///
    /// # Safety
    ///
    /// If it is used [`ALONE`], no other thread pops or force-pushes meanwhile.
    #[inline(always)]
    pub(super) unsafe fn pop_as<const USE: Use>(&self) -> Option<T> {
        let at = self.shared.head();
        let (slot, lap) = (self.slot(at), self.shared.geometry.lap(at));
        let full = slot.turn.for_consumer().is_full(lap);
        // SAFETY: by the caller.
        if full && unsafe { self.shared.claim_head::<USE>(at, self.shared.geometry.next(at)) } {
            // SAFETY: I2: the claim gave us this position, and it was full.
            return Some(unsafe { slot.take_and_free(lap) });
        }
        // SAFETY: by the caller.
        unsafe { self.pop_again::<USE>(full) }
    }

    /// Goes on where a first try lost the swap, or found no value.
    ///
    /// # Safety
    ///
    /// As for [`Ring::pop_as`].
    #[inline(never)]
    unsafe fn pop_again<const USE: Use>(&self, lost: bool) -> Option<T> {
        // SAFETY: by the caller.
        let Claim { at, .. } = unsafe { self.shared.claim_full::<USE>(1, Backoff::after(lost)) }?;
        // SAFETY: I2: the claim gave us this position, and it was full.
        Some(unsafe { self.slot(at).take_and_free(self.shared.geometry.lap(at)) })
    }

    /// How many slots there are.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.shared.geometry.capacity()
    }

    /// How many values are in the ring: a number that was right at one moment of the call.
    ///
    /// A value counts from the moment that its push has claimed a slot to the moment that its pop
    /// has; so does a slot that [`push_iter`](Self::push_iter) gave up, until a consumer passes it.
    /// Repeats as long as pushes succeed in the middle of it.
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// The slot of a position.
    #[inline(always)]
    fn slot(&self, at: Position) -> &Slot<T> {
        let index = self.shared.geometry.index(at);
        // SAFETY: I3: the index of a position is below the capacity.
        unsafe { self.shared.slots.get(index) }
    }

    /// Whether there is no value in the ring.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a push would be refused.
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }
}

impl<T> Ring<T> {
    /// Drops the values that are in the ring, each once, also when one of them panics.
    pub(crate) fn drop_values(&self) {
        /// Goes on with the values behind one whose own `drop` panicked.
        struct Rest<'a, T>(&'a Ring<T>);
        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                while let Some(value) = self.0.pop() {
                    drop(value);
                }
            }
        }
        let rest = Rest(self);
        while let Some(value) = rest.0.pop() {
            drop(value);
        }
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        if needs_drop::<T>() {
            self.drop_values();
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
