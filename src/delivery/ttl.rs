//! Until when messages live, where some of a partition's do not live for ever.
//!
//! A timer is of a slot's life, and holds no index: the message is wherever it is. What is gone by
//! then, or has made place for another life, is left alone.
//!
//! # Cost
//!
//! A lock of the partition's own and an insertion into its wheel, some tens of nanoseconds, for each
//! message that has a time to live; nothing for others. 56 bytes a slot, once the first of them has
//! come to the partition.
//!
//! # Invariants
//!
//! - I1: what a message has been through is noted here, too, whenever it is given back: whoever
//!   finds that its time is over may not look at the slot's own note, as the index is elsewhere.

use alloc::{boxed::Box, vec::Vec};
use core::time::Duration;

use super::slab::Tries;
use super::wheel::Wheel;
use crate::ring::CapacityError;
use crate::sync::Mutex;

/// The deadline of a life that has not begun to count: its message is not due yet.
const NOT_BEGUN: u64 = u64::MAX;

/// The times to live of a partition.
pub(crate) struct Ttl(Mutex<Lives>);

struct Lives {
    wheel: Wheel,
    lives: Box<[Life]>,
}

/// What is known of the last life of a slot that was given a time.
#[derive(Clone, Copy, Default)]
struct Life {
    generation: u64,
    deadline: u64,
    /// Nanoseconds.
    span: u64,
    tries: Tries,
    /// It is the message's own, not the queue's.
    own: bool,
    /// It was given up as its time was over.
    over: bool,
}

/// A time to live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Nanoseconds.
    pub(crate) ns: u64,
    /// It is the message's own, not the queue's.
    pub(crate) own: bool,
}

impl Lives {
    fn of(&mut self, index: u32, generation: u64) -> Option<&mut Life> {
        let life = &mut self.lives[index as usize];
        (life.generation == generation).then_some(life)
    }
}

impl Ttl {
    /// For `slots` slots, at the time `now`.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub(crate) fn new(slots: usize, now: u64) -> Result<Self, CapacityError> {
        let mut lives = Vec::new();
        lives.try_reserve_exact(slots).map_err(|_| CapacityError::OutOfMemory {
            capacity: slots,
            slot_bytes: size_of::<Life>(),
        })?;
        lives.resize(slots, Life::default());
        let wheel = Wheel::new(slots, now)?;
        Ok(Self(Mutex::new(Lives { wheel, lives: lives.into_boxed_slice() })))
    }

    /// Gives a life that is about to begin so long; until when.
    pub(crate) fn grant(&self, index: u32, generation: u64, span: Span, now: u64) -> u64 {
        let mut lives = self.0.lock();
        let Span { ns: span, own } = span;
        let deadline = now.saturating_add(span).min(NOT_BEGUN - 1);
        let tries = Tries::default();
        lives.lives[index as usize] = Life { generation, deadline, span, tries, own, over: false };
        lives.wheel.insert(index, deadline);
        deadline
    }

    /// Has the time of a life count from when its message is due, which it is not yet.
    pub(crate) fn postpone(&self, index: u32, generation: u64) {
        let mut lives = self.0.lock();
        if let Some(life) = lives.of(index, generation) {
            life.deadline = NOT_BEGUN;
            lives.wheel.remove(index);
        }
    }

    /// A life's message fell due at `due`: if it was not due before, its time counts from then.
    pub(crate) fn begin(&self, index: u32, generation: u64, due: u64) {
        let mut lives = self.0.lock();
        let Some(life) = lives.of(index, generation) else { return };
        if life.deadline == NOT_BEGUN {
            life.deadline = due.saturating_add(life.span).min(NOT_BEGUN - 1);
            let deadline = life.deadline;
            lives.wheel.insert(index, deadline);
        }
    }

    /// Notes what a message has been through that is given back; whether its time is over.
    pub(crate) fn outlived(&self, index: u32, generation: u64, tries: Tries, now: u64) -> bool {
        let mut lives = self.0.lock();
        let Some(life) = lives.of(index, generation) else { return false };
        life.tries = tries;
        life.over |= life.deadline <= now;
        life.over
    }

    /// Whether a message was given up as its time was over: what it had been through by then.
    pub(crate) fn over(&self, index: u32, generation: u64) -> Option<Tries> {
        let mut lives = self.0.lock();
        lives.of(index, generation).filter(|life| life.over).map(|life| life.tries)
    }

    /// The time of a life is over.
    pub(crate) fn end(&self, index: u32, generation: u64) {
        if let Some(life) = self.0.lock().of(index, generation) {
            life.over = true;
        }
    }

    /// Looks at a life again at a time.
    pub(crate) fn again(&self, index: u32, generation: u64, at: u64) {
        let mut lives = self.0.lock();
        if lives.of(index, generation).is_some() {
            lives.wheel.insert(index, at);
        }
    }

    /// How long a life is, if that is the message's own.
    pub(crate) fn own(&self, index: u32, generation: u64) -> Option<Duration> {
        let mut lives = self.0.lock();
        let life = lives.of(index, generation).filter(|life| life.own)?;
        Some(Duration::from_nanos(life.span))
    }

    /// How much is left of a life whose time is the message's own.
    pub(crate) fn left(&self, index: u32, generation: u64, now: u64) -> Option<Duration> {
        let mut lives = self.0.lock();
        let life = lives.of(index, generation).filter(|life| life.own)?;
        Some(Duration::from_nanos(match life.deadline {
            NOT_BEGUN => life.span,
            deadline => deadline.saturating_sub(now),
        }))
    }

    /// Hands out, as (index, generation), the lives whose time is over at `now`; and says when the
    /// next one is.
    pub(crate) fn advance(&self, now: u64, mut hand_out: impl FnMut(u32, u64)) -> Option<u64> {
        let mut lives = self.0.lock();
        let Lives { wheel, lives } = &mut *lives;
        wheel.advance(now, |index, _| hand_out(index, lives[index as usize].generation));
        wheel.next_due()
    }
}
