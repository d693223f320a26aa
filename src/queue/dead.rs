//! Dead letters: how a message leaves the queue that gave it up.

use alloc::{string::String, sync::Arc};
use core::fmt;
use core::time::Duration;

use super::core::Core;
use super::seat::Seat;
use crate::clock::nanos;
use crate::delivery::{Content, Count, Shard, State, Tries, Why, Word};
use crate::message::{Death, Message, Priority, Reason, Tag};
use crate::wait::both;

/// A message that was given up, for [`on_dead`](super::QueueBuilder::on_dead).
pub struct DeadLetter<C: Content + ?Sized> {
    message: Message<C::Owned>,
    death: Death,
}

impl<C: Content + ?Sized> DeadLetter<C> {
    /// The message; its history is that before this death.
    pub fn message(&self) -> &Message<C::Owned> {
        &self.message
    }

    /// How it died.
    pub fn death(&self) -> &Death {
        &self.death
    }
}

impl<C: Content + ?Sized> fmt::Debug for DeadLetter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter").field("death", &self.death).finish_non_exhaustive()
    }
}

/// What is known of a death, but for what the slot tells.
pub(super) struct Obituary<'a> {
    pub(super) deliveries: u8,
    pub(super) text: &'a str,
    /// Who had it last; 0 for nobody.
    pub(super) consumer: u64,
}

/// How long a parked message waits for the next try.
const AGAIN: Duration = Duration::from_millis(10);

impl<C: Content + ?Sized> Core<C> {
    /// Passes a dead or parked message on; `word` is the one that made it so.
    pub(super) fn bury(
        &self,
        seat: Seat<'_, C>,
        word: Word,
        tries: Tries,
        obituary: &Obituary<'_>,
    ) {
        if word.state() == State::Dead {
            self.entomb(seat, tries, obituary);
        } else {
            self.park(seat, tries, obituary.text);
            self.group_of(seat).common.add(Count::Parked, 1);
            self.gone(seat);
        }
    }

    /// Tries again for a parked message, whose index is in the caller's hand.
    pub(super) fn exhume(&self, seat: Seat<'_, C>) {
        let slot = seat.slot();
        // What is over may have its index in a ring, where others look at what it has been through.
        let over = self.over(seat, slot.look().generation());
        // SAFETY: else the index is in this hand.
        let tries = over.unwrap_or_else(|| unsafe { slot.tries() });
        match slot.bury(State::Parked) {
            Ok(word) => {
                let group = self.group_of(seat);
                group.common.add(Count::Exhumed, 1);
                let text = group.texts.lock().remove(&(seat.partition as usize, seat.index));
                let text = text.unwrap_or_default();
                let deliveries = word.deliveries();
                self.entomb(seat, tries, &Obituary { deliveries, text: &text, consumer: 0 });
            }
            Err(word) if word.state() == State::Parked => {
                self.set_aside(seat, tries, self.later());
            }
            Err(_) => {
                let texts = &self.group_of(seat).texts;
                texts.lock().remove(&(seat.partition as usize, seat.index));
                self.taken_from_wheel(seat);
            }
        }
    }

    fn later(&self) -> u64 {
        self.engine.now().saturating_add(nanos(AGAIN))
    }

    /// Sets a message that could not go aside; its index is in the caller's hand.
    fn park(&self, seat: Seat<'_, C>, tries: Tries, text: &str) {
        if !text.is_empty() {
            let text = Death::cut(text).into();
            let texts = &self.group_of(seat).texts;
            texts.lock().insert((seat.partition as usize, seat.index), text);
        }
        self.set_aside(seat, tries, self.later());
    }

    /// Moves a dead message, whose slot the caller owns.
    fn entomb(&self, seat: Seat<'_, C>, tries: Tries, obituary: &Obituary<'_>) {
        if self.dead.is_none() {
            self.let_die(seat, tries, obituary);
        } else if let Some(free) = self.move_out(seat, tries, obituary) {
            self.group_of(seat).common.add(Count::DeadLettered, 1);
            both(|| self.free_if(free, seat), || both(|| self.tell_dead(), || self.gone(seat)));
        } else {
            // SAFETY: the caller owns the slot, and the message is in it.
            unsafe { seat.slot().unbury(State::Parked) };
            self.group_of(seat).common.add(Count::Parked, 1);
            self.park(seat, tries, obituary.text);
            self.gone(seat);
        }
    }

