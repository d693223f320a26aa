//! Rings: making them, and elements in and out by copy.

use core::alloc::Layout;
use core::ffi::c_void;
use core::ptr::{self, NonNull};

use super::barrier::{Out, check_size, invalid, read_options, source, status, target, value};
use super::bulk::{reserved, viewed};
use super::guard::Guard;
use super::handle::{self, Handle, borrow};
use super::plan::{DEFAULT_CAPACITY, Plan};
use super::{ringmill_status, ringmill_status as Status};
use crate::ring::mpmc::raw::used::PLAIN;
use crate::ring::shape::is_small;
use crate::ring::{mpmc, spsc};

/// Any number of threads push, any number pop.
pub const RINGMILL_RING_KIND_MPMC: u32 = 0;
/// One thread pushes, one thread pops. The fastest, and wait-free.
pub const RINGMILL_RING_KIND_SPSC: u32 = 1;

/// Touch every page of the memory when it is made, so that no push has to wait for one.
pub const RINGMILL_FLAG_TOUCH_PAGES: u32 = 1;

/// The largest capacity: 2^31 elements.
pub const RINGMILL_CAPACITY_MAX: usize = 2_147_483_648;
/// The largest alignment of elements, in bytes.
pub const RINGMILL_ALIGN_MAX: usize = 64;

/// A bounded first-in first-out ring of elements of one size.
pub struct ringmill_ring {
    pub(super) rows: Rows,
    /// What tells this ring's loans from made-up ones.
    pub(super) salt: u64,
    /// Who pushes, where one thread may.
    pub(super) pushing: Guard,
    /// Who pops, where one thread may.
    pub(super) popping: Guard,
    /// To be given back, unless the memory is the caller's.
    pub(super) owned: Option<Layout>,
}

/// The engine of a ring.
#[expect(clippy::large_enum_variant, reason = "there is one, in memory that is laid out for it")]
pub(super) enum Rows {
    Mpmc(mpmc::raw::RawRing),
    Spsc(spsc::raw::RawRing),
}

impl Handle for ringmill_ring {
    const KIND: &str = "ringmill_ring";
}

/// What a ring shall be like. Made by ringmill_ring_options_init(), then changed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_ring_options {
    /// sizeof(ringmill_ring_options), from the init function.
    pub size: usize,
    /// Bytes of an element, 1 at least. No default: set it.
    pub elem_size: usize,
    /// Alignment of elements in the ring: a power of two up to RINGMILL_ALIGN_MAX that divides
    /// elem_size. Default 0: the largest power of two that divides elem_size, 16 at most, which
    /// suits every type without an alignment of its own.
    pub elem_align: usize,
    /// How many elements there is room for, exactly: 1 to RINGMILL_CAPACITY_MAX. Default 1024.
    pub capacity: usize,
    /// RINGMILL_RING_KIND_MPMC (default) or RINGMILL_RING_KIND_SPSC.
    pub kind: u32,
    /// Any of the RINGMILL_FLAG_. Default 0.
    pub flags: u32,
}

/// Fills options with defaults; elem_size is to be set then.
///
/// @param[in]  size  sizeof(ringmill_ring_options)
/// @param[out] out   the options
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
///         library knows: nothing is written then
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_options_init(
    size: usize,
    out: *mut ringmill_ring_options,
) -> ringmill_status {
    status(|| {
        check_size::<ringmill_ring_options>("size", size)?;
        let defaults = ringmill_ring_options {
            size,
            elem_size: 0,
            elem_align: 0,
            capacity: DEFAULT_CAPACITY,
            kind: RINGMILL_RING_KIND_MPMC,
            flags: 0,
        };
        // SAFETY: H2.
        unsafe { Out::new("out", out, defaults) }.map(drop)
    })
}

