//! `order`: what an order or levels cost, beside a queue without.
//!
//! Every kind of queue runs in turn, in each round, with the same messages; what is printed is the
//! median of a message's whole life (enqueue, dequeue, ack) in batches of eight, and the median of
//! what it costs more than the plain queue did in the same round.
//!
//! ```text
//! cargo run --release -p ringmill-benches --bin order [-- ROUNDS]
//! ```

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use std::{env, thread};

use ringmill::message::{Message, Priority};
use ringmill::queue::{Engine, Order, Queue, QueueBuilder};
use ringmill_benches::place::Powers;

const BATCH: usize = 8;
const CAPACITY: usize = 1024;
/// Messages of one run.
const MESSAGES: u64 = 60_000;

/// A kind of queue.
struct Kind {
    name: &'static str,
    /// How many keys; 0 for none.
    keys: u64,
    /// How many levels, of which the highest has one message in 1,000.
    levels: u8,
    /// By how many a message may be overtaken; 0 for strict.
    slack: u32,
    build: fn(QueueBuilder<u64>) -> QueueBuilder<u64>,
}

const PLAIN: Kind = Kind { name: "plain", keys: 0, levels: 1, slack: 0, build: |builder| builder };

fn ordered(name: &'static str, keys: u64) -> Kind {
    Kind { name, keys, build: |builder| builder.order(Order::Key), ..PLAIN }
}

fn kinds() -> Vec<Kind> {
    let bounded = |builder: QueueBuilder<u64>| builder.order(Order::Key).max_waiting_per_key(500);
    vec![
        PLAIN,
        Kind { name: "plain, 1,000 keys", keys: 1_000, ..PLAIN },
        ordered("`Order::Key`, 10 keys", 10),
        ordered("`Order::Key`, 1,000 keys", 1_000),
        ordered("`Order::Key`, 10,000 keys", 10_000),
        Kind { name: "the same, `max_waiting_per_key`", keys: 10_000, build: bounded, ..PLAIN },
        Kind { name: "2 `levels`", levels: 2, ..PLAIN },
        Kind { name: "2 `relaxed_levels`, 64", levels: 2, slack: 64, ..PLAIN },
        Kind { name: "32 `levels`", levels: 32, ..PLAIN },
        Kind { name: "32 `relaxed_levels`, 64", levels: 32, slack: 64, ..PLAIN },
    ]
}

/// How the work is shared.
#[derive(Clone, Copy)]
enum Crew {
    /// So many threads that produce, and as many that consume.
    Apart(usize),
    /// Threads that do both, in turn.
    Both(usize),
}

impl Kind {
    fn queue(&self, engine: &Engine) -> Queue<u64> {
        let builder = Queue::<u64>::builder("order").engine(engine).capacity(CAPACITY);
        let builder = (self.build)(builder);
        let all = (0..32).rev().filter_map(Priority::new);
        let levels: Vec<_> = all.take(usize::from(self.levels)).collect();
        let builder = match (self.levels, self.slack) {
            (1, _) => builder,
            (_, 0) => builder.levels(&levels),
            (_, slack) => builder.relaxed_levels(&levels, slack),
        };
        builder.build().expect("valid")
    }

    fn message(&self, dice: &mut u64) -> Message<u64> {
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let roll = *dice >> 33;
        let message = Message::new(roll);
        let message = match self.keys {
            0 => message,
            keys => message.key((roll % keys).to_le_bytes()),
        };
        match self.levels {
            1 => message,
            2 => message.priority(match roll % 1_000 {
                0 => HIGH,
                _ => LOW,
            }),
            levels => {
                let level = 31 - (roll % u64::from(levels)) as u8;
                message.priority(Priority::new(level).expect("below 32"))
            }
        }
    }

