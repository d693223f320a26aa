//! N rings as one queue: values that belong together keep their order, the others need not wait for
//! each other. Take it where one ring would put in a row what need not stand in one.
//!
//! It is not: one order over all values, or a queue that gives back what a consumer failed at.
//!
//! # How it works
//!
//! ```text
//!                        +-> partition 0  [ring] --+
//!   producer -- which? --+-> partition 1  [ring] --+--> consumer, in rotation
//!    (its partitioner)   +-> partition 2  [ring] --+      over its partitions
//! ```
//!
//! A [`Producer`] asks its [`Partitioner`] for the partition of each value: by key ([`ByKey`]), in
//! turn ([`RoundRobin`], [`Sticky`]), the emptiest ([`LeastLoaded`]), or any function of yours. A
//! [`Consumer`] takes from all partitions, or from those that it was given, and goes on with the
//! next one after each take. A [`Group`] deals the partitions out to its members, each to one of
//! them, and moves as few as possible when a member comes or goes.
//!
//! A bit for each partition says whether it may hold something, 64 to a word: partitions with
//! nothing in them cost a consumer one load for all 64.
//!
//! # Guarantees
//!
//! - **Order** is kept within a partition, first-in first-out over all producers, as its ring has
//!   it; there is none between partitions. Where two consumers take from one partition, each value
//!   goes to one of them, and what they make of it may end in another order: that is what a
//!   [`Group`] is for.
//! - **Fair.** A partition that holds something is passed over for one rotation of a consumer at
//!   most.
//! - **Nothing lost.** A value that is refused comes back in the error. After
//!   [`close`](Partitioned::close), or when all producers are gone, everything that was accepted
//!   can still be taken.
//!
//! [`try_pop`](Consumer::try_pop) says "empty" if it saw nothing in its partitions, each looked at
//! once. Another consumer of the same partition that is just having its last look there may hide a
//! value for that moment; waiting calls do not miss it.
//!
//! # Progress and cost
//!
//! As the ring's, and for a push two or three loads, of the partition's bit and of who waits.
//! The bits change hands when a partition runs dry or comes alive again, not for each value.
//! Memory: the rings, and about 1 KiB for each partition. Nothing is allocated after the ends are
//! made, but by the vectors of batches.
//!
//! # Threads
//!
//! [`Partitioned`] is `Send`, `Sync` and `Clone`. Each thread makes its own [`Producer`] and
//! [`Consumer`] from it; they keep state that is nobody else's, and take `&mut self`.
//!
//! # Edges
//!
//! - The claim of a push comes before the look at the bit, by the ring's F4. It pairs with the
//!   ring's F1, which a consumer meets between clearing a bit and its last look.
//! - F1, fence: a bit that is newly set before the look at who waits. Pairs with F2, between
//!   enlisting and the last look at the bits.
//!
//! # Source
//!
//! Apache Kafka's producer, for partitions by key, in turn and sticky; its sticky assignor, for
//! moving few partitions.
//!
//! # Examples
//!
//! ```
//! use ringmill::partition::{ByKey, Partitioned, PopError, partition_of};
//!
//! let queue = Partitioned::new(4, 64)?;
//! let mut producer = queue.producer(ByKey(|(key, _): &(u64, &str)| *key));
//! producer.try_push((1 << 62, "first"))?;
//! producer.try_push((3 << 62, "of another key"))?;
//! producer.try_push((1 << 62, "second"))?;
//!
//! let mut consumer = queue.consumer();
//! let mut seen = Vec::new();
//! while let Ok((key, text)) = consumer.try_pop() {
//!     seen.push((partition_of(key, 4), text));
//! }
//! // In rotation; in order within a partition.
//! assert_eq!(seen, [(1, "first"), (3, "of another key"), (1, "second")]);
//! assert_eq!(consumer.try_pop(), Err(PopError::Empty));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod consumer;
mod error;
#[cfg(feature = "std")]
mod future;
#[cfg(feature = "std")]
mod group;
#[cfg(feature = "hash")]
mod hash;
mod lane;
mod partitioner;
mod producer;
#[cfg(feature = "capi")]
pub(crate) mod raw;
mod ready;

use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use crossbeam_utils::CachePadded;

use self::lane::Lane;
use self::ready::{Members, Ready};
use crate::ends::Ends;
use crate::ring::CapacityError;
use crate::ring::mpmc::Ring;
use crate::sync::{Arc, AtomicU32, fence, ord};
use crate::wait::{Event, both};

