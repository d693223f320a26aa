//! Filled slots become messages.

use super::enqueued::Enqueued;
use super::error::{EnqueueError, EnqueueErrorKind};
use super::producer::{Producer, size};
use crate::delivery::{Content, Count, Shard, Slot, Word};
use crate::message::Message;

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// Publishes a slot.
    ///
    /// # Safety
    ///
    /// The index was claimed by this producer, and the slot is filled.
    #[inline(always)]
    pub(super) unsafe fn publish_filled(
        &self,
        partition: usize,
        shard: &Shard<T>,
        slot: Slot<'_, T>,
        index: u32,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        // SAFETY: the caller's duty.
        match unsafe { shard.publish_at(slot, index, || self.tally.add(Count::Accepted, 1)) } {
            Some((position, word)) => Ok(self.published(partition, index, position, word)),
            // SAFETY: as above.
            None => Err(EnqueueError::new(EnqueueErrorKind::Closed, unsafe {
                self.take_back(partition, shard, index)
            })),
        }
    }

    /// As [`publish_filled`](Self::publish_filled), where the producer is plain: there is one group,
    /// and no name to be kept.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub(super) unsafe fn publish_bare(
        &self,
        partition: usize,
        shard: &Shard<T>,
        slot: Slot<'_, T>,
        index: u32,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        // SAFETY: the caller's duty.
        match unsafe { shard.publish_alone(slot, index, || self.tally.add(Count::Accepted, 1)) } {
            Some((position, word)) => {
                Shard::<T>::published();
                self.core.first.ready.notify(1);
                let partition = partition as u32;
                let (id, handle) = self.core.name_of(partition, index, position, word);
                Ok(Enqueued::Accepted { id, handle })
            }
            // SAFETY: as above.
            None => Err(EnqueueError::new(EnqueueErrorKind::Closed, unsafe {
                self.take_back(partition, shard, index)
            })),
        }
    }

    /// Tells of a message that was published just now.
    #[inline(always)]
    pub(super) fn published(
        &self,
        partition: usize,
        index: u32,
        position: u64,
        word: Word,
    ) -> Enqueued {
        Shard::<T>::published();
        self.core.tell(1);
        let (id, handle) = self.core.accepted(partition as u32, index, position, word);
        Enqueued::Accepted { id, handle }
    }

    /// Takes a message out of a slot that was not published.
    ///
    /// # Safety
    ///
    /// The index is in this hand, and its slot filled.
    #[cold]
    pub(super) unsafe fn take_back(
        &self,
        partition: usize,
        shard: &Shard<T>,
        index: u32,
    ) -> Message<T::Owned> {
        // SAFETY: the caller's duty.
        let (payload, tag) = unsafe { shard.at(index).take() };
        let priority = self.core.config.levels.priority(shard.level(index));
        let mut message = Message::from_parts(payload, tag).priority(priority);
        if let Some(ttl) = self.core.ungranted(shard, shard.at(index), index) {
            message = message.ttl(ttl);
        }
        self.core.release_bytes(|| size::<T>(&message));
        self.core.exit(self.core.crowd(partition, message.tag().key()));
        self.core.free(shard, &[index]);
        message
    }
}
