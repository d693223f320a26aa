//! Bounded rings, one module for each number of threads on either side.
//!
//! # What a ring buffer is
//!
//! A row of slots, used in a circle. Writers fill the slot at the *tail*, readers empty the slot at
//! the *head*, both step forward and begin again at slot 0 after the last one. Nothing moves,
//! nothing is allocated after construction, and because both sides only ever step forward, order is
//! kept.
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
//! | | [`spsc`] | [`mpsc`] | [`spmc`] | [`mpmc`] |
//! |---|---|---|---|---|
//! | producers | one | many | one | many |
//! | consumers | one | one | many | many |
//! | a push decides by | a store | a swap | a store | a swap |
//! | a pop decides by | a store | a store | a swap | a swap |
//! | a stopped thread delays | nobody | who comes to its slot | who comes to its slot | who comes to its slot |
//! | batches | one store | one each | one each | one each |
//! | in place | [`reserve`](spsc::Producer::reserve), [`readable`](spsc::Consumer::readable) | | | |
//! | overwrites the oldest | | | | [`force_push`](mpmc::Ring::force_push) |
//!
//! None of them waits for room or for a value: a full ring gives the value back, an empty one gives
//! nothing.

mod backoff;
mod error;
pub mod mpmc;
pub mod mpsc;
#[cfg(feature = "capi")]
#[cfg_attr(
    not(any(ringmill_loom, feature = "internal")),
    allow(unreachable_pub, reason = "what the models reach")
)]
pub(crate) mod shape;
pub mod spmc;
pub mod spsc;

#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(dead_code, unreachable_pub))]
pub(crate) mod index;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(dead_code, unreachable_pub))]
pub(crate) mod log;

pub use error::{CapacityError, Full, MAX_CAPACITY};
