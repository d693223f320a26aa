//! What options ask for: checked, and laid out before there is memory for it.

use core::alloc::Layout;
use core::ptr::{self, NonNull};
use std::hash::{BuildHasher, Hasher, RandomState};

use super::barrier::invalid;
use super::guard::Guard;
use super::handle;
use super::ring::{
    RINGMILL_ALIGN_MAX, RINGMILL_FLAG_TOUCH_PAGES, RINGMILL_RING_KIND_MPMC,
    RINGMILL_RING_KIND_SPSC, Rows, ringmill_ring, ringmill_ring_options,
};
use super::ringmill_status as Status;
use super::status::failed;
use crate::ring::shape::Shape;
use crate::ring::{CapacityError, mpmc, spsc};

/// What options leave out.
pub(super) const DEFAULT_CAPACITY: usize = 1_024;

/// The shape of elements that options ask for.
pub(super) fn shape(elem_size: usize, elem_align: usize, capacity: usize) -> Result<Shape, Status> {
    if elem_size == 0 {
        return invalid(format_args!("elem_size is 0; set it to the bytes of an element"));
    }
    let align = match elem_align {
        0 => Shape::natural_align(elem_size),
        align if align <= RINGMILL_ALIGN_MAX && align.is_power_of_two() => align,
        align => {
            return invalid(format_args!(
                "elem_align is {align}; take 0 or a power of two up to {RINGMILL_ALIGN_MAX}"
            ));
        }
    };
    if elem_size % align != 0 {
        return invalid(format_args!("elem_size is {elem_size}, which {align} does not divide"));
    }
    CapacityError::check(capacity).map_err(|error| no_ring(&error))?;
    Ok(Shape { size: elem_size, align, capacity })
}

/// Flags are known; whether pages shall be touched.
pub(super) fn touches(flags: u32) -> Result<bool, Status> {
    if flags & !RINGMILL_FLAG_TOUCH_PAGES != 0 {
        return invalid(format_args!("flags are {flags:#x}, of which this library knows 0x1"));
    }
    Ok(flags & RINGMILL_FLAG_TOUCH_PAGES != 0)
}

/// The status of a ring that could not be made.
pub(super) fn no_ring(error: &CapacityError) -> Status {
    let status = match error {
        CapacityError::OutOfMemory { .. } => Status::OutOfMemory,
        _ => Status::Capacity,
    };
    failed(status, format_args!("{error}"))
}

/// A ring that options ask for, before there is memory for it.
pub(super) struct Plan {
    shape: Shape,
    spsc: bool,
    touch: bool,
    /// The handle, then the row of elements.
    pub(super) layout: Layout,
    /// From the one to the other.
    row: usize,
}

impl Plan {
    pub(super) fn of(options: ringmill_ring_options) -> Result<Self, Status> {
        let ringmill_ring_options { elem_size, elem_align, capacity, kind, flags, .. } = options;
        let touch = touches(flags)?;
        let spsc = match kind {
            RINGMILL_RING_KIND_MPMC => false,
            RINGMILL_RING_KIND_SPSC => true,
            _ => return invalid(format_args!("kind is {kind}; take one of RINGMILL_RING_KIND_")),
        };
        let shape = shape(elem_size, elem_align, capacity)?;
        let row = if spsc {
            spsc::raw::RawRing::layout(shape)
        } else {
            mpmc::raw::RawRing::layout(shape)
        };
        let whole = row.and_then(|row| Layout::new::<ringmill_ring>().extend(row).ok());
        match whole {
            Some((layout, row)) => {
                Ok(Self { shape, spsc, touch, layout: layout.pad_to_align(), row })
            }
            None => Err(no_memory(shape)),
        }
    }

    pub(super) fn no_memory(&self) -> Status {
        no_memory(self.shape)
    }

    /// # Safety
    ///
    /// The memory is as laid out, and nobody else's.
    pub(super) unsafe fn build(
        &self,
        memory: NonNull<u8>,
        owned: Option<Layout>,
    ) -> *mut ringmill_ring {
        if self.touch {
            // SAFETY: by the caller.
            unsafe { ptr::write_bytes(memory.as_ptr(), 0, self.layout.size()) };
        }
        // SAFETY: as laid out.
        let row = unsafe { memory.add(self.row) };
        let rows = if self.spsc {
            // SAFETY: by the caller.
            Rows::Spsc(unsafe { spsc::raw::RawRing::within(self.shape, row) })
        } else {
            // SAFETY: by the caller.
            Rows::Mpmc(unsafe { mpmc::raw::RawRing::within(self.shape, row) })
        };
        let ring = ringmill_ring {
            rows,
            salt: RandomState::new().build_hasher().finish(),
            pushing: Guard::new(),
            popping: Guard::new(),
            owned,
        };
        let handle = memory.cast();
        // SAFETY: by the caller; the handle comes first.
        unsafe { handle.write(ring) };
        handle::born(handle);
        handle.as_ptr()
    }
}

fn no_memory(shape: Shape) -> Status {
    let Shape { size, capacity, .. } = shape;
    no_ring(&CapacityError::OutOfMemory { capacity, slot_bytes: size })
}
