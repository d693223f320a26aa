//! One thread pushes, then pops: the price of the operations without any traffic between cores.

use super::{
    Fault, Sample, Setup,
    crew::{self, Job, Received},
    open,
    stream::judge,
};
use crate::{
    pace::Gate,
    payload::{Payload, Values},
    place::Powers,
    shape::{Peer, Rx, Tx},
};

/// One round.
///
/// # Errors
///
/// What the peer did wrong.
pub fn round<P: Peer<T>, T: Payload>(setup: &Setup, powers: &Powers) -> Result<Sample, Fault> {
    let mut ends = open::<P, T>(setup, 1, 1);
    let (mut tx, mut rx) =
        (ends.producers.pop().expect("one was asked for"), ends.consumers.pop().expect("as above"));
    let messages = setup.messages;
    let job: Job = Box::new(move |gate| turn(&mut tx, &mut rx, messages, gate));
    let (elapsed, received) = crew::work(vec![job], 1, &powers.places(1), setup.limit)?;
    judge::<T>(&[messages], received, elapsed)
}

#[inline(never)]
fn turn<T: Payload>(
    tx: &mut impl Tx<T>,
    rx: &mut impl Rx<T>,
    messages: u64,
    gate: &Gate,
) -> Received {
    let mut values = Values::<T>::of_producer(0, messages);
    let mut received = Received::default();
    while !values.is_done() {
        let pushed = tx.push(&mut values);
        let popped = rx.pop(|value| received.note(value));
        if pushed + popped == 0 && gate.is_off() {
            return received;
        }
    }
    while received.count < messages {
        if rx.pop(|value| received.note(value)) == 0 && gate.is_off() {
            return received;
        }
    }
    received
}
