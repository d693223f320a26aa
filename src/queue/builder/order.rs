//! What a queue is told about order and priorities.

use core::time::Duration;

use super::QueueBuilder;
use crate::delivery::Content;
use crate::message::Priority;
use crate::queue::order::{AfterDead, Levels, Order};

impl<T: Content + ?Sized, M> QueueBuilder<T, M> {
    /// What comes one after the other. Default: nothing, messages are handed out as they come.
    pub fn order(mut self, order: Order) -> Self {
        self.config.order = order;
        self
    }

    /// How many messages may wait behind the first one of their key: 0 or more. One that comes then
    /// is refused by [`KeyFull`](crate::queue::EnqueueErrorKind::KeyFull), or waits or is let go of by the
    /// [`overflow`](Self::overflow) policy; others come in meanwhile. So one slow key does not fill
    /// the queue. Default: no bound.
    ///
    /// The bound is exact: of a key there are at most so many and one, with a consumer, waiting for
    /// a retry, or to be handed out; those without a key are not counted. In an order of partitions
    /// the partition is the key. A dead letter comes in beyond it; dropping the oldest makes no room
    /// for a key.
    ///
    /// # Cost
    ///
    /// Each enqueue and each message that is done with takes a lock of one of 32 tables, which
    /// allocate when there are more keys than ever: some 50 ns a message.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::message::Message;
    /// use ringmill::queue::{EnqueueErrorKind, Order, Queue};
    ///
    /// let builder = Queue::<u32>::builder("jobs").order(Order::Key);
    /// let jobs = builder.max_waiting_per_key(1).build()?;
    /// let producer = jobs.producer();
    /// producer.enqueue(Message::new(1).key("slow"))?;
    /// producer.enqueue(Message::new(2).key("slow"))?;
    /// let refused = producer.enqueue(Message::new(3).key("slow")).unwrap_err();
    /// assert_eq!(refused.kind(), EnqueueErrorKind::KeyFull { limit: 1 });
    /// assert_eq!(*refused.into_message().payload(), 3);
    /// producer.enqueue(Message::new(4).key("other"))?;
    ///
    /// jobs.consumer().try_dequeue()?.ack()?;
    /// producer.enqueue(Message::new(3).key("slow"))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_waiting_per_key(mut self, messages: u32) -> Self {
        self.config.max_waiting_per_key = Some(messages);
        self
    }

    /// What becomes of the messages behind a dead letter of their key, where there is an order by
    /// key. Default: they go on.
    ///
    /// Parked messages count as ready. The report of [`close`](crate::queue::Queue::close) takes them along;
    /// what comes to a parked key afterwards becomes a dead letter.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::message::Message;
    /// use ringmill::queue::{AfterDead, Order, Queue, Redrive};
    ///
    /// let accounts = Queue::<&str>::builder("accounts")
    ///     .order(Order::Key)
    ///     .dead_letters("accounts.dead")
    ///     .after_dead(AfterDead::ParkKey { limit: 100 })
    ///     .build()?;
    /// let (producer, consumer) = (accounts.producer(), accounts.consumer());
    /// for step in ["open", "pay in", "pay out"] {
    ///     producer.enqueue(Message::new(step).key("anna"))?;
    /// }
    /// consumer.try_dequeue()?.reject("the name is missing")?;
    /// assert!(consumer.try_dequeue().is_err(), "nothing is paid into what is not there");
    /// assert_eq!(&*accounts.parked_keys()[0].key, b"anna");
    ///
    /// // Somebody has opened it by hand.
    /// assert_eq!(accounts.unpark_key("anna")?, 2);
    /// assert_eq!(*consumer.try_dequeue()?, "pay in");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn after_dead(mut self, after: AfterDead) -> Self {
        self.config.after_dead = after;
        self
    }

    /// Whether it refuses messages without a key. Default: no.
    pub fn require_key(mut self, require: bool) -> Self {
        self.config.require_key = require;
        self
    }

    /// The priorities that its messages may have: 1 to 32 of them, each once. Default:
    /// [`NORMAL`](Priority::NORMAL) alone.
    ///
    /// The highest goes first: a dequeue that begins after a message was accepted hands out none of
    /// a lower level instead, unless another consumer is passing messages on at that moment. Lower
    /// ones wait for as long as higher ones come. Priorities are kept through retries, dead letters
    /// and redrives; among the messages of one key, order goes before priority, also behind one that
    /// was cancelled, until a consumer has come to its place.
    pub fn levels(mut self, priorities: &[Priority]) -> Self {
        match Levels::new(priorities) {
            Ok(levels) => self.config.levels = levels,
            Err(error) => self.refused = Some(error),
        }
        self
    }

    /// As [`levels`](Self::levels), and cheaper, as most dequeues do not look for higher messages:
    /// in each partition, about `overtakes` lower ones, 1 or more, may be handed out after a higher
    /// one was accepted. Many queues are well served by 64.
    ///
    /// A dequeue looks when more than `overtakes` messages have come since the last look, or it
    /// would hand out more than that many since. So the bound holds over all consumers; only those
    /// that are in the middle of a dequeue when the message comes may add what they take.
    ///
    /// ```
    /// use ringmill::message::{Message, Priority};
    /// use ringmill::queue::Queue;
    ///
    /// let levels = [Priority::NORMAL, Priority::HIGH];
    /// let jobs = Queue::<u32>::builder("jobs").relaxed_levels(&levels, 64).build()?;
    /// let (producer, consumer) = (jobs.producer(), jobs.consumer());
    /// for job in 0..500 {
    ///     producer.enqueue(job)?;
    /// }
    /// consumer.try_dequeue()?.ack()?;
    /// producer.enqueue(Message::new(1_000).priority(Priority::HIGH))?;
    /// let mut overtook = 0;
    /// while consumer.try_dequeue()?.priority() != Priority::HIGH {
    ///     overtook += 1;
    /// }
    /// assert!(overtook <= 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn relaxed_levels(mut self, priorities: &[Priority], overtakes: u32) -> Self {
        match Levels::new(priorities).and_then(|levels| levels.relaxed(overtakes)) {
            Ok(levels) => self.config.levels = levels,
            Err(error) => self.refused = Some(error),
        }
        self
    }

    /// Lets messages rise by a level for each `step` that they wait, 1 ms to 10 years, so that low
    /// ones are handed out also where higher ones never end. Default: they do not rise.
    ///
    /// A message rises for the first time between one and two steps after it was accepted, and then
    /// after each step. So one that `n` levels are above is among the highest after `n + 1` steps at
    /// the latest, and then only those go before it that were there before: no more than the
    /// partition has room for. The housekeeper does it; if it comes late, so do they.
    ///
    /// What is handed out again begins anew, and so does the next message of a key when the one
    /// before is done with. Its [`priority`](crate::queue::Delivery::priority) stays what it was.
    ///
    /// # Cost
    ///
    /// Nothing to producers and consumers; two swaps for each message that rises.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::clock::VirtualClock;
    /// use ringmill::message::{Message, Priority};
    /// use ringmill::queue::{Engine, Queue};
    /// use std::time::Duration;
    ///
    /// let clock = VirtualClock::new();
    /// let engine = Engine::builder().clock(clock.clone()).manual().build();
    /// let jobs = Queue::<&str>::builder("jobs")
    ///     .engine(&engine)
    ///     .levels(&[Priority::LOW, Priority::HIGH])
    ///     .aging_step(Duration::from_secs(60))
    ///     .build()?;
    /// let (producer, consumer) = (jobs.producer(), jobs.consumer());
    /// producer.enqueue(Message::new("report").priority(Priority::LOW))?;
    /// for _ in 0..2 {
    ///     engine.tick();
    ///     clock.advance(Duration::from_secs(60));
    /// }
    /// engine.tick();
    /// producer.enqueue(Message::new("order").priority(Priority::HIGH))?;
    /// assert_eq!(*consumer.try_dequeue()?, "report");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn aging_step(mut self, step: Duration) -> Self {
        self.config.aging_step = Some(step);
        self
    }
}
