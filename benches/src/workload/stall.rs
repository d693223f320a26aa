//! Latency of single operations while other threads are stopped in the middle of theirs.
//!
//! Many threads push and pop on few cores, so at any time most of them are off the processor, some
//! between the two halves of an operation. The queue is half full from the start and everyone pushes
//! as often as it pops, so a refusal means a stopped or a slower thread, not a full or an empty
//! queue. One thread is measured, in one of two ways:
//!
//! - **ordinary**: like the others, without a pause. Its times include being stopped itself.
//! - **urgent**: real-time on one core. It works in bursts; in the pauses others run on that core,
//!   and its return interrupts them wherever they are. Refused, it spins as in all workloads, then
//!   sleeps instead of yielding: at its priority a yield gives the core to nobody, least of all to
//!   the one it waits for. A queue that waits inside its calls meets just that.

use std::{
    mem,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::{
    Fault,
    crew::{self, Job, Received},
};
use crate::{
    pace::{Gate, Pace},
    payload::{PRODUCER_SHIFT, Payload, Values},
    place::{Place, Powers},
    shape::{Peer, Rx, Tx},
};

/// How a burst of the measured thread looks.
const BURST: u32 = 256;
const PAUSE: Duration = Duration::from_micros(50);

/// One measurement to make.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Threads beside the measured one.
    pub stalled: usize,
    /// Of the queue.
    pub capacity: usize,
    /// How long to measure.
    pub time: Duration,
    /// Whether the measured thread is urgent.
    pub urgent: bool,
}

/// Latency of one kind of operation, in nanoseconds; each value includes one reading of the clock.
#[derive(Debug, Clone)]
pub struct Latency {
    /// Of a call, successful or not.
    pub call: Histogram<u64>,
    /// From the first try to success, with the waiting in between.
    pub success: Histogram<u64>,
}

/// Latency of both kinds of operation.
#[derive(Debug, Clone)]
pub struct Latencies {
    /// Of push.
    pub push: Latency,
    /// Of pop.
    pub pop: Latency,
}

impl Latency {
    fn new() -> Self {
        let histogram = || Histogram::new_with_bounds(1, 100_000_000_000, 3).expect("valid bounds");
        Self { call: histogram(), success: histogram() }
    }

    /// Takes the values of `other` in.
    pub fn add(&mut self, other: &Self) {
        self.call += &other.call;
        self.success += &other.success;
    }

    /// Share of calls that were refused.
    #[must_use]
    pub fn refused(&self) -> f64 {
        1.0 - self.success.len() as f64 / (self.call.len() as f64).max(1.0)
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self { push: Latency::new(), pop: Latency::new() }
    }
}

impl Latencies {
    /// Takes the values of `other` in.
    pub fn add(&mut self, other: &Self) {
        self.push.add(&other.push);
        self.pop.add(&other.pop);
    }
}

/// What one thread moved: pushed and popped, as count and sum of digests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Moved {
    count: u64,
    sum: u64,
}

impl Moved {
    fn add(&mut self, count: u64, sum: u64) {
        self.count += count;
        self.sum = self.sum.wrapping_add(sum);
    }
}

#[derive(Debug, Default)]
struct Ledger {
    pushed: Moved,
    popped: Moved,
    latencies: Latencies,
}

