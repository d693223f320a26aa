//! Room: free slots, and bytes where a queue is bounded by them.

use super::core::Core;
use crate::delivery::{Content, Shard};
use crate::sync::{fence, ord};

impl<C: Content + ?Sized> Core<C> {
    /// Reserves bytes, if the queue is bounded by them.
    #[inline(always)]
    pub(super) fn reserve_bytes(&self, bytes: impl FnOnce() -> usize) -> bool {
        if self.config.max_bytes.is_none() {
            return true;
        }
        let bytes = bytes() as u64;
        // Relaxed: a count; the free ring orders what the room is used for.
        let mut room = self.room_bytes.load(ord!(QUEUE_B1, load, Relaxed));
        while let Some(left) = room.checked_sub(bytes) {
            match self.room_bytes.compare_exchange_weak(
                room,
                left,
                // Relaxed: as above.
                ord!(QUEUE_B2, cas_ok, Relaxed),
                // Relaxed: tried again.
                ord!(QUEUE_B3, cas_fail, Relaxed),
            ) {
                Ok(_) => return true,
                Err(found) => room = found,
            }
        }
        false
    }

    /// Whether there may be room for so many bytes; a waiter's last look.
    pub(super) fn may_have_bytes(&self, bytes: impl FnOnce() -> usize) -> bool {
        if self.config.max_bytes.is_none() {
            return true;
        }
        // SeqCst F11, pairs with F8: the waiter's sign before the look.
        fence(ord!(QUEUE_F11, fence, SeqCst));
        // Relaxed: ordered by the fence.
        self.room_bytes.load(ord!(QUEUE_B5, load, Relaxed)) >= bytes() as u64
    }

    /// Gives bytes back.
    #[inline(always)]
    pub(super) fn release_bytes(&self, bytes: impl FnOnce() -> usize) {
        if self.config.max_bytes.is_some() {
            // Relaxed: as in `reserve_bytes`.
            self.room_bytes.fetch_add(bytes() as u64, ord!(QUEUE_B4, rmw, Relaxed));
        }
    }

    /// Gives free slots of a partition back, and tells who waits for room.
    pub(super) fn free(&self, shard: &Shard<C>, indices: &[u32]) {
        shard.free(indices);
        // SeqCst F8, pairs with F9 in `has_room`: the slots before the look at who waits.
        fence(ord!(QUEUE_F8, fence, SeqCst));
        // Where room is not room for everybody, the oldest waiter may have no use for this one.
        let alike = self.partitions() == 1 && self.config.max_bytes.is_none();
        let alike = alike && self.crowds.is_none();
        self.room.notify(if alike { indices.len() } else { usize::MAX });
    }

    /// Whether there may be room in a partition; a waiter's last look.
    pub(super) fn has_room(&self, shard: &Shard<C>) -> bool {
        // SeqCst F9, pairs with F8: the waiter's sign before the look.
        fence(ord!(QUEUE_F9, fence, SeqCst));
        !shard.is_exhausted()
    }
}
