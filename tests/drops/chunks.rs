//! Slots lent to be written or read in place: what becomes of the values.

use std::mem;
use std::sync::mpsc;
use std::thread;

use ringmill::ring::spsc;

use crate::every::{self, shapes};
use crate::ledger::{Counted, Ledger};
use crate::rings::Spsc;
use crate::{Says, panics};

fn ring(capacity: usize, before: usize) -> Spsc<Counted> {
    every::ring(capacity, before)
}

#[test]
fn written_values_are_dropped_with_a_chunk_that_is_not_committed() {
    for (capacity, before, written) in shapes() {
        let ledger = Ledger::new();
        let (mut producer, consumer) = ring(capacity, before);
        let mut reserved = producer.reserve(capacity);
        ledger.values(written).into_iter().for_each(|value| reserved.write(value));
        assert_eq!(ledger.alive(), written);
        drop(reserved);
        ledger.settle();
        assert!(consumer.is_empty());
        // The slots are there for the next one.
        assert_eq!(producer.push_drain(&mut ledger.values(capacity)), capacity);
        drop((producer, consumer));
        ledger.settle();
    }
}

#[test]
fn a_drop_that_panics_in_a_chunk_that_is_not_committed_keeps_no_other_from_being_dropped() {
    for (capacity, before, bomb) in shapes().filter(|(capacity, _, bomb)| bomb < capacity) {
        let ledger = Ledger::new();
        let (mut producer, consumer) = ring(capacity, before);
        let mut reserved = producer.reserve(capacity);
        for n in 0..capacity {
            reserved.write(if n == bomb { ledger.bomb() } else { ledger.value() });
        }
        panics(|| drop(reserved));
        ledger.settle();
        assert!(consumer.is_empty());
        assert_eq!(producer.push_drain(&mut ledger.values(capacity)), capacity);
        drop((producer, consumer));
        ledger.settle();
    }
}

#[test]
fn what_an_iterator_gave_before_it_panicked_or_ended_stays_in_its_chunk() {
    for (capacity, before, gives) in shapes() {
        for (panicking, commits) in [(true, true), (true, false), (false, true), (false, false)] {
            let ledger = Ledger::new();
            let (mut producer, mut consumer) = ring(capacity, before);
            let mut reserved = producer.reserve(capacity);
            // Twice, so that the second one begins in the middle.
            for gives in [gives / 2, gives - gives / 2] {
                let mut values = ledger.values(gives).into_iter();
                let mut values = Says {
                    says: 0, // which nobody relies on
                    f: || values.next().or_else(|| if panicking { panic!("here") } else { None }),
                };
                let room = reserved.slices_mut();
                if panicking && gives < room.0.len() + room.1.len() {
                    panics(|| reserved.fill(&mut values));
                } else {
                    assert_eq!(reserved.fill(&mut values), gives);
                }
            }
            assert_eq!(ledger.alive(), gives);
            let (first, second) = reserved.slices_mut();
            assert_eq!(first.len() + second.len(), capacity - gives, "what has no value yet");
            if commits {
                assert_eq!(reserved.commit_written(), gives);
            } else {
                drop(reserved);
                ledger.settle();
            }
            let mut numbers = std::iter::from_fn(|| consumer.pop()).map(|value| value.number());
            assert!(numbers.by_ref().eq(0..if commits { gives } else { 0 }));
            drop(numbers);
            every::works_on((producer, consumer), capacity);
            ledger.settle();
        }
    }
}

#[test]
fn a_write_to_a_full_chunk_panics_and_drops_the_value() {
    let ledger = Ledger::new();
    let (mut producer, mut consumer) = ring(3, 2);
    let mut reserved = producer.reserve(2);
    reserved.write(ledger.value());
    reserved.write(ledger.value());
    panics(|| reserved.write(ledger.value()));
    assert_eq!(ledger.alive(), 2);
    assert_eq!(reserved.commit_written(), 2);
    assert_eq!(consumer.pop().map(|value| value.number()), Some(0));
    drop((producer, consumer));
    ledger.settle();
    panics(|| ring(1, 0).0.reserve(0).write(ledger.value()));
    ledger.settle();
}

