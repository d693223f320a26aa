//! What each end knows: its place, and how far the other one had come when it last looked.

use super::{Place, Side};
use crate::sync::{DRY_PAUSES, ord, pause};

/// As many new values make a look worth its price.
const LONG_RUN: u64 = 32;

/// The patience that makes the next look at once.
pub(super) const UNHURRIED: u32 = DRY_PAUSES + 1;

/// What the producer knows.
#[derive(Clone, Copy)]
pub(super) struct Writer<T> {
    /// The slot that the next push fills.
    pub(super) at: Place<T>,
    /// How far the consumer had come when this end last looked.
    pub(super) consumed: u64,
}

/// What the consumer knows.
#[derive(Clone, Copy)]
pub(super) struct Reader<T> {
    /// The slot that the next pop empties.
    pub(super) at: Place<T>,
    /// How far the producer had come when this end last looked.
    pub(super) produced: u64,
    /// Whether to pause before the next look at the producer: if it is 1 to [`DRY_PAUSES`].
    pub(super) patience: u32,
}

impl<T> Writer<T> {
    pub(super) fn new(at: Place<T>) -> Self {
        Self { at, consumed: at.count }
    }

    /// How many of `wanted` slots are free; looks at the consumer only if it must.
    #[inline(always)]
    pub(super) fn free(&mut self, consumer: &Side, wanted: usize) -> usize {
        let capacity = self.at.capacity;
        let mut free = capacity.wrapping_sub(self.at.count.wrapping_sub(self.consumed) as usize);
        if free < wanted {
            // Acquire A2, pairs with R2 in `Reader::give_back`: the values of these slots are out.
            self.consumed = consumer.count.load(ord!(SPSC_A2, load, Acquire));
            free = capacity.wrapping_sub(self.at.count.wrapping_sub(self.consumed) as usize);
        }
        free.min(wanted)
    }

    /// Lets the consumer have the next `len` slots, which hold values.
    #[inline(always)]
    pub(super) fn commit(&mut self, producer: &Side, len: usize) {
        self.at.advance(len);
        self.publish(producer);
    }

    /// Lets the consumer have all slots up to this end's place.
    #[inline(always)]
    pub(super) fn publish(&self, producer: &Side) {
        // Release R1, pairs with A1 in `Reader::look`: the values are there before the count says
        // so.
        producer.count.store(self.at.count, ord!(SPSC_R1, store, Release));
    }
}

impl<T> Reader<T> {
    pub(super) fn new(at: Place<T>) -> Self {
        Self { at, produced: at.count, patience: UNHURRIED }
    }

    /// How many of `wanted` slots are filled; looks at the producer only if it must.
    #[inline(always)]
    pub(super) fn filled(&mut self, producer: &Side, wanted: usize) -> usize {
        let mut filled = self.produced.wrapping_sub(self.at.count) as usize;
        if filled < wanted {
            self.look(producer);
            filled = self.produced.wrapping_sub(self.at.count) as usize;
        }
        filled.min(wanted)
    }

    /// Looks how far the producer has come.
    ///
    /// Each look takes the line of the producer's count away from it. So a look that found a few
    /// values, or none, makes the next one wait for a pause, in which the producer can get ahead;
    /// when some in a row have found nothing, the producer is not at work, and they wait no more.
    /// Who finds exactly one time after time, and never none, need not wait for more.
    #[inline(always)]
    #[cfg_attr(
        ringmill_loom,
        allow(
            clippy::absurd_extreme_comparisons,
            clippy::unnecessary_min_or_max,
            reason = "a model has no pauses"
        )
    )]
    fn look(&mut self, producer: &Side) {
        if (1..UNHURRIED).contains(&self.patience) {
            pause(1);
        }
        // Acquire A1, pairs with R1 in `Writer::publish`: the values are there.
        let produced = producer.count.load(ord!(SPSC_A1, load, Acquire));
        self.patience = match produced.wrapping_sub(self.produced) {
            0 => self.patience.min(DRY_PAUSES).saturating_sub(1),
            1 if self.patience >= DRY_PAUSES => UNHURRIED,
            1..LONG_RUN => DRY_PAUSES,
            _ => UNHURRIED,
        };
        self.produced = produced;
    }

    /// Lets the producer have the next `len` slots, whose values are out.
    #[inline(always)]
    pub(super) fn release(&mut self, consumer: &Side, len: usize) {
        self.at.advance(len);
        self.give_back(consumer);
    }

    /// Lets the producer have all slots up to this end's place.
    #[inline(always)]
    pub(super) fn give_back(&self, consumer: &Side) {
        // Release R2, pairs with A2 in `Writer::free`: the values are out before the count says so.
        consumer.count.store(self.at.count, ord!(SPSC_R2, store, Release));
    }
}
