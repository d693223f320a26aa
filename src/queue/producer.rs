//! The end that messages go in by.

use alloc::vec::{self, Vec};
use alloc::{boxed::Box, sync::Arc};
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::time::Instant;

use super::core::{Core, Signs};
use super::error::{EnqueueError, EnqueueErrorKind};
use super::{Overflow, Shared};
use crate::delivery::{Content, Count, Counters, Magazine, Shard, Word};
use crate::message::{Handle, Message, MessageId, Tag};
use crate::sync::wait as pause;
use crate::wait::{Strategy, block};

/// What became of a message that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Enqueued {
    /// It is in the queue.
    Accepted {
        /// Its name.
        id: MessageId,
        /// Finds it as long as it is there.
        handle: Handle,
    },
    /// The queue was full, and lets go of what comes then ([`Overflow::DropNewest`]).
    Dropped,
}

impl Enqueued {
    /// Its name, if it is in the queue.
    pub fn id(self) -> Option<MessageId> {
        match self {
            Self::Accepted { id, .. } => Some(id),
            Self::Dropped => None,
        }
    }

    /// Its handle, if it is in the queue.
    pub fn handle(self) -> Option<Handle> {
        match self {
            Self::Accepted { handle, .. } => Some(handle),
            Self::Dropped => None,
        }
    }
}

/// A producer of a queue. It may go to another thread, and is used by one at a time: make one for
/// each.
///
/// It keeps up to 32 free slots of each partition that it uses, unless the queue is
/// [exact](super::QueueBuilder::exact_capacity).
pub struct Producer<T: Content + ?Sized, M = Shared> {
    pub(super) core: Arc<Core<T>>,
    hands: Box<[Magazine]>,
    tally: Arc<Counters>,
    /// Whose turn it is, for messages without a key.
    turn: Cell<usize>,
    strategy: Strategy,
    sharing: PhantomData<M>,
}

// SAFETY: a producer's cells are used by one thread at a time, as it is not `Sync`; what it hands
// on is `T::Owned`.
unsafe impl<T: Content<Owned: Send> + ?Sized, M> Send for Producer<T, M> {}

impl<T: Content + ?Sized, M> Producer<T, M> {
    pub(super) fn new(core: Arc<Core<T>>) -> Self {
        let tally = Arc::new(Counters::own());
        let number = core.join(&tally);
        let hands = (0..core.partitions()).map(|_| Magazine::default()).collect();
        let turn = Cell::new(number as usize - 1);
        Self { core, hands, tally, turn, strategy: Strategy::default(), sharing: PhantomData }
    }

    /// Sets how the blocking calls of this end wait.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Puts a message into the queue; what happens without room is the queue's
    /// [`overflow`](super::QueueBuilder::overflow) policy.
    ///
    /// # Errors
    ///
    /// [`EnqueueError`], with the message: full, timed out, closed, too large.
    ///
    /// # Cost
    ///
    /// O(1): one `fetch_add`, and one compare-and-swap in 32 calls. Nothing is allocated but by the
    /// first message of a partition.
    ///
    /// # Progress
    ///
    /// Wait-free with a free slot at hand, where the machine has a fetch-and-add instruction. A
    /// thread that is stopped in the middle delays the messages of its partition that come behind
    /// its own, until it goes on.
    #[inline]
    pub fn enqueue(
        &self,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let error = match self.try_enqueue(message) {
            Err(error) if error.kind() == EnqueueErrorKind::Full => error,
            result => return result,
        };
        self.overflow(error.into_message())
    }

    #[cold]
    fn overflow(&self, message: Message<T::Owned>) -> Result<Enqueued, EnqueueError<T::Owned>> {
        match self.core.config.overflow {
            Overflow::Fail => Err(EnqueueError::new(EnqueueErrorKind::Full, message)),
            Overflow::Block(longest) => self.enqueue_timeout(message, longest),
            Overflow::DropNewest => {
                drop(message);
                self.tally.add(Count::DroppedNewest, 1);
                Ok(Enqueued::Dropped)
            }
            Overflow::DropOldest => {
                let (partition, shard) = match self.place(message.tag().key()) {
                    Ok(place) => place,
                    Err(kind) => return Err(EnqueueError::new(kind, message)),
                };
                // There may be room now; if not, the oldest one makes some.
                let made = shard
                    .claim()
                    .or_else(|| self.core.evict(shard, partition as u32, Count::Overflowed));
                match made {
                    Some(index) => self.publish(partition, shard, index, message),
                    None => Err(EnqueueError::new(EnqueueErrorKind::Full, message)),
                }
            }
        }
    }

    /// Puts a message into the queue if there is room now.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue).
    #[inline]
    pub fn try_enqueue(
        &self,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let message = message.into();
        let (partition, shard) = match self.place(message.tag().key()) {
            Ok(place) => place,
            Err(kind) => return Err(EnqueueError::new(kind, message)),
        };
        // Without bytes no slot is touched: giving it back would wake those who wait for room, the
        // caller among them.
        let slot = if self.core.has_bytes(|| size::<T>(&message)) {
            self.claim(partition, shard)
        } else {
            None
        };
        match slot {
            Some(index) => self.publish(partition, shard, index, message),
            None => Err(EnqueueError::new(self.full(), message)),
        }
    }

