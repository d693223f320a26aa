//! S1 under fire: many keys, many consumers, failures of every kind, real threads.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use ringmill::message::{Message, Priority};
use ringmill::queue::{AfterDead, Engine, Order, Queue, QueueBuilder, Retry};

/// A little generator: the runs differ by their seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

struct Fire {
    keys: u64,
    each: u64,
    producers: u64,
    consumers: u64,
    levels: &'static [Priority],
    capacity: usize,
    seed: u64,
    /// Low levels rise while they wait.
    aging: bool,
}

/// How many deliveries a consumer forgets at a time, until their leases are over.
const FORGOTTEN: usize = 4;

/// The order of successful handling is that of publishing, for each producer and key, and no key is
/// with two consumers at a time.
fn burn(fire: &Fire) {
    let engine = Engine::new();
    let builder = Queue::<(u64, u64, u64)>::builder("fire");
    let aging = |builder: QueueBuilder<_>| builder.aging_step(Duration::from_millis(1));
    let builder = if fire.aging { aging(builder) } else { builder };
    let queue = builder
        .engine(&engine)
        .partitions(2)
        .capacity(fire.capacity)
        .order(Order::Key)
        .levels(fire.levels)
        .lease(Duration::from_millis(200))
        .retry(Retry::fixed(Duration::from_millis(1)).max(250))
        .max_deliveries(254)
        .release_delay(Duration::ZERO)
        .build()
        .expect("valid");
    let busy: Vec<_> = (0..fire.keys).map(|_| AtomicBool::new(false)).collect();
    let handled: Vec<Mutex<BTreeMap<u64, u64>>> =
        (0..fire.keys).map(|_| Mutex::default()).collect();
    let total = AtomicU64::new(0);
    let start = Barrier::new((fire.producers + fire.consumers) as usize);
    thread::scope(|scope| {
        for name in 0..fire.producers {
            let (queue, start) = (&queue, &start);
            scope.spawn(move || {
                let (producer, mut dice) = (queue.producer(), Dice(fire.seed ^ name));
                start.wait();
                for number in 0..fire.each {
                    for key in 0..fire.keys {
                        let level = fire.levels[dice.roll(fire.levels.len() as u64) as usize];
                        let message = Message::new((name, key, number));
                        let message = message.key(key.to_le_bytes()).priority(level);
                        producer.enqueue_blocking(message).expect("open");
                    }
                }
            });
        }
        for name in 0..fire.consumers {
            let (queue, start, busy, handled, total) = (&queue, &start, &busy, &handled, &total);
            scope.spawn(move || {
                let (consumer, mut dice) = (queue.consumer(), Dice(!fire.seed ^ name << 32));
                let mut forgotten = VecDeque::new();
                start.wait();
                while let Ok(delivery) = consumer.dequeue() {
                    let (producer, key, number) = *delivery;
                    let flag = &busy[key as usize];
                    assert!(!flag.swap(true, Ordering::SeqCst), "key {key} is out twice");
                    match dice.roll(40) {
                        0 => {
                            flag.store(false, Ordering::SeqCst);
                            delivery.nack().expect("leased");
                        }
                        1 => {
                            flag.store(false, Ordering::SeqCst);
                            drop(delivery);
                        }
                        2 => {
                            flag.store(false, Ordering::SeqCst);
                            delivery.snooze(Duration::from_micros(50)).expect("leased");
                        }
                        // Not settled before its lease is over, mostly.
                        3 => {
                            flag.store(false, Ordering::SeqCst);
                            forgotten.push_back(delivery.detach());
                            if forgotten.len() > FORGOTTEN {
                                forgotten.pop_front();
                            }
                        }
                        4 => {
                            flag.store(false, Ordering::SeqCst);
                            let handler = AssertUnwindSafe(move || {
                                let _delivery = delivery;
                                resume_unwind(Box::new("the handler gives up"));
                            });
                            assert!(catch_unwind(handler).is_err());
                        }
                        roll => {
                            let before = handled[key as usize]
                                .lock()
                                .expect("whole")
                                .insert(producer, number);
                            assert_eq!(
                                before,
                                number.checked_sub(1),
                                "producer {producer}, key {key}"
                            );
                            flag.store(false, Ordering::SeqCst);
                            if roll == 5 {
                                delivery.detach().ack().expect("leased");
                            } else {
                                delivery.ack().expect("leased");
                            }
                            let done = total.fetch_add(1, Ordering::SeqCst) + 1;
                            if done == fire.producers * fire.keys * fire.each {
                                queue.close();
                            }
                        }
                    }
                }
            });
        }
    });
    queue.check_invariants();
    assert_eq!(queue.stats().acked, fire.producers * fire.keys * fire.each);
}

const MANY: u64 = if cfg!(debug_assertions) { 20 } else { 100 };
const ONE: &[Priority] = &[Priority::NORMAL];
const THREE: &[Priority] = &[Priority::LOW, Priority::NORMAL, Priority::HIGH];

