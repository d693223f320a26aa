//! What every operation means, asked of the public API, whatever stands behind it.
//!
//! A test is a function of a [`Bench`](bench::Bench) over a backend; `suite!` at the end of each file
//! makes a test of it for each backend there is. Time is a virtual clock, and nothing sleeps.
#![cfg(feature = "queue")]

mod bench;

mod aging;
mod back_off;
mod bad_input;
mod cancellation;
mod classes;
mod control;
mod counting;
mod dates;
mod dead_letters;
mod dedup;
mod defer;
mod delay;
mod ending;
mod fairness;
mod groups;
mod ids;
mod joining;
mod keys;
mod lease;
#[path = "../support/ledger.rs"]
mod ledger;
mod levels;
mod order;
mod overflow;
mod partitions;
mod peeking;
mod promises;
mod redrive;
mod retention;
mod sequence;
mod settle;
mod stats;
mod sticky;
mod subscribers;
#[path = "../support/tasks.rs"]
mod tasks;
mod ttl;
mod unique;
