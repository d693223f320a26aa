//! Leases that are ended by somebody who has no consumer at hand, and leases that are made longer.

use core::time::Duration;

use super::core::Core;
use super::error::{SettleError, SettleErrorKind};
use super::seat::Seat;
use super::settle::{Held, Verdict};
use super::signs::Signs;
use crate::clock::nanos;
use crate::delivery::{Content, Lease, Retry};

const MS: u64 = 1_000_000;

impl<T: Content + ?Sized> Core<T> {
    /// Ends a lease for somebody who has no handle.
    pub(super) fn end_shared(
        &self,
        held: &Held<'_, T>,
        verdict: Verdict<'_>,
    ) -> Result<(), SettleErrorKind> {
        let free = |index| self.free(held.seat.shard, &[index]);
        // Another number for each message is all that the jitter needs.
        let random = || {
            let salt = u64::from(held.seat.index) << 32 ^ held.lease.generation();
            Retry::random(self.seed ^ salt, u64::from(held.lease.delivery())).next()
        };
        self.end(held, verdict, &self.group_of(held.seat).common, random, free)
    }

    pub(super) fn extend(
        &self,
        seat: Seat<'_, T>,
        lease: Lease,
        span: Duration,
    ) -> Result<(), SettleError> {
        if self.signs.has(Signs::ABORTED) {
            return Err(SettleErrorKind::Closed.into());
        }
        let span = span.min(self.config.max_lease);
        let until = self.engine.now().saturating_add(nanos(span));
        let extended = seat.slot().extend(lease, until.div_ceil(MS));
        Ok(extended.map_err(SettleErrorKind::from)?)
    }
}
