//! Rings under many threads: nothing is lost, doubled, overtaken, or misreported, and nobody hangs.
//!
//! Threads meet at barriers and channels, never by time. More of them than cores, so that they are
//! stopped at every place sooner or later.

mod batches;
mod force;
#[path = "../support/ledger.rs"]
mod ledger;
mod mpmc;
#[path = "../support/rng.rs"]
mod rng;
mod spsc;

use std::thread;

/// A count for a normal run, and a small one for a run in an interpreter.
const fn scaled(normal: usize, interpreted: usize) -> usize {
    if cfg!(miri) { interpreted } else { normal }
}

/// Capacities at which ends and laps are met all the time.
const SMALL: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 7, 64] };

/// These, and one that leaves the threads some room.
const ALL: &[usize] = if cfg!(miri) { SMALL } else { &[1, 2, 3, 7, 64, 1_024] };

/// Tries until it works, and lets others go ahead in between.
fn until<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        thread::yield_now();
    }
}
