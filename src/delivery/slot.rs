//! The transitions of a slot: who may change its word from what to what, and with which ordering.
//!
//! Two rules carry everything.
//!
//! **Custody.** The index of a slot is in exactly one place: the free ring, a log entry that the
//! cursor has not passed, the returns, the wheel, the hand of one thread, or nowhere while its
//! message is leased. Ending a lease puts it into the hand of the thread whose swap succeeded.
//!
//! **Owner.** Whoever brings the word to (settled or dead, no readers), and only it, owns the slot:
//! it drops or moves the content, and then gives the index to the free ring.
//!
//! # Edges
//!
//! - P1 -> L0, V1: the content, from the publisher to whoever finds the slot by its word.
//! - L1 -> X1, S1: a lease has read what the message has been through before the next hand writes
//!   it.
//! - S1 -> S1, G1: what readers did before they left comes before what the owner does.
//! - X1: who expires a lease has seen what its holder's lease was made of.
//! - V1: who pins sees the content.
//! - G2 -> T1: the canceller has dropped the content before whoever takes out the husk frees it.
//! - C1 -> E3, E5: the word was taken back before a cleared extension is seen.
//!
//! # Source
//!
//! The receipt that names one delivery is SQS's receipt handle and JetStream's ack reply; counting
//! readers in the word that decides is as in hazard-free reference counts with a state.

use super::content::Content;
use super::extension::Extension;
use super::slab::{Slot, Tries};
use super::word::{Lease, State, Word};
use crate::sync::ord;

/// Why a settlement changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The lease was taken back, or the message has gone on.
    Stale,
    /// This very lease has been settled.
    Settled,
}

/// How a lease is ended by its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Done.
    Ack,
    /// To be handed out again, at once.
    Return,
    /// To be handed out again, later.
    Delay,
    /// To the dead letters.
    Bury,
}

impl Ending {
    /// What a word of `readers` becomes. A dead message moves when nobody reads it: until then it
    /// is parked, in the hand of whoever ended the lease.
    #[inline(always)]
    fn state(self, readers: u8) -> State {
        match self {
            Self::Ack => State::Settled,
            Self::Return => State::Ready,
            Self::Delay => State::Delayed,
            Self::Bury if readers == 0 => State::Dead,
            Self::Bury => State::Parked,
        }
    }
}

/// What whoever takes an index out of a ring finds.
pub enum Found {
    /// It is leased now, and was through this.
    Leased(Lease, Tries),
    /// A husk, to be [taken out](Slot::take_out).
    Husk,
}

