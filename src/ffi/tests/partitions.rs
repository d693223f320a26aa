//! Partitions, their producers, consumers and groups.

use std::sync::Barrier;
use std::thread;
use std::vec::Vec;

use super::*;
use crate::partition::{hash_of, partition_of};

fn new_partitions(partitions: usize, capacity: usize) -> *mut ringmill_partitions {
    // SAFETY: there is room for them.
    let (status, options) = written(|out| unsafe {
        ringmill_partitions_options_init(size_of::<ringmill_partitions_options>(), out)
    });
    assert_eq!(status, Status::Ok);
    let options = ringmill_partitions_options { elem_size: 8, partitions, capacity, ..options };
    // SAFETY: the options can be read.
    let (status, made) = written(|out| unsafe { ringmill_partitions_new(&raw const options, out) });
    assert_eq!(status, Status::Ok, "{}", message());
    made
}

/// # Safety
///
/// The handle is alive.
unsafe fn producer_of(partitions: *mut ringmill_partitions) -> *mut ringmill_producer {
    // SAFETY: by the caller.
    let (status, producer) = written(|out| unsafe { ringmill_producer_new(partitions, out) });
    assert_eq!(status, Status::Ok);
    producer
}

/// # Safety
///
/// The handle is alive.
unsafe fn consumer_of(
    partitions: *mut ringmill_partitions,
    set: &[usize],
) -> (Status, *mut ringmill_consumer) {
    // SAFETY: by the caller.
    written(|out| unsafe { ringmill_consumer_new(partitions, set.as_ptr(), set.len(), out) })
}

/// # Safety
///
/// The handle is alive.
unsafe fn pop(consumer: *mut ringmill_consumer) -> Result<(u64, usize), Status> {
    let mut out = 0_u64;
    // SAFETY: by the caller.
    let (status, from) =
        written(|from| unsafe { ringmill_consumer_pop(consumer, 0, place(&mut out), from) });
    if status == Status::Ok { Ok((out, from)) } else { Err(status) }
}

#[test]
fn keys_go_where_rust_sends_them() {
    let partitions = new_partitions(7, 64);
    // SAFETY: all handles are alive until they are freed.
    unsafe {
        let producer = producer_of(partitions);
        for key in 0..50_u64 {
            let name = key.to_le_bytes();
            let hash = ringmill_hash(bytes(&name), 8);
            assert_eq!(hash, hash_of(&name));
            let (status, partition) = written(|out| {
                ringmill_producer_push_key(producer, bytes(&name), 8, bytes(&key), 0, out)
            });
            assert_eq!((status, partition), (Status::Ok, partition_of(hash, 7)));
            assert_eq!(ringmill_partition_of(hash, 7), partition);
        }
        assert_eq!(ringmill_hash(ptr::null(), 5), hash_of(&[]));
        assert_eq!(ringmill_hash(ptr::null(), 0), hash_of(&[]));
        assert_eq!(ringmill_partition_of(u64::MAX, 0), 0);
        let key = ptr::null();
        let nowhere = ptr::null_mut();
        assert_eq!(
            ringmill_producer_push_key(producer, key, 1, bytes(&0_u64), 0, nowhere),
            Status::InvalidArgument
        );
        assert_eq!(
            ringmill_producer_push_key(producer, key, 0, bytes(&0_u64), 0, nowhere),
            Status::Ok
        );
        ringmill_producer_free(producer);
        ringmill_partitions_free(partitions);
    }
}

