//! A message goes to another thread through one queue and comes back through a second one.
//!
//! Both sides poll without a pause in between: a `spin_loop` hint takes a good part of a transfer
//! between cores and would blur the differences.

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
    let mut there = open::<P, T>(setup, 1, 1);
    let mut back = open::<P, T>(setup, 1, 1);
    let rounds = setup.messages;
    let (mut tx, mut rx) = (
        there.producers.pop().expect("one was asked for"),
        back.consumers.pop().expect("as above"),
    );
    let serve: Job = Box::new(move |gate| serve(&mut tx, &mut rx, rounds, gate));
    let (mut tx, mut rx) =
        (back.producers.pop().expect("as above"), there.consumers.pop().expect("as above"));
    let answer: Job = Box::new(move |gate| answer(&mut tx, &mut rx, rounds, gate));
    let (elapsed, received) = crew::work(vec![serve, answer], 0, &powers.places(2), setup.limit)?;
    judge::<T>(&[rounds], received, elapsed)
}

/// Polls until one message came. None if the run was called off.
#[inline(always)]
fn await_one<T: Payload>(rx: &mut impl Rx<T>, gate: &Gate) -> Option<T> {
    let mut tries = 0_u32;
    let mut came = T::default();
    while rx.pop(|value| came = *value) == 0 {
        tries = tries.wrapping_add(1);
        if tries.is_multiple_of(1024) {
            std::thread::yield_now();
            if gate.is_off() {
                return None;
            }
        }
    }
    Some(came)
}

#[inline(never)]
fn serve<T: Payload>(
    tx: &mut impl Tx<T>,
    rx: &mut impl Rx<T>,
    rounds: u64,
    gate: &Gate,
) -> Received {
    let mut received = Received::default();
    for number in 0..rounds {
        // Never full: one message is under way.
        tx.push(&mut Values::one(number));
        match await_one(rx, gate) {
            Some(value) => received.note::<T>(&value),
            None => break,
        }
    }
    received
}

#[inline(never)]
fn answer<T: Payload>(
    tx: &mut impl Tx<T>,
    rx: &mut impl Rx<T>,
    rounds: u64,
    gate: &Gate,
) -> Received {
    for _ in 0..rounds {
        match await_one(rx, gate) {
            Some(value) => tx.push(&mut Values::<T>::one(value.number())),
            None => break,
        };
    }
    Received::default()
}
