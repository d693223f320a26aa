//! Pushes that displace the oldest value, against everything else.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ringmill::ring::mpmc::Ring;

use crate::rng::Seed;
use crate::{SMALL, scaled, until};

/// A thread's values, named so that all differ.
fn name(thread: usize, n: usize) -> u64 {
    (thread as u64) << 32 | n as u64
}

#[test]
fn a_full_ring_never_looks_less_than_full_while_values_are_displaced() {
    let pushes = scaled(20_000, 5);
    for &capacity in SMALL {
        let ring = &Ring::new(capacity).expect("a small ring");
        assert_eq!(ring.push_n(&vec![0; capacity]), capacity);
        let (start, over) = (&Barrier::new(4), &AtomicBool::new(false));
        thread::scope(|scope| {
            let pushers: Vec<_> = (1..4)
                .map(|thread| {
                    scope.spawn(move || {
                        start.wait();
                        for n in 0..pushes {
                            let displaced = ring.force_push(name(thread, n));
                            assert!(displaced.is_some(), "nobody else makes room");
                            assert!(ring.is_full());
                        }
                    })
                })
                .collect();
            scope.spawn(move || {
                for pusher in pushers {
                    pusher.join().expect("no pusher panics");
                }
                over.store(true, Ordering::Relaxed);
            });
            start.wait();
            while !over.load(Ordering::Relaxed) {
                assert_eq!(ring.len(), capacity);
                assert!(ring.push(0).is_err(), "there is no room");
                assert!(!ring.is_empty());
            }
        });
        assert_eq!(ring.len(), capacity);
    }
}

#[test]
fn a_value_is_popped_or_displaced_or_left_and_never_two_of_it() {
    let turns = scaled(20_000, 5);
    let seed = Seed::new(0x000f_02ce);
    for &capacity in SMALL {
        for threads in if cfg!(miri) { 3..4 } else { 2..6 } {
            let ring = Ring::new(capacity).expect("a small ring");
            let start = Barrier::new(threads);
            let work = |thread: usize| {
                let mut rng = seed.rng((capacity << 8 | thread) as u64);
                let (mut given, mut got) = (0, Vec::new());
                start.wait();
                for _ in 0..turns / threads {
                    match rng.below(6) {
                        0..3 => {
                            got.extend(ring.force_push(name(thread, given)));
                            given += 1;
                        }
                        3 => given += usize::from(ring.push(name(thread, given)).is_ok()),
                        4 => drop(ring.pop_into(&mut got, 2)),
                        _ => got.extend(ring.pop()),
                    }
                }
                (given, got)
            };
            let results: Vec<(usize, Vec<u64>)> = thread::scope(|scope| {
                let work = &work;
                let all: Vec<_> = (0..threads).map(|t| scope.spawn(move || work(t))).collect();
                all.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
            });
            let mut expected = Vec::new();
            let mut got = Vec::new();
            for (thread, (given, of_one)) in results.into_iter().enumerate() {
                expected.extend((0..given).map(|n| name(thread, n)));
                got.extend(of_one);
            }
            got.extend(ring);
            got.sort_unstable();
            assert_eq!(got, expected);
        }
    }
}

#[test]
fn what_is_popped_and_what_is_displaced_are_all_values_each_in_order() {
    let pushes = scaled(30_000, 12);
    for &capacity in SMALL {
        let ring = &Ring::new(capacity).expect("a small ring");
        thread::scope(|scope| {
            // One pusher and one popper: each sees its values in the order of pushing.
            let displaced = scope.spawn(move || {
                (0..pushes).filter_map(|n| ring.force_push(n)).collect::<Vec<usize>>()
            });
            let popped = scope.spawn(move || {
                let mut popped = Vec::new();
                while popped.last().is_none_or(|last| last + 1 < pushes) {
                    popped.push(until(|| ring.pop()));
                }
                popped
            });
            let displaced = displaced.join().expect("no panic");
            let popped = popped.join().expect("no panic");
            assert!(displaced.is_sorted() && popped.is_sorted());
            let mut all = [displaced, popped].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..pushes));
        });
    }
}