#[test]
fn s01_many_keys_keep_their_order() {
    burn(&Fire {
        keys: 500,
        each: MANY / 4,
        producers: 2,
        consumers: 4,
        levels: ONE,
        capacity: 1_024,
        seed: 1,
        aging: false,
    });
}

#[test]
fn s01_few_keys_keep_their_order_in_a_small_queue() {
    for (seed, keys) in [(2, 1), (3, 3), (4, 17)] {
        burn(&Fire {
            keys,
            each: MANY,
            producers: 2,
            consumers: 4,
            levels: ONE,
            capacity: 16,
            seed,
            aging: false,
        });
    }
}

#[test]
fn s01_keys_keep_their_order_whatever_their_priorities() {
    burn(&Fire {
        keys: 50,
        each: MANY,
        producers: 2,
        consumers: 4,
        levels: THREE,
        capacity: 256,
        seed: 5,
        aging: false,
    });
}

/// As the contract has it: 10,000 keys, 16 consumers, one message in eight fails in one way or
/// another.
#[test]
fn s01_ten_thousand_keys_keep_their_order() {
    let small = cfg!(debug_assertions);
    burn(&Fire {
        keys: if small { 1_000 } else { 10_000 },
        each: if small { 5 } else { 50 },
        producers: 2,
        consumers: 16,
        levels: ONE,
        capacity: 1 << 14,
        seed: 6,
        aging: false,
    });
}

/// The same, with levels of which the low ones rise.
#[test]
fn s07_keys_keep_their_order_while_their_messages_rise() {
    let small = cfg!(debug_assertions);
    burn(&Fire {
        keys: if small { 500 } else { 10_000 },
        each: if small { 5 } else { 20 },
        producers: 2,
        consumers: 16,
        levels: THREE,
        capacity: 1 << 12,
        seed: 7,
        aging: true,
    });
}

/// Keys that are paused, resumed, parked and let go all the time: each in its order, none handed out
/// twice at a time, and nothing is lost.
#[test]
fn s35_keys_keep_their_order_while_they_are_held() {
    const KEYS: u64 = 20;
    let each = if cfg!(debug_assertions) { 100 } else { 3_000 };
    let engine = Engine::new();
    let queue = Queue::<(u64, u64)>::builder("held")
        .engine(&engine)
        .partitions(2)
        .capacity(64)
        .order(Order::Key)
        .dead_letters("held.dead")
        .after_dead(AfterDead::ParkKey { limit: usize::MAX })
        .retry(Retry::fixed(Duration::from_micros(100)).max(250))
        .max_deliveries(254)
        .build()
        .expect("valid");
    let dead = queue.dead_letters().expect("there is one");
    let busy: Vec<_> = (0..KEYS).map(|_| AtomicBool::new(false)).collect();
    let next: Vec<_> = (0..KEYS).map(|_| AtomicU64::new(0)).collect();
    let gone = AtomicU64::new(0);
    thread::scope(|scope| {
        let (queue, busy, next, gone) = (&queue, &busy, &next, &gone);
        scope.spawn(move || {
            let producer = queue.producer();
            for number in 0..each {
                for key in 0..KEYS {
                    let message = Message::new((key, number)).key(key.to_le_bytes());
                    producer.enqueue_blocking(message).expect("open");
                }
            }
        });
        for name in 0..4 {
            scope.spawn(move || {
                let (consumer, mut dice) = (queue.consumer(), Dice(name << 40));
                let done = |number: u64, key: u64| {
                    let before = next[key as usize].swap(number + 1, Ordering::SeqCst);
                    assert_eq!(before, number, "key {key}");
                    busy[key as usize].store(false, Ordering::SeqCst);
                    gone.fetch_add(1, Ordering::SeqCst);
                };
                while let Ok(delivery) = consumer.dequeue() {
                    let (key, number) = *delivery;
                    let flag = &busy[key as usize];
                    assert!(!flag.swap(true, Ordering::SeqCst), "key {key} is out twice");
                    match dice.roll(20) {
                        0 => {
                            flag.store(false, Ordering::SeqCst);
                            delivery.nack().expect("leased");
                        }
                        1 => {
                            done(number, key);
                            delivery.reject("no").expect("leased");
                        }
                        _ => {
                            done(number, key);
                            delivery.ack().expect("leased");
                        }
                    }
                }
            });
        }
        scope.spawn(move || {
            let mut dice = Dice(1);
            let letters = dead.consumer();
            while gone.load(Ordering::SeqCst) < KEYS * each {
                let key = dice.roll(KEYS).to_le_bytes();
                match dice.roll(4) {
                    0 => _ = queue.pause_key(key).expect("in order by key"),
                    1 | 2 => _ = queue.resume_key(key),
                    _ => {
                        for parked in queue.parked_keys() {
                            _ = queue.unpark_key(parked.key);
                        }
                    }
                }
                // So that there is always room.
                while let Ok(letter) = letters.try_dequeue() {
                    letter.ack().expect("leased");
                }
                thread::yield_now();
            }
            queue.close();
        });
    });
    queue.check_invariants();
    let stats = queue.stats();
    assert_eq!((stats.acked + stats.dead_lettered, stats.ready), (KEYS * each, 0));
}