    pub(super) fn free_if(&self, free: bool, seat: Seat<'_, C>) {
        if free {
            self.free(seat.shard, &[seat.index]);
        }
    }

    /// Moves a dead message, whose slot the caller owns for its group, to the dead letters, and says
    /// whether the slot is free then, and in the caller's hand, who has to
    /// [tell](Self::tell_dead) those who wait for dead letters. `None` if they have no room for it,
    /// or it has died too often.
    pub(super) fn move_out(
        &self,
        seat: Seat<'_, C>,
        tries: Tries,
        obituary: &Obituary<'_>,
    ) -> Option<bool> {
        let dead = self.dead.as_ref()?;
        let slot = seat.slot();
        // SAFETY: the caller owns the slot, and the message is in it.
        let deaths = unsafe { slot.tag() }.map_or(0, |tag| tag.history().len());
        // SAFETY: as above.
        let bytes = unsafe { slot.bytes() };
        if deaths >= Death::KEPT
            || !dead.adopt(self, seat, bytes, self.death(seat, tries, obituary))
        {
            return None;
        }
        if self.copy.is_none() {
            self.release_bytes(|| bytes);
            self.exit_from(seat);
        }
        // SAFETY: as above; the message has moved.
        Some(unsafe { self.moved(seat) })
    }

    /// Takes the message out of a slot, or copies it where other groups share it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot for its group, and the message is in it.
    pub(super) unsafe fn extract(&self, seat: Seat<'_, C>) -> (C::Owned, Option<Tag>) {
        let slot = seat.slot();
        // SAFETY: the caller's duty.
        unsafe {
            match self.copy {
                None => slot.take(),
                Some(copy) => (copy(slot.content()), slot.tag().cloned()),
            }
        }
    }

    /// Ends the part of a group in a message that was [extracted](Self::extract); whether the slot
    /// is free then, and in the caller's hand.
    ///
    /// # Safety
    ///
    /// As there.
    unsafe fn moved(&self, seat: Seat<'_, C>) -> bool {
        // SAFETY: the caller's duty.
        if unsafe { seat.slot().moved() } {
            return self.leave_behind(seat);
        }
        self.group_of(seat).common.add(Count::Hollowed, 1);
        false
    }

    /// As [`moved`](Self::moved), where the word says so already.
    pub(super) fn leave_behind(&self, seat: Seat<'_, C>) -> bool {
        let word = seat.slot().peek();
        let last = seat.shard.completes(seat.track, seat.index);
        if self.copy.is_none() {
            return last;
        }
        if last {
            // The original goes.
            self.dispose(seat, word);
        }
        false
    }

    /// Lets go of a dead message, whose slot the caller owns, where there is no queue for it.
    fn let_die(&self, seat: Seat<'_, C>, tries: Tries, obituary: &Obituary<'_>) {
        let death = self.death(seat, tries, obituary);
        // SAFETY: the caller owns the slot, and the message is in it.
        let (message, free) = unsafe { self.take_message(seat) };
        let count = match death.reason {
            Reason::MaxAttempts => Count::MaxAttempts,
            Reason::MaxDeliveries => Count::MaxDeliveries,
            Reason::Expired => Count::Outlived,
            Reason::Rejected | Reason::Overflow => Count::Rejected,
            Reason::KeyParked => Count::KeyParked,
        };
        self.group_of(seat).common.add(count, 1);
        let tell = || {
            if let Some(on_dead) = &self.on_dead {
                on_dead(&DeadLetter { message, death });
            }
        };
        both(|| self.free_if(free, seat), || both(|| self.gone(seat), tell));
    }

    /// Takes a message out of its slot, with its bytes, or copies it where other groups share it;
    /// and says whether the slot is free then, and in the caller's hand.
    ///
    /// # Safety
    ///
    /// The caller owns the slot for its group, and the message is in it.
    pub(super) unsafe fn take_message(&self, seat: Seat<'_, C>) -> (Message<C::Owned>, bool) {
        // SAFETY: the caller's duty.
        unsafe { (self.take_content(seat), self.moved(seat)) }
    }

