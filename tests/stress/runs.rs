//! Runs of a crew on one queue, and what the checker says of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ringmill::queue::{Engine, Overflow, Queue, Retry};

use crate::crew::{consume, disturb, produce};
use crate::history::{History, Notes, Place, Stamps};
use crate::rng::Seed;
use crate::watch::Watch;

/// Messages of each producer.
const MESSAGES: usize = if cfg!(debug_assertions) { 800 } else { 6_000 };

struct Run {
    partitions: usize,
    capacity: usize,
    overflow: Overflow,
    lease: Duration,
    producers: usize,
    consumers: usize,
    /// Of each producer.
    messages: usize,
    /// Closes when about so many messages were accepted; else when the producers are done.
    close_early: bool,
    seed: u64,
}

const PLAIN: Run = Run {
    partitions: 3,
    capacity: 64,
    overflow: Overflow::Fail,
    lease: Duration::from_millis(20),
    producers: 3,
    consumers: 3,
    messages: MESSAGES,
    close_early: false,
    seed: 1,
};

impl Run {
    fn history(&self) -> History {
        let _watch = Watch::new();
        let seed = Seed::new(self.seed);
        let engine = Engine::new();
        let dead = Queue::<u64>::builder("dead")
            .engine(&engine)
            .capacity(100_000)
            .build()
            .expect("its settings are valid");
        let queue = Queue::<u64>::builder("source")
            .engine(&engine)
            .partitions(self.partitions)
            .capacity(self.capacity)
            .overflow(self.overflow)
            .lease(self.lease)
            .retry(Retry::fixed(Duration::from_millis(1)).max(3))
            .release_delay(Duration::from_millis(1))
            .dead_letters("dead")
            .build()
            .expect("its settings are valid");
        let stamps = Stamps::new();
        let (numbers, handles, stop) =
            (AtomicU64::new(0), Mutex::new(Vec::new()), Arc::new(AtomicU64::new(0)));
        let mut left = Vec::new();
        let mut notes: Vec<Notes> = thread::scope(|scope| {
            let (numbers, handles, seed, stop) = (&numbers, &handles, &seed, &stop);
            let producers: Vec<_> = (0..self.producers)
                .map(|who| {
                    let (producer, mut notes) = (queue.producer(), Notes::new(&stamps));
                    scope.spawn(move || {
                        let rng = &mut seed.rng(who as u64);
                        produce(producer, who, numbers, handles, self.messages, rng, &mut notes);
                        notes
                    })
                })
                .collect();
            let consumers: Vec<_> = (0..self.consumers)
                .map(|who| {
                    let (consumer, mut notes) = (queue.consumer(), Notes::new(&stamps));
                    scope.spawn(move || {
                        consume(consumer, &mut seed.rng(100 + who as u64), &mut notes);
                        notes
                    })
                })
                .collect();
            let disturber = {
                let (queue, mut notes) = (queue.clone(), Notes::new(&stamps));
                scope.spawn(move || {
                    disturb(&queue, handles, stop, &mut seed.rng(200), &mut notes);
                    notes
                })
            };
            let mut all = Vec::new();
            let join = |thread: thread::ScopedJoinHandle<'_, Notes>| match thread.join() {
                Ok(notes) => notes,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            if self.close_early {
                let half = (self.producers * self.messages / 2) as u64;
                while queue.stats().accepted < half {
                    thread::yield_now();
                }
                left.extend(queue.close().into_messages());
            }
            all.extend(producers.into_iter().map(join));
            if !self.close_early {
                left.extend(queue.close().into_messages());
            }
            all.extend(consumers.into_iter().map(join));
            stop.store(1, Ordering::Relaxed);
            all.push(join(disturber));
            all
        });
        queue.check_invariants();
        let mut places: Vec<(u64, Place)> =
            left.into_iter().map(|message| (message.into_payload(), Place::Stored)).collect();
        places.extend(queue.browse(|_| true).iter().map(|stored| (**stored, Place::Stored)));
        places.extend(dead.browse(|_| true).iter().map(|letter| (**letter, Place::DeadLetters)));
        let stats = queue.stats();
        // Those that were cancelled or given back are known by their numbers.
        let dropped = stats.dropped() - stats.dropped_cancelled - stats.given_back;
        let events = notes.iter_mut().flat_map(|notes| notes.events.drain(..)).collect();
        History { events, places, dropped, lease: self.lease }
    }

    fn check(&self) -> History {
        let history = self.history();
        if let Err(fault) = history.check() {
            for event in fault.number().map(|number| history.life(number)).into_iter().flatten() {
                eprintln!("{event:?}");
            }
            panic!("{fault}");
        }
        history
    }
}

#[test]
fn every_message_has_one_life() {
    for seed in 0..3 {
        Run { seed, ..PLAIN }.check();
    }
}

#[test]
fn every_message_has_one_life_where_slots_are_few() {
    for capacity in [1, 2, 5] {
        // Where each message waits for the one before it, a few are enough.
        let messages = 100 * capacity;
        Run { partitions: 1, capacity, messages, seed: capacity as u64, ..PLAIN }.check();
    }
}

#[test]
fn every_message_has_one_life_where_leases_are_short() {
    let lease = Duration::from_millis(2);
    let history = Run { lease, consumers: 4, seed: 4, ..PLAIN }.check();
    assert!(!history.events.is_empty());
}

#[test]
fn every_message_has_one_life_in_a_queue_that_is_closed() {
    for seed in 0..3 {
        Run { close_early: true, seed, ..PLAIN }.check();
    }
}

#[test]
fn every_message_has_one_life_where_producers_wait() {
    let overflow = Overflow::Block(Duration::from_secs(60));
    Run { overflow, capacity: 4, seed: 5, ..PLAIN }.check();
}

#[test]
fn every_message_has_one_life_where_the_oldest_give_way() {
    let run = Run { overflow: Overflow::DropOldest, capacity: 8, seed: 6, ..PLAIN };
    run.check();
}

#[test]
fn every_message_has_one_life_in_many_partitions() {
    Run { partitions: 16, capacity: 8, seed: 7, ..PLAIN }.check();
}
