//! A full queue: what becomes of a message by its policy, and room that is made by the oldest one.

use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use super::Overflow;
use super::core::Core;
use super::dead::Obituary;
use super::enqueued::Enqueued;
use super::error::{EnqueueError, EnqueueErrorKind};
use super::producer::{Producer, size};
use super::seat::Seat;
use crate::delivery::{Content, Count, Shard, State, Tries, Why, Word};
use crate::message::Reason;
use crate::wait::both;

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// What becomes of a message for which there is no room.
    #[cold]
    #[inline(never)]
    pub(super) fn overflow(
        &self,
        error: EnqueueError<T::Owned>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let kind = error.kind();
        if !kind.lacks_room() {
            return Err(error);
        }
        let message = error.into_message();
        match self.core.config.overflow {
            Overflow::Fail => Err(EnqueueError::new(kind, message)),
            Overflow::Block(longest) => self.enqueue_timeout(message, longest),
            Overflow::DropNewest => {
                drop(message);
                self.tally.add(Count::DroppedNewest, 1);
                Ok(Enqueued::Dropped)
            }
            // Other keys make no room for this one.
            Overflow::DropOldest if kind != EnqueueErrorKind::Full => {
                Err(EnqueueError::new(kind, message))
            }
            Overflow::DropOldest => {
                let (partition, shard) = match self.place_of(&message) {
                    Ok(place) => place,
                    Err(kind) => return Err(EnqueueError::new(kind, message)),
                };
                let crowd = self.core.crowd(partition, message.tag().key());
                if let Err(kind) = self.core.enter(crowd) {
                    return Err(EnqueueError::new(kind, message));
                }
                // There may be room now; if not, the oldest ones make some, in bytes too.
                let evict = || self.core.evict(shard, partition as u32, Count::Overflowed);
                let mut made = shard.claim().or_else(evict);
                while let Some(index) = made {
                    if self.core.reserve_bytes(|| size::<T>(&message)) {
                        // SAFETY: the index is in this hand.
                        return unsafe { self.publish(partition, shard, index, message) };
                    }
                    self.core.free(shard, &[index]);
                    made = evict();
                }
                self.core.exit(crowd);
                Err(EnqueueError::new(EnqueueErrorKind::Full, message))
            }
        }
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// Ends the oldest ready message of a partition, and gives its slot to the caller. `None` if
    /// there is none, somebody reads it, or it cannot go to the dead letters: then it stays where
    /// it is, the next one to be handed out.
    pub(super) fn evict(&self, shard: &Shard<C>, partition: u32, count: Count) -> Option<u32> {
        // There is one group only where the oldest make room.
        let track = shard.first();
        loop {
            let index = track.oldest(shard)?;
            let seat = Seat { shard, track, partition, index };
            if self.holds_back(seat) {
                continue;
            }
            let slot = seat.slot();
            let word = match slot.bury(State::Ready) {
                Ok(word) => word,
                Err(word) if word.state() == State::Ready => {
                    self.stay(seat);
                    return None;
                }
                Err(_) => {
                    self.taken_out(seat);
                    continue;
                }
            };
            if count == Count::Overflowed && self.dead.is_some() {
                return self.overflow(seat, word);
            }
            self.follow(seat);
            self.first.common.add(count, 1);
            self.first.common.add(Count::GoneReady, 1);
            // SAFETY: burying it made this thread the owner of the slot, with its content.
            let (message, _) = unsafe { self.take_message(seat) };
            self.or_free(seat, || drop(message));
            return Some(index);
        }
    }

    /// Sends a dead message, whose slot the caller owns, to the dead letters.
    fn overflow(&self, seat: Seat<'_, C>, word: Word) -> Option<u32> {
        let slot = seat.slot();
        // SAFETY: the caller owns the slot, and so has the index in hand.
        let tries = unsafe { slot.tries() };
        let why = Why::Buried(Reason::Overflow);
        let obituary = Obituary { deliveries: word.deliveries(), text: "", consumer: 0 };
        if self.move_out(seat, Tries { why, ..tries }, &obituary).is_some() {
            self.follow(seat);
            self.first.common.add(Count::BuriedReady, 1);
            self.first.common.add(Count::DeadLettered, 1);
            self.or_free(seat, || self.tell_dead());
            return Some(seat.index);
        }
        // SAFETY: as above; the message is in its slot.
        unsafe { slot.unbury(State::Ready) };
        self.stay(seat);
        None
    }

    /// Makes a ready message, whose index is in the caller's hand, the next to be handed out.
    fn stay(&self, seat: Seat<'_, C>) {
        seat.track.give_back(seat.index);
        self.first.ready.notify(1);
    }

    /// Runs the user's code; if it panics, the slot, which is free and in the caller's hand, is
    /// freed.
    fn or_free(&self, seat: Seat<'_, C>, users: impl FnOnce()) {
        if let Err(why) = catch_unwind(AssertUnwindSafe(users)) {
            both(|| self.free(seat.shard, &[seat.index]), || resume_unwind(why));
        }
    }
}
