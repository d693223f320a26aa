//! "One thread at a time", checked.
//!
//! # Edges
//!
//! - U3 -> U1: what a thread did while it was in, to the next one that is.

use super::ringmill_status as Status;
use super::status::failed;
use crate::sync::{AtomicU32, ord};

/// Whether a thread is in.
pub struct Guard(AtomicU32);

/// A thread that is in. Dropping it leaves.
pub struct Entered<'a>(&'a Guard);

impl Guard {
    /// With nobody in.
    #[allow(clippy::new_without_default, reason = "it is no value")]
    pub fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Goes in, unless another thread is.
    ///
    /// # Errors
    ///
    /// `BUSY`.
    #[inline(always)]
    pub fn enter(&self) -> Result<Entered<'_>, Status> {
        match self.try_enter() {
            Some(entered) => Ok(entered),
            None => busy(),
        }
    }

    /// The same, without a word about it.
    #[inline(always)]
    pub(super) fn try_enter(&self) -> Option<Entered<'_>> {
        let entered = self.0.compare_exchange_weak(
            0,
            1,
            // Acquire U1, pairs with U3 in `Entered::drop`: what the last one did.
            ord!(GUARD_U1, cas_ok, Acquire),
            // Relaxed: nothing is touched.
            ord!(GUARD_U2, cas_fail, Relaxed),
        );
        entered.is_ok().then(|| Entered(self))
    }

    /// The same in a debug build; in a release build everyone goes in.
    #[inline(always)]
    pub(super) fn enter_in_debug(&self) -> Result<Option<Entered<'_>>, Status> {
        if cfg!(debug_assertions) { self.enter().map(Some) } else { Ok(None) }
    }
}

#[cold]
fn busy<R>() -> Result<R, Status> {
    Err(failed(Status::Busy, format_args!("another thread uses this end; one at a time")))
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Release U3, pairs with U1: what this thread did.
        self.0.0.store(0, ord!(GUARD_U3, store, Release));
    }
}
