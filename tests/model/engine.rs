//! The engine's side: queues with the model's settings, and its words in the model's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ringmill::message::{Handle, Reason as Told};
use ringmill::queue::{
    Consumer, Dedup, Engine, MessageState, Overflow, Producer, Queue, Retry, SettleError,
    SettleErrorKind,
};

use crate::reference::{BackOff, Config, Full, Late, Reason, Remembers, State};

/// A payload that is counted: none may be lost, and none kept.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) number: u64,
    alive: Arc<AtomicUsize>,
}

impl Payload {
    pub(crate) fn new(number: u64, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self { number, alive: Arc::clone(alive) }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A delivery, borrowed or detached, as the model takes it.
macro_rules! handed {
    ($delivery:expr) => {
        $crate::reference::Handed {
            partition: $delivery.partition(),
            offset: $delivery.offset(),
            payload: $delivery.number,
            deliveries: $delivery.deliveries(),
            attempts: $delivery.attempts(),
        }
    };
}
pub(crate) use handed;

/// One queue of the engine, with what is needed to work on it.
pub(crate) struct Side {
    pub(crate) queue: Queue<Payload>,
    pub(crate) producer: Producer<Payload>,
    pub(crate) consumer: Consumer<Payload>,
    /// Of the model's messages, as far as they are known.
    pub(crate) handles: Vec<Option<Handle>>,
}

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn side(engine: &Engine, name: &str, config: &Config, dead: Option<&str>) -> Side {
    let retry = match config.back_off {
        BackOff::Fixed(base) => Retry::fixed(ms(base)),
        BackOff::Linear(base, step) => Retry::linear(ms(base), ms(step)),
        BackOff::Doubling(base, cap) => Retry::exponential(ms(base), 2.0).cap(ms(cap)),
    };
    let builder = Queue::builder(name)
        .engine(engine)
        .partitions(config.partitions)
        .capacity(config.capacity)
        .exact_capacity(true)
        .lease(ms(config.lease))
        .max_lease(ms(config.max_lease))
        .retry(retry.max(config.max_retries))
        .max_deliveries(config.max_deliveries as u8)
        .release_delay(ms(config.release_delay))
        .overflow(match config.overflow {
            Full::Fail => Overflow::Fail,
            Full::DropNewest => Overflow::DropNewest,
            Full::DropOldest => Overflow::DropOldest,
        });
    let builder = match config.remembers {
        Remembers::Nothing => builder,
        Remembers::Window { time, count } => builder.dedup(Dedup::window(ms(time), count)),
        Remembers::Unique => builder.dedup(Dedup::unique_until_settled()),
    };
    let builder = if let Some(ttl) = config.ttl { builder.ttl(ms(ttl)) } else { builder };
    let builder = if let Some(dead) = dead { builder.dead_letters(dead) } else { builder };
    let queue: Queue<Payload> = builder.build().expect("its settings are valid");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    Side { queue, producer, consumer, handles: Vec::new() }
}

pub(crate) fn set(handles: &mut Vec<Option<Handle>>, message: usize, handle: Handle) {
    if handles.len() <= message {
        handles.resize_with(message + 1, || None);
    }
    handles[message] = Some(handle);
}

pub(crate) fn reason(reason: Reason) -> Told {
    match reason {
        Reason::Rejected => Told::Rejected,
        Reason::MaxAttempts => Told::MaxAttempts,
        Reason::MaxDeliveries => Told::MaxDeliveries,
        Reason::Overflow => Told::Overflow,
        Reason::Expired => Told::Expired,
    }
}

/// The state as the queue's users see it.
pub(crate) fn seen(state: State) -> MessageState {
    use MessageState as Seen;
    match state {
        State::Ready => Seen::Ready,
        State::Delayed { .. } => Seen::Delayed,
        State::Leased => Seen::Leased,
        State::Parked => Seen::Parked,
        State::Gone => unreachable!("it is not seen any more"),
    }
}

pub(crate) fn same(result: Result<(), SettleError>, expected: Result<(), Late>) {
    let result = result.map_err(|error| match error.kind() {
        SettleErrorKind::StaleReceipt => Late::Stale,
        SettleErrorKind::AlreadySettled => Late::Already,
        kind => panic!("{kind:?}"),
    });
    if expected == Err(Late::Either) {
        assert!(result.is_err());
    } else {
        assert_eq!(result, expected);
    }
}
