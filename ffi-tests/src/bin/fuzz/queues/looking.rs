//! Looking at queues, and telling them what to do.

use std::ffi::c_void;
use std::ptr;

use ringmill::ffi::*;

use super::{ABSENT, BAD, GROUPS, Of, Queues, check, one_of};
use crate::arguments::Rng;
use crate::count::Counts;

/// A filter of which about half of the messages get through.
pub(super) unsafe extern "C" fn chooses(
    user: *mut c_void,
    message: *const ringmill_peeked,
) -> bool {
    assert_eq!(user.addr(), 7);
    // SAFETY: it lives as long as the call.
    unsafe {
        check((*message).payload, (*message).payload_len);
        (*message).id.offset & 1 == 0
    }
}

pub(super) fn look(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    let Of { handle, .. } = queues.pick(rng, &queues.browses);
    // SAFETY: handles are NULL, alive or known to be freed.
    unsafe {
        let len = ringmill_browse_len(handle);
        counts.note("ringmill_browse_len", len > 0);
        let at = {
            let right = rng_below(rng, len.max(1));
            rng.mostly(right, &[usize::MAX])
        };
        let mut peeked: ringmill_peeked = std::mem::zeroed();
        let status = ringmill_browse_at(handle, at, &raw mut peeked);
        if counts.status("ringmill_browse_at", status, ABSENT) {
            check(peeked.payload, peeked.payload_len);
            let mut header = std::mem::zeroed();
            let status = ringmill_browse_header(handle, at, 0, &raw mut header);
            counts.status("ringmill_browse_header", status, ABSENT);
            let mut death: ringmill_death = std::mem::zeroed();
            let status = ringmill_browse_death(handle, at, 0, &raw mut death);
            counts.status("ringmill_browse_death", status, ABSENT);
        }
        let Of { handle, .. } = queues.pick(rng, &queues.reports);
        let len = ringmill_close_report_len(handle);
        counts.note("ringmill_close_report_len", !handle.is_null());
        assert!(ringmill_close_report_delayed(handle) <= len);
        counts.note("ringmill_close_report_delayed", !handle.is_null());
        let mut message: ringmill_message = std::mem::zeroed();
        for at in 0..len + 1 {
            let status = ringmill_close_report_at(handle, at, &raw mut message);
            if counts.status("ringmill_close_report_at", status, ABSENT) {
                check(message.payload, message.payload_len);
            }
        }
        let Of { handle, .. } = queues.pick(rng, &queues.queues);
        let there = !handle.is_null();
        counts.note("ringmill_queue_len", ringmill_queue_len(handle) < 1_000_000 && there);
        counts.note("ringmill_queue_partitions", ringmill_queue_partitions(handle) > 0);
        counts.note("ringmill_queue_capacity", ringmill_queue_capacity(handle) > 0);
        _ = ringmill_queue_is_closed(handle);
        counts.note("ringmill_queue_is_closed", there);
        _ = ringmill_queue_is_paused(handle);
        counts.note("ringmill_queue_is_paused", there);
        let mut stats = ringmill_stats::default();
        let size = rng.mostly(size_of::<ringmill_stats>(), &[0, 1]);
        let status = ringmill_queue_stats(handle, size, &raw mut stats);
        counts.status("ringmill_queue_stats", status, BAD);
        let group = rng.pick(&GROUPS).as_ptr();
        let status = ringmill_queue_group_stats(handle, group, size, &raw mut stats);
        counts.status("ringmill_queue_group_stats", status, ABSENT);
        let mut latency = ringmill_latency::default();
        let status = ringmill_queue_latency(handle, &raw mut latency);
        counts.status("ringmill_queue_latency", status, ABSENT);
        let mut rates = ringmill_rates::default();
        let status = ringmill_queue_rates(handle, &raw mut rates);
        counts.status("ringmill_queue_rates", status, BAD);
    }
}

fn rng_below(rng: &mut Rng, bound: usize) -> usize {
    rng.below(bound)
}

