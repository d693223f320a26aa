//! How a run is stopped: once, it drains; twice, what runs is killed.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use rustix::pipe::{PipeFlags, pipe_with};

/// Whether a run goes on.
#[derive(Debug)]
pub(crate) struct Stop {
    draining: AtomicBool,
    aborted: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
    /// Reads as closed once the run is aborted: for `poll`.
    ends: OwnedFd,
    /// Closed to abort.
    held: Mutex<Option<OwnedFd>>,
}

impl Stop {
    pub(crate) fn new() -> std::io::Result<Self> {
        let (ends, held) = pipe_with(PipeFlags::CLOEXEC)?;
        Ok(Self {
            draining: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
            lock: Mutex::new(()),
            changed: Condvar::new(),
            ends,
            held: Mutex::new(Some(held)),
        })
    }

    /// Begins nothing more.
    pub(crate) fn drain(&self) {
        self.set(&self.draining);
    }

    /// Ends what runs.
    pub(crate) fn abort(&self) {
        self.set(&self.draining);
        self.set(&self.aborted);
        drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn set(&self, flag: &AtomicBool) {
        let _lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // Release, with both loads below: who sees the flag sees what came before the stop.
        flag.store(true, Ordering::Release);
        self.changed.notify_all();
    }

    pub(crate) fn is_draining(&self) -> bool {
        // Acquire, with the store in `set`.
        self.draining.load(Ordering::Acquire)
    }

    pub(crate) fn is_aborted(&self) -> bool {
        // Acquire, with the store in `set`.
        self.aborted.load(Ordering::Acquire)
    }

    /// What `poll` wakes up for when the run is aborted.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.ends.as_fd()
    }

    /// Sleeps until then; `false` if the run is stopped before.
    pub(crate) fn sleep_until(&self, deadline: Instant) -> bool {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if self.is_draining() {
                return false;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return true };
            if left.is_zero() {
                return true;
            }
            let waited = self.changed.wait_timeout(lock, left);
            lock = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