/// Measures peer `P`, and checks that what came out is what went in.
///
/// # Errors
///
/// What the peer did wrong.
///
/// # Panics
///
/// If a thread panicked while it entered its figures.
pub fn measure<P: Peer<T>, T: Payload>(setup: &Setup) -> Result<Latencies, Fault> {
    let threads = setup.stalled + 1;
    // One end more: to fill the queue before and to empty it afterwards.
    let mut ends = P::open(setup.capacity, threads + 1, threads + 1);
    let (mut tx, mut rx) = match (ends.producers.pop(), ends.consumers.pop()) {
        (Some(tx), Some(rx)) => (tx, rx),
        _ => unreachable!("a queue gives the ends it is asked for"),
    };
    let half = setup.capacity as u64 / 2;
    let mut values = Values::<T>::of_producer(threads, half);
    while !values.is_done() && tx.push(&mut values) > 0 {}
    let filled = half - values.left(usize::MAX) as u64;

    let ledger = Arc::new(Mutex::new(Ledger::default()));
    ledger.lock().expect("new").pushed.add(filled, Values::<T>::digest_of(threads, filled));
    let mut jobs: Vec<Job> = Vec::new();
    let front_seat = Powers::of_this_process().front_seat();
    let mut places = vec![if setup.urgent { front_seat } else { Place::ANYWHERE }];
    places.resize(threads, Place::ANYWHERE);
    for (thread, (mut tx, mut rx)) in ends.producers.into_iter().zip(ends.consumers).enumerate() {
        let ledger = Arc::clone(&ledger);
        let setup = *setup;
        jobs.push(Box::new(move |gate| {
            let mut own = if thread == 0 {
                let own = front::<T>(&mut tx, &mut rx, &setup, gate);
                gate.finish_producing();
                own
            } else {
                crowd::<T>(&mut tx, &mut rx, thread, gate)
            };
            let mut all = ledger.lock().expect("no thread panics with it");
            all.pushed.add(own.pushed.count, own.pushed.sum);
            all.popped.add(own.popped.count, own.popped.sum);
            if thread == 0 {
                mem::swap(&mut all.latencies, &mut own.latencies);
            }
            Received::default()
        }));
    }
    crew::work(jobs, 1, &places, setup.time + Duration::from_secs(20))?;

    let mut all = ledger.lock().expect("no thread panics with it");
    while rx.pop(|value| all.popped.add(1, value.digest())) > 0 {}
    if all.popped.count != all.pushed.count {
        Err(Fault::Count { sent: all.pushed.count, received: all.popped.count })
    } else if all.popped.sum != all.pushed.sum {
        Err(Fault::Sum)
    } else {
        Ok(mem::take(&mut all.latencies))
    }
}

/// The measured thread.
fn front<T: Payload>(
    tx: &mut impl Tx<T>,
    rx: &mut impl Rx<T>,
    setup: &Setup,
    gate: &Gate,
) -> Ledger {
    let mut own = Ledger::default();
    let end = Instant::now() + setup.time;
    let mut number = 0;
    while Instant::now() < end && !gate.is_off() {
        for _ in 0..BURST {
            let mut value = Values::<T>::one(number);
            if !timed(&mut own.latencies.push, setup.urgent, gate, || tx.push(&mut value)) {
                return own;
            }
            own.pushed.add(1, T::make(number).digest());
            number += 1;
            let popped = &mut own.popped;
            let pop = || rx.pop(|value| popped.add(1, value.digest()));
            if !timed(&mut own.latencies.pop, setup.urgent, gate, pop) {
                return own;
            }
        }
        if setup.urgent {
            thread::sleep(PAUSE);
        }
    }
    own
}

/// Repeats a call until it succeeds. False if the run was called off.
#[inline(always)]
fn timed(
    latency: &mut Latency,
    urgent: bool,
    gate: &Gate,
    mut call: impl FnMut() -> usize,
) -> bool {
    let mut pace = Pace::default();
    let mut tries = 0;
    let start = Instant::now();
    let mut before = start;
    loop {
        let moved = call();
        let after = Instant::now();
        latency.call.saturating_record(nanoseconds(after - before));
        if moved > 0 {
            latency.success.saturating_record(nanoseconds(after - start));
            return true;
        }
        if tries < Pace::SPIN_ROUNDS || !urgent {
            tries += 1;
            pace.wait(gate);
        } else {
            thread::sleep(PAUSE);
        }
        if gate.is_off() {
            return false;
        }
        before = Instant::now();
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// One of the threads that get stopped.
fn crowd<T: Payload>(
    tx: &mut impl Tx<T>,
    rx: &mut impl Rx<T>,
    thread: usize,
    gate: &Gate,
) -> Ledger {
    let mut own = Ledger::default();
    let mut number = (thread as u64) << PRODUCER_SHIFT;
    while !gate.is_production_over() && !gate.is_off() {
        let mut pace = Pace::default();
        let mut value = Values::<T>::one(number);
        while tx.push(&mut value) == 0 {
            if gate.is_production_over() || !pace.wait(gate) {
                return own;
            }
        }
        own.pushed.add(1, T::make(number).digest());
        number += 1;
        let mut pace = Pace::default();
        while rx.pop(|value| own.popped.add(1, value.digest())) == 0 {
            if gate.is_production_over() || !pace.wait(gate) {
                return own;
            }
        }
    }
    own
}
