//! What all handles of a queue share, and the steps of a message that every handle takes alike.

use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use core::any::Any;

use super::config::{BuildError, Config};
use super::dead::DeadLetter;
use super::engine::{EngineCore, Kept};
use crate::delivery::{Content, Count, Counters, Found, Lease, Shard, Tries, Word};
use crate::ends::Ends;
use crate::partition::{hash_of, partition_of};
use crate::ring::CapacityError;
use crate::sync::{AtomicU32, AtomicU64, Mutex, OnceLock, fence, ord};
use crate::wait::Event;

/// What is done with a dead letter that no queue takes.
pub(super) type OnDead<C> = Box<dyn Fn(&DeadLetter<C>) + Send + Sync>;

/// A queue.
pub(crate) struct Core<C: Content + ?Sized> {
    /// Its number in its engine.
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    pub(super) config: Config,
    pub(super) engine: Arc<EngineCore>,
    /// Made when the first message comes to them.
    shards: Box<[OnceLock<Box<Shard<C>>>]>,
    /// There may be a message.
    pub(super) ready: Event,
    /// There may be room.
    pub(super) room: Event,
    pub(super) signs: Signs,
    /// How many handles of the queue itself there are: the last one to go closes it.
    pub(super) owners: Ends,
    /// How many producers and consumers there are.
    handles: AtomicU64,
    /// How many there have been.
    numbers: AtomicU64,
    /// How many bytes there is room for.
    room_bytes: AtomicU64,
    tallies: Mutex<Vec<Arc<Counters>>>,
    /// What has no handle counts here, and those that are gone have.
    pub(super) common: Counters,
    pub(super) dead: Option<Arc<Core<C>>>,
    pub(super) on_dead: Option<OnDead<C>>,
    /// What was said of parked messages.
    pub(super) texts: Mutex<BTreeMap<(usize, u32), String>>,
    pub(super) seed: u64,
}

/// A slot of a partition of a queue.
pub(super) struct Seat<'a, C: Content + ?Sized> {
    pub(super) shard: &'a Shard<C>,
    pub(super) partition: u32,
    pub(super) index: u32,
}

impl<C: Content + ?Sized> Clone for Seat<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Content + ?Sized> Copy for Seat<'_, C> {}

impl<C: Content + ?Sized> Core<C> {
    pub(super) fn new(
        number: u64,
        name: Arc<str>,
        config: Config,
        engine: Arc<EngineCore>,
        dead: Option<Arc<Self>>,
        on_dead: Option<OnDead<C>>,
    ) -> Result<Self, BuildError> {
        let mut shards = Vec::new();
        let refused = |_| {
            BuildError::OutOfMemory(CapacityError::OutOfMemory {
                capacity: config.partitions,
                slot_bytes: size_of::<OnceLock<Box<Shard<C>>>>(),
            })
        };
        shards.try_reserve_exact(config.partitions).map_err(refused)?;
        shards.resize_with(config.partitions, OnceLock::new);
        Ok(Self {
            number,
            name,
            engine,
            shards: shards.into_boxed_slice(),
            ready: Event::new(),
            room: Event::new(),
            signs: Signs::new(),
            owners: Ends::one(),
            handles: AtomicU64::new(0),
            numbers: AtomicU64::new(0),
            room_bytes: AtomicU64::new(config.max_bytes.map_or(u64::MAX, |bytes| bytes as u64)),
            tallies: Mutex::new(Vec::new()),
            common: Counters::shared(),
            dead,
            on_dead,
            texts: Mutex::new(BTreeMap::new()),
            seed: config.retry.seed_or_any(),
            config,
        })
    }

    // Partitions.

    pub(super) fn partitions(&self) -> usize {
        self.shards.len()
    }

    /// A partition, if anything has ever come to it.
    #[inline(always)]
    pub(super) fn used(&self, partition: usize) -> Option<&Shard<C>> {
        self.shards[partition].get().map(|shard| &**shard)
    }

    /// All partitions that anything has come to.
    pub(super) fn all_used(&self) -> impl Iterator<Item = (usize, &Shard<C>)> {
        (0..self.partitions()).filter_map(|partition| Some((partition, self.used(partition)?)))
    }

    /// A partition, made if need be.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    #[inline(always)]
    pub(super) fn shard(&self, partition: usize) -> Result<&Shard<C>, CapacityError> {
        match self.used(partition) {
            Some(shard) => Ok(shard),
            None => self.make(partition),
        }
    }

    #[cold]
    fn make(&self, partition: usize) -> Result<&Shard<C>, CapacityError> {
        let made = Shard::new(self.config.capacity, self.config.inline, self.engine.now())?;
        let shard = self.shards[partition].get_or_init(|| Box::new(made));
        // SeqCst F7, pairs with F6 in `shut`: the partition before the look at the sign.
        fence(ord!(QUEUE_F7, fence, SeqCst));
        if self.signs.has(Signs::CLOSED) {
            shard.close();
        }
        Ok(shard)
    }

