//! Histories of bounded first-in first-out queues: how to record one, and how to judge it.
//!
//! Every thread notes what it did, and a stamp of a shared [`Clock`] before and after. Values are
//! distinct: the thread that pushed it and its number there. [`History::check`] then asks whether
//! some order of the operations, each at one moment between its two stamps, is that of a queue.
//!
//! # What is found
//!
//! | [`Fault`] | a value was |
//! |---|---|
//! | `NeverPushed`, `PoppedTwice`, `Lost` | taken from thin air, taken twice, never seen again |
//! | `OutOfOrder` | taken before it was pushed, or overtaken by a value that was pushed later |
//! | `ProducerOrder` | overtaken by a later one of the same thread, within overlapping operations or a batch too |
//! | `WrongCount` | denied ("empty"), or imagined ("full"), or miscounted (`len`) |
//! | `Overfull` | there, though the ring held as many as it can already |
//!
//! What is not in it: an accusation that some order of events could refute. The checker is sound
//! by the arguments in `check.rs`, and is compared with an exhaustive search in `search.rs`. It is
//! not complete for "full": a refusal passes if the ring *could* have been full by the count of
//! what was begun and ended, though a cleverer argument may exclude it.
//!
//! # Cost
//!
//! O(n log n) for n operations: sorting, and a logarithmic look-up for each observation.

mod check;
mod clock;
mod life;
mod range;

#[cfg(not(miri))] // it takes long, and nothing here is unsafe
mod planted;
#[cfg(not(miri))]
mod search;

pub(crate) use check::{Fault, History, Tally};
pub(crate) use clock::{Clock, Entry, Event, Log, Span, value};
