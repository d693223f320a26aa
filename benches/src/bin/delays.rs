//! `delays`: how late delayed messages are, and what they cost.
//!
//! Lateness is from the due time to the moment when a consumer that waits has the message, on the
//! system's clock: while nothing else happens, and while a producer and a consumer keep a core busy
//! each with other messages of the same queue. Costs are of single operations with so many messages
//! waiting, and the process's memory for them.
//!
//! ```text
//! cargo run --release -p ringmill-benches --bin delays [-- MESSAGES-WAITING]
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use ringmill::clock::VirtualClock;
use ringmill::message::{Handle, Message};
use ringmill::queue::{Engine, Queue};

const MESSAGES: u64 = 2_000;
/// Over which the due times are spread.
const SPREAD: u64 = 2_000_000_000;

/// A number that follows another one, and looks like any.
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// What a message carries: when it is due, or nothing.
type Due = Option<Instant>;

fn lateness(name: &str, busy: bool) {
    let queue = Queue::<Due>::builder("delays").capacity(65_536).build().expect("it is valid");
    let stop = AtomicBool::new(false);
    let mut late = Vec::new();
    let mut early = 0;
    thread::scope(|scope| {
        if busy {
            scope.spawn(|| {
                let producer = queue.producer();
                while !stop.load(Ordering::Relaxed) {
                    if producer.try_enqueue(None).is_err() {
                        thread::yield_now();
                    }
                }
            });
        }
        let producer = queue.producer();
        let mut seed = 42;
        for _ in 0..MESSAGES {
            let delay = Duration::from_nanos(next(&mut seed) % SPREAD + 1_000_000);
            let due = Instant::now() + delay;
            let mut message = Message::new(Some(due)).after(delay);
            while let Err(error) = producer.enqueue(message) {
                message = error.into_message();
                thread::yield_now();
            }
        }
        let consumer = queue.consumer();
        while late.len() + early < MESSAGES as usize {
            let delivery = consumer.dequeue().expect("it is open");
            if let Some(due) = *delivery {
                let now = Instant::now();
                match now.checked_duration_since(due) {
                    Some(by) => late.push(by),
                    None => early += 1,
                }
            }
            delivery.ack().expect("in time");
        }
        stop.store(true, Ordering::Relaxed);
    });
    late.sort_unstable();
    let at = |quantile: f64| late[((late.len() - 1) as f64 * quantile) as usize];
    println!(
        "| {name} | {early} | {:?} | {:?} | {:?} |",
        at(0.5),
        at(0.99),
        late.last().expect("there are some")
    );
}

/// Bytes of memory that the process has in use.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4_096
}

fn per(count: usize, took: Duration) -> String {
    format!("{:.0} ns", took.as_nanos() as f64 / count as f64)
}

fn cost(waiting: usize) {
    let before = resident();
    let clock = VirtualClock::new();
    let engine = Engine::builder().clock(clock.clone()).manual().build();
    let queue = Queue::<u64>::builder("waiting").engine(&engine).capacity(waiting + 1).no_lease();
    let queue = queue.build().expect("it is valid");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let mut seed = 7;
    let mut any = |_| {
        let delay = Duration::from_nanos(next(&mut seed) % (1_000 * SPREAD) + 1);
        producer.enqueue(Message::new(1).after(delay)).expect("room").handle().expect("accepted")
    };
    let began = Instant::now();
    let handles: Vec<Handle> = (0..waiting).map(&mut any).collect();
    let inserted = began.elapsed();
    assert!(consumer.try_dequeue().is_err());
    engine.tick();
    let handles_bytes = handles.len() * size_of::<Handle>();
    let bytes = (resident().saturating_sub(before + handles_bytes)) as f64 / waiting as f64;

    // So many that they make no difference to how many wait.
    let some = (waiting / 10).min(100_000);
    let began = Instant::now();
    for handle in handles.iter().take(some) {
        queue.reschedule(handle, Duration::from_secs(3_000)).expect("it waits");
    }
    let rescheduled = began.elapsed();
    let began = Instant::now();
    handles.iter().take(some).for_each(|handle| queue.cancel(handle).expect("it waits"));
    let cancelled = began.elapsed();
    // A tenth of the others falls due.
    clock.advance(Duration::from_nanos(100 * SPREAD));
    let began = Instant::now();
    engine.tick();
    let due = queue.stats().ready as usize;
    let fell_due = began.elapsed();
    println!(
        "| {waiting} | {} | {} | {} | {} | {bytes:.0} |",
        per(waiting, inserted),
        per(some, rescheduled),
        per(some, cancelled),
        per(due, fell_due),
    );
}

fn main() {
    let most = env::args().nth(1).and_then(|most| most.parse().ok()).unwrap_or(1_000_000);
    println!(
        "| {MESSAGES} messages | early | p50 late | p99 late | most late |\n|---|--:|--:|--:|--:|"
    );
    lateness("idle", false);
    lateness("busy", true);
    println!(
        "\n| waiting | enqueue | reschedule | cancel | fall due | bytes each |\n|--:|--:|--:|--:|--:|--:|"
    );
    for waiting in [10_000, most] {
        cost(waiting);
    }
}
