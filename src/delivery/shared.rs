//! Slots that several groups share: each group decides for itself, and the last one to be done with
//! a message frees it.
//!
//! A slot's own word says which life it is and which groups are done with it; what a group does
//! with the message is in words of the group, one set a slot ([`Table`]). Nobody writes those at
//! publishing: a word that is older than the slot's life stands for a message that nothing has
//! happened to yet.
//!
//! | bits | field of the slot's own word |
//! |---|---|
//! | 32 | generation: the lives of the slot |
//! | 32 | groups that are done with this life; all of them set: the slot is free |
//!
//! Which groups a message belongs to hangs on its position alone: those that had joined before, and
//! not left ([`Span`]). So all who settle agree, and exactly one of them completes the groups.
//!
//! # Invariants
//!
//! - I1: a group's bit is set once a life, by whoever brought the group's word to (settled, no
//!   readers); a life ends when the bits of all members of its position are set. So while a member
//!   has not set its bit, neither life nor position of the slot change.
//! - I2: a group's number is another group's only when it owes no bit. So whoever has not set his own
//!   bit and asks whether a message is a group's, hears of the group that had the number when the
//!   message was published, or that group has set its bit already.
//!
//! # Edges
//!
//! - Y0 -> Y1: the content and the position, from the publisher to whoever finds the slot by its
//!   life.
//! - Q0 -> Q2: who sees the position of a later life sees that the one before has ended.
//! - D1 -> D1: what every group did with a message, before whoever frees it.
//! - J0 -> B1: a joiner's words, before anybody counts the group as a member.
//!
//! # Source
//!
//! Several subscriptions on one log, and messages that go when all of them have acked: Pulsar,
//! JetStream. Words that nobody writes at publishing, and membership by position that whoever needs
//! it helps to fix: our own.

use alloc::{boxed::Box, vec::Vec};

use super::content::Content;
use super::slab::{Of, Slot, Words};
use super::word::{State, Word};
use crate::ring::CapacityError;
use crate::ring::log::Log;
use crate::sync::{AtomicU64, ord};

/// Set in the position of a message that was published with a delay.
pub(super) const LATER: u64 = 1 << 63;

/// The most groups that a queue may have.
pub(crate) const MAX_GROUPS: usize = 32;

/// A slot's own word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life(pub(super) u64);

impl Life {
    pub(super) const ALL: u64 = u32::MAX as u64;

    /// That of a slot that was never used.
    pub const FREE: Self = Self(Self::ALL);

    fn next(self) -> Self {
        Self((self.0 >> 32).wrapping_add(1) << 32)
    }

    /// Which life, in 32 bits.
    pub fn generation(self) -> u64 {
        self.0 >> 32
    }

    /// The groups that are done with it.
    pub(super) fn done(self) -> u32 {
        self.0 as u32
    }

    /// Whether there is no message.
    pub fn is_free(self) -> bool {
        self.done() == u32::MAX
    }

    /// Whether a word of this generation is of an earlier life.
    fn is_after(self, generation: u64) -> bool {
        let ahead = (self.generation() as u32).wrapping_sub(generation as u32);
        (ahead as i32) > 0
    }
}

/// The positions whose messages belong to a group: from where it joined to where it left.
struct Span {
    from: AtomicU64,
    until: AtomicU64,
    /// How many announcements there have been.
    turns: AtomicU64,
}

/// Not joined, or not left.
const NEVER: u64 = u64::MAX;
/// The position is being fixed: whoever needs it helps. The other bits say which announcement it is,
/// so that who was late for one does not answer the next.
const ANNOUNCED: u64 = 1 << 63;

impl Span {
    fn new(from: u64) -> Self {
        let [from, until, turns] = [from, NEVER, 0].map(AtomicU64::new);
        Self { from, until, turns }
    }

    /// Whether the message at a position that the caller has read from the log belongs to the
    /// group.
    #[inline]
    fn covers(&self, position: u64, log: &Log) -> bool {
        // The end first: that of a group that had the number before is not taken for the end of one
        // that has it now.
        position < Self::read(&self.until, log) && Self::read(&self.from, log) <= position
    }

    /// As [`covers`](Self::covers), for a look: a bound that is being fixed lies beyond.
    fn seems_to_cover(&self, position: u64) -> bool {
        // Relaxed, both: a look.
        let from = self.from.load(ord!(SPAN_J1, load, Relaxed));
        from <= position && position < self.until.load(ord!(SPAN_B2, load, Relaxed))
    }

    #[inline]
    fn read(bound: &AtomicU64, log: &Log) -> u64 {
        // Acquire B1, pairs with J0: the words of the group that has joined. An announcement comes
        // before a step of the tail that every later ticket has read from, and so has whoever knows
        // a position behind it.
        let mut found = bound.load(ord!(SPAN_B1, load, Acquire));
        while found >= ANNOUNCED && found != NEVER {
            found = Self::fix(bound, found, log);
        }
        found
    }

