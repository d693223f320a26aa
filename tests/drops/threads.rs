//! Iterators that end early or panic while other threads are at work.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ringmill::ring::{mpmc, mpsc, spmc};

use crate::Says;
use crate::ledger::{Counted, Ledger};

const CAPACITIES: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 8] };
const ROUNDS: usize = if cfg!(miri) { 4 } else { 3_000 };

type Batch<'a> = &'a mut dyn ExactSizeIterator<Item = Counted>;

/// Pushes from an iterator that gives less than it says, or panics now and then.
fn push_some(
    number: usize,
    capacity: usize,
    ledger: &Arc<Ledger>,
    push: impl FnOnce(&mut Batch<'_>) -> usize,
) {
    let mut left = number % (capacity + 1);
    let f = || {
        left = left.checked_sub(1)?;
        let value = ledger.value();
        if number % 16 == 0 && value.number() % 3 == 0 {
            resume_unwind(Box::new("no hook, no noise"));
        }
        Some(value)
    };
    let mut values = Says { says: capacity, f };
    drop(catch_unwind(AssertUnwindSafe(|| push(&mut (&mut values as Batch<'_>)))));
}

/// Producers push, and consumers pop until there is nothing more to come.
fn work<P: Send, C: Send>(
    capacity: usize,
    producers: &mut [P],
    consumers: &mut [C],
    push: impl Fn(&mut P, &mut Batch<'_>, &Arc<Ledger>) -> usize + Sync,
    pop: impl Fn(&mut C, &mut Vec<Counted>, usize) -> usize + Sync,
) {
    let ledger = &Ledger::new();
    let pushing = &AtomicUsize::new(producers.len());
    let (push, pop) = (&push, &pop);
    thread::scope(|scope| {
        for (thread, producer) in producers.iter_mut().enumerate() {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    push_some(round + thread, capacity, ledger, |values| {
                        push(producer, values, ledger)
                    });
                }
                pushing.fetch_sub(1, Ordering::SeqCst);
            });
        }
        for consumer in consumers.iter_mut() {
            scope.spawn(move || {
                for round in 0.. {
                    // Asked before the last look, so that nothing is missed.
                    let over = pushing.load(Ordering::SeqCst) == 0;
                    match pop(consumer, &mut Vec::new(), 1 + round % 3) {
                        0 if over => return,
                        0 => thread::yield_now(),
                        _ => {}
                    }
                }
            });
        }
    });
    ledger.settle();

    // All of the room can be used again.
    let mut values = ledger.values(capacity).into_iter();
    assert_eq!(push(&mut producers[0], &mut (&mut values as Batch<'_>), ledger), capacity);
    assert_eq!(pop(&mut consumers[0], &mut Vec::new(), capacity), capacity);
    ledger.settle();
}

#[test]
fn iterators_that_panic_hang_nobody_and_lose_nothing() {
    for &capacity in CAPACITIES {
        let ring = &mpmc::Ring::new(capacity).expect("a small ring");
        work(
            capacity,
            &mut [ring; 3],
            &mut [ring; 2],
            |ring, values, ledger| {
                let pushed = ring.push_iter(values);
                if pushed == 0 {
                    drop(ring.force_push(ledger.value()));
                }
                pushed
            },
            |ring, out, max| ring.pop_into(out, max),
        );
    }
}

#[test]
fn iterators_that_panic_in_some_producers_do_not_hang_the_consumer() {
    for &capacity in CAPACITIES {
        let (producer, consumer) = mpsc::ring(capacity).expect("a small ring");
        work(
            capacity,
            &mut [(); 3].map(|()| producer.clone()),
            &mut [consumer],
            |producer, values, _| producer.push_iter(values),
            |consumer, out, max| consumer.pop_into(out, max),
        );
    }
}

#[test]
fn iterators_that_panic_in_the_producer_do_not_hang_the_consumers() {
    for &capacity in CAPACITIES {
        let (producer, consumer) = spmc::ring(capacity).expect("a small ring");
        work(
            capacity,
            &mut [producer],
            &mut [(); 3].map(|()| consumer.clone()),
            |producer, values, _| producer.push_iter(values),
            |consumer, out, max| consumer.pop_into(out, max),
        );
    }
}
