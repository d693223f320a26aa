//! Messages that are published with a delay: see [`twice`](crate::delivery::twice).

use super::Shard;
use crate::delivery::content::Content;
use crate::delivery::dispatch::Dispatch;
use crate::delivery::slab::Slot;
use crate::delivery::word::{State, Word};

impl<C: Content + ?Sized> Shard<C> {
    /// As [`publish_at`](Self::publish_at), not to be handed out before `due`, which the
    /// housekeeper is told; a fence stands behind it.
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
    ) -> Option<(u64, Word)> {
        let position = self.log.tickets(1)?;
        count();
        // SAFETY: the caller's duty. The index is in this hand for the wheel too: whoever takes it
        // from the log leaves it to that.
        let word = unsafe {
            slot.set_position(position);
            let word = slot.publish(State::Delayed);
            self.log.write(position, index);
            self.wait_until(index, due);
            word
        };
        Some((position, word))
    }

    /// Says that a message does not join the order before its time. The caller has the index in
    /// hand, and has labelled it.
    pub(crate) fn later(&self, index: u32) {
        if let Some(dispatch) = &self.dispatch {
            dispatch.joins_later(index);
        }
    }

    /// Gives a message that has fallen due, and whose index is in hand, to be handed out; a fence
    /// stands behind it.
    pub fn give_due(&self, index: u32) {
        match &self.dispatch {
            // It joins the order now.
            Some(dispatch) if dispatch.joins(index) => {
                self.returns.push(index);
                self.given();
            }
            _ => self.give_back(index),
        }
    }

    /// The next message that is to be passed on, where messages have an order: one that has fallen
    /// due, or else the next one of the log. Runs no code of the user.
    pub(super) fn arrival(&self, dispatch: &Dispatch) -> Option<u32> {
        if !self.returns.is_empty() {
            if let Some(index) = self.returns.pop() {
                return Some(index);
            }
        }
        loop {
            let index = self.cursor.take(&self.log)?;
            // What waits for its time joins the order then.
            if !(dispatch.is_later(index) && self.at(index).leave_place()) {
                dispatch.joins(index);
                return Some(index);
            }
        }
    }
}