    /// Fixes a bound that was announced: at the tail of now, unless somebody was faster.
    #[cold]
    fn fix(bound: &AtomicU64, announced: u64, log: &Log) -> u64 {
        let tail = log.here();
        let fixed = bound.compare_exchange_weak(
            announced,
            tail,
            // Relaxed: the announcement's chain goes on in a swap.
            ord!(SPAN_B3, cas_ok, Relaxed),
            // Acquire B4, pairs with J0: as B1.
            ord!(SPAN_B4, cas_fail, Acquire),
        );
        fixed.map_or_else(|found| found, |_| tail)
    }

    fn announce(&self, bound: &AtomicU64, log: &Log) -> u64 {
        // Relaxed: those who join and leave do so one after the other.
        let turn = self.turns.fetch_add(1, ord!(SPAN_T1, rmw, Relaxed));
        // Release J0, pairs with B1 and B4; and the tail's step comes behind it.
        bound.store(ANNOUNCED | turn, ord!(SPAN_J0, store, Release));
        Self::read(bound, log)
    }
}

/// The words of a group for all slots of a partition, and which messages are its.
pub(crate) struct Table {
    number: u32,
    span: Span,
    words: Box<[Words]>,
}

impl Table {
    /// For `slots` slots; the group has joined at the beginning, or not yet.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub(super) fn new(number: u32, slots: usize, joined: bool) -> Result<Self, CapacityError> {
        let mut words = Vec::new();
        words.try_reserve_exact(slots).map_err(|_| CapacityError::OutOfMemory {
            capacity: slots,
            slot_bytes: size_of::<Words>(),
        })?;
        words.resize_with(slots, || Words::new(0));
        let span = Span::new(if joined { 0 } else { NEVER });
        Ok(Self { number, span, words: words.into_boxed_slice() })
    }

    #[inline(always)]
    pub(super) fn words(&self, index: u32) -> &Words {
        &self.words[index as usize]
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// The first position of the group; `u64::MAX`, or the one before, while it has none.
    pub(super) fn joined_at(&self) -> u64 {
        // Relaxed: a look.
        self.span.from.load(ord!(SPAN_B5, load, Relaxed))
    }

    /// Whether the message at a position of the log is the group's.
    pub(super) fn owns(&self, position: u64, log: &Log) -> bool {
        self.span.covers(position, log)
    }

    /// The group's bit.
    pub(super) fn bit(&self) -> u32 {
        1 << self.number
    }

    /// Joins at the position of now, which it gives; every word is that of no message.
    pub(super) fn join(&self, log: &Log, life: impl Fn(u32) -> Life) -> u64 {
        for index in 0..self.words.len() as u32 {
            let settled = Word::first(life(index).generation(), State::Settled);
            // Relaxed: the announcement orders it.
            self.words(index).word.store(settled.0, ord!(SPAN_W1, store, Relaxed));
        }
        // Release W2, pairs with B1: the beginning of the group before has been cleared.
        self.span.until.store(NEVER, ord!(SPAN_W2, store, Release));
        self.span.announce(&self.span.from, log)
    }

    /// Leaves at the position of now: later messages are not the group's.
    pub(super) fn leave(&self, log: &Log) -> u64 {
        self.span.announce(&self.span.until, log)
    }

    /// The position behind its last message, once it has left.
    pub(super) fn left_at(&self) -> u64 {
        // Relaxed: read by who has announced it, or hears of it by a lock.
        self.span.until.load(ord!(SPAN_B6, load, Relaxed))
    }

    /// Whether the group has a part in the message of a slot that is still to be done.
    pub(super) fn owes<C: Content + ?Sized>(&self, slot: Slot<'_, C>) -> bool {
        let life = slot.life();
        !life.is_free()
            && life.done() & self.bit() == 0
            && self.span.seems_to_cover(slot.position())
    }

    /// Has no part in anything any more.
    pub(super) fn clear(&self) {
        // Relaxed: nothing of it is left.
        self.span.from.store(NEVER, ord!(SPAN_W3, store, Relaxed));
    }
}

