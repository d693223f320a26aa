//! The engine's own ring of 32-bit indices, whose push cannot fail.
//!
//! A fixed set of indices goes round between rings: whoever holds an index knows that the ring,
//! which is as large as the set, has room for it. So there is no full ring to test for, and a push
//! is one `fetch_add` for the ticket and one store. Take [`mpmc`](super::mpmc) for values that come
//! from nowhere.
//!
//! It is not: a ring that defends itself. Pushing more indices than the ring was made for
//! overwrites some of them. It touches no memory but its own, so that is a lost index, never
//! undefined behaviour.
//!
//! # Guarantees
//!
//! Indices come out in the order of their tickets, each once. [`IndexRing::pop`] gives `None` when
//! the oldest ticket has no entry: the ring is empty, or a thread stands between its ticket and its
//! store.
//!
//! # Progress
//!
//! `push` and `push_n` are wait-free where the machine has a fetch-and-add instruction. `pop` is
//! lock-free: it repeats only when another pop has succeeded, or a swap failed for no reason, as
//! some machines let it. A pusher stopped between ticket and
//! store hides the entries behind its own from all consumers until it goes on.
//!
//! # Cost
//!
//! Push: one `fetch_add`, one store. Pop: two loads, one compare-and-swap. A batch costs the same
//! plus a store or a load for each index. 8 bytes an entry, of which there are as many as
//! the next power of two, neighbours in one cache line on
//! purpose: spreading them over lines cost 2.8 times as much. Nothing is allocated after
//! construction.
//!
//! # Invariants
//!
//! - I1: an entry is {turn, index} in one word. The turn is the lap of the ticket plus one, in
//!   32 bits, so that a word of zeros is an entry of no lap.
//! - I2: at most `capacity` indices exist. A ticket needs one of them in hand, so between the head
//!   and the tail there are never more than `capacity` positions, and an entry that has not been
//!   popped is not overwritten.
//! - I3: pop reads the entry **before** it claims the position. Claiming first would let the other
//!   indices lap the entry before it is read.
//!
//! # Edges
//!
//! - R1 -> A1, entry: what the pusher did to the thing that the index names, before the popper
//!   uses it.
//! - T1 -> T1, tail, and H2 -> H1, head: *custody*. Two laps of one entry are stored by two threads
//!   that may never have met; nothing of the entry itself orders the stores. But the second pusher
//!   holds an index that came to it from someone, who had it from someone, back to a ticket or a
//!   pop behind the first store. The two words carry that chain, so a step of either acquires
//!   **and** releases. For the head: M pushes 1 with ticket 0, X pushes 2 with ticket 1, Y pops 1,
//!   X pops 2 and pushes it with ticket 2 over entry 0 (capacity 2). X has seen neither M nor M's
//!   store; Y's swap on the head brings both to X. For the tail: T pops 1, X pops 2 and pushes it
//!   with ticket 2, T pushes 1 with ticket 3 over entry 1, whose store T never read: X's ticket
//!   brings it.
//! - H2 -> H1, head: the entries that earlier pops saw, so that a pop that reads a new head does
//!   not find an old entry there, and the ring empty.
//!
//! # Source
//!
//! The turn beside the payload in one word is from D. Vyukov's bounded queue
//! (<https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue>); push without
//! a test for room is how index queues are used in R. Nikolaev, "A Scalable, Portable, and
//! Memory-Efficient Lock-Free FIFO Queue" (SCQ), DISC 2019.

use alloc::{boxed::Box, vec::Vec};
use core::{fmt, mem::size_of};

use crossbeam_utils::CachePadded;

use super::CapacityError;
use super::backoff::Backoff;
use crate::sync::{AtomicU64, ord};

#[cfg(test)]
mod tests;

/// A bounded ring of indices for any number of threads; at most `capacity` indices may exist.
pub struct IndexRing {
    head: CachePadded<AtomicU64>,
    tail: CachePadded<AtomicU64>,
    /// As many as the next power of two; I2 makes the capacity exact.
    entries: Box<[AtomicU64]>,
}

impl IndexRing {
    /// An empty ring for at most `capacity` indices.
    ///
    /// # Errors
    ///
    /// [`CapacityError`] if the capacity is 0, above 2^31, or there is no memory for it.
    pub fn new(capacity: usize) -> Result<Self, CapacityError> {
        Self::starting_at(capacity, 0)
    }

    /// A ring that holds the indices `0 .. capacity`, in this order.
    ///
    /// # Errors
    ///
    /// As [`IndexRing::new`].
    pub fn filled(capacity: usize) -> Result<Self, CapacityError> {
        let ring = Self::new(capacity)?;
        for index in 0..capacity {
            // The capacity is at most 2^31.
            ring.push(index as u32);
        }
        Ok(ring)
    }