#[test]
fn a_commit_of_more_than_is_left_panics_and_publishes_nothing() {
    for too_many in [2, 3, usize::MAX] {
        let ledger = Ledger::new();
        let (mut producer, mut consumer) = ring(3, 2);
        let mut reserved = producer.reserve(2);
        reserved.write(ledger.value());
        // SAFETY: it panics before it looks at any slot.
        panics(|| unsafe { reserved.commit(too_many) });
        ledger.settle();
        assert!(consumer.pop().is_none());
        assert_eq!(producer.push_drain(&mut ledger.values(3)), 3);
    }
}

#[test]
fn values_written_one_by_one_and_in_place_are_published_together() {
    for (capacity, before, written) in shapes() {
        for in_place in 0..=capacity - written {
            let ledger = Ledger::new();
            let (mut producer, mut consumer) = ring(capacity, before);
            let mut reserved = producer.reserve(capacity);
            ledger.values(written).into_iter().for_each(|value| reserved.write(value));
            let (first, second) = reserved.slices_mut();
            assert_eq!(first.len() + second.len(), capacity - written, "what has no value yet");
            for slot in first.iter_mut().chain(second).take(in_place) {
                slot.write(ledger.value());
            }
            // SAFETY: so many have been written in place.
            unsafe { reserved.commit(in_place) };
            assert_eq!((consumer.len(), ledger.alive()), (written + in_place, written + in_place));
            for number in 0..written + in_place {
                assert_eq!(consumer.pop().map(|value| value.number()), Some(number));
            }
            ledger.settle();
        }
    }
}

#[test]
fn a_chunk_that_is_forgotten_publishes_nothing_and_drops_nothing() {
    let (mut producer, mut consumer) = spsc::ring(3).expect("a small ring");
    let mut reserved = producer.reserve(3);
    reserved.write(1);
    mem::forget(reserved);
    assert!(consumer.is_empty());
    assert_eq!(producer.push_n(&[2, 3, 4]), 3);
    assert_eq!(consumer.readable(2).len(), 2);
    assert_eq!([consumer.pop(), consumer.pop(), consumer.pop()], [Some(2), Some(3), Some(4)]);

    // What was written to it is leaked. (Miri would rightly say so.)
    if !cfg!(miri) {
        let ledger = Ledger::new();
        let (mut producer, consumer) = ring(3, 1);
        let mut reserved = producer.reserve(3);
        reserved.write(ledger.value());
        mem::forget(reserved);
        drop((producer, consumer));
        assert_eq!(ledger.alive(), 1);
    }
}

#[test]
fn released_values_are_dropped_and_the_others_stay() {
    for (capacity, before, released) in shapes() {
        let ledger = Ledger::new();
        let (mut producer, mut consumer) = ring(capacity, before);
        assert_eq!(producer.push_drain(&mut ledger.values(capacity)), capacity);
        consumer.readable(capacity).release(released);
        assert_eq!(ledger.alive(), capacity - released);
        assert_eq!(consumer.readable(capacity).len(), capacity - released);
        assert_eq!(ledger.alive(), capacity - released, "a chunk that is dropped leaves all");
        let left = consumer.readable(usize::MAX);
        let (first, second) = left.slices();
        assert!(first.iter().chain(second).map(Counted::number).eq(released..capacity));
        drop((producer, consumer));
        ledger.settle();
    }
}

#[test]
fn a_drop_that_panics_in_a_release_keeps_no_other_from_being_dropped() {
    for (capacity, before, bomb) in shapes().filter(|(capacity, _, bomb)| bomb < capacity) {
        let ledger = Ledger::new();
        let (mut producer, mut consumer) = ring(capacity, before);
        for n in 0..capacity {
            let value = if n == bomb { ledger.bomb() } else { ledger.value() };
            producer.push(value).expect("there is room");
        }
        panics(|| consumer.readable(capacity).release(capacity));
        ledger.settle();
        assert!(consumer.is_empty() && !producer.is_full());
        assert_eq!(producer.push_drain(&mut ledger.values(capacity)), capacity);
        drop((producer, consumer));
        ledger.settle();
    }
}

