//! Channels under many threads: every history is that of a bounded first-in first-out queue that is
//! closed at one moment.
//!
//! More threads than cores send and receive in every way that a channel offers, with time-outs,
//! with futures that are dropped half-way, with clones of ends that come and go, and with closes in
//! the middle. What is accepted comes out exactly once and in order; what is refused never does;
//! nobody hears "empty", "full" or "closed" at a moment at which it was not.

mod closing;
mod receiving;
mod sending;

use std::hint;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use ringmill::channel::{Receiver, Sender, Strategy, channel};

use self::closing::Closings;
use crate::history::{Clock, Event, History, Log, Span, Tally};
use crate::rng::{Rng, Seed};
use crate::scaled;
use crate::watch::Watch;

/// What a round is like.
#[derive(Clone, Copy, Debug)]
struct Round {
    number: u64,
    capacity: usize,
    senders: usize,
    receivers: usize,
    strategy: Strategy,
    /// Whether somebody closes the channel in the middle.
    closes: bool,
    /// How many operations a sender begins.
    operations: usize,
}

impl Round {
    fn all(operations: usize) -> impl Iterator<Item = Self> {
        let capacities: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 7, 64, 1_024] };
        let sides: &[(usize, usize)] =
            if cfg!(miri) { &[(1, 2), (2, 1)] } else { &[(1, 1), (2, 2), (4, 4), (1, 4), (4, 1)] };
        (0..).map(move |number: usize| {
            let (senders, receivers) = sides[number / capacities.len() % sides.len()];
            Self {
                number: number as u64,
                capacity: capacities[number % capacities.len()],
                senders,
                receivers,
                strategy: [Strategy::SpinThenPark, Strategy::Park][number % 2],
                closes: number % 3 == 0,
                operations: operations / senders,
            }
        })
    }

    /// Two of three rounds disturb the threads as little as can be.
    fn clock(&self) -> Clock {
        match self.number / 2 % 3 {
            0 => Clock::fine(),
            1 => Clock::coarse(4),
            _ => Clock::coarse(32),
        }
    }
}

/// What a thread needs to work on a channel and to tell of it.
struct Worker<'c> {
    thread: usize,
    /// The number of its next value.
    next: u64,
    log: Log<'c>,
    rng: Rng,
    closings: Closings,
}

impl<'c> Worker<'c> {
    fn new(clock: &'c Clock, thread: usize, rng: Rng) -> Self {
        let log = Log::new(clock, 1_024);
        Self { thread, next: 0, log, rng, closings: Closings::default() }
    }

    /// New values. One that is refused is never offered again, so that it is seen if it comes out.
    fn values(&mut self, count: usize) -> Vec<u64> {
        let first = self.next;
        self.next += count as u64;
        (first..self.next).map(|number| crate::history::value(self.thread, number)).collect()
    }

    fn pushed(&mut self, values: &[u64], span: Span) {
        values.iter().for_each(|value| self.log.note(Event::Pushed(*value), span));
    }

    fn popped(&mut self, values: &[u64], span: Span) {
        values.iter().for_each(|value| self.log.note(Event::Popped(*value), span));
    }

    /// Notes that so many values were seen, and lets others change that.
    fn held(&mut self, count: usize, span: Span) {
        self.log.note(Event::Held(count), span);
        linger(self.rng.below(8) as u32);
    }

    /// The size of a batch: mostly small, sometimes more than the channel holds.
    fn batch(&mut self, capacity: usize) -> usize {
        match self.rng.below(8) {
            0 => 1 + self.rng.below(capacity.min(63) + 1),
            _ => 1 + self.rng.below(7),
        }
    }

    /// Anything from no time at all to a few wake-ups.
    fn timeout(&mut self) -> Duration {
        Duration::from_nanos(self.rng.below(60_000) as u64)
    }
}

/// Stays away for a moment, and sometimes, for a `moment` of 0, lets others have the core.
fn linger(moment: u32) {
    match moment {
        0 => thread::yield_now(),
        _ => (0..1 << moment).for_each(|_| hint::spin_loop()),
    }
}

