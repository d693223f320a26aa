//! How a queue is made.

mod order;

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::assignment::Assignment;
use super::config::{BuildError, Config, Overflow, invalid};
use super::core::{Core, Groups, OnDead};
use super::dead::DeadLetter;
use super::dedup::{Dedup, Fingerprint};
use super::engine::Engine;
use super::order::{AfterDead, Levels, Order};
use super::{DEFAULT_GROUP, Queue, Shared, Sharing};
use crate::delivery::{Content, Copied, MAX_GROUPS, Retry};

/// How a queue is to be. Everything is checked by `build`.
#[must_use]
pub struct QueueBuilder<T: Content + ?Sized, M = Shared> {
    name: String,
    engine: Option<Engine>,
    config: Config,
    dead: Option<String>,
    on_dead: Option<OnDead<T>>,
    groups: Option<Groups<T>>,
    fingerprint: Option<Fingerprint<T>>,
    /// What a setter could not take.
    refused: Option<BuildError>,
    sharing: PhantomData<M>,
}

impl<T: Content + ?Sized, M> QueueBuilder<T, M> {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            engine: None,
            config: Config::default(),
            dead: None,
            on_dead: None,
            groups: None,
            fingerprint: None,
            refused: None,
            sharing: PhantomData,
        }
    }

    /// The engine that it belongs to. By default one of its own, with a thread of its own: where
    /// there are many queues, let them share one.
    pub fn engine(mut self, engine: &Engine) -> Self {
        self.engine = Some(engine.clone());
        self
    }

    /// How many partitions it has: 1 to 65,536. Default: 1.
    pub fn partitions(mut self, partitions: usize) -> Self {
        self.config.partitions = partitions;
        self
    }

    /// How many messages a partition has room for: 1 to 2^31. Default: 1,000.
    ///
    /// Memory for them is allocated when the first message comes to the partition.
    pub fn capacity(mut self, messages: usize) -> Self {
        self.config.capacity = messages;
        self
    }

    /// Whether it also never refuses a message below its capacity. Default: no.
    ///
    /// Otherwise handles keep up to 32 free slots each for speed, where there are 64 for each; by
    /// so many it may refuse early.
    pub fn exact_capacity(mut self, exact: bool) -> Self {
        self.config.exact = exact;
        self
    }

    /// How many bytes its messages may have together, keys and headers counted: 1 or more. Default:
    /// no bound.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.config.max_bytes = Some(bytes);
        self
    }

    /// How often a failed message is tried again, and after which delays. Default: 3 retries, the
    /// first after a second.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.config.retry = retry;
        self
    }

    /// How often a message is handed out at most, for whatever reason: 1 to 254. Default: 20.
    pub fn max_deliveries(mut self, deliveries: u8) -> Self {
        self.config.max_deliveries = deliveries;
        self
    }

    /// How long a message waits whose delivery was dropped without being settled; doubled each
    /// time in a row, up to the lease. Default: 100 ms.
    pub fn release_delay(mut self, delay: Duration) -> Self {
        self.config.release_delay = delay;
        self
    }

    /// How long a message lives that does not [say so](crate::message::Message::ttl) itself, from
    /// when it is due on: 1 ms to 10 years. Default: for ever.
    ///
    /// Its time over, it is given up within a pass of the housekeeper, wherever it stands: ready,
    /// behind its key, waiting for its next attempt. One that a consumer has goes when it is given
    /// back. It goes to the dead letters, or is dropped and counted ([`Stats::dropped_expired`]).
    ///
    /// Costs each enqueue a look at the clock and a lock of its partition's timers, and some 60 bytes
    /// a slot and group.
    ///
    /// [`Stats::dropped_expired`]: super::Stats::dropped_expired
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.config.ttl = Some(ttl);
        self
    }

    /// What happens to a message for which there is no room. Default: it is given back.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.config.overflow = overflow;
        self
    }

    /// The queue for dead letters, of the same type. It is made if the engine has none of this
    /// name, with this queue's partitions and capacity. Default: none.
    pub fn dead_letters(mut self, name: impl Into<String>) -> Self {
        self.dead = Some(name.into());
        self
    }

    /// What is done with a dead letter where there is no queue for them, before it is dropped. It
    /// is called by whoever ended the message, and is to be quick.
    pub fn on_dead(mut self, f: impl Fn(&DeadLetter<T>) + Send + Sync + 'static) -> Self {
        self.on_dead = Some(Box::new(f));
        self
    }

    /// How many messages are kept where this is a dead-letter queue: 1 or more, the oldest go
    /// first. Default: all.
    pub fn retain_count(mut self, messages: usize) -> Self {
        self.config.retain.count = Some(messages);
        self
    }

    /// As [`retain_count`](Self::retain_count), by bytes.
    pub fn retain_bytes(mut self, bytes: usize) -> Self {
        self.config.retain.bytes = Some(bytes);
        self
    }

    /// As [`retain_count`](Self::retain_count), by the time since they died.
    pub fn retain_for(mut self, age: Duration) -> Self {
        self.config.retain.age = Some(age);
        self
    }

    /// Whether it is noted how long messages wait: [`Queue::latency`](super::Queue::latency).
    /// Default: no.
    ///
    /// Costs each enqueue and each first delivery a look at the clock.
    pub fn timestamps(mut self, timestamps: bool) -> Self {
        self.config.timestamps = timestamps;
        self
    }

    /// Whether messages can be found by their [names](crate::message::MessageId), besides their
    /// handles: [`Queue::find`](super::Queue::find). Default: no.
    ///
    /// Costs each enqueue a lock of its partition's table of names and up to 80 bytes a slot.
    pub fn lookup(mut self, lookup: bool) -> Self {
        self.config.lookup = lookup;
        self
    }

    /// Declares a group, besides the one that every queue is born with (`default`): each message
    /// goes to one consumer of every group, and is gone when all of them are done with it.
    ///
    /// Groups share the messages, which is why their payloads can be cloned: by dead letters, and by
    /// [`into_inner`](super::Delivery::into_inner). Every group costs some 120 bytes a slot, and a
    /// delivery the more the more groups there are.
    pub fn group(mut self, name: impl Into<String>) -> Self
    where
        T: Copied,
    {
        self.share().names.push(name.into());
        self
    }

    /// How many groups there may be at a time, those that are declared and the one that every queue
    /// is born with among them: up to 32. Default: as many as are declared.
    pub fn max_groups(mut self, groups: usize) -> Self
    where
        T: Copied,
    {
        self.share();
        self.config.groups = groups;
        self
    }

    /// For subscribers alone, up to so many at a time, at most 32: there is no group `default`, and
    /// what nobody has subscribed to is gone at once.
    pub fn subscribers(mut self, subscribers: usize) -> Self
    where
        T: Copied,
    {
        self.share().names.retain(|name| name != DEFAULT_GROUP);
        self.config.groups = subscribers;
        self
    }

    fn share(&mut self) -> &mut Groups<T>
    where
        T: Copied,
    {
        self.groups.get_or_insert_with(|| Groups {
            copy: T::copied,
            names: Vec::from([String::from(DEFAULT_GROUP)]),
        })
    }

    /// Whom the messages of a partition go to. Default: [`Assignment::Shared`].
    pub fn assignment(mut self, assignment: Assignment) -> Self {
        self.config.assignment = assignment;
        self
    }

    /// How long a consumer whose partitions are its own may neither ask for messages nor extend a
    /// lease, before it loses them: 1 ms to 10 years. One that waits for messages asks. Default:
    /// 5 min.
    pub fn consumer_timeout(mut self, timeout: Duration) -> Self {
        self.config.consumer_timeout = timeout;
        self
    }

    /// How long a partition that moves from one consumer to another waits for what is in flight of
    /// it: 0 to 10 years. Default: 10 s.
    pub fn revoke_timeout(mut self, timeout: Duration) -> Self {
        self.config.revoke_timeout = timeout;
        self
    }

    /// Which messages are repeats of others, by their
    /// [ids](crate::message::Message::dedup_id): see [`Dedup`]. Default: none, and ids are refused.
    ///
    /// Costs an enqueue with an id a lock, 0.1 us, up to 0.3 us with 10^6 ids remembered; and 70 to
    /// 110 bytes for each of these. Others nothing.
    pub fn dedup(mut self, dedup: Dedup) -> Self {
        self.config.dedup = Some(dedup);
        self
    }

    /// What tells a payload from others: a good hash of it. Two messages with one id and different
    /// payloads are no repeats, but a
    /// [`DedupConflict`](super::EnqueueErrorKind::DedupConflict). Default: XXH3-128 of bytes; of
    /// other payloads nothing is known. Keys and headers always count.
    ///
    /// ```
    /// use ringmill::message::Message;
    /// use ringmill::queue::{Dedup, EnqueueErrorKind, Queue};
    ///
    /// let orders = Queue::<(u32, String)>::builder("orders")
    ///     .dedup(Dedup::unique_until_settled())
    ///     .fingerprint(|(pieces, _)| u128::from(*pieces))
    ///     .build()?;
    /// let producer = orders.producer();
    /// producer.enqueue(Message::new((3, "apples".into())).dedup_id(7u64.to_le_bytes()))?;
    /// let other = Message::new((4, "apples".into())).dedup_id(7u64.to_le_bytes());
    /// let error = producer.enqueue(other).expect_err("it says something else");
    /// assert!(matches!(error.kind(), EnqueueErrorKind::DedupConflict { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fingerprint(mut self, hash: impl Fn(&T) -> u128 + Send + Sync + 'static) -> Self {
        self.fingerprint = Some(Box::new(hash));
        self
    }

    /// How many headers a message may have. Default: 64.
    pub fn max_headers(mut self, headers: usize) -> Self {
        self.config.max_headers = headers;
        self
    }

    /// How many bytes the headers of a message may have together. Default: 16 KiB.
    pub fn max_header_bytes(mut self, bytes: usize) -> Self {
        self.config.max_header_bytes = bytes;
        self
    }

    fn check_groups(&mut self) -> Result<(), BuildError> {
        let Some(groups) = &self.groups else { return Ok(()) };
        let (names, config) = (&groups.names, &mut self.config);
        config.groups = config.groups.max(names.len());
        if !(1..=MAX_GROUPS).contains(&config.groups) {
            return Err(invalid("max_groups", config.groups, "1 to 32"));
        }
        // With one place there is nothing to share, but a group that may go needs one more.
        config.groups = config.groups.max(2);
        if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name))
        {
            return Err(invalid("group", twice.1, "each name once"));
        }
        if config.overflow == Overflow::DropOldest {
            return Err(invalid(
                "overflow",
                "DropOldest",
                "one that needs no choice between groups",
            ));
        }
        if config.retain.is_on() {
            return Err(invalid("retain", "set", "no bound where there are several groups"));
        }
        Ok(())
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// [`BuildError`]: a value is out of range, or the name is taken. Nothing is left behind.
    pub fn build(mut self) -> Result<Queue<T, M>, BuildError>
    where
        M: Sharing<T>,
        T::Owned: Send,
    {
        if !M::LEASES_END {
            self.config.lease = None;
        }
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        self.check_groups()?;
        self.config.check()?;
        if self.name.is_empty() {
            return Err(invalid("name", "empty", "one byte or more"));
        }
        if self.dead.as_ref() == Some(&self.name) {
            return Err(invalid("dead_letters", self.name, "another queue"));
        }
        let given = self.engine.as_ref().map(|engine| Arc::clone(&engine.shared));
        let engine = given.unwrap_or_else(|| Engine::builder().core());
        let dead = match &self.dead {
            None => None,
            Some(name) => Some(match engine.find(name) {
                Some(found) => {
                    let dead = found.any().downcast::<Core<T>>();
                    let dead = dead.map_err(|_| BuildError::NameConflict { name: name.clone() })?;
                    dead.owners.join();
                    dead
                }
                None => {
                    let name: Arc<str> = name.as_str().into();
                    let config = Config {
                        overflow: Overflow::Fail,
                        order: Order::None,
                        levels: Levels::normal(),
                        max_waiting_per_key: None,
                        after_dead: AfterDead::Continue,
                        aging_step: None,
                        require_key: false,
                        ttl: None,
                        groups: 1,
                        dedup: None,
                        assignment: Assignment::Shared,
                        ..self.config.clone()
                    };
                    engine.add(&name, |number| {
                        Core::new(
                            number,
                            Arc::clone(&name),
                            config,
                            Arc::clone(&engine),
                            None,
                            None,
                            None,
                        )
                    })?
                }
            }),
        };
        let name: Arc<str> = self.name.as_str().into();
        let (config, on_dead, fingerprint) = (self.config, self.on_dead, self.fingerprint);
        let letters = dead.clone();
        let made = engine.add(&name, |number| {
            let (name, engine) = (Arc::clone(&name), Arc::clone(&engine));
            let mut core = Core::new(number, name, config, engine, dead, on_dead, self.groups)?;
            core.fingerprint = fingerprint;
            Ok(core)
        });
        if let (Err(_), Some(letters)) = (&made, letters) {
            letters.disown();
        }
        Ok(Queue::new(made?))
    }
}

