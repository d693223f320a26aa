//! Settling, once and again, and looking at what is held.

use std::ptr;

use ringmill::ffi::*;

use super::{ABSENT, Of, Queues, UNSETTLED, Value, check, keep, one_of};
use crate::arguments::Rng;
use crate::count::Counts;

pub(super) fn settle(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    // One that is held, or a copy of one that was.
    let held = !rng.one_in(4);
    let found = if held {
        let mut list = queues.held.lock().expect("no thread has panicked");
        if list.is_empty() { None } else { Some(list.len()) }
            .map(|len| rng.below(len))
            .map(|at| list.swap_remove(at))
    } else {
        one_of(&queues.over, rng)
    };
    let Some((Value(mut delivery), queue)) = found else { return };
    let mine = delivery;
    if held {
        check(delivery.payload, delivery.payload_len);
    }
    if rng.one_in(32) {
        match rng.below(3) {
            0 => delivery.receipt.lease ^= 1 << rng.below(64),
            1 => delivery.receipt.place ^= 1 << rng.below(64),
            _ => delivery.receipt.check = rng.next(),
        }
    }
    let right = queues.consumers.iter().find(|of| of.queue == queue);
    let consumer = match right {
        Some(right) if !rng.one_in(32) => right.handle,
        _ => queues.pick(rng, &queues.consumers).handle,
    };
    let cause = rng.small_enum(6);
    let text = rng.pick(&[ptr::null(), c"it failed".as_ptr()]);
    let delay = {
        let right = rng.below_i64(3_000_000);
        rng.mostly(right, &[-1, i64::MIN, i64::MAX])
    };
    let it = &raw const delivery;
    // SAFETY: handles are NULL, alive or known to be freed.
    let (name, status) = unsafe {
        match rng.below(13) {
            12 => {
                let mut aside = std::mem::zeroed();
                let status = ringmill_defer(consumer, it, &raw mut aside);
                if status == ringmill_status::Ok {
                    keep(&queues.aside, (aside, queue), rng);
                }
                ("ringmill_defer", status)
            }
            0..3 => ("ringmill_ack", ringmill_ack(consumer, it)),
            3 => ("ringmill_nack", ringmill_nack(consumer, it, cause, text)),
            4 => ("ringmill_nack_after", ringmill_nack_after(consumer, it, cause, text, delay)),
            5 => ("ringmill_reject", ringmill_reject(consumer, it, text)),
            6 => ("ringmill_release", ringmill_release(consumer, it)),
            7 => ("ringmill_snooze", ringmill_snooze(consumer, it, delay)),
            8 => ("ringmill_let_go", ringmill_let_go(consumer, it)),
            9 => ("ringmill_extend", ringmill_extend(consumer, it, delay)),
            10 => {
                let of = queues.pick_of(rng, &queues.queues, queue);
                let settlement = rng.small_enum(6);
                let receipt = &raw const delivery.receipt;
                let status = ringmill_queue_settle(of.handle, receipt, settlement);
                ("ringmill_queue_settle", status)
            }
            _ => {
                let count = rng.mostly(1, &[0, usize::MAX]);
                let mut acked = usize::MAX;
                let status = ringmill_ack_batch(consumer, it, count, &raw mut acked);
                assert!(acked <= 1);
                let name = "ringmill_ack_batch";
                // Nothing was asked for.
                if count != 1 {
                    counts.status(name, status, UNSETTLED);
                    return put_back(queues, rng, mine, queue, held, false);
                }
                (name, status)
            }
        }
    };
    counts.status(name, status, UNSETTLED);
    let keeps = matches!(name, "ringmill_extend" | "ringmill_queue_settle");
    let refused = matches!(
        status,
        ringmill_status::InvalidArgument | ringmill_status::NotFound | ringmill_status::StaleHandle
    );
    put_back(queues, rng, mine, queue, held, !keeps && !refused);
}

fn put_back(
    queues: &Queues,
    rng: &mut Rng,
    delivery: ringmill_delivery,
    queue: u64,
    held: bool,
    over: bool,
) {
    if over {
        keep(&queues.over, (Value(delivery), queue), rng);
    } else if held {
        check(delivery.payload, delivery.payload_len);
        queues.held.lock().expect("no thread has panicked").push((Value(delivery), queue));
    }
}

/// Headers and deaths, of what is held and of what was.
pub(super) fn look(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    let mut list = queues.held.lock().expect("no thread has panicked");
    // Dead letters are rare.
    let dead = list.iter().rposition(|(held, _)| held.0.deaths_count > 0);
    let at = dead.or(list.len().checked_sub(1));
    let held = at.map(|at| list.swap_remove(at));
    drop(list);
    let copy = if rng.one_in(8) { one_of(&queues.over, rng) } else { held };
    if let Some((Value(delivery), queue)) = copy {
        let Of { handle, .. } = queues.pick_of(rng, &queues.consumers, queue);
        let it = &raw const delivery;
        let index = rng.mostly(0, &[1, usize::MAX]);
        // SAFETY: handles are NULL, alive or known to be freed.
        unsafe {
            let mut header = std::mem::zeroed();
            let status = ringmill_delivery_header(handle, it, index, &raw mut header);
            if counts.status("ringmill_delivery_header", status, ABSENT) {
                check(header.value, header.value_len);
                let (name, len) = (header.name, header.name_len);
                let status = ringmill_delivery_find_header(handle, it, name, len, &raw mut header);
                counts.status("ringmill_delivery_find_header", status, ABSENT);
            }
            let mut death: ringmill_death = std::mem::zeroed();
            let status = ringmill_delivery_death(handle, it, index, &raw mut death);
            if counts.status("ringmill_delivery_death", status, ABSENT) {
                assert!((1..=6).contains(&death.reason) && death.queue_len == 1);
            }
        }
    }
    if let Some(held) = held {
        queues.held.lock().expect("no thread has panicked").push(held);
    }
}
