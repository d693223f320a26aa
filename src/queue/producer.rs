//! The end that messages go in by.

use alloc::{boxed::Box, sync::Arc};
use core::cell::{Cell, RefCell};
use core::fmt;
use core::marker::PhantomData;

use super::Shared;
use super::core::Core;
use super::enqueued::Enqueued;
use super::error::{EnqueueError, EnqueueErrorKind};
use super::hand::Hand;
use super::sequence::Turn;
use super::signs::Signs;
use crate::delivery::{Content, Counters, Shard, Slot};
use crate::message::{Message, Tag};
use crate::partition::{Partitioner, Partitions};
use crate::wait::Strategy;

/// A producer of a queue. It may go to another thread, and is used by one at a time: make one for
/// each.
///
/// It keeps up to 32 free slots of each partition that it uses, unless the queue is
/// [exact](super::QueueBuilder::exact_capacity).
pub struct Producer<T: Content + ?Sized, M = Shared> {
    pub(super) core: Arc<Core<T>>,
    hands: Box<[Hand<T>]>,
    pub(super) tally: Arc<Counters>,
    /// Whose turn it is, for messages without a key.
    turn: Cell<usize>,
    /// Says where messages go, in place of their keys and turns.
    pub(super) partitioner: RefCell<Option<Chooser<T>>>,
    /// Whether a payload alone is asked nothing but its length: see `Config::is_plain`.
    pub(super) plain: bool,
    pub(super) strategy: Strategy,
    /// Where its messages have numbers.
    pub(super) turn_in_sequence: Option<Turn>,
    sharing: PhantomData<M>,
}

// SAFETY: a producer's cells are used by one thread at a time, as it is not `Sync`; what it hands
// on is `T::Owned`.
unsafe impl<T: Content<Owned: Send> + ?Sized, M> Send for Producer<T, M> {}

impl<T: Content + ?Sized, M> Producer<T, M> {
    pub(super) fn new(core: Arc<Core<T>>) -> Self {
        let tally = Arc::new(Counters::own());
        let number = core.join(&tally);
        let hands = Hand::all_of(&core);
        let turn = Cell::new(number as usize - 1);
        let plain = core.config.is_plain();
        Self {
            core,
            hands,
            tally,
            turn,
            partitioner: RefCell::new(None),
            plain,
            strategy: Strategy::default(),
            turn_in_sequence: None,
            sharing: PhantomData,
        }
    }

