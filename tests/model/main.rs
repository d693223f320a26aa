//! The delivery engine does what a plain model of it does: random operations on both, on a virtual
//! clock, and after each of them every result and every count is the same.
//!
//! A sequence that fails is shrunk and printed with its seed. In a release build more than 10^6
//! operations are done; `RINGMILL_SEED` asks for one seed alone.
#![cfg(feature = "queue")]

mod counts;
mod engine;
mod ordered;
mod reference;
#[path = "../support/rng.rs"]
mod rng;
mod steps;
mod world;

use std::panic::{self, AssertUnwindSafe};

use rng::Rng;
use steps::{Setup, Step, shrink};
use world::World;

/// Sequences, and operations in each.
const RUNS: u64 = if cfg!(miri) {
    2
} else if cfg!(debug_assertions) {
    100
} else {
    6_000
};
const STEPS: usize = if cfg!(miri) { 60 } else { 400 };

fn follow(setup: &Setup, steps: &[Step]) {
    let mut world = World::new(setup);
    for step in steps {
        world.apply(step);
    }
    world.end();
}

fn fails(setup: &Setup, steps: &[Step]) -> bool {
    panic::catch_unwind(AssertUnwindSafe(|| follow(setup, steps))).is_err()
}

fn run(seed: u64) {
    let mut rng = Rng::new(seed);
    let setup = Setup::random(&mut rng);
    let steps = Step::sequence(&mut rng, STEPS);
    if !fails(&setup, &steps) {
        return;
    }
    // Hundreds of tries, of which only the last is to be read.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let short = shrink(steps, |steps| fails(&setup, steps));
    panic::set_hook(hook);
    eprintln!("to run this again: RINGMILL_SEED={seed}\n{setup:#?}");
    for step in &short {
        eprintln!("    {step:?}");
    }
    follow(&setup, &short);
    panic!("it failed once, and does no more: RINGMILL_SEED={seed}");
}

#[test]
fn the_engine_does_what_the_model_does() {
    if let Some(seed) = std::env::var("RINGMILL_SEED").ok().and_then(|seed| seed.parse().ok()) {
        return run(seed);
    }
    for seed in 0..RUNS {
        run(seed);
    }
}

#[test]
fn a_sequence_that_fails_is_shrunk_to_what_makes_it_fail() {
    let mut rng = Rng::new(1);
    let steps = Step::sequence(&mut rng, 2_000);
    let guilty = |steps: &[Step]| {
        let pauses = steps.iter().filter(|step| matches!(step, Step::Pause { .. })).count();
        pauses >= 2 && steps.iter().any(|step| matches!(step, Step::Browse { .. }))
    };
    assert!(guilty(&steps));
    assert_eq!(shrink(steps, guilty).len(), 3);
}
