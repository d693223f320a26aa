//! Channels: sending, receiving, waiting and closing, by real threads and tasks.

mod basics;
mod futures;
#[path = "../support/ledger.rs"]
mod ledger;
mod races;
#[cfg(feature = "async")]
mod streams;
#[path = "../support/tasks.rs"]
mod tasks;
mod wakers;
#[path = "../support/watch.rs"]
mod watch;
