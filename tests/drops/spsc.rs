//! The ring for one thread on each side.

use std::mem;

use crate::every;
use crate::ledger::{Counted, Ledger};
use crate::rings::Spsc;

fn ring(capacity: usize, before: usize) -> Spsc<Counted> {
    every::ring(capacity, before)
}

#[test]
fn what_was_pushed_before_the_producer_went_can_be_popped() {
    let ledger = Ledger::new();
    let (mut producer, mut consumer) = ring(4, 3);
    assert_eq!(producer.push_drain(&mut ledger.values(3)), 3);
    drop(producer);
    assert!(consumer.is_disconnected());
    for number in 0..2 {
        assert_eq!(consumer.pop().map(|value| value.number()), Some(number));
    }
    assert_eq!(ledger.alive(), 1);
    drop(consumer);
    ledger.settle();
}

#[test]
fn what_is_pushed_after_the_consumer_went_is_dropped_once() {
    let ledger = Ledger::new();
    let (mut producer, consumer) = ring(2, 1);
    producer.push(ledger.value()).expect("there is room");
    drop(consumer);
    assert!(producer.is_disconnected());
    producer.push(ledger.value()).expect("there is room still");
    drop(producer.push(ledger.value()).expect_err("nobody makes room"));
    assert_eq!(ledger.alive(), 2);
    drop(producer);
    ledger.settle();
}

#[test]
fn an_end_that_is_forgotten_leaks_the_ring_and_nothing_worse() {
    // Miri would rightly call it a leak.
    if cfg!(miri) {
        return;
    }
    let ledger = Ledger::new();
    let (mut producer, mut consumer) = ring(3, 1);
    producer.push_drain(&mut ledger.values(3));
    mem::forget(producer);
    assert!(!consumer.is_disconnected());
    drop(consumer.pop());
    drop(consumer);
    assert_eq!(ledger.alive(), 2);
}
