//! The C interface: rings, channels and partitions of elements whose size is known at run time, and
//! queues of messages.
//!
//! Not for Rust, which has [`ring`](crate::ring), [`channel`](crate::channel),
//! [`partition`](crate::partition) and [`queue`](crate::queue). The manual is `include/ringmill.h`, which is generated from the
//! signatures and comments here, in the words of C.
//!
//! # How it is built
//!
//! Each function is a thin door: it looks at its arguments ([`barrier`], [`handle`]), and calls the
//! same engine as Rust does, over elements of bytes. Nothing here is on a path that C does not take.
//!
//! # Invariants
//!
//! - H1: a handle that is not NULL is alive, by the caller. All state behind one is `Sync`, or
//!   behind a guard that answers `BUSY`.
//! - H2: buffers are as long as their count of elements says, by the caller. They may be unaligned.

#![allow(
    non_camel_case_types,
    clippy::missing_safety_doc,
    rustdoc::broken_intra_doc_links,
    rustdoc::private_intra_doc_links,
    reason = "the names, the comments and the duties of the caller are those of C"
)]

mod barrier;
mod bulk;
mod channel;
mod consumer;
#[cfg_attr(
    not(any(ringmill_loom, feature = "internal")),
    allow(unreachable_pub, reason = "what the models reach")
)]
pub(crate) mod guard;
mod handle;
mod lend;
mod partitions;
mod plan;
mod pollable;
mod producer;
mod queue;
mod ring;
mod status;

#[cfg(test)]
mod tests;

pub use self::channel::*;
pub use self::consumer::*;
pub use self::lend::*;
pub use self::partitions::*;
pub use self::pollable::*;
pub use self::producer::*;
pub use self::queue::*;
pub use self::ring::*;
pub use self::status::*;