    /// The partition of a message with this key; without one, `turn` says.
    #[inline(always)]
    pub(super) fn choose(&self, key: Option<&[u8]>, turn: impl FnOnce() -> usize) -> usize {
        let count = self.partitions();
        match key {
            _ if count == 1 => 0,
            Some(key) => partition_of(hash_of(key), count),
            None => turn() % count,
        }
    }

    // Handles.

    /// One handle more; its number, from 1.
    pub(super) fn join(&self, tally: &Arc<Counters>) -> u64 {
        self.tallies.lock().push(Arc::clone(tally));
        // Relaxed: a hint for how many slots a handle may keep.
        self.handles.fetch_add(1, ord!(QUEUE_H1, rmw, Relaxed));
        // Relaxed: only the number counts.
        self.numbers.fetch_add(1, ord!(QUEUE_H2, rmw, Relaxed)) + 1
    }

    /// One handle less.
    pub(super) fn leave(&self, tally: &Arc<Counters>) {
        // Relaxed: as above.
        self.handles.fetch_sub(1, ord!(QUEUE_H3, rmw, Relaxed));
        let mut tallies = self.tallies.lock();
        tallies.retain(|other| !Arc::ptr_eq(other, tally));
        self.common.absorb(tally);
    }

    /// Whether handles may keep free slots: half of a partition's are always in its ring then.
    #[inline]
    pub(super) fn pools(&self) -> bool {
        // Relaxed: a hint.
        let handles = self.handles.load(ord!(QUEUE_H4, load, Relaxed));
        !self.config.exact && self.config.capacity as u64 >= 64 * handles
    }

    /// How often all handles together have counted it.
    pub(super) fn count(&self, count: Count) -> u64 {
        let tallies = self.tallies.lock();
        let own = tallies.iter().map(|tally| tally.get(count));
        own.sum::<u64>() + self.common.get(count)
    }

    // Bytes.

