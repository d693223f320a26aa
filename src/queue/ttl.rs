//! Messages whose time is over: they are given up wherever they stand.
//!
//! | where it stands | what the housekeeper does |
//! |---|---|
//! | ready, or behind its key | parks it, its index being in two places then: whoever comes to the other one finds it gone |
//! | waiting for its next attempt | takes it out of the wheel |
//! | set aside by a consumer | takes it out of the wheel |
//! | with a consumer | nothing: it is given up when it is given back |
//!
//! Who gives a message back looks at its time after he has changed the word, and the housekeeper
//! looks at the word after it has found the time over, each under the lock of the times: so one of
//! them sees the other.

use alloc::vec::Vec;
use core::time::Duration;

use super::core::Core;
use super::dead::Obituary;
use super::error::EnqueueErrorKind;
use super::seat::Seat;
use crate::clock::nanos;
use crate::delivery::{Content, Count, Shard, Slot, Span, State, Track, Tries, Ttl, Why};
use crate::message::{Reason, Tag};
use crate::wait::Panics;

/// How soon to look again at a message that is on its way, and how far two passes are apart that
/// look for what is over: 1 ms.
const TICK: u64 = 1_000_000;

impl<C: Content + ?Sized> Core<C> {
    /// How long a message lives.
    #[inline(always)]
    pub(super) fn span_of(&self, tag: &Tag) -> Option<Span> {
        match tag.ttl() {
            None => self.config.ttl.map(|ttl| Span { ns: nanos(ttl), own: false }),
            Some(ttl) => Some(Span { ns: nanos(ttl), own: true }),
        }
    }

    /// Sees to it that the groups of a partition can note how long a message lives.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    #[inline(always)]
    pub(super) fn check_ttl(&self, shard: &Shard<C>, tag: &Tag) -> Result<(), EnqueueErrorKind> {
        if self.span_of(tag).is_none() { Ok(()) } else { self.make_ttl(shard) }
    }

    #[cold]
    fn make_ttl(&self, shard: &Shard<C>) -> Result<(), EnqueueErrorKind> {
        let now = self.engine.now();
        let mut lacking = shard.live().filter(|track| track.ttl().is_none());
        let made = lacking.try_for_each(|track| track.make_ttl(now));
        made.map_err(|_| EnqueueErrorKind::OutOfMemory)
    }

    /// Notes how long a message lives that is about to be published, from now on. A group that joins
    /// at this very moment may have it for ever.
    #[inline(never)]
    pub(super) fn grant(&self, shard: &Shard<C>, slot: Slot<'_, C>, index: u32, span: Span) {
        let generation = slot.next_word(State::Ready).generation();
        let now = self.engine.now();
        let ttls = shard.live().filter_map(Track::ttl);
        if let Some(deadline) = ttls.map(|ttl| ttl.grant(index, generation, span, now)).min() {
            // The locks order it: a pass that did not see it is under way, or sees it.
            self.engine.due_at(deadline);
        }
    }

    /// Has the time of a message that is about to be published count from when it is due.
    pub(super) fn postpone(&self, shard: &Shard<C>, slot: Slot<'_, C>, index: u32) {
        let generation = slot.next_word(State::Ready).generation();
        shard.tracks().filter_map(Track::ttl).for_each(|ttl| ttl.postpone(index, generation));
    }

    /// How long a message would have lived that is to be published no more, if that was its own.
    pub(super) fn ungranted(
        &self,
        shard: &Shard<C>,
        slot: Slot<'_, C>,
        index: u32,
    ) -> Option<Duration> {
        let generation = slot.next_word(State::Ready).generation();
        shard.tracks().filter_map(Track::ttl).find_map(|ttl| ttl.own(index, generation))
    }

    /// How long a message would have lived on, if that was its own; its word is of this life.
    pub(super) fn ttl_left(&self, seat: Seat<'_, C>, generation: u64) -> Option<Duration> {
        seat.track.ttl()?.left(seat.index, generation, self.engine.now())
    }

