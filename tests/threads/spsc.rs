//! The ring for one thread on each side.

use std::sync::Barrier;
use std::thread;

use ringmill::ring::spsc::{self, Consumer};

use crate::ledger::Ledger;
use crate::rng::Seed;
use crate::{ALL, SMALL, scaled, until};

#[test]
fn values_arrive_in_order_however_they_are_pushed_and_popped() {
    let values = scaled(100_000, 16);
    let seed = Seed::new(0x595c);
    for &capacity in ALL {
        let (mut producer, mut consumer) = spsc::ring(capacity).expect("a small ring");
        let (mut push_rng, mut pop_rng) = (seed.rng(1), seed.rng(2));
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut next = 0;
                while next < values {
                    let batch: Vec<usize> = (next..values).take(1 + push_rng.below(9)).collect();
                    let pushed = match push_rng.below(4) {
                        0 => usize::from(producer.push(next).is_ok()),
                        1 => producer.push_n(&batch),
                        2 => producer.push_iter(&mut batch.into_iter()),
                        _ => {
                            let mut reserved = producer.reserve(batch.len());
                            for value in batch.into_iter().take(reserved.len()) {
                                reserved.write(value);
                            }
                            reserved.commit_written()
                        }
                    };
                    next += pushed;
                    if pushed == 0 {
                        thread::yield_now();
                    }
                }
            });
            scope.spawn(move || {
                let mut next = 0;
                let mut out = Vec::new();
                while next < values {
                    out.clear();
                    match pop_rng.below(3) {
                        0 => out.extend(consumer.pop()),
                        1 => drop(consumer.pop_into(&mut out, 5)),
                        _ => {
                            let readable = consumer.readable(5);
                            let (first, second) = readable.slices();
                            out.extend(first.iter().chain(second));
                            readable.release(out.len());
                        }
                    }
                    assert!(out.iter().copied().eq(next..next + out.len()));
                    next += out.len();
                    if out.is_empty() {
                        thread::yield_now();
                    }
                }
                assert_eq!(consumer.pop(), None);
            });
        });
    }
}

#[test]
fn a_ring_of_one_slot_hands_over_and_back() {
    let turns = scaled(20_000, 6);
    let (mut to, mut from_here) = spsc::ring(1).expect("a small ring");
    let (mut back, mut from_there) = spsc::ring::<Box<usize>>(1).expect("a small ring");
    thread::scope(|scope| {
        scope.spawn(move || {
            for turn in 0..turns {
                to.push(Box::new(turn)).expect("it was emptied before the answer came");
                assert_eq!(*until(|| from_there.pop()), turn + 1);
            }
        });
        scope.spawn(move || {
            for _ in 0..turns {
                let mut turn = until(|| from_here.pop());
                *turn += 1;
                back.push(turn).expect("the last answer was taken");
            }
        });
    });
}

#[test]
fn whoever_sees_the_producer_gone_has_seen_all_that_it_pushed() {
    let rounds = scaled(3_000, 4);
    for round in 0..rounds {
        let capacity = 1 + round % 5;
        let (mut producer, mut consumer) = spsc::ring(capacity).expect("a small ring");
        let start = &Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(move || {
                start.wait();
                for value in 0..capacity {
                    producer.push(Box::new(value)).expect("all of them fit");
                }
            });
            scope.spawn(move || {
                start.wait();
                let mut got = 0;
                loop {
                    let over = consumer.is_disconnected();
                    while let Some(value) = consumer.pop() {
                        assert_eq!(*value, got);
                        got += 1;
                    }
                    if over {
                        assert_eq!(got, capacity, "nothing comes after the farewell");
                        return;
                    }
                    thread::yield_now();
                }
            });
        });
    }
}