    /// Reserves bytes, if the queue is bounded by them.
    #[inline(always)]
    pub(super) fn reserve_bytes(&self, bytes: impl FnOnce() -> usize) -> bool {
        if self.config.max_bytes.is_none() {
            return true;
        }
        let bytes = bytes() as u64;
        // Relaxed: a count; the free ring orders what the room is used for.
        let mut room = self.room_bytes.load(ord!(QUEUE_B1, load, Relaxed));
        while let Some(left) = room.checked_sub(bytes) {
            match self.room_bytes.compare_exchange_weak(
                room,
                left,
                // Relaxed: as above.
                ord!(QUEUE_B2, cas_ok, Relaxed),
                // Relaxed: tried again.
                ord!(QUEUE_B3, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                Err(found) => room = found,
            }
        }
        false
    }

    /// Whether as many bytes are free: a look.
    #[inline(always)]
    pub(super) fn has_bytes(&self, bytes: impl FnOnce() -> usize) -> bool {
        // Relaxed: reserving decides; where it is a last look, a fence stands before it.
        self.config.max_bytes.is_none()
            || bytes() as u64 <= self.room_bytes.load(ord!(QUEUE_B5, load, Relaxed))
    }

    /// Gives bytes back.
    #[inline(always)]
    pub(super) fn release_bytes(&self, bytes: impl FnOnce() -> usize) {
        if self.config.max_bytes.is_some() {
            // Relaxed: as in `reserve_bytes`.
            self.room_bytes.fetch_add(bytes() as u64, ord!(QUEUE_B4, rmw, Relaxed));
        }
    }

    // Slots.

    /// Gives free slots of a partition back, and tells who waits for room.
    pub(super) fn free(&self, shard: &Shard<C>, indices: &[u32]) {
        shard.free(indices);
        // SeqCst F8, pairs with F9 in `has_room`: the slots before the look at who waits.
        fence(ord!(QUEUE_F8, fence, SeqCst));
        self.room.notify(indices.len());
    }

    /// The fence of who goes to sleep for want of room, before the last look.
    pub(super) fn wanting_room(&self) {
        // SeqCst F9, pairs with F8: the waiter's sign before the look.
        fence(ord!(QUEUE_F9, fence, SeqCst));
    }

    /// Whether there may be room in a partition; a waiter's last look.
    pub(super) fn has_room(&self, shard: &Shard<C>) -> bool {
        self.wanting_room();
        !shard.is_exhausted()
    }

    /// Drops the content of a slot that the caller owns; `word` is the one that made it the owner.
    #[inline(always)]
    pub(super) fn empty(&self, seat: Seat<'_, C>, word: Word) {
        if word.is_empty() {
            return;
        }
        let slot = seat.shard.at(seat.index);
        // SAFETY: the caller owns the slot, and the content is in it.
        unsafe {
            self.release_bytes(|| slot.bytes());
            slot.discard();
        }
    }

    /// Frees a slot that the caller owns, its content with it.
    pub(super) fn dispose(&self, seat: Seat<'_, C>, word: Word) {
        // Also if a destructor panics.
        let _freed = Defer(|| self.free(seat.shard, &[seat.index]));
        self.empty(seat, word);
    }

    /// What was taken out of a ring and is not to be handed out.
    #[cold]
    pub(super) fn taken_out(&self, seat: Seat<'_, C>, owned: Option<Word>) {
        self.common.add(Count::TakenOut, 1);
        if let Some(word) = owned {
            self.dispose(seat, word);
        }
    }

    /// Leases the next message of a partition.
    #[inline(always)]
    pub(super) fn lease_next(
        &self,
        shard: &Shard<C>,
        partition: u32,
    ) -> Option<(u32, Lease, Tries)> {
        loop {
            let index = shard.next()?;
            match shard.at(index).lease() {
                Found::Leased(lease, tries) => return Some((index, lease, tries)),
                Found::Gone { owned } => self.taken_out(Seat { shard, partition, index }, owned),
            }
        }
    }

    /// Whether no partition has anything to hand out, nor anything on its way.
    pub(super) fn is_idle(&self) -> bool {
        // Also before the look at which partitions there are.
        Shard::<C>::falling_asleep();
        self.all_used().all(|(_, shard)| shard.is_idle())
    }

    // Ending.

    /// Whether everything that was accepted is gone, and nothing more comes.
    pub(super) fn is_done(&self) -> bool {
        if !self.signs.has(Signs::CLOSED) {
            return false;
        }
        // SeqCst F10, pairs with F7: who made a partition and did not see the sign has put it there
        // before the sign came, so it is seen here.
        fence(ord!(QUEUE_F10, fence, SeqCst));
        let mut end = 0;
        for (_, shard) in self.all_used() {
            match shard.end() {
                Some(here) => end += here,
                None => return false,
            }
        }
        GONE.iter().map(|count| self.count(*count)).sum::<u64>() == end
    }

    /// Wakes the consumers if they have nothing to wait for any more. To be called when a message
    /// has gone; the housekeeper does so too, if this came too early.
    #[inline(always)]
    pub(super) fn gone(&self) {
        if self.signs.has(Signs::CLOSED) {
            self.tell_done();
        }
    }

    #[cold]
    fn tell_done(&self) {
        if self.is_done() {
            self.ready.wake(usize::MAX);
        }
    }

    /// Refuses all that comes; false if that was so already.
    pub(super) fn close(&self) -> bool {
        let first = self.signs.set(Signs::CLOSED);
        // SeqCst F6, pairs with F7: the sign before the look at which partitions there are.
        fence(ord!(QUEUE_F6, fence, SeqCst));
        for (_, shard) in self.all_used() {
            shard.close();
        }
        if first {
            Event::notify_all_of([&self.ready, &self.room]);
            self.engine.due_at(0);
        }
        first
    }
}

impl<C: Content + ?Sized> Drop for Core<C> {
    fn drop(&mut self) {
        if let Some(dead) = &self.dead {
            if dead.owners.leave() {
                dead.close();
            }
        }
    }
}

/// The ways in which a message is gone for good.
pub(super) const GONE: [Count; 9] = [
    Count::Acked,
    Count::DeadLettered,
    Count::Undeliverable,
    Count::Cancelled,
    Count::Purged,
    Count::Overflowed,
    Count::Expunged,
    Count::Redriven,
    Count::GivenBack,
];

impl<C: Content<Owned: Send> + ?Sized> Kept for Core<C>
where
    Self: Send + Sync,
{
    fn pass(&self, now: u64) -> u64 {
        self.keep(now)
    }

    fn shut(&self) {
        self.close();
    }

    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// What a queue is told once, and everybody looks at.
pub(super) struct Signs(AtomicU32);

impl Signs {
    /// Nothing more is accepted.
    pub(super) const CLOSED: u32 = 1;
    /// Nothing is handed out for the time being.
    pub(super) const PAUSED: u32 = 2;
    /// Nothing is handed out any more.
    pub(super) const DRAINING: u32 = 4;
    /// Nothing is settled any more.
    pub(super) const ABORTED: u32 = 8;

    fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Whether any of them stands.
    #[inline(always)]
    pub(super) fn has(&self, signs: u32) -> bool {
        // Relaxed: a hint; where it matters, a fence orders it.
        self.0.load(ord!(QUEUE_S1, load, Relaxed)) & signs != 0
    }

    /// Sets one; whether that was news.
    pub(super) fn set(&self, sign: u32) -> bool {
        // Relaxed: as above.
        self.0.fetch_or(sign, ord!(QUEUE_S2, rmw, Relaxed)) & sign == 0
    }

    pub(super) fn clear(&self, sign: u32) {
        // Relaxed: as above.
        self.0.fetch_and(!sign, ord!(QUEUE_S3, rmw, Relaxed));
    }
}

/// Does something at the end, also of a panic.
pub(super) struct Defer<F: FnMut()>(pub(super) F);

impl<F: FnMut()> Drop for Defer<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
