//! S1 under fire: many keys, many consumers, failures of every kind, real threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use ringmill::message::{Message, Priority};
use ringmill::queue::{Engine, Order, Queue, Retry};

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
}

/// The order of successful handling is that of publishing, for each producer and key, and no key is
/// with two consumers at a time.
fn burn(fire: &Fire) {
    let engine = Engine::new();
    let queue = Queue::<(u64, u64, u64)>::builder("fire")
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
                            if roll == 3 {
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
    });
}
