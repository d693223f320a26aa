//! The clock that all threads share, and each thread's log.
//!
//! # Why a counter
//!
//! A stamp is right if an operation that returned before another one began is *seen* to have done
//! so, in the memory model and not only on the wall. A counter that every stamp advances by a
//! sequentially consistent `fetch_add` is that on every machine and under Miri. It costs a cache
//! line that goes back and forth, and it is a barrier around each operation, so it hides some
//! interleavings. The processor's time stamp counter would hide fewer, but its reading may overtake
//! stores that wait in the store buffer (a value pushed, stamped, and not yet visible), unless a
//! barrier stands there all the same; and nothing makes two cores' counters agree on every machine.
//!
//! So there are two paces of one counter. [`Clock::fine`] advances it at every stamp. With
//! [`Clock::coarse`] most stamps only read it, behind or before a sequentially consistent fence,
//! and one in some advances it: the line is mostly shared, threads run nearly undisturbed, and
//! operations between two advances count as simultaneous, which can excuse a fault and never make
//! one.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// The moments at which an operation may have taken effect: those at which the clock showed
/// `from..=to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Span {
    /// Whether this was over before the other one began.
    pub(crate) fn before(self, other: Self) -> bool {
        self.to < other.from
    }
}

/// A clock that counts stamps.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Clock {
    now: AtomicU64,
    /// One stamp in so many advances the clock.
    every: u32,
}

impl Clock {
    pub(crate) fn fine() -> Self {
        Self { now: AtomicU64::new(0), every: 1 }
    }

    pub(crate) fn coarse(every: u32) -> Self {
        Self { now: AtomicU64::new(0), every }
    }
}

/// What happened in one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Pushed(u64),
    Popped(u64),
    /// The ring was seen to hold so many values: 0 for "empty", the capacity for "full".
    Held(usize),
}

/// An event, and when it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) event: Event,
    pub(crate) span: Span,
}

/// The name of a thread's `number`th value.
pub(crate) fn value(thread: usize, number: u64) -> u64 {
    (thread as u64) << 40 | number
}

/// What one thread did, in its order.
#[derive(Debug)]
pub(crate) struct Log<'c> {
    clock: &'c Clock,
    stamps: u32,
    entries: Vec<Entry>,
}

impl<'c> Log<'c> {
    pub(crate) fn new(clock: &'c Clock, room: usize) -> Self {
        Self { clock, stamps: 0, entries: Vec::with_capacity(room) }
    }

    fn advances(&mut self) -> bool {
        self.stamps = self.stamps.wrapping_add(1);
        self.stamps % self.clock.every == 0
    }

    /// Runs an operation, and says when it was.
    pub(crate) fn time<R>(&mut self, operation: impl FnOnce() -> R) -> (R, Span) {
        let from = if self.advances() {
            // The clock has moved on from the number that was there.
            self.clock.now.fetch_add(1, Ordering::SeqCst) + 1
        } else {
            let now = self.clock.now.load(Ordering::SeqCst);
            fence(Ordering::SeqCst);
            now
        };
        let result = operation();
        let to = if self.advances() {
            self.clock.now.fetch_add(1, Ordering::SeqCst)
        } else {
            fence(Ordering::SeqCst);
            self.clock.now.load(Ordering::SeqCst)
        };
        (result, Span { from, to })
    }

    pub(crate) fn note(&mut self, event: Event, span: Span) {
        self.entries.push(Entry { event, span });
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}
