//! Messages that are published with a delay: see [`twice`](crate::delivery::twice).

use super::Shard;
use crate::delivery::content::Content;
use crate::delivery::slab::Slot;
use crate::delivery::track::Track;
use crate::delivery::word::{State, Word};

impl<C: Content + ?Sized> Shard<C> {
    /// As [`publish_at`](Self::publish_at), not to be handed out before `due`, which the
    /// housekeeper is told; a fence stands behind it. `count_for` is called for each group that the
    /// message belongs to, before it can see it.
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn publish_later(
        &self,
        slot: Slot<'_, C>,
        index: u32,
        due: u64,
        count: impl FnOnce(),
        count_for: impl Fn(u32),
    ) -> Option<(u64, Word)> {
        let position = self.log.tickets(1)?;
        count();
        if self.slab.is_shared() {
            // SAFETY: the caller's duty.
            let word = unsafe { self.publish_to_all(slot, index, position, due, count_for) };
            return Some((position, word));
        }
        count_for(0);
        // SAFETY: the caller's duty. The index is in this hand for the wheel too: whoever takes it
        // from the log leaves it to that.
        let word = unsafe {
            let word = slot.publish(position, State::Delayed);
            self.log.write(position, index);
            self.first.wait_until(index, due);
            word
        };
        Some((position, word))
    }

    /// As [`publish_later`](Self::publish_later), where groups share the slot: each of them that the
    /// message belongs to has it wait, before it finds it in the log.
    ///
    /// # Safety
    ///
    /// As there; the position is the caller's.
    unsafe fn publish_to_all(
        &self,
        slot: Slot<'_, C>,
        index: u32,
        position: u64,
        due: u64,
        count_for: impl Fn(u32),
    ) -> Word {
        let mine = |track: &&Track| track.table().is_some_and(|it| it.owns(position, &self.log));
        self.tracks().filter(mine).for_each(|track| count_for(track.number()));
        // SAFETY: the caller's duty.
        let word = unsafe { slot.publish(position, State::Delayed) };
        for track in self.tracks().filter(mine) {
            // SAFETY: the index is in this hand for every group, and none has come to it.
            unsafe { track.wait_until(index, due) };
        }
        self.log.write(position, index);
        word
    }

    /// Says that a message does not join the order before its time. The caller has the index in
    /// hand, and has labelled it.
    pub(crate) fn later(&self, index: u32) {
        self.tracks().for_each(|track| track.later(index));
    }
}
