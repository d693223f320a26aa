//! The rings with one thread on one side and many on the other.

use std::mem::MaybeUninit;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ringmill::ring::{mpsc, spmc};

use crate::history::{Event, History, Span};
use crate::rng::Seed;
use crate::rounds::{Round, Worker, judge};

/// A writing end, shared or not.
trait Push: Send {
    fn push(&mut self, value: u64) -> bool;
    fn push_batch(&mut self, values: &mut Vec<u64>, way: usize) -> usize;
    fn len(&self) -> usize;
}

/// A reading end, shared or not.
trait Pop: Send {
    fn pop(&mut self) -> Option<u64>;
    fn pop_batch(&mut self, room: &mut [MaybeUninit<u64>]) -> usize;
    fn len(&self) -> usize;
}

macro_rules! ends {
    ($ring:ident) => {
        impl Push for $ring::Producer<u64> {
            fn push(&mut self, value: u64) -> bool {
                $ring::Producer::push(self, value).is_ok()
            }
            fn push_batch(&mut self, values: &mut Vec<u64>, way: usize) -> usize {
                match way {
                    0 => self.push_n(values),
                    1 => self.push_iter(&mut values.iter().copied()),
                    _ => self.push_drain(values),
                }
            }
            fn len(&self) -> usize {
                $ring::Producer::len(self)
            }
        }
        impl Pop for $ring::Consumer<u64> {
            fn pop(&mut self) -> Option<u64> {
                $ring::Consumer::pop(self)
            }
            fn pop_batch(&mut self, room: &mut [MaybeUninit<u64>]) -> usize {
                self.pop_n(room)
            }
            fn len(&self) -> usize {
                $ring::Consumer::len(self)
            }
        }
    };
}
ends!(mpsc);
ends!(spmc);

fn push(end: &mut impl Push, worker: &mut Worker<'_>, capacity: usize, batched: bool) {
    let len = if batched { worker.batch(capacity) } else { 1 };
    let mut values: Vec<u64> = worker.values(len).collect();
    let way = worker.rng.below(3);
    let (count, span) = worker.log.time(|| match batched {
        true => end.push_batch(&mut values, way),
        false => usize::from(end.push(values[0])),
    });
    worker.pushed(count, span);
    if count == 0 {
        worker.stopped_by(capacity, span);
    }
    look(worker, |()| end.len());
}

fn pop(end: &mut impl Pop, worker: &mut Worker<'_>, batched: bool) -> usize {
    let mut room = [MaybeUninit::uninit(); 8];
    let (taken, span): (usize, Span) = worker.log.time(|| match batched {
        true => end.pop_batch(&mut room),
        false => end.pop().map(|value| room[0].write(value)).map_or(0, |_| 1),
    });
    for value in &room[..taken] {
        // SAFETY: the first `taken` have been initialised.
        worker.log.note(Event::Popped(unsafe { value.assume_init() }), span);
    }
    if taken == 0 {
        worker.stopped_by(0, span);
    }
    look(worker, |()| end.len());
    taken
}

/// Asks how many values there are, now and then.
fn look(worker: &mut Worker<'_>, len: impl FnOnce(()) -> usize) {
    if worker.rng.below(32) == 0 {
        let (held, span) = worker.log.time(|| len(()));
        worker.log.note(Event::Held(held), span);
    }
}

/// Producers push so many values in all; consumers go on until they are out.
fn run<P: Push, C: Pop>(
    round: Round,
    seed: &Seed,
    producers: Vec<P>,
    consumers: Vec<C>,
    batched: bool,
) -> History {
    let clock = &round.clock();
    let start = &Barrier::new(producers.len() + consumers.len());
    let values = round.operations_a_thread() * round.threads / 4;
    let each = values.div_ceil(producers.len()) as u64;
    let pushing = &AtomicUsize::new(producers.len());
    let worker = |thread: usize| {
        let rng = seed.rng(round.number << 8 | thread as u64);
        Worker::new(clock, thread, 4 * values, rng)
    };
    let threads = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (n, mut end) in producers.into_iter().enumerate() {
            let mut worker = worker(n);
            threads.push(scope.spawn(move || {
                start.wait();
                while worker.next < each {
                    push(&mut end, &mut worker, round.capacity, batched);
                    if worker.rng.below(16) >= 2 * round.pushes.min(8) - 8 {
                        thread::yield_now();
                    }
                }
                pushing.fetch_sub(1, Ordering::SeqCst);
                worker.log.into_entries()
            }));
        }
        for (n, mut end) in consumers.into_iter().enumerate() {
            let mut worker = worker(64 + n);
            threads.push(scope.spawn(move || {
                start.wait();
                loop {
                    // Asked before the last look, so that nothing is missed.
                    let over = pushing.load(Ordering::SeqCst) == 0;
                    if pop(&mut end, &mut worker, batched) == 0 && over {
                        return worker.log.into_entries();
                    }
                    if round.pushes > 8 && worker.rng.below(4) == 0 {
                        thread::yield_now();
                    }
                }
            }));
        }
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    History { capacity: round.capacity, threads, pushes_hide: false }
}

fn many_to_one(round: Round, seed: &Seed, batched: bool) -> Vec<History> {
    let (producer, consumer) = mpsc::ring(round.capacity).expect("a small ring");
    let producers = vec![producer; round.threads - 1];
    vec![run(round, seed, producers, vec![consumer], batched)]
}

fn one_to_many(round: Round, seed: &Seed, batched: bool) -> Vec<History> {
    let (producer, consumer) = spmc::ring(round.capacity).expect("a small ring");
    let consumers = vec![consumer; round.threads - 1];
    vec![run(round, seed, vec![producer], consumers, batched)]
}

#[test]
fn single_pushes_of_many_and_pops_of_one_are_those_of_a_queue() {
    judge(|round, seed| many_to_one(round, seed, false));
}

#[test]
fn batches_of_many_to_one_are_those_of_a_queue() {
    judge(|round, seed| many_to_one(round, seed, true));
}

#[test]
fn single_pushes_of_one_and_pops_of_many_are_those_of_a_queue() {
    judge(|round, seed| one_to_many(round, seed, false));
}

#[test]
fn batches_of_one_to_many_are_those_of_a_queue() {
    judge(|round, seed| one_to_many(round, seed, true));
}
