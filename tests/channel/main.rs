//! Channels: sending, receiving, waiting and closing, by real threads and tasks.

#![cfg(feature = "std")]

mod basics;
mod batches;
mod deadlines;
mod destructors;
mod ends;
mod futures;
mod histories;
mod history;
#[path = "../support/ledger.rs"]
mod ledger;
mod markers;
#[cfg(all(feature = "fd", target_os = "linux"))]
mod pollable;
mod races;
#[path = "../support/rng.rs"]
mod rng;
mod selections;
#[cfg(feature = "async")]
mod streams;
#[path = "../support/tasks.rs"]
mod tasks;
mod values;
mod wakers;
mod wakes;
#[path = "../support/watch.rs"]
mod watch;

/// A count for a normal run, and a small one for a run in an interpreter.
const fn scaled(normal: usize, interpreted: usize) -> usize {
    if cfg!(miri) { interpreted } else { normal }
}
