//! Keys that a group holds in a partition: see [`held`](crate::delivery::held).

use alloc::{boxed::Box, vec::Vec};

use super::Track;
use crate::delivery::held::Caught;
use crate::sync::{fence, ord};

impl Track {
    /// Whether any key is held: paused, or parked behind a dead letter.
    #[inline(always)]
    pub(crate) fn holds(&self) -> bool {
        self.dispatch.as_ref().is_some_and(|dispatch| dispatch.holds())
    }

    /// Asks whether a message stays, which was taken to be handed out, as
    /// [`Dispatch::catch`](crate::delivery::dispatch::Dispatch::catch) says. A fence stands behind it.
    pub(crate) fn catch(&self, index: u32, is_husk: bool, limit: usize) -> Caught {
        let Some(dispatch) = &self.dispatch else { return Caught::No };
        let caught = dispatch.catch(index, is_husk, limit);
        // SeqCst F13, pairs with F2: the follower before the look at the gate.
        fence(ord!(SHARD_F13, fence, SeqCst));
        caught
    }

    /// Hands out nothing of a key.
    pub(crate) fn pause(&self, lane: u128) {
        if let Some(dispatch) = &self.dispatch {
            dispatch.pause(lane);
        }
    }

    /// Hands a key out again that was paused. The caller wakes the consumers.
    pub(crate) fn resume(&self, lane: u128) {
        if let Some(dispatch) = &self.dispatch {
            dispatch.resume(lane);
        }
    }

    /// Parks the key of a message that died, and has not left its lane.
    pub(crate) fn park(&self, lane: u128, key: &[u8]) {
        if let Some(dispatch) = &self.dispatch {
            dispatch.park(lane, key);
        }
    }

    /// Lets a parked key go, and says how many of its messages were parked; `None` if it was not.
    /// The caller wakes the consumers.
    pub(crate) fn unpark(&self, lane: u128) -> Option<usize> {
        self.dispatch.as_ref()?.unpark(lane)
    }

    /// Tries again to let keys go: how many there were, and how many there still are.
    pub(crate) fn let_all_go(&self) -> (usize, usize) {
        self.dispatch.as_ref().map_or((0, 0), |dispatch| dispatch.let_all_go())
    }

    /// The messages of held keys for which `wants` says so, into the caller's hand.
    pub(crate) fn take_held(&self, wants: impl Fn(u32) -> bool) -> Vec<u32> {
        self.dispatch.as_ref().map_or_else(Vec::new, |dispatch| dispatch.take_held(wants))
    }

    /// All messages of parked keys, into the caller's hand; the keys stay parked.
    pub(crate) fn take_parked(&self) -> Vec<u32> {
        self.dispatch.as_ref().map_or_else(Vec::new, |dispatch| dispatch.take_parked())
    }

    /// The keys that are parked, and how many messages of each.
    pub(crate) fn parked_keys(&self) -> Vec<(Box<[u8]>, usize)> {
        self.dispatch.as_ref().map_or_else(Vec::new, |dispatch| dispatch.parked())
    }

    /// Holds nothing any more; what was caught, into the caller's hand.
    pub(crate) fn release_all(&self) -> Vec<u32> {
        self.dispatch.as_ref().map_or_else(Vec::new, |dispatch| dispatch.release_all())
    }
}
