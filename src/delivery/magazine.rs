//! A handle's small store of free slots, so that the free ring is touched once in 32 times.
//!
//! # Invariants
//!
//! - I1: the rounds are touched by the methods here alone, which have no reference to them while
//!   they call what they were given. So whoever is told to take all of them (it may wake somebody,
//!   and run code of the user's) may come back.
//! - I2: `len` is below [`ROUNDS`].

use core::cell::{Cell, UnsafeCell};

/// How many indices go between a handle and the ring at once.
const ROUNDS: usize = 32;

/// Indices of free slots of one partition, in the hand of one thread.
pub(crate) struct Magazine {
    /// The first `len` are indices in hand.
    rounds: UnsafeCell<[u32; ROUNDS]>,
    len: Cell<usize>,
}

impl Magazine {
    pub(crate) fn new() -> Self {
        Self { rounds: UnsafeCell::new([0; ROUNDS]), len: Cell::new(0) }
    }

    /// One of the first [`ROUNDS`] places.
    #[inline(always)]
    fn place(&self, at: usize) -> *mut u32 {
        debug_assert!(at < ROUNDS);
        self.rounds.get().cast::<u32>().wrapping_add(at)
    }

    /// Takes one out; if there is none, `fill` gets the room for more, and says how many it put in.
    #[inline(always)]
    pub(crate) fn take(&self, fill: impl FnOnce(&mut [u32]) -> usize) -> Option<u32> {
        match self.len.get().checked_sub(1) {
            Some(last) => {
                self.len.set(last);
                // SAFETY: I1; `last` is below `len`, and so in place (I2).
                Some(unsafe { *self.place(last) })
            }
            None => self.refill(fill),
        }
    }

    #[cold]
    #[inline(never)]
    fn refill(&self, fill: impl FnOnce(&mut [u32]) -> usize) -> Option<u32> {
        let mut rounds = [0; ROUNDS];
        let last = fill(&mut rounds).checked_sub(1)?;
        // Handed out in the order of the ring: from the end.
        rounds[..=last].reverse();
        let taken = rounds[last];
        // SAFETY: I1.
        unsafe { *self.rounds.get() = rounds };
        self.len.set(last);
        Some(taken)
    }

    /// Puts one in; all go to `empty` if there is no room for another one, or `at_once`.
    #[inline(always)]
    pub(crate) fn give(&self, index: u32, at_once: bool, empty: impl FnOnce(&[u32])) {
        let len = self.len.get();
        // SAFETY: I1, I2.
        unsafe { *self.place(len) = index };
        self.len.set(len + 1);
        if at_once || len + 1 == ROUNDS {
            self.empty(empty);
        }
    }

    /// Gives all to `empty`.
    #[cold]
    #[inline(never)]
    pub(crate) fn empty(&self, empty: impl FnOnce(&[u32])) {
        let len = self.len.replace(0);
        if len > 0 {
            // SAFETY: I1: a copy.
            let rounds = unsafe { *self.rounds.get() };
            empty(&rounds[..len]);
        }
    }
}
