//! What all handles of a queue share, and the steps of a message that every handle takes alike.

use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    string::String,
    sync::Arc,
    vec::Vec,
};
use core::any::Any;

use super::DEFAULT_GROUP;
use super::assignment::Assignment;
#[cfg(feature = "capi")]
use super::by_value::Values;
use super::config::{BuildError, Config};
use super::crowd::Crowds;
use super::dead::DeadLetter;
use super::dedup::{Fingerprint, Known};
use super::engine::{EngineCore, Kept};
use super::group::Group;
use super::keys::Paused;
use super::latency::{Histogram, Samples, no_samples};
use super::lookup::Names;
use super::roster::Roster;
use super::seat::Seat;
use super::sequence::Sequences;
use super::signs::Signs;
use crate::delivery::{Content, Count, Counters, Shard, Track};
use crate::ends::Ends;
use crate::partition::{Lengths, hash_of, partition_of};
use crate::ring::CapacityError;
use crate::sync::{AtomicU64, Mutex, OnceLock, fence, ord};
use crate::wait::{Event, both};

/// What is done with a dead letter that no queue takes.
pub(super) type OnDead<C> = Box<dyn Fn(&DeadLetter<C>) + Send + Sync>;

/// Makes a copy of a payload, for one group.
type Copier<C> = fn(&C) -> <C as Content>::Owned;

/// What a queue with several groups is told of them.
pub(super) struct Groups<C: Content + ?Sized> {
    pub(super) copy: Copier<C>,
    /// The names of those that are there from the beginning.
    pub(super) names: Vec<String>,
}

fn made<T>(value: T) -> OnceLock<T> {
    let cell = OnceLock::new();
    cell.get_or_init(|| value);
    cell
}

/// A queue.
pub(crate) struct Core<C: Content + ?Sized> {
    /// Its number in this process.
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    pub(super) config: Config,
    pub(super) engine: Arc<EngineCore>,
    /// Made when the first message comes to them.
    shards: Box<[OnceLock<Box<Shard<C>>>]>,
    /// See [`Config::is_simple`].
    pub(super) simple: bool,
    /// The group that it was born with.
    pub(super) first: Group,
    /// Groups 1 and up.
    pub(super) others: Box<[OnceLock<Box<Group>>]>,
    pub(super) roster: Mutex<Roster>,
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
    /// Those of its producers.
    tallies: Mutex<Vec<Arc<Counters>>>,
    /// What no producer has accepted is counted here, and what those have that are gone.
    pub(super) common: Counters,
    pub(super) dead: Option<Arc<Core<C>>>,
    pub(super) on_dead: Option<OnDead<C>>,
    /// Copies a payload, where groups share the slots.
    pub(super) copy: Option<Copier<C>>,
    pub(super) seed: u64,
    /// How long messages wait, where the queue notes it.
    pub(super) latencies: Option<Histogram>,
    pub(super) samples: Mutex<Samples>,
    /// By partition, where the queue keeps names.
    pub(super) names: Option<Box<[Names]>>,
    /// By key, where a queue bounds how many messages of one there are.
    pub(super) crowds: Option<Box<Crowds>>,
    /// Where deliveries are plain values.
    #[cfg(feature = "capi")]
    pub(super) values: Option<Values<C>>,
    pub(super) paused: Paused,
    /// Which messages are repeats, where the queue remembers them.
    pub(super) known: Option<Box<Known>>,
    pub(super) fingerprint: Option<Fingerprint<C>>,
    pub(super) sequences: Sequences,
}

