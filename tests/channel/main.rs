//! Channels: sending, receiving, waiting and closing, by real threads and tasks.

mod basics;
