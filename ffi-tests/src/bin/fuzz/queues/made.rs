//! Handles that come and go, with nobody else there.

use std::ffi::c_void;
use std::mem::zeroed;
use std::ptr;

use ringmill::ffi::ringmill_status as Status;
use ringmill::ffi::*;

use super::{ABSENT, BAD, GROUPS, NAMES, Of, Queues};
use crate::arguments::Rng;
use crate::count::Counts;

/// As many of a kind.
const MOST: usize = 5;

/// Numbers for queues of all engines.
static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

pub(crate) fn make_or_free(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    if queues.engine.is_none() {
        engine(queues, rng, counts);
    }
    match rng.below(48) {
        0..12 => make(queues, rng, counts),
        12..28 => ends(queues, rng, counts),
        28..30 => free_an_end(queues, rng, counts),
        30..36 => free_lists(queues, rng, counts),
        36..42 => other_handles(queues, rng, counts),
        42 if rng.one_in(3) => end_of(queues, rng, counts),
        43 => tear_down(queues, rng, counts),
        _ => {}
    }
}

fn engine(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    // SAFETY: the options can be written and read.
    unsafe {
        let mut options: ringmill_engine_options = zeroed();
        let size = rng.mostly(size_of::<ringmill_engine_options>(), &[0, 1, usize::MAX]);
        let status = ringmill_engine_options_init(size, &raw mut options);
        if !counts.status("ringmill_engine_options_init", status, BAD) {
            return;
        }
        options.flags = rng.mostly(3, &[2, 8, u32::MAX]);
        let mut handle = ptr::without_provenance_mut(1);
        let status = ringmill_engine_new(&raw const options, &raw mut handle);
        if counts.status("ringmill_engine_new", status, BAD) {
            queues.engine = Some(Of { handle, queue: 0 });
        }
    }
}

unsafe extern "C" fn on_dead(
    user: *mut c_void,
    message: *const ringmill_message,
    death: *const ringmill_death,
) {
    assert_eq!(user.addr(), 7);
    // SAFETY: they live as long as the call.
    unsafe {
        super::check((*message).payload, (*message).payload_len);
        assert!((1..=6).contains(&(*death).reason));
    }
}

unsafe extern "C" fn release(user: *mut c_void) {
    assert_eq!(user.addr(), 7);
}

fn make(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    if queues.queues.len() >= MOST {
        return;
    }
    // SAFETY: the options can be written and read, the names live for ever.
    unsafe {
        let mut options: ringmill_queue_options = zeroed();
        let size = rng.mostly(size_of::<ringmill_queue_options>(), &[0, 1, usize::MAX]);
        let status = ringmill_queue_options_init(size, &raw mut options);
        if !counts.status("ringmill_queue_options_init", status, BAD) {
            return;
        }
        let groups = [c"one".as_ptr()];
        options.partitions = {
            let right = rng_pick(rng, &[0, 1, 3]);
            rng.mostly(right, &[usize::MAX])
        };
        options.capacity = {
            let right = rng_pick(rng, &[2, 7, 40, 200]);
            rng.mostly(right, &[usize::MAX])
        };
        options.max_bytes = rng_pick(rng, &[0, 0, 400]);
        options.inline_bytes = rng_pick(rng, &[0, 1, 200]);
        options.lease_ns = {
            let right = rng_pick(rng, &[0, 1_000_000, i64::MAX]);
            rng.mostly(right, &[-7, 1])
        };
        options.release_delay_ns = rng_pick(rng, &[0, -1, 5_000]);
        options.retry_max = {
            let right = rng_pick(rng, &[0, -1, 1]);
            rng.mostly(right, &[-9, 999])
        };
        options.retry_backoff = rng.small_enum(3);
        options.retry_first_ns = rng_pick(rng, &[-1, 1_000]);
        options.retry_jitter = rng.small_enum(3);
        options.max_deliveries = {
            let right = rng_pick(rng, &[0, 3]);
            rng.mostly(right, &[255])
        };
        options.overflow = rng.small_enum(4);
        options.overflow_timeout_ns = 1_000;
        options.order = rng_pick(rng, &[0, 1, 1, 2]);
        options.levels = rng_pick(rng, &[0, 0, 1 << 16 | 1 << 24]);
        options.flags = {
            let right = rng_pick(rng, &[0, 1, 12, 13]);
            rng.mostly(right, &[1 << 30])
        };
        options.max_waiting_per_key = rng_pick(rng, &[0, 0, 3]);
        options.dedup = rng_pick(rng, &[0, 0, 1, 2]);
        options.dedup_count = 50;
        options.dedup_window_ns = 10_000_000;
        options.park_key_limit = rng_pick(rng, &[0, 2, 2]);
        if rng.one_in(2) {
            options.groups = groups.as_ptr();
            options.groups_count = 1;
            options.max_groups = rng.mostly(3, &[99]);
            options.overflow = options.overflow.min(2);
        }
        if rng.one_in(2) {
            options.dead_letters = c"dead".as_ptr();
        } else {
            options.on_dead = Some(on_dead);
            options.on_dead_user = ptr::without_provenance_mut(7);
            options.on_dead_release = Some(release);
        }
        let mut handle = ptr::without_provenance_mut(1);
        let name = rng.pick(&NAMES[..2]).as_ptr();
        let engine = queues.engine(rng);
        let status = ringmill_queue_new(engine, name, &raw const options, &raw mut handle);
        let wrong = &[
            Status::InvalidArgument,
            Status::InvalidConfig,
            Status::NameConflict,
            Status::Closed,
            Status::OutOfMemory,
        ];
        let made = counts.status("ringmill_queue_new", status, wrong);
        assert_eq!(made, !handle.is_null());
        if made {
            queues.queues.push(Of { handle, queue: fresh() });
        }
    }
}