    /// Has `partitioner` say where messages go. Without one, a message goes where its key says, and
    /// one without a key to the next partition in turn; room that is
    /// [reserved](Producer::reserve) always does.
    ///
    /// Messages that shall keep their order need the same partition from every producer.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::message::Message;
    /// use ringmill::partition::Sticky;
    /// use ringmill::queue::Queue;
    ///
    /// let queue = Queue::<u32>::builder("frames").partitions(4).build()?;
    /// let runs_of_eight = queue.producer().with_partitioner(Sticky::new(8));
    /// let by_payload = |message: &Message<u32>, count: usize| *message.payload() as usize % count;
    /// let sorted = queue.producer().with_partitioner(by_payload);
    /// assert_eq!(sorted.enqueue(6)?.id().map(|id| id.partition()), Some(2));
    /// # let _ = runs_of_eight.enqueue(1)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_partitioner(
        mut self,
        partitioner: impl Partitioner<Message<T::Owned>> + Send + 'static,
    ) -> Self {
        self.plain = false;
        self.partitioner.replace(Some(Box::new(partitioner)));
        self
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
    /// Wait-free with a free slot at hand, where the machine has a fetch-and-add instruction. With
    /// none but one that another thread is in the middle of giving back, it spins and yields for
    /// that one, 1,000 times at most. A thread that is stopped in the middle delays the messages of
    /// its partition that come behind its own, until it goes on.
    #[inline]
    pub fn enqueue(
        &self,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        match self.try_enqueue(message) {
            Err(error) => self.overflow(error),
            accepted => accepted,
        }
    }

    /// Puts a message into the queue if there is room now.
    ///
    /// # Errors
    ///
    /// As [`enqueue`](Self::enqueue).
    // Inlined, so that a payload without a key is moved once, and nothing is asked of its tag.
    #[inline(always)]
    pub fn try_enqueue(
        &self,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let message = message.into();
        // What is known of the message before anybody else sees it is known to the compiler.
        if message.is_bare() && self.plain {
            self.enqueue_bare(message.into_bare())
        } else {
            self.enqueue_any(message)
        }
    }

    /// Enqueues a payload with nothing to it, where nothing is asked but its length.
    #[inline(always)]
    fn enqueue_bare(&self, payload: T::Owned) -> Result<Enqueued, EnqueueError<T::Owned>> {
        match self.admit_bare(T::len_of(&payload)) {
            Ok((partition, shard, index)) => {
                let slot = shard.at(index);
                // SAFETY: the index was claimed just now; the slot is filled then.
                unsafe {
                    slot.fill(payload, None);
                    self.publish_bare(partition, shard, slot, index)
                }
            }
            Err(kind) => Err(EnqueueError::new(kind, Message::new(payload))),
        }
    }

    /// A slot for a payload of so many bytes.
    #[inline(always)]
    pub(super) fn admit_bare(
        &self,
        bytes: usize,
    ) -> Result<(usize, &Shard<T>, u32), EnqueueErrorKind> {
        let (partition, shard) = if self.hands.len() == 1 { self.at(0) } else { self.place(None) }?;
        let index = self.admit_bare_at(partition, shard, bytes)?;
        Ok((partition, shard, index))
    }

    /// As [`admit`](Self::admit), for a payload alone, where the producer is plain.
    #[inline(always)]
    pub(super) fn admit_bare_at(
        &self,
        partition: usize,
        shard: &Shard<T>,
        bytes: usize,
    ) -> Result<u32, EnqueueErrorKind> {
        let limit = self.core.config.max_payload;
        if T::MEASURED && bytes > limit {
            return Err(EnqueueErrorKind::TooLarge { bytes, limit });
        }
        self.claim(partition, shard).ok_or_else(|| self.full())
    }

    #[inline(never)]
    fn enqueue_any(&self, message: Message<T::Owned>) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let (partition, shard) = match self.place_of(&message) {
            Ok(place) => place,
            Err(kind) => return Err(EnqueueError::new(kind, message)),
        };
        match self.admit(partition, shard, &message) {
            // SAFETY: the index was claimed just now.
            Ok(index) => unsafe { self.publish(partition, shard, index, message) },
            Err(kind) => self.refuse(kind, message),
        }
    }

    /// Why there was no slot.
    #[cold]
    pub(super) fn full(&self) -> EnqueueErrorKind {
        let closed = self.core.signs.has(Signs::CLOSED);
        if closed { EnqueueErrorKind::Closed } else { EnqueueErrorKind::Full }
    }

    /// Where a message goes.
    #[inline(always)]
    pub(super) fn place_of(
        &self,
        message: &Message<T::Owned>,
    ) -> Result<(usize, &Shard<T>), EnqueueErrorKind> {
        if self.hands.len() == 1 {
            return self.at(0);
        }
        match &mut *self.partitioner.borrow_mut() {
            None => self.place(message.tag().key()),
            Some(partitioner) => {
                let partitions = self.core.partitions();
                let partition = partitioner.partition(message, Partitions::of(&*self.core));
                if partition >= partitions {
                    return Err(EnqueueErrorKind::NoSuchPartition { partition, partitions });
                }
                self.at(partition)
            }
        }
    }

    /// Where a message with this key goes.
    #[inline(always)]
    pub(super) fn place(&self, key: Option<&[u8]>) -> Result<(usize, &Shard<T>), EnqueueErrorKind> {
        let partition = self.core.choose(key, || {
            let turn = self.turn.get();
            self.turn.set(turn.wrapping_add(1));
            turn
        });
        self.at(partition)
    }

    /// A partition, made if need be.
    #[inline(always)]
    fn at(&self, partition: usize) -> Result<(usize, &Shard<T>), EnqueueErrorKind> {
        match self.hands[partition].shard(|| self.core.shard(partition).ok()) {
            Some(shard) => Ok((partition, shard)),
            None => Err(EnqueueErrorKind::OutOfMemory),
        }
    }

    /// A free slot, if there is one.
    #[inline(always)]
    pub(super) fn claim(&self, partition: usize, shard: &Shard<T>) -> Option<u32> {
        self.hands[partition].magazine.take(|out| {
            let few = if self.core.pools() { out.len() } else { 1 };
            match shard.claim_n(&mut out[..few]) {
                0 => self.claim_late(partition, shard, out),
                claimed => claimed,
            }
        })
    }

    /// Whether the queue takes such a message.
    #[inline(always)]
    pub(super) fn check(&self, message: &Message<T::Owned>) -> Result<(), EnqueueErrorKind> {
        let config = &self.core.config;
        config.check_size::<T>(T::len_of(message.payload()), message.tag())?;
        config.check_tag(message.get_priority(), message.tag())?;
        message.get_due().map_or(Ok(()), |due| self.core.check_due(due))
    }

    /// Reserves what the message needs: a slot, and its bytes.
    #[inline(always)]
    pub(super) fn admit(
        &self,
        partition: usize,
        shard: &Shard<T>,
        message: &Message<T::Owned>,
    ) -> Result<u32, EnqueueErrorKind> {
        self.check(message)?;
        self.core.check_ttl(shard, message.tag())?;
        let crowd = self.core.crowd(partition, message.tag().key());
        self.core.enter(crowd)?;
        let Some(index) = self.claim(partition, shard) else {
            self.core.exit(crowd);
            return Err(self.full());
        };
        if !self.core.reserve_bytes(|| size::<T>(message)) {
            self.core.exit(crowd);
            self.core.free(shard, &[index]);
            return Err(self.full());
        }
        Ok(index)
    }

    /// Writes a message into a slot.
    ///
    /// # Safety
    ///
    /// The slot was claimed by this producer.
    #[inline(always)]
    pub(super) unsafe fn put(
        &self,
        shard: &Shard<T>,
        slot: Slot<'_, T>,
        index: u32,
        mut message: Message<T::Owned>,
    ) {
        if let Some(span) = self.core.span_of(message.tag()) {
            message.take_ttl();
            self.core.grant(shard, slot, index, span);
        }
        if shard.is_dispatched() {
            // SAFETY: its index is in this hand.
            unsafe { self.core.label(shard, index, message.get_priority(), message.tag().key()) };
        }
        // SAFETY: its index is in this hand, and it is free.
        unsafe {
            if message.is_bare() {
                slot.fill(message.into_bare(), None);
            } else {
                Self::put_tagged(slot, message);
            }
        }
        if let Some(us) = self.core.stamp() {
            slot.stamp(us);
        }
    }

    /// Writes a message with a key or headers into a slot.
    ///
    /// # Safety
    ///
    /// As [`put`](Self::put).
    #[inline(never)]
    unsafe fn put_tagged(slot: Slot<'_, T>, message: Message<T::Owned>) {
        let (payload, tag) = message.into_parts();
        // SAFETY: the caller's duty.
        unsafe { slot.fill(payload, tag) };
    }

    /// Writes a message into a slot, and publishes it.
    ///
    /// # Safety
    ///
    /// The index was claimed by this producer, with the bytes of the message.
    #[inline(always)]
    pub(super) unsafe fn publish(
        &self,
        partition: usize,
        shard: &Shard<T>,
        index: u32,
        message: Message<T::Owned>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let once = self.core.known.is_some() || self.turn_in_sequence.is_some();
        if once || message.get_due().is_some() {
            // SAFETY: the caller's duty.
            return unsafe { self.publish_once(partition, shard, index, message) };
        }
        let slot = shard.at(index);
        // SAFETY: the caller's duty; it is filled then.
        unsafe {
            self.put(shard, slot, index, message);
            self.publish_filled(partition, shard, slot, index)
        }
    }

    /// Gives the free slots back that this producer keeps.
    pub fn flush(&self) {
        for (partition, hand) in self.hands.iter().enumerate() {
            if let Some(shard) = self.core.used(partition) {
                hand.magazine.empty(|indices| self.core.free(shard, indices));
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

/// What says where messages go.
type Chooser<T> = Box<dyn Partitioner<Message<<T as Content>::Owned>> + Send>;

/// How many bytes a message counts for.
pub(super) fn size<T: Content + ?Sized>(message: &Message<T::Owned>) -> usize {
    T::len_of(message.payload()) + Tag::bytes(message.tag())
}

impl<T: Content + ?Sized, M> Drop for Producer<T, M> {
    fn drop(&mut self) {
        self.flush();
        self.core.leave(&self.tally);
    }
}

/// A clone has no partitioner of its own yet: see [`Producer::with_partitioner`].
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
