//! Producers on one side, consumers on the other: 1P1C, 2P2C, fan-in, fan-out.
//!
//! Consumers share the messages as they come. They end when the queue is empty after the last
//! producer has finished, so no end marker travels and nothing but the queue is contended.

use std::time::Duration;

use super::{
    Fault, Sample, Setup,
    crew::{self, Job, Received},
    open,
};
use crate::{
    pace::{Gate, Pace},
    payload::{Message, PRODUCER_SHIFT, Payload, Values},
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
    producers: usize,
    consumers: usize,
    powers: &Powers,
) -> Result<Sample, Fault> {
    let ends = open::<P, T>(setup, producers, consumers);
    let shares = shares(setup.messages, producers);
    let check_order = setup.check_order && P::ORDERED;
    let mut jobs: Vec<Job> = Vec::with_capacity(producers + consumers);
    for (producer, tx) in ends.producers.into_iter().enumerate() {
        let values = Values::of_producer(producer, shares[producer]);
        jobs.push(Box::new(move |gate| produce(tx, values, gate)));
    }
    for rx in ends.consumers {
        jobs.push(if check_order {
            Box::new(move |gate| consume::<T, true>(rx, gate))
        } else {
            Box::new(move |gate| consume::<T, false>(rx, gate))
        });
    }
    let places = powers.places(producers + consumers);
    let (elapsed, received) = crew::work(jobs, producers, &places, setup.limit)?;
    judge::<T>(&shares, received, elapsed)
}

/// Splits messages evenly among producers.
pub(super) fn shares(messages: u64, producers: usize) -> Vec<u64> {
    let producers = producers as u64;
    (0..producers).map(|p| messages / producers + u64::from(p < messages % producers)).collect()
}

/// Compares what was received with what producer `p` sent, `shares[p]` messages.
pub(super) fn judge<T: Message>(
    shares: &[u64],
    received: Received,
    elapsed: Duration,
) -> Result<Sample, Fault> {
    let sent = shares.iter().sum();
    let sum = shares
        .iter()
        .enumerate()
        .fold(0_u64, |sum, (p, share)| sum.wrapping_add(Values::<T>::digest_of(p, *share)));
    if received.count != sent {
        Err(Fault::Count { sent, received: received.count })
    } else if received.sum != sum {
        Err(Fault::Sum)
    } else {
        Ok(Sample { elapsed, messages: sent })
    }
}

// The ends come by value: they shall live on the stack of their thread, not beside each other in
// the boxes of the jobs, where the allocator's luck decides which peer pays for false sharing.
#[inline(never)]
fn produce<T: Payload>(mut tx: impl Tx<T>, mut values: Values<T>, gate: &Gate) -> Received {
    while !values.is_done() {
        let mut pace = Pace::default();
        while tx.push(&mut values) == 0 {
            if !pace.wait(gate) {
                return Received::default();
            }
        }
    }
    gate.finish_producing();
    Received::default()
}

#[inline(never)]
fn consume<T: Payload, const CHECK: bool>(mut rx: impl Rx<T>, gate: &Gate) -> Received {
    let mut received = Received::default();
    let mut order = Order::default();
    let mut over = false;
    loop {
        let mut pace = Pace::default();
        while rx.pop(|value| {
            received.note(value);
            if CHECK {
                received.disorder |= !order.admits(value.number());
            }
        }) == 0
        {
            if over {
                return received;
            }
            // Once production is over, one more look decides: an empty queue stays empty.
            over = gate.is_production_over();
            if !over && !pace.wait(gate) {
                return received;
            }
        }
    }
}

/// The last number seen of each producer.
#[derive(Default)]
pub(super) struct Order {
    next: Vec<u64>,
}

impl Order {
    /// Whether `number` comes after all earlier ones of its producer.
    pub(super) fn admits(&mut self, number: u64) -> bool {
        let producer = (number >> PRODUCER_SHIFT) as usize;
        if producer >= self.next.len() {
            self.next.resize(producer + 1, 0);
        }
        let in_order = number >= self.next[producer];
        self.next[producer] = number + 1;
        in_order
    }
}
