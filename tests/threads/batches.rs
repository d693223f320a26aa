//! The values of one batch stand next to each other, whoever else pushes and pops.

use std::thread;

use ringmill::ring::mpmc::Ring;

use crate::rng::Seed;
use crate::{SMALL, scaled, until};

/// A value that knows its place: batch, number there.
type Placed = (u64, usize);

/// Whether `next` may stand behind `last` where no value is missing: the next of the same batch, or
/// the first of another one behind the last of its own. `lens` says how much of each batch went in.
fn follows(last: Placed, next: Placed, len: impl Fn(u64) -> usize) -> bool {
    if last.0 == next.0 { next.1 == last.1 + 1 } else { last.1 + 1 == len(last.0) && next.1 == 0 }
}

/// Pushes a batch in one of the ways there are; how many values went in.
fn push(ring: &Ring<Placed>, way: usize, batch: u64, len: usize) -> usize {
    let mut values: Vec<Placed> = (0..len).map(|n| (batch, n)).collect();
    match way {
        0 => ring.push_n(&values),
        1 => ring.push_drain(&mut values),
        _ => ring.push_iter(&mut values.into_iter().inspect(|(_, n)| {
            if *n == 1 {
                thread::yield_now();
            }
        })),
    }
}

#[test]
fn values_of_one_push_stand_next_to_each_other() {
    let batches = scaled(10_000, 3);
    let seed = Seed::new(0xba7c);
    for &capacity in SMALL {
        for consumers in if cfg!(miri) { 2..3 } else { 1..3 } {
            let ring = &Ring::new(capacity).expect("a small ring");
            let seed = &seed;
            let (lens, runs) = thread::scope(|scope| {
                let producers: Vec<_> = (0..3_u64)
                    .map(|producer| {
                        scope.spawn(move || {
                            let mut rng = seed.rng(producer);
                            let batch = |n| producer << 32 | n as u64;
                            let lens: Vec<usize> = (0..batches)
                                .map(|n| {
                                    let len = 1 + rng.below(6);
                                    let way = rng.below(3);
                                    until(|| match push(ring, way, batch(n), len) {
                                        0 => None,
                                        pushed => Some(pushed),
                                    })
                                })
                                .collect();
                            lens
                        })
                    })
                    .collect();
                let consumers: Vec<_> = (0..consumers)
                    .map(|consumer| {
                        scope.spawn(move || {
                            let mut rng = seed.rng(9 + consumer);
                            let mut runs: Vec<Vec<Placed>> = Vec::new();
                            loop {
                                let mut run = Vec::new();
                                ring.pop_into(&mut run, 1 + rng.below(9));
                                if let Some(last) = run.last() {
                                    // The end of work, one for each consumer.
                                    if last.0 == u64::MAX {
                                        run.pop();
                                        runs.push(run);
                                        return runs;
                                    }
                                    runs.push(run);
                                } else {
                                    thread::yield_now();
                                }
                            }
                        })
                    })
                    .collect();
                let lens: Vec<Vec<usize>> =
                    producers.into_iter().map(|p| p.join().expect("no panic")).collect();
                for _ in &consumers {
                    until(|| ring.push((u64::MAX, 0)).ok());
                    // One at a time, so that nobody takes the end of another one.
                    until(|| ring.is_empty().then_some(()));
                }
                let runs: Vec<Vec<Vec<Placed>>> =
                    consumers.into_iter().map(|c| c.join().expect("no panic")).collect();
                (lens, runs)
            });
            let len = |batch: u64| lens[(batch >> 32) as usize][batch as u32 as usize];
            let mut count = 0;
            for runs in runs {
                if consumers == 1 {
                    // Nobody else took any: all that it got stood next to each other.
                    let all: Vec<Placed> = runs.concat();
                    assert!(all.windows(2).all(|pair| follows(pair[0], pair[1], len)));
                }
                for run in runs {
                    count += run.len();
                    assert!(run.windows(2).all(|pair| follows(pair[0], pair[1], len)), "{run:?}");
                }
            }
            assert_eq!(count, lens.concat().into_iter().sum());
        }
    }
}
