//! A message queue inside your process: leases, retries and dead letters, in memory. And what it is
//! built on: channels, partitions, bounded lock-free rings, each useful alone.
//!
//! ```
//! use ringmill::message::Message;
//! use ringmill::queue::Queue;
//!
//! let orders = Queue::<String>::builder("orders").dead_letters("orders.dead").build()?;
//! orders.producer().enqueue(Message::new("3 apples".to_string()).key("anna"))?;
//! orders.close(); // consumers are told when all is settled
//! let consumer = orders.consumer();
//! while let Ok(order) = consumer.dequeue() {
//!     println!("{}", *order); // leased for 30 s, and read in place
//!     order.ack()?; // or nack: again after a while; or reject: to the dead letters
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | you have | take | because |
//! |---|---|---|
//! | work that must not get lost with the thread that took it | [`queue`] | leased, acked, tried again, dead-lettered; recipes in the [`cookbook`] |
//! | threads or tasks that wait for messages | [`channel`] | blocks, times out, awaits, selects, closes |
//! | keys whose messages keep their order | [`partition`] | N rings as one queue, consumers that share them out |
//! | one thread that writes, one that reads | [`ring::spsc`] | wait-free on both sides, batches and zero copy |
//! | many that write, one that reads | [`ring::mpsc`] | the reader never contends |
//! | one that writes, many that read | [`ring::spmc`] | the writer never contends |
//! | many on both sides | [`ring::mpmc`] | one contended atomic a value, or one a batch |
//!
//! Queues and rings are bounded, give back what they refuse, and allocate nothing on their way: a ring
//! when it is made, a queue's partition when its first message comes. Rings keep first-in first-out
//! order and take any capacity from 1 to 2^31, exactly.
//!
//! # Features
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `std` | yes | [`channel`], waiting for [`partition`]s, groups; a thread that waits for another one at a slot gives its core away after a short spin |
//! | `hash` | yes | keys and their hash, XXH3-64 |
//! | `queue` | yes | [`queue`]s, their [`message`]s and [`clock`]s |
//! | `async` | no | channels as `Stream` and `Sink`, consumers of queues as `Stream`; futures need no feature |
//! | `fd` | no | receivers with a descriptor for event loops, on Linux |
//! | `cli` | no | the command `ringmill`: files and streams through commands, on Linux |
//!
//! Without default features the crate is `no_std` + `alloc` and depends on `crossbeam-utils` alone.
//! It needs 64-bit atomics.

#![no_std]

#[cfg(not(target_has_atomic = "64"))]
compile_error!(
    "ringmill needs 64-bit atomics, which this target lacks; \
     its rings count in 64 bits so that no count comes round in a lifetime"
);

extern crate alloc;
#[cfg(any(feature = "std", test, ringmill_loom))]
extern crate std;

#[cfg(all(target_has_atomic = "64", feature = "std"))]
pub mod channel;
#[cfg(all(target_has_atomic = "64", feature = "queue"))]
pub mod clock;
#[cfg(target_has_atomic = "64")]
mod code;
#[cfg(all(target_has_atomic = "64", feature = "queue"))]
pub mod cookbook;
#[cfg(all(target_has_atomic = "64", feature = "queue"))]
mod delivery;
#[cfg(target_has_atomic = "64")]
mod ends;
#[cfg(all(target_has_atomic = "64", feature = "capi"))]
pub mod ffi;
#[cfg(all(target_has_atomic = "64", feature = "queue"))]
pub mod message;
#[cfg(target_has_atomic = "64")]
pub mod partition;
#[cfg(all(target_has_atomic = "64", feature = "queue"))]
pub mod queue;
#[cfg(target_has_atomic = "64")]
pub mod ring;
#[cfg(target_has_atomic = "64")]
mod sync;
#[cfg(target_has_atomic = "64")]
mod wait;

/// The programs of the README.
#[cfg(all(doctest, feature = "queue"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// What the project's own models and benches reach. No promise of stability.
#[doc(hidden)]
#[cfg(any(ringmill_loom, feature = "internal"))]
pub mod internal {
    #[cfg(feature = "capi")]
    pub use crate::ffi::guard::{Entered, Guard};
    pub use crate::ring::index::IndexRing;
    pub use crate::ring::log::{Cursor, Log};
    #[cfg(feature = "capi")]
    pub use crate::ring::{
        mpmc::raw::RawRing,
        shape::{Lent, Shape},
    };

    /// A partition of a queue, its slots and their words.
    #[cfg(feature = "queue")]
    pub mod delivery {
        pub use crate::delivery::counters::{Count, Counters};
        pub use crate::delivery::dispatch::Dispatch;
        pub use crate::delivery::labels::Labels;
        pub use crate::delivery::owned::Owned;
        pub use crate::delivery::shard::Shard;
        pub use crate::delivery::slab::{Slab, Slot, Tries, Why};
        pub use crate::delivery::slot::{Ending, Found, Refusal};
        pub use crate::delivery::track::Track;
        pub use crate::delivery::word::{Lease, State, Word};
        pub use crate::queue::alarm::Alarm;

        /// Fills a free slot.
        ///
        /// # Safety
        ///
        /// The caller has its index in hand, and the slot is free and empty.
        pub unsafe fn fill<T: 'static>(slot: Slot<'_, T>, value: T) {
            // SAFETY: the caller's duty.
            unsafe { slot.fill(value, None) };
        }

        /// Puts content back that was taken out of a slot.
        ///
        /// # Safety
        ///
        /// The caller owns the slot, or is the only reader of a husk; and it is empty.
        pub unsafe fn refill<T: 'static>(slot: Slot<'_, T>, value: T) {
            // SAFETY: the caller's duty.
            unsafe { slot.refill(value, None) };
        }

        /// Takes the content out of a slot.
        ///
        /// # Safety
        ///
        /// The caller owns the slot, or is the only reader of a husk; and it is not empty.
        pub unsafe fn take<T: 'static>(slot: Slot<'_, T>) -> T {
            // SAFETY: the caller's duty.
            unsafe { slot.take().0 }
        }
    }
}