impl<C: Content + ?Sized> Slot<'_, C> {
    /// Whether there is no message, and nobody reads one. Of the slot itself, not of a group's.
    pub(crate) fn is_free(self) -> bool {
        if self.is_shared() {
            return self.life().is_free();
        }
        let word = self.look();
        word.state() == State::Settled && word.readers() == 0
    }

    /// Whether there is content in it that nobody has dropped; for whoever is alone with it.
    pub(super) fn holds_content(self) -> bool {
        !self.is_free() && (self.is_shared() || !self.look().is_empty())
    }

    /// The slot's own word.
    pub fn life(self) -> Life {
        // Acquire Y1, pairs with Y0: the content, and the position.
        Life(self.header().words.word.load(ord!(SHARED_Y1, load, Acquire)))
    }

    /// Whether all groups would be done with its message if those of these bits were.
    pub(super) fn would_be_done<'t>(
        self,
        bits: u32,
        mut all: impl Iterator<Item = &'t Table>,
    ) -> bool {
        let (done, position) = (self.life().done() | bits, self.position());
        all.all(|table| done & table.bit() != 0 || !table.span.seems_to_cover(position))
    }

    /// Ends a group's part in a message whose index is in hand, whatever it waits for; the word, if
    /// that makes the caller its owner for the group.
    #[cold]
    pub fn forsake(self) -> Option<Word> {
        self.end_from(|state| {
            matches!(state, State::Ready | State::Delayed | State::Parked | State::Husk)
        })
        .filter(|word| word.is_owned())
    }

    /// As [`forsake`](Self::forsake), of a message that is ready, for whoever asks himself whether
    /// he is the owner.
    pub fn forsake_ready(self) -> Option<Word> {
        self.end_from(|state| state == State::Ready)
    }

    fn end_from(self, from: impl Fn(State) -> bool) -> Option<Word> {
        let mut word = self.look();
        while from(word.state()) {
            let settled = word.with(State::Settled);
            match self.words.word.compare_exchange_weak(
                word.0,
                settled.0,
                // AcqRel U1, pairs with G1: what readers did who left before, and what this hand
                // did, before the reader who leaves last.
                ord!(SHARED_U1, cas_ok, AcqRel),
                // Relaxed: tried again.
                ord!(SHARED_U2, cas_fail, Relaxed),
            ) {
                Ok(_) => return Some(settled),
                Err(found) => word = Word(found),
            }
        }
        None
    }

    /// Begins the next life of a slot that groups share.
    ///
    /// # Safety
    ///
    /// As [`publish`](Self::publish).
    #[inline(never)]
    pub(super) unsafe fn publish_shared(self, position: u64, state: State) -> Word {
        let life = self.life().next();
        let later = if state == State::Delayed { LATER } else { 0 };
        // Release Q0, pairs with Q2: the end of the life before.
        self.header().position.store(position | later, ord!(SHARED_Q0, store, Release));
        // Release Y0, pairs with Y1.
        self.header().words.word.store(life.0, ord!(SHARED_Y0, store, Release));
        Word::first(life.generation(), state)
    }

    /// The word that the slot's next life begins with.
    pub(crate) fn next_word(self, state: State) -> Word {
        if self.is_shared() {
            Word::first(self.life().next().generation(), state)
        } else {
            self.look().next_life(state)
        }
    }

    /// What a word of this group stands for: that of a life which the group has not touched yet, if
    /// the slot has gone on.
    #[inline]
    pub(super) fn seen(self, word: Word) -> Word {
        match self.table {
            None => word,
            Some(of) => self.seen_by(of, word),
        }
    }

    #[inline(never)]
    fn seen_by(self, of: Of<'_>, word: Word) -> Word {
        loop {
            let life = self.life();
            if !life.is_after(word.generation()) {
                return word;
            }
            // Acquire Q2, pairs with Q0: a position of a later life shows that this one has ended.
            let position = self.header().position.load(ord!(SHARED_Q2, load, Acquire));
            let now = self.life();
            if now.generation() != life.generation() || now.is_free() != life.is_free() {
                continue;
            }
            let member = !life.is_free() && of.table.owns(position & !LATER, of.log);
            let state = match member {
                true if position & LATER != 0 => State::Delayed,
                true => State::Ready,
                false => State::Settled,
            };
            return Word::first(life.generation(), state);
        }
    }

    /// As [`seen`](Self::seen), and brings the group's word there, so that it can be swapped.
    #[cold]
    pub(super) fn freshened(self, mut word: Word) -> Word {
        loop {
            let fresh = self.seen(word);
            if fresh == word || fresh.state() == State::Settled {
                return fresh;
            }
            match self.words.word.compare_exchange_weak(
                word.0,
                fresh.0,
                // Relaxed: nothing has happened to the message yet.
                ord!(SHARED_F1, cas_ok, Relaxed),
                // Relaxed: tried again.
                ord!(SHARED_F2, cas_fail, Relaxed),
            ) {
                Ok(_) => return fresh,
                Err(found) => word = Word(found),
            }
        }
    }

    /// Whether nothing has been noted of what the message has been through, in this life.
    pub(super) fn is_new(self) -> bool {
        // Relaxed: the index is in hand.
        let word = Word(self.words.word.load(ord!(SHARED_N1, load, Relaxed)));
        word.is_new() || self.seen(word) != word
    }

    /// Something has been noted.
    pub(super) fn not_new(self) {
        // Relaxed: what was noted comes with the index.
        self.words.word.fetch_and(!Word::NEW, ord!(SHARED_N2, rmw, Relaxed));
    }
}
