//! Who is the last to be done with a message that groups [share](super::shared).

use super::content::Content;
use super::shared::{Life, Table};
use super::slab::Slot;
use crate::ring::log::Log;
use crate::sync::{AtomicU32, ord};

/// The groups that share a partition's slots.
pub(super) struct Groups {
    /// Those that have been members since the beginning, and have not left: nobody needs to look at
    /// the others before these are done.
    steady: AtomicU32,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self { steady: AtomicU32::new(0) }
    }

    pub(super) fn begin(&self, table: &Table) {
        // Relaxed: before anybody else sees the partition.
        self.steady.fetch_or(table.bit(), ord!(SPAN_M1, rmw, Relaxed));
    }

    /// To be called before the group leaves.
    pub(super) fn end(&self, table: &Table) {
        // Relaxed: the announcement of leaving comes behind it.
        self.steady.fetch_and(!table.bit(), ord!(SPAN_M2, rmw, Relaxed));
    }

    /// Whether the message of this life and position, which the caller has published, belongs to
    /// nobody: its slot is free then, and the caller's.
    pub(super) fn leave_to<'t, C: Content + ?Sized>(
        &self,
        slot: Slot<'_, C>,
        generation: u64,
        position: u64,
        log: &Log,
        mut all: impl Iterator<Item = &'t Table>,
    ) -> bool {
        // Relaxed: as in `done`.
        let steady = self.steady.load(ord!(SPAN_M4, load, Relaxed));
        if steady != 0 || all.any(|table| table.owns(position, log)) {
            return false;
        }
        // A group that had it, and is gone, has left its bit, or the slot has gone on.
        let fresh = generation << 32;
        let word = &slot.header().words.word;
        loop {
            match word.compare_exchange_weak(
                fresh,
                fresh | Life::ALL,
                // Relaxed: nobody has come to the slot.
                ord!(SPAN_D3, cas_ok, Relaxed),
                // Relaxed: nothing is done.
                ord!(SPAN_D4, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                // For no reason, as some machines let it.
                Err(found) if found == fresh => {}
                Err(_) => return false,
            }
        }
    }

    /// Says that a group is done with a slot's message; whether all are, and the slot is the
    /// caller's.
    #[inline]
    pub(super) fn done<'t, C: Content + ?Sized>(
        &self,
        slot: Slot<'_, C>,
        table: &Table,
        log: &Log,
        all: impl Iterator<Item = &'t Table>,
    ) -> bool {
        // Before the bit: behind it the slot may be used again (I1), and so may a number (I2).
        let position = slot.position();
        // Relaxed: as a bound of a span.
        let steady = self.steady.load(ord!(SPAN_M3, load, Relaxed));
        let members = all.fold(steady, |members, other: &Table| {
            let bit = other.bit();
            let owes = members & bit == 0 && other.owns(position, log);
            if owes { members | bit } else { members }
        });
        // AcqRel D1, pairs with itself: what every group did with the message, before whoever
        // completes them.
        let before =
            slot.header().words.word.fetch_or(u64::from(table.bit()), ord!(SPAN_D1, rmw, AcqRel));
        let done = Life(before).done() | table.bit();
        if members & !done != 0 {
            return false;
        }
        // Relaxed: the slot is this thread's, and the free ring hands it on.
        let free = Life(before | Life::ALL);
        slot.header().words.word.store(free.0, ord!(SPAN_D2, store, Relaxed));
        true
    }
}
