//! When the housekeeper looks next, and how it is called earlier.
//!
//! # Edges
//!
//! - F5 pairs with the fence F4 of [`Track::wait_until`](crate::delivery::Track::wait_until):
//!   either the pass finds the message on its way to the wheel, or who sent it there sees that a
//!   pass is under way, and has the next one come at once.

use std::sync::OnceLock;
use std::thread::Thread;

use crate::sync::{AtomicU64, fence, ord};

/// An alarm.
pub struct Alarm {
    /// The time of the next pass; `u64::MAX` while one is under way.
    next: AtomicU64,
    /// Whom to call; nobody if the thread could not be started.
    pub(super) thread: OnceLock<Option<Thread>>,
}

impl Default for Alarm {
    /// An alarm before the first pass.
    fn default() -> Self {
        Self { next: AtomicU64::new(u64::MAX), thread: OnceLock::new() }
    }
}

impl Alarm {
    /// A pass begins.
    pub fn passing(&self) {
        // Relaxed: ordered by the fence.
        self.next.store(u64::MAX, ord!(ALARM_N1, store, Relaxed));
        // SeqCst F5, pairs with F4: the sign before the look at what is on its way.
        fence(ord!(ALARM_F5, fence, SeqCst));
    }

    /// A pass has ended.
    pub fn passed(&self, next: u64) {
        // Relaxed: a hint; who reads an older one calls once more than is needed.
        self.next.store(next, ord!(ALARM_N2, store, Relaxed));
    }

    /// Whether the next pass comes too late for what is due at `due`. A fence stands before it.
    #[inline]
    pub fn is_late_for(&self, due: u64) -> bool {
        // Relaxed: ordered by the fence before.
        due < self.next.load(ord!(ALARM_N3, load, Relaxed))
    }

    /// Has the next pass come at once.
    #[cold]
    pub(super) fn ring(&self) {
        if let Some(Some(thread)) = self.thread.get() {
            thread.unpark();
        }
    }
}
