//! Rings: room and elements lent, to be written and read where they are.

use core::ffi::c_void;

use super::{ringmill_ring, ringmill_status};

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
}
