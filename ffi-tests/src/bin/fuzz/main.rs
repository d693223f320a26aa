//! Random sequences of C calls with hostile arguments, from a seed.
//!
//! ```text
//! cargo run --release -p ffi-tests --bin fuzz -- [--calls N] [--seconds N] [--seed S] [--threads T]
//! ```
//!
//! Every call is answered with a status that its function may give, writes its outputs and nothing
//! beside them, and hands out elements that were put in whole. At the end each function must have
//! succeeded at least `--successes` times, 1,000 if not given. With one thread a seed gives the same
//! calls each time. In a debug build freed handles are passed as well, which must be told as such.

mod arguments;
mod buffer;
mod channels;
mod count;
mod partitions;
mod queues;
mod rings;
mod world;

use std::env;
use std::process::ExitCode;
use std::sync::RwLock;
use std::time::{Duration, Instant};

use self::arguments::Rng;
use self::count::Counts;
use self::world::World;

struct Options {
    calls: u64,
    seconds: u64,
    seed: u64,
    threads: u64,
    successes: u64,
}

fn options() -> Result<Options, String> {
    let mut options =
        Options { calls: 1_000_000, seconds: u64::MAX, seed: 1, threads: 1, successes: 1_000 };
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|text| text.replace('_', "").parse().ok());
        let value = value.ok_or_else(|| format!("{name} needs a number"))?;
        match name.as_str() {
            "--calls" => options.calls = value,
            "--seconds" => (options.seconds, options.calls) = (value, u64::MAX),
            "--seed" => options.seed = value,
            "--threads" => options.threads = value,
            "--successes" => options.successes = value,
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("seed {}, {} threads", options.seed, options.threads);
    let start = Instant::now();
    let end = start.checked_add(Duration::from_secs(options.seconds));
    let world = RwLock::new(World::new(options.threads > 1));
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads)
            .map(|thread| {
                let (world, options) = (&world, &options);
                scope.spawn(move || {
                    let mut counts = Counts::default();
                    let mut rng = Rng::new(options.seed, thread);
                    while counts.calls < options.calls / options.threads {
                        if counts.calls % 4_096 == 0 && end.is_some_and(|end| Instant::now() > end)
                        {
                            break;
                        }
                        step(world, &mut rng, &mut counts);
                    }
                    counts
                })
            })
            .collect();
        let mut all = Counts::default();
        for thread in threads {
            match thread.join() {
                Ok(counts) => all.add(&counts),
                Err(_) => std::process::exit(1),
            }
        }
        all
    });
    world.into_inner().expect("no thread has panicked").free_all();
    print!("{counts}");
    println!("{} calls in {:.1} s", counts.calls, start.elapsed().as_secs_f64());
    let rare = counts.rarer_than(options.successes);
    if rare.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("succeeded less than {} times: {}", options.successes, rare.join(", "));
    ExitCode::FAILURE
}

/// One call, or a few that belong together.
fn step(world: &RwLock<World>, rng: &mut Rng, counts: &mut Counts) {
    // Handles come and go with nobody else there; all other calls run side by side.
    if rng.one_in(24) {
        let mut world = world.write().expect("no thread has panicked");
        match rng.below(6) {
            0 => rings::make_or_free(&mut world, rng, counts),
            1 => channels::make_or_free(&mut world, rng, counts),
            2 => partitions::make_or_free(&mut world, rng, counts),
            _ => queues::make_or_free(&mut world.queues, rng, counts),
        }
        return;
    }
    let world = world.read().expect("no thread has panicked");
    match rng.below(32) {
        0..7 => rings::call(&world, rng, counts),
        7..11 => channels::call(&world, rng, counts),
        11..15 => partitions::call(&world, rng, counts),
        15 => count::words(rng, counts),
        _ => queues::call(&world.queues, rng, counts),
    }
}