/// One way of sending, and one of receiving; they say `false` when the channel is closed, and over.
type Sending = fn(&Sender<u64>, &mut Worker<'_>) -> bool;
type Receiving = fn(&Receiver<u64>, &mut Worker<'_>) -> bool;

fn send_all(round: Round, mut sender: Sender<u64>, worker: &mut Worker<'_>, send: Sending) {
    for _ in 0..round.operations {
        if worker.rng.below(64) == 0 {
            // Ends come and go.
            sender = sender.clone();
        }
        if worker.rng.below(32) == 0 {
            let (len, span) = worker.log.time(|| sender.len());
            worker.held(len, span);
        }
        if round.closes && worker.rng.below(2 * round.operations) == 0 {
            let (_, span) = worker.log.time(|| sender.close());
            worker.closings.closed(span);
        }
        if !send(&sender, worker) {
            break;
        }
    }
    let ((), span) = worker.log.time(|| drop(sender));
    worker.closings.sender_gone(span);
}

fn receive_all(
    mut receiver: Receiver<u64>,
    worker: &mut Worker<'_>,
    most: usize,
    receive: Receiving,
) {
    for _ in 0..most {
        if worker.rng.below(64) == 0 {
            receiver = receiver.clone();
        }
        if !receive(&receiver, worker) {
            break;
        }
    }
}

/// Threads that send and receive until the channel is closed and empty.
fn run(round: Round, seed: &Seed, send: Sending, receive: Receiving) -> (History, Closings) {
    let (sender, receiver) = channel(round.capacity).expect("a small channel");
    let sender = sender.with_strategy(round.strategy);
    let receiver = receiver.with_strategy(round.strategy);
    let clock = round.clock();
    let start = Barrier::new(round.senders + round.receivers);
    let mut threads = Vec::new();
    let mut closings = Closings::default();
    thread::scope(|scope| {
        let (clock, start) = (&clock, &start);
        let worker =
            |thread: usize| Worker::new(clock, thread, seed.rng(round.number << 8 | thread as u64));
        let senders = (0..round.senders).map(|thread| {
            let (sender, mut worker) = (sender.clone(), worker(thread));
            scope.spawn(move || {
                start.wait();
                send_all(round, sender, &mut worker, send);
                worker
            })
        });
        let receivers = (0..round.receivers).map(|thread| {
            let (receiver, mut worker) = (receiver.clone(), worker(round.senders + thread));
            // One stays to the end.
            let leaves = thread > 0 && worker.rng.below(2) == 0;
            let most = if leaves { worker.rng.below(round.operations) } else { usize::MAX };
            scope.spawn(move || {
                start.wait();
                receive_all(receiver, &mut worker, most, receive);
                worker
            })
        });
        let workers: Vec<_> = senders.chain(receivers).collect();
        drop(sender);
        for worker in workers {
            let worker = worker.join().expect("no thread panics");
            closings.add(worker.closings);
            threads.push(worker.log.into_entries());
        }
    });
    assert!(receiver.is_closed() && receiver.is_empty(), "one receiver has stayed to the end");
    (History { capacity: round.capacity, threads, pushes_hide: false }, closings)
}

/// Runs and judges rounds until there were enough operations.
fn judge(send: Sending, receive: Receiving) {
    let _watch = Watch::new();
    let seed = Seed::new(0xc4a7_7e15);
    let mut total = Tally::default();
    for round in Round::all(scaled(2_400, 8)) {
        let (history, closings) = run(round, &seed, send, receive);
        match history.check() {
            Ok(tally) => total.add(tally),
            Err(fault) => panic!("{round:?}: {fault}"),
        }
        if let Err(fault) = closings.check(&history) {
            panic!("{round:?}: {fault}");
        }
        if round.number >= scaled(29, 3) as u64 && total.operations() >= scaled(220_000, 30) {
            break;
        }
    }
    println!("{} operations: {total:?}", total.operations());
}

#[test]
fn blocking_calls_are_those_of_a_queue() {
    judge(sending::one, receiving::one);
}

#[test]
fn blocking_batches_are_those_of_a_queue() {
    judge(sending::batch, receiving::batch);
}

#[test]
fn calls_with_deadlines_and_tries_are_those_of_a_queue() {
    judge(sending::hasty, receiving::hasty);
}

#[test]
fn futures_some_of_which_are_dropped_half_way_are_those_of_a_queue() {
    judge(sending::future, receiving::future);
}

#[test]
fn all_operations_together_are_those_of_a_queue() {
    judge(sending::any, receiving::any);
}
