//! The ring for any number of threads.

use std::mem::MaybeUninit;
use std::sync::Barrier;
use std::thread;

use ringmill::ring::mpmc::Ring;

use crate::history::{Event, History};
use crate::rng::Seed;
use crate::rounds::{Round, Worker, judge};

/// One way of pushing and one of popping.
type Operation = fn(&Ring<u64>, &mut Worker<'_>);

/// Threads that push and pop at random.
pub(crate) fn run(round: Round, seed: &Seed, push: Operation, pop: Operation) -> History {
    let ring = Ring::new(round.capacity).expect("a small ring");
    let clock = round.clock();
    let start = Barrier::new(round.threads);
    let worker = |thread: usize| {
        let rng = seed.rng(round.number << 8 | thread as u64);
        let mut worker = Worker::new(&clock, thread, round.operations_a_thread() * 4, rng);
        start.wait();
        for _ in 0..round.operations_a_thread() {
            match worker.rng.below(64) {
                0 => look(&ring, &mut worker),
                n if n % 16 < round.pushes => push(&ring, &mut worker),
                _ => pop(&ring, &mut worker),
            }
        }
        worker.log.into_entries()
    };
    let mut threads: Vec<_> = thread::scope(|scope| {
        let worker = &worker;
        let threads: Vec<_> = (0..round.threads).map(|n| scope.spawn(move || worker(n))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });

    let mut drain = Worker::new(&clock, round.threads, round.capacity + 1, seed.rng(0));
    while !ring.is_empty() {
        pop_one(&ring, &mut drain);
    }
    pop_one(&ring, &mut drain);
    threads.push(drain.log.into_entries());
    History { capacity: round.capacity, threads, pushes_hide: false }
}

/// Asks how many values there are.
fn look(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    match worker.rng.below(3) {
        0 => {
            let (len, span) = worker.log.time(|| ring.len());
            worker.log.note(Event::Held(len), span);
        }
        1 => {
            let (empty, span) = worker.log.time(|| ring.is_empty());
            if empty {
                worker.log.note(Event::Held(0), span);
            }
        }
        _ => {
            let (full, span) = worker.log.time(|| ring.is_full());
            if full {
                worker.log.note(Event::Held(ring.capacity()), span);
            }
        }
    }
}

pub(crate) fn push_one(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    let value = worker.values(1).next().expect("there is one");
    match worker.log.time(|| ring.push(value)) {
        (Ok(()), span) => worker.pushed(1, span),
        (Err(_), span) => worker.stopped_by(ring.capacity(), span),
    }
}

pub(crate) fn pop_one(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    match worker.log.time(|| ring.pop()) {
        (Some(value), span) => worker.log.note(Event::Popped(value), span),
        (None, span) => worker.stopped_by(0, span),
    }
}

/// What a batch of `count` values has to say; none means that the ring was full.
fn pushed(ring: &Ring<u64>, worker: &mut Worker<'_>, count: usize, span: crate::history::Span) {
    worker.pushed(count, span);
    if count == 0 {
        worker.stopped_by(ring.capacity(), span);
    }
}

fn push_slice(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    let len = worker.batch(ring.capacity());
    let values: Vec<u64> = worker.values(len).collect();
    let (count, span) = worker.log.time(|| ring.push_n(&values));
    pushed(ring, worker, count, span);
}

/// Pushes from an iterator that is sometimes slow, or from a vector.
fn push_iter_or_drain(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    let len = worker.batch(ring.capacity());
    let mut values = worker.values(len);
    let (count, span) = if worker.rng.below(2) == 0 {
        let mut values: Vec<u64> = values.collect();
        let (count, span) = worker.log.time(|| ring.push_drain(&mut values));
        assert_eq!(values.len(), len - count, "what does not fit stays in the vector");
        (count, span)
    } else {
        let slow_at = worker.rng.below(24);
        let mut values = values.by_ref().enumerate().map(|(at, value)| {
            if at == slow_at {
                thread::yield_now();
            }
            value
        });
        let (count, span) = worker.log.time(|| ring.push_iter(&mut values));
        assert_eq!(values.len(), len - count, "what does not fit stays in the iterator");
        (count, span)
    };
    pushed(ring, worker, count, span);
}

fn pop_batch(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    let len = worker.batch(ring.capacity());
    let mut room = [MaybeUninit::uninit(); 64];
    let mut vector = Vec::new();
    let (taken, span) = if worker.rng.below(2) == 0 {
        let (taken, span) = worker.log.time(|| ring.pop_n(&mut room[..len]));
        // SAFETY: `pop_n` has initialised the first `taken`.
        vector.extend(room[..taken].iter().map(|value| unsafe { value.assume_init() }));
        (taken, span)
    } else {
        worker.log.time(|| ring.pop_into(&mut vector, len))
    };
    assert_eq!(vector.len(), taken);
    for value in vector {
        worker.log.note(Event::Popped(value), span);
    }
    if taken == 0 {
        worker.stopped_by(0, span);
    }
}

/// Pushes whatever the ring says, or asks it first.
fn force_or_push(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    if worker.rng.below(4) == 0 {
        return push_one(ring, worker);
    }
    let value = worker.values(1).next().expect("there is one");
    let (displaced, span) = worker.log.time(|| ring.force_push(value));
    worker.pushed(1, span);
    if let Some(displaced) = displaced {
        worker.log.note(Event::Popped(displaced), span);
        worker.log.note(Event::Held(ring.capacity()), span);
    }
}

fn any_push(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    let push = [push_one, push_slice, push_iter_or_drain, force_or_push][worker.rng.below(4)];
    push(ring, worker);
}

fn any_pop(ring: &Ring<u64>, worker: &mut Worker<'_>) {
    let pop = [pop_one, pop_batch][worker.rng.below(2)];
    pop(ring, worker);
}

#[test]
fn single_pushes_and_pops_are_those_of_a_queue() {
    judge(|round, seed| vec![run(round, seed, push_one, pop_one)]);
}

#[test]
fn batches_are_those_of_a_queue() {
    judge(|round, seed| vec![run(round, seed, push_slice, pop_batch)]);
}

#[test]
fn batches_from_iterators_and_vectors_are_those_of_a_queue() {
    judge(|round, seed| vec![run(round, seed, push_iter_or_drain, pop_batch)]);
}

#[test]
fn forced_pushes_are_those_of_a_queue_that_makes_room() {
    judge(|round, seed| vec![run(round, seed, force_or_push, pop_one)]);
}

#[test]
fn all_operations_together_are_those_of_a_queue() {
    judge(|round, seed| vec![run(round, seed, any_push, any_pop)]);
}
