//! Messages that are set aside until somebody asks for them.

use super::{Message, Model, Reason, State, Untaken};

impl Message {
    /// Whether it waits for somebody to ask for it.
    pub(crate) fn is_deferred(&self) -> bool {
        self.state == State::Parked && self.reason.is_none()
    }
}

impl Model {
    pub(super) fn defer(&mut self, at: usize, message: usize) {
        let queue = &mut self.queues[at];
        queue.totals.released += 1;
        let slot = &mut queue.messages[message];
        slot.releases = 0;
        if slot.deliveries >= queue.config.max_deliveries {
            self.kill(at, message, Reason::MaxDeliveries);
        } else if slot.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.kill(at, message, Reason::Expired);
        } else {
            (slot.state, slot.again) = (State::Parked, u64::MAX);
        }
    }

    /// Somebody asks for a message: the number of the delivery.
    pub(crate) fn take_deferred(&mut self, at: usize, message: usize) -> Result<u32, Untaken> {
        let queue = &mut self.queues[at];
        let slot = &mut queue.messages[message];
        match slot.state {
            State::Parked if slot.is_deferred() => {}
            State::Leased => return Err(Untaken::Taken),
            State::Gone => return Err(Untaken::Gone),
            State::Ready | State::Delayed { .. } | State::Parked => {
                return Err(Untaken::NotDeferred);
            }
        }
        slot.state = State::Leased;
        slot.deliveries += 1;
        slot.readers += 1;
        slot.taken = false;
        (slot.seen, slot.extended) = (None, 0);
        queue.totals.deliveries += 1;
        Ok(slot.deliveries)
    }
}
