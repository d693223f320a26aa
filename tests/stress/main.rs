//! Threads at work on one queue at once, with real time and short leases, and a checker that reads
//! afterwards what each of them saw.
#![cfg(all(feature = "queue", not(miri)))]

mod capacity;
mod check;
mod crew;
mod history;
mod planted;
#[path = "../support/rng.rs"]
mod rng;
mod runs;
#[path = "../support/watch.rs"]
mod watch;
