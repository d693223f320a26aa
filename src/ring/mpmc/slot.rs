//! One slot: a value, and the word that says whose turn it is.

use core::mem::MaybeUninit;

use super::position::next_lap;
use crate::sync::{AtomicU32, UnsafeCell, ord};

/// Where a slot is in its life, within the lap that its word names.
///
/// `FREE` may be written by the producer that owns the position of this lap, `FULL` may be taken by
/// the consumer that owns it, and a `HOLE` is a slot whose producer gave up: there is no value, and
/// whoever owns the position as a consumer only frees the slot.
const FREE: u32 = 0;
const FULL: u32 = 1;
const HOLE: u32 = 2;

/// Lent to a writer, who may keep it for long.
#[cfg(feature = "capi")]
const RESERVED: u32 = 3;

/// Lent to a reader, who may keep it for long. The head has passed such a slot, as it has a hole
/// that is about to be freed: nobody takes it for one that has a turn to come.
#[cfg(feature = "capi")]
const VIEWED: u32 = HOLE;

/// A slot's word: {lap, state}, the lap as its position has it, cut to 30 bits.
///
/// So a word of today looks like one of 2^30 laps ago. Nobody can read that one any more: who acts
/// on a word has loaded the position first, which shows every word of the lap before (the edges T
/// and H of the module), and has the position to itself until it stores the next word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(u32);

impl Word {
    /// Free to be written in `lap`.
    #[inline(always)]
    pub(super) fn is_free(self, lap: u32) -> bool {
        self.0 == lap | FREE
    }

    /// Holds the value of `lap`.
    #[inline(always)]
    pub(super) fn is_full(self, lap: u32) -> bool {
        self.0 == lap | FULL
    }

    /// Was given up by its producer in `lap`.
    #[inline(always)]
    pub(super) fn is_hole(self, lap: u32) -> bool {
        self.0 == lap | HOLE
    }
}

#[cfg(feature = "capi")]
impl Word {
    /// Is lent to the writer of `lap`.
    #[inline(always)]
    pub(super) fn is_reserved(self, lap: u32) -> bool {
        self.0 == lap | RESERVED
    }

    /// Is lent to the reader of `lap`, if the head has passed it; or is a hole, about to be freed.
    #[inline(always)]
    pub(super) fn is_viewed(self, lap: u32) -> bool {
        self.0 == lap | VIEWED
    }
}

/// The word of a slot, which says whose turn it is.
pub(super) struct Turn(AtomicU32);

