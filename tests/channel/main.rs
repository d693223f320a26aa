//! Channels: sending, receiving, waiting and closing, by real threads and tasks.

mod basics;
mod futures;
mod races;
#[cfg(feature = "async")]
mod streams;
#[path = "../support/tasks.rs"]
mod tasks;
