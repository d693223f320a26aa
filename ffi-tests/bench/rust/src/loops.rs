//! The loops around a ring: the same as in C (`ours/ours.c`) and C++ (`harness/loops.hpp`).

use std::{
    ffi::{CStr, c_void},
    mem::MaybeUninit,
    ptr,
};

use crate::{
    harness::{Competitor, Gate, PRODUCER_SHIFT, PRODUCERS, Received, Run},
    rings::{Message, Queue, Rx, Tx},
};

/// The loops of `Q` with `W` words a message and up to `B` messages a call.
pub(crate) fn competitor<Q: Queue<W>, const W: usize, const B: usize>(
    name: &'static CStr,
) -> Competitor {
    // SAFETY: a C string has at least its last byte.
    let name = unsafe { name.as_ptr().as_ref() };
    Competitor {
        name,
        open: Some(open::<Q, W>),
        close: Some(close::<Q>),
        produce: Some(produce::<Q, W, B>),
        consume: Some(consume::<Q, W, B>),
        solo: Some(solo::<Q, W, B>),
    }
}

extern "C" fn open<Q: Queue<W>, const W: usize>(
    _producers: usize,
    _consumers: usize,
) -> *mut c_void {
    Q::open().map_or(ptr::null_mut(), |queue| Box::into_raw(Box::new(queue)).cast())
}

unsafe extern "C" fn close<Q>(queue: *mut c_void) {
    // SAFETY: the harness gives back what `open` gave, once, after all threads have ended.
    drop(unsafe { Box::from_raw(queue.cast::<Q>()) });
}

unsafe extern "C" fn produce<Q: Queue<W>, const W: usize, const B: usize>(
    queue: *mut c_void,
    producer: u64,
    count: u64,
    gate: *mut Gate,
) {
    // SAFETY: the harness keeps queue and gate until all threads have ended; a queue is shared by
    // reference only.
    let (queue, run) = unsafe { (&*queue.cast::<Q>(), Run::new(gate)) };
    let mut tx = queue.tx();
    let mut batch = [[0; W]; B];
    let mut number = producer << PRODUCER_SHIFT;
    let end = number + count;
    while number < end {
        let n = (B as u64).min(end - number) as usize;
        stage(&mut batch[..n], number);
        let mut step = 0;
        loop {
            let pushed = push::<B, W>(&mut tx, &batch[..n]);
            if pushed > 0 {
                number += pushed as u64;
                break;
            }
            if !run.wait(step) {
                return;
            }
            step += 1;
        }
    }
}

unsafe extern "C" fn consume<Q: Queue<W>, const W: usize, const B: usize>(
    queue: *mut c_void,
    check_order: bool,
    gate: *mut Gate,
) -> Received {
    // SAFETY: as in `produce`.
    let (queue, run) = unsafe { (&*queue.cast::<Q>(), Run::new(gate)) };
    if check_order {
        receive::<W, B, true>(queue.rx(), run)
    } else {
        receive::<W, B, false>(queue.rx(), run)
    }
}

unsafe extern "C" fn solo<Q: Queue<W>, const W: usize, const B: usize>(
    queue: *mut c_void,
    count: u64,
) -> Received {
    // SAFETY: as in `produce`.
    let queue = unsafe { &*queue.cast::<Q>() };
    let (mut tx, mut rx) = (queue.tx(), queue.rx());
    let mut batch = [[0; W]; B];
    let mut received = Received::default();
    let mut number = 0;
    while number < count {
        let n = (B as u64).min(count - number) as usize;
        stage(&mut batch[..n], number);
        number += push::<B, W>(&mut tx, &batch[..n]) as u64;
        pop::<B, W>(&mut rx, |message| {
            note::<W, false>(&mut received, &mut [0; PRODUCERS], message)
        });
    }
    received
}

#[inline(never)]
fn receive<const W: usize, const B: usize, const CHECK: bool>(
    mut rx: impl Rx<W>,
    run: Run,
) -> Received {
    let mut received = Received::default();
    let mut next = [0; PRODUCERS];
    let mut over = false;
    loop {
        let mut step = 0;
        while pop::<B, W>(&mut rx, |message| note::<W, CHECK>(&mut received, &mut next, message))
            == 0
        {
            if over {
                return received;
            }
            // One more look decides: an empty queue stays empty.
            over = run.is_production_over();
            if !over && !run.wait(step) {
                return received;
            }
            step += 1;
        }
    }
}

#[inline(always)]
fn stage<const W: usize>(batch: &mut [Message<W>], first: u64) {
    for (message, number) in batch.iter_mut().zip(first..) {
        *message = [number; W];
    }
}

#[inline(always)]
fn push<const B: usize, const W: usize>(tx: &mut impl Tx<W>, batch: &[Message<W>]) -> usize {
    if B == 1 { usize::from(tx.push(batch[0])) } else { tx.push_n(batch) }
}

#[inline(always)]
fn pop<const B: usize, const W: usize>(
    rx: &mut impl Rx<W>,
    mut sink: impl FnMut(&Message<W>),
) -> usize {
    if B == 1 {
        let message = rx.pop();
        message.iter().for_each(&mut sink);
        return usize::from(message.is_some());
    }
    let mut room = [MaybeUninit::uninit(); B];
    let popped = rx.pop_n(&mut room);
    for message in &room[..popped] {
        // SAFETY: `pop_n` has filled the first `popped` places.
        sink(unsafe { message.assume_init_ref() });
    }
    popped
}

#[inline(always)]
fn note<const W: usize, const CHECK: bool>(
    received: &mut Received,
    next: &mut [u64; PRODUCERS],
    message: &Message<W>,
) {
    received.count += 1;
    for word in message {
        received.sum = received.sum.wrapping_add(*word);
    }
    if CHECK {
        let expected = &mut next[(message[0] >> PRODUCER_SHIFT) as usize % PRODUCERS];
        received.disorder += u64::from(message[0] < *expected);
        *expected = message[0] + 1;
    }
}
