//! Room and elements lent.

use super::*;

/// Writes numbers into the first elements of a reservation.
///
/// # Safety
///
/// It is open, of elements that are `u64`.
unsafe fn write(room: &ringmill_room, numbers: impl IntoIterator<Item = u64>) {
    for (i, number) in numbers.into_iter().enumerate() {
        let (first, at) = if i < room.first_count {
            (room.first, i)
        } else {
            (room.second, i - room.first_count)
        };
        // SAFETY: by the caller, as the header says where element `i` is.
        unsafe { first.byte_add(at * room.stride).cast::<u64>().write(number) };
    }
}

/// # Safety
///
/// The view is open, of elements that are `u64`.
unsafe fn read(view: &ringmill_view) -> std::vec::Vec<u64> {
    let runs = [(view.first, view.first_count), (view.second, view.second_count)];
    let at = |(first, count): (*const c_void, usize)| {
        // SAFETY: by the caller.
        (0..count).map(move |i| unsafe { first.byte_add(i * view.stride).cast::<u64>().read() })
    };
    runs.into_iter().flat_map(at).collect()
}

/// # Safety
///
/// The ring is alive.
unsafe fn reserve(ring: *mut ringmill_ring, count: usize) -> (Status, ringmill_room) {
    // SAFETY: by the caller.
    written(|out| unsafe { ringmill_ring_reserve(ring, count, out) })
}

/// # Safety
///
/// The ring is alive.
unsafe fn peek(ring: *mut ringmill_ring, count: usize) -> (Status, ringmill_view) {
    // SAFETY: by the caller.
    written(|out| unsafe { ringmill_ring_peek(ring, count, out) })
}

/// # Safety
///
/// The ring is alive, of elements that are `u64`.
unsafe fn pop(ring: *mut ringmill_ring) -> Result<u64, Status> {
    let mut out = 0_u64;
    // SAFETY: by the caller.
    match unsafe { ringmill_ring_pop(ring, place(&mut out)) } {
        Status::Ok => Ok(out),
        status => Err(status),
    }
}

/// # Safety
///
/// The ring is alive, of elements that are `u64`.
unsafe fn push(ring: *mut ringmill_ring, number: u64) -> Status {
    // SAFETY: by the caller.
    unsafe { ringmill_ring_push(ring, bytes(&number)) }
}

#[test]
fn elements_are_written_and_read_in_place_across_the_end() {
    for kind in [RINGMILL_RING_KIND_MPMC, RINGMILL_RING_KIND_SPSC] {
        let ring = new_ring(&ring_options(8, 4, kind));
        // SAFETY: the ring is alive, and loans are used while they are open.
        unsafe {
            for lap in 0..9_u64 {
                let (status, room) = reserve(ring, 3);
                assert_eq!((status, room.first_count + room.second_count), (Status::Ok, 3));
                write(&room, [lap, lap + 1, lap + 2]);
                assert_eq!(ringmill_ring_commit(ring, &raw const room, 3), Status::Ok);
                let (status, view) = peek(ring, 100);
                assert_eq!((status, read(&view)), (Status::Ok, std::vec![lap, lap + 1, lap + 2]));
                assert_eq!(ringmill_ring_release(ring, &raw const view, 3), Status::Ok);
                assert_eq!(ringmill_ring_len(ring), 0);
            }
            ringmill_ring_free(ring);
        }
    }
}

#[test]
fn a_loan_ends_once_and_only_with_its_own_words() {
    for kind in [RINGMILL_RING_KIND_MPMC, RINGMILL_RING_KIND_SPSC] {
        let (ring, other) =
            (new_ring(&ring_options(8, 4, kind)), new_ring(&ring_options(8, 4, kind)));
        let refused = Status::InvalidArgument;
        // SAFETY: the rings are alive, and loans are used while they are open.
        unsafe {
            let (_, room) = reserve(ring, 2);
            write(&room, [7, 8]);
            assert_eq!(ringmill_ring_commit(ring, &raw const room, 3), refused);
            assert_eq!(ringmill_ring_commit(ring, ptr::null(), 1), refused);
            assert_eq!(ringmill_ring_commit(other, &raw const room, 1), refused);
            let forged = ringmill_room { first_count: 3, ..room };
            assert_eq!(ringmill_ring_commit(ring, &raw const forged, 3), refused);
            let forged = ringmill_room { token: room.token + 1, ..room };
            assert_eq!(ringmill_ring_commit(ring, &raw const forged, 1), refused);
            assert_eq!(ringmill_ring_commit(ring, &raw const room, 2), Status::Ok);
            assert_eq!(ringmill_ring_commit(ring, &raw const room, 2), refused, "it is over");
            assert_eq!(ringmill_ring_cancel(ring, &raw const room), refused);

            let (_, view) = peek(ring, 2);
            assert_eq!(ringmill_ring_release(ring, &raw const view, 3), refused);
            let as_room = ringmill_room { token: view.token, check: view.check, ..room };
            assert_eq!(ringmill_ring_commit(ring, &raw const as_room, 2), refused);
            assert_eq!(ringmill_ring_release(ring, &raw const view, 2), Status::Ok);
            assert_eq!(ringmill_ring_release(ring, &raw const view, 2), refused, "it is over");
            assert_eq!(reserve(ring, 0).0, refused);
            assert_eq!(peek(ring, 0).0, refused);
            assert_eq!(peek(ring, 1).0, Status::Empty);
            ringmill_ring_free(ring);
            ringmill_ring_free(other);
        }
    }
}

