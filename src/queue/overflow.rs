//! Room that is made by the oldest message.

use super::core::{Core, Seat};
use super::dead::Obituary;
use crate::delivery::{Content, Count, Shard, State, Tries, Why, Word};
use crate::message::Reason;

impl<C: Content + ?Sized> Core<C> {
    /// Ends the oldest ready message of a partition, and gives its slot to the caller. `None` if
    /// there is none, somebody reads it, or it cannot go to the dead letters: then it stays where
    /// it is, the next one to be handed out.
    pub(super) fn evict(&self, shard: &Shard<C>, partition: u32, count: Count) -> Option<u32> {
        loop {
            let index = shard.next()?;
            let seat = Seat { shard, partition, index };
            let slot = shard.at(index);
            if slot.shift(State::Ready, State::Parked).is_none() {
                self.taken_out(seat, slot.take_out());
                continue;
            }
            let Ok(word) = slot.bury() else {
                self.stay(seat);
                return None;
            };
            if count == Count::Overflowed && self.dead.is_some() {
                return self.overflow(seat, word);
            }
            self.common.add(count, 1);
            self.common.add(Count::GoneReady, 1);
            // SAFETY: burying it made this thread the owner of the slot, with its content; the slot
            // is free then, also if a destructor panics.
            unsafe {
                self.release_bytes(|| slot.bytes());
                let content = slot.take();
                slot.moved();
                drop(content);
            }
            return Some(index);
        }
    }

    /// Sends a dead message, whose slot the caller owns, to the dead letters.
    fn overflow(&self, seat: Seat<'_, C>, word: Word) -> Option<u32> {
        let slot = seat.shard.at(seat.index);
        // SAFETY: the caller owns the slot, and so has the index in hand.
        let tries = unsafe { slot.tries() };
        let why = Why::Buried(Reason::Overflow);
        let obituary = Obituary { deliveries: word.deliveries(), text: "", consumer: 0 };
        if self.move_out(seat, Tries { why, ..tries }, &obituary) {
            self.common.add(Count::BuriedReady, 1);
            self.common.add(Count::DeadLettered, 1);
            return Some(seat.index);
        }
        // SAFETY: as above; the message is in its slot.
        unsafe { slot.park() };
        self.stay(seat);
        None
    }

    /// Makes a parked message, whose index is in the caller's hand, the next to be handed out.
    fn stay(&self, seat: Seat<'_, C>) {
        let slot = seat.shard.at(seat.index);
        match slot.shift(State::Parked, State::Ready) {
            Some(_) => {
                seat.shard.give_back(seat.index);
                self.ready.notify(1);
            }
            None => self.taken_out(seat, slot.take_out()),
        }
    }
}