/// Makes a ring in memory that the library allocates, all of it here.
///
/// @param[in]  options  what it shall be like
/// @param[out] out      the ring, to be freed by ringmill_ring_free(); NULL unless the status is OK
/// @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _CAPACITY or _OUT_OF_MEMORY
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_new(
    options: *const ringmill_ring_options,
    out: *mut *mut ringmill_ring,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H2.
        let plan = Plan::of(unsafe { read_options(options)? })?;
        let memory = handle::allocate(plan.layout).ok_or_else(|| plan.no_memory())?;
        // SAFETY: allocated with this layout.
        out.put(unsafe { plan.build(memory, Some(plan.layout)) });
        Ok(())
    })
}

/// How much memory a ring in the caller's memory needs: see ringmill_ring_new_in().
///
/// @param[in]  options    what the ring shall be like
/// @param[out] out_size   bytes; 0 unless the status is OK
/// @param[out] out_align  the alignment that they must have at least, a power of two; 0 unless the
///                        status is OK
/// @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _CAPACITY or _OUT_OF_MEMORY
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_memory(
    options: *const ringmill_ring_options,
    out_size: *mut usize,
    out_align: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2, both.
        let size = unsafe { Out::new("out_size", out_size, 0) };
        // SAFETY: as above.
        let mut align = unsafe { Out::new("out_align", out_align, 0)? };
        // SAFETY: H2.
        let plan = Plan::of(unsafe { read_options(options)? })?;
        size?.put(plan.layout.size());
        align.put(plan.layout.align());
        Ok(())
    })
}

/// Makes a ring in memory of the caller: nothing is allocated.
///
/// The memory belongs to the ring until ringmill_ring_free(), which leaves it to the caller. It is
/// for the threads of one process: the ring keeps pointers in it.
///
/// @param[in]  options      what it shall be like
/// @param[in]  memory       as large and as aligned as ringmill_ring_memory() says
/// @param[in]  memory_size  its bytes
/// @param[out] out          the ring, to be freed before its memory; NULL unless the status is OK
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT, also if the memory is too small or not aligned;
///         _CAPACITY or _OUT_OF_MEMORY
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_new_in(
    options: *const ringmill_ring_options,
    memory: *mut c_void,
    memory_size: usize,
    out: *mut *mut ringmill_ring,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H2.
        let plan = Plan::of(unsafe { read_options(options)? })?;
        let (size, align) = (plan.layout.size(), plan.layout.align());
        let Some(place) = NonNull::new(memory.cast::<u8>()) else {
            return invalid(format_args!("memory is NULL"));
        };
        if memory_size < size {
            return invalid(format_args!("memory_size is {memory_size}, this ring needs {size}"));
        }
        if memory.addr() % align != 0 {
            return invalid(format_args!(
                "memory is {memory:p}, this ring needs it aligned to {align}"
            ));
        }
        // SAFETY: H2, and as large and aligned as it must be.
        out.put(unsafe { plan.build(place, None) });
        Ok(())
    })
}

/// Frees a ring. What is in it is gone. Memory of the caller is the caller's again.
///
/// No other thread may use the ring any more, no reservation or view of it may be used again.
///
/// @param[in] ring  a ring, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_free(ring: *mut ringmill_ring) {
    value((), || {
        let Some(handle) = NonNull::new(ring) else { return Ok(()) };
        handle::died(handle);
        // SAFETY: H1, and it is the last use. What owned the memory is read before it goes.
        unsafe {
            let owned = handle.as_ref().owned;
            ptr::drop_in_place(ring);
            if let Some(layout) = owned {
                handle::release(handle.cast(), layout);
            }
        }
        Ok(())
    });
}

/// Appends an element. Never waits for room.
///
/// @param[in] ring  spsc: no other thread pushes meanwhile, and no reservation is open
/// @param[in] elem  elem_size bytes, copied; any alignment
/// @return RINGMILL_STATUS_OK, _FULL, _BUSY (spsc: a reservation is open) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_push(
    ring: *mut ringmill_ring,
    elem: *const c_void,
) -> ringmill_status {
    // SAFETY: H1, H2.
    match unsafe { push_small(ring, elem.cast()) } {
        Some(status) => status,
        // SAFETY: H1, H2.
        None => unsafe { push(ring, elem) },
    }
}

