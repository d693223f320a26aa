//! What the threads of a run did and saw.
//!
//! Every event has two stamps of one counter, taken before and after the call: if one's second stamp
//! is below another's first, it happened before it. Messages are numbered by the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How a delivery ended, or how somebody tried to end it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    Ack,
    Nack,
    Release,
    Reject,
    /// Dropped, maybe by a panic: whether it had an effect is not known.
    Drop,
    Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    /// Accepted from this producer.
    Accepted { number: u64, producer: usize, partition: usize, offset: u64 },
    /// Handed out, for the n-th time.
    Handed { number: u64, delivery: u32, partition: usize, offset: u64 },
    /// Settled or cancelled, or not: somebody was faster.
    Ended { number: u64, delivery: u32, how: How, done: bool },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) what: What,
    /// Stamps of the counter.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Times of the clock.
    pub(crate) began: Duration,
    pub(crate) over: Duration,
}

/// Where a message is after the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    DeadLetters,
    Stored,
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) events: Vec<Event>,
    pub(crate) places: Vec<(u64, Place)>,
    /// How many messages the queue says that it dropped, for a reason it counts.
    pub(crate) dropped: u64,
    pub(crate) lease: Duration,
}

impl History {
    /// What happened to a message, in order.
    pub(crate) fn life(&self, of: u64) -> Vec<&Event> {
        let is = |event: &&Event| match event.what {
            What::Accepted { number, .. }
            | What::Handed { number, .. }
            | What::Ended { number, .. } => number == of,
        };
        let mut life: Vec<_> = self.events.iter().filter(is).collect();
        life.sort_by_key(|event| event.from);
        life
    }
}

/// The counter and the clock that all threads of a run share.
#[derive(Debug)]
pub(crate) struct Stamps {
    next: AtomicU64,
    origin: Instant,
}

/// Before a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(u64, Duration);

/// One thread's notes.
#[derive(Debug)]
pub(crate) struct Notes {
    stamps: Arc<Stamps>,
    pub(crate) events: Vec<Event>,
}

impl Stamps {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { next: AtomicU64::new(1), origin: Instant::now() })
    }

    fn mark(&self) -> Mark {
        // The clock is read inside of the two stamps of a call, whichever stamp this is.
        let at = self.origin.elapsed();
        Mark(self.next.fetch_add(1, Ordering::SeqCst), at)
    }
}

impl Notes {
    pub(crate) fn new(stamps: &Arc<Stamps>) -> Self {
        Self { stamps: Arc::clone(stamps), events: Vec::new() }
    }

    pub(crate) fn before(&self) -> Mark {
        self.stamps.mark()
    }

    pub(crate) fn after(&mut self, Mark(from, began): Mark, what: What) {
        let Mark(to, over) = self.stamps.mark();
        self.events.push(Event { what, from, to, began, over });
    }
}
