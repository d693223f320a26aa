//! Bounded rings: [`mpmc`] for any number of threads on either side, [`spsc`] for one on each.
//!
//! # What a ring buffer is
//!
//! A row of slots, used in a circle. Writers fill the slot at the *tail*, readers empty the slot at
//! the *head*, both step forward and begin again at slot 0 after the last one. Nothing moves, nothing
//! is allocated after construction, and because both sides only ever step forward, order is kept.
//!
//! ```text
//!             head                tail
//!              v                   v
//!   +----+----+----+----+----+----+----+----+
//!   |    |    | 41 | 42 | 43 | 44 |    |    |      capacity 8, 4 values
//!   +----+----+----+----+----+----+----+----+
//! ```
//!
//! Two questions make a lock-free ring hard, and each module here answers them on its first page:
//! how does a reader know that a slot's value has been written *completely*, and how does a writer
//! know that the value of the last round has been taken *completely*?
//!
//! # Which one
//!
//! | | [`mpmc::Ring`] | [`spsc::ring`] |
//! |---|---|---|
//! | producers, consumers | any number | one and one, held by the types |
//! | a value costs | one contended compare-and-swap, one line | one store, a line every few values |
//! | a stopped thread | delays the others at its slot | delays nobody |
//! | batches | one compare-and-swap each | one store each |
//! | in place | no | [`reserve`](spsc::Producer::reserve), [`readable`](spsc::Consumer::readable) |
//!
//! Neither waits: a full ring gives the value back, an empty one gives nothing.

mod backoff;
mod error;
pub mod mpmc;
pub mod spsc;

#[cfg_attr(not(any(ringmill_loom, feature = "internal", test)), allow(dead_code, unreachable_pub))]
pub(crate) mod index;

pub use error::{CapacityError, Full, MAX_CAPACITY};