pub(super) fn control(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    let Of { handle, .. } = queues.pick(rng, &queues.queues);
    let key = [0_u8; 44];
    let key = (key.as_ptr().cast(), rng.mostly(11, &[22, 0, usize::MAX]));
    // SAFETY: handles are NULL, alive or known to be freed.
    unsafe {
        match rng.below(14) {
            12 | 13 => unpark(queues, rng, counts),
            0 => {
                if rng.one_in(3) {
                    counts.status("ringmill_queue_pause", ringmill_queue_pause(handle), BAD);
                }
                let Of { handle, .. } = queues.pick(rng, &queues.queues);
                counts.status("ringmill_queue_resume", ringmill_queue_resume(handle), BAD);
            }
            1 => {
                let status = ringmill_queue_pause_key(handle, key.0, key.1);
                counts.status("ringmill_queue_pause_key", status, ABSENT);
                let status = ringmill_queue_resume_key(handle, key.0, key.1);
                counts.status("ringmill_queue_resume_key", status, ABSENT);
            }
            2 => unpark(queues, rng, counts),
            3 => {
                let mut options = std::mem::zeroed();
                let size = rng.mostly(size_of::<ringmill_redrive_options>(), &[0, 1]);
                let status = ringmill_redrive_options_init(size, &raw mut options);
                if !counts.status("ringmill_redrive_options_init", status, BAD) {
                    return;
                }
                options.filter = rng.pick(&[None, Some(chooses as _)]);
                options.user = ptr::without_provenance_mut(7);
                options.max = rng.below(4);
                options.dry_run = rng.one_in(4);
                let status = ringmill_queue_redrive(handle, &raw const options, ptr::null_mut());
                counts.status("ringmill_queue_redrive", status, BAD);
            }
            4 | 6 | 7 => {
                let name = rng.pick(&GROUPS[1..]).as_ptr();
                if rng.one_in(2) {
                    let status = ringmill_queue_create_group(handle, name);
                    counts.status("ringmill_queue_create_group", status, ABSENT);
                } else {
                    let status = ringmill_queue_remove_group(handle, name);
                    counts.status("ringmill_queue_remove_group", status, ABSENT);
                }
            }
            5 => {
                let user = ptr::without_provenance_mut(7);
                let filter = rng.pick(&[None, Some(chooses as _), Some(chooses as _)]);
                let mut purged = usize::MAX;
                let status = ringmill_queue_purge(handle, filter, user, &raw mut purged);
                counts.status("ringmill_queue_purge", status, BAD);
                assert!(purged < 1_000_000);
            }
            _ => {
                let Some((mut message, id, queue)) = one_of(&queues.known, rng) else { return };
                let of = queues.pick_of(rng, &queues.queues, queue).handle;
                let mut found = std::mem::zeroed();
                let status = ringmill_queue_lookup(of, id, &raw mut found);
                counts.status("ringmill_queue_lookup", status, ABSENT);
                message.partition = rng.mostly(message.partition, &[u32::MAX]);
                let delay = {
                    let right = rng.below_i64(3_000_000);
                    rng.mostly(right, &[-1, i64::MAX])
                };
                let it = &raw const message;
                let status = ringmill_queue_reschedule(of, it, delay);
                counts.status("ringmill_queue_reschedule", status, ABSENT);
                if rng.one_in(3) {
                    counts.status("ringmill_queue_cancel", ringmill_queue_cancel(of, it), ABSENT);
                }
            }
        }
    }
}

/// One of the keys that messages have.
fn unpark(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    for byte in 0..4 {
        for len in [11, 22, 33] {
            let key = [byte; 33];
            let Of { handle, .. } = queues.pick(rng, &queues.queues);
            let mut messages = usize::MAX;
            // SAFETY: handles are NULL, alive or known to be freed.
            let status = unsafe {
                ringmill_queue_unpark_key(handle, key.as_ptr().cast(), len, &raw mut messages)
            };
            counts.status("ringmill_queue_unpark_key", status, ABSENT);
        }
    }
}
