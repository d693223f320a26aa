//! Order within a partition, fair rotation between them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use proptest::prelude::*;
use ringmill::partition::{ByKey, Key, Partitioned, PopError};

const KEYS: u64 = 40;
const THREADS: u64 = 4;

/// What a producer sends: its number, the key, and how often it has sent this key.
type Sent = (u64, u64, u64);

fn by_key(value: &Sent) -> u64 {
    value.1.key_hash()
}

/// Pushes values of all keys, singly or in batches, and gives those that were accepted.
fn produce(queue: &Partitioned<Sent>, producer: u64, rounds: u64, batch: usize) {
    let mut end = queue.producer(ByKey(by_key));
    let mut batch_of = Vec::new();
    for round in 0..rounds {
        for key in 0..KEYS {
            batch_of.push((producer, key, round));
            if batch_of.len() >= batch {
                if batch == 1 {
                    end.push(batch_of.pop().unwrap()).unwrap();
                } else {
                    end.push_batch(&mut batch_of).unwrap();
                }
            }
        }
    }
    end.push_batch(&mut batch_of).unwrap();
}

/// Asserts that each producer's values of each key come in their order, and all of them.
#[derive(Default)]
struct Seen(BTreeMap<(u64, u64), u64>);

impl Seen {
    fn note(&mut self, (producer, key, round): Sent) {
        let next = self.0.entry((producer, key)).or_default();
        assert_eq!(*next, round, "producer {producer}, key {key}");
        *next += 1;
    }

    fn is_complete(&self, rounds: u64) {
        assert_eq!(self.0.len() as u64, THREADS * KEYS);
        assert!(self.0.values().all(|next| *next == rounds));
    }
}

fn rounds() -> u64 {
    if cfg!(miri) { 5 } else { 400 }
}

#[test]
fn a_key_keeps_its_order_through_sets_of_partitions() {
    for batch in [1, 7, 64] {
        let queue = Partitioned::new(8, 16).unwrap();
        let seen = thread::scope(|s| {
            let consumers: Vec<_> = [[0, 2, 4, 6], [1, 3, 5, 7]]
                .map(|set| {
                    let mut consumer = queue.consumer_of(set).unwrap();
                    s.spawn(move || {
                        let mut seen = Seen::default();
                        while let Ok(value) = consumer.pop() {
                            assert!(set.contains(&consumer.last_partition().unwrap()));
                            seen.note(value);
                        }
                        seen
                    })
                })
                .into_iter()
                .collect();
            let producers: Vec<_> = (0..THREADS)
                .map(|p| {
                    let queue = queue.clone();
                    s.spawn(move || produce(&queue, p, rounds(), batch))
                })
                .collect();
            producers.into_iter().for_each(|producer| producer.join().unwrap());
            queue.close();
            consumers.into_iter().map(|consumer| consumer.join().unwrap()).collect::<Vec<_>>()
        });
        let mut all = Seen::default();
        for part in seen {
            for (key, next) in part.0 {
                assert!(all.0.insert(key, next).is_none(), "one key, one consumer");
            }
        }
        all.is_complete(rounds());
    }
}

#[test]
fn a_key_keeps_its_order_while_its_partition_changes_hands() {
    for batch in [1, 7] {
        let queue = Partitioned::new(8, 16).unwrap();
        let group = queue.group();
        let seen = Mutex::new(Seen::default());
        thread::scope(|s| {
            for worker in 0..3_usize {
                let (group, seen) = (group.clone(), &seen);
                s.spawn(move || {
                    let mut taken = Vec::new();
                    // Joins and leaves again and again.
                    for stay in (1..).map(|n| n * 5 + worker * 3) {
                        let mut member = group.join();
                        for _ in 0..stay {
                            match member.pop_batch(&mut taken, 1, batch, None) {
                                Ok(_) => {
                                    // Handled before the member asks again, or leaves.
                                    let mut seen = seen.lock().unwrap();
                                    taken.drain(..).for_each(|value| seen.note(value));
                                }
                                Err(error) => return assert_eq!(error, PopError::Closed),
                            }
                        }
                    }
                });
            }
            let producers: Vec<_> = (0..THREADS)
                .map(|p| {
                    let queue = queue.clone();
                    s.spawn(move || produce(&queue, p, rounds() / 4, batch))
                })
                .collect();
            producers.into_iter().for_each(|producer| producer.join().unwrap());
            queue.close();
        });
        seen.into_inner().unwrap().is_complete(rounds() / 4);
    }
}

proptest! {
    #[test]
    fn no_partition_waits_longer_than_one_rotation(
        pushes in prop::collection::vec(0_usize..150, 1..400),
    ) {
        let queue = Partitioned::new(150, 400).unwrap();
        let mut producer = queue.producer(|value: &usize, _: usize| *value);
        for partition in &pushes {
            producer.try_push(*partition).unwrap();
        }
        let mut left = [0; 150];
        pushes.iter().for_each(|partition| left[*partition] += 1);
        let mut consumer = queue.consumer();
        let mut waited = [0; 150];
        while let Ok(partition) = consumer.try_pop() {
            prop_assert_eq!(consumer.last_partition(), Some(partition));
            left[partition] -= 1;
            waited[partition] = 0;
            for other in (0..150).filter(|other| *other != partition && left[*other] > 0) {
                waited[other] += 1;
            }
            let longest = waited.iter().max().unwrap();
            prop_assert!(*longest < 150, "passed over for more than a rotation");
        }
        prop_assert_eq!(left, [0; 150]);
    }
}
