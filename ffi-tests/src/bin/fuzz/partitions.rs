//! Partitions, their producers, consumers and groups.

use std::mem::zeroed;
use std::ptr;

use ringmill::ffi::ringmill_status as Status;
use ringmill::ffi::*;

use crate::arguments::Rng;
use crate::buffer::{Buffer, MOST};
use crate::channels::free;
use crate::count::Counts;
use crate::world::{self, Kept, World};

const WRONG: &[Status] = &[Status::InvalidArgument, Status::StaleHandle];

pub(crate) fn make_or_free(world: &mut World, rng: &mut Rng, counts: &mut Counts) {
    let World { partitions, producers, consumers, groups, stale, .. } = world;
    // SAFETY: pointers are NULL or right, nobody else is here.
    unsafe {
        match rng.below(12) {
            0 => free(partitions, stale, rng, |handle| {
                ringmill_partitions_free(handle);
                counts.note("ringmill_partitions_free", !handle.is_null());
            }),
            1 => free(producers, stale, rng, |handle| {
                ringmill_producer_free(handle);
                counts.note("ringmill_producer_free", !handle.is_null());
            }),
            2 => free(consumers, stale, rng, |handle| {
                ringmill_consumer_free(handle);
                counts.note("ringmill_consumer_free", !handle.is_null());
            }),
            3 => free(groups, stale, rng, |handle| {
                ringmill_group_free(handle);
                counts.note("ringmill_group_free", !handle.is_null());
            }),
            4..6 => make(world, rng, counts),
            6..8 => {
                let of = world.handle(rng, &world.partitions);
                let mut handle = ptr::without_provenance_mut(1);
                let status = ringmill_producer_new(of.handle, &raw mut handle);
                let made = counts.status("ringmill_producer_new", status, WRONG);
                keep(&mut world.producers, of, handle, made);
            }
            8..10 => {
                let of = world.handle(rng, &world.partitions);
                let set: Vec<usize> = (0..rng.below(3)).map(|_| rng.below(5)).collect();
                let pointer = if rng.one_in(2) { ptr::null() } else { set.as_ptr() };
                let len =
                    if pointer.is_null() { rng.mostly(0, &[1, usize::MAX]) } else { set.len() };
                let mut handle = ptr::without_provenance_mut(1);
                let status = ringmill_consumer_new(of.handle, pointer, len, &raw mut handle);
                let [bad, stale] = [WRONG[0], WRONG[1]];
                let (none, no_such) = (Status::NoPartitions, Status::NoSuchPartition);
                let wrong = &[bad, stale, none, no_such, Status::PartitionTwice];
                let made = counts.status("ringmill_consumer_new", status, wrong);
                keep(&mut world.consumers, of, handle, made);
            }
            10 => {
                let of = world.handle(rng, &world.partitions);
                let mut handle = ptr::without_provenance_mut(1);
                let status = ringmill_group_new(of.handle, &raw mut handle);
                let made = counts.status("ringmill_group_new", status, WRONG);
                keep(&mut world.groups, of, handle, made);
            }
            _ => {
                let of = world.handle(rng, &world.groups);
                let mut handle = ptr::without_provenance_mut(1);
                let status = ringmill_group_join(of.handle, &raw mut handle);
                let made = counts.status("ringmill_group_join", status, WRONG);
                keep(&mut world.consumers, of, handle, made);
            }
        }
        // Not more than a few, or they would hold the queues open for ever.
        while world.consumers.len() > 2 * world::MOST {
            ringmill_consumer_free(world.consumers.swap_remove(0).handle);
            counts.note("ringmill_consumer_free", true);
        }
        while world.producers.len() > world::MOST {
            ringmill_producer_free(world.producers.swap_remove(0).handle);
            counts.note("ringmill_producer_free", true);
        }
        while world.groups.len() > world::MOST {
            ringmill_group_free(world.groups.swap_remove(0).handle);
            counts.note("ringmill_group_free", true);
        }
    }
}

fn keep<S, T>(handles: &mut Vec<Kept<T>>, of: Kept<S>, handle: *mut T, made: bool) {
    assert_eq!(made, !handle.is_null());
    if made {
        handles.push(Kept { handle, size: of.size, capacity: of.capacity });
    }
}

unsafe fn make(world: &mut World, rng: &mut Rng, counts: &mut Counts) {
    if world.partitions.len() >= world::MOST {
        return;
    }
    // SAFETY: the options can be written and read.
    unsafe {
        let mut options: ringmill_partitions_options = zeroed();
        let size = rng.mostly(size_of::<ringmill_partitions_options>(), &[0, 1, usize::MAX]);
        let status = ringmill_partitions_options_init(size, &raw mut options);
        let name = "ringmill_partitions_options_init";
        if !counts.status(name, status, &[Status::InvalidArgument]) {
            return;
        }
        options.elem_size = rng.elem_size();
        options.capacity = rng.capacity();
        let right = rng.pick(&[1, 2, 3, 5, 65]);
        options.partitions = rng.mostly(right, &[0, RINGMILL_PARTITIONS_MAX + 1, usize::MAX]);
        options.wait = rng.small_enum(3);
        options.flags = rng.small_enum(2);
        let mut handle = ptr::without_provenance_mut(1);
        let status = ringmill_partitions_new(&raw const options, &raw mut handle);
        let (bad, no_memory) = (Status::InvalidArgument, Status::OutOfMemory);
        let wrong = &[bad, Status::Capacity, no_memory, Status::PartitionCount];
        let made = counts.status("ringmill_partitions_new", status, wrong);
        let of = Kept { handle, size: options.elem_size, capacity: options.capacity };
        keep(&mut world.partitions, of, handle, made);
    }
}

