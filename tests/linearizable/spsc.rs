//! The ring for one thread on each side; several rings at a time, so that threads exceed cores.

use std::mem::MaybeUninit;
use std::sync::Barrier;
use std::thread;

use ringmill::ring::spsc::{self, Consumer, Producer};

use crate::history::{Event, History, Span};
use crate::rng::Seed;
use crate::rounds::{Round, Worker, judge};

type Push = fn(&mut Producer<u64>, &mut Worker<'_>);
type Pop = fn(&mut Consumer<u64>, &mut Worker<'_>);

/// Half as many rings as threads, each with a history of its own.
fn run(round: Round, seed: &Seed, push: Push, pop: Pop) -> Vec<History> {
    let pairs = round.threads.div_ceil(2);
    let start = Barrier::new(2 * pairs);
    let clocks: Vec<_> = (0..pairs).map(|_| round.clock()).collect();
    thread::scope(|scope| {
        let mut running = Vec::new();
        for (pair, clock) in clocks.iter().enumerate() {
            let start = &start;
            let (mut producer, mut consumer) = spsc::ring(round.capacity).expect("a small ring");
            let values = round.operations_a_thread() as u64 / 2;
            let worker = |thread: usize| {
                let stream = round.number << 8 | (2 * pair + thread) as u64;
                Worker::new(clock, thread, 4 * values as usize, seed.rng(stream))
            };
            let (mut pusher, mut popper) = (worker(0), worker(1));
            let pusher = scope.spawn(move || {
                start.wait();
                while pusher.next < values {
                    dawdle(&mut pusher, round.pushes > 8);
                    if pusher.rng.below(32) == 0 {
                        let (held, span) = pusher.log.time(|| producer.len());
                        pusher.log.note(Event::Held(held), span);
                    }
                    push(&mut producer, &mut pusher);
                }
                pusher.log.into_entries()
            });
            let popper = scope.spawn(move || {
                start.wait();
                loop {
                    let over = consumer.is_disconnected();
                    let before = popper.log.len();
                    dawdle(&mut popper, round.pushes < 8);
                    if popper.rng.below(32) == 0 {
                        let (held, span) = popper.log.time(|| consumer.len());
                        popper.log.note(Event::Held(held), span);
                    }
                    pop(&mut consumer, &mut popper);
                    if over && popper.log.len() > before && consumer.is_empty() {
                        return popper.log.into_entries();
                    }
                }
            });
            running.push([pusher, popper]);
        }
        let history = |pair: [thread::ScopedJoinHandle<'_, _>; 2]| History {
            capacity: round.capacity,
            threads: pair.into_iter().map(|side| side.join().expect("no panic")).collect(),
            pushes_hide: false,
        };
        running.into_iter().map(history).collect()
    })
}

/// The side that shall not be the faster one lets the other one go ahead now and then.
fn dawdle(worker: &mut Worker<'_>, fast: bool) {
    if !fast && worker.rng.below(16) == 0 {
        thread::yield_now();
    }
}

fn push_one(producer: &mut Producer<u64>, worker: &mut Worker<'_>) {
    let value = worker.values(1).next().expect("there is one");
    match worker.log.time(|| producer.push(value)) {
        (Ok(()), span) => worker.pushed(1, span),
        (Err(_), span) => worker.stopped_by(producer.capacity(), span),
    }
}

fn pop_one(consumer: &mut Consumer<u64>, worker: &mut Worker<'_>) {
    match worker.log.time(|| consumer.pop()) {
        (Some(value), span) => worker.log.note(Event::Popped(value), span),
        (None, span) => worker.stopped_by(0, span),
    }
}

fn pushed(producer: &Producer<u64>, worker: &mut Worker<'_>, count: usize, span: Span) {
    worker.pushed(count, span);
    if count == 0 {
        worker.stopped_by(producer.capacity(), span);
    }
}

fn popped(worker: &mut Worker<'_>, values: &[u64], span: Span) {
    for value in values {
        worker.log.note(Event::Popped(*value), span);
    }
    if values.is_empty() {
        worker.stopped_by(0, span);
    }
}

fn push_batch(producer: &mut Producer<u64>, worker: &mut Worker<'_>) {
    let len = worker.batch(producer.capacity());
    let mut values: Vec<u64> = worker.values(len).collect();
    let way = worker.rng.below(3);
    let (count, span) = worker.log.time(|| match way {
        0 => producer.push_n(&values),
        1 => producer.push_iter(&mut values.iter().copied()),
        _ => producer.push_drain(&mut values),
    });
    pushed(producer, worker, count, span);
}

fn pop_batch(consumer: &mut Consumer<u64>, worker: &mut Worker<'_>) {
    let len = worker.batch(consumer.capacity());
    let mut room = [MaybeUninit::uninit(); 64];
    let mut values = Vec::new();
    let span = if worker.rng.below(2) == 0 {
        let (taken, span) = worker.log.time(|| consumer.pop_n(&mut room[..len]));
        // SAFETY: `pop_n` has initialised the first `taken`.
        values.extend(room[..taken].iter().map(|value| unsafe { value.assume_init() }));
        span
    } else {
        worker.log.time(|| consumer.pop_into(&mut values, len)).1
    };
    popped(worker, &values, span);
}

fn push_chunk(producer: &mut Producer<u64>, worker: &mut Worker<'_>) {
    let len = worker.batch(producer.capacity());
    let mut values = worker.values(len);
    let keep = worker.rng.below(len) + 1;
    let by_slices = worker.rng.below(2) == 0;
    let (count, span) = worker.log.time(|| {
        let mut reserved = producer.reserve(len);
        let count = reserved.len().min(keep);
        if by_slices {
            let (first, second) = reserved.slices_mut();
            for (slot, value) in first.iter_mut().chain(second).zip(&mut values) {
                slot.write(value);
            }
            // SAFETY: all of them have been written.
            unsafe { reserved.commit(count) };
            count
        } else {
            for value in values.take(count) {
                reserved.write(value);
            }
            reserved.commit_written()
        }
    });
    pushed(producer, worker, count, span);
}

fn pop_chunk(consumer: &mut Consumer<u64>, worker: &mut Worker<'_>) {
    let len = worker.batch(consumer.capacity());
    let keep = worker.rng.below(len) + 1;
    let mut values = Vec::with_capacity(len);
    let ((), span) = worker.log.time(|| {
        let readable = consumer.readable(len);
        let (first, second) = readable.slices();
        values.extend(first.iter().chain(second).take(keep));
        readable.release(values.len());
    });
    popped(worker, &values, span);
}

#[test]
fn single_pushes_and_pops_are_those_of_a_queue() {
    judge(|round, seed| run(round, seed, push_one, pop_one));
}

#[test]
fn batches_are_those_of_a_queue() {
    judge(|round, seed| run(round, seed, push_batch, pop_batch));
}

#[test]
fn chunks_written_and_read_in_place_are_those_of_a_queue() {
    judge(|round, seed| run(round, seed, push_chunk, pop_chunk));
}