    /// An empty ring whose first ticket is `start`, for tests of the wrap-around.
    ///
    /// # Errors
    ///
    /// As [`IndexRing::new`].
    pub fn starting_at(capacity: usize, start: u64) -> Result<Self, CapacityError> {
        CapacityError::check(capacity)?;
        let len = capacity.next_power_of_two();
        let mut entries = Vec::new();
        entries.try_reserve_exact(len).map_err(|_| CapacityError::OutOfMemory {
            capacity,
            slot_bytes: size_of::<AtomicU64>(),
        })?;
        for slot in 0..len as u64 {
            // The last ticket before `start` that this slot had, so that no entry seems to be
            // there.
            let behind = start.wrapping_sub(slot).wrapping_sub(1) % len as u64 + 1;
            entries.push(AtomicU64::new(Self::entry(len, start.wrapping_sub(behind), 0)));
        }
        Ok(Self {
            head: CachePadded::new(AtomicU64::new(start)),
            tail: CachePadded::new(AtomicU64::new(start)),
            entries: entries.into_boxed_slice(),
        })
    }

    /// The word of a ticket and an index (I1).
    #[inline(always)]
    fn entry(len: usize, ticket: u64, index: u32) -> u64 {
        let turn = ((ticket >> len.trailing_zeros()) as u32).wrapping_add(1);
        u64::from(turn) << 32 | u64::from(index)
    }

    #[inline(always)]
    fn at(&self, ticket: u64) -> &AtomicU64 {
        let slot = ticket as usize & (self.entries.len() - 1);
        // SAFETY: the length is a power of two, so the mask keeps the slot below it.
        unsafe { self.entries.get_unchecked(slot) }
    }

    /// What `ticket` left in its entry.
    #[inline(always)]
    fn read(&self, ticket: u64) -> Read {
        // Acquire A1, pairs with R1: what was done before the push is visible to whoever pops.
        let entry = self.at(ticket).load(ord!(INDEX_A1, load, Acquire));
        let index = entry as u32;
        let behind = Self::entry(self.entries.len(), ticket, index).wrapping_sub(entry) as i64;
        match behind.signum() {
            0 => Read::Index(index),
            1 => Read::Nothing,
            _ => Read::Passed,
        }
    }

    #[inline(always)]
    fn write(&self, ticket: u64, index: u32) {
        let entry = Self::entry(self.entries.len(), ticket, index);
        // Release R1, pairs with A1.
        self.at(ticket).store(entry, ord!(INDEX_R1, store, Release));
    }

    /// Takes the next `count` tickets.
    #[inline(always)]
    fn tickets(&self, count: u64) -> u64 {
        // AcqRel T1, pairs with itself: custody, from ticket to ticket.
        self.tail.fetch_add(count, ord!(INDEX_T1, rmw, AcqRel))
    }

    /// Makes the positions `from .. to` this consumer's, unless another one was first.
    #[inline(always)]
    fn claim(&self, from: u64, to: u64) -> bool {
        self.head
            .compare_exchange_weak(
                from,
                to,
                // Release H2, pairs with H1: custody, from pop to pop; the load that began this pop
                // has acquired it.
                ord!(INDEX_H2, cas_ok, Release),
                // Relaxed: only a hint to try again.
                ord!(INDEX_H3, cas_fail, Relaxed),
            )
            .is_ok()
    }

    #[inline(always)]
    fn head(&self) -> u64 {
        // Acquire H1, pairs with H2: the entries that were there when the head came here, so that
        // an old entry is not taken for an empty ring.
        self.head.load(ord!(INDEX_H1, load, Acquire))
    }

    /// Appends an index. Cannot fail: whoever holds one of the `capacity` indices has room for it.
    #[inline]
    pub fn push(&self, index: u32) {
        self.write(self.tickets(1), index);
    }

    /// Appends all of `indices`, next to each other.
    #[inline]
    pub fn push_n(&self, indices: &[u32]) {
        let first = self.tickets(indices.len() as u64);
        for (step, index) in (0..).zip(indices) {
            self.write(first.wrapping_add(step), *index);
        }
    }

    /// Takes the oldest index.
    #[inline]
    pub fn pop(&self) -> Option<u32> {
        let mut backoff = Backoff::new();
        loop {
            let head = self.head();
            match self.read(head) {
                Read::Index(index) if self.claim(head, head.wrapping_add(1)) => return Some(index),
                Read::Index(_) => backoff.lost(),
                Read::Nothing => return None,
                Read::Passed => backoff.wait(),
            }
        }
    }

    /// Takes as many indices as are there and `out` has room for, oldest first, and says how many.
    #[inline]
    pub fn pop_n(&self, out: &mut [u32]) -> usize {
        let Some(last) = out.len().checked_sub(1) else { return 0 };
        let mut backoff = Backoff::new();
        loop {
            let head = self.head();
            let mut taken = 0;
            let stop = loop {
                let read = self.read(head.wrapping_add(taken as u64));
                let Read::Index(index) = read else { break read };
                out[taken] = index;
                taken += 1;
                if taken > last {
                    break read;
                }
            };
            match stop {
                _ if taken > 0 => {
                    if self.claim(head, head.wrapping_add(taken as u64)) {
                        return taken;
                    }
                    backoff.lost();
                }
                Read::Passed => backoff.wait(),
                _ => return 0,
            }
        }
    }
}

/// What a position's entry says to a consumer.
enum Read {
    /// The index of this position.
    Index(u32),
    /// No ticket has reached this position, or its store is under way.
    Nothing,
    /// A later lap: another consumer has taken this position.
    Passed,
}

impl fmt::Debug for IndexRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexRing").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}
