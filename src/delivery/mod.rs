//! What happens to a message between its acceptance and its end: slots, leases, settling, retries,
//! dead letters.
//!
//! ```text
//!                        one position = one offset
//! free ──claim──> slot ──────────> log ──cursor──> lease ──settle──> free
//!        (written in place)                          │
//!                     returns <── nack, expiry, due ─┘
//! ```
//!
//! A message is written once into its slot and read in place. What goes round are 32-bit indices of
//! slots, and whoever has one in hand may do with the slot what its word allows: [`slot`].

#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
mod aging;
pub(crate) mod class;
mod content;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod counters;
mod dates;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
mod dead;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod dispatch;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod extension;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod held;
mod house;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod labels;
mod lanes;
mod magazine;
mod members;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod owned;
mod random;
mod retry;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod shard;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod shared;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod slab;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod slot;
mod spread;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod track;
mod ttl;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
mod twice;
mod wheel;
#[cfg_attr(not(any(ringmill_loom, feature = "internal")), allow(unreachable_pub))]
pub(crate) mod word;

pub use class::ErrorClass;
pub use content::{Content, Copied};

pub use retry::{Jitter, Retry};

pub(crate) use counters::{Count, Counters};
pub(crate) use dates::{Times, date, date_of, mono};
pub(crate) use held::Caught;

pub(crate) use house::House;
pub(crate) use magazine::Magazine;
pub(crate) use owned::Owned;
pub(crate) use random::Random;
pub(crate) use shard::Shard;
pub(crate) use shared::MAX_GROUPS;
pub(crate) use slab::{Slot, Tries, Why};
pub(crate) use slot::{Ending, Found, Refusal};
pub(crate) use track::Track;
pub(crate) use ttl::{Span, Ttl};
pub use word::State;
pub(crate) use word::{Lease, Word};
