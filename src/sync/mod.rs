//! The one switch between the primitives of `core` and loom's models of them.
//!
//! Every atomic, cell, fence, wait and shared allocation of this crate comes from here. In a normal
//! build they are `core`'s and `alloc`'s. Under the private cfg `ringmill_loom` they are loom's,
//! which runs every interleaving and every value that a weak memory may give to a load.
//!
//! # Orderings have names
//!
//! No ordering is written bare. `ord!(LABEL, kind, Ordering)` names the place, says which kind of
//! access it belongs to (`load`, `store`, `rmw`, `cas_ok`, `cas_fail`, `fence`) and gives the
//! ordering. A normal build sees the ordering alone. A modelled build looks the label up in a
//! table at run time, so that one build can weaken each ordering in turn and see whether a model
//! notices (`cargo run --release -p loom-tests --bin mutate`). A label is used at one place only.
//!
//! # So have faults
//!
//! `planted!(LABEL)` is `false` in a normal build. In a modelled one it is true if the same table
//! says so: the code then takes a way that looks simpler and is wrong, and a model has to notice.

#[cfg(not(ringmill_loom))]
mod real;
#[cfg(not(ringmill_loom))]
pub(crate) use real::*;

#[cfg(ringmill_loom)]
mod modelled;
#[cfg(ringmill_loom)]
pub(crate) use modelled::*;
