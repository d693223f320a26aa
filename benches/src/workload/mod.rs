//! Patterns of traffic, and one round of one of them.

use std::{fmt, time::Duration};

pub mod crew;
pub mod deliver;
pub mod pair;
pub mod ping_pong;
pub mod solo;
pub mod stall;
pub mod stream;
pub mod tasks;
pub mod wake;

#[cfg(test)]
mod tests;

use crate::{
    payload::Payload,
    place::Powers,
    shape::{Ends, Peer, Rx, Tx},
};

/// A pattern of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// One thread pushes, then pops.
    Solo,
    /// Some threads push, others pop.
    Stream {
        /// Threads that push.
        producers: usize,
        /// Threads that pop.
        consumers: usize,
    },
    /// Each of some threads pushes and pops in turn: contention on both ends.
    Pair {
        /// Threads.
        threads: usize,
    },
    /// A message goes to another thread through one queue and comes back through a second one.
    PingPong,
    /// Tasks of an asynchronous runtime send, others receive.
    Tasks {
        /// Threads of the runtime.
        workers: usize,
        /// Tasks that send.
        producers: usize,
        /// Tasks that receive.
        consumers: usize,
    },
    /// One thread wakes another one that sleeps in a receiving call.
    Wake,
}

impl Workload {
    /// `producers` to `consumers`.
    #[must_use]
    pub const fn stream(producers: usize, consumers: usize) -> Self {
        Self::Stream { producers, consumers }
    }

    /// `producers` to `consumers`, tasks of a runtime of `workers` threads.
    #[must_use]
    pub const fn tasks(workers: usize, producers: usize, consumers: usize) -> Self {
        Self::Tasks { workers, producers, consumers }
    }

    /// How many threads work.
    #[must_use]
    pub const fn threads(self) -> usize {
        match self {
            Self::Solo => 1,
            Self::Stream { producers, consumers } => producers + consumers,
            Self::Pair { threads } => threads,
            Self::PingPong | Self::Wake => 2,
            Self::Tasks { workers, .. } => workers,
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Solo => f.write_str("solo"),
            Self::Stream { producers, consumers } => write!(f, "{producers}p{consumers}c"),
            Self::Pair { threads } => write!(f, "pair{threads}"),
            Self::PingPong => f.write_str("pingpong"),
            Self::Tasks { workers, producers, consumers } => {
                write!(f, "{producers}p{consumers}c tasks on {workers}")
            }
            Self::Wake => f.write_str("wake"),
        }
    }
}

/// One round to run.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// The traffic.
    pub workload: Workload,
    /// Of the queue, in messages.
    pub capacity: usize,
    /// How many go through; round trips for ping-pong.
    pub messages: u64,
    /// Also check the order of each producer's messages; slower.
    pub check_order: bool,
    /// After this long a round is called off.
    pub limit: Duration,
}

impl Setup {
    /// A round with the usual limit and no order check.
    #[must_use]
    pub const fn new(workload: Workload, capacity: usize, messages: u64) -> Self {
        Self { workload, capacity, messages, check_order: false, limit: Duration::from_secs(5) }
    }
}

/// What a round took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// From the common start to the last thread's end.
    pub elapsed: Duration,
    /// Messages that went through; round trips for ping-pong.
    pub messages: u64,
}

impl Sample {
    /// Nanoseconds for each message.
    #[must_use]
    pub fn ns(&self) -> f64 {
        self.elapsed.as_secs_f64() * 1e9 / self.messages as f64
    }
}

/// What a peer did wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No end within the limit; the threads gave up when told to.
    Stuck(Duration),
    /// No end within the limit, and a thread never came back from a call to the queue.
    Hung(Duration),
    /// Another number of messages came out.
    Count {
        /// Sent.
        sent: u64,
        /// Received.
        received: u64,
    },
    /// The right number of messages, but not those that were sent.
    Sum,
    /// A consumer saw messages of one producer in the wrong order.
    Order,
    /// A receiver that was to be woken did not sleep.
    Awake {
        /// Times it slept.
        slept: u64,
        /// Times it should have.
        of: u64,
    },
    /// A thread panicked.
    Panic(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stuck(limit) => write!(f, "made no progress within {limit:?}"),
            Self::Hung(limit) => write!(f, "a call did not return within {limit:?}"),
            Self::Count { sent, received } => write!(f, "sent {sent}, received {received}"),
            Self::Sum => f.write_str("received other values than were sent"),
            Self::Order => f.write_str("broke the order of one producer's messages"),
            Self::Awake { slept, of } => write!(f, "slept {slept} times of {of}"),
            Self::Panic(message) => write!(f, "panicked: {message}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Runs one round of `setup` with peer `P`, and checks count and sum (and order if asked).
///
/// # Errors
///
/// What the peer did wrong.
///
/// # Panics
///
/// If the workload is one for ends that wait: see [`deliver`], [`tasks`] and [`wake`].
pub fn run<P: Peer<T>, T: Payload>(setup: &Setup) -> Result<Sample, Fault> {
    let powers = Powers::of_this_process();
    match setup.workload {
        Workload::Solo => solo::round::<P, T>(setup, powers),
        Workload::Stream { producers, consumers } => {
            stream::round::<P, T>(setup, producers, consumers, powers)
        }
        Workload::Pair { threads } => pair::round::<P, T>(setup, threads, powers),
        Workload::PingPong => ping_pong::round::<P, T>(setup, powers),
        Workload::Tasks { .. } | Workload::Wake => {
            panic!("{} needs ends that wait", setup.workload)
        }
    }
}

/// A fresh queue whose memory has been touched once from end to end.
fn open<P: Peer<T>, T: Payload>(
    setup: &Setup,
    producers: usize,
    consumers: usize,
) -> Ends<P::Tx, P::Rx> {
    let mut ends = P::open(setup.capacity, producers, consumers);
    let mut values = crate::payload::Values::<T>::of_producer(0, setup.capacity as u64);
    while !values.is_done() && ends.producers[0].push(&mut values) > 0 {}
    for consumer in &mut ends.consumers {
        while consumer.pop(|_| ()) > 0 {}
    }
    ends
}