impl<C: Content + ?Sized> Slot<'_, C> {
    /// The word, as a hint: whoever acts on it has to swap it.
    #[inline(always)]
    pub fn look(self) -> Word {
        // Relaxed: a swap decides.
        Word(self.header().word.load(ord!(SLOT_L0, load, Relaxed)))
    }

    /// Begins the slot's next life, and says which that is.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand; the slot is free, and filled.
    #[inline(always)]
    pub unsafe fn publish(self, state: State) -> Word {
        let word = self.look().next_life(state);
        // Release P1, pairs with V1: the content, for those who come by the word.
        self.header().word.store(word.0, ord!(SLOT_P1, store, Release));
        word
    }

    /// Notes a time for the life that is about to begin, in microseconds. The index is in hand.
    ///
    /// It stands where extensions do, and lasts until the first one.
    pub fn stamp(self, us: u64) {
        let stamp = Extension::stamp(self.look().next_life(State::Ready).lease(), us);
        // Relaxed: it is published with the slot.
        self.header().extension.store(stamp.0, ord!(SLOT_Z1, store, Relaxed));
    }

    /// The time that was noted for the life of a lease.
    pub fn stamped(self, lease: Lease) -> Option<u64> {
        // Relaxed: as above.
        let found = Extension(self.header().extension.load(ord!(SLOT_Z2, load, Relaxed)));
        found.stamp_of(lease)
    }

    /// Leases the message whose index is in hand; `limit` is the most deliveries.
    #[inline(always)]
    pub fn lease(self) -> Found {
        // SAFETY: the index is in hand. Read before the lease is won: behind it, others write.
        let tries = unsafe { self.tries() };
        let mut word = self.look();
        loop {
            if word.state() != State::Ready {
                return Found::Husk;
            }
            if word.readers() == Word::MAX_READERS {
                // No room for another reader: browsers leave soon.
                crate::sync::pause(1);
                word = self.look();
                continue;
            }
            let leased = word.leased();
            match self.header().word.compare_exchange_weak(
                word.0,
                leased.0,
                // Release L1, pairs with S1 and X1: the reading of `tries` comes before the next
                // hand's writing.
                ord!(SLOT_L1, cas_ok, Release),
                // Relaxed: tried again.
                ord!(SLOT_L2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Found::Leased(leased.lease(), tries),
                Err(found) => word = Word(found),
            }
        }
    }

    /// Ends the life of a husk whose index is in hand; the word, if that makes the caller its
    /// owner.
    #[cold]
    pub fn take_out(self) -> Option<Word> {
        let mut word = self.look();
        loop {
            debug_assert_eq!(word.state(), State::Husk, "{word:?} was in a ring");
            let settled = word.to(State::Settled);
            match self.header().word.compare_exchange_weak(
                word.0,
                settled.0,
                // Acquire T1, pairs with G1: the content was dropped before.
                ord!(SLOT_T1, cas_ok, Acquire),
                // Relaxed: tried again.
                ord!(SLOT_T2, cas_fail, Relaxed),
            ) {
                Ok(_) => return settled.is_owned().then_some(settled),
                Err(found) => word = Word(found),
            }
        }
    }

    /// Ends a lease by its holder, who lets go of the content with it if he `reads`.
    ///
    /// The index is in the caller's hand then, unless it is settled or dead.
    ///
    /// # Errors
    ///
    /// [`Refusal`]; nothing has changed then.
    #[inline(always)]
    pub fn settle(self, lease: Lease, ending: Ending, reads: bool) -> Result<Word, Refusal> {
        let mut word = self.look();
        loop {
            if !word.is_leased_as(lease) {
                return Err(Self::refusal(word, lease));
            }
            let left = if reads { word.left() } else { word };
            let ended = left.with(ending.state(left.readers()));
            match self.header().word.compare_exchange_weak(
                word.0,
                ended.0,
                // AcqRel S1, pairs with itself and with G1: readers that left before did so before
                // the owner, whether that is the caller or a reader who leaves later.
                ord!(SLOT_S1, cas_ok, AcqRel),
                // Relaxed: tried again.
                ord!(SLOT_S2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Ok(ended),
                Err(found) => word = Word(found),
            }
        }
    }

    /// Why a lease cannot be settled any more.
    #[cold]
    fn refusal(word: Word, lease: Lease) -> Refusal {
        let same = word.lease() == lease;
        if same && !word.was_taken() { Refusal::Settled } else { Refusal::Stale }
    }

    /// Takes the content out by ending the lease, if its holder is the only reader.
    ///
    /// # Errors
    ///
    /// As [`settle`](Self::settle); `Ok(None)` if somebody else reads.
    pub fn settle_alone(self, lease: Lease) -> Result<Option<Word>, Refusal> {
        let mut word = self.look();
        loop {
            if !word.is_leased_as(lease) {
                return Err(Self::refusal(word, lease));
            }
            if word.readers() != 1 {
                return Ok(None);
            }
            let ended = word.with(State::Settled).left();
            match self.header().word.compare_exchange_weak(
                word.0,
                ended.0,
                // Acquire A1, pairs with G1: readers that left did so before the content is taken.
                ord!(SLOT_A1, cas_ok, Acquire),
                // Relaxed: tried again.
                ord!(SLOT_A2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Ok(Some(ended)),
                Err(found) => word = Word(found),
            }
        }
    }

    /// Takes a lease back that has lasted long enough: its holder may read on, and settle no more.
    ///
    /// `now_ms` is the time that an extension has to exceed. The index is in the caller's hand then.
    /// It is delayed then: what becomes of it hangs on what it has been through, which is read with
    /// the index in hand.
    pub fn expire(self, lease: Lease, now_ms: u64) -> Option<Word> {
        if !self.bury_extension(lease, now_ms) {
            return None;
        }
        let mut word = self.look();
        let taken = loop {
            if !word.is_leased_as(lease) {
                break None;
            }
            let taken = word.with(State::Delayed).taken();
            match self.header().word.compare_exchange_weak(
                word.0,
                taken.0,
                // Acquire X1, pairs with L1: the holder had read `tries` before.
                ord!(SLOT_X1, cas_ok, Acquire),
                // Relaxed: tried again.
                ord!(SLOT_X2, cas_fail, Relaxed),
            ) {
                Ok(_) => break Some(taken),
                Err(found) => word = Word(found),
            }
        };
        self.clear_extension(lease);
        taken
    }

    /// Puts a tombstone where the lease's extension is, unless that reaches beyond `now_ms`.
    fn bury_extension(self, lease: Lease, now_ms: u64) -> bool {
        let tombstone = Extension::tombstone(lease);
        // Relaxed E0: the swap decides.
        let mut found = Extension(self.header().extension.load(ord!(SLOT_E0, load, Relaxed)));
        loop {
            if found.is_of(lease) && !found.is_tombstone() && found.until_ms() > now_ms {
                return false;
            }
            match self.header().extension.compare_exchange_weak(
                found.0,
                tombstone.0,
                // Relaxed: what counts is that no extension comes between this and the word's swap.
                ord!(SLOT_E1, cas_ok, Relaxed),
                // Relaxed: tried again.
                ord!(SLOT_E2, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                Err(other) => found = Extension(other),
            }
        }
    }

    /// Takes the tombstone away, so that it cannot be taken for that of a later life with the same
    /// tag.
    fn clear_extension(self, lease: Lease) {
        let tombstone = Extension::tombstone(lease);
        let mut found = tombstone;
        // A failure for no reason is tried again; another value is somebody else's.
        while found == tombstone {
            match self.header().extension.compare_exchange_weak(
                tombstone.0,
                0,
                // Release C1, pairs with E3: the word was taken back before.
                ord!(SLOT_C1, cas_ok, Release),
                // Relaxed: nothing is done.
                ord!(SLOT_C2, cas_fail, Relaxed),
            ) {
                Ok(_) => return,
                Err(other) => found = Extension(other),
            }
        }
    }

    /// Lets a lease last until `until_ms` at least; never shorter than it would have.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the lease is not the holder's any more.
    pub fn extend(self, lease: Lease, until_ms: u64) -> Result<(), Refusal> {
        // Acquire E3, pairs with C1: if the tombstone has been cleared, the word's change is seen.
        let mut found = Extension(self.header().extension.load(ord!(SLOT_E3, load, Acquire)));
        loop {
            let word = self.look();
            if !word.is_leased_as(lease) {
                return Err(Self::refusal(word, lease));
            }
            if found.is_of(lease) && found.is_tombstone() {
                return Err(Refusal::Stale);
            }
            let longer = Extension::until(lease, until_ms.max(found.until_of(lease)));
            match self.header().extension.compare_exchange_weak(
                found.0,
                longer.0,
                // AcqRel E4, pairs with E1 by the order of this word: the second look at the word
                // comes after it.
                ord!(SLOT_E4, cas_ok, AcqRel),
                // Acquire E5, pairs with C1: as the load.
                ord!(SLOT_E5, cas_fail, Acquire),
            ) {
                Ok(_) => break,
                Err(other) => found = Extension(other),
            }
        }
        let word = self.look();
        if word.is_leased_as(lease) { Ok(()) } else { Err(Self::refusal(word, lease)) }
    }

    /// Lets go of the content; the word, if that makes the caller its owner.
    #[inline]
    pub fn let_go(self) -> Option<Word> {
        // AcqRel G1, pairs with itself, S1, A1 and T1: what this reader did comes before what the
        // owner does, whoever that is.
        let before = self.header().word.fetch_sub(Word::READER, ord!(SLOT_G1, rmw, AcqRel));
        let after = Word(before).left();
        after.is_owned().then_some(after)
    }

    /// Becomes a reader of a message that is leased, beside its holder.
    ///
    /// # Errors
    ///
    /// [`Refusal`], as [`settle`](Self::settle) would be refused.
    pub fn pin_lease(self, lease: Lease) -> Result<(), Refusal> {
        let mut word = self.look();
        loop {
            if !word.is_leased_as(lease) {
                return Err(Self::refusal(word, lease));
            }
            match self.pin(word) {
                Ok(_) => return Ok(()),
                // Too many readers for one more: some will leave.
                Err(found) if found == word => crate::sync::pause(1),
                Err(_) => {}
            }
            word = self.look();
        }
    }

    /// Becomes a reader of the very message that `word` speaks of.
    ///
    /// # Errors
    ///
    /// What the word is now, if it has changed; the same, if it has too many readers.
    pub fn pin(self, word: Word) -> Result<Word, Word> {
        if word.readers() == Word::MAX_READERS {
            return Err(word);
        }
        let pinned = word.joined();
        match self.header().word.compare_exchange_weak(
            word.0,
            pinned.0,
            // Acquire V1, pairs with P1: the content.
            ord!(SLOT_V1, cas_ok, Acquire),
            // Relaxed: nothing is read.
            ord!(SLOT_V2, cas_fail, Relaxed),
        ) {
            Ok(_) => Ok(pinned),
            Err(found) => Err(Word(found)),
        }
    }

    /// Ends the life of a message that is nobody's at the moment. Its index stays where it is, and
    /// whoever takes it out there frees the slot.
    ///
    /// True if the content is the caller's to drop: it has to call [`emptied`](Self::emptied) then.
    ///
    /// # Errors
    ///
    /// What the word is now, if it has changed.
    pub fn hollow(self, word: Word) -> Result<bool, Word> {
        let alone = word.readers() == 0;
        let husk = word.to(State::Husk);
        let husk = if alone { husk.joined() } else { husk };
        match self.header().word.compare_exchange_weak(
            word.0,
            husk.0,
            // Acquire K1, pairs with P1: the content that is dropped.
            ord!(SLOT_K1, cas_ok, Acquire),
            // Relaxed: nothing is done.
            ord!(SLOT_K2, cas_fail, Relaxed),
        ) {
            Ok(_) => Ok(alone),
            Err(found) => Err(Word(found)),
        }
    }

    /// Says that the content of a husk has been dropped, and lets go of it; the word, if that makes
    /// the caller its owner.
    pub fn emptied(self) -> Option<Word> {
        let empty = Word::READER - Word::EMPTY;
        // AcqRel G2, pairs with T1: the content was dropped before the slot is used again.
        let before = self.header().word.fetch_sub(empty, ord!(SLOT_G2, rmw, AcqRel));
        let after = Word(before.wrapping_sub(empty));
        after.is_owned().then_some(after)
    }

    /// Makes a husk a message again, whose only reader is the caller, who has put its content back;
    /// false if it has been taken out.
    pub fn revive(self) -> bool {
        let mut word = self.look();
        while word.state() == State::Husk {
            let ready = word.left().with(State::Ready);
            match self.header().word.compare_exchange_weak(
                word.0,
                ready.0,
                // Release K3, pairs with V1 and L3: the content.
                ord!(SLOT_K3, cas_ok, Release),
                // Relaxed: tried again.
                ord!(SLOT_K4, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                Err(found) => word = Word(found),
            }
        }
        false
    }

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
            match self.header().word.compare_exchange_weak(
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

    /// Ends a dead message's life: its content has moved.
    ///
    /// # Safety
    ///
    /// The caller owns the slot.
    pub unsafe fn moved(self) {
        let word = Word(self.look().to(State::Settled).0 | Word::EMPTY);
        // Relaxed: nobody but the owner changes a dead word, and the free ring orders the rest.
        self.header().word.store(word.0, ord!(SLOT_B3, store, Relaxed));
    }

    /// Brings a dead message back to life: it could not go where it should. It is parked then, or
    /// ready.
    ///
    /// # Safety
    ///
    /// The caller owns the slot, and the content is in it. The index is in the caller's hand then.
    pub unsafe fn unbury(self, to: State) {
        let word = self.look().to(to);
        // Release B4, pairs with V1: content that was put back, before somebody pins it.
        self.header().word.store(word.0, ord!(SLOT_B4, store, Release));
    }

    /// Brings a message whose index is in hand from one state to another; `None` if it has ended.
    pub fn shift(self, from: State, to: State) -> Option<Word> {
        let mut word = self.look();
        while word.state() == from {
            let shifted = word.to(to);
            match self.header().word.compare_exchange_weak(
                word.0,
                shifted.0,
                // Relaxed: the index is in hand, and what was done to the message came with it.
                ord!(SLOT_D1, cas_ok, Relaxed),
                // Relaxed: tried again.
                ord!(SLOT_D2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Some(shifted),
                Err(found) => word = Word(found),
            }
        }
        None
    }
}
