//! Channels and pollables.

use std::mem::zeroed;
use std::ptr;

use ringmill::ffi::ringmill_status as Status;
use ringmill::ffi::*;

use crate::arguments::Rng;
use crate::buffer::{Buffer, MOST};
use crate::count::Counts;
use crate::world::{self, Kept, World};

pub(crate) fn make_or_free(world: &mut World, rng: &mut Rng, counts: &mut Counts) {
    // SAFETY: pointers are NULL or right, nobody else is here.
    unsafe {
        match rng.below(6) {
            0 | 1 => make(world, rng, counts),
            2 => free(&mut world.channels, &mut world.stale, rng, |handle| {
                ringmill_channel_free(handle);
                counts.note("ringmill_channel_free", !handle.is_null());
            }),
            3 | 4 if world.pollables.len() < world::MOST => {
                let of = world.handle(rng, &world.channels);
                let mut handle = ptr::without_provenance_mut(1);
                let status = ringmill_pollable_new(of.handle, &raw mut handle);
                let wrong = &[Status::InvalidArgument, Status::StaleHandle];
                let made = counts.status("ringmill_pollable_new", status, wrong);
                assert_eq!(made, !handle.is_null());
                if made {
                    world.pollables.push(Kept { handle, size: of.size, capacity: of.capacity });
                }
            }
            _ => free(&mut world.pollables, &mut world.stale, rng, |handle| {
                ringmill_pollable_free(handle);
                counts.note("ringmill_pollable_free", !handle.is_null());
            }),
        }
    }
}

/// Frees one of these, or NULL.
pub(crate) fn free<T>(
    handles: &mut Vec<Kept<T>>,
    stale: &mut usize,
    rng: &mut Rng,
    free: impl FnOnce(*mut T),
) {
    if handles.is_empty() || rng.one_in(16) {
        return free(ptr::null_mut());
    }
    let handle = handles.swap_remove(rng.below(handles.len())).handle;
    free(handle);
    *stale = handle.addr();
}

unsafe fn make(world: &mut World, rng: &mut Rng, counts: &mut Counts) {
    if world.channels.len() >= world::MOST {
        return;
    }
    // SAFETY: the options can be written and read.
    unsafe {
        let mut options: ringmill_channel_options = zeroed();
        let size = rng.mostly(size_of::<ringmill_channel_options>(), &[0, 1, usize::MAX]);
        let status = ringmill_channel_options_init(size, &raw mut options);
        let name = "ringmill_channel_options_init";
        if !counts.status(name, status, &[Status::InvalidArgument]) {
            return;
        }
        options.elem_size = rng.elem_size();
        options.capacity = rng.capacity();
        options.wait = rng.small_enum(3);
        options.flags = rng.small_enum(2);
        let mut handle = ptr::without_provenance_mut(1);
        let status = ringmill_channel_new(&raw const options, &raw mut handle);
        let wrong = &[Status::InvalidArgument, Status::Capacity, Status::OutOfMemory];
        let made = counts.status("ringmill_channel_new", status, wrong);
        assert_eq!(made, !handle.is_null());
        if made {
            let kept = Kept { handle, size: options.elem_size, capacity: options.capacity };
            world.channels.push(kept);
        }
    }
}

pub(crate) fn call(world: &World, rng: &mut Rng, counts: &mut Counts) {
    let Kept { handle, size, capacity } = world.handle(rng, &world.channels);
    let alive = world.channels.iter().any(|kept| kept.handle == handle);
    let wrong = [Status::InvalidArgument, Status::StaleHandle, Status::Closed];
    let [bad, stale, closed] = wrong;
    let sending = &[bad, stale, closed, Status::Full, Status::TimedOut];
    let receiving = &[bad, stale, closed, Status::Empty, Status::TimedOut];
    let count = rng.count(MOST);
    // SAFETY: handles are NULL, alive or known to be freed; buffers are as long as their counts, or
    // the count is one that is refused.
    unsafe {
        let returns = ringmill_channel_is_closed(handle);
        let timeout = rng.timeout(returns);
        match rng.below(12) {
            0 => {
                let mut buffer = Buffer::filled(rng, size, 1);
                let status = ringmill_channel_try_send(handle, buffer.pointer(rng));
                counts.status("ringmill_channel_try_send", status, &sending[..4]);
            }
            1 => {
                let mut buffer = Buffer::new(rng, size);
                let status = ringmill_channel_try_recv(handle, buffer.pointer(rng));
                let ok = counts.status("ringmill_channel_try_recv", status, &receiving[..4]);
                buffer.check(usize::from(ok), true);
            }
            2 => {
                let mut buffer = Buffer::filled(rng, size, 1);
                let status = ringmill_channel_send(handle, buffer.pointer(rng), timeout);
                counts.status("ringmill_channel_send", status, sending);
            }
            3 => {
                let mut buffer = Buffer::new(rng, size);
                let status = ringmill_channel_recv(handle, timeout, buffer.pointer(rng));
                let ok = counts.status("ringmill_channel_recv", status, receiving);
                buffer.check(usize::from(ok), true);
            }
            4 | 5 => {
                let mut buffer = Buffer::filled(rng, size, count);
                let mut sent = usize::MAX;
                let elems = buffer.pointer(rng);
                let out = &raw mut sent;
                let status = ringmill_channel_send_batch(handle, elems, count, timeout, out);
                let ok = counts.status("ringmill_channel_send_batch", status, sending);
                assert!(if ok { sent == count } else { sent < count || count == 0 });
            }
            6 | 7 => {
                let mut buffer = Buffer::new(rng, size);
                let mut received = usize::MAX;
                let (min, elems) = (rng.count(4), buffer.pointer(rng));
                let out = &raw mut received;
                let status = ringmill_channel_recv_batch(handle, min, count, timeout, elems, out);
                let ok = counts.status("ringmill_channel_recv_batch", status, receiving);
                assert!(if ok { received > 0 || count == 0 } else { received == 0 });
                buffer.check(received, true);
            }
            8 if rng.one_in(16) => {
                let status = ringmill_channel_close(handle);
                counts.status("ringmill_channel_close", status, &wrong);
            }
            8 => counts.note("ringmill_channel_is_closed", alive),
            9 => {
                assert!(ringmill_channel_len(handle) <= capacity);
                counts.note("ringmill_channel_len", alive);
                assert_eq!(ringmill_channel_capacity(handle), capacity);
                counts.note("ringmill_channel_capacity", alive);
            }
            10 => {
                let handle = world.handle(rng, &world.pollables).handle;
                let alive = world.pollables.iter().any(|kept| kept.handle == handle);
                assert_eq!(ringmill_pollable_fd(handle) >= 0, alive);
                counts.note("ringmill_pollable_fd", alive);
            }
            _ => {
                let Kept { handle, size, .. } = world.handle(rng, &world.pollables);
                let mut buffer = Buffer::new(rng, size);
                let status = ringmill_pollable_recv_or_arm(handle, buffer.pointer(rng));
                let wrong = &[bad, stale, closed, Status::Empty, Status::Busy];
                let ok = counts.status("ringmill_pollable_recv_or_arm", status, wrong);
                buffer.check(usize::from(ok), true);
            }
        }
    }
}
