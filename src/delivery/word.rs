//! The word of a slot: everything that decides who may do what with its message.
//!
//! | bits | field | counts |
//! |---|---|---|
//! | 40 | generation | the lives of the slot: one more at each publishing |
//! | 8 | deliveries | how often this life was leased |
//! | 8 | readers | who may look at the content: the holder of the lease, stale holders, browsers |
//! | 4 | state | [`State`] |
//! | 4 | flags | [`EMPTY`](Word::EMPTY), [`TAKEN`](Word::TAKEN), [`TWICE`](Word::TWICE), [`NEW`](Word::NEW) |
//!
//! The receipt of a lease is (generation, deliveries): together they name one delivery of one life.

use core::fmt;

use crate::sync::planted;

/// Where a message is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Done with, or never used: the slot is free when nobody reads it.
    Settled = 0,
    /// Whoever gets the index may lease it.
    Ready = 1,
    /// A holder has the right to settle it.
    Leased = 2,
    /// Ended early; its index is still somewhere, and whoever takes it out ends the life.
    Husk = 3,
    /// Waits for a time.
    Delayed = 4,
    /// Set aside: it could not go where it should.
    Parked = 5,
    /// On its way to the dead letters.
    Dead = 6,
}

/// A value of the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word(pub u64);

/// Which delivery of which life: what settles it. The upper 48 bits of the word that it made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct Lease(u64);

impl Lease {
    /// The life, 40 bits.
    pub fn generation(self) -> u64 {
        self.0 >> 8
    }

    /// All of it, for who keeps it as a number.
    #[cfg(feature = "capi")]
    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    /// That of [`to_bits`](Self::to_bits).
    #[cfg(feature = "capi")]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The delivery, 1 to 254.
    pub fn delivery(self) -> u8 {
        self.0 as u8
    }
}

const READERS: u32 = 8;
const DELIVERIES: u32 = 16;
const GENERATION: u32 = 24;

impl Word {
    /// The content is gone.
    pub const EMPTY: u64 = 1;
    /// The last lease was taken back.
    pub const TAKEN: u64 = 2;
    /// The index is in two places: [`twice`](super::twice).
    pub const TWICE: u64 = 4;

    /// Nothing has been noted of what the message has been through: where groups share a slot.
    pub const NEW: u64 = 8;

    /// What adding one reader adds.
    pub const READER: u64 = 1 << READERS;
    /// The most readers at a time; one more is refused.
    pub const MAX_READERS: u8 = u8::MAX;

    /// The first word of the life behind this one.
    #[inline(always)]
    pub fn next_life(self, state: State) -> Self {
        // The generation comes round by falling off the top.
        let step = if planted!(SLOT_SAME_GENERATION) { 0 } else { 1 };
        Self(((self.0 >> GENERATION) + step) << GENERATION | Self::bits(state))
    }

    /// That of a life which nothing has happened to, for one of the groups that share it.
    pub fn first(generation: u64, state: State) -> Self {
        let twice = if matches!(state, State::Delayed) { Self::TWICE } else { 0 };
        Self(generation << GENERATION | Self::bits(state) | Self::NEW | twice)
    }

    #[inline(always)]
    const fn bits(state: State) -> u64 {
        (state as u64) << 4
    }

    /// Which life.
    #[inline(always)]
    pub fn generation(self) -> u64 {
        self.0 >> GENERATION
    }

    /// How often it was leased.
    #[inline(always)]
    pub fn deliveries(self) -> u8 {
        (self.0 >> DELIVERIES) as u8
    }

    /// Who may look at the content.
    #[inline(always)]
    pub fn readers(self) -> u8 {
        (self.0 >> READERS) as u8
    }

    /// Where the message is in its life.
    #[inline(always)]
    pub fn state(self) -> State {
        match (self.0 >> 4) & 0xf {
            0 => State::Settled,
            1 => State::Ready,
            2 => State::Leased,
            3 => State::Husk,
            4 => State::Delayed,
            5 => State::Parked,
            _ => State::Dead,
        }
    }

    /// Whether the last lease was taken back.
    pub fn was_taken(self) -> bool {
        self.0 & Self::TAKEN != 0
    }

    /// Whether its index is in two places.
    #[inline(always)]
    pub fn is_twice(self) -> bool {
        self.0 & Self::TWICE != 0
    }

    /// The same, its index in two places.
    pub fn twice(self) -> Self {
        Self(self.0 | Self::TWICE)
    }

    /// The same, its index in one place.
    pub fn once(self) -> Self {
        Self(self.0 & !Self::TWICE)
    }

    /// Whether nothing has been noted of what the message has been through.
    pub fn is_new(self) -> bool {
        self.0 & Self::NEW != 0
    }

    /// Whether the content is gone.
    pub fn is_empty(self) -> bool {
        self.0 & Self::EMPTY != 0
    }

    /// The right to settle that a lease of this word has.
    #[inline(always)]
    pub fn lease(self) -> Lease {
        Lease(self.0 >> DELIVERIES)
    }

    /// Whether this is the very lease, and its holder may settle it.
    #[inline(always)]
    pub fn is_leased_as(self, lease: Lease) -> bool {
        let same = self.lease() == lease
            || planted!(SLOT_NO_DELIVERY_CHECK) && self.generation() == lease.generation();
        self.state() == State::Leased && same
    }

    /// Whether there is a message that whoever counts himself as a reader may look at.
    #[inline(always)]
    pub fn is_readable(self) -> bool {
        match self.state() {
            State::Ready | State::Leased | State::Delayed | State::Parked => true,
            State::Husk => planted!(SLOT_PINS_HUSKS),
            State::Settled | State::Dead => false,
        }
    }

    /// Whoever brings the word here owns the slot.
    #[inline(always)]
    pub fn is_owned(self) -> bool {
        matches!(self.state(), State::Settled | State::Dead) && self.readers() == 0
    }

    /// The same in another state. That the last lease was taken back stays true until the next one,
    /// and that nothing was noted; its index is where it was.
    #[inline(always)]
    pub fn with(self, state: State) -> Self {
        let kept = Self::TAKEN | Self::TWICE | Self::NEW;
        Self(self.0 & (!0xff | kept) | Self::bits(state))
    }

    /// The same in another state, with the flags that it has.
    #[inline(always)]
    pub fn to(self, state: State) -> Self {
        Self(self.0 & !0xf0 | Self::bits(state))
    }

    /// The same, the last lease taken back.
    #[inline(always)]
    pub fn taken(self) -> Self {
        Self(self.0 | Self::TAKEN)
    }

    /// One reader more.
    #[inline(always)]
    pub fn joined(self) -> Self {
        Self(self.0 + Self::READER)
    }

    /// One reader less.
    #[inline(always)]
    pub fn left(self) -> Self {
        Self(self.0 - Self::READER)
    }

    /// One delivery more, to one reader more.
    #[inline(always)]
    pub fn leased(self) -> Self {
        let leased = self.0 & !0xff | Self::bits(State::Leased);
        Self(leased + Self::READER + (1 << DELIVERIES))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}(generation {}, deliveries {}, readers {}, flags {:#x})",
            self.state(),
            self.generation(),
            self.deliveries(),
            self.readers(),
            self.0 & 0xf
        )
    }
}