#[test]
fn a_release_of_more_than_was_readable_panics_and_releases_nothing() {
    let ledger = Ledger::new();
    let (mut producer, mut consumer) = ring(3, 2);
    producer.push_drain(&mut ledger.values(2));
    panics(|| consumer.readable(3).release(3));
    assert_eq!((ledger.alive(), consumer.len()), (2, 2));
    drop((producer, consumer));
    ledger.settle();
}

#[test]
fn a_consumer_that_goes_while_the_producer_writes_in_place_leaves_it_undisturbed() {
    for (capacity, before, written) in shapes() {
        let ledger = Ledger::new();
        let (mut producer, mut consumer) = ring(capacity, before);
        let (reserved_now, seen) = mpsc::channel();
        let (gone, is_gone) = mpsc::channel();
        thread::scope(|scope| {
            let ledger = &ledger;
            scope.spawn(move || {
                if capacity > 1 {
                    producer.push(ledger.value()).expect("there is room");
                }
                let mut reserved = producer.reserve(capacity);
                let half = (written / 2).min(reserved.len());
                (0..half).for_each(|_| reserved.write(ledger.value()));
                reserved_now.send(()).expect("the other thread listens");
                is_gone.recv().expect("the consumer goes");
                let rest = (written - half).min(reserved.len() - half);
                (0..rest).for_each(|_| reserved.write(ledger.value()));
                if written % 2 == 0 {
                    assert_eq!(reserved.commit_written(), half + rest);
                } else {
                    drop(reserved);
                }
                assert!(producer.is_disconnected());
            });
            scope.spawn(move || {
                seen.recv().expect("the producer writes");
                if capacity % 2 == 0 {
                    drop(consumer.pop());
                }
                drop(consumer);
                gone.send(()).expect("the other thread listens");
            });
        });
        ledger.settle();
    }
}

#[test]
fn a_producer_that_goes_while_the_consumer_reads_in_place_leaves_it_undisturbed() {
    for (capacity, before, held) in shapes() {
        let ledger = Ledger::new();
        let (mut producer, mut consumer) = ring(capacity, before);
        producer.push_drain(&mut ledger.values(held));
        let (reading_now, seen) = mpsc::channel();
        let (gone, is_gone) = mpsc::channel();
        thread::scope(|scope| {
            let ledger = &ledger;
            scope.spawn(move || {
                let readable = consumer.readable(capacity);
                reading_now.send(()).expect("the other thread listens");
                is_gone.recv().expect("the producer goes");
                let (first, second) = readable.slices();
                assert!(first.iter().chain(second).map(Counted::number).eq(0..held));
                readable.release(held / 2);
                assert!(consumer.is_disconnected());
            });
            scope.spawn(move || {
                seen.recv().expect("the consumer reads");
                drop(producer.push(ledger.value()));
                drop(producer);
                gone.send(()).expect("the other thread listens");
            });
        });
        ledger.settle();
    }
}

#[test]
fn chunks_may_be_finished_on_another_thread() {
    let ledger = Ledger::new();
    let (mut producer, mut consumer) = ring(3, 2);
    let mut reserved = producer.reserve(3);
    reserved.write(ledger.value());
    thread::scope(|scope| {
        let ledger = &ledger;
        scope.spawn(move || {
            reserved.write(ledger.value());
            reserved.commit_written();
        });
    });
    let readable = consumer.readable(3);
    assert_eq!(readable.len(), 2);
    thread::scope(|scope| {
        scope.spawn(move || readable.release(1));
    });
    assert_eq!(consumer.pop().map(|value| value.number()), Some(1));
    ledger.settle();
}