pub use self::consumer::Consumer;
pub use self::error::{
    MAX_PARTITIONS, PartitionsError, PopError, PushError, PushErrorKind, SetError,
};
#[cfg(feature = "std")]
pub use self::future::{PopFuture, PushFuture};
#[cfg(feature = "std")]
pub use self::group::Group;
#[cfg(feature = "hash")]
pub use self::hash::{Key, hash_of};
#[cfg(feature = "queue")]
pub(crate) use self::partitioner::Lengths;
pub use self::partitioner::{
    ByKey, LeastLoaded, Partitioner, Partitions, RoundRobin, Sticky, partition_of,
};
pub use self::producer::Producer;
#[cfg(feature = "std")]
pub use crate::wait::Strategy;

/// N rings as one queue; see the [module](self).
///
/// A handle: clones are the same queue. It counts as a producer and as a consumer of it: the queue
/// closes when the last of either kind is gone.
pub struct Partitioned<T> {
    shared: Arc<Shared<Ring<T>>>,
}

/// What all handles share.
struct Shared<R> {
    partitions: Vec<CachePadded<Partition<R>>>,
    ready: Ready,
    /// There may be a value in some partition: for consumers of all of them.
    values: Event,
    /// Not 0 from the beginning of closing on.
    closing: AtomicU32,
    /// How many producers there are, handles counted.
    producers: Ends,
    /// How many consumers there are, handles counted.
    consumers: Ends,
}

struct Partition<R> {
    ring: R,
    /// There may be a value in this one: for consumers of some.
    values: Event,
    /// There may be room.
    room: Event,
}

impl<T> Partitioned<T> {
    /// `partitions` rings of exactly `capacity` slots each. All of their memory is allocated here.
    ///
    /// # Errors
    ///
    /// [`PartitionsError`] if there are none or more than [`MAX_PARTITIONS`], or a ring cannot be
    /// made.
    pub fn new(partitions: usize, capacity: usize) -> Result<Self, PartitionsError> {
        let shared = Shared::new(partitions, || Ring::new(capacity))?;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A producer that asks `partitioner` where its values go.
    pub fn producer<P: Partitioner<T>>(&self, partitioner: P) -> Producer<T, P> {
        Producer::new(Producing::new(&self.shared), partitioner)
    }

    /// A consumer of all partitions.
    pub fn consumer(&self) -> Consumer<T> {
        Consumer::of_all(Consuming::new(&self.shared))
    }

    /// A consumer of some partitions.
    ///
    /// # Errors
    ///
    /// [`SetError`] if there is no such partition, one is named twice, or none is.
    pub fn consumer_of(
        &self,
        partitions: impl IntoIterator<Item = usize>,
    ) -> Result<Consumer<T>, SetError> {
        let members = self.shared.members(partitions)?;
        Ok(Consumer::of_some(Consuming::new(&self.shared), members))
    }

    /// A group, whose members share the partitions out among them.
    #[cfg(feature = "std")]
    pub fn group(&self) -> Group<T> {
        Group::new(Consuming::new(&self.shared))
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.shared.partitions.len()
    }

    /// How many slots each partition has.
    pub fn capacity(&self) -> usize {
        self.shared.partitions[0].ring.capacity()
    }

    /// How many values are in all partitions, looked at one after the other.
    pub fn len(&self) -> usize {
        self.shared.partitions.iter().map(|partition| partition.ring.len()).sum()
    }

    /// Whether there was no value in any partition, looked at one after the other.
    pub fn is_empty(&self) -> bool {
        self.shared.partitions.iter().all(|partition| partition.ring.is_empty())
    }

    /// How many values are in one partition; `None` if there is no such partition.
    pub fn len_of(&self, partition: usize) -> Option<usize> {
        Some(self.shared.partitions.get(partition)?.ring.len())
    }

    /// Accepts nothing more; false if that was so already.
    ///
    /// What has been accepted can still be taken.
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether nothing is accepted any more.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }
}

impl<T> Shared<Ring<T>> {
    /// Appends a value to a partition that there is.
    #[inline]
    fn try_push(&self, partition: usize, value: T) -> Result<(), PushError<T>> {
        let place = &self.partitions[partition];
        match place.ring.push_awaited(value) {
            Ok(()) => {
                self.announce(partition, 1);
                Ok(())
            }
            Err(full) => {
                let closed = place.ring.is_closed();
                let kind = if closed { PushErrorKind::Closed } else { PushErrorKind::Full };
                Err(PushError::new(kind, full.into_inner()))
            }
        }
    }
}

impl<R: Lane> Shared<R> {
    /// So many rings, with one handle, which is both a producer and a consumer.
    fn new(
        partitions: usize,
        mut ring: impl FnMut() -> Result<R, CapacityError>,
    ) -> Result<Self, PartitionsError> {
        if !(1..=MAX_PARTITIONS).contains(&partitions) {
            return Err(PartitionsError::Count { partitions });
        }
        let rings = (0..partitions).map(|_| {
            let ring = ring()?;
            Ok(CachePadded::new(Partition { ring, values: Event::new(), room: Event::new() }))
        });
        Ok(Self {
            partitions: rings.collect::<Result<_, PartitionsError>>()?,
            ready: Ready::new(partitions),
            values: Event::new(),
            closing: AtomicU32::new(0),
            producers: Ends::one(),
            consumers: Ends::one(),
        })
    }

