//! Channels: sending, receiving, waiting and closing, by real threads and tasks.

mod basics;

mod batches;
mod deadlines;
mod futures;
#[path = "../support/ledger.rs"]
mod ledger;
mod races;
#[path = "../support/rng.rs"]
mod rng;
mod selections;
#[cfg(feature = "async")]
mod streams;
#[path = "../support/tasks.rs"]
mod tasks;
mod wakers;
#[path = "../support/watch.rs"]
mod watch;

/// A count for a normal run, and a small one for a run in an interpreter.
const fn scaled(normal: usize, interpreted: usize) -> usize {
    if cfg!(miri) { interpreted } else { normal }
}
#[cfg(all(feature = "fd", target_os = "linux"))]
mod pollable;
