//! The engine's own ring of 32-bit indices, whose push cannot fail.
//!
//! A fixed set of indices goes round between rings: whoever holds an index knows that the ring,
//! which is as large as the set, has room for it. So there is no full ring to test for, and a push
//! is one `fetch_add` for the ticket and one store. It is a [`Log`] with one cursor. Take
//! [`mpmc`](super::mpmc) for values that come from nowhere.
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
//! `push` and `push_n` are wait-free where the machine has a fetch-and-add instruction; `pop` is
//! lock-free. See the [log](super::log) for what a stopped thread delays.
//!
//! # Cost
//!
//! Push: one `fetch_add`, one store. Pop: two loads, one compare-and-swap. A batch costs the same
//! plus a store or a load for each index. 8 bytes an entry.
//!
//! # Invariants and edges
//!
//! Those of the [log](super::log).

use core::fmt;

use super::CapacityError;
use super::log::{Cursor, Log};

#[cfg(test)]
mod tests;

/// A bounded ring of indices for any number of threads; at most `capacity` indices may exist.
pub struct IndexRing {
    head: Cursor,
    log: Log,
    capacity: usize,
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
        // The capacity is at most 2^31.
        Self::holding(capacity, 0..capacity as u32)
    }

    /// A ring for `capacity` indices that holds `indices`, in this order.
    ///
    /// # Errors
    ///
    /// As [`IndexRing::new`].
    pub fn holding(
        capacity: usize,
        indices: impl IntoIterator<Item = u32>,
    ) -> Result<Self, CapacityError> {
        let ring = Self::new(capacity)?;
        indices.into_iter().for_each(|index| ring.push(index));
        Ok(ring)
    }

    /// An empty ring whose first ticket is `start`, for tests of the wrap-around.
    ///
    /// # Errors
    ///
    /// As [`IndexRing::new`].
    pub fn starting_at(capacity: usize, start: u64) -> Result<Self, CapacityError> {
        Ok(Self { head: Cursor::at(start), log: Log::starting_at(capacity, start)?, capacity })
    }

    /// Appends an index. Cannot fail: whoever holds one of the `capacity` indices has room for it.
    #[inline]
    pub fn push(&self, index: u32) {
        self.log.write(self.log.next(1), index);
    }

    /// Appends all of `indices`, next to each other.
    #[inline]
    pub fn push_n(&self, indices: &[u32]) {
        let first = self.log.next(indices.len() as u64);
        for (step, index) in (0..).zip(indices) {
            self.log.write(first.wrapping_add(step), *index);
        }
    }

    /// Takes the oldest index.
    #[inline]
    pub fn pop(&self) -> Option<u32> {
        self.head.take(&self.log)
    }

    /// Takes the oldest index, if it is one that `wants` says.
    #[inline]
    pub fn pop_if(&self, wants: impl Fn(u32) -> bool) -> Option<u32> {
        self.head.take_if(&self.log, wants)
    }

    /// Takes the oldest index, if its ticket is before `end`, a [`tail`](Self::tail) of earlier.
    #[inline]
    pub fn pop_before(&self, end: u64) -> Option<u32> {
        self.head.take_before(&self.log, end)
    }

    /// The next ticket.
    ///
    /// A look, to be ordered by a fence of the caller.
    pub fn tail(&self) -> u64 {
        self.log.tail()
    }

    /// Takes as many indices as are there and `out` has room for, oldest first, and says how many.
    #[inline]
    pub fn pop_n(&self, out: &mut [u32]) -> usize {
        self.head.take_n(&self.log, out)
    }

    /// How many indices there were, those on their way included.
    ///
    /// A look, to be ordered by a fence of the caller.
    pub fn len(&self) -> usize {
        self.log.tail().wrapping_sub(self.head.position()) as usize
    }

    /// Whether there was no index, nor one on its way.
    ///
    /// A look, to be ordered by a fence of the caller.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.position() == self.log.tail()
    }
}

impl fmt::Debug for IndexRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexRing").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
