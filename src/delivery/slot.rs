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
//! - K3 -> L1, V1, K1: content that was put back, to whoever comes next.
//! - L1 -> X1, S1: a lease has read what the message has been through before the next hand writes
//!   it.
//! - S1 -> S1, G1: what readers did before they left comes before what the owner does.
//! - X1: who expires a lease has seen what its holder's lease was made of.
//! - V1: who pins sees the content.
//! - G2 -> T1: the canceller has dropped the content before whoever takes out the husk frees it.
//! - T1 -> G1, G2: what whoever took the husk out did with its index, and which entries it had
//!   seen passed, before the reader who leaves last frees it.
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
use crate::sync::{ord, planted};

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
    /// To be set aside, until somebody asks for it.
    Defer,
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
            Self::Defer => State::Parked,
            Self::Bury if readers == 0 => State::Dead,
            Self::Bury => State::Parked,
        }
    }
}

/// What whoever takes an index out of a ring finds.
pub enum Found {
    /// It is leased now, and was through this.
    Leased(Lease, Tries),
    /// It is not to be handed out: a husk, to be [taken out](Slot::take_out), or one whose index is
    /// in [another place](Slot::leave_place) too.
    Husk,
}

impl<C: Content + ?Sized> Slot<'_, C> {
    /// The word, as a hint: whoever acts on it has to swap it.
    #[inline(always)]
    pub fn look(self) -> Word {
        let word = self.raw();
        if self.table.is_some() { self.freshened(word) } else { word }
    }

    /// As [`look`](Self::look), for who only wants to know.
    pub(crate) fn peek(self) -> Word {
        self.seen(self.raw())
    }

    /// The word as it stands, which may be that of a life before, where groups share the slot.
    #[inline(always)]
    fn raw(self) -> Word {
        // Relaxed: a swap decides.
        Word(self.words.word.load(ord!(SLOT_L0, load, Relaxed)))
    }

    /// Begins the slot's next life, at this position, and says which that is. The index of a delayed
    /// one is in two places: [`twice`](super::twice).
    ///
    /// # Safety
    ///
    /// The caller has the index in hand; the slot is free, and filled.
    #[inline(always)]
    pub unsafe fn publish(self, position: u64, state: State) -> Word {
        if self.is_shared() {
            // SAFETY: the caller's duty.
            return unsafe { self.publish_shared(position, state) };
        }
        // SAFETY: as above.
        unsafe { self.publish_alone(position, state) }
    }

    /// As [`publish`](Self::publish), where one group has the slot.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub(super) unsafe fn publish_alone(self, position: u64, state: State) -> Word {
        // Relaxed: the word publishes it.
        self.header().position.store(position, ord!(SLOT_P0, store, Relaxed));
        let word = self.raw().next_life(state);
        let word = if state == State::Delayed { word.twice() } else { word };
        // Release P1, pairs with V1: the content, for those who come by the word.
        self.words.word.store(word.0, ord!(SLOT_P1, store, Release));
        word
    }

    /// Notes a time for the life that is about to begin, in microseconds. The index is in hand.
    ///
    /// It stands where extensions do, and lasts until the first one.
    pub fn stamp(self, us: u64) {
        let stamp = Extension::stamp(self.next_word(State::Ready).lease(), us);
        // Relaxed: it is published with the slot.
        self.words.extension.store(stamp.0, ord!(SLOT_Z1, store, Relaxed));
    }

    /// Notes no time for the life that is about to begin. The index is in hand.
    pub fn unstamp(self) {
        // Relaxed: as above.
        self.words.extension.store(0, ord!(SLOT_Z3, store, Relaxed));
    }

    /// The time that was noted for the life of a lease.
    pub fn stamped(self, lease: Lease) -> Option<u64> {
        // Relaxed: as above.
        let own = &self.header().words.extension;
        let found = Extension(own.load(ord!(SLOT_Z2, load, Relaxed)));
        found.stamp_of(lease)
    }

    /// Leases the message whose index is in hand.
    #[inline(always)]
    pub fn lease(self) -> Found {
        // SAFETY: the index is in hand. Read before the lease is won: behind it, others write.
        let tries = unsafe { self.tries() };
        if self.table.is_some() {
            // SAFETY: as above. It is noted from here on.
            unsafe { self.note(tries) };
        }
        let mut raw = self.raw();
        let first = self.seen(raw);
        loop {
            let word = self.seen(raw);
            if word.state() != State::Ready {
                return Found::Husk;
            }
            if word.readers() == Word::MAX_READERS {
                // No room for another reader: browsers leave soon.
                crate::sync::pause(1);
                raw = self.raw();
                continue;
            }
            // As a store would, over what has come meanwhile.
            let seen = if planted!(SLOT_LEASE_STORES) { first } else { word };
            let leased = seen.leased();
            match self.words.word.compare_exchange_weak(
                raw.0,
                leased.0,
                // AcqRel L1, pairs with S1 and X1: the reading of `tries` comes before the next
                // hand's writing; and with K3: content that was put back while the index was in a
                // ring.
                ord!(SLOT_L1, cas_ok, AcqRel),
                // Relaxed: tried again.
                ord!(SLOT_L2, cas_fail, Relaxed),
            ) {
                // SAFETY: none: that is the fault.
                Ok(_) if planted!(SLOT_TRIES_LATE) => unsafe {
                    return Found::Leased(leased.lease(), self.tries());
                },
                Ok(_) => return Found::Leased(leased.lease(), tries),
                Err(found) => raw = Word(found),
            }
        }
    }

    /// Ends the life of a husk whose index is in hand; the word, if that makes the caller its
    /// owner.
    ///
    /// # Errors
    ///
    /// What the word is, if it is no husk: somebody may have [revived](Self::revive) it. The index
    /// stays in hand then.
    #[cold]
    pub fn take_out(self) -> Result<Option<Word>, Word> {
        let mut word = self.look();
        while word.state() == State::Husk {
            let settled = Word(word.with(State::Settled).0 | word.0 & Word::EMPTY);
            match self.words.word.compare_exchange_weak(
                word.0,
                settled.0,
                // AcqRel T1, pairs with G1 and G2: the content was dropped before; and what this hand
                // did with the index comes before what the owner does, if that is a reader who
                // leaves later.
                ord!(SLOT_T1, cas_ok, AcqRel),
                // Relaxed: tried again.
                ord!(SLOT_T2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Ok(settled.is_owned().then_some(settled)),
                Err(found) => word = Word(found),
            }
        }
        Err(word)
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
        let first = word;
        loop {
            if !word.is_leased_as(lease) {
                return Err(Self::refusal(word, lease));
            }
            // As a store would, over what has come meanwhile.
            let seen = if planted!(SLOT_SETTLE_STORES) { first } else { word };
            let left = if reads { seen.left() } else { seen };
            let ended = left.with(ending.state(left.readers()));
            match self.words.word.compare_exchange_weak(
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
    pub(super) fn refusal(word: Word, lease: Lease) -> Refusal {
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
            match self.words.word.compare_exchange_weak(
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
            let reader = if planted!(SLOT_EXPIRY_UNCOUNTS) { word.left() } else { word };
            let taken = reader.with(State::Delayed).taken();
            match self.words.word.compare_exchange_weak(
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

    /// Lets go of the content; the word, if that makes the caller its owner.
    #[inline]
    pub fn let_go(self) -> Option<Word> {
        // AcqRel G1, pairs with itself, S1, A1 and T1: what this reader did comes before what the
        // owner does, whoever that is.
        let before = self.words.word.fetch_sub(Word::READER, ord!(SLOT_G1, rmw, AcqRel));
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
        match self.words.word.compare_exchange_weak(
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
    /// True if the content is the caller's to drop, or to copy where groups share it: it has to call [`emptied`](Self::emptied) then.
    ///
    /// # Errors
    ///
    /// What the word is now, if it has changed.
    pub fn hollow(self, word: Word) -> Result<bool, Word> {
        let alone = word.readers() == 0;
        // The cursor has passed it, so its index seems to be nowhere.
        let passed = planted!(SLOT_FREE_AT_ONCE) && word.deliveries() > 0;
        let husk = word.with(if passed { State::Settled } else { State::Husk });
        let husk = if alone && !planted!(SLOT_DROP_UNPINNED) { husk.joined() } else { husk };
        loop {
            match self.words.word.compare_exchange_weak(
                word.0,
                husk.0,
                // Acquire K1, pairs with P1 and K3: the content that is dropped; and with G1: those
                // who have read it.
                ord!(SLOT_K1, cas_ok, Acquire),
                // Relaxed: nothing is done.
                ord!(SLOT_K2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Ok(alone),
                // For no reason, as some machines let it.
                Err(found) if found == word.0 => {}
                Err(found) => return Err(Word(found)),
            }
        }
    }

    /// Says that the content of a husk has been dropped, and lets go of it; the word, if that makes
    /// the caller its owner.
    pub fn emptied(self) -> Option<Word> {
        let reader = if planted!(SLOT_DROP_UNPINNED) { 0 } else { Word::READER };
        // Where groups share it, the last of them drops the content.
        let dropped = if self.table.is_some() { 0 } else { Word::EMPTY };
        let empty = reader.wrapping_sub(dropped);
        // AcqRel G2, pairs with T1: the content was dropped before the slot is used again.
        let before = self.words.word.fetch_sub(empty, ord!(SLOT_G2, rmw, AcqRel));
        let after = Word(before.wrapping_sub(empty));
        after.is_owned().then_some(after)
    }

    /// Makes a husk a message again, whose only reader is the caller, who has put its content back;
    /// false if it has been taken out.
    pub fn revive(self) -> bool {
        let mut word = self.look();
        while word.state() == State::Husk {
            let ready = word.left().with(State::Ready);
            match self.words.word.compare_exchange_weak(
                word.0,
                ready.0,
                // Release K3, pairs with V1, K1 and L1: the content.
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

    /// Brings a message whose index is in hand from one state to another; `None` if it has ended.
    pub fn shift(self, from: State, to: State) -> Option<Word> {
        let mut word = self.look();
        while word.state() == from {
            let shifted = word.with(to);
            match self.words.word.compare_exchange_weak(
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
