//! Threads on both sides of a queue whose ends wait: no try, no pause and no counting of what is
//! left, but the calls that wait.
//!
//! A producer drops its end when it has sent everything; consumers end when the queue says that it
//! is closed. A call that waits for ever looks at no gate: such a run is reported as hung.

use super::{
    Fault, Sample, Setup, Workload,
    crew::{self, Job, Received},
    stream::{Order, judge, shares},
};
use crate::{
    payload::{Message, Values},
    place::Powers,
    shape::{Ends, Peer, Rx, Tx},
};

/// Runs one round of `setup`, a stream, with peer `P`, whose ends wait.
///
/// # Errors
///
/// What the peer did wrong.
///
/// # Panics
///
/// If the workload is no stream.
pub fn run<P: Peer<T>, T: Message>(setup: &Setup) -> Result<Sample, Fault> {
    let Workload::Stream { producers, consumers } = setup.workload else {
        panic!("{} is no stream", setup.workload);
    };
    let ends = open::<P, T>(setup, producers, consumers);
    let shares = shares(setup.messages, producers);
    let mut jobs: Vec<Job> = Vec::with_capacity(producers + consumers);
    for (producer, tx) in ends.producers.into_iter().enumerate() {
        let values = Values::of_producer(producer, shares[producer]);
        jobs.push(Box::new(move |_| produce(tx, values)));
    }
    for rx in ends.consumers {
        jobs.push(if setup.check_order {
            Box::new(move |_| consume::<T, true>(rx))
        } else {
            Box::new(move |_| consume::<T, false>(rx))
        });
    }
    let places = Powers::of_this_process().places(producers + consumers);
    let (elapsed, received) = crew::work(jobs, 0, &places, setup.limit)?;
    judge::<T>(&shares, received, elapsed)
}

/// A fresh queue whose memory has been touched once from end to end.
fn open<P: Peer<T>, T: Message>(
    setup: &Setup,
    producers: usize,
    consumers: usize,
) -> Ends<P::Tx, P::Rx> {
    let mut ends = P::open(setup.capacity, producers, consumers);
    let mut values = Values::<T>::of_producer(0, setup.capacity as u64);
    while !values.is_done() && ends.producers[0].push(&mut values) > 0 {}
    let mut left = setup.capacity - values.left(usize::MAX);
    while left > 0 {
        match ends.consumers[0].pop(|_| ()) {
            0 => break,
            popped => left = left.saturating_sub(popped),
        }
    }
    ends
}

// The ends come by value: they shall live on the stack of their thread, and be dropped at its end.
#[inline(never)]
fn produce<T: Message>(mut tx: impl Tx<T>, mut values: Values<T>) -> Received {
    while !values.is_done() && tx.push(&mut values) > 0 {}
    Received::default()
}

#[inline(never)]
fn consume<T: Message, const CHECK: bool>(mut rx: impl Rx<T>) -> Received {
    let mut received = Received::default();
    let mut order = Order::default();
    while rx.pop(|value| {
        received.note(value);
        if CHECK {
            received.disorder |= !order.admits(value.number());
        }
    }) > 0
    {}
    received
}