#[test]
fn a_consumer_takes_from_its_own_partitions_in_their_order() {
    let partitions = new_partitions(3, 4);
    // SAFETY: all handles are alive until they are freed.
    unsafe {
        let producer = producer_of(partitions);
        assert_eq!(consumer_of(partitions, &[0, 3]).0, Status::NoSuchPartition);
        assert_eq!(consumer_of(partitions, &[1, 1]).0, Status::PartitionTwice);
        assert_eq!(consumer_of(partitions, &[]).0, Status::NoPartitions);
        assert_eq!(consumer_of(partitions, &[0, 1, 2, 0]).0, Status::PartitionTwice);
        let wild = written(|out| ringmill_consumer_new(partitions, ptr::null(), 1, out));
        assert_eq!(wild, (Status::InvalidArgument, ptr::null_mut()));
        let (_, some) = consumer_of(partitions, &[2, 0]);
        let (status, all) = written(|out| ringmill_consumer_new(partitions, ptr::null(), 0, out));
        assert_eq!(status, Status::Ok);

        let numbers = [1_u64, 2, 3, 4, 5];
        let push = |partition, count| {
            written(|n| {
                ringmill_producer_push_batch(producer, partition, bytes(&numbers), count, 0, n)
            })
        };
        assert_eq!(push(2, 5), (Status::Full, 4));
        assert_eq!(push(1, 2), (Status::Ok, 2));
        assert_eq!(push(3, 2), (Status::NoSuchPartition, 0));
        assert_eq!(push(1, usize::MAX), (Status::InvalidArgument, 0));
        assert_eq!(push(2, 0), (Status::Ok, 0));
        assert_eq!(ringmill_producer_push_to(producer, 2, bytes(&9_u64), 1), Status::TimedOut);
        let len_of = |partition| written(|n| ringmill_partitions_len_of(partitions, partition, n));
        assert_eq!((len_of(2), len_of(3)), ((Status::Ok, 4), (Status::NoSuchPartition, 0)));

        assert_eq!([pop(some), pop(some)], [Ok((1, 2)), Ok((2, 2))]);
        let (mut out, mut from) = ([0_u64; 9], 0);
        let (status, n) =
            written(|n| ringmill_consumer_pop_batch(some, 9, 1, place(&mut out), &raw mut from, n));
        assert_eq!((status, n, from, &out[..2]), (Status::Ok, 2, 2, &[3, 4][..]));
        assert_eq!(pop(some), Err(Status::Empty));
        assert_eq!(pop(all), Ok((1, 1)));
        assert_eq!(ringmill_partitions_close(partitions), Status::Ok);
        assert_eq!(ringmill_partitions_close(partitions), Status::Closed);
        assert_eq!(ringmill_producer_push_to(producer, 0, bytes(&9_u64), 1), Status::Closed);
        assert_eq!(pop(some), Err(Status::Closed));
        assert_eq!([pop(all), pop(all)], [Ok((2, 1)), Err(Status::Closed)]);
        // In any order.
        ringmill_partitions_free(partitions);
        ringmill_consumer_free(all);
        ringmill_producer_free(producer);
        ringmill_consumer_free(some);
    }
}

#[test]
fn the_last_producer_to_go_closes() {
    let partitions = new_partitions(2, 4);
    // SAFETY: all handles are alive until they are freed.
    unsafe {
        let (producer, other) = (producer_of(partitions), producer_of(partitions));
        let (_, consumer) = consumer_of(partitions, &[0, 1]);
        assert_eq!(ringmill_producer_push_to(producer, 1, bytes(&1_u64), 0), Status::Ok);
        ringmill_partitions_free(partitions);
        ringmill_producer_free(producer);
        assert_eq!([pop(consumer), pop(consumer)], [Ok((1, 1)), Err(Status::Empty)]);
        ringmill_producer_free(other);
        assert_eq!(pop(consumer), Err(Status::Closed));
        ringmill_consumer_free(consumer);
    }
}

#[test]
fn members_of_a_group_share_and_hand_over() {
    let partitions = new_partitions(4, 8);
    // SAFETY: all handles are alive until they are freed.
    unsafe {
        let producer = producer_of(partitions);
        let (_, group) = written(|out| ringmill_group_new(partitions, out));
        let join = || written(|out| ringmill_group_join(group, out)).1;
        let first = join();
        for partition in 0..4 {
            for number in [1_u64, 2] {
                let status = ringmill_producer_push_to(producer, partition, bytes(&number), 0);
                assert_eq!(status, Status::Ok);
            }
        }
        let second = join();
        ringmill_group_free(group);
        assert_eq!(pop(second), Err(Status::Empty), "the first has yet to hand over");
        assert!(pop(first).is_ok());
        let mut taken: Vec<(u64, usize)> = Vec::new();
        taken.extend(core::iter::from_fn(|| pop(second).ok()));
        assert_eq!(taken.len(), 4);
        ringmill_consumer_free(second);
        taken.extend(core::iter::from_fn(|| pop(first).ok()));
        assert_eq!(taken.len(), 7);
        ringmill_consumer_free(first);
        ringmill_producer_free(producer);
        ringmill_partitions_free(partitions);
    }
}

#[test]
fn a_second_thread_in_a_consumer_is_turned_away() {
    struct Shared(*mut ringmill_consumer);
    // SAFETY: the functions may be called from any thread.
    unsafe impl Sync for Shared {}
    let partitions = new_partitions(1, 4);
    // SAFETY: all handles are alive until they are freed.
    unsafe {
        let (_, consumer) = consumer_of(partitions, &[0]);
        let (shared, both) = (Shared(consumer), Barrier::new(2));
        let statuses = thread::scope(|scope| {
            let wait = || {
                let Shared(consumer) = &shared;
                both.wait();
                let mut out = 0_u64;
                let nowhere = ptr::null_mut();
                ringmill_consumer_pop(*consumer, RINGMILL_FOREVER, place(&mut out), nowhere)
            };
            let threads = [scope.spawn(wait), scope.spawn(wait)];
            // One of them is in, and stays until this; the other one has been turned away.
            while threads.iter().all(|thread| !thread.is_finished()) {
                thread::yield_now();
            }
            assert_eq!(ringmill_partitions_close(partitions), Status::Ok);
            threads.map(|thread| thread.join().expect("it returns"))
        });
        assert!(statuses.contains(&Status::Busy) && statuses.contains(&Status::Closed));
        ringmill_consumer_free(consumer);
        ringmill_partitions_free(partitions);
    }
}
