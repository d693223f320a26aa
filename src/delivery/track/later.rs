//! Messages that are published with a delay, as a group has them: see
//! [`twice`](crate::delivery::twice).

use super::Track;
use crate::delivery::content::Content;
use crate::delivery::dispatch::Dispatch;
use crate::delivery::shard::Shard;

impl Track {
    /// Says that a message does not join the order before its time. The caller has the index of the
    /// free slot in hand.
    pub(in crate::delivery) fn later(&self, index: u32) {
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
    pub(super) fn arrival<C: Content + ?Sized>(
        &self,
        dispatch: &Dispatch,
        shard: &Shard<C>,
    ) -> Option<u32> {
        if !self.returns.is_empty() {
            if let Some(index) = self.returns.pop() {
                return Some(index);
            }
        }
        loop {
            let index = self.cursor.take(shard.log())?;
            // What waits for its time joins the order then.
            if !(dispatch.is_later(index) && self.at(shard, index).leave_place()) {
                dispatch.joins(index);
                return Some(index);
            }
        }
    }
}