    /// Why there was no slot.
    #[cold]
    pub(super) fn full(&self) -> EnqueueErrorKind {
        let closed = self.core.signs.has(Signs::CLOSED);
        if closed { EnqueueErrorKind::Closed } else { EnqueueErrorKind::Full }
    }

    /// Puts a message into the queue; waits while there is no room.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue), but never `Full`.
    pub fn enqueue_blocking(
        &self,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        self.enqueue_until(message.into(), None)
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
        let by_bytes = self.core.config.max_bytes.is_some();
        for round in 0.. {
            if by_bytes {
                // The try is the last look then.
                self.core.wanting_room();
            }
            match self.try_enqueue(message.take()?) {
                Err(error) if error.kind() == EnqueueErrorKind::Full => {
                    let refused = error.into_message();
                    let room = self.place(refused.tag().key());
                    *message = Some(refused);
                    let (_, shard) = room.ok()?;
                    if by_bytes || !self.core.has_room(shard) {
                        return None;
                    }
                    // Somebody is in the middle of giving a slot back: it will not take long.
                    pause(round);
                }
                ended => return Some(ended),
            }
        }
        None
    }

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
    /// Runs of messages for one partition cost one `fetch_add`.
    ///
    /// # Errors
    ///
    /// Why not a single one was accepted; all messages stay then.
    pub fn try_enqueue_batch(
        &self,
        messages: &mut Vec<Message<T::Owned>>,
    ) -> Result<usize, EnqueueErrorKind> {
        let mut accepted = 0;
        // Taken out from the front: what is left moves once.
        let mut rest = core::mem::take(messages).into_iter();
        while let Some(message) = rest.next() {
            match self.run(message, &mut rest, messages) {
                Ok(run) => accepted += run,
                Err(kind) => {
                    messages.extend(rest);
                    return if accepted == 0 { Err(kind) } else { Ok(accepted) };
                }
            }
        }
        Ok(accepted)
    }

    /// Accepts a run of messages that go to one partition, the first of which is `message`. Those
    /// that are refused go to `refused`, in their order.
    #[inline]
    fn run(
        &self,
        message: Message<T::Owned>,
        rest: &mut vec::IntoIter<Message<T::Owned>>,
        refused: &mut Vec<Message<T::Owned>>,
    ) -> Result<usize, EnqueueErrorKind> {
        let keyed = message.tag().key().is_some();
        let (partition, shard) = match self.place(message.tag().key()) {
            Ok(place) => place,
            Err(kind) => {
                refused.push(message);
                return Err(kind);
            }
        };
        let mut indices = [0; RUN];
        let (mut len, mut why) = (0, None);
        let mut next = Some(message);
        while let Some(message) = next.take() {
            let Some(index) = self.claim(partition, shard) else {
                refused.push(message);
                why = Some(self.full());
                break;
            };
            // SAFETY: claimed just now.
            if let Err(error) = unsafe { self.fill(shard, index, message) } {
                why = Some(error.kind());
                refused.push(error.into_message());
                break;
            }
            indices[len] = index;
            len += 1;
            let follows = |message: &Message<T::Owned>| match message.tag().key() {
                _ if self.core.partitions() == 1 => true,
                Some(key) => keyed && self.core.choose(Some(key), || 0) == partition,
                None => !keyed,
            };
            if len < RUN && rest.as_slice().first().is_some_and(follows) {
                next = rest.next();
            }
        }
        let count = || self.tally.add(Count::Accepted, len as u64);
        // SAFETY: claimed and filled above.
        if len > 0 && unsafe { shard.publish_n(&indices[..len], count) }.is_none() {
            // SAFETY: as above: not published.
            let taken = indices[..len].iter().map(|index| unsafe { self.take_back(shard, *index) });
            refused.splice(0..0, taken.map(EnqueueError::into_message));
            return Err(EnqueueErrorKind::Closed);
        }
        if len > 0 {
            Shard::<T>::published();
            self.core.ready.notify(len);
        }
        why.map_or(Ok(len), |kind| if len == 0 { Err(kind) } else { Ok(len) })
    }

    /// Where a message with this key goes.
    #[inline(always)]
    pub(super) fn place(&self, key: Option<&[u8]>) -> Result<(usize, &Shard<T>), EnqueueErrorKind> {
        let partition = self.core.choose(key, || {
            let turn = self.turn.get();
            self.turn.set(turn.wrapping_add(1));
            turn
        });
        match self.core.shard(partition) {
            Ok(shard) => Ok((partition, shard)),
            Err(_) => Err(EnqueueErrorKind::OutOfMemory),
        }
    }

