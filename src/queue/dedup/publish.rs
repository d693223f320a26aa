//! Publishing a message that is to be accepted once.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Before, Once, Outcome};
use crate::delivery::{Content, Count, Shard};
use crate::message::{Due, Message};
use crate::queue::Producer;
use crate::queue::enqueued::Enqueued;
use crate::queue::error::{EnqueueError, EnqueueErrorKind};
use crate::queue::producer::size;

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// Whether a message is a repeat, where there is no room for another one. Runs the user's code.
    #[cold]
    pub(in crate::queue) fn known(
        &self,
        message: &Message<T::Owned>,
    ) -> Option<Result<Enqueued, EnqueueErrorKind>> {
        let turn = self.turn_in_sequence.as_ref();
        if let Some(told) = turn.and_then(|turn| turn.check().transpose()) {
            return Some(self.told(told));
        }
        let before = self.core.once(T::of(message.payload()), message.tag())?.before(&self.core)?;
        // It uses its number up.
        let known = match turn {
            None => Ok(Outcome::Known(before)),
            Some(turn) => turn.take(0, || Outcome::Known(before)),
        };
        match known {
            Ok(Outcome::Known(before)) => Some(self.answer(before)),
            Ok(_) => None,
            Err(told) => Some(self.told(told)),
        }
    }

    /// Counts a repeat.
    fn told(&self, told: Result<Enqueued, EnqueueErrorKind>) -> Result<Enqueued, EnqueueErrorKind> {
        if let Ok(Enqueued::Duplicate { .. }) = told {
            self.tally.add(Count::Duplicates, 1);
        }
        told
    }

    /// What becomes of a message that is not admitted: a repeat needs no room.
    #[cold]
    pub(in crate::queue) fn refuse(
        &self,
        kind: EnqueueErrorKind,
        message: Message<T::Owned>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let known = if kind.lacks_room() || kind == EnqueueErrorKind::Closed {
            self.known(&message)
        } else {
            None
        };
        known.unwrap_or(Err(kind)).map_err(|kind| EnqueueError::new(kind, message))
    }

    /// What a producer of a repeat is told.
    fn answer(&self, before: Before) -> Result<Enqueued, EnqueueErrorKind> {
        match before {
            Before::Same(id) => self.told(Ok(Enqueued::Duplicate { id: Some(id) })),
            Before::Other(id) => Err(EnqueueErrorKind::DedupConflict { id }),
        }
    }

    /// As [`publish`](Self::publish), of a message that may have an id, or be due at a time.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(never)]
    pub(in crate::queue) unsafe fn publish_once(
        &self,
        partition: usize,
        shard: &Shard<T>,
        index: u32,
        mut message: Message<T::Owned>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let once = || self.core.once(T::of(message.payload()), message.tag());
        // Only the user's hash may panic.
        let caught = match &self.core.fingerprint {
            None => Ok(once()),
            Some(_) => catch_unwind(AssertUnwindSafe(once)),
        };
        let once = match caught {
            Ok(once) => once,
            Err(why) => {
                self.give_back(partition, shard, index, &message);
                resume_unwind(why)
            }
        };
        let due = message.take_due();
        let slot = shard.at(index);
        let mut message = Some(message);
        let put = || {
            if let Some(message) = message.take() {
                // SAFETY: the caller's duty.
                unsafe { self.put(shard, slot, index, message) };
            }
        };
        // SAFETY: as above.
        let told = unsafe { self.publish_unless_known(partition, shard, index, &once, due, put) };
        // It is here still if it was known.
        if let Some(message) = message {
            self.give_back(partition, shard, index, &message);
            return told.map_err(|kind| EnqueueError::new(kind, message.due(due)));
        }
        told.map_err(|kind| {
            // SAFETY: as above: it was filled, and not published.
            let message = unsafe { self.take_back(partition, shard, index) };
            EnqueueError::new(kind, message.due(due))
        })
    }

    /// As [`publish_filled`](Self::publish_filled), of a message that may be known, due then.
    ///
    /// # Safety
    ///
    /// As there.
    pub(in crate::queue) unsafe fn publish_filled_once(
        &self,
        partition: usize,
        shard: &Shard<T>,
        index: u32,
        once: Option<Once<'_>>,
        due: Option<Due>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        // SAFETY: the caller's duty, and that of the two that take it back.
        unsafe {
            match self.publish_unless_known(partition, shard, index, &once, due, || {}) {
                Ok(duplicate @ Enqueued::Duplicate { .. }) => {
                    drop(self.take_back(partition, shard, index));
                    Ok(duplicate)
                }
                Ok(accepted) => Ok(accepted),
                Err(kind) => {
                    let message = self.take_back(partition, shard, index);
                    Err(EnqueueError::new(kind, message.due(due)))
                }
            }
        }
    }

    /// Publishes a slot, which `put` fills, unless the message is known; then the slot is the
    /// caller's still.
    ///
    /// # Safety
    ///
    /// The index was claimed by this producer, and `put` fills the slot, if it is not.
    unsafe fn publish_unless_known(
        &self,
        partition: usize,
        shard: &Shard<T>,
        index: u32,
        once: &Option<Once<'_>>,
        due: Option<Due>,
        put: impl FnOnce(),
    ) -> Result<Enqueued, EnqueueErrorKind> {
        let time = due.and_then(|due| self.core.due_time(due));
        let publish = || {
            put();
            // SAFETY: the caller's duty; it is filled.
            unsafe { self.publish_due(shard, shard.at(index), index, time) }
        };
        let outcome = || match once {
            Some(once) => once.publish(&self.core, (partition as u32, index), publish),
            None => publish().map_or(Outcome::Closed, Outcome::New),
        };
        let outcome = match &self.turn_in_sequence {
            None => outcome(),
            Some(turn) => match turn.take(partition as u32, outcome) {
                Ok(outcome) => outcome,
                Err(told) => return self.told(told),
            },
        };
        match outcome {
            Outcome::New(place) => Ok(self.published_due(partition, index, place, time)),
            Outcome::Closed => Err(EnqueueErrorKind::Closed),
            Outcome::OutOfMemory => Err(EnqueueErrorKind::OutOfMemory),
            Outcome::Known(before) => self.answer(before),
        }
    }

    /// Gives a slot back that was not filled, with the bytes of its message.
    #[cold]
    fn give_back(
        &self,
        partition: usize,
        shard: &Shard<T>,
        index: u32,
        message: &Message<T::Owned>,
    ) {
        self.core.release_bytes(|| size::<T>(message));
        self.core.exit(self.core.crowd(partition, message.tag().key()));
        self.core.free(shard, &[index]);
    }
}
