//! A handle's small store of free slots, so that the free ring is touched once in 32 times.

use core::cell::Cell;

use alloc::boxed::Box;

/// How many indices a handle may keep.
const ROUNDS: usize = 32;

/// Indices of free slots of one partition, in the hand of one thread.
#[derive(Default)]
pub(crate) struct Magazine {
    /// Allocated when the first index comes.
    rounds: Cell<Option<Box<[u32; ROUNDS]>>>,
    len: Cell<usize>,
}

impl Magazine {
    /// Takes one out; if there is none, `fill` gets the room for more, and says how many it put in.
    #[inline(always)]
    pub(crate) fn take(&self, fill: impl FnOnce(&mut [u32]) -> usize) -> Option<u32> {
        let mut rounds = self.rounds.take().unwrap_or_else(|| Box::new([0; ROUNDS]));
        let len = match self.len.get() {
            0 => fill(&mut rounds[..]),
            len => len,
        };
        let taken = len.checked_sub(1).map(|last| {
            self.len.set(last);
            rounds[last]
        });
        self.rounds.set(Some(rounds));
        taken
    }

    /// Puts one in; all go to `empty` if there is no room for another one, or `at_once`.
    #[inline(always)]
    pub(crate) fn give(&self, index: u32, at_once: bool, empty: impl FnOnce(&[u32])) {
        let mut rounds = self.rounds.take().unwrap_or_else(|| Box::new([0; ROUNDS]));
        let len = self.len.get();
        rounds[len] = index;
        if at_once || len + 1 == ROUNDS {
            empty(&rounds[..=len]);
            self.len.set(0);
        } else {
            self.len.set(len + 1);
        }
        self.rounds.set(Some(rounds));
    }

    /// Gives all to `empty`.
    pub(crate) fn empty(&self, empty: impl FnOnce(&[u32])) {
        if let Some(rounds) = self.rounds.take() {
            let len = self.len.replace(0);
            if len > 0 {
                empty(&rounds[..len]);
            }
            self.rounds.set(Some(rounds));
        }
    }
}