/// What most calls come to, without a frame on the stack; `None`, and nothing done, for others.
///
/// # Safety
///
/// As for [`ringmill_ring_push`].
#[inline(always)]
unsafe fn push_small(ring: *const ringmill_ring, elem: *const u8) -> Option<Status> {
    // A debug build has more to look at.
    if cfg!(debug_assertions) || ring.is_null() || elem.is_null() {
        return None;
    }
    // SAFETY: H1.
    let done = match unsafe { &(*ring).rows } {
        // SAFETY: H2, and the size is small.
        Rows::Mpmc(row) if is_small(row.size()) => unsafe { row.push::<PLAIN, true>(elem) },
        // SAFETY: as above.
        Rows::Spsc(row) if is_small(row.size()) => unsafe { row.push::<true>(elem) }.ok()?,
        _ => return None,
    };
    Some(if done { Status::Ok } else { Status::Full })
}

/// # Safety
///
/// As for [`ringmill_ring_push`].
#[inline(never)]
unsafe fn push(ring: *mut ringmill_ring, elem: *const c_void) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        let elem = source("elem", elem, 1)?;
        let pushed = match &ring.rows {
            // SAFETY: H2.
            Rows::Mpmc(ring) => unsafe { ring.push::<PLAIN, false>(elem) },
            Rows::Spsc(row) => {
                let _guard = ring.pushing.enter_in_debug()?;
                // SAFETY: H2.
                unsafe { row.push::<false>(elem) }.map_err(reserved)?
            }
        };
        if pushed { Ok(()) } else { Err(Status::Full) }
    })
}

/// Takes the oldest element. Never waits for one.
///
/// @param[in]  ring  spsc: no other thread pops meanwhile, and no view is open
/// @param[out] out   elem_size bytes, any alignment; untouched unless the status is OK
/// @return RINGMILL_STATUS_OK, _EMPTY, _BUSY (spsc: a view is open) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_pop(
    ring: *mut ringmill_ring,
    out: *mut c_void,
) -> ringmill_status {
    // SAFETY: H1, H2.
    match unsafe { pop_small(ring, out.cast()) } {
        Some(status) => status,
        // SAFETY: H1, H2.
        None => unsafe { pop(ring, out) },
    }
}

/// What most calls come to, without a frame on the stack; `None`, and nothing done, for others.
///
/// # Safety
///
/// As for [`ringmill_ring_pop`].
#[inline(always)]
unsafe fn pop_small(ring: *const ringmill_ring, out: *mut u8) -> Option<Status> {
    // A debug build has more to look at.
    if cfg!(debug_assertions) || ring.is_null() || out.is_null() {
        return None;
    }
    // SAFETY: H1.
    let done = match unsafe { &(*ring).rows } {
        // SAFETY: H2, and the size is small.
        Rows::Mpmc(row) if is_small(row.size()) => unsafe { row.pop::<PLAIN, true>(out) },
        // SAFETY: as above.
        Rows::Spsc(row) if is_small(row.size()) => unsafe { row.pop::<true>(out) }.ok()?,
        _ => return None,
    };
    Some(if done { Status::Ok } else { Status::Empty })
}

/// # Safety
///
/// As for [`ringmill_ring_pop`].
#[inline(never)]
unsafe fn pop(ring: *mut ringmill_ring, out: *mut c_void) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        let out = target("out", out, 1)?;
        let popped = match &ring.rows {
            // SAFETY: H2.
            Rows::Mpmc(ring) => unsafe { ring.pop::<PLAIN, false>(out) },
            Rows::Spsc(row) => {
                let _guard = ring.popping.enter_in_debug()?;
                // SAFETY: H2.
                unsafe { row.pop::<false>(out) }.map_err(viewed)?
            }
        };
        if popped { Ok(()) } else { Err(Status::Empty) }
    })
}

