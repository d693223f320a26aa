//! Room that is made by the oldest message.

use super::core::{Core, Seat};
use super::dead::Obituary;
use crate::delivery::{Content, Count, Ending, Shard, State, Tries, Why};
use crate::message::Reason;

impl<C: Content + ?Sized> Core<C> {
    /// Ends the oldest message of a partition that nobody has in hand, and gives its slot to the
    /// caller. `None` if there is none, or somebody reads it.
    pub(super) fn evict(&self, shard: &Shard<C>, partition: u32, count: Count) -> Option<u32> {
        // As many tries as there are slots: husks and messages that are read are passed over.
        for _ in 0..self.config.capacity {
            let (index, lease, tries) = self.lease_next(shard, partition)?;
            self.common.add(Count::Leased, 1);
            self.common.add(Count::Evicted, 1);
            let seat = Seat { shard, partition, index };
            let slot = shard.at(index);
            let buries = count == Count::Overflowed && self.dead.is_some();
            let ending = if buries { Ending::Bury } else { Ending::Ack };
            // A lease that was just won can only be lost to a housekeeper, if this thread slept for
            // longer than it lasts.
            let Ok(word) = slot.settle(lease, ending, true) else {
                self.let_go(seat);
                continue;
            };
            if word.state() == State::Settled {
                self.common.add(count, 1);
                self.common.add(Count::GoneLeased, 1);
                if word.is_owned() {
                    self.empty(seat, word);
                    return Some(index);
                }
                continue;
            }
            self.common.add(Count::Buried, 1);
            let tries = Tries { why: Why::Buried(Reason::Overflow), ..tries };
            let obituary = Obituary { deliveries: lease.delivery() - 1, text: "", consumer: 0 };
            self.bury(seat, word, tries, &obituary);
            // Its slot is free if it has moved, for whoever comes first.
            return shard.claim();
        }
        None
    }
}