impl<C: Content + ?Sized> Core<C> {
    pub(super) fn new(
        number: u64,
        name: Arc<str>,
        config: Config,
        engine: Arc<EngineCore>,
        dead: Option<Arc<Self>>,
        on_dead: Option<OnDead<C>>,
        groups: Option<Groups<C>>,
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
        let (copy, names) = match groups {
            None => (None, Vec::new()),
            Some(groups) => (Some(groups.copy), groups.names),
        };
        let members = if copy.is_some() { names.len() } else { 1 };
        let mut others: Vec<_> = (1..config.groups).map(|_| OnceLock::new()).collect();
        for (number, name) in (0..).zip(&names).skip(1) {
            others[number as usize - 1] =
                made(Box::new(Group::new(number, name.as_str().into(), config.sticky())));
        }
        let first = names.first().map_or(DEFAULT_GROUP, |name| name);
        let signs = Signs::new();
        if config.assignment == Assignment::Sticky {
            signs.set(Signs::STICKY);
        }
        Ok(Self {
            number,
            name,
            engine,
            shards: shards.into_boxed_slice(),
            simple: config.is_simple(),
            first: Group::new(0, first.into(), config.sticky()),
            others: others.into_boxed_slice(),
            roster: Mutex::new(Roster::new(config.groups, 0..members)),
            room: Event::new(),
            signs,
            owners: Ends::one(),
            handles: AtomicU64::new(0),
            numbers: AtomicU64::new(0),
            room_bytes: AtomicU64::new(config.max_bytes.map_or(u64::MAX, |bytes| bytes as u64)),
            tallies: Mutex::new(Vec::new()),
            common: Counters::shared(),
            dead,
            on_dead,
            copy,
            seed: config.retry.seed_or_any(),
            latencies: config.timestamps.then(Histogram::new),
            samples: no_samples(),
            paused: Mutex::new(BTreeSet::new()),
            crowds: config.max_waiting_per_key.map(|most| Box::new(Crowds::new(most))),
            names: config
                .lookup
                .then(|| (0..config.partitions).map(|_| Mutex::new(BTreeMap::new())).collect()),
            #[cfg(feature = "capi")]
            values: config.by_value.then(Values::new),
            known: config.dedup.map(|dedup| Box::new(Known::new(dedup))),
            fingerprint: None,
            sequences: Mutex::new(BTreeMap::new()),
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
        let Config { capacity, inline, groups, .. } = self.config;
        let levels = &self.config.levels;
        let levels = self.config.is_dispatched().then(|| (levels.count(), levels.slack()));
        let now = self.engine.now();
        let made = Shard::new(capacity, inline, now, levels, groups)?;
        self.put(partition, made, now)
    }

    pub(super) fn put_at(&self, partition: usize, made: Shard<C>) -> &Shard<C> {
        // Under the lock: who pauses a key sees this partition, or is seen here.
        let paused = self.paused.lock();
        made.tracks().for_each(|track| paused.iter().for_each(|&lane| track.pause(lane)));
        let shard = self.shards[partition].get_or_init(|| Box::new(made));
        drop(paused);
        // SeqCst F7, pairs with F6 in `shut`: the partition before the look at the sign.
        fence(ord!(QUEUE_F7, fence, SeqCst));
        if self.signs.has(Signs::CLOSED) {
            shard.close();
        }
        shard
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

    /// One producer more; its number, from 1.
    pub(super) fn join(&self, tally: &Arc<Counters>) -> u64 {
        self.tallies.lock().push(Arc::clone(tally));
        self.join_as_one()
    }

    /// One handle more; its number, from 1.
    pub(super) fn join_as_one(&self) -> u64 {
        // Relaxed: a hint for how many slots a handle may keep.
        self.handles.fetch_add(1, ord!(QUEUE_H1, rmw, Relaxed));
        self.next_number()
    }

    /// A number that nobody else has had, from 1.
    pub(super) fn next_number(&self) -> u64 {
        // Relaxed: only the number counts.
        self.numbers.fetch_add(1, ord!(QUEUE_H2, rmw, Relaxed)) + 1
    }

    /// One handle less.
    pub(super) fn leave_as_one(&self) {
        // Relaxed: as above.
        self.handles.fetch_sub(1, ord!(QUEUE_H3, rmw, Relaxed));
    }

    /// One producer less.
    pub(super) fn leave(&self, tally: &Arc<Counters>) {
        self.leave_as_one();
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

    /// How often all producers together have counted it.
    pub(super) fn count(&self, count: Count) -> u64 {
        let tallies = self.tallies.lock();
        let own = tallies.iter().map(|tally| tally.get(count));
        own.sum::<u64>() + self.common.get(count)
    }

    // Ending.

    /// Whether nothing more comes to a group: everything that was accepted is gone, or given up and
    /// on its way to the dead letters.
    pub(super) fn is_done(&self, group: &Group) -> bool {
        if !self.signs.has(Signs::CLOSED) {
            return false;
        }
        // SeqCst F10, pairs with F7: who made a partition and did not see the sign has put it there
        // before the sign came, so it is seen here.
        fence(ord!(QUEUE_F10, fence, SeqCst));
        let mut end = 0;
        for (_, shard) in self.all_used() {
            match shard.end() {
                Some(here) => {
                    let from = shard.of(group.number).map_or(here, Track::joined_at);
                    end += here.saturating_sub(from);
                }
                None => return false,
            }
        }
        let gone: u64 = NEVER_BACK.iter().map(|count| group.count(*count)).sum();
        // Counted last: it is not more than what came of those, by then.
        gone.saturating_sub(group.count(Count::Retaken)) == end
    }

    /// Wakes the consumers of a group if they have nothing to wait for any more. To be called when a
    /// message has gone; the housekeeper does so too, if this came too early.
    #[inline(always)]
    pub(super) fn gone(&self, seat: Seat<'_, C>) {
        if self.signs.has(Signs::CLOSED) {
            self.tell_done(self.group_of(seat));
        }
    }

    #[cold]
    pub(super) fn tell_done(&self, group: &Group) {
        if self.is_done(group) {
            group.ready.wake(usize::MAX);
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
            both(|| self.wake_all(), || _ = self.room.wake(usize::MAX));
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
    fn pass(&self, now: u64, asks: bool) -> u64 {
        self.keep(now, asks)
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