/// Appends all of some elements, next to each other, or none.
///
/// @param[in] ring   as ringmill_ring_push()
/// @param[in] elems  count * elem_size bytes, copied; may be NULL if count is 0
/// @param[in] count  0 to the capacity
/// @return RINGMILL_STATUS_OK, _FULL (no room for all: none was appended), _BUSY or
///         _INVALID_ARGUMENT, also if count is above the capacity
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_push_bulk(
    ring: *mut ringmill_ring,
    elems: *const c_void,
    count: usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        ring.check_bulk(count)?;
        // SAFETY: H2.
        unsafe { ring.push_n(elems, count, count) }.map(drop)
    })
}

/// Appends as many elements as fit, from the first on, next to each other.
///
/// @param[in]  ring        as ringmill_ring_push()
/// @param[in]  elems       count * elem_size bytes, copied; may be NULL if count is 0
/// @param[in]  count       how many at most
/// @param[out] out_pushed  how many were appended; 0 unless the status is OK
/// @return RINGMILL_STATUS_OK (one at least, or count is 0), _FULL, _BUSY or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_push_burst(
    ring: *mut ringmill_ring,
    elems: *const c_void,
    count: usize,
    out_pushed: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out_pushed", out_pushed, 0)? };
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        // SAFETY: H2.
        out.put(unsafe { ring.push_n(elems, 1, count)? });
        Ok(())
    })
}

/// Takes exactly so many elements, the oldest ones, or none.
///
/// @param[in]  ring   as ringmill_ring_pop()
/// @param[in]  count  0 to the capacity
/// @param[out] out    count * elem_size bytes; untouched unless the status is OK; may be NULL if
///                    count is 0
/// @return RINGMILL_STATUS_OK, _EMPTY (there are fewer: none was taken), _BUSY or
///         _INVALID_ARGUMENT, also if count is above the capacity
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_pop_bulk(
    ring: *mut ringmill_ring,
    count: usize,
    out: *mut c_void,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        ring.check_bulk(count)?;
        // SAFETY: H2.
        unsafe { ring.pop_n(out, count, count) }.map(drop)
    })
}

/// Takes as many elements as are there, the oldest ones.
///
/// @param[in]  ring        as ringmill_ring_pop()
/// @param[in]  count       how many at most
/// @param[out] out         room for count * elem_size bytes; written as far as elements were taken;
///                         may be NULL if count is 0
/// @param[out] out_popped  how many were taken; 0 unless the status is OK
/// @return RINGMILL_STATUS_OK (one at least, or count is 0), _EMPTY, _BUSY or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_pop_burst(
    ring: *mut ringmill_ring,
    count: usize,
    out: *mut c_void,
    out_popped: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut popped = unsafe { Out::new("out_popped", out_popped, 0)? };
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        // SAFETY: H2.
        popped.put(unsafe { ring.pop_n(out, 1, count)? });
        Ok(())
    })
}

/// How many elements are in the ring.
///
/// Elements of a reservation or a view count: mpmc from reserving on, spsc until releasing. So does
/// room of an mpmc ring that was given up, until a pop has passed it.
///
/// @param[in] ring  a ring
/// @return a number that was right at one moment of the call; 0 if ring is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_len(ring: *const ringmill_ring) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(match unsafe { &borrow(ring)?.rows } {
            Rows::Mpmc(row) => row.len(),
            Rows::Spsc(row) => row.len(),
        })
    })
}

/// How many elements there is room for in all.
///
/// @param[in] ring  a ring
/// @return the capacity of its options; 0 if ring is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_capacity(ring: *const ringmill_ring) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(ring)? }.capacity())
    })
}
