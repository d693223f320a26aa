//! Groups as their users have them: named ones, and subscribers.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use core::marker::PhantomData;

use super::browse::Peeked;
use super::consumer::Consumer;
use super::core::Core;
use super::group::Group;
use super::roster::GroupError;
use super::signs::Signs;
use super::stats::Stats;
use super::{Queue, Shared};
use crate::delivery::Content;

/// A group of consumers: each message of the queue goes to one of them, and to one of each other
/// group.
///
/// A group holds its messages: one that is slow fills the queue, and the queue's
/// [`overflow`](super::QueueBuilder::overflow) policy speaks to the producers. For one that may
/// lose messages take a [`Subscriber`].
///
/// A handle: clones are the same group.
pub struct ConsumerGroup<T: Content + ?Sized, M = Shared> {
    core: Arc<Core<T>>,
    number: u32,
    /// Which of those that had this number.
    life: u64,
    sharing: PhantomData<M>,
}

/// What becomes of a [`Subscriber`] that is too slow, when the queue has no room for new messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Slow {
    /// It loses the oldest messages that it has not got to and nobody else needs, and goes on with
    /// those behind them: [`Subscriber::missed`] says how many.
    #[default]
    Lag,
    /// It is waited for: the queue's [`overflow`](super::QueueBuilder::overflow) policy speaks to
    /// the producers.
    Block,
    /// It is disconnected: its consumer is told [`Closed`](super::DequeueError::Closed).
    Disconnect,
}

/// A group of its own with one consumer, for as long as this lives: for broadcast.
///
/// It gets what is published from now on. It dereferences to its [`Consumer`].
///
/// # Examples
///
/// ```
/// use ringmill::queue::{Queue, Slow};
///
/// let prices = Queue::<u32>::builder("prices").capacity(2).subscribers(8).build()?;
/// let screen = prices.subscribe(Slow::Lag)?;
/// let publisher = prices.producer();
/// for price in 1..=5 {
///     publisher.enqueue(price)?;
/// }
/// assert_eq!((*screen.try_dequeue()?, screen.missed()), (4, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Subscriber<T: Content + ?Sized, M = Shared> {
    consumer: Consumer<T, M>,
    group: ConsumerGroup<T, M>,
}

impl<T: Content + ?Sized, M> Queue<T, M> {
    /// A group by its name.
    ///
    /// # Errors
    ///
    /// [`GroupError::NotFound`].
    pub fn group(&self, name: &str) -> Result<ConsumerGroup<T, M>, GroupError> {
        Ok(ConsumerGroup::new(&self.core, self.core.find_group(name)?))
    }

    /// Has a group join under this name, which gets the messages that come from now on.
    ///
    /// # Errors
    ///
    /// [`GroupError`]: the name is taken, there are as many groups as there may be
    /// ([`max_groups`](super::QueueBuilder::max_groups)), no memory, or the queue is closed.
    ///
    /// # Cost
    ///
    /// O(slots) of the partitions that have been used, once. Producers and consumers go on
    /// meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::queue::Queue;
    ///
    /// let orders = Queue::<u32>::builder("orders").group("ship").max_groups(4).build()?;
    /// let audit = orders.create_group("audit")?;
    /// orders.producer().enqueue(7)?;
    /// for group in ["default", "ship", "audit"] {
    ///     orders.group(group)?.consumer()?.try_dequeue()?.ack()?;
    /// }
    /// assert!(orders.stats().ready == 0 && audit.stats().acked == 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_group(&self, name: &str) -> Result<ConsumerGroup<T, M>, GroupError> {
        Ok(ConsumerGroup::new(&self.core, self.core.create_group(name)?))
    }

    /// Removes a group: it gets nothing more, and what it has is gone for it. Leases that its
    /// consumers have are taken back: they may read on, and settle no more.
    ///
    /// Its place is free for another group when the last of its consumers is dropped.
    ///
    /// # Errors
    ///
    /// [`GroupError::NotFound`].
    pub fn remove_group(&self, name: &str) -> Result<(), GroupError> {
        let removed = self.core.remove_group(self.core.find_group(name)?);
        if removed { Ok(()) } else { Err(GroupError::NotFound) }
    }

    /// The names of its groups.
    pub fn groups(&self) -> Vec<Arc<str>> {
        self.core.group_names()
    }

    /// Subscribes to what comes from now on. Where nobody but subscribers reads a queue, build it
    /// with [`subscribers`](super::QueueBuilder::subscribers).
    ///
    /// # Errors
    ///
    /// As [`create_group`](Self::create_group).
    pub fn subscribe(&self, slow: Slow) -> Result<Subscriber<T, M>, GroupError> {
        let number = self.core.next_number();
        let group = self.core.create_group(&alloc::format!("subscriber-{number}"))?;
        let sign = match slow {
            Slow::Lag => Signs::LAGS,
            Slow::Block => 0,
            Slow::Disconnect => Signs::LEAVES,
        };
        group.signs.set(sign);
        self.core.signs.set(sign);
        let group = ConsumerGroup::new(&self.core, group);
        let consumer = Consumer::new(Arc::clone(&self.core), group.number);
        Ok(Subscriber { consumer, group })
    }
}