    /// The members of a set.
    fn members(&self, set: impl IntoIterator<Item = usize>) -> Result<Members, SetError> {
        let count = self.partitions.len();
        let mut members = Members::none(count);
        let mut any = false;
        for partition in set {
            if partition >= count {
                return Err(SetError::NoSuchPartition { partition, partitions: count });
            }
            if members.contains(partition) {
                return Err(SetError::Twice { partition });
            }
            members.insert(partition);
            any = true;
        }
        if any { Ok(members) } else { Err(SetError::Empty) }
    }

    /// Tells consumers of values that have come to a partition, behind the fence of their push.
    #[inline(always)]
    fn announce(&self, partition: usize, values: usize) {
        if self.ready.set(partition) {
            // SeqCst F1, pairs with F2 in `Walk::take`: the bit before the look at who waits.
            fence(ord!(PARTITION_F1, fence, SeqCst));
        }
        let place = &self.partitions[partition];
        if place.values.is_awaited() || self.values.is_awaited() {
            self.wake(place, values);
        }
    }

    /// Wakes those who wait for this partition, then those who wait for all.
    #[cold]
    fn wake(&self, place: &Partition<R>, values: usize) {
        let woken = Cell::new(0);
        both(
            || woken.set(place.values.wake(values)),
            || _ = self.values.wake(values - woken.get()),
        );
    }

    /// Takes from a partition that may hold something; its bit is cleared if it does not.
    ///
    /// `take` says how many it took: none only if the ring was empty.
    #[inline]
    fn take(&self, partition: usize, mut take: impl FnMut(&R) -> usize) -> usize {
        let place = &self.partitions[partition];
        let mut taken = if place.ring.seems_filled() { take(&place.ring) } else { 0 };
        if taken == 0 {
            self.ready.clear(partition);
            taken = take(&place.ring);
            if taken == 0 {
                return 0;
            }
            // There may be more, which another consumer did not see while the bit was cleared.
            self.announce(partition, 1);
        }
        place.room.notify(taken);
        taken
    }

    fn close(&self) -> bool {
        // Relaxed: a sign to look at the marks of the rings.
        self.closing.store(1, ord!(PARTITION_C1, store, Relaxed));
        // Every ring, also for who comes second: when it returns, all of them are closed.
        let closed = self.partitions.iter().fold(false, |any, place| place.ring.close() | any);
        if closed {
            let each = self.partitions.iter().flat_map(|place| [&place.values, &place.room]);
            Event::notify_all_of(each.chain([&self.values]));
        }
        closed
    }

    /// Whether closing has begun.
    fn is_closing(&self) -> bool {
        // Relaxed: as in `close`.
        self.closing.load(ord!(PARTITION_C2, load, Relaxed)) != 0
    }

    fn is_closed(&self) -> bool {
        self.is_closing() && self.partitions.iter().all(|place| place.ring.is_closed())
    }
}

/// A producer's part in the count of them: the last one to go closes.
struct Producing<R: Lane>(Arc<Shared<R>>);

impl<R: Lane> Producing<R> {
    fn new(shared: &Arc<Shared<R>>) -> Self {
        shared.producers.join();
        Self(Arc::clone(shared))
    }
}

impl<R: Lane> Drop for Producing<R> {
    fn drop(&mut self) {
        self.0.producer_left();
    }
}

/// A consumer's part in the count of them: the last one to go closes, and drops what is left.
struct Consuming<R: Lane>(Arc<Shared<R>>);

impl<R: Lane> Consuming<R> {
    fn new(shared: &Arc<Shared<R>>) -> Self {
        shared.consumers.join();
        Self(Arc::clone(shared))
    }
}

impl<R: Lane> Drop for Consuming<R> {
    fn drop(&mut self) {
        self.0.consumer_left();
    }
}

impl<R: Lane> Shared<R> {
    fn producer_left(&self) {
        if self.producers.leave() {
            self.close();
        }
    }

    fn consumer_left(&self) {
        if self.consumers.leave() {
            both(
                || _ = self.close(),
                || self.partitions.iter().for_each(|place| place.ring.drop_values()),
            );
        }
    }
}

impl<T> Clone for Partitioned<T> {
    fn clone(&self) -> Self {
        self.shared.producers.join();
        self.shared.consumers.join();
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Partitioned<T> {
    fn drop(&mut self) {
        self.shared.producer_left();
        self.shared.consumer_left();
    }
}

impl<T> fmt::Debug for Partitioned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partitioned")
            .field("partitions", &self.partitions())
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
