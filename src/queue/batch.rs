//! Several messages in one call.

use alloc::vec::Vec;

use super::enqueued::Enqueued;
use super::error::{EnqueueError, EnqueueErrorKind};
use super::front::Front;
use super::producer::Producer;
use crate::delivery::{Content, Count, Shard};
use crate::message::Message;

/// How many messages are published by one `fetch_add`.
const RUN: usize = 32;

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// Puts messages into the queue, each by the overflow policy; what became of each.
    ///
    /// `messages` is empty afterwards: those that were refused are in their errors.
    pub fn enqueue_batch(
        &self,
        messages: &mut Vec<Message<T::Owned>>,
    ) -> Vec<Result<Enqueued, EnqueueError<T::Owned>>> {
        messages.drain(..).map(|message| self.enqueue(message)).collect()
    }

    /// Puts as many of `messages` into the queue as there is room for now, from the first one on,
    /// and says how many; the others stay, in their order.
    ///
    /// Runs of messages for one partition cost one `fetch_add`; one with an id that the queue
    /// [remembers](super::Dedup) is a run of its own, and counts as accepted if it is a repeat.
    ///
    /// # Errors
    ///
    /// Why not a single one was accepted; all messages stay then.
    pub fn try_enqueue_batch(
        &self,
        messages: &mut Vec<Message<T::Owned>>,
    ) -> Result<usize, EnqueueErrorKind> {
        let mut accepted = 0;
        let mut front = Front::of(messages);
        let mut why = None;
        while why.is_none() && !front.rest().is_empty() {
            match self.run(&mut front) {
                Ok(run) => accepted += run,
                Err(kind) => why = Some(kind),
            }
        }
        why.filter(|_| accepted == 0).map_or(Ok(accepted), Err)
    }

    /// Accepts the first message, whose due time is its own, or which may be a repeat.
    fn alone(&self, front: &mut Front<'_, Message<T::Owned>>) -> Result<usize, EnqueueErrorKind> {
        let Some(message) = front.take() else { return Ok(0) };
        match self.try_enqueue(message) {
            Ok(_) => Ok(1),
            Err(error) => {
                let kind = error.kind();
                front.put_back(error.into_message());
                Err(kind)
            }
        }
    }

    /// Accepts a run of messages that go to one partition, beginning with the first one, and takes
    /// them out.
    fn run(&self, front: &mut Front<'_, Message<T::Owned>>) -> Result<usize, EnqueueErrorKind> {
        let Some(first) = front.rest().first() else { return Ok(0) };
        let known = self.core.known.is_some();
        let is_alone = |message: &Message<T::Owned>| {
            message.get_due().is_some() || known && message.has_dedup_id()
        };
        if is_alone(first) {
            return self.alone(front);
        }
        let keyed = first.tag().key().is_some();
        let (partition, shard) = self.place_of(first)?;
        let one = self.core.partitions() == 1;
        let chooses = self.partitioner.borrow().is_some();
        let follows = |message: &Message<T::Owned>| match message.tag().key() {
            _ if chooses => false,
            Some(key) => keyed && self.core.choose(Some(key), || 0) == partition,
            None => !keyed,
        };
        let mut indices = [0; RUN];
        let (mut len, mut why) = (0, None);
        while let (true, Some(message)) = (len < RUN, front.rest().first()) {
            if len > 0 && !(one || follows(message)) {
                break;
            }
            let plain = self.plain && message.is_bare();
            if !plain && is_alone(message) {
                break;
            }
            let admitted = if plain {
                self.admit_bare_at(partition, shard, T::len_of(message.payload()))
            } else {
                self.admit(partition, shard, message)
            };
            let index = match admitted {
                Ok(index) => index,
                Err(kind) => {
                    why = Some(kind);
                    break;
                }
            };
            indices[len] = index;
            let slot = shard.at(index);
            if plain {
                // SAFETY: the slot was claimed just now; a bare message is nothing but its payload.
                unsafe { slot.fill(front.take_by(|place| Message::take_bare(place)), None) };
            } else if let Some(message) = front.take() {
                // SAFETY: as above.
                unsafe { self.put(shard, slot, index, message) };
            }
            len += 1;
        }
        let count = || self.tally.add(Count::Accepted, len as u64);
        let each = |position, index, word| {
            if !self.plain {
                self.core.accepted(partition as u32, index, position, word);
            }
        };
        // SAFETY: claimed and filled above.
        if len > 0 && unsafe { shard.publish_n(&indices[..len], count, each) }.is_none() {
            for &index in indices[..len].iter().rev() {
                // SAFETY: as above: not published.
                front.put_back(unsafe { self.take_back(partition, shard, index) });
            }
            return Err(EnqueueErrorKind::Closed);
        }
        if len > 0 {
            Shard::<T>::published();
            self.core.tell(len);
        }
        why.filter(|_| len == 0).map_or(Ok(len), Err)
    }
}
