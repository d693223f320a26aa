//! What a handle keeps of a partition: where it is, and some of its free slots.
//!
//! # Invariants
//!
//! - I1: a hand belongs to a handle, which keeps its queue alive; and a queue keeps a partition,
//!   once made, where it is until it goes itself.

use core::cell::Cell;
use core::ptr::NonNull;

use alloc::boxed::Box;

use super::core::Core;
use crate::delivery::{Content, Magazine, Shard};

/// One partition, in the hand of a handle.
pub(super) struct Hand<C: Content + ?Sized> {
    shard: Cell<Option<NonNull<Shard<C>>>>,
    /// Free slots.
    pub(super) magazine: Magazine,
}

impl<C: Content + ?Sized> Hand<C> {
    /// One for each partition of a queue that lives as long as they do.
    pub(super) fn all_of(core: &Core<C>) -> Box<[Self]> {
        let hand = || Self { shard: Cell::new(None), magazine: Magazine::new() };
        (0..core.partitions()).map(|_| hand()).collect()
    }

    /// The partition; `look` is asked until it has been made.
    #[inline(always)]
    pub(super) fn shard<'a>(
        &'a self,
        look: impl FnOnce() -> Option<&'a Shard<C>>,
    ) -> Option<&'a Shard<C>> {
        match self.shard.get() {
            // SAFETY: I1.
            Some(shard) => Some(unsafe { shard.as_ref() }),
            None => self.find(look),
        }
    }

    #[cold]
    fn find<'a>(&'a self, look: impl FnOnce() -> Option<&'a Shard<C>>) -> Option<&'a Shard<C>> {
        let found = look();
        self.shard.set(found.map(NonNull::from));
        found
    }
}