pub(crate) fn call(world: &World, rng: &mut Rng, counts: &mut Counts) {
    match rng.below(12) {
        0..5 => push(world, rng, counts),
        5..10 => pop(world, rng, counts),
        _ => ask(world, rng, counts),
    }
}

fn push(world: &World, rng: &mut Rng, counts: &mut Counts) {
    let Kept { handle, size, .. } = world.handle(rng, &world.producers);
    let [bad, stale] = [WRONG[0], WRONG[1]];
    let (full, no_such) = (Status::Full, Status::NoSuchPartition);
    let wrong = &[bad, stale, full, Status::TimedOut, Status::Closed, no_such];
    let timeout = rng.timeout(false);
    let partition = rng.mostly(0, &[1, 2, 3, 64, usize::MAX]);
    // SAFETY: handles are NULL, alive or known to be freed; buffers are as long as their counts, or
    // the count is one that is refused.
    unsafe {
        match rng.below(3) {
            0 => {
                let mut buffer = Buffer::filled(rng, size, 1);
                let key = rng.next().to_le_bytes();
                let key_len = rng.below(9);
                let null = rng.one_in(16);
                let key = if null { ptr::null() } else { key.as_ptr().cast() };
                let key_len = if null { rng.pick(&[0, 1, usize::MAX]) } else { key_len };
                let mut to = usize::MAX;
                let out = if rng.one_in(4) { ptr::null_mut() } else { &raw mut to };
                let elem = buffer.pointer(rng);
                let status = ringmill_producer_push_key(handle, key, key_len, elem, timeout, out);
                counts.status("ringmill_producer_push_key", status, &wrong[..5]);
                assert!(out.is_null() || to < 65);
            }
            1 => {
                let mut buffer = Buffer::filled(rng, size, 1);
                let elem = buffer.pointer(rng);
                let status = ringmill_producer_push_to(handle, partition, elem, timeout);
                counts.status("ringmill_producer_push_to", status, wrong);
            }
            _ => {
                let count = rng.count(MOST);
                let mut buffer = Buffer::filled(rng, size, count);
                let mut pushed = usize::MAX;
                let (elems, out) = (buffer.pointer(rng), &raw mut pushed);
                let status =
                    ringmill_producer_push_batch(handle, partition, elems, count, timeout, out);
                let ok = counts.status("ringmill_producer_push_batch", status, wrong);
                assert!(if ok { pushed == count } else { pushed < count || count == 0 });
            }
        }
    }
}

fn pop(world: &World, rng: &mut Rng, counts: &mut Counts) {
    let Kept { handle, size, .. } = world.handle(rng, &world.consumers);
    let [bad, stale] = [WRONG[0], WRONG[1]];
    let wrong = &[bad, stale, Status::Empty, Status::TimedOut, Status::Closed, Status::Busy];
    let timeout = rng.timeout(false);
    let mut from = usize::MAX;
    let out_from = if rng.one_in(4) { ptr::null_mut() } else { &raw mut from };
    let mut buffer = Buffer::new(rng, size);
    // SAFETY: as above.
    unsafe {
        if rng.one_in(2) {
            let status = ringmill_consumer_pop(handle, timeout, buffer.pointer(rng), out_from);
            let ok = counts.status("ringmill_consumer_pop", status, wrong);
            buffer.check(usize::from(ok), true);
        } else {
            let max = rng.count(MOST);
            let mut popped = usize::MAX;
            let (elems, out) = (buffer.pointer(rng), &raw mut popped);
            let status = ringmill_consumer_pop_batch(handle, max, timeout, elems, out_from, out);
            let ok = counts.status("ringmill_consumer_pop_batch", status, wrong);
            assert!(if ok { popped > 0 || max == 0 } else { popped == 0 });
            buffer.check(popped, true);
        }
        assert!(out_from.is_null() || from < 65);
    }
}

fn ask(world: &World, rng: &mut Rng, counts: &mut Counts) {
    let Kept { handle, capacity, .. } = world.handle(rng, &world.partitions);
    let alive = world.partitions.iter().any(|kept| kept.handle == handle);
    // SAFETY: handles are NULL, alive or known to be freed.
    unsafe {
        match rng.below(6) {
            0 if rng.one_in(8) => {
                let status = ringmill_partitions_close(handle);
                let wrong = &[WRONG[0], WRONG[1], Status::Closed];
                counts.status("ringmill_partitions_close", status, wrong);
            }
            0 | 1 => {
                let closed = ringmill_partitions_is_closed(handle);
                assert!(closed || alive);
                counts.note("ringmill_partitions_is_closed", alive);
            }
            2 => {
                assert_eq!(ringmill_partitions_count(handle) > 0, alive);
                counts.note("ringmill_partitions_count", alive);
            }
            3 => {
                assert_eq!(ringmill_partitions_capacity(handle), capacity);
                counts.note("ringmill_partitions_capacity", alive);
            }
            _ => {
                let partition = rng.mostly(0, &[1, 5, usize::MAX]);
                let mut len = usize::MAX;
                let status = ringmill_partitions_len_of(handle, partition, &raw mut len);
                let wrong = &[WRONG[0], WRONG[1], Status::NoSuchPartition];
                counts.status("ringmill_partitions_len_of", status, wrong);
                assert!(len <= capacity);
            }
        }
    }
}
