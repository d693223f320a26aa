//! Each thread pushes and pops in turn: contention on both ends of the queue, and no scheduler in
//! it when each thread has a core of its own.

use super::{
    Fault, Sample, Setup,
    crew::{self, Job, Received},
    open,
    stream::{judge, shares},
};
use crate::{
    pace::{Gate, Pace},
    payload::{Payload, Values},
    place::Powers,
    shape::{Peer, Rx, Tx},
};

/// One round.
///
/// # Errors
///
/// What the peer did wrong.
pub fn round<P: Peer<T>, T: Payload>(
    setup: &Setup,
    threads: usize,
    powers: &Powers,
) -> Result<Sample, Fault> {
    let ends = open::<P, T>(setup, threads, threads);
    let shares = shares(setup.messages, threads);
    let mut jobs: Vec<Job> = Vec::with_capacity(threads);
    let pairs = ends.producers.into_iter().zip(ends.consumers);
    for (thread, (mut tx, mut rx)) in pairs.enumerate() {
        let values = Values::of_producer(thread, shares[thread]);
        jobs.push(Box::new(move |gate| trade(&mut tx, &mut rx, values, gate)));
    }
    let (elapsed, received) = crew::work(jobs, threads, &powers.places(threads), setup.limit)?;
    judge::<T>(&shares, received, elapsed)
}

#[inline(never)]
fn trade<T: Payload>(
    tx: &mut impl Tx<T>,
    rx: &mut impl Rx<T>,
    mut values: Values<T>,
    gate: &Gate,
) -> Received {
    let mut received = Received::default();
    let mut pace = Pace::default();
    while !values.is_done() {
        let pushed = tx.push(&mut values);
        let popped = rx.pop(|value| received.note(value));
        if pushed + popped > 0 {
            pace = Pace::default();
        } else if !pace.wait(gate) {
            return received;
        }
    }
    gate.finish_producing();
    let mut over = false;
    loop {
        let mut pace = Pace::default();
        while rx.pop(|value| received.note(value)) == 0 {
            if over {
                return received;
            }
            over = gate.is_production_over();
            if !over && !pace.wait(gate) {
                return received;
            }
        }
    }
}
