//! Real threads on real rings: every history is that of a bounded first-in first-out queue.
//!
//! At least a million operations for each ring and kind of operation, with 2 to 8 threads,
//! capacities from 1 to 1,024, sometimes nearly empty and sometimes nearly full.

#[path = "../history/mod.rs"]
mod history;
#[path = "../support/rng.rs"]
mod rng;

#[cfg(feature = "internal")]
mod index;
mod mpmc;
#[cfg(not(miri))] // they need long histories
mod mutated;
mod one_sided;
mod rounds;
mod spsc;
