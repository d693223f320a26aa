//! Rings: room and elements lent, to be written and read where they are.

use core::ffi::c_void;
use core::ptr;

use super::barrier::{Out, invalid, status};
use super::bulk::{reserved, viewed};
use super::handle::borrow;
use super::ring::Rows;
use super::{ringmill_ring, ringmill_status, ringmill_status as Status};

/// Room in a ring, to be written in place: up to the end of the ring, then from its beginning.
///
/// Element i is at first + i * stride if i < first_count, else at
/// second + (i - first_count) * stride: ringmill_room_at().
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_room {
    /// NULL if there is no room.
    pub first: *mut c_void,
    /// How many elements fit there.
    pub first_count: usize,
    /// NULL if the room does not go on at the beginning of the ring.
    pub second: *mut c_void,
    /// How many elements fit there.
    pub second_count: usize,
    /// Bytes from one element to the next: elem_size with spsc, more with mpmc.
    pub stride: usize,
    /// The library's own.
    pub token: u64,
    /// The library's own.
    pub check: u64,
}

/// Elements in a ring, to be read in place: up to the end of the ring, then from its beginning.
///
/// Element i is where ringmill_view_at() says; as in ringmill_room.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_view {
    /// NULL if there is no element.
    pub first: *const c_void,
    /// How many elements are there.
    pub first_count: usize,
    /// NULL if the elements do not go on at the beginning of the ring.
    pub second: *const c_void,
    /// How many elements are there.
    pub second_count: usize,
    /// Bytes from one element to the next: elem_size with spsc, more with mpmc.
    pub stride: usize,
    /// The library's own.
    pub token: u64,
    /// The library's own.
    pub check: u64,
}

/// Reserves room for up to some elements, to be written in place. Never waits.
///
/// Nothing of it can be taken until ringmill_ring_commit(). Every reservation must end in
/// ringmill_ring_commit() or ringmill_ring_cancel(): until then
/// - spsc: this end is the reservation's, other pushes are refused with RINGMILL_STATUS_BUSY;
/// - mpmc: other threads push and reserve behind it; who pops comes as far as this room and finds
///   RINGMILL_STATUS_EMPTY there.
///
/// @param[in]  ring   as ringmill_ring_push()
/// @param[in]  count  how many elements at most, 1 at least
/// @param[out] out    the room, one element at least; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _FULL, _BUSY (spsc: a reservation is open) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_reserve(
    ring: *mut ringmill_ring,
    count: usize,
    out: *mut ringmill_room,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_room::NONE)? };
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        check_wanted(count)?;
        let (lent, stride) = match &ring.rows {
            Rows::Mpmc(row) => (row.reserve(count).ok_or(Status::Full)?, row.stride()),
            Rows::Spsc(row) => {
                let _guard = ring.pushing.enter_in_debug()?;
                (row.reserve(count).map_err(reserved)?, row.size())
            }
        };
        let [(first, first_count), (second, second_count)] = lent.runs;
        if first_count == 0 {
            return Err(Status::Full);
        }
        out.put(ringmill_room {
            first: first.cast(),
            first_count,
            second: second.cast(),
            second_count,
            stride,
            token: lent.at,
            check: ring.seal(ROOM, lent.at, first_count, second_count),
        });
        Ok(())
    })
}

/// Publishes the first elements of a reservation, together; the other room is given back.
///
/// With mpmc, room given back before its turn is a hole: it counts as occupied until a pop passes.
///
/// @param[in] ring   the ring that the room is of; spsc: the thread that reserved
/// @param[in] room   the room; the reservation is over if the status is OK
/// @param[in] count  how many elements have been written, from the first on: 0 to all
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if count is more than was reserved (the
///         reservation stays open) or the room is none of an open reservation
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_commit(
    ring: *mut ringmill_ring,
    room: *const ringmill_room,
    count: usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        // SAFETY: H2.
        unsafe { ring.commit(room, count) }
    })
}

/// Gives a reservation up: ringmill_ring_commit() of 0 elements.
///
/// @param[in] ring  as ringmill_ring_commit()
/// @param[in] room  as ringmill_ring_commit()
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if the room is none of an open reservation
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_cancel(
    ring: *mut ringmill_ring,
    room: *const ringmill_room,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        // SAFETY: H2.
        unsafe { ring.commit(room, 0) }
    })
}

