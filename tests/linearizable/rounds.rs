//! Which rounds are run: every capacity with every number of threads and every balance.

use std::thread;

use crate::history::{Clock, Event, History, Log, Tally};
use crate::rng::{Rng, Seed};

/// How many operations of each kind are judged.
const OPERATIONS: usize = if cfg!(miri) { 60 } else { 1_000_000 };

/// How many a thread does in one round.
const A_ROUND: usize = if cfg!(miri) { 16 } else { 16_000 };

/// What a round is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) number: u64,
    pub(crate) capacity: usize,
    pub(crate) threads: usize,
    /// Of 16 operations so many are pushes: the ring is nearly empty, about level, or nearly full.
    pub(crate) pushes: usize,
}

impl Round {
    /// All rounds, again and again.
    fn all() -> impl Iterator<Item = Self> {
        let capacities: &[usize] = if cfg!(miri) { &[1, 2, 3] } else { &[1, 2, 3, 7, 64, 1_024] };
        let threads: &[usize] = if cfg!(miri) { &[2, 3] } else { &[2, 3, 4, 8] };
        let (c, t) = (capacities.len(), threads.len());
        (0..).map(move |number: usize| Self {
            number: number as u64,
            capacity: capacities[number % c],
            threads: threads[number / c % t],
            pushes: [8, 10, 6][number / (c * t) % 3],
        })
    }

    /// How many times a thread begins an operation.
    pub(crate) fn operations_a_thread(&self) -> usize {
        A_ROUND / self.threads
    }

    /// Two of three rounds disturb the threads as little as can be.
    pub(crate) fn clock(&self) -> Clock {
        match self.number % 3 {
            0 => Clock::fine(),
            1 => Clock::coarse(4),
            _ => Clock::coarse(32),
        }
    }
}

/// Runs and judges rounds until there were enough operations.
pub(crate) fn judge(run: impl Fn(Round, &Seed) -> Vec<History>) {
    let seed = Seed::new(0x0041_c01d_57a7);
    let mut total = Tally::default();
    for round in Round::all() {
        for history in run(round, &seed) {
            match history.check() {
                Ok(tally) => total.add(tally),
                Err(fault) => panic!("{round:?}: {fault}"),
            }
        }
        let all_seen = cfg!(miri) || round.number >= 71;
        if all_seen && total.operations() >= OPERATIONS {
            break;
        }
    }
    println!("{} operations: {total:?}", total.operations());
    assert!(cfg!(miri) || total.empty > 1_000 || total.full + total.counted == 0);
}

/// What a thread needs to work on a ring and to tell of it.
#[derive(Debug)]
pub(crate) struct Worker<'c> {
    pub(crate) thread: usize,
    /// The number of its next value.
    pub(crate) next: u64,
    pub(crate) log: Log<'c>,
    pub(crate) rng: Rng,
}

impl<'c> Worker<'c> {
    pub(crate) fn new(clock: &'c Clock, thread: usize, room: usize, rng: Rng) -> Self {
        Self { thread, next: 0, log: Log::new(clock, room), rng }
    }

    /// The next `count` values of this thread, which are taken when they have been accepted.
    pub(crate) fn values(&self, count: usize) -> impl ExactSizeIterator<Item = u64> + use<> {
        let (thread, next) = (self.thread, self.next);
        (0..count).map(move |step| crate::history::value(thread, next + step as u64))
    }

    /// Notes that the next `count` values were pushed.
    pub(crate) fn pushed(&mut self, count: usize, span: crate::history::Span) {
        for value in self.values(count) {
            self.log.note(Event::Pushed(value), span);
        }
        self.next += count as u64;
    }

    /// Notes that the ring was seen to hold `count` values, and lets others change that.
    pub(crate) fn stopped_by(&mut self, count: usize, span: crate::history::Span) {
        self.log.note(Event::Held(count), span);
        thread::yield_now();
    }

    /// The size of a batch: mostly small, sometimes more than the ring holds.
    pub(crate) fn batch(&mut self, capacity: usize) -> usize {
        match self.rng.below(8) {
            0 => 1 + self.rng.below(capacity.min(63) + 1),
            _ => 1 + self.rng.below(7),
        }
    }
}
