//! The ring for any number of threads.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use ringmill::ring::mpmc::Ring;

use crate::ledger::Ledger;
use crate::rng::Seed;
use crate::{ALL, SMALL, scaled, until};

/// How many producers and consumers there are.
const SIDES: &[(usize, usize)] =
    if cfg!(miri) { &[(2, 2)] } else { &[(1, 1), (2, 2), (4, 1), (1, 4), (4, 4)] };

#[test]
fn every_value_comes_out_once_and_in_its_producers_order() {
    let per_producer = scaled(20_000, 5);
    for &capacity in ALL {
        for &(producers, consumers) in SIDES {
            let ring = Ring::new(capacity).expect("a small ring");
            let total = producers * per_producer;
            let popped = AtomicUsize::new(0);
            let seen: Vec<AtomicUsize> = (0..total).map(|_| AtomicUsize::new(0)).collect();
            thread::scope(|scope| {
                for producer in 0..producers {
                    let ring = &ring;
                    scope.spawn(move || {
                        for n in 0..per_producer {
                            until(|| ring.push(producer * per_producer + n).ok());
                        }
                    });
                }
                for _ in 0..consumers {
                    scope.spawn(|| {
                        let mut next = vec![0; producers];
                        while popped.load(Ordering::Relaxed) < total {
                            let Some(value) = ring.pop() else {
                                thread::yield_now();
                                continue;
                            };
                            popped.fetch_add(1, Ordering::Relaxed);
                            seen[value].fetch_add(1, Ordering::Relaxed);
                            let next = &mut next[value / per_producer];
                            assert!(value >= *next, "{value} came after {}", *next - 1);
                            *next = value + 1;
                        }
                    });
                }
            });
            assert!(seen.iter().all(|times| times.load(Ordering::Relaxed) == 1));
            assert!(ring.is_empty());
        }
    }
}

#[test]
fn a_ring_of_one_slot_hands_over_and_back() {
    let turns = scaled(20_000, 6);
    let there = Ring::new(1).expect("a small ring");
    let back = Ring::<Box<usize>>::new(1).expect("a small ring");
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 0..turns {
                there.push(Box::new(turn)).expect("it was emptied before the answer came");
                assert_eq!(*until(|| back.pop()), turn + 1);
            }
        });
        scope.spawn(|| {
            for _ in 0..turns {
                let mut turn = until(|| there.pop());
                *turn += 1;
                back.push(turn).expect("the last answer was taken");
            }
        });
    });
}

#[test]
fn a_ring_with_one_token_is_a_lock() {
    /// What only the holder of the token may touch.
    struct Guarded(UnsafeCell<(usize, usize)>);
    // SAFETY: one token, one holder; the ring hands on what the last one did.
    unsafe impl Sync for Guarded {}

    let turns = scaled(5_000, 2);
    for &capacity in SMALL {
        for forced in [false, true] {
            let ring = &Ring::new(capacity).expect("a small ring");
            let guarded = &Guarded(UnsafeCell::new((0, 0)));
            ring.push(()).expect("there is room");
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(move || {
                        for _ in 0..turns {
                            until(|| ring.pop());
                            // SAFETY: this thread holds the token.
                            let (first, second) = unsafe { &mut *guarded.0.get() };
                            *first += 1;
                            assert_eq!(*first, *second + 1, "another thread is in here");
                            *second += 1;
                            match forced {
                                false => ring.push(()).expect("there is room for the token"),
                                true => assert!(ring.force_push(()).is_none()),
                            }
                        }
                    });
                }
            });
            // SAFETY: the threads are gone.
            assert_eq!(unsafe { *guarded.0.get() }, (4 * turns, 4 * turns));
        }
    }
}

#[test]
fn as_many_tokens_as_slots_always_find_room() {
    let turns = scaled(5_000, 2);
    for &capacity in SMALL {
        let ring = Ring::new(capacity).expect("a small ring");
        assert_eq!(ring.push_iter(&mut (0..capacity)), capacity);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..turns {
                        let token = until(|| ring.pop());
                        ring.push(token).expect("the token leaves a slot behind");
                    }
                });
            }
        });
        let mut tokens: Vec<_> = ring.into_iter().collect();
        tokens.sort_unstable();
        assert!(tokens.into_iter().eq(0..capacity));
    }
}