impl<T: Content + ?Sized, M> ConsumerGroup<T, M> {
    fn new(core: &Arc<Core<T>>, group: &Group) -> Self {
        let (number, life) = (group.number, group.life());
        Self { core: Arc::clone(core), number, life, sharing: PhantomData }
    }

    fn own(&self) -> &Group {
        self.core.group(self.number).expect("a group that was joined")
    }

    /// Whether it was removed.
    pub fn is_removed(&self) -> bool {
        self.own().life() != self.life || self.own().signs.has(Signs::GONE)
    }

    /// Its name.
    pub fn name(&self) -> Arc<str> {
        self.own().name()
    }

    /// A consumer of this group, which shares the work with the others of it.
    ///
    /// # Errors
    ///
    /// [`GroupError::NotFound`] if the group was removed.
    pub fn consumer(&self) -> Result<Consumer<T, M>, GroupError> {
        // First in, so that the number is not another group's meanwhile.
        let consumer = Consumer::new(Arc::clone(&self.core), self.number);
        if self.is_removed() { Err(GroupError::NotFound) } else { Ok(consumer) }
    }

    /// What has happened in the queue since the group has joined, and what is in it, for this
    /// group. All zero if it was removed.
    pub fn stats(&self) -> Stats {
        if self.is_removed() { Stats::default() } else { self.core.stats(self.own()) }
    }

    /// Hands out nothing to this group until [`resume`](Self::resume).
    pub fn pause(&self) {
        if !self.is_removed() {
            self.own().signs.set(Signs::PAUSED);
            self.core.signs.set(Signs::HELD);
        }
    }

    /// Hands out again.
    pub fn resume(&self) {
        if !self.is_removed() {
            self.own().signs.clear(Signs::PAUSED);
            self.own().ready.wake(usize::MAX);
        }
    }

    /// Whether nothing is handed out to this group for the time being.
    pub fn is_paused(&self) -> bool {
        !self.is_removed() && self.own().signs.has(Signs::PAUSED)
    }

    /// All messages of this group for which `filter` says so, partition by partition, by offset.
    pub fn browse(&self, mut filter: impl FnMut(&Peeked<T>) -> bool) -> Vec<Peeked<T>> {
        if self.is_removed() {
            return Vec::new();
        }
        let partitions = 0..self.core.partitions();
        let all = partitions.flat_map(|partition| self.core.peek_all(self.number, partition));
        all.filter(|peeked| filter(peeked)).collect()
    }
}

impl<T: Content + ?Sized, M> Clone for ConsumerGroup<T, M> {
    fn clone(&self) -> Self {
        let Self { number, life, .. } = *self;
        Self { core: Arc::clone(&self.core), number, life, sharing: PhantomData }
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for ConsumerGroup<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerGroup")
            .field("queue", &self.core.name)
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

impl<T: Content + ?Sized, M> Subscriber<T, M> {
    /// How many messages it was too slow for.
    pub fn missed(&self) -> u64 {
        self.group.stats().missed
    }

    /// Its group.
    pub fn as_group(&self) -> &ConsumerGroup<T, M> {
        &self.group
    }
}

impl<T: Content + ?Sized, M> core::ops::Deref for Subscriber<T, M> {
    type Target = Consumer<T, M>;

    fn deref(&self) -> &Consumer<T, M> {
        &self.consumer
    }
}

impl<T: Content + ?Sized, M> core::ops::DerefMut for Subscriber<T, M> {
    fn deref_mut(&mut self) -> &mut Consumer<T, M> {
        &mut self.consumer
    }
}

impl<T: Content + ?Sized, M> Drop for Subscriber<T, M> {
    fn drop(&mut self) {
        if !self.group.is_removed() {
            self.group.core.remove_group(self.group.own());
        }
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for Subscriber<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber").field("group", &self.group).finish_non_exhaustive()
    }
}
