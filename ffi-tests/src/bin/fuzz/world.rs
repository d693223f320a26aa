//! The handles that there are.

use std::alloc::{Layout, alloc, dealloc};
use std::sync::Mutex;

use ringmill::ffi::{
    ringmill_channel, ringmill_channel_free, ringmill_consumer, ringmill_consumer_free,
    ringmill_group, ringmill_group_free, ringmill_partitions, ringmill_partitions_free,
    ringmill_pollable, ringmill_pollable_free, ringmill_producer, ringmill_producer_free,
    ringmill_ring, ringmill_ring_free, ringmill_room, ringmill_view,
};

use crate::arguments::Rng;
use crate::queues::Queues;

/// As many of a kind.
pub(crate) const MOST: usize = 4;

/// A handle, and what elements it is for.
pub(crate) struct Kept<T> {
    pub(crate) handle: *mut T,
    pub(crate) size: usize,
    pub(crate) capacity: usize,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

// SAFETY: the functions may be called from any thread.
unsafe impl<T> Send for Kept<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Kept<T> {}

/// A ring, its memory if that is ours, and what it has lent.
pub(crate) struct Ring {
    pub(crate) kept: Kept<ringmill_ring>,
    pub(crate) spsc: bool,
    pub(crate) memory: Option<Memory>,
    pub(crate) loans: Mutex<Vec<Loan>>,
}

/// What a ring has lent.
#[derive(Clone, Copy)]
pub(crate) enum Loan {
    Room(ringmill_room),
    View(ringmill_view),
}

// SAFETY: the library's functions take a loan from any thread.
unsafe impl Send for Loan {}

/// Memory for a ring.
pub(crate) struct Memory {
    pub(crate) start: *mut u8,
    layout: Layout,
}

// SAFETY: it is owned.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    pub(crate) fn new(size: usize, align: usize) -> Self {
        let layout = Layout::from_size_align(size, align).expect("the library has said so");
        // SAFETY: a ring needs some bytes.
        Self { start: unsafe { alloc(layout) }, layout }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated so.
        unsafe { dealloc(self.start, self.layout) };
    }
}

/// All handles.
#[derive(Default)]
pub(crate) struct World {
    /// Whether several threads call.
    pub(crate) threads: bool,
    pub(crate) rings: Vec<Ring>,
    pub(crate) channels: Vec<Kept<ringmill_channel>>,
    pub(crate) pollables: Vec<Kept<ringmill_pollable>>,
    pub(crate) partitions: Vec<Kept<ringmill_partitions>>,
    pub(crate) producers: Vec<Kept<ringmill_producer>>,
    pub(crate) consumers: Vec<Kept<ringmill_consumer>>,
    pub(crate) groups: Vec<Kept<ringmill_group>>,
    pub(crate) queues: Queues,
    /// The address of a handle that was freed.
    pub(crate) stale: usize,
}

impl World {
    pub(crate) fn new(threads: bool) -> Self {
        Self { threads, ..Self::default() }
    }

    pub(crate) fn free_all(mut self) {
        self.queues.free_all(false);
        // SAFETY: nobody else has them any more.
        unsafe {
            for ring in &self.rings {
                ringmill_ring_free(ring.kept.handle);
            }
            self.channels.drain(..).for_each(|kept| ringmill_channel_free(kept.handle));
            self.pollables.drain(..).for_each(|kept| ringmill_pollable_free(kept.handle));
            self.partitions.drain(..).for_each(|kept| ringmill_partitions_free(kept.handle));
            self.producers.drain(..).for_each(|kept| ringmill_producer_free(kept.handle));
            self.consumers.drain(..).for_each(|kept| ringmill_consumer_free(kept.handle));
            self.groups.drain(..).for_each(|kept| ringmill_group_free(kept.handle));
        }
    }

    /// A handle of a kind: one of these, NULL now and then, in a debug build one that was freed.
    pub(crate) fn handle<T>(&self, rng: &mut Rng, of: &[Kept<T>]) -> Kept<T> {
        let wrong = Kept { handle: std::ptr::null_mut(), size: 8, capacity: 0 };
        if of.is_empty() || rng.one_in(32) {
            return wrong;
        }
        if cfg!(debug_assertions) && self.stale != 0 && rng.one_in(32) {
            return Kept { handle: std::ptr::without_provenance_mut(self.stale), ..wrong };
        }
        rng.pick(of)
    }
}