#[test]
fn an_end_of_an_spsc_ring_is_busy_while_it_lends() {
    let ring = new_ring(&ring_options(8, 4, RINGMILL_RING_KIND_SPSC));
    // SAFETY: the ring is alive, and loans are used while they are open.
    unsafe {
        let (_, room) = reserve(ring, 4);
        assert_eq!(push(ring, 1), Status::Busy);
        assert_eq!(reserve(ring, 1).0, Status::Busy);
        assert_eq!(pop(ring), Err(Status::Empty), "the other end is not");
        write(&room, [1, 2, 3]);
        assert_eq!(ringmill_ring_commit(ring, &raw const room, 3), Status::Ok);
        let (_, view) = peek(ring, 2);
        assert_eq!(pop(ring), Err(Status::Busy));
        assert_eq!(peek(ring, 1).0, Status::Busy);
        assert_eq!(push(ring, 4), Status::Ok, "the other end is not");
        // The second stays.
        assert_eq!(ringmill_ring_release(ring, &raw const view, 1), Status::Ok);
        assert_eq!([pop(ring), pop(ring), pop(ring)], [Ok(2), Ok(3), Ok(4)]);
        ringmill_ring_free(ring);
    }
}

#[test]
fn nobody_waits_for_room_that_is_lent_of_an_mpmc_ring() {
    let ring = new_ring(&ring_options(8, 4, RINGMILL_RING_KIND_MPMC));
    // SAFETY: the ring is alive, and loans are used while they are open.
    unsafe {
        let (_, first) = reserve(ring, 2);
        assert_eq!(push(ring, 3), Status::Ok);
        // In the same thread: a pop that waited would wait for ever.
        assert_eq!(pop(ring), Err(Status::Empty));
        assert_eq!(peek(ring, 1).0, Status::Empty);
        let (_, second) = reserve(ring, 9);
        assert_eq!(second.first_count + second.second_count, 1);
        assert_eq!(push(ring, 5), Status::Full);
        write(&second, [4]);
        assert_eq!(ringmill_ring_commit(ring, &raw const second, 1), Status::Ok);
        assert_eq!(pop(ring), Err(Status::Empty));
        write(&first, [1, 2]);
        assert_eq!(ringmill_ring_commit(ring, &raw const first, 2), Status::Ok);

        let (_, view) = peek(ring, 2);
        assert_eq!(read(&view), [1, 2]);
        assert_eq!(ringmill_ring_release(ring, &raw const view, 1), Status::InvalidArgument);
        assert_eq!([pop(ring), pop(ring), pop(ring)], [Ok(3), Ok(4), Err(Status::Empty)]);
        // The room of what is viewed is not free yet, and what was popped lies behind it.
        assert_eq!(push(ring, 5), Status::Full);
        assert_eq!(ringmill_ring_push_bulk(ring, bytes(&5_u64), 1), Status::Full);
        assert_eq!(ringmill_ring_release(ring, &raw const view, 2), Status::Ok);
        assert_eq!(push(ring, 5), Status::Ok);
        assert_eq!(pop(ring), Ok(5));
        ringmill_ring_free(ring);
    }
}

#[test]
fn pops_pass_over_room_that_was_given_up() {
    let ring = new_ring(&ring_options(8, 6, RINGMILL_RING_KIND_MPMC));
    // SAFETY: the ring is alive, and loans are used while they are open.
    unsafe {
        for _ in 0..7 {
            assert_eq!(push(ring, 1), Status::Ok);
            let (_, room) = reserve(ring, 3);
            write(&room, [2]);
            assert_eq!(ringmill_ring_commit(ring, &raw const room, 1), Status::Ok);
            assert_eq!(push(ring, 3), Status::Ok);
            // Five positions, three elements.
            assert_eq!(ringmill_ring_len(ring), 5);
            let mut out = [0_u64; 6];
            assert_eq!(ringmill_ring_pop_bulk(ring, 4, place(&mut out)), Status::Empty);
            assert_eq!(ringmill_ring_pop_bulk(ring, 3, place(&mut out)), Status::Ok);
            assert_eq!(out[..3], [1, 2, 3]);

            let (_, room) = reserve(ring, 6);
            assert_eq!(ringmill_ring_cancel(ring, &raw const room), Status::Ok);
            assert_eq!(push(ring, 4), Status::Full, "holes count until a pop has passed them");
            assert_eq!(peek(ring, 1).0, Status::Empty);
            assert_eq!(push(ring, 4), Status::Ok);
            assert_eq!(pop(ring), Ok(4));
            assert_eq!(ringmill_ring_len(ring), 0);
        }
        ringmill_ring_free(ring);
    }
}

#[test]
fn a_reservation_that_is_over_does_not_end_a_view_of_its_elements() {
    for kind in [RINGMILL_RING_KIND_MPMC, RINGMILL_RING_KIND_SPSC] {
        let ring = new_ring(&ring_options(8, 4, kind));
        // SAFETY: the ring is alive, and loans are used while they are open.
        unsafe {
            for lap in 0..3 {
                let (_, room) = reserve(ring, 4);
                write(&room, [1, 2, 3, 4]);
                assert_eq!(ringmill_ring_commit(ring, &raw const room, 4), Status::Ok);
                let (_, view) = peek(ring, 4);
                let again = ringmill_ring_cancel(ring, &raw const room);
                assert_eq!(again, Status::InvalidArgument, "{lap}");
                assert_eq!(ringmill_ring_release(ring, &raw const view, 4), Status::Ok);
                // Nor the other way round.
                let (_, next) = reserve(ring, 4);
                let again = ringmill_ring_release(ring, &raw const view, 4);
                assert_eq!(again, Status::InvalidArgument, "{lap}");
                assert_eq!(ringmill_ring_commit(ring, &raw const next, 0), Status::Ok);
                assert_eq!(pop(ring), Err(Status::Empty));
            }
            ringmill_ring_free(ring);
        }
    }
}
