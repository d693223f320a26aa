//! What all handles of a queue share, and the steps of a message that every handle takes alike.

use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use core::any::Any;

use super::config::{BuildError, Config};
use super::crowd::Crowds;
use super::dead::DeadLetter;
use super::engine::{EngineCore, Kept};
use super::latency::{Histogram, Samples, no_samples};
use super::lookup::Names;
use super::signs::{Defer, Signs};
use crate::delivery::{Content, Count, Counters, Found, Lease, Shard, Tries, Word};
use crate::ends::Ends;
use crate::message::{Handle, MessageId, Priority};
use crate::partition::{Lengths, hash_of, partition_of};
use crate::ring::CapacityError;
use crate::sync::{AtomicU64, Mutex, OnceLock, fence, ord};
use crate::wait::{Event, Panics};

/// What is done with a dead letter that no queue takes.
pub(super) type OnDead<C> = Box<dyn Fn(&DeadLetter<C>) + Send + Sync>;

/// A queue.
pub(crate) struct Core<C: Content + ?Sized> {
    /// Its number in this process.
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
    pub(super) room_bytes: AtomicU64,
    tallies: Mutex<Vec<Arc<Counters>>>,
    /// What has no handle counts here, and those that are gone have.
    pub(super) common: Counters,
    pub(super) dead: Option<Arc<Core<C>>>,
    pub(super) on_dead: Option<OnDead<C>>,
    /// What was said of parked messages.
    pub(super) texts: Mutex<BTreeMap<(usize, u32), String>>,
    pub(super) seed: u64,
    /// How long messages wait, where the queue notes it.
    pub(super) latencies: Option<Histogram>,
    pub(super) samples: Mutex<Samples>,
    /// By partition, where the queue keeps names.
    pub(super) names: Option<Box<[Names]>>,
    /// By key, where a queue bounds how many messages of one there are.
    pub(super) crowds: Option<Box<Crowds>>,
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
            latencies: config.timestamps.then(Histogram::new),
            samples: no_samples(),
            crowds: config.max_waiting_per_key.map(|most| Box::new(Crowds::new(most))),
            names: config
                .lookup
                .then(|| (0..config.partitions).map(|_| Mutex::new(BTreeMap::new())).collect()),
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
        let mut made = Shard::new(self.config.capacity, self.config.inline, self.engine.now())?;
        if self.config.is_dispatched() {
            let levels = &self.config.levels;
            made = made.dispatched(levels.count(), levels.slack())?;
        }
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

    // Slots.

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
            self.exit_from(seat);
            slot.discard();
        }
    }

    /// Frees a slot that the caller owns, its content with it.
    pub(super) fn dispose(&self, seat: Seat<'_, C>, word: Word) {
        // Also if a destructor panics.
        let _freed = Defer(|| self.free(seat.shard, &[seat.index]));
        self.empty(seat, word);
    }

    /// Ends a husk that was taken out of a ring or the wheel. What has another place is left there.
    #[cold]
    pub(super) fn taken_out(&self, seat: Seat<'_, C>) {
        if seat.shard.at(seat.index).leave_place() {
            return;
        }
        self.follow(seat);
        match seat.shard.at(seat.index).take_out() {
            Ok(owned) => {
                self.common.add(Count::TakenOut, 1);
                if let Some(word) = owned {
                    self.dispose(seat, word);
                }
            }
            // Revived meanwhile: it is to be handed out.
            Err(_) => {
                seat.shard.give_back(seat.index);
                self.ready.notify(1);
            }
        }
    }

    /// Names a message that was accepted just now.
    #[inline(always)]
    pub(super) fn accepted(
        &self,
        partition: u32,
        slot: u32,
        position: u64,
        word: Word,
    ) -> (MessageId, Handle) {
        let generation = word.generation();
        let handle = Handle { queue: self.number, partition, slot, generation };
        self.name(position, handle);
        (MessageId::new(0, partition, position), handle)
    }

    /// As [`taken_out`](Self::taken_out), for several; a destructor that panics loses none of them.
    #[cold]
    pub(super) fn all_taken_out(&self, husks: Vec<Seat<'_, C>>) {
        let mut panics = Panics::default();
        for seat in husks {
            panics.catch(|| self.taken_out(seat));
        }
    }

    /// Says what a message has to do with the order of a partition, where there is one.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand.
    #[inline(always)]
    pub(super) unsafe fn label(
        &self,
        shard: &Shard<C>,
        index: u32,
        priority: Priority,
        key: Option<&[u8]>,
    ) {
        if shard.is_dispatched() {
            let level = u32::from(self.config.levels.nearest(priority));
            // SAFETY: the caller's duty.
            unsafe { shard.label(index, level, self.config.order.lane(key)) };
        }
    }

    /// Lets the follower of a message go on, which is done with for the order of its key. The
    /// caller has its index in hand, or reads it.
    #[inline]
    pub(super) fn follow(&self, seat: Seat<'_, C>) {
        if seat.shard.leave(seat.index) {
            self.ready.notify(1);
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
                Found::Leased(lease, tries) => {
                    self.note_wait(lease, || shard.at(index).stamped(lease));
                    return Some((index, lease, tries));
                }
                Found::Husk => self.taken_out(Seat { shard, partition, index }),
            }
        }
    }

    /// Takes out the husks that are the next to be handed out, so that their slots are free also
    /// where nobody consumes.
    pub(super) fn sweep(&self) {
        for (partition, shard) in self.all_used() {
            let partition = partition as u32;
            while let Some(index) = shard.next_husk() {
                self.taken_out(Seat { shard, partition, index });
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

    /// Whether nothing more comes: everything that was accepted is gone, or given up and on its way
    /// to the dead letters.
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
        NEVER_BACK.iter().map(|count| self.count(*count)).sum::<u64>() == end
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

    /// One handle of the queue itself less: the last one closes it.
    pub(super) fn disown(&self) {
        if self.owners.leave() {
            self.close();
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
            dead.disown();
        }
    }
}

/// The ways in which a message leaves those that are handed out. It does not come back, so that
/// these counts only grow, and their sum is never more than was accepted.
const NEVER_BACK: [Count; 5] =
    [Count::Acked, Count::GoneReady, Count::GoneDelayed, Count::Buried, Count::BuriedReady];

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

impl<C: Content + ?Sized> Lengths for Core<C> {
    fn count(&self) -> usize {
        self.partitions()
    }

    fn len_of(&self, partition: usize) -> usize {
        self.used(partition).map_or(0, Shard::backlog)
    }
}