    /// Notes what a message has been through that is given back; whether its time is over.
    #[inline]
    pub(super) fn outlived(&self, seat: Seat<'_, C>, generation: u64, tries: Tries) -> bool {
        let Some(ttl) = seat.track.ttl() else { return false };
        ttl.outlived(seat.index, generation, tries, self.engine.now())
    }

    /// What a message has been through that was given up as its time was over.
    pub(super) fn over(&self, seat: Seat<'_, C>, generation: u64) -> Option<Tries> {
        let tries = seat.track.ttl()?.over(seat.index, generation)?;
        Some(Tries { why: Why::Buried(Reason::Expired), ..tries })
    }

    /// Gives up a message whose time is over, and whose index is in the caller's hand; `from` is
    /// what it was, ready or delayed.
    pub(super) fn perish(
        &self,
        seat: Seat<'_, C>,
        from: State,
        tries: Tries,
        obituary: &Obituary<'_>,
    ) {
        let slot = seat.slot();
        let tries = Tries { why: Why::Buried(Reason::Expired), ..tries };
        let word = match slot.bury(from) {
            Ok(word) => Some(word),
            // Somebody reads it.
            Err(word) if word.state() == from => slot.shift(from, State::Parked),
            Err(_) => None,
        };
        // Else cancelled meanwhile, or found by the housekeeper.
        let Some(word) = word else { return self.taken_out(seat) };
        let common = &self.group_of(seat).common;
        if from == State::Delayed {
            common.add(Count::Due, 1);
        }
        self.follow(seat);
        common.add(Count::BuriedReady, 1);
        self.bury(seat, word, tries, obituary);
    }

    /// Gives up what is over at `now` for a group, and says when to look again.
    pub(super) fn keep_ttl(
        &self,
        first: Seat<'_, C>,
        now: u64,
        panics: &mut Panics,
    ) -> Option<u64> {
        let ttl = first.track.ttl()?;
        let mut over = Vec::new();
        let mut next = ttl.advance(now, |index, generation| over.push((index, generation)));
        if !over.is_empty() {
            for (index, generation) in over {
                panics.catch(|| self.give_up_life(Seat { index, ..first }, ttl, generation, now));
            }
            // What was parked goes, and what stood in front makes room.
            let waiting = self.keep_waiting(first, now, panics);
            panics.catch(|| self.sweep());
            next = ttl.advance(now, |_, _| {}).into_iter().chain(waiting).min();
        }
        next.map(|next| next.max(now.saturating_add(TICK)))
    }

    /// Gives up a message whose time is over, wherever it stands.
    fn give_up_life(&self, seat: Seat<'_, C>, ttl: &Ttl, generation: u64, now: u64) {
        let Seat { track, index, .. } = seat;
        let slot = seat.slot();
        loop {
            let word = slot.look();
            if word.generation() != generation {
                return;
            }
            match word.state() {
                State::Ready => {
                    ttl.end(index, generation);
                    if slot.pull(word) {
                        let common = &self.group_of(seat).common;
                        common.add(Count::BuriedReady, 1);
                        common.add(Count::Parked, 1);
                        track.house().lock().wait(index, now, || self.times());
                        return;
                    }
                }
                State::Delayed => {
                    let recalled = {
                        let mut house = track.house().lock();
                        self.take_in(track, &mut house);
                        slot.look() == word && house.recall(index)
                    };
                    if !recalled {
                        // On its way to the wheel, or out of it.
                        return ttl.again(index, generation, now.saturating_add(TICK));
                    }
                    ttl.end(index, generation);
                    // SAFETY: it came out of the wheel into this hand.
                    let tries = unsafe { slot.tries() };
                    let deliveries = word.deliveries();
                    let obituary = Obituary { deliveries, text: "", consumer: 0 };
                    return self.perish(seat, State::Delayed, tries, &obituary);
                }
                State::Parked => match self.recall_deferred(seat, generation) {
                    Some(true) => {
                        ttl.end(index, generation);
                        self.follow(seat);
                        return self.exhume(seat);
                    }
                    Some(false) => return,
                    None => return ttl.again(index, generation, now.saturating_add(TICK)),
                },
                _ => return,
            }
        }
    }
}
