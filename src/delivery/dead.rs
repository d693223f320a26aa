//! The transitions of a message that dies: its content moves to another queue, or back.

use super::content::Content;
use super::slab::Slot;
use super::word::{State, Word};
use crate::sync::ord;

impl<C: Content + ?Sized> Slot<'_, C> {
    /// Makes a message whose index is in hand the caller's own, if it is in this state and nobody
    /// reads it.
    ///
    /// # Errors
    ///
    /// What the word is: read, or ended.
    pub fn bury(self, from: State) -> Result<Word, Word> {
        let mut word = self.look();
        while word.state() == from && word.readers() == 0 {
            let dead = word.to(State::Dead);
            match self.words.word.compare_exchange_weak(
                word.0,
                dead.0,
                // Acquire B1, pairs with G1: readers that left did so before the content moves.
                ord!(SLOT_B1, cas_ok, Acquire),
                // Relaxed: tried again.
                ord!(SLOT_B2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Ok(dead),
                Err(found) => word = Word(found),
            }
        }
        Err(word)
    }

    /// Ends a dead message's life: its content has moved, or been copied where groups share it.
    /// False if its index is in a ring, too, to which it is left: a husk.
    ///
    /// # Safety
    ///
    /// The caller owns the slot.
    pub unsafe fn moved(self) -> bool {
        let empty = if self.table.is_some() { 0 } else { Word::EMPTY };
        let mut word = self.look();
        loop {
            let ended = if word.is_twice() { State::Husk } else { State::Settled };
            match self.words.word.compare_exchange_weak(
                word.0,
                word.once().to(ended).0 | empty,
                // AcqRel B3, pairs with T1: the content was moved before whoever takes out the husk
                // frees it; and with Y2: what whoever has left the other place had looked at.
                ord!(SLOT_B3, cas_ok, AcqRel),
                // Relaxed: tried again: it has left its other place.
                ord!(SLOT_B5, cas_fail, Relaxed),
            ) {
                Ok(_) => return !word.is_twice(),
                Err(found) => word = Word(found),
            }
        }
    }

    /// Brings a dead message back to life: it could not go where it should. It is parked then, or
    /// ready.
    ///
    /// # Safety
    ///
    /// The caller owns the slot, and the content is in it. The index is in the caller's hand then.
    pub unsafe fn unbury(self, to: State) {
        let mut word = self.look();
        // A failure is tried again: it has left its other place.
        while let Err(found) = self.words.word.compare_exchange_weak(
            word.0,
            word.to(to).0,
            // Release B4, pairs with V1: content that was put back, before somebody pins it.
            ord!(SLOT_B4, cas_ok, Release),
            // Relaxed: tried again.
            ord!(SLOT_B6, cas_fail, Relaxed),
        ) {
            word = Word(found);
        }
    }
}
