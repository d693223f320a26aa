//! The engine's ring of indices: a fixed set goes round between two rings.

use std::cell::UnsafeCell;
use std::sync::Barrier;
use std::thread;

use ringmill::internal::IndexRing;

use crate::history::{Event, History, Span, value};
use crate::rng::Seed;
use crate::rounds::{Round, Worker, judge};

/// What each index names: plain memory, which only the holder of the index may touch.
struct Named(Vec<UnsafeCell<u64>>);

// SAFETY: an index is held by one thread at a time, and is handed on by the rings that are tested.
unsafe impl Sync for Named {}

impl Named {
    /// Gives a new name to what the caller holds, and says which.
    fn rename(&self, index: u32, name: u64) -> u64 {
        // SAFETY: the caller holds the index.
        unsafe { *self.0[index as usize].get() = name };
        name
    }

    fn name(&self, index: u32) -> u64 {
        // SAFETY: the caller holds the index.
        unsafe { *self.0[index as usize].get() }
    }
}

/// How many indices a thread may hold at a time.
const HELD: usize = 8;

/// One thread's part: takes from one ring and gives to the other, whichever has something.
struct Carrier<'c> {
    /// One worker for each ring, since each has a history of its own.
    workers: [Worker<'c>; 2],
    held: Vec<u32>,
}

impl Carrier<'_> {
    fn push(&mut self, side: usize, ring: &IndexRing, named: &Named, batched: bool) {
        let worker = &mut self.workers[side];
        let count = if batched { 1 + worker.rng.below(self.held.len()) } else { 1 };
        let given = self.held.split_off(self.held.len() - count);
        for (step, index) in given.iter().enumerate() {
            named.rename(*index, value(worker.thread, worker.next + step as u64));
        }
        let ((), span) = worker.log.time(|| match given[..] {
            [index] if !batched => ring.push(index),
            _ => ring.push_n(&given),
        });
        worker.pushed(count, span);
    }

    fn pop(&mut self, side: usize, ring: &IndexRing, named: &Named, batched: bool) {
        let worker = &mut self.workers[side];
        let mut out = [0; HELD];
        let room = HELD - self.held.len();
        let (taken, span) = worker.log.time(|| {
            if batched {
                return ring.pop_n(&mut out[..room]);
            }
            ring.pop().map(|index| out[0] = index).map_or(0, |()| 1)
        });
        note_popped(worker, &out[..taken], named, span);
        self.held.extend_from_slice(&out[..taken]);
    }
}

fn note_popped(worker: &mut Worker<'_>, indices: &[u32], named: &Named, span: Span) {
    for index in indices {
        worker.log.note(Event::Popped(named.name(*index)), span);
    }
    if indices.is_empty() {
        worker.stopped_by(0, span);
    }
}

fn run(round: Round, seed: &Seed, batched: bool) -> Vec<History> {
    let capacity = round.capacity;
    let rings = [(); 2].map(|()| IndexRing::new(capacity).expect("a small ring"));
    let clocks = [round.clock(), round.clock()];
    let named = Named((0..capacity).map(|_| UnsafeCell::new(0)).collect());
    let start = Barrier::new(round.threads);
    let carrier = |thread: usize| Carrier {
        workers: [0, 1].map(|side| {
            let stream = round.number << 8 | (2 * thread + side) as u64;
            let room = 4 * round.operations_a_thread();
            Worker::new(&clocks[side], thread, room, seed.rng(stream))
        }),
        held: Vec::new(),
    };

    // The last thread is this one: it puts all indices into the first ring, and takes them out
    // again.
    let mut main = carrier(round.threads);
    for index in 0..capacity as u32 {
        main.held.push(index);
        main.push(0, &rings[0], &named, false);
    }
    let work = |thread: usize| {
        let mut carrier = carrier(thread);
        start.wait();
        for _ in 0..round.operations_a_thread() {
            let side = carrier.workers[0].rng.below(2);
            let pushes = carrier.workers[0].rng.below(16) < round.pushes;
            if carrier.held.len() == HELD || (pushes && !carrier.held.is_empty()) {
                carrier.push(side, &rings[side], &named, batched);
            } else {
                carrier.pop(side, &rings[side], &named, batched);
            }
        }
        while !carrier.held.is_empty() {
            carrier.push(0, &rings[0], &named, batched);
        }
        carrier.workers.map(|worker| worker.log.into_entries())
    };
    let mut logs: Vec<_> = thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..round.threads).map(|n| scope.spawn(move || work(n))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });

    let mut all = Vec::new();
    for (side, ring) in rings.iter().enumerate() {
        loop {
            main.held.clear();
            main.pop(side, ring, &named, batched);
            if main.held.is_empty() {
                break;
            }
            all.append(&mut main.held);
        }
    }
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..capacity as u32), "every index is in one place: {all:?}");

    logs.push(main.workers.map(|worker| worker.log.into_entries()));
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for [of_first, of_second] in logs {
        first.push(of_first);
        second.push(of_second);
    }
    [first, second]
        .map(|threads| History { capacity, threads, pushes_hide: true })
        .into_iter()
        .collect()
}

#[test]
fn indices_that_go_round_one_by_one_come_in_order_and_each_once() {
    judge(|round, seed| run(round, seed, false));
}

#[test]
fn indices_that_go_round_in_batches_come_in_order_and_each_once() {
    judge(|round, seed| run(round, seed, true));
}
