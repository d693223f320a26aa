//! Ringmill from Rust, as competitors of the same harness that calls it from C: rings of 8 and 64
//! bytes, spsc and mpmc, single and in batches of 32.
//!
//! The loops are compiled here, with the ring inlined into them, as in a program in Rust.

mod harness;
mod loops;
mod rings;

use harness::Competitor;
use rings::{Mpmc, Spsc};

/// The competitor for a ring (1 producer and consumer, or many), words of a message (1 or 8) and
/// messages in a batch (1 or 32). One without a name if there is none such.
#[unsafe(no_mangle)]
pub extern "C" fn bench_rust(spsc: bool, words: usize, batch: usize) -> Competitor {
    match (spsc, words, batch) {
        (true, 1, 1) => loops::competitor::<Spsc<1>, 1, 1>(c"Rust"),
        (true, 1, 32) => loops::competitor::<Spsc<1>, 1, 32>(c"Rust"),
        (true, 8, 1) => loops::competitor::<Spsc<8>, 8, 1>(c"Rust"),
        (true, 8, 32) => loops::competitor::<Spsc<8>, 8, 32>(c"Rust"),
        (false, 1, 1) => loops::competitor::<Mpmc<1>, 1, 1>(c"Rust"),
        (false, 1, 32) => loops::competitor::<Mpmc<1>, 1, 32>(c"Rust"),
        (false, 8, 1) => loops::competitor::<Mpmc<8>, 8, 1>(c"Rust"),
        (false, 8, 32) => loops::competitor::<Mpmc<8>, 8, 32>(c"Rust"),
        _ => Competitor::default(),
    }
}
