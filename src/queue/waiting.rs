//! Waiting for room by a thread.

use core::time::Duration;
use std::time::Instant;

use super::enqueued::Enqueued;
use super::error::{EnqueueError, EnqueueErrorKind};
use super::producer::{Producer, size};
use super::signs::Signs;
use crate::delivery::{Content, Shard};
use crate::message::Message;
use crate::sync::wait as pause;
use crate::wait::block;

/// How often a slot that is being given back is waited for.
const PATIENCE: u32 = 1_000;

impl<T: Content + ?Sized, M> Producer<T, M> {
    /// A free slot, into `out`, where none was to be had at once: some may be behind one that is
    /// being given back at this moment. A thread that is stopped in the middle of it is waited for,
    /// but not for ever.
    #[cold]
    #[inline(never)]
    pub(super) fn claim_late(&self, partition: usize, shard: &Shard<T>, out: &mut [u32]) -> usize {
        if self.core.signs.has(Signs::LAGS | Signs::LEAVES) {
            while shard.is_exhausted() && self.core.shed(shard, partition as u32) {}
        }
        for round in 0..PATIENCE {
            if !self.core.has_room(shard) {
                return 0;
            }
            pause(round);
            if let Some(index) = shard.claim() {
                out[0] = index;
                return 1;
            }
        }
        0
    }

    /// Puts a message into the queue; waits while there is no room.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue), but never `Full`.
    #[inline]
    pub fn enqueue_blocking(
        &self,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        match self.try_enqueue(message) {
            Err(error) => self.wait(error),
            accepted => accepted,
        }
    }

    #[cold]
    #[inline(never)]
    fn wait(&self, error: EnqueueError<T::Owned>) -> Result<Enqueued, EnqueueError<T::Owned>> {
        if !error.kind().lacks_room() {
            return Err(error);
        }
        self.enqueue_until(error.into_message(), None)
    }

    /// As [`enqueue_blocking`](Self::enqueue_blocking), at most for `timeout`.
    ///
    /// # Errors
    ///
    /// As there, and `TimedOut`.
    pub fn enqueue_timeout(
        &self,
        message: impl Into<Message<T::Owned>>,
        timeout: Duration,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        self.enqueue_until(message.into(), Instant::now().checked_add(timeout))
    }

    /// As [`enqueue_blocking`](Self::enqueue_blocking), until `deadline` at most. One in the past
    /// tries once.
    ///
    /// # Errors
    ///
    /// As [`enqueue_timeout`](Self::enqueue_timeout).
    pub fn enqueue_deadline(
        &self,
        message: impl Into<Message<T::Owned>>,
        deadline: Instant,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        self.enqueue_until(message.into(), Some(deadline))
    }

    fn enqueue_until(
        &self,
        message: Message<T::Owned>,
        deadline: Option<Instant>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let mut message = Some(message);
        let ended = block(&self.core.room, self.strategy, deadline, || self.attempt(&mut message));
        match (ended, message) {
            (Some(result), _) => result,
            (None, Some(message)) => Err(EnqueueError::new(EnqueueErrorKind::TimedOut, message)),
            (None, None) => unreachable!("a message that was not accepted is here"),
        }
    }

    /// Tries to enqueue the message that is there; it is there again if there is no room, and the
    /// last look has been after a fence.
    pub(super) fn attempt(
        &self,
        message: &mut Option<Message<T::Owned>>,
    ) -> Option<Result<Enqueued, EnqueueError<T::Owned>>> {
        if let Some(known) = self.known(message.as_ref()?) {
            let message = message.take()?;
            return Some(known.map_err(|kind| EnqueueError::new(kind, message)));
        }
        // Without a key, any partition will do.
        let mut turns = self.turns(message.as_ref()?);
        let mut round = 0;
        loop {
            let refused = message.take()?;
            if self.lacks_bytes(&refused) {
                *message = Some(refused);
                return None;
            }
            let (partition, shard) = match self.place_of(&refused) {
                Ok(place) => place,
                Err(kind) => return Some(Err(EnqueueError::new(kind, refused))),
            };
            match self.admit(partition, shard, &refused) {
                Ok(index) => {
                    // SAFETY: the index was claimed just now.
                    return Some(unsafe { self.publish(partition, shard, index, refused) });
                }
                Err(EnqueueErrorKind::Full) => *message = Some(refused),
                Err(EnqueueErrorKind::KeyFull { .. }) => {
                    let crowd = self.core.crowd(partition, refused.tag().key());
                    *message = Some(refused);
                    if self.core.may_enter(crowd) {
                        continue;
                    }
                    return None;
                }
                Err(kind) => return Some(Err(EnqueueError::new(kind, refused))),
            }
            if self.core.has_room(shard) {
                // Somebody is in the middle of giving a slot back: it will not take long.
                pause(round);
                round += 1;
            } else {
                turns -= 1;
            }
            if turns == 0 {
                return None;
            }
        }
    }

    /// How many partitions may take the message.
    fn turns(&self, message: &Message<T::Owned>) -> usize {
        let fixed = message.tag().key().is_some() || self.partitioner.borrow().is_some();
        if fixed { 1 } else { self.core.partitions() }
    }

    /// Whether the message has to wait for bytes, by a look that touches nothing: a slot that is
    /// claimed and given back would wake the others who wait.
    fn lacks_bytes(&self, message: &Message<T::Owned>) -> bool {
        !self.core.may_have_bytes(|| size::<T>(message))
            && !self.core.signs.has(Signs::CLOSED)
            && self.check(message).is_ok()
    }
}
