//! Many elements of a ring at once.

use core::ffi::c_void;

use super::barrier::{fits, invalid, source, target};
use super::ring::{Rows, ringmill_ring};
use super::ringmill_status as Status;
use super::status::failed;
use crate::ring::mpmc::raw::used::PLAIN;
use crate::ring::spsc;

impl ringmill_ring {
    pub(super) fn capacity(&self) -> usize {
        match &self.rows {
            Rows::Mpmc(row) => row.capacity(),
            Rows::Spsc(row) => row.capacity(),
        }
    }

    #[inline(always)]
    pub(super) fn size(&self) -> usize {
        match &self.rows {
            Rows::Mpmc(row) => row.size(),
            Rows::Spsc(row) => row.size(),
        }
    }

    /// All of so many elements can be in the ring.
    #[inline(always)]
    pub(super) fn check_bulk(&self, count: usize) -> Result<(), Status> {
        let capacity = self.capacity();
        if count <= capacity {
            return Ok(());
        }
        invalid(format_args!("count is {count}, of which {capacity} can be in the ring at once"))
    }

    /// At least `min` and at most `max` elements, or none and a status.
    ///
    /// # Safety
    ///
    /// H2.
    #[inline(always)]
    pub(super) unsafe fn push_n(
        &self,
        elems: *const c_void,
        min: usize,
        max: usize,
    ) -> Result<usize, Status> {
        let elems = source("elems", elems, max)?;
        fits("count", max, self.size())?;
        let pushed = match &self.rows {
            // SAFETY: H2.
            Rows::Mpmc(row) => unsafe { row.push_n::<PLAIN>(elems, min, max) },
            Rows::Spsc(row) => {
                let _guard = self.pushing.enter_in_debug()?;
                // SAFETY: H2.
                unsafe { row.push_n(elems, min, max) }.map_err(reserved)?
            }
        };
        if pushed > 0 || max == 0 { Ok(pushed) } else { Err(Status::Full) }
    }

    /// At least `min` and at most `max` elements, or none and a status.
    ///
    /// # Safety
    ///
    /// H2.
    #[inline(always)]
    pub(super) unsafe fn pop_n(
        &self,
        out: *mut c_void,
        min: usize,
        max: usize,
    ) -> Result<usize, Status> {
        let out = target("out", out, max)?;
        fits("count", max, self.size())?;
        let popped = match &self.rows {
            // SAFETY: H2.
            Rows::Mpmc(row) => unsafe { row.pop_n::<PLAIN>(out, min, max) },
            Rows::Spsc(row) => {
                let _guard = self.popping.enter_in_debug()?;
                // SAFETY: H2.
                unsafe { row.pop_n(out, min, max) }.map_err(viewed)?
            }
        };
        if popped > 0 || max == 0 { Ok(popped) } else { Err(Status::Empty) }
    }
}

#[cold]
pub(super) fn reserved(_: spsc::raw::Busy) -> Status {
    failed(Status::Busy, format_args!("a reservation is open; commit or cancel it first"))
}

#[cold]
pub(super) fn viewed(_: spsc::raw::Busy) -> Status {
    failed(Status::Busy, format_args!("a view is open; release it first"))
}