/// A slot.
pub(super) struct Slot<T> {
    pub(super) turn: Turn,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl Turn {
    /// Of a slot that waits for the producer of `lap`.
    pub(super) fn new(lap: u32) -> Self {
        Self(AtomicU32::new(lap | FREE))
    }

    /// The word, for a producer that may write this slot.
    #[inline(always)]
    pub(super) fn for_producer(&self) -> Word {
        // Acquire A2, pairs with R2 in `free`: the last value has been moved out; and with R1 and
        // R3 for `displace`, which takes it.
        Word(self.0.load(ord!(MPMC_A2, load, Acquire)))
    }

    /// The word, for a consumer that may take this slot.
    #[inline(always)]
    pub(super) fn for_consumer(&self) -> Word {
        // Acquire A1, pairs with R1 in `fill`: the value has been written.
        Word(self.0.load(ord!(MPMC_A1, load, Acquire)))
    }

    /// Lets consumers have the value of `lap`, which has been written.
    ///
    /// # Safety
    ///
    /// The caller owns the position of this slot and `lap` as a producer (I1) and fills, abandons
    /// or replaces it once.
    #[inline(always)]
    pub(super) unsafe fn fill(&self, lap: u32) {
        // Release R1, pairs with A1: the value is there before the word says so.
        self.0.store(lap | FULL, ord!(MPMC_R1, store, Release));
    }

    /// Gives the slot up without a value: consumers will pass over it.
    ///
    /// # Safety
    ///
    /// As for [`Turn::fill`].
    #[cold]
    pub(super) unsafe fn abandon(&self, lap: u32) {
        // Relaxed: there is no value to publish; who fills this slot next has acquired the tail (T2
        // or T4 -> T1) and with it all that this producer had acquired here.
        self.0.store(lap | HOLE, ord!(MPMC_R3, store, Relaxed));
    }

    /// Lets the producer of the lap after `lap` have the slot.
    ///
    /// # Safety
    ///
    /// The caller owns the position of this slot and `lap` as a consumer, and has taken the value
    /// or seen the hole.
    #[inline(always)]
    pub(super) unsafe fn free(&self, lap: u32) {
        // Release R2, pairs with A2: the value is out before a producer may write the next one.
        self.0.store(next_lap(lap) | FREE, ord!(MPMC_R2, store, Release));
    }
}

impl<T> Slot<T> {
    /// A slot that waits for the producer of `lap`.
    pub(super) fn new(lap: u32) -> Self {
        Self { turn: Turn::new(lap), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Writes the value of `lap` and lets consumers have it.
    ///
    /// # Safety
    ///
    /// The caller owns the position of this slot and `lap` as a producer (I1) and fills, abandons
    /// or replaces it once.
    #[inline(always)]
    pub(super) unsafe fn fill(&self, lap: u32, value: T) {
        // SAFETY: I1: the owner alone touches the value until the word says otherwise.
        self.value.with_mut(|cell| unsafe { (*cell).write(value) });
        // SAFETY: I1 by the caller, and the value is written.
        unsafe { self.turn.fill(lap) };
    }

    /// Moves the value out. The slot stays the caller's until [`Turn::free`].
    ///
    /// # Safety
    ///
    /// The caller owns the position of this slot as a consumer, saw it full in its lap (I2), and
    /// takes once.
    #[inline(always)]
    pub(super) unsafe fn take(&self) -> T {
        // SAFETY: I2: the value was written, and the owner alone touches it.
        self.value.with(|cell| unsafe { (*cell).assume_init_read() })
    }

    /// Moves the value out and lets the producer of the lap after `lap` have the slot.
    ///
    /// # Safety
    ///
    /// As for [`Slot::take`], of the position of this slot and `lap`.
    #[inline(always)]
    pub(super) unsafe fn take_and_free(&self, lap: u32) -> T {
        // SAFETY: I2 by the caller.
        let value = unsafe { self.take() };
        // SAFETY: I2 by the caller, and the value is out.
        unsafe { self.turn.free(lap) };
        value
    }
}

#[cfg(feature = "capi")]
impl Turn {
    /// Lends the slot to a writer. The caller owns its position in `lap` as a producer.
    #[inline(always)]
    pub(super) fn reserve(&self, lap: u32) {
        // Relaxed: nothing is published; who owned the slot owns it still.
        self.0.store(lap | RESERVED, ord!(MPMC_K1, store, Relaxed));
    }

    /// Lends the slot to a reader. The caller owns its position in `lap` as a consumer.
    #[inline(always)]
    pub(super) fn view(&self, lap: u32) {
        // Relaxed: as above.
        self.0.store(lap | VIEWED, ord!(MPMC_K2, store, Relaxed));
    }

    /// Takes back what was reserved in `lap`, as a producer that owns it: false if it is not, or
    /// has been taken back.
    #[inline(always)]
    pub(super) fn end_reservation(&self, lap: u32) -> bool {
        self.take_back(lap | RESERVED, lap | FREE)
    }

    /// Takes back what was viewed in `lap`, as a consumer that owns it: false if it is not, or has
    /// been taken back.
    #[inline(always)]
    pub(super) fn end_view(&self, lap: u32) -> bool {
        self.take_back(lap | VIEWED, lap | FULL)
    }

    #[inline(always)]
    fn take_back(&self, lent: u32, owned: u32) -> bool {
        // A weak one may fail for no reason, and would then refuse what is right.
        loop {
            let taken = self.0.compare_exchange_weak(
                lent,
                owned,
                // Relaxed: nothing is published. One of those who try gets it; whatever thread that
                // is, its caller has seen to it that what was done there comes before.
                ord!(MPMC_K3, cas_ok, Relaxed),
                // Relaxed: nothing was done.
                ord!(MPMC_K4, cas_fail, Relaxed),
            );
            match taken {
                Ok(_) => return true,
                Err(now) if now == lent => {}
                Err(_) => return false,
            }
        }
    }

    /// Gives the slot up, in which somebody may have written: consumers will pass over it.
    ///
    /// # Safety
    ///
    /// As for [`Turn::fill`].
    #[inline(always)]
    pub(super) unsafe fn give_up(&self, lap: u32) {
        // Release R4, pairs with A1 in whoever passes it: what was written here comes before what
        // the producer of the next lap writes.
        self.0.store(lap | HOLE, ord!(MPMC_R4, store, Release));
    }
}
