//! Queues with a broker's guarantees and no broker: leases, retries, dead letters.
//!
//! A consumer gets each message under a **lease**, reads it in place, and settles it: done, failed,
//! never again. What is not settled in time is handed out again; what fails too often goes to the
//! dead letters, with its history. Take a [`channel`](crate::channel) where a message may be lost
//! with the thread that took it.
//!
//! ```
//! use ringmill::message::Message;
//! use ringmill::queue::Queue;
//!
//! let orders = Queue::<String>::builder("orders").dead_letters("orders.dead").build()?;
//! orders.producer().enqueue(Message::new("3 apples".to_string()).key("anna"))?;
//! orders.close();
//!
//! let consumer = orders.consumer();
//! while let Ok(delivery) = consumer.dequeue() {
//!     println!("{} wants {}", String::from_utf8_lossy(delivery.key().unwrap_or_default()), *delivery);
//!     delivery.ack()?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Recipes are in the [cookbook](crate::cookbook); which order and which levels to choose, at
//! [`Order`].
//!
//! It is not: a store. What is in memory ends with the process.
//!
//! # Guarantees
//!
//! - **At least once.** An accepted message is handed out until it is acked, or given up by the
//!   policy; then it is a dead letter, or dropped and counted by reason. "Exactly once" is nobody's
//!   to promise for what a handler does elsewhere.
//! - **One holder.** At any moment one consumer at most has the right to settle a message. A lease
//!   that was taken back cannot be settled any more; its holder may still read.
//! - **Order.** First deliveries of a partition come in the order of their offsets; messages with
//!   one key are in one partition. What is handed out again comes before what is new. An [`Order`]
//!   by key or partition is kept through retries, too.
//! - **Delays.** A message may wait for a time, from its producer on ([`after`](crate::message::Message::after),
//!   [`at`](crate::message::Message::at)) or
//!   between two attempts: never early, equal times in their order, to be cancelled and put off
//!   meanwhile. It has its offset from the beginning on, and joins the order when it falls due.
//! - **Sent twice, accepted once**, where the queue is told to remember ids: see [`Dedup`].
//! - **Times to live.** A message may live for [so long](crate::message::Message::ttl) and no longer:
//!   within a pass of the housekeeper it is gone from wherever it stands, and given up as any other.
//! - **Groups.** Each message goes to one consumer of every [group](ConsumerGroup), and is gone when
//!   the last of them is done with it: they share its slot, and retry, give up and are paused apart.
//!   Groups join and leave while messages flow; one that joins gets what comes from then on. A
//!   [`Subscriber`] is a group of its own, which may lose what it is too slow for.
//! - **Bounded.** Capacity and bytes are never exceeded; retries and dead letters need no new room.
//! - **Lossless errors.** What is not accepted is given back.
//! - **Closing.** What was accepted is handed out, retries included; then consumers are told.
//!
//! # Progress
//!
//! Enqueue and settle are wait-free but for the rings of free slots, dequeue is lock-free; see the
//! methods for what a stopped thread delays. An enqueue into a partition whose last free slots are
//! being given back at that moment yields to who does so, a bounded number of times. None of them takes a lock, makes a system call or reads
//! a clock, but for messages with an [id](crate::message::Message::dedup_id), for who sleeps or is to be woken, for settlements with a delay, which read the clock
//! once, and for those after [`close`](Queue::close), which look at all counts under a lock.
//!
//! # Cost
//!
//! One `fetch_add` to publish, one contended compare-and-swap to claim (one in 32 by batches), one
//! uncontended to lease and one to settle. Where there are several groups, a `fetch_or` more to settle,
//! and a look at the others. A slot is 128 bytes for payloads of up to 64, and takes
//! some 80 bytes of books beside it.
//!
//! What an operation costs beside its time, when its partition has been used before. A test measures
//! this table over 10^6 operations each. "A life" is `enqueue`, `try_dequeue` and `ack`; `clock` are
//! looks at the engine's clock, and a call with a time-out looks at the system's besides; the system
//! calls are those of the queue, not of the allocator. Who sleeps, and who wakes a sleeper, makes
//! system calls.
//!
#![doc = include_str!("costs.md")]
//!
//! # Threads
//!
//! [`Queue`] and [`Engine`] are `Sync` and cheap to clone; [`Producer`], [`Consumer`] and
//! [`Delivery`] belong to one thread at a time; a [`Detached`] delivery goes anywhere.
//!
//! # Tests
//!
//! Each rule of the contract has tests that bear its number, and mutants that they catch:
//! `tests/conformance/ROWS.md` in the repository lists both.
//!
//! # Source
//!
//! Receipts, visibility time-outs and redrive: Amazon SQS. Ack, nack with delay, max-deliver: NATS
//! JetStream. Retry policies and dead letters: every broker, RabbitMQ's `x-death` for the history.
//! New: settling by one compare-and-swap on a word that also counts readers, so that payloads are
//! read in place and never copied.

