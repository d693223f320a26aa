//! Order by key and levels: random operations on the engine and on a model of rows, each of which
//! must hand out what the other permits.

mod reference;
mod world;

use std::panic::{self, AssertUnwindSafe};

use crate::rng::Rng;
use crate::steps::shrink;
use reference::End;
use world::World;

const RUNS: u64 = if cfg!(miri) {
    1
} else if cfg!(debug_assertions) {
    150
} else {
    6_000
};
const STEPS: usize = if cfg!(miri) { 60 } else { 300 };

/// The settings of a run.
#[derive(Clone, Debug)]
struct Setup {
    partitions: usize,
    /// How many keys.
    keys: u8,
    levels: Vec<u8>,
    waiting: Option<usize>,
    parks: bool,
    dead: bool,
}

/// One operation; numbers that choose among what is there are taken modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    /// Without a key, if it is the last.
    Enqueue {
        key: u8,
        level: usize,
    },
    Dequeue {
        who: usize,
    },
    Batch {
        who: usize,
        max: usize,
    },
    Settle {
        which: usize,
        end: End,
    },
    Cancel {
        which: usize,
    },
    Purge {
        modulus: u64,
    },
    Pause {
        key: u8,
    },
    Resume {
        key: u8,
    },
    Unpark {
        key: u8,
    },
    Advance {
        by: u64,
    },
    Expire,
}

fn one<T: Clone>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.below(of.len())].clone()
}

impl Setup {
    fn random(rng: &mut Rng) -> Self {
        Self {
            partitions: one(rng, &[1, 1, 2, 3]),
            keys: one(rng, &[1, 2, 3, 8]),
            levels: one(rng, &[vec![16], vec![16], vec![8, 16], vec![0, 8, 16, 24, 31]]),
            waiting: one(rng, &[None, None, Some(0), Some(1), Some(4)]),
            parks: rng.below(2) == 0,
            dead: rng.below(2) == 0,
        }
    }
}

impl Step {
    fn random(rng: &mut Rng) -> Self {
        let key = rng.below(9) as u8;
        match rng.below(100) {
            0..=34 => Self::Enqueue { key, level: rng.below(5) },
            35..=49 => Self::Dequeue { who: rng.below(2) },
            50..=56 => Self::Batch { who: rng.below(2), max: 1 + rng.below(6) },
            57..=81 => {
                let end = match rng.below(12) {
                    0..=5 => End::Ack,
                    6 => End::Nack(0),
                    7 => End::Nack(one(rng, &[5, 20])),
                    8 => End::Release,
                    9 => End::Snooze(10),
                    _ => End::Reject,
                };
                Self::Settle { which: rng.below(50), end }
            }
            82..=84 => Self::Cancel { which: rng.below(10) },
            85 => Self::Purge { modulus: 2 + rng.below(3) as u64 },
            86 | 87 => Self::Pause { key },
            88..=90 => Self::Resume { key },
            91..=93 => Self::Unpark { key },
            94..=98 => Self::Advance { by: one(rng, &[1, 5, 10, 20]) },
            _ => Self::Expire,
        }
    }
}

fn follow(setup: &Setup, steps: &[Step]) {
    let mut world = World::new(setup);
    for step in steps {
        world.apply(step);
    }
    world.end();
}

fn run(seed: u64) {
    let mut rng = Rng::new(seed);
    let setup = Setup::random(&mut rng);
    let steps: Vec<_> = (0..STEPS).map(|_| Step::random(&mut rng)).collect();
    let fails =
        |steps: &[Step]| panic::catch_unwind(AssertUnwindSafe(|| follow(&setup, steps))).is_err();
    if !fails(&steps) {
        return;
    }
    // Hundreds of tries, of which only the last is to be read.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let short = shrink(steps, fails);
    panic::set_hook(hook);
    eprintln!("to run this again: RINGMILL_SEED={seed}\n{setup:#?}");
    for step in &short {
        eprintln!("    {step:?}");
    }
    follow(&setup, &short);
    panic!("it failed once, and does no more: RINGMILL_SEED={seed}");
}

#[test]
fn keys_and_levels_do_what_the_model_does() {
    if let Some(seed) = std::env::var("RINGMILL_SEED").ok().and_then(|seed| seed.parse().ok()) {
        return run(seed);
    }
    for seed in 0..RUNS {
        run(seed);
    }
}