    /// A free slot, if there is one.
    #[inline(always)]
    pub(super) fn claim(&self, partition: usize, shard: &Shard<T>) -> Option<u32> {
        self.hands[partition].take(|out| {
            let few = if self.core.pools() { out.len() } else { 1 };
            shard.claim_n(&mut out[..few])
        })
    }

    /// Whether the queue takes such a message.
    #[inline(always)]
    fn check(&self, message: &Message<T::Owned>) -> Result<(), EnqueueErrorKind> {
        let config = &self.core.config;
        let bytes = T::len_of(message.payload());
        if T::MEASURED && bytes > config.max_payload {
            return Err(EnqueueErrorKind::TooLarge { bytes, limit: config.max_payload });
        }
        if message.tag().more.is_some() {
            let (limit, limit_bytes) = (config.max_headers, config.max_header_bytes);
            let sizes = message.headers().map(|(name, value)| name.len() + value.len());
            if message.headers().len() > limit || sizes.sum::<usize>() > limit_bytes {
                return Err(EnqueueErrorKind::TooManyHeaders { limit, limit_bytes });
            }
        }
        Ok(())
    }

    /// Writes a message into a slot; if it is refused, the slot is free again.
    ///
    /// # Safety
    ///
    /// The index was claimed by this producer.
    #[inline(always)]
    unsafe fn fill(
        &self,
        shard: &Shard<T>,
        index: u32,
        message: Message<T::Owned>,
    ) -> Result<(), EnqueueError<T::Owned>> {
        let refused = match self.check(&message) {
            Ok(()) if self.core.reserve_bytes(|| size::<T>(&message)) => {
                let (payload, tag) = message.into_parts();
                // SAFETY: the index is in this hand, and its slot free.
                unsafe { shard.at(index).fill(payload, tag) };
                return Ok(());
            }
            Ok(()) => EnqueueErrorKind::Full,
            Err(kind) => kind,
        };
        self.core.free(shard, &[index]);
        Err(EnqueueError::new(refused, message))
    }

    /// Fills a slot, and publishes it.
    #[inline(always)]
    fn publish(
        &self,
        partition: usize,
        shard: &Shard<T>,
        index: u32,
        message: Message<T::Owned>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        // SAFETY: the index was claimed by this producer.
        unsafe { self.fill(shard, index, message)? };
        // SAFETY: it is filled now.
        unsafe { self.publish_filled(partition, shard, index) }
    }

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
        index: u32,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        // SAFETY: the caller's duty.
        match unsafe { shard.publish(index, || self.tally.add(Count::Accepted, 1)) } {
            Some((position, word)) => {
                Shard::<T>::published();
                self.core.ready.notify(1);
                Ok(self.accepted(partition, index, position, word))
            }
            // SAFETY: as above.
            None => Err(unsafe { self.take_back(shard, index) }),
        }
    }

    /// Takes a message out of a slot that was not published.
    ///
    /// # Safety
    ///
    /// The index is in this hand, and its slot filled.
    #[cold]
    unsafe fn take_back(&self, shard: &Shard<T>, index: u32) -> EnqueueError<T::Owned> {
        // SAFETY: the caller's duty.
        let (payload, tag) = unsafe { shard.at(index).take() };
        let message = Message::from_parts(payload, tag);
        self.core.release_bytes(|| size::<T>(&message));
        self.core.free(shard, &[index]);
        EnqueueError::new(EnqueueErrorKind::Closed, message)
    }

    #[inline(always)]
    pub(super) fn accepted(
        &self,
        partition: usize,
        slot: u32,
        position: u64,
        word: Word,
    ) -> Enqueued {
        let partition = partition as u32;
        Enqueued::Accepted {
            id: MessageId::new(0, partition, position),
            handle: Handle {
                queue: self.core.number,
                partition,
                slot,
                generation: word.generation(),
            },
        }
    }

    /// Gives the free slots back that this producer keeps.
    pub fn flush(&self) {
        for (partition, hand) in self.hands.iter().enumerate() {
            if let Some(shard) = self.core.used(partition) {
                hand.empty(|indices| self.core.free(shard, indices));
            }
        }
    }

    /// The name of its queue.
    pub fn queue_name(&self) -> &str {
        &self.core.name
    }

    /// Whether nothing is accepted any more.
    pub fn is_closed(&self) -> bool {
        self.core.signs.has(Signs::CLOSED)
    }
}

/// How many messages are published by one `fetch_add`.
const RUN: usize = 32;

/// How many bytes a message counts for.
fn size<T: Content + ?Sized>(message: &Message<T::Owned>) -> usize {
    T::len_of(message.payload()) + Tag::bytes(message.tag())
}

impl<T: Content + ?Sized, M> Drop for Producer<T, M> {
    fn drop(&mut self) {
        self.flush();
        self.core.leave(&self.tally);
    }
}

impl<T: Content + ?Sized, M> Clone for Producer<T, M> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.core)).with_strategy(self.strategy)
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for Producer<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("queue", &self.queue_name()).finish_non_exhaustive()
    }
}