mod acked;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod alarm;
mod assignment;
mod batch;
mod browse;
mod builder;
#[cfg(feature = "capi")]
pub(crate) mod by_value;
mod close;
mod config;
mod consumer;
mod consumer_group;
mod core;
mod crowd;
mod dead;
mod dedup;
mod defer;
mod delivery;
mod engine;
mod enqueued;
mod error;
mod front;
mod future;
mod group;
mod hand;
mod handless;
mod into_inner;
mod keep;
mod keys;
mod latency;
mod lookup;
mod order;
mod overflow;
mod producer;
mod publish;
mod redrive;
mod reserve;
mod room;
mod roster;
mod schedule;
mod seat;
mod sequence;
mod settle;
mod signs;
mod stats;
mod sticky;
#[cfg(feature = "async")]
mod stream;
mod take_batch;
mod ttl;
mod waiting;

use ::core::fmt;
use ::core::marker::PhantomData;
use ::core::time::Duration;
use alloc::{string::String, sync::Arc, vec::Vec};

use self::core::Core;
use self::seat::Seat;
use self::settle::Held;
use self::signs::Signs;
use crate::delivery::Content as AnyContent;
use crate::message::{Handle, MessageId, Receipt};

pub(crate) use self::settle::Verdict;

pub use self::acked::Acked;
pub use self::assignment::Assignment;
pub use self::browse::{CancelError, Peeked};
pub use self::builder::QueueBuilder;
pub use self::close::{CloseReport, DrainReport};
pub use self::config::{BuildError, MAX_PAYLOAD, Overflow};
pub use self::consumer::Consumer;
pub use self::consumer_group::{ConsumerGroup, Slow, Subscriber};
pub use self::dead::DeadLetter;
pub use self::dedup::Dedup;
pub use self::defer::TakeError;
pub use self::delivery::{Delivery, Detached};
pub use self::engine::{Engine, EngineBuilder};
pub use self::enqueued::Enqueued;
pub use self::error::{DequeueError, EnqueueError, EnqueueErrorKind, SettleError, SettleErrorKind};
pub use self::future::{DequeueFuture, EnqueueFuture};
pub use self::into_inner::IntoInnerError;
pub use self::keys::{KeyError, ParkedKey};
pub use self::latency::{Latency, Rate, Rates};
pub use self::lookup::LookupError;
pub use self::order::{AfterDead, Order};
pub use self::producer::Producer;
pub use self::redrive::{Redrive, RedriveReport};
pub use self::reserve::Reserved;
pub use self::roster::GroupError;
pub use self::schedule::RescheduleError;
pub use self::sequence::IdempotentProducer;
pub use self::stats::{Occupancy, Stats};
#[cfg(feature = "async")]
pub use self::stream::DeliveryStream;
pub use crate::delivery::{Content, Copied, ErrorClass, Jitter, Retry, State as MessageState};
pub use crate::wait::Strategy;
pub use bytes::Bytes;

/// The group that every queue is born with.
const DEFAULT_GROUP: &str = "default";

/// A queue whose messages several threads may read at a time: the holder of a lease, one whose
/// lease was taken back, a browser. For payloads that are `Sync`.
#[derive(Clone, Copy, Debug)]
pub struct Shared(());

/// A queue whose messages only the holder of a lease reads: no lease ends by itself, and nobody
/// browses. For payloads that are only `Send`.
#[derive(Clone, Copy, Debug)]
pub struct Unshared(());

/// Whether several threads may read a message at a time: [`Shared`] or [`Unshared`].
pub trait Sharing<T: ?Sized>: sealed::Sharing {}

impl<T: Sync + ?Sized> Sharing<T> for Shared {}
impl<T: ?Sized> Sharing<T> for Unshared {}