impl<T: Content + ?Sized> QueueBuilder<T, Shared> {
    /// How long a lease lasts: 1 ms to `max_lease`. Default: 30 s.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.config.lease = Some(lease);
        self
    }

    /// Leases last until they are settled. A consumer that is stuck keeps its messages.
    pub fn no_lease(mut self) -> Self {
        self.config.lease = None;
        self
    }

    /// How long a lease can be made by [`extend`](super::Delivery::extend): 1 ms to 10 years.
    /// Default: 12 h.
    pub fn max_lease(mut self, lease: Duration) -> Self {
        self.config.max_lease = lease;
        self
    }
}

impl QueueBuilder<[u8]> {
    /// The longest payload: 1 byte to 16 MiB. Default: 16 MiB.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.config.max_payload = bytes;
        self
    }

    /// Has its deliveries be plain values.
    #[cfg(feature = "capi")]
    pub(crate) fn by_value(mut self) -> Self {
        self.config.by_value = true;
        self
    }

    /// How many bytes of a payload stand in the slot: up to 65,536; longer payloads are in buffers
    /// of their own. Default: 64.
    pub fn inline(mut self, bytes: usize) -> Self {
        self.config.inline = bytes;
        self
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for QueueBuilder<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueBuilder")
            .field("name", &self.name)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
