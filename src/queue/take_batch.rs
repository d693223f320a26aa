//! Several leases at once.

use alloc::vec::Vec;

use super::consumer::Consumer;
use super::delivery::Delivery;
use super::seat::Seat;
use crate::delivery::{Content, Found};

impl<T: Content + ?Sized, M> Consumer<T, M> {
    /// Leases messages whose indices are in hand, where nothing is asked but their words; how many.
    #[inline(always)]
    pub(super) fn lease_all<'c>(
        &'c self,
        indices: &[u32],
        seat: impl Fn(u32) -> Seat<'c, T>,
        out: &mut Vec<Delivery<'c, T, M>>,
        husks: &mut Vec<Seat<'c, T>>,
    ) -> usize {
        let before = out.len();
        for seat in indices.iter().copied().map(seat) {
            // One group has the slot: its words are the slot's own.
            match seat.shard.at(seat.index).lease() {
                Found::Leased(lease, tries) => out.push(Delivery::new(self, seat, lease, tries)),
                Found::Husk => husks.push(seat),
            }
        }
        out.len() - before
    }

    /// As [`lease_all`](Self::lease_all), for any queue.
    #[inline(never)]
    pub(super) fn lease_each<'c>(
        &'c self,
        indices: &[u32],
        seat: impl Fn(u32) -> Seat<'c, T>,
        out: &mut Vec<Delivery<'c, T, M>>,
        husks: &mut Vec<Seat<'c, T>>,
    ) -> usize {
        let before = out.len();
        for seat in indices.iter().copied().map(seat) {
            if self.core.holds_back(seat) {
                continue;
            }
            match seat.slot().lease() {
                Found::Leased(lease, tries) => {
                    self.core.note_wait(lease, || seat.slot().stamped(lease));
                    out.push(Delivery::new(self, seat, lease, tries));
                }
                Found::Husk => husks.push(seat),
            }
        }
        out.len() - before
    }
}
