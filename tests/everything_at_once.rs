//! Threads that do everything at once: what was accepted ends in exactly one way.

#![cfg(feature = "std")]
#![allow(unused_must_use)] // what became of an accepted message is seen at its end

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ringmill::message::Message;
use ringmill::queue::{DequeueError, Engine, Queue, Redrive, Retry, Settlement};

const MS: Duration = Duration::from_millis(1);

/// Which of its deliveries has been acked, and how often it was dropped.
#[derive(Default)]
struct Fate {
    dropped: AtomicU64,
    acked: AtomicU64,
    held: AtomicU64,
}

struct Payload {
    check: u64,
    fate: Arc<Fate>,
}

impl Drop for Payload {
    fn drop(&mut self) {
        assert_eq!(self.check, 0x5eed);
        self.check = 0;
        self.fate.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

#[test]
fn everything_at_once_ends_every_message_once() {
    let rounds: u64 = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let each: u64 = if cfg!(miri) { 40 } else { 1_000 };
    for round in 0..rounds {
        let engine = Engine::new();
        let queue = Queue::<Payload>::builder("work").engine(&engine).partitions(2).capacity(16);
        let queue = queue.lease(5 * MS).release_delay(MS).dead_letters("dead").max_bytes(512);
        let queue = queue.retry(Retry::fixed(MS).max(3)).max_deliveries(9).build().expect("valid");
        let dead = queue.dead_letters().expect("made");
        let fates: Arc<Mutex<Vec<Arc<Fate>>>> = Arc::default();
        let stop = Arc::new(AtomicBool::new(false));
        let mut producers = Vec::new();
        for p in 0..2 {
            let (producer, fates) = (queue.producer(), Arc::clone(&fates));
            producers.push(thread::spawn(move || {
                let mut random = Random(round * 31 + p + 1);
                for n in 0..each {
                    let fate = Arc::new(Fate::default());
                    let payload = Payload { check: 0x5eed, fate: Arc::clone(&fate) };
                    let message = Message::new(payload);
                    let message =
                        if random.below(2) == 0 { message.key(n.to_le_bytes()) } else { message };
                    let message = match random.below(12) {
                        0 => message.after(MS),
                        1 => message.after(2_000 * MS),
                        2 => message.at(SystemTime::now() + MS),
                        3 => message.ttl(3 * MS),
                        4 => message.after(MS).ttl(MS),
                        _ => message,
                    };
                    fates.lock().expect("whole").push(fate);
                    if random.below(8) == 0 {
                        let _ = producer.try_enqueue(message);
                    } else {
                        let _ = producer.enqueue_blocking(message);
                    }
                }
            }));
        }
        let mut consumers = Vec::new();
        for c in 0..3 {
            let queue_of = queue.clone();
            let consumer = if c == 2 { dead.consumer() } else { queue.consumer() };
            consumers.push(thread::spawn(move || {
                let mut random = Random(round * 77 + c + 100);
                loop {
                    let delivery = match consumer.dequeue_timeout(20_000 * MS) {
                        Ok(delivery) => delivery,
                        Err(DequeueError::Closed) => return,
                        Err(error) => panic!("{error:?} {:?}", queue_of.stats()),
                    };
                    assert_eq!(delivery.check, 0x5eed);
                    let fate = Arc::clone(&delivery.fate);
                    let ack = |done: bool| {
                        if done {
                            assert_eq!(fate.acked.fetch_add(1, Ordering::SeqCst), 0, "two acks");
                        }
                    };
                    let _ = fate.held.fetch_add(1, Ordering::SeqCst);
                    match random.below(15) {
                        // Nobody asks for dead letters.
                        14 if c < 2 => drop(delivery.defer()),
                        0 => drop(delivery.nack()),
                        1 => drop(delivery),
                        2 => drop(delivery.release()),
                        3 => drop(delivery.snooze(MS)),
                        4 => drop(delivery.reject("no")),
                        5 => drop(catch_unwind(AssertUnwindSafe(move || {
                            let _held = delivery;
                            std::panic::resume_unwind(Box::new(()));
                        }))),
                        6 => {
                            let receipt = delivery.receipt();
                            let done = queue_of.settle(&receipt, Settlement::Ack).is_ok();
                            ack(done);
                            assert_eq!(delivery.check, 0x5eed);
                        }
                        7 => {
                            let detached = delivery.detach();
                            thread::sleep(8 * MS);
                            assert_eq!(detached.check, 0x5eed);
                            ack(detached.ack().is_ok());
                        }
                        8 => {
                            let _ = delivery.extend(10 * MS);
                            ack(delivery.ack().is_ok());
                        }
                        9 => match delivery.into_inner() {
                            Ok(payload) => {
                                ack(true);
                                drop(payload);
                            }
                            Err(error) => drop(error.into_delivery()),
                        },
                        _ => ack(delivery.ack().is_ok()),
                    }
                }
            }));
        }
        let meddler = {
            let (queue, dead, stop) = (queue.clone(), dead.clone(), Arc::clone(&stop));
            thread::spawn(move || {
                let mut random = Random(round + 999);
                while !stop.load(Ordering::SeqCst) {
                    match random.below(8) {
                        7 => {
                            for peeked in queue.browse(|_| true) {
                                let Ok(taken) = queue.take(&peeked.handle()) else { continue };
                                let fate = Arc::clone(&taken.fate);
                                if taken.ack().is_ok() {
                                    assert_eq!(fate.acked.fetch_add(1, Ordering::SeqCst), 0);
                                }
                            }
                        }
                        6 => {
                            for peeked in queue.peek(0, 16) {
                                let _ =
                                    queue.reschedule(&peeked.handle(), MS * random.below(3) as u32);
                            }
                        }
                        0 => drop(queue.browse(|m| m.check == 0x5eed)),
                        1 => {
                            for peeked in queue.peek(0, 3) {
                                let handle = peeked.handle();
                                if random.below(8) == 0 {
                                    let _ = queue.cancel(&handle);
                                }
                            }
                        }
                        2 => drop(dead.redrive(Redrive::new().max(3))),
                        3 => {
                            queue.pause();
                            thread::yield_now();
                            queue.resume();
                        }
                        4 => drop(queue.purge(|m| m.offset() % 97 == 0)),
                        _ => drop(dead.browse(|_| true)),
                    }
                    thread::sleep(MS);
                }
            })
        };
        for producer in producers {
            producer.join().expect("no panic");
        }
        stop.store(true, Ordering::SeqCst);
        meddler.join().expect("no panic");
        drop(queue.close());
        // What is parked after that goes to the dead letters, or is given back.
        let until = Instant::now() + Duration::from_secs(20);
        let mut others = consumers;
        let undertaker = others.pop().expect("three");
        for consumer in others {
            consumer.join().expect("no panic");
        }
        while !queue.is_empty() {
            assert!(Instant::now() < until, "{:?}", queue.stats());
            drop(queue.close());
            thread::sleep(MS);
        }
        drop(dead.close());
        undertaker.join().expect("no panic");
        while !dead.is_empty() {
            assert!(Instant::now() < until, "{:?}", dead.stats());
            drop(dead.close());
            thread::sleep(MS);
        }
        queue.check_invariants();
        dead.check_invariants();
        drop((queue, dead, engine));
        // The housekeeper may have them for a moment.
        let all = fates.lock().expect("whole");
        let mut by_drops = HashMap::new();
        let dropped = |fate: &Arc<Fate>| fate.dropped.load(Ordering::SeqCst);
        while all.iter().any(|fate| dropped(fate) == 0) && Instant::now() < until {
            thread::sleep(MS);
        }
        for fate in all.iter() {
            *by_drops.entry(dropped(fate)).or_insert(0) += 1;
        }
        assert_eq!(by_drops, HashMap::from([(1, all.len())]), "each is dropped once");
    }
}