fn rng_pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    rng.pick(of)
}

fn fresh() -> u64 {
    NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// Handles of queues by other ways. Which queue it is, is not known.
fn other_handles(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    // SAFETY: handles are NULL, alive or known to be freed.
    unsafe {
        let mut handle = ptr::without_provenance_mut(1);
        if rng.one_in(2) {
            let name = rng.pick(&NAMES).as_ptr();
            let status = ringmill_queue_find(queues.engine(rng), name, &raw mut handle);
            counts.status("ringmill_queue_find", status, ABSENT);
        } else {
            let queue = queues.pick(rng, &queues.queues).handle;
            let status = ringmill_queue_dead_letters(queue, &raw mut handle);
            counts.status("ringmill_queue_dead_letters", status, ABSENT);
        }
        if handle.is_null() {
            return;
        }
        if queues.queues.len() < MOST {
            queues.queues.push(Of { handle, queue: fresh() });
        } else {
            ringmill_queue_free(handle);
            queues.stale = handle.addr();
            counts.note("ringmill_queue_free", true);
        }
    }
}

fn ends(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    let Of { handle: of, queue } = queues.pick(rng, &queues.queues);
    // SAFETY: handles are NULL, alive or known to be freed.
    unsafe {
        match rng.below(3) {
            0 if queues.producers.len() < MOST => {
                let mut handle = ptr::without_provenance_mut(1);
                let status = ringmill_queue_producer_new(of, &raw mut handle);
                if counts.status("ringmill_queue_producer_new", status, BAD) {
                    queues.producers.push(Of { handle, queue });
                }
            }
            1 if queues.consumers.len() < MOST => {
                let mut handle = ptr::without_provenance_mut(1);
                let status = ringmill_queue_consumer_new(of, &raw mut handle);
                if counts.status("ringmill_queue_consumer_new", status, BAD) {
                    queues.consumers.push(Of { handle, queue });
                }
            }
            _ if queues.consumers.len() < MOST => {
                let mut handle = ptr::without_provenance_mut(1);
                let group = rng.pick(&GROUPS).as_ptr();
                let status = ringmill_queue_group_consumer_new(of, group, &raw mut handle);
                if counts.status("ringmill_queue_group_consumer_new", status, ABSENT) {
                    queues.consumers.push(Of { handle, queue });
                }
            }
            _ => {}
        }
    }
}

fn free_an_end(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    // SAFETY: nobody else is here.
    unsafe {
        if rng.one_in(2) {
            if let Some(of) = take(&mut queues.producers, rng) {
                let addr = of.handle.addr();
                queues.slots.get_mut().expect("no panic").retain(|(_, by)| *by != addr);
                ringmill_queue_producer_free(of.handle);
                queues.stale = addr;
                counts.note("ringmill_queue_producer_free", true);
            }
        } else if let Some(of) = take(&mut queues.consumers, rng) {
            ringmill_queue_consumer_free(of.handle);
            queues.stale = of.handle.addr();
            counts.note("ringmill_queue_consumer_free", true);
        }
    }
}

fn free_lists(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    // SAFETY: nobody else is here.
    unsafe {
        let Of { handle: of, queue } = queues.pick(rng, &queues.queues);
        let mut handle = ptr::without_provenance_mut(1);
        if queues.browses.len() < MOST {
            let user = ptr::without_provenance_mut(7);
            let filter = rng.pick(&[None, Some(super::looking::chooses as _)]);
            let status = ringmill_queue_browse(of, filter, user, &raw mut handle);
            if counts.status("ringmill_queue_browse", status, BAD) {
                queues.browses.push(Of { handle, queue });
            }
        }
        if rng.one_in(2) {
            let partition = rng.mostly(0, &[99, usize::MAX]);
            let count = rng.count(9);
            let status = ringmill_queue_peek(of, partition, count, &raw mut handle);
            if counts.status("ringmill_queue_peek", status, ABSENT) {
                queues.browses.push(Of { handle, queue });
            }
        } else if let Some((mut message, _, queue)) = super::one_of(&queues.known, rng) {
            let of = queues.pick_of(rng, &queues.queues, queue);
            message.slot = rng.mostly(message.slot, &[u32::MAX]);
            let status = ringmill_queue_inspect(of.handle, &raw const message, &raw mut handle);
            if counts.status("ringmill_queue_inspect", status, ABSENT) {
                queues.browses.push(Of { handle, queue });
            }
        }
        while queues.browses.len() > 2 {
            let of = queues.browses.remove(0);
            ringmill_browse_free(of.handle);
            queues.stale = of.handle.addr();
            counts.note("ringmill_browse_free", true);
        }
        while queues.reports.len() > usize::from(rng.one_in(2)) {
            let of = queues.reports.remove(0);
            ringmill_close_report_free(of.handle);
            queues.stale = of.handle.addr();
            counts.note("ringmill_close_report_free", true);
        }
    }
}

/// Ends a queue.
fn end_of(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    let Of { handle: of, queue } = queues.pick(rng, &queues.queues);
    // SAFETY: handles are NULL, alive or known to be freed.
    unsafe {
        match rng.below(8) {
            0 | 1 => {
                let mut report = ptr::without_provenance_mut(1);
                let status = ringmill_queue_close(of, &raw mut report);
                if counts.status("ringmill_queue_close", status, BAD) {
                    queues.reports.push(Of { handle: report, queue });
                }
            }
            2 => {
                let status = ringmill_queue_drain(of, 0, ptr::null_mut());
                counts.status("ringmill_queue_drain", status, BAD);
            }
            3 => {
                counts.status("ringmill_queue_abort", ringmill_queue_abort(of), BAD);
            }
            4 => {
                let status = ringmill_engine_close(queues.engine(rng));
                counts.status("ringmill_engine_close", status, BAD);
            }
            _ => {
                if let Some(of) = take(&mut queues.queues, rng) {
                    ringmill_queue_free(of.handle);
                    queues.stale = of.handle.addr();
                    counts.note("ringmill_queue_free", true);
                }
            }
        }
    }
}

/// Everything goes, in whatever order; deliveries that are held are let go of first, or lost.
fn tear_down(queues: &mut Queues, rng: &mut Rng, counts: &mut Counts) {
    for _ in 0..6 {
        end_of(queues, rng, counts);
    }
    for of in queues.reports.drain(..) {
        // SAFETY: nobody else is here.
        unsafe { ringmill_close_report_free(of.handle) };
        counts.note("ringmill_close_report_free", true);
    }
    queues.free_all(rng.one_in(2));
    counts.note("ringmill_engine_free", true);
}

impl Queues {
    pub(crate) fn free_all(&mut self, engine_first: bool) {
        // SAFETY: nobody else is here.
        unsafe {
            for (delivery, queue) in self.held.get_mut().expect("no panic").drain(..) {
                super::check(delivery.0.payload, delivery.0.payload_len);
                if let Some(of) = self.consumers.iter().find(|of| of.queue == queue) {
                    ringmill_let_go(of.handle, &raw const delivery.0);
                }
            }
            self.over.get_mut().expect("no panic").clear();
            self.slots.get_mut().expect("no panic").clear();
            self.known.get_mut().expect("no panic").clear();
            self.aside.get_mut().expect("no panic").clear();
            let engine = self.engine.take();
            let free = |engine: Option<Of<_>>| {
                ringmill_engine_free(engine.map_or(ptr::null_mut(), |of| of.handle));
            };
            if engine_first {
                free(engine);
            }
            self.browses.drain(..).for_each(|of| ringmill_browse_free(of.handle));
            self.reports.drain(..).for_each(|of| ringmill_close_report_free(of.handle));
            self.queues.drain(..).for_each(|of| ringmill_queue_free(of.handle));
            self.producers.drain(..).for_each(|of| ringmill_queue_producer_free(of.handle));
            self.consumers.drain(..).for_each(|of| ringmill_queue_consumer_free(of.handle));
            if !engine_first {
                free(engine);
            }
        }
    }
}

fn take<T>(of: &mut Vec<Of<T>>, rng: &mut Rng) -> Option<Of<T>> {
    if of.is_empty() { None } else { Some(of.swap_remove(rng.below(of.len()))) }
}
