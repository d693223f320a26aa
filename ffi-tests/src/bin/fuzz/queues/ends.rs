//! Putting in and taking out.

use std::ptr;

use ringmill::ffi::*;

use super::{ABSENT, BAD, NOTHING, Of, Queues, REFUSED, Value, check, keep, one_of};
use crate::arguments::Rng;
use crate::count::Counts;

/// A message, of bytes that are alike.
fn message(
    rng: &mut Rng,
    payload: &[u8],
    headers: &[ringmill_header; 2],
    id: &[u8],
) -> ringmill_message {
    // SAFETY: zeros are a message.
    let mut message: ringmill_message = unsafe { std::mem::zeroed() };
    let len = rng.below(payload.len());
    message.payload = payload.as_ptr().cast();
    message.payload_len = rng.mostly(len, &[usize::MAX, 17 << 20]);
    let key = rng.below(4);
    if key > 0 {
        message.key = payload.as_ptr().cast();
        message.key_len = rng.mostly(key * 11, &[0, usize::MAX]);
    }
    if rng.one_in(3) {
        message.headers = headers.as_ptr();
        message.headers_count = {
            let right = rng_below(rng, 3);
            rng.mostly(right, &[usize::MAX])
        };
    }
    if rng.one_in(4) {
        message.delay_ns = {
            let right = rng_below(rng, 5_000_000) as i64;
            rng.mostly(right, &[i64::MIN, i64::MAX, -1])
        };
    } else if rng.one_in(8) {
        message.due_at_ns = rng.pick(&[1, -1, i64::MAX, 1_000_000_000_000_000_000]);
    }
    if rng.one_in(16) {
        message.ttl_ns = rng.pick(&[1_000_000, 50_000, -1, i64::MAX]);
    }
    if rng.one_in(12) {
        message.dedup_id = id.as_ptr().cast();
        message.dedup_id_len = rng.below(id.len());
    }
    message.priority = rng.pick(&[0, 0, 0, 0, 0, 0, 0, 16, 24, 31, 32, 33]);
    message.flags = u32::from(rng.one_in(64));
    message
}

fn rng_below(rng: &mut Rng, bound: usize) -> usize {
    rng.below(bound)
}

pub(super) fn put(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    let Of { handle, queue } = queues.pick(rng, &queues.producers);
    let long = if rng.one_in(16) { 3_000 } else { 90 };
    let payload = vec![rng.below(4) as u8; long];
    let name: *const std::ffi::c_void = payload.as_ptr().cast();
    let headers = [ringmill_header { name, name_len: 1, value: name, value_len: 9 }; 2];
    let id = rng.next().to_le_bytes();
    let id = &id[..4];
    let what = message(rng, &payload, &headers, id);
    // SAFETY: handles are NULL, alive or known to be freed; messages are as long as they say, or
    // longer than is accepted.
    unsafe {
        let mut out: ringmill_enqueued = std::mem::zeroed();
        match rng.below(8) {
            0..3 => {
                let status = ringmill_enqueue(handle, &raw const what, &raw mut out);
                counts.status("ringmill_enqueue", status, REFUSED);
            }
            3 | 4 => {
                let timeout = rng.timeout(false);
                let status =
                    ringmill_enqueue_timeout(handle, &raw const what, timeout, &raw mut out);
                counts.status("ringmill_enqueue_timeout", status, REFUSED);
            }
            5 => {
                let what: Vec<_> =
                    (0..rng.below(40)).map(|_| message(rng, &payload, &headers, id)).collect();
                let mut accepted = usize::MAX;
                let count = rng.mostly(what.len(), &[usize::MAX]);
                let timeout = rng.timeout(false);
                let out = &raw mut accepted;
                let status = ringmill_enqueue_batch(handle, what.as_ptr(), count, timeout, out);
                let all = counts.status("ringmill_enqueue_batch", status, REFUSED);
                assert!(accepted <= what.len() && (!all || accepted == what.len()));
            }
            6 => {
                let mut slot: ringmill_slot = std::mem::zeroed();
                let len = {
                    let right = rng_below(rng, 200);
                    rng.mostly(right, &[usize::MAX])
                };
                let about = rng.pick(&[ptr::null(), &raw const what]);
                let status = ringmill_reserve(handle, len, about, &raw mut slot);
                if counts.status("ringmill_reserve", status, REFUSED) {
                    slot.data.cast::<u8>().write_bytes(payload[0], len);
                    keep_slot(queues, rng, slot, handle.addr());
                } else {
                    assert!(slot.data.is_null());
                }
            }
            _ => {
                let mut slots = queues.slots.lock().expect("no thread has panicked");
                if slots.is_empty() {
                    return;
                }
                let at = rng.below(slots.len());
                let (slot, by) = slots[at];
                let right = queues.producers.iter().find(|of| of.handle.addr() == by);
                let Some(right) = right.filter(|_| !rng.one_in(16)) else { return };
                let mut slot = slot.0;
                slot.token = rng.mostly(slot.token, &[0, u64::MAX]);
                let name = if rng.one_in(2) { "ringmill_commit" } else { "ringmill_cancel" };
                let status = if name == "ringmill_commit" {
                    ringmill_commit(right.handle, &raw const slot, &raw mut out)
                } else {
                    ringmill_cancel(right.handle, &raw const slot)
                };
                // Kept now and then, to be used again.
                if counts.status(name, status, REFUSED) && !rng.one_in(4) {
                    slots.swap_remove(at);
                }
            }
        }
        if out.accepted {
            keep(&queues.known, (out.handle, out.id, queue), rng);
        }
    }
}

