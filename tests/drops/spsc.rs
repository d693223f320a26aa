//! The ring for one thread on each side.

use std::mem;
use std::sync::Barrier;
use std::thread;

use ringmill::ring::spsc::{self, Consumer, Producer};

use crate::ledger::{Counted, Ledger};
use crate::{Says, panics};

const CAPACITIES: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 4, 7, 8] };

/// A ring whose counts are `before` values on.
fn ring(capacity: usize, before: usize) -> (Producer<Counted>, Consumer<Counted>) {
    let (mut producer, mut consumer) = spsc::ring(capacity).expect("a small ring");
    let ledger = Ledger::new();
    for _ in 0..before {
        producer.push(ledger.value()).expect("there is room");
        consumer.pop().expect("there is a value");
    }
    ledger.settle();
    (producer, consumer)
}

#[test]
fn values_left_in_a_ring_are_dropped_with_its_last_end() {
    for &capacity in CAPACITIES {
        for before in 0..2 * capacity {
            for held in 0..=capacity {
                for producer_first in [true, false] {
                    let ledger = Ledger::new();
                    let (mut producer, consumer) = ring(capacity, before);
                    for value in ledger.values(held) {
                        producer.push(value).expect("there is room");
                    }
                    let ends: [Box<dyn Send>; 2] = [Box::new(producer), Box::new(consumer)];
                    let [first, second] = ends;
                    let (first, second) =
                        if producer_first { (first, second) } else { (second, first) };
                    drop(first);
                    assert_eq!(ledger.alive(), held, "one end is there still");
                    drop(second);
                    ledger.settle();
                }
            }
        }
    }
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
fn a_drop_that_panics_in_the_last_end_keeps_no_other_value_from_being_dropped() {
    for &capacity in CAPACITIES {
        for bomb in 0..capacity {
            for before in [0, capacity - 1, capacity / 2] {
                for producer_first in [true, false] {
                    let ledger = Ledger::new();
                    let (mut producer, consumer) = ring(capacity, before);
                    for n in 0..capacity {
                        let value = if n == bomb { ledger.bomb() } else { ledger.value() };
                        producer.push(value).expect("there is room");
                    }
                    if producer_first {
                        drop(producer);
                        panics(|| drop(consumer));
                    } else {
                        drop(consumer);
                        panics(|| drop(producer));
                    }
                    ledger.settle();
                }
            }
        }
    }
}

#[test]
fn an_iterator_that_panics_leaves_what_it_gave_and_the_ring_works_on() {
    for &capacity in CAPACITIES {
        for gives in 0..capacity {
            for before in 0..capacity {
                let ledger = Ledger::new();
                let (mut producer, mut consumer) = ring(capacity, before);
                let mut left = gives;
                let mut values = Says {
                    says: capacity,
                    f: || {
                        left = left.checked_sub(1).expect("the iterator panics here");
                        Some(ledger.value())
                    },
                };
                panics(|| producer.push_iter(&mut values));
                assert_eq!((ledger.alive(), consumer.len()), (gives, gives));
                for number in 0..gives {
                    assert_eq!(consumer.pop().map(|value| value.number()), Some(number));
                }
                assert!(consumer.pop().is_none());
                assert_eq!(producer.push_drain(&mut ledger.values(capacity)), capacity);
                drop((producer, consumer));
                ledger.settle();
            }
        }
    }
}

#[test]
fn an_iterator_that_ends_early_or_never_leaves_what_fits() {
    for &capacity in CAPACITIES {
        for gives in 0..=capacity {
            let ledger = Ledger::new();
            let (mut producer, consumer) = ring(capacity, 1);
            let mut left = ledger.values(gives);
            let mut values = Says { says: usize::MAX, f: || left.pop() };
            assert_eq!(producer.push_iter(&mut values), gives);
            assert_eq!(consumer.len(), gives);
            let mut endless = Says { says: usize::MAX, f: || Some(ledger.value()) };
            assert_eq!(producer.push_iter(&mut endless), capacity - gives);
            drop((producer, consumer));
            ledger.settle();
        }
    }
}

#[test]
fn what_a_drain_leaves_stays_with_the_caller() {
    for &capacity in CAPACITIES {
        let ledger = Ledger::new();
        let (mut producer, consumer) = ring(capacity, capacity / 2);
        let mut values = ledger.values(2 * capacity + 1);
        assert_eq!(producer.push_drain(&mut values), capacity);
        assert!(values.iter().map(Counted::number).eq(capacity..2 * capacity + 1));
        assert_eq!(producer.push_drain(&mut values), 0);
        assert_eq!(ledger.alive(), 2 * capacity + 1);
        drop(values);
        drop((producer, consumer));
        ledger.settle();
    }
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

#[test]
fn ends_that_go_at_the_same_time_drop_everything_once() {
    let rounds = if cfg!(miri) { 4 } else { 2_000 };
    for capacity in [1, 2, 7] {
        for round in 0..rounds {
            let ledger = Ledger::new();
            let (mut producer, mut consumer) = ring(capacity, round % capacity);
            let values = ledger.values(2 * capacity);
            let start = &Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(move || {
                    start.wait();
                    for value in values {
                        drop(producer.push(value));
                    }
                });
                scope.spawn(move || {
                    start.wait();
                    for _ in 0..round % (2 * capacity) {
                        drop(consumer.pop());
                    }
                });
            });
            ledger.settle();
        }
    }
}