#[test]
fn a_producer_learns_that_the_consumer_is_gone_and_nothing_leaks() {
    let rounds = scaled(3_000, 4);
    for round in 0..rounds {
        let ledger = Ledger::new();
        let (mut producer, mut consumer) = spsc::ring(1 + round % 5).expect("a small ring");
        let start = &Barrier::new(2);
        thread::scope(|scope| {
            let ledger = &ledger;
            scope.spawn(move || {
                start.wait();
                while !producer.is_disconnected() {
                    if producer.push(ledger.value()).is_err() {
                        thread::yield_now();
                    }
                }
                while producer.push(ledger.value()).is_ok() {}
                assert!(producer.is_full(), "nobody takes them any more");
            });
            scope.spawn(move || {
                start.wait();
                for _ in 0..round % 7 {
                    drop(consumer.pop());
                }
            });
        });
        ledger.settle();
    }
}

#[test]
fn an_end_gets_at_least_what_it_sees() {
    let values = scaled(50_000, 12);
    for &capacity in SMALL {
        let (mut producer, mut consumer) = spsc::ring(capacity).expect("a small ring");
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut left = values;
                while left > 0 {
                    let (len, full) = (producer.len(), producer.is_full());
                    assert!(len <= capacity);
                    assert!(len == capacity || !full, "only this end brings values");
                    let mut reserved = producer.reserve(left);
                    assert!(reserved.len() >= (capacity - len).min(left));
                    left -= reserved.len();
                    (0..reserved.len()).for_each(|n| reserved.write(n));
                    if reserved.commit_written() == 0 {
                        thread::yield_now();
                    }
                }
            });
            scope.spawn(move || {
                let mut left = values;
                while left > 0 {
                    let (len, empty) = (consumer.len(), consumer.is_empty());
                    assert!(len <= capacity);
                    assert!(len == 0 || !empty, "only this end takes values");
                    let readable = consumer.readable(usize::MAX);
                    let there = readable.len();
                    assert!(there >= len);
                    readable.release(there);
                    left -= there;
                    if there == 0 {
                        thread::yield_now();
                    }
                }
            });
        });
    }
}

#[test]
fn ends_may_move_from_thread_to_thread() {
    let hops = scaled(300, 4);
    for capacity in [1, 3, 8] {
        let (mut producer, mut consumer) = spsc::ring(capacity).expect("a small ring");
        let mut next = 0;
        for hop in 0..hops {
            let count = hop % (capacity + 1);
            (producer, consumer) = thread::spawn(move || {
                for n in next..next + count {
                    producer.push(n).expect("there is room");
                }
                let taker = thread::spawn(move || {
                    for n in next..next + count {
                        assert_eq!(consumer.pop(), Some(n));
                    }
                    consumer
                });
                (producer, taker.join().expect("no panic"))
            })
            .join()
            .expect("no panic");
            next += count;
        }
    }
}

#[test]
fn a_sieve_of_rings_finds_the_primes() {
    /// The next number, or none when no more will come.
    fn next(from: &mut Consumer<u32>) -> Option<u32> {
        until(|| {
            let over = from.is_disconnected();
            from.pop().map(Some).or(over.then_some(None))
        })
    }

    for &capacity in SMALL {
        let last = scaled(200, 7) as u32;
        let (mut numbers, mut from) = spsc::ring(capacity).expect("a small ring");
        let mut primes = Vec::new();
        thread::scope(|scope| {
            scope.spawn(move || (2..=last).for_each(|n| until(|| numbers.push(n).ok())));
            // The first number that comes is a prime; a thread passes on what it does not divide.
            while let Some(prime) = next(&mut from) {
                primes.push(prime);
                let (mut to, rest) = spsc::ring(capacity).expect("a small ring");
                let mut all = std::mem::replace(&mut from, rest);
                scope.spawn(move || {
                    while let Some(n) = next(&mut all) {
                        if n % prime != 0 {
                            until(|| to.push(n).ok());
                        }
                    }
                });
            }
        });
        assert!(primes.into_iter().eq((2..=last).filter(|n| (2..*n).all(|d| n % d != 0))));
    }
}