mod sealed {
    /// The two ways of sharing.
    pub trait Sharing {
        /// Whether leases end by themselves, so that a message may have a reader beside its holder.
        const LEASES_END: bool;
    }

    impl Sharing for super::Shared {
        const LEASES_END: bool = true;
    }

    impl Sharing for super::Unshared {
        const LEASES_END: bool = false;
    }
}

/// A queue; see the [module](self).
///
/// A handle: clones are the same queue. When the last one is gone, the queue closes; consumers may
/// still take what is in it.
pub struct Queue<T: AnyContent + ?Sized, M = Shared> {
    core: Arc<Core<T>>,
    sharing: PhantomData<M>,
}

/// How a lease is ended by its [`Receipt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// Handled.
    Ack,
    /// Handling failed.
    Nack,
    /// Never to be handled.
    Reject,
    /// Not handled.
    Release,
}

impl<T: AnyContent + ?Sized, M> Queue<T, M> {
    /// How a queue of this name is to be.
    pub fn builder(name: impl Into<String>) -> QueueBuilder<T, M> {
        QueueBuilder::new(name.into())
    }

    fn new(core: Arc<Core<T>>) -> Self {
        Self { core, sharing: PhantomData }
    }

    /// A producer.
    pub fn producer(&self) -> Producer<T, M> {
        Producer::new(Arc::clone(&self.core))
    }

    /// A consumer, which shares the work with all others.
    pub fn consumer(&self) -> Consumer<T, M> {
        Consumer::new(Arc::clone(&self.core), 0)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// How many partitions it has.
    pub fn partitions(&self) -> usize {
        self.core.partitions()
    }

    /// How many messages a partition has room for.
    pub fn capacity(&self) -> usize {
        self.core.config.capacity
    }

    /// How many messages are in it, in whatever state.
    pub fn len(&self) -> u64 {
        let stats = self.stats();
        stats.ready + stats.delayed + stats.leased + stats.parked + stats.dead
    }

    /// Whether there was no message in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has happened in it, and what is in it. O(handles).
    pub fn stats(&self) -> Stats {
        self.core.stats(&self.core.first)
    }

    /// Where its slots are, by a walk over all of them: O(capacity) of the partitions that have been
    /// used. Taken one after the other while messages flow.
    pub fn occupancy(&self) -> Occupancy {
        self.core.occupancy()
    }

    /// How long messages waited, from their acceptance to their first hand-over; `None` unless the
    /// queue was built with [`timestamps`](QueueBuilder::timestamps).
    pub fn latency(&self) -> Option<Latency> {
        self.core.latency()
    }

    /// How many messages flow a second. As exact as the looks are frequent, by calls of this and by
    /// the housekeeper; a first look has nothing to compare with.
    pub fn rates(&self) -> Rates {
        self.core.rates()
    }

    /// Where its dead letters go.
    pub fn dead_letters(&self) -> Option<Self> {
        let dead = self.core.dead.as_ref()?;
        dead.owners.join();
        Some(Self::new(Arc::clone(dead)))
    }

    /// Accepts nothing more. Consumers take what is there, retries included, and are told when all
    /// is settled.
    ///
    /// What was snoozed or parked would keep them waiting: it is taken out, and in the report.
    pub fn close(&self) -> CloseReport<T::Owned> {
        self.core.close_and_report()
    }

    /// Whether nothing is accepted any more.
    pub fn is_closed(&self) -> bool {
        self.core.signs.has(Signs::CLOSED)
    }

    /// Closes, hands out nothing more, and waits for what is with consumers, at most for `timeout`.
    pub fn drain(&self, timeout: Duration) -> DrainReport {
        self.core.drain(timeout)
    }

    /// Closes, hands out nothing more, and lets nothing be settled any more.
    pub fn abort(&self) {
        self.core.abort();
    }

    /// Hands out nothing until [`resume`](Self::resume). Messages are accepted and settled as
    /// before.
    pub fn pause(&self) {
        self.core.signs.set(Signs::PAUSED);
    }

    /// Hands out again.
    pub fn resume(&self) {
        self.core.signs.clear(Signs::PAUSED);
        self.core.wake_all();
    }

    /// Whether nothing is handed out for the time being.
    pub fn is_paused(&self) -> bool {
        self.core.signs.has(Signs::PAUSED)
    }

    /// Compares all counts with a walk over all slots, for tests; nothing else may happen
    /// meanwhile.
    ///
    /// # Panics
    ///
    /// If they differ.
    #[doc(hidden)]
    pub fn check_invariants(&self) {
        self.core.check_all();
    }
}

impl<T: AnyContent + ?Sized> Queue<T> {
    fn of_live(core: Arc<Core<T>>) -> Option<Self> {
        // A queue whose last handle is gone is closed, and stays so: a handle more harms nobody.
        core.owners.join();
        Some(Self::new(core))
    }