fn keep_slot(queues: &Queues, rng: &mut Rng, slot: ringmill_slot, by: usize) {
    let mut slots = queues.slots.lock().expect("no thread has panicked");
    let few = slots.len() < 8;
    if few {
        slots.push((Value(slot), by));
    } else {
        // The one that gives way stays open until its producer goes.
        let at = rng.below(slots.len());
        slots[at] = (Value(slot), by);
    }
}

/// A handler that answers something.
unsafe extern "C" fn handler(
    user: *mut std::ffi::c_void,
    delivery: *const ringmill_delivery,
) -> u32 {
    // SAFETY: the delivery lives as long as the call, and `user` is what `take` gives.
    unsafe {
        check((*delivery).payload, (*delivery).payload_len);
        let answer = *user.cast::<u32>();
        *user.cast::<u32>() = answer % 5 + 1;
        answer
    }
}

pub(super) fn take(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    let Of { handle, queue } = queues.pick(rng, &queues.consumers);
    // SAFETY: handles are NULL, alive or known to be freed; there is room for what is taken.
    unsafe {
        let mut out: ringmill_delivery = std::mem::zeroed();
        let timeout = rng.timeout(false);
        let one = match rng.below(8) {
            0..3 => {
                let status = ringmill_dequeue(handle, timeout, &raw mut out);
                counts.status("ringmill_dequeue", status, NOTHING)
            }
            3 => {
                let mut fd = 7;
                let status = ringmill_queue_consumer_fd(handle, &raw mut fd);
                counts.status("ringmill_queue_consumer_fd", status, NOTHING);
                let status = ringmill_dequeue_or_arm(handle, &raw mut out);
                counts.status("ringmill_dequeue_or_arm", status, NOTHING)
            }
            4 if rng.one_in(2) => {
                let Some((message, of)) = one_of(&queues.aside, rng) else { return };
                let Of { handle, queue } = queues.pick_of(rng, &queues.consumers, of);
                let status = ringmill_take(handle, &raw const message, &raw mut out);
                if counts.status("ringmill_take", status, ABSENT) {
                    hold(queues, rng, out, queue);
                }
                false
            }
            4 | 5 => {
                let mut room = vec![out; 8];
                let max = {
                    let right = rng_below(rng, 9);
                    rng.mostly(right, &[usize::MAX])
                };
                let mut taken = usize::MAX;
                let min = rng.count(4);
                let (to, number) = (room.as_mut_ptr(), &raw mut taken);
                let status = ringmill_dequeue_batch(handle, min, max, timeout, to, number);
                let ok = counts.status("ringmill_dequeue_batch", status, NOTHING);
                assert!(taken <= 8 && (ok || taken == 0));
                for delivery in &room[..taken] {
                    hold(queues, rng, *delivery, queue);
                }
                false
            }
            6 => {
                let mut answer = rng.below(6) as u32;
                // Kept by the handler alone: lost, so not 0.
                answer = answer.max(1);
                let mut handled = usize::MAX;
                let (user, out) = ((&raw mut answer).cast(), &raw mut handled);
                let max = rng.below(6) + 1;
                let status = ringmill_consume(handle, Some(handler), user, max, 0, out);
                let ok = counts.status("ringmill_consume", status, NOTHING);
                assert!(handled <= max && (!ok || handled == max));
                false
            }
            _ => {
                let engine = queues.engine(rng);
                let right = rng.pick(&[1_000, 10_000, 100_000, 400_000, 2_000_000]);
                let by = rng.mostly(right, &[-1, i64::MIN]);
                counts.status("ringmill_engine_advance", ringmill_engine_advance(engine, by), BAD);
                let mut next = -1;
                let status = ringmill_engine_tick(engine, &raw mut next);
                counts.status("ringmill_engine_tick", status, BAD);
                assert!((0..=60_000_000_000).contains(&next));
                if rng.one_in(4) {
                    let by = rng.pick(&[1, -1, i64::MIN]);
                    let status = ringmill_engine_step_wall(engine, by);
                    counts.status("ringmill_engine_step_wall", status, BAD);
                }
                counts.note("ringmill_engine_now", ringmill_engine_now(engine) > 0);
                counts.note("ringmill_engine_wall", ringmill_engine_wall(engine) != 0);
                false
            }
        };
        if one {
            hold(queues, rng, out, queue);
        }
    }
}

/// Keeps a delivery; too many of them go.
fn hold(queues: &Queues, rng: &mut Rng, delivery: ringmill_delivery, queue: u64) {
    check(delivery.payload, delivery.payload_len);
    let mut held = queues.held.lock().expect("no thread has panicked");
    held.push((Value(delivery), queue));
    if held.len() > 24 {
        let at = rng.below(held.len());
        let (delivery, queue) = held.swap_remove(at);
        drop(held);
        if let Some(of) = queues.consumers.iter().find(|of| of.queue == queue) {
            // SAFETY: it is alive.
            unsafe { ringmill_let_go(of.handle, &raw const delivery.0) };
        }
    }
}