#[test]
fn the_length_is_between_none_and_the_capacity() {
    let looks = scaled(40_000, 8);
    for &capacity in SMALL {
        let ring = Ring::new(capacity).expect("a small ring");
        let (looking, start) = (AtomicUsize::new(1), Barrier::new(4));
        thread::scope(|scope| {
            for thread in 0..3_u64 {
                let (ring, looking, start) = (&ring, &looking, &start);
                scope.spawn(move || {
                    let seed = Seed::new(0x1e_9714);
                    let mut rng = seed.rng(thread);
                    start.wait();
                    while looking.load(Ordering::Relaxed) == 1 {
                        match rng.below(8) {
                            0..3 => drop(ring.push(0)),
                            3 => drop(ring.force_push(0)),
                            4 => drop(ring.push_n(&[0; 3])),
                            5 => drop(ring.pop_into(&mut Vec::new(), 3)),
                            _ => drop(ring.pop()),
                        }
                    }
                });
            }
            start.wait();
            for _ in 0..looks {
                let len = ring.len();
                assert!(len <= capacity, "{len} of {capacity}");
            }
            looking.store(0, Ordering::Relaxed);
        });
    }
}

#[test]
fn the_length_is_never_more_than_the_values_that_exist() {
    let looks = scaled(200_000, 8);
    for &capacity in SMALL {
        let exist = capacity.div_ceil(2);
        let ring = Ring::new(capacity).expect("a small ring");
        assert_eq!(ring.push_iter(&mut (0..exist)), exist);
        let (looking, start) = (AtomicUsize::new(1), Barrier::new(3));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    start.wait();
                    while looking.load(Ordering::Relaxed) == 1 {
                        if let Some(value) = ring.pop() {
                            ring.push(value).expect("the value left a slot behind");
                        }
                    }
                });
            }
            start.wait();
            for _ in 0..looks {
                let len = ring.len();
                assert!(len <= exist, "{len} values of {exist}");
            }
            looking.store(0, Ordering::Relaxed);
        });
        assert_eq!(ring.len(), exist);
    }
}

#[test]
fn what_the_only_consumer_sees_it_gets() {
    let values = scaled(20_000, 5);
    for &capacity in SMALL {
        let ring = &Ring::new(capacity).expect("a small ring");
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(move || (0..values).for_each(|n| until(|| ring.push(n).ok())));
            }
            let mut left = 3 * values;
            while left > 0 {
                let len = ring.len();
                if len == 0 {
                    thread::yield_now();
                }
                for _ in 0..len {
                    assert!(ring.pop().is_some(), "nobody else takes values");
                }
                left -= len;
            }
            assert!(ring.is_empty());
        });
    }
}

#[test]
fn the_room_that_the_only_producer_sees_it_gets() {
    let values = scaled(60_000, 12);
    for &capacity in SMALL {
        let ring = &Ring::new(capacity).expect("a small ring");
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(move || {
                    (0..values / 3).for_each(|_| {
                        until(|| ring.pop());
                    })
                });
            }
            let mut left = values;
            while left > 0 {
                let room = (ring.capacity() - ring.len()).min(left);
                assert!(room == 0 || !ring.is_full(), "nobody else brings values");
                if room == 0 {
                    thread::yield_now();
                }
                for _ in 0..room {
                    ring.push(left).expect("nobody else brings values");
                }
                left -= room;
            }
        });
        assert!(ring.is_empty());
    }
}

#[test]
fn everything_is_dropped_once_when_threads_come_and_go() {
    let rounds = scaled(300, 2);
    let seed = Seed::new(0xd209);
    for round in 0..rounds as u64 {
        let ledger = Ledger::new();
        let capacity = 1 + seed.rng(round).below(9);
        let ring = Arc::new(Ring::new(capacity).expect("a small ring"));
        let start = Arc::new(Barrier::new(4));
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (ring, start, ledger) =
                    (Arc::clone(&ring), Arc::clone(&start), Arc::clone(&ledger));
                let mut rng = seed.rng(round << 3 | thread);
                thread::spawn(move || {
                    start.wait();
                    for _ in 0..rng.below(40) {
                        match rng.below(6) {
                            0 | 1 => drop(ring.push(ledger.value())),
                            2 => drop(ring.force_push(ledger.value())),
                            3 => drop(ring.push_drain(&mut ledger.values(3))),
                            4 => drop(ring.pop_into(&mut Vec::new(), 2)),
                            _ => drop(ring.pop()),
                        }
                    }
                    // The last thread to go drops the ring and what is in it.
                })
            })
            .collect();
        drop(ring);
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
        ledger.settle();
    }
}
