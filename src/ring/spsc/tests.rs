//! Rings whose counts come round to 0.

use std::boxed::Box;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::vec::Vec;

use super::{Place, starting_at};
use crate::ring::Full;

/// How far the arithmetic is followed step by step.
const FAR: usize = if cfg!(miri) { 6 } else { 130 };

/// Capacities for rings under several threads.
const THREADED: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 7, 8, 64] };

/// How long a ring is used, in laps.
const LAPS: usize = if cfg!(miri) { 3 } else { 6 };

const CAPACITIES: &[usize] =
    if cfg!(miri) { &[1, 3, 4] } else { &[1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100] };

/// Starts from which the counts come round within a few values, or within a few laps.
fn starts(capacity: usize) -> impl Iterator<Item = u64> {
    let capacity = capacity as u64;
    [0, 1, 2, capacity - 1, capacity, 2 * capacity + 1].into_iter().map(|k| u64::MAX - k)
}

#[test]
fn a_place_steps_with_the_count_and_goes_from_the_last_slot_to_the_first() {
    for capacity in (1..=FAR).chain([1 << 31]) {
        for start in [0, u64::MAX - 1] {
            for index in [0, capacity / 2, capacity - 1] {
                let place = Place::<u8> { count: start, index, capacity, base: ptr::null_mut() };
                for steps in (0..=FAR).chain([capacity]).map(|steps: usize| steps.min(capacity)) {
                    let mut there = place;
                    there.advance(steps);
                    assert_eq!(there.count, start.wrapping_add(steps as u64));
                    assert_eq!(there.index, (index + steps) % capacity);
                    let [first, second] = place.ranges(steps);
                    assert_eq!(first.len() + second.len(), steps);
                    // From this slot to the last one at most, and on from the first.
                    assert!(first.start == index && first.end <= capacity && second.start == 0);
                    assert!(second.is_empty() || first.end == capacity);
                }
            }
        }
    }
}

#[test]
fn a_ring_works_on_when_its_counts_come_round() {
    for &capacity in CAPACITIES {
        for start in starts(capacity) {
            let (mut producer, mut consumer) = starting_at(capacity, start).expect("a small ring");
            let mut model = VecDeque::new();
            for step in 0..(LAPS * capacity) as u64 {
                for value in 0..1 + step % 7 {
                    let value = step << 8 | value;
                    let fits = model.len() < capacity;
                    assert_eq!(producer.push(value), if fits { Ok(()) } else { Err(Full(value)) });
                    model.extend(fits.then_some(value));
                    assert_eq!((producer.len(), consumer.len()), (model.len(), model.len()));
                    assert_eq!(producer.is_full(), model.len() == capacity);
                }
                for _ in 0..1 + step % 5 {
                    assert_eq!(consumer.pop(), model.pop_front());
                    assert_eq!((producer.len(), consumer.len()), (model.len(), model.len()));
                    assert_eq!(consumer.is_empty(), model.is_empty());
                }
            }
        }
    }
}

#[test]
fn batches_and_chunks_work_on_when_counts_come_round() {
    for &capacity in CAPACITIES {
        for start in starts(capacity) {
            let (mut producer, mut consumer) = starting_at(capacity, start).expect("a small ring");
            let mut model = VecDeque::new();
            let mut next = 0_u64;
            for step in 0..LAPS * capacity {
                let values: Vec<u64> = (next..).take(step % 9).collect();
                let mut fit = values.len().min(capacity - model.len());
                let pushed = match step % 5 {
                    0 => producer.push_n(&values),
                    1 => producer.push_iter(&mut values.iter().copied()),
                    2 => producer.push_drain(&mut values.clone()),
                    3 => {
                        let mut reserved = producer.reserve(values.len());
                        let mut values = values.iter().copied();
                        values.by_ref().take(fit / 3).for_each(|value| reserved.write(value));
                        reserved.fill(&mut values);
                        reserved.commit_written()
                    }
                    _ => {
                        let gives = fit / 2;
                        let mut values = values.iter().map(|value| match value - next {
                            n if n < gives as u64 => *value,
                            _ => resume_unwind(Box::new(())),
                        });
                        let push = AssertUnwindSafe(|| producer.push_iter(&mut values));
                        assert_eq!(catch_unwind(push).is_err(), gives < fit);
                        fit = gives;
                        gives
                    }
                };
                assert_eq!(pushed, fit);
                model.extend(&values[..fit]);
                next += fit as u64;

                let mut out = Vec::new();
                if step % 2 == 0 {
                    consumer.pop_into(&mut out, step % 8);
                } else {
                    let readable = consumer.readable(step % 8);
                    let (first, second) = readable.slices();
                    out.extend(first.iter().chain(second));
                    readable.release(out.len());
                }
                assert_eq!(out.len(), (step % 8).min(model.len()));
                assert!(out.iter().copied().eq(model.drain(..out.len())));
            }
        }
    }
}

#[test]
fn the_values_in_a_ring_are_dropped_when_counts_have_come_round() {
    for &capacity in CAPACITIES {
        for start in starts(capacity) {
            for held in [1, capacity / 2, capacity] {
                let (mut producer, mut consumer) =
                    starting_at(capacity, start).expect("a small ring");
                for _ in 0..capacity / 2 + 2 {
                    producer.push(None).expect("there is room");
                    consumer.pop().expect("there is a value");
                }
                // In slots of their own: had others been dropped, these would not be.
                let values: Vec<Arc<()>> = (0..held).map(|_| Arc::new(())).collect();
                for value in &values {
                    producer.push(Some(Arc::clone(value))).expect("there is room");
                }
                drop(producer);
                drop(consumer);
                assert!(values.iter().all(|value| Arc::strong_count(value) == 1), "{start:#x}");
            }
        }
    }
}

#[test]
fn two_threads_lose_nothing_when_counts_come_round() {
    let rounds = if cfg!(miri) { 1 } else { 40 };
    for &capacity in THREADED {
        for round in 0..rounds {
            let values = if cfg!(miri) { 10 } else { 20 * capacity as u64 };
            let start = u64::MAX - round * values / 40;
            let (mut producer, mut consumer) = starting_at(capacity, start).expect("a small ring");
            thread::scope(|scope| {
                scope.spawn(move || {
                    for value in 0..values {
                        while producer.push(value).is_err() {
                            thread::yield_now();
                        }
                    }
                });
                scope.spawn(move || {
                    for value in 0..values {
                        let popped = loop {
                            match consumer.pop() {
                                Some(popped) => break popped,
                                None => thread::yield_now(),
                            }
                        };
                        assert_eq!(popped, value);
                    }
                    assert_eq!(consumer.pop(), None);
                });
            });
        }
    }
}