    /// Ends a lease by its receipt, from anywhere. Whoever has the delivery may read on.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if the lease was taken back, or has been settled, or is of another queue.
    pub fn settle(&self, receipt: &Receipt, settlement: Settlement) -> Result<(), SettleError> {
        if receipt.queue != self.core.number {
            return Err(SettleErrorKind::NotFound.into());
        }
        let partition = receipt.partition;
        let shard = self.core.used(partition as usize).ok_or(SettleErrorKind::NotFound)?;
        let track = shard.of(receipt.group).ok_or(SettleErrorKind::NotFound)?;
        let held = Held {
            seat: Seat { shard, track, partition, index: receipt.slot },
            lease: receipt.lease,
            tries: receipt.tries,
            consumer: 0,
            reads: false,
            minds: true,
        };
        let verdict = match settlement {
            Settlement::Ack => Verdict::Ack,
            Settlement::Nack => Verdict::Nack { class: ErrorClass::System, text: "", after: None },
            Settlement::Reject => Verdict::Reject(""),
            Settlement::Release => Verdict::Release { at_once: true },
        };
        Ok(self.core.end_shared(&held, verdict)?)
    }

    /// The oldest `n` messages of a partition, in whatever state, to be looked at.
    ///
    /// O(capacity). They keep their slots for as long as they are looked at.
    pub fn peek(&self, partition: usize, n: usize) -> Vec<Peeked<T>> {
        if partition >= self.partitions() {
            return Vec::new();
        }
        let mut peeked = self.core.peek_all(0, partition);
        peeked.truncate(n);
        peeked
    }

    /// All messages for which `filter` says so, partition by partition, by offset.
    pub fn browse(&self, mut filter: impl FnMut(&Peeked<T>) -> bool) -> Vec<Peeked<T>> {
        let all = (0..self.partitions()).flat_map(|partition| self.core.peek_all(0, partition));
        all.filter(|peeked| filter(peeked)).collect()
    }

    /// The handle of a message by its name, as long as it is there.
    ///
    /// # Errors
    ///
    /// [`LookupError`] if it is gone, or the queue was not built with
    /// [`lookup`](QueueBuilder::lookup).
    pub fn find(&self, id: MessageId) -> Result<Handle, LookupError> {
        self.core.look_up(id)
    }

    /// The message of a handle, as long as it is there.
    pub fn inspect(&self, handle: &Handle) -> Option<Peeked<T>> {
        let mut seats = self.core.find(handle).map(|(seat, _)| seat);
        let peeked = seats.find_map(|seat| self.core.peek_at(seat))?;
        (peeked.handle() == *handle).then_some(peeked)
    }

    /// Ends a message that no consumer has.
    ///
    /// # Errors
    ///
    /// [`CancelError`] if it is gone, or a consumer has it.
    pub fn cancel(&self, handle: &Handle) -> Result<(), CancelError> {
        self.core.cancel(handle)
    }

    /// Ends every message that no consumer has and for which `filter` says so; how many. Where there
    /// are several groups: for each of them whose consumers do not have it.
    pub fn purge(&self, filter: impl FnMut(&Peeked<T>) -> bool) -> usize {
        self.core.purge(filter)
    }

    /// Sends dead letters back to the queues that they came from.
    pub fn redrive(&self, redrive: Redrive<T>) -> RedriveReport
    where
        T: Sync,
        T::Owned: Send,
    {
        self.core.redrive(redrive)
    }
}

impl<T: AnyContent + ?Sized, M> Clone for Queue<T, M> {
    fn clone(&self) -> Self {
        self.core.owners.join();
        Self::new(Arc::clone(&self.core))
    }
}

impl<T: AnyContent + ?Sized, M> Drop for Queue<T, M> {
    fn drop(&mut self) {
        if self.core.owners.leave() {
            self.core.close();
        }
    }
}

impl<T: AnyContent + ?Sized, M> fmt::Debug for Queue<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("name", &self.name())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
