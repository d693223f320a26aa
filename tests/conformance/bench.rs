//! A backend with its engine on a virtual clock, and what most tests do with it.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::time::Duration;

use ringmill::clock::{Clock, VirtualClock};
use ringmill::message::{Handle, Message, MessageId};
use ringmill::queue::{
    BuildError, Consumer, Content, Delivery, DequeueError, Engine, Enqueued, Producer, Queue,
    QueueBuilder, SettleError, SettleErrorKind, Sharing,
};

/// What keeps the messages.
pub(crate) trait Backend {
    /// An engine on this clock, whose housekeeper is the test.
    fn engine(clock: impl Clock) -> Engine {
        Engine::builder().clock(clock).manual().build()
    }

    /// Opens a queue where this backend keeps its messages.
    fn open<T, M>(builder: QueueBuilder<T, M>) -> Result<Queue<T, M>, BuildError>
    where
        T: Content<Owned: Send> + ?Sized,
        M: Sharing<T>;

    /// Lets everything that was accepted become visible, and every settlement take effect.
    fn flush(engine: &Engine);
}

/// Slots in memory.
pub(crate) struct Memory;

impl Backend for Memory {
    fn open<T, M>(builder: QueueBuilder<T, M>) -> Result<Queue<T, M>, BuildError>
    where
        T: Content<Owned: Send> + ?Sized,
        M: Sharing<T>,
    {
        builder.build()
    }

    /// Both are done when the call returns.
    fn flush(_: &Engine) {}
}

/// Makes a test of each function, for each backend.
macro_rules! suite {
    ($($test:ident),* $(,)?) => {
        mod memory {
            $(#[test]
            fn $test() {
                super::$test(&$crate::bench::Bench::<$crate::bench::Memory>::new());
            })*
        }
    };
}
pub(crate) use suite;

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The lease of the queues made here.
pub(crate) const LEASE: Duration = secs(40);

pub(crate) struct Bench<B> {
    pub(crate) engine: Engine,
    pub(crate) clock: VirtualClock,
    backend: PhantomData<B>,
}

impl<B: Backend> Bench<B> {
    pub(crate) fn new() -> Self {
        let clock = VirtualClock::new();
        Self { engine: B::engine(clock.clone()), clock, backend: PhantomData }
    }

    /// The settings of a queue, the defaults but for a lease of 40 s and exact bounds.
    pub(crate) fn builder<T: Content + ?Sized>(&self, name: &str) -> QueueBuilder<T> {
        Queue::builder(name).engine(&self.engine).lease(LEASE).exact_capacity(true)
    }

    pub(crate) fn try_open<T, M>(
        &self,
        builder: QueueBuilder<T, M>,
    ) -> Result<Queue<T, M>, BuildError>
    where
        T: Content<Owned: Send> + ?Sized,
        M: Sharing<T>,
    {
        B::open(builder)
    }

    pub(crate) fn open<T, M>(&self, builder: QueueBuilder<T, M>) -> Queue<T, M>
    where
        T: Content<Owned: Send> + ?Sized,
        M: Sharing<T>,
    {
        match B::open(builder) {
            Ok(queue) => queue,
            Err(error) => panic!("the settings are valid, but: {error}"),
        }
    }

    /// A queue with those settings, of numbers.
    pub(crate) fn queue(&self, name: &str) -> Queue<u64> {
        self.open(self.builder(name))
    }

    /// One pass of the housekeeper.
    pub(crate) fn tick(&self) -> Duration {
        let next = self.engine.tick();
        self.flush();
        next
    }

    /// Lets time pass, and then one pass of the housekeeper.
    pub(crate) fn pass(&self, by: Duration) {
        self.clock.advance(by);
        self.tick();
    }

    /// Lets every lease of 40 s that there is expire.
    pub(crate) fn expire(&self) {
        self.tick();
        self.pass(LEASE);
    }

    pub(crate) fn flush(&self) {
        B::flush(&self.engine);
    }

    /// Enqueues a message that finds room, and waits until it is visible.
    pub(crate) fn put<T: Content + ?Sized, M>(
        &self,
        producer: &Producer<T, M>,
        message: impl Into<Message<T::Owned>>,
    ) -> (MessageId, Handle) {
        let accepted = match producer.try_enqueue(message) {
            Ok(Enqueued::Accepted { id, handle }) => (id, handle),
            Ok(_) => panic!("it was dropped"),
            Err(error) => panic!("there is room, but: {error}"),
        };
        self.flush();
        accepted
    }

    /// Enqueues these numbers.
    pub(crate) fn fill(&self, queue: &Queue<u64>, numbers: impl IntoIterator<Item = u64>) {
        let producer = queue.producer();
        for number in numbers {
            self.put(&producer, number);
        }
    }

    /// The next message, which there is.
    pub(crate) fn take<'a, T: Content + ?Sized, M>(
        &self,
        consumer: &'a Consumer<T, M>,
    ) -> Delivery<'a, T, M> {
        self.flush();
        match consumer.try_dequeue() {
            Ok(delivery) => delivery,
            Err(error) => panic!("a message is ready, but: {error}"),
        }
    }

    /// Nothing is ready, and the queue goes on.
    #[track_caller]
    pub(crate) fn nothing<T: Content + ?Sized, M>(&self, consumer: &Consumer<T, M>) {
        self.flush();
        match consumer.try_dequeue() {
            Err(DequeueError::Empty) => {}
            Err(error) => panic!("it is only empty, but: {error}"),
            Ok(delivery) => panic!("nothing is ready, but: {:?}", delivery.id()),
        }
    }

    /// All that is ready, acked.
    pub(crate) fn take_all(&self, queue: &Queue<u64>) -> Vec<u64> {
        self.flush();
        let consumer = queue.consumer();
        let mut all = Vec::new();
        while let Ok(delivery) = consumer.try_dequeue() {
            all.push(*delivery);
            delivery.ack().expect("its lease is live");
        }
        self.flush();
        all
    }
}

/// The kind of error that a settlement must have.
#[track_caller]
pub(crate) fn refused(result: Result<(), SettleError>) -> SettleErrorKind {
    match result {
        Ok(()) => panic!("it must be refused"),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            error.kind()
        }
    }
}

/// The text of an error says all of these.
#[track_caller]
pub(crate) fn says(error: &impl std::error::Error, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{text:?} says nothing of {part:?}");
    }
    assert!(text.starts_with(|first: char| !first.is_uppercase()), "{text:?}");
    assert_debug(error);
}

fn assert_debug(error: &dyn Debug) {
    assert!(!format!("{error:?}").is_empty());
}
