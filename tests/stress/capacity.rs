//! Bounds are exact: never more, never a refusal below, and nobody waits for ever.

use std::thread;
use std::time::Duration;

use ringmill::queue::{Engine, Queue};

use crate::history::{Notes, Stamps, What};
use crate::watch::Watch;

const HANDLES: usize = 4;
const MESSAGES: u64 = if cfg!(debug_assertions) { 2_000 } else { 10_000 };

/// A message that was there, from before its enqueue to behind its ack and the other way round; or a
/// refusal.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Enqueued { from: u64, to: u64 },
    Acked { from: u64, to: u64 },
    Refused { from: u64, to: u64 },
}

/// The most and the least that can have been there, after each stamp.
fn bounds(seen: &[Seen]) -> (Vec<i64>, Vec<i64>) {
    let last = seen
        .iter()
        .map(|seen| match seen {
            Seen::Enqueued { to, .. } | Seen::Acked { to, .. } | Seen::Refused { to, .. } => *to,
        })
        .max()
        .unwrap_or(0) as usize;
    let (mut most, mut least) = (vec![0_i64; last + 2], vec![0_i64; last + 2]);
    for seen in seen {
        match *seen {
            Seen::Enqueued { from, to } => {
                most[from as usize] += 1;
                least[to as usize] += 1;
            }
            Seen::Acked { from, to } => {
                least[from as usize] -= 1;
                most[to as usize] -= 1;
            }
            Seen::Refused { .. } => {}
        }
    }
    for counts in [&mut most, &mut least] {
        let mut sum = 0;
        counts.iter_mut().for_each(|count| {
            sum += *count;
            *count = sum;
        });
    }
    (most, least)
}

/// What is wrong, if anything: more than `capacity`, or a refusal where at most `below` were there.
fn judge(seen: &[Seen], capacity: i64, below: i64) -> Option<String> {
    let (most, least) = bounds(seen);
    if let Some(over) = least.iter().find(|count| **count > capacity) {
        return Some(format!("{over} in {capacity}"));
    }
    seen.iter().find_map(|seen| {
        let Seen::Refused { from, to } = *seen else { return None };
        let there = most[from as usize..=to as usize].iter().max()?;
        (*there < below).then(|| format!("refused with {there} of {capacity}"))
    })
}

fn run(capacity: usize, exact: bool) -> Vec<Seen> {
    let _watch = Watch::new();
    let engine = Engine::new();
    let queue = Queue::<u64>::builder("q")
        .engine(&engine)
        .capacity(capacity)
        .exact_capacity(exact)
        .lease(Duration::from_secs(600))
        .build()
        .expect("its settings are valid");
    let stamps = Stamps::new();
    let per_thread = MESSAGES / HANDLES as u64;
    let notes = |notes: &mut Notes, before, seen: &mut Vec<Seen>, make: fn(u64, u64) -> Seen| {
        // The event itself is of no interest here, only its stamps.
        let nothing = What::Handed { number: 0, delivery: 0, partition: 0, offset: 0 };
        notes.after(before, nothing);
        let event = notes.events.pop().expect("it was noted");
        seen.push(make(event.from, event.to));
    };
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..HANDLES {
            let (producer, mut own) = (queue.producer(), Notes::new(&stamps));
            threads.push(scope.spawn(move || {
                let mut seen = Vec::new();
                for number in 0..per_thread {
                    loop {
                        let before = own.before();
                        let refused = producer.try_enqueue(number).is_err();
                        let make = if refused {
                            |from, to| Seen::Refused { from, to }
                        } else {
                            |from, to| Seen::Enqueued { from, to }
                        };
                        notes(&mut own, before, &mut seen, make);
                        if !refused {
                            break;
                        }
                        thread::yield_now();
                    }
                }
                seen
            }));
        }
        let mut consumers = Vec::new();
        for _ in 0..HANDLES {
            let (consumer, mut own) = (queue.consumer(), Notes::new(&stamps));
            consumers.push(scope.spawn(move || {
                let mut seen = Vec::new();
                while let Ok(delivery) = consumer.dequeue() {
                    let before = own.before();
                    delivery.ack().expect("its lease is long");
                    notes(&mut own, before, &mut seen, |from, to| Seen::Acked { from, to });
                }
                seen
            }));
        }
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().expect("it did not panic"));
        }
        queue.close();
        for thread in consumers {
            all.extend(thread.join().expect("it did not panic"));
        }
        all
    })
}

fn check(capacity: usize, exact: bool, below: usize) {
    let seen = run(capacity, exact);
    let acked = seen.iter().filter(|seen| matches!(seen, Seen::Acked { .. })).count();
    assert_eq!(acked as u64, MESSAGES / HANDLES as u64 * HANDLES as u64);
    if let Some(fault) = judge(&seen, capacity as i64, below as i64) {
        panic!("{fault}");
    }
}

#[test]
fn a_queue_of_one_holds_one() {
    check(1, true, 1);
}

#[test]
fn a_queue_of_two_holds_two() {
    check(2, true, 2);
}

#[test]
fn a_queue_of_33_holds_33() {
    check(33, true, 33);
}

#[test]
fn a_queue_of_few_slots_a_handle_is_exact_unasked() {
    check(33, false, 33);
}

#[test]
fn a_large_queue_refuses_early_by_no_more_than_its_handles_keep() {
    check(1_024, false, 1_024 - (2 * HANDLES - 1) * 32);
}

#[test]
fn a_large_exact_queue_holds_what_it_says() {
    check(1_024, true, 1_024);
}

#[test]
fn one_too_many_is_found() {
    let enqueued = |from, to| Seen::Enqueued { from, to };
    let acked = |from, to| Seen::Acked { from, to };
    let two = [enqueued(1, 2), enqueued(3, 4), acked(5, 6), acked(7, 8)];
    assert_eq!(judge(&two, 2, 2), None);
    assert_eq!(judge(&two, 1, 1), Some("2 in 1".to_owned()));
    // The first may have gone before the second came.
    assert_eq!(judge(&[enqueued(1, 2), acked(3, 6), enqueued(4, 5), acked(7, 8)], 1, 1), None);
}

#[test]
fn a_refusal_below_the_capacity_is_found() {
    let seen =
        |refused| [Seen::Enqueued { from: 1, to: 2 }, refused, Seen::Acked { from: 5, to: 7 }];
    assert_eq!(judge(&seen(Seen::Refused { from: 3, to: 4 }), 1, 1), None);
    assert_eq!(judge(&seen(Seen::Refused { from: 6, to: 8 }), 1, 1), None, "not gone for sure");
    let early = judge(&seen(Seen::Refused { from: 8, to: 9 }), 1, 1);
    assert_eq!(early, Some("refused with 0 of 1".to_owned()));
    let early = judge(&seen(Seen::Refused { from: 3, to: 4 }), 2, 2);
    assert_eq!(early, Some("refused with 1 of 2".to_owned()));
}