    /// Nanoseconds a message.
    fn run(&self, crew: Crew) -> f64 {
        let engine = Engine::new();
        let queue = self.queue(&engine);
        let threads = match crew {
            Crew::Apart(pairs) => 2 * pairs,
            Crew::Both(threads) => threads,
        };
        let places = Powers::of_this_process().places(threads);
        let (line, done) = (Barrier::new(threads), AtomicU64::new(0));
        let times = thread::scope(|scope| {
            let mut crew_of = Vec::new();
            for (number, place) in (0..).zip(places) {
                let (queue, line, done) = (&queue, &line, &done);
                let produces = matches!(crew, Crew::Both(_)) || number % 2 == 0;
                let consumes = matches!(crew, Crew::Both(_)) || number % 2 == 1;
                let makers = match crew {
                    Crew::Apart(pairs) => pairs as u64,
                    Crew::Both(threads) => threads as u64,
                };
                crew_of.push(scope.spawn(move || {
                    place.take();
                    let (producer, consumer) = (queue.producer(), queue.consumer());
                    let (mut dice, mut left) = (number + 1, MESSAGES / makers);
                    let (mut batch, mut out) = (Vec::new(), Vec::new());
                    line.wait();
                    let begin = Instant::now();
                    let mut idle = 0_u32;
                    loop {
                        let mut moved = 0;
                        if produces && left > 0 {
                            while batch.len() < BATCH.min(left as usize) {
                                batch.push(self.message(&mut dice));
                            }
                            moved = producer.try_enqueue_batch(&mut batch).unwrap_or(0);
                            left -= moved as u64;
                        }
                        if consumes {
                            let taken = consumer.try_dequeue_batch(BATCH, &mut out).unwrap_or(0);
                            let acked = consumer.ack_batch(out.drain(..)).acked;
                            assert_eq!(acked, taken);
                            moved += taken;
                            done.fetch_add(taken as u64, Ordering::Relaxed);
                        }
                        let all = consumes && done.load(Ordering::Relaxed) == MESSAGES;
                        if all || !consumes && left == 0 {
                            return (begin, Instant::now());
                        }
                        idle = if moved > 0 { 0 } else { idle + 1 };
                        if idle > 6 {
                            thread::yield_now();
                        } else if idle > 0 {
                            (0..1 << idle).for_each(|_| std::hint::spin_loop());
                        }
                    }
                }));
            }
            let times = crew_of.into_iter().map(|worker| worker.join().expect("it does not panic"));
            times.collect::<Vec<_>>()
        });
        let begin = times.iter().map(|time| time.0).min().expect("there are threads");
        let end = times.iter().map(|time| time.1).max().expect("as above");
        (end - begin).as_nanos() as f64 / MESSAGES as f64
    }
}

const HIGH: Priority = match Priority::new(31) {
    Some(priority) => priority,
    None => Priority::CRITICAL,
};
const LOW: Priority = match Priority::new(30) {
    Some(priority) => priority,
    None => Priority::HIGH,
};

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn main() {
    let rounds = env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(15_usize);
    let crews =
        [("1P1C", Crew::Apart(1)), ("2P2C", Crew::Apart(2)), ("two that do both", Crew::Both(2))];
    let kinds = kinds();
    let mut times = vec![vec![Vec::new(); crews.len()]; kinds.len()];
    for _ in 0..=rounds {
        for (at, (_, crew)) in crews.iter().enumerate() {
            for (kind, times) in kinds.iter().zip(&mut times) {
                times[at].push(kind.run(*crew));
            }
        }
    }
    // The first round warms up.
    times.iter_mut().flatten().for_each(|times| _ = times.remove(0));
    print!("| a message, batches of {BATCH} |");
    crews.iter().for_each(|(name, _)| print!(" {name} |"));
    println!("\n|---|{}", "---|".repeat(crews.len()));
    for (kind, own) in kinds.iter().zip(&times) {
        print!("| {} |", kind.name);
        for (at, plain) in times[0].iter().enumerate() {
            let more = own[at].iter().zip(plain).map(|(own, plain)| own - plain);
            let (whole, more) = (median(own[at].clone()), median(more.collect()));
            if kind.name == PLAIN.name {
                print!(" {whole:.0} ns |");
            } else {
                print!(" {whole:.0} ns, {more:+.0} |");
            }
        }
        println!();
    }
}
