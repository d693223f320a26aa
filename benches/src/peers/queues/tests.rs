//! Every way of using a queue hands over every message once and in order, and ends.

use std::time::Duration;

use super::{Batch, Detached, InPlace, One, PARK, Try};
use crate::{
    peers::busy::Busy,
    shape::Peer,
    workload::{Setup, Workload, deliver, run},
};

const MESSAGES: u64 = 2_000;

fn setup(producers: usize, consumers: usize) -> Setup {
    let mut setup = Setup::new(Workload::stream(producers, consumers), 64, MESSAGES);
    setup.check_order = true;
    setup.limit = Duration::from_secs(60);
    setup
}

fn passes<P: Peer<[u8; 64]>>() {
    for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 4)] {
        let setup = setup(producers, consumers);
        let sample = deliver::run::<P, [u8; 64]>(&setup).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(sample.messages, MESSAGES);
    }
}

#[test]
fn a_value_moved_in_passes() {
    passes::<One>();
    passes::<One<PARK>>();
}

#[test]
fn bytes_written_in_place_pass() {
    passes::<InPlace>();
}

#[test]
fn detached_deliveries_pass() {
    passes::<Detached>();
}

#[test]
fn batches_pass() {
    passes::<Batch<32>>();
    passes::<Batch<32, PARK>>();
}

#[test]
fn ends_that_are_busy_pass() {
    passes::<Busy<One<PARK>, 50, 0>>();
    passes::<Busy<Batch<32, PARK>, 0, 50>>();
}

#[test]
fn ends_that_try_pass() {
    run::<Try, u64>(&setup(2, 2)).unwrap_or_else(|fault| panic!("{fault}"));
}
