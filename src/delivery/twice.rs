//! Messages whose index stands in two places: in a ring, and in the wheel.
//!
//! One that is published with a delay takes its position in the log at once, and its due time is
//! the housekeeper's from the beginning on: so it falls due where nobody consumes, too, and a
//! cursor that comes to it has nothing to hand on. Whoever takes the index out of the first of the
//! two places takes the flag away, and leaves it to the other; there it is in one hand again.
//!
//! ```text
//!                        ┌─ cursor first ─> Delayed ────────── due ─> Ready, to the returns
//!  publish ─> Delayed+TWICE
//!                        └─ due first ────> Ready ────────── cursor ─> leased from the log
//! ```
//!
//! A ready message whose time is over is parked where it stands, and sent to the wheel besides: the
//! same two places, from the other end.
//!
//! A slot is not free while its index is in two places, so that neither the log nor the ring to
//! the wheel can overflow.
//!
//! # Edges
//!
//! - Y2 -> L1, T1, B3: the first place was left before the index comes out of the second one; over
//!   changes of the word in between, as they are all swaps.
//! - Y4 -> L1: as above, where the wheel was first.

use super::content::Content;
use super::slab::Slot;
use super::word::{State, Word};
use crate::sync::{ord, planted};

impl<C: Content + ?Sized> Slot<'_, C> {
    /// Takes the index of a message that is not to be handed out from one of its places; true if it
    /// has another one, to which it is left. Else it is in the caller's hand.
    #[cold]
    pub fn leave_place(self) -> bool {
        let mut word = self.look();
        while word.is_twice() {
            match self.words.word.compare_exchange_weak(
                word.0,
                word.once().0,
                // Release Y2, pairs with L1 and T1: this place was left before the index comes out
                // of the other one.
                ord!(SLOT_Y2, cas_ok, Release),
                // Relaxed: tried again.
                ord!(SLOT_Y3, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                Err(found) => word = Word(found),
            }
        }
        false
    }

    /// Parks a ready message that is as `word` says, wherever its index is; the caller has it for
    /// the wheel then, too. False if the word is another one.
    pub fn pull(self, word: Word) -> bool {
        debug_assert!(word.state() == State::Ready && !word.is_twice());
        loop {
            match self.words.word.compare_exchange_weak(
                word.0,
                word.to(State::Parked).twice().0,
                // Relaxed: who takes the content from there swaps the word again.
                ord!(SLOT_Y6, cas_ok, Relaxed),
                // Relaxed: nothing is done.
                ord!(SLOT_Y7, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                // For no reason, as some machines let it.
                Err(found) if found == word.0 => {}
                Err(_) => return false,
            }
        }
    }

    /// Makes a delayed message ready whose index came out of the wheel, and says whether it is in a
    /// ring already, to which it is left. `None` if it is not delayed.
    pub fn fall_due(self) -> Option<bool> {
        let mut word = self.look();
        while word.state() == State::Delayed {
            match self.words.word.compare_exchange_weak(
                word.0,
                word.once().with(State::Ready).0,
                // Release Y4, pairs with L1: the wheel was left before it comes out of the ring.
                ord!(SLOT_Y4, cas_ok, Release),
                // Relaxed: tried again.
                ord!(SLOT_Y5, cas_fail, Relaxed),
            ) {
                Ok(_) => return Some(word.is_twice() && !planted!(SLOT_DUE_PUSHES)),
                Err(found) => word = Word(found),
            }
        }
        None
    }
}
