//! Handles that are NULL, freed, or of another kind.

use super::*;

#[test]
fn null_is_refused_everywhere_and_freed_anywhere() {
    let mut place_of_elem = 0_u64;
    let (elem, out) = (bytes(&place_of_elem), place(&mut place_of_elem));
    let refused = Status::InvalidArgument;
    // SAFETY: nothing is behind NULL, and nothing is touched.
    unsafe {
        assert_eq!(ringmill_channel_try_send(ptr::null_mut(), elem), refused);
        assert_eq!(ringmill_channel_send(ptr::null_mut(), elem, 1), refused);
        assert_eq!(ringmill_channel_try_recv(ptr::null_mut(), out), refused);
        assert_eq!(ringmill_channel_recv(ptr::null_mut(), 1, out), refused);
        assert_eq!(
            written(|n| ringmill_channel_send_batch(ptr::null_mut(), elem, 1, 1, n)),
            (refused, 0)
        );
        assert_eq!(
            written(|n| ringmill_channel_recv_batch(ptr::null_mut(), 1, 1, 1, out, n)),
            (refused, 0)
        );
        assert_eq!(ringmill_channel_close(ptr::null_mut()), refused);
        assert!(ringmill_channel_is_closed(ptr::null_mut()));
        assert_eq!(
            (ringmill_channel_len(ptr::null_mut()), ringmill_channel_capacity(ptr::null_mut())),
            (0, 0)
        );
        assert_eq!(
            written(|p| ringmill_pollable_new(ptr::null_mut(), p)),
            (refused, ptr::null_mut())
        );
        assert_eq!(ringmill_pollable_fd(ptr::null_mut()), -1);
        assert_eq!(ringmill_pollable_recv_or_arm(ptr::null_mut(), out), refused);
        assert_eq!(ringmill_partitions_close(ptr::null_mut()), refused);
        assert!(ringmill_partitions_is_closed(ptr::null_mut()));
        assert_eq!(
            (
                ringmill_partitions_count(ptr::null_mut()),
                ringmill_partitions_capacity(ptr::null_mut())
            ),
            (0, 0)
        );
        assert_eq!(written(|n| ringmill_partitions_len_of(ptr::null_mut(), 0, n)), (refused, 0));
        assert_eq!(
            written(|p| ringmill_producer_new(ptr::null_mut(), p)),
            (refused, ptr::null_mut())
        );
        assert_eq!(
            written(|p| ringmill_producer_push_key(ptr::null_mut(), elem, 8, elem, 0, p)),
            (refused, 0)
        );
        assert_eq!(ringmill_producer_push_to(ptr::null_mut(), 0, elem, 0), refused);
        assert_eq!(
            written(|n| ringmill_producer_push_batch(ptr::null_mut(), 0, elem, 1, 0, n)),
            (refused, 0)
        );
        assert_eq!(
            written(|c| ringmill_consumer_new(ptr::null_mut(), ptr::null(), 0, c)),
            (refused, ptr::null_mut())
        );
        assert_eq!(ringmill_consumer_pop(ptr::null_mut(), 0, out, ptr::null_mut()), refused);
        assert_eq!(
            written(|n| ringmill_consumer_pop_batch(
                ptr::null_mut(),
                1,
                0,
                out,
                ptr::null_mut(),
                n
            )),
            (refused, 0)
        );
        assert_eq!(written(|g| ringmill_group_new(ptr::null_mut(), g)), (refused, ptr::null_mut()));
        assert_eq!(
            written(|c| ringmill_group_join(ptr::null_mut(), c)),
            (refused, ptr::null_mut())
        );
        assert_eq!(written(|r| ringmill_ring_new(ptr::null(), r)), (refused, ptr::null_mut()));
        assert_eq!(written(|r| ringmill_channel_new(ptr::null(), r)), (refused, ptr::null_mut()));
        assert_eq!(
            written(|r| ringmill_partitions_new(ptr::null(), r)),
            (refused, ptr::null_mut())
        );
        assert_eq!(ringmill_channel_new(ptr::null(), ptr::null_mut()), refused);
        assert_eq!(
            ringmill_ring_options_init(size_of::<ringmill_ring_options>(), ptr::null_mut()),
            refused
        );
        ringmill_channel_free(ptr::null_mut());
        ringmill_pollable_free(ptr::null_mut());
        ringmill_partitions_free(ptr::null_mut());
        ringmill_producer_free(ptr::null_mut());
        ringmill_consumer_free(ptr::null_mut());
        ringmill_group_free(ptr::null_mut());
    }
}

/// In a debug build, which tests are.
#[test]
#[cfg(debug_assertions)]
fn a_freed_handle_is_known_as_such() {
    let channel = new_channel(8, 4);
    let ring = new_ring(&ring_options(8, 4, RINGMILL_RING_KIND_MPMC));
    let mut out = 0_u64;
    // SAFETY: a debug build looks at the list of handles, not at what is behind them.
    unsafe {
        ringmill_channel_free(channel);
        assert_eq!(ringmill_channel_try_recv(channel, place(&mut out)), Status::StaleHandle);
        assert!(message().contains("no ringmill_channel that is alive"));
        assert_eq!(ringmill_channel_len(channel), 0);
        assert_eq!(ringmill_channel_try_recv(ring.cast(), place(&mut out)), Status::StaleHandle);
        ringmill_ring_free(ring);
        assert_eq!(ringmill_ring_push(ring, bytes(&1_u64)), Status::StaleHandle);
        // No new handle takes its place for a while.
        let next = new_channel(8, 4);
        assert_ne!(next, channel);
        ringmill_channel_free(next);
    }
}

#[test]
fn a_panic_becomes_a_status() {
    use super::super::barrier;
    let status = barrier::status(|| panic!("of {}", "a bug"));
    assert_eq!((status, message().as_str()), (Status::Panic, "panic: of a bug"));
    assert_eq!(barrier::value(7, || panic!("another")), 7);
    assert_eq!(message(), "panic: another");
}

#[test]
fn messages_are_of_this_thread_and_of_the_last_failure() {
    // SAFETY: nothing is behind NULL.
    unsafe {
        assert_eq!(ringmill_ring_pop(ptr::null_mut(), ptr::null_mut()), Status::InvalidArgument);
        std::thread::spawn(|| assert_eq!(message(), "")).join().expect("it is empty there");
        assert_eq!(message(), "ringmill_ring is NULL");
        assert_eq!(ringmill_channel_close(ptr::null_mut()), Status::InvalidArgument);
        assert_eq!(message(), "ringmill_channel is NULL");
    }
}