    /// As [`take_message`](Self::take_message); the word of the slot stays as it is.
    ///
    /// # Safety
    ///
    /// The content is the caller's to take, or to copy where other groups share it.
    pub(super) unsafe fn take_content(&self, seat: Seat<'_, C>) -> Message<C::Owned> {
        let priority = self.priority(seat);
        // SAFETY: the caller's duty.
        let (value, tag) = unsafe {
            if self.copy.is_none() {
                self.uncount(seat);
            }
            self.extract(seat)
        };
        Message::from_parts(value, tag).priority(priority)
    }

    /// The priority of a message; the caller has its index in hand, or reads it.
    pub(super) fn priority(&self, seat: Seat<'_, C>) -> Priority {
        let levels = &self.config.levels;
        if seat.shard.is_dispatched() {
            return levels.priority(seat.shard.level(seat.index));
        }
        // SAFETY: the caller has the index in hand, or reads; the message is in its slot.
        let tag = unsafe { seat.slot().tag() };
        // Without levels to choose from, a dead letter keeps what it had before it died.
        let died = tag.filter(|tag| !tag.history().is_empty());
        died.map_or_else(|| levels.priority(0), Tag::priority)
    }

    fn death(&self, seat: Seat<'_, C>, tries: Tries, obituary: &Obituary<'_>) -> Death {
        let reason = match tries.why {
            Why::Buried(reason) => reason,
            Why::Retry | Why::Snoozed | Why::Scheduled | Why::Deferred => Reason::Rejected,
        };
        Death {
            queue: Arc::clone(&self.name),
            group: self.group_of(seat).name(),
            reason,
            class: tries.class,
            text: String::from(Death::cut(obituary.text)),
            attempts: u32::from(tries.attempts),
            deliveries: u32::from(obituary.deliveries),
            consumer: obituary.consumer,
            at: self.engine.clock().wall(),
        }
    }

    /// Wakes one who waits for the dead letters. Not before the slot that the message came from says
    /// that it has moved: a waker may panic.
    pub(super) fn tell_dead(&self) {
        if let Some(dead) = &self.dead {
            Shard::<C>::published();
            dead.tell(1);
        }
    }

    /// Takes a dead message in from another queue, which owns its slot, and tells nobody; false if
    /// there is no room, or this queue is closed: the message is in its slot then.
    fn adopt(&self, home: &Self, from: Seat<'_, C>, bytes: usize, death: Death) -> bool {
        let source = from.slot();
        // SAFETY: the caller owns the slot, and the message is in it.
        let key = unsafe { source.tag() }.and_then(Tag::key);
        let partition = self.choose(key, || from.partition as usize);
        let Ok(shard) = self.shard(partition) else { return false };
        let Some(index) = self.room_for(shard, partition as u32, bytes) else { return false };
        let crowd = self.crowd(partition, key);
        self.enter_anyway(crowd);
        let priority = home.priority(from);
        // SAFETY: as above.
        let (value, tag) = unsafe { home.extract(from) };
        let mut tag = tag.unwrap_or_default();
        tag.died(death, priority);
        let target = shard.at(index);
        // SAFETY: the index was claimed: it is in this hand, and its slot is free.
        let published = unsafe {
            self.label(shard, index, priority, tag.key());
            target.fill(value, Some(tag));
            shard.publish(index, || self.common.add(Count::Accepted, 1))
        };
        if let Some((position, word)) = published {
            self.accepted(partition as u32, index, position, word);
            return true;
        }
        // Closed: back to where it was.
        // SAFETY: both slots are in this hand.
        let (value, tag) = unsafe { target.take() };
        if home.copy.is_none() {
            let tag = tag.map(|mut tag| {
                tag.undo_death();
                tag
            });
            // SAFETY: as above.
            unsafe { source.fill(value, tag) };
        }
        self.release_bytes(|| bytes);
        self.exit(crowd);
        self.free(shard, &[index]);
        false
    }

    /// A slot and bytes for a dead letter.
    pub(super) fn room_for(&self, shard: &Shard<C>, partition: u32, bytes: usize) -> Option<u32> {
        let full = || self.config.retain.count.is_some() || self.config.retain.bytes.is_some();
        let mut index = shard.claim();
        if index.is_none() && full() {
            // Those kept longest make room.
            index = self.evict(shard, partition, Count::Expunged);
        }
        let index = index?;
        if self.reserve_bytes(|| bytes) {
            return Some(index);
        }
        self.free(shard, &[index]);
        None
    }
}
