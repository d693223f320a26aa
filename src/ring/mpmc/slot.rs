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

/// Lent to a caller, who may keep it for long: by a producer in the lap of its own position, by a
/// consumer in the lap of the position that it has taken.
#[cfg(feature = "capi")]
const LENT: u32 = 3;

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
    /// Was lent in `lap`.
    #[inline(always)]
    pub(super) fn is_lent(self, lap: u32) -> bool {
        self.0 == lap | LENT
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
    /// Says that the caller, who owns the position of this slot and `lap`, lends it.
    #[inline(always)]
    pub(super) fn lend(&self, lap: u32) {
        // Relaxed: nothing is published; who owned the slot owns it still.
        self.0.store(lap | LENT, ord!(MPMC_K1, store, Relaxed));
    }

    /// Takes back what was lent in `lap`, as its owner: false if it is not lent.
    #[inline(always)]
    pub(super) fn take_back(&self, lap: u32) -> bool {
        let [lent, owned] = [lap | LENT, lap | FREE];
        // A weak one may fail for no reason, and would then refuse what is right.
        loop {
            let taken = self.0.compare_exchange_weak(
                lent,
                owned,
                // Relaxed: as in `lend`. One of those who try gets it; whatever thread that is, the
                // caller has seen to it that the one that wrote or read there comes before.
                ord!(MPMC_K2, cas_ok, Relaxed),
                // Relaxed: nothing was done.
                ord!(MPMC_K3, cas_fail, Relaxed),
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