/// Shows up to some of the oldest elements, to be read in place. Never waits.
///
/// Every view must end in ringmill_ring_release(): until then
/// - spsc: the elements stay in the ring, other pops are refused with RINGMILL_STATUS_BUSY;
/// - mpmc: the elements are taken, other threads pop and peek behind them; who pushes comes as far
///   as their room, one lap later, and finds RINGMILL_STATUS_FULL there.
///
/// @param[in]  ring   as ringmill_ring_pop()
/// @param[in]  count  how many elements at most, 1 at least
/// @param[out] out    the elements, one at least; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _EMPTY, _BUSY (spsc: a view is open) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_peek(
    ring: *mut ringmill_ring,
    count: usize,
    out: *mut ringmill_view,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_view::NONE)? };
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        check_wanted(count)?;
        let (lent, stride) = match &ring.rows {
            Rows::Mpmc(row) => (row.peek(count).ok_or(Status::Empty)?, row.stride()),
            Rows::Spsc(row) => {
                let _guard = ring.popping.enter_in_debug()?;
                (row.peek(count).map_err(viewed)?, row.size())
            }
        };
        let [(first, first_count), (second, second_count)] = lent.runs;
        if first_count == 0 {
            return Err(Status::Empty);
        }
        out.put(ringmill_view {
            first: first.cast_const().cast(),
            first_count,
            second: second.cast_const().cast(),
            second_count,
            stride,
            token: lent.at,
            check: ring.seal(VIEW, lent.at, first_count, second_count),
        });
        Ok(())
    })
}

/// Ends a view. Its first elements are out of the ring, and their room is free.
///
/// @param[in] ring   the ring that the view is of; spsc: the thread that peeked
/// @param[in] view   the view; it is over if the status is OK
/// @param[in] count  how many elements are done with, from the first on. spsc: 0 to all, the others
///                   stay in the ring. mpmc: all, since elements that were taken cannot go back
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if the count is wrong (the view stays open) or the
///         view is not open
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_ring_release(
    ring: *mut ringmill_ring,
    view: *const ringmill_view,
    count: usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let ring = unsafe { borrow(ring)? };
        if view.is_null() {
            return invalid(format_args!("view is NULL"));
        }
        // SAFETY: H2.
        let view = unsafe { view.read_unaligned() };
        let ringmill_view { first_count, second_count, token, check, .. } = view;
        if check != ring.seal(VIEW, token, first_count, second_count) {
            return invalid(format_args!("this is no view of this ring"));
        }
        let len = first_count + second_count;
        let released = match &ring.rows {
            Rows::Mpmc(_) if count != len => {
                return invalid(format_args!(
                    "count is {count}; of an mpmc ring all {len} elements of the view are released"
                ));
            }
            // SAFETY: the seal says that `peek` made this loan.
            Rows::Mpmc(row) => unsafe { row.release(token, len) },
            Rows::Spsc(_) if count > len => {
                return invalid(format_args!("count is {count}, of a view of {len} elements"));
            }
            Rows::Spsc(row) => {
                let _guard = ring.popping.enter_in_debug()?;
                row.release(token, count)
            }
        };
        if released { Ok(()) } else { invalid(format_args!("this view is over")) }
    })
}

/// What a seal is for.
const ROOM: u64 = 1;
const VIEW: u64 = 2;

impl ringmill_room {
    const NONE: Self = Self {
        first: ptr::null_mut(),
        first_count: 0,
        second: ptr::null_mut(),
        second_count: 0,
        stride: 0,
        token: 0,
        check: 0,
    };
}

impl ringmill_view {
    const NONE: Self = Self {
        first: ptr::null(),
        first_count: 0,
        second: ptr::null(),
        second_count: 0,
        stride: 0,
        token: 0,
        check: 0,
    };
}

fn check_wanted(count: usize) -> Result<(), Status> {
    if count > 0 { Ok(()) } else { invalid(format_args!("count is 0; take 1 at least")) }
}

impl ringmill_ring {
    /// What tells that this ring made a loan: no other loan, and nothing made up, has the same.
    fn seal(&self, what: u64, at: u64, first: usize, second: usize) -> u64 {
        let mix = |a: u64, b: u64| {
            let product = u128::from(a ^ self.salt) * u128::from(b | 1);
            (product >> u64::BITS) as u64 ^ product as u64
        };
        let counts =
            mix(first as u64, 0x9e37_79b9_7f4a_7c15) ^ mix(second as u64, 0xa076_1d64_78bd_642f);
        mix(at, 0xe703_7ed1_a0b4_28db) ^ counts.rotate_left(what as u32)
    }

    /// # Safety
    ///
    /// H2: the room is NULL or can be read.
    unsafe fn commit(&self, room: *const ringmill_room, count: usize) -> Result<(), Status> {
        if room.is_null() {
            return invalid(format_args!("room is NULL"));
        }
        // SAFETY: by the caller.
        let room = unsafe { room.read_unaligned() };
        let ringmill_room { first_count, second_count, token, check, .. } = room;
        if check != self.seal(ROOM, token, first_count, second_count) {
            return invalid(format_args!("this is no reservation of this ring"));
        }
        let len = first_count + second_count;
        if count > len {
            return invalid(format_args!("count is {count}, of a reservation of {len} elements"));
        }
        let committed = match &self.rows {
            // SAFETY: the seal says that `reserve` made this loan.
            Rows::Mpmc(row) => unsafe { row.commit(token, len, count) },
            Rows::Spsc(row) => {
                let _guard = self.pushing.enter_in_debug()?;
                row.commit(token, count)
            }
        };
        if committed { Ok(()) } else { invalid(format_args!("this reservation is over")) }
    }
}
