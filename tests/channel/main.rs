//! Channels: sending, receiving, waiting and closing, by real threads and tasks.

mod basics;
mod races;
#[path = "../support/tasks.rs"]
mod tasks;
