//! The queues, one small file each, with nothing of a loop in them.
//!
//! | file | shapes | more than one message a call |
//! |---|---|---|
//! | [`ours_mpmc`], [`ours_spsc`] | mpmc, spsc | slices, iterators, chunks in place |
//! | [`ours_sided`] | mpsc, spmc | - |
//! | [`crossbeam`], [`concurrent`], [`thing_buf`] | mpmc | - |
//! | [`heapless_queues`], [`omango_queues`] | mpmc, spsc | - |
//! | [`rapidfire_queues`] | mpmc, mpsc | - |
//! | [`nexus`] | spsc, mpsc, spmc | - |
//! | [`rtrb_ring`], [`ringbuf_ring`] | spsc | chunks in place, slices |
//! | [`queues`] | mpmc, with leases | vectors; written in place |
//! | [`disruptors`] | one consumer, one or many producers | batches in place; the consumer takes all there is |

pub mod busy;
pub mod channels;
pub mod concurrent;
pub mod crossbeam;
pub mod disruptors;
pub mod heapless_queues;
pub mod nexus;
pub mod omango_queues;
pub mod ours_mpmc;
pub mod ours_sided;
pub mod ours_spsc;
pub mod partitions;
pub mod queues;
pub mod rapidfire_queues;
pub mod ringbuf_ring;
pub mod rtrb_ring;
pub mod thing_buf;

#[cfg(test)]
mod tests;
