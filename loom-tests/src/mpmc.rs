//! `mpmc::Ring`, one value at a time.

use loom::sync::Arc;
use loom::thread;
use ringmill::ring::mpmc::Ring;

use crate::{check, check_wide, models, until};

models! { "mpmc":
    capacity_one_is_handed_over,
    edge_r2_a2_full_ring_is_reused,
    edge_f1_never_a_wrong_empty,
    edge_f2_never_a_wrong_full,
    edge_f1_f2_full_and_empty_agree,
    edge_f3_lengths_agree,
    edge_f1_f1_two_rings_agree,
    edge_f3_len_is_never_too_large,
    edge_h2_l2_len_is_never_too_small,
    positions_come_round_to_zero,
    edge_t2_t1_no_producer_takes_a_word_of_an_earlier_lap,
    edge_h2_h1_no_consumer_takes_a_word_of_an_earlier_lap,
    values_left_inside_are_dropped,
    two_producers_one_consumer,
    one_producer_two_consumers,
    two_producers_two_consumers,
}

/// A ring of `capacity` with the values `0 .. filled` inside.
fn ring(capacity: usize, filled: u32) -> Arc<Ring<u32>> {
    let ring = Ring::new(capacity).unwrap();
    (0..filled).for_each(|n| ring.push(n).unwrap());
    Arc::new(ring)
}

/// Pops, waiting for a value.
fn pop(ring: &Ring<u32>) -> u32 {
    until(|| ring.pop())
}

/// Pushes, waiting for room.
fn push(ring: &Ring<u32>, value: u32) {
    until(|| ring.push(value).ok())
}

fn two_producers_one_consumer() {
    check_wide(1, || {
        let ring = ring(2, 0);
        let producers = [1, 2].map(|value| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.push(value).unwrap())
        });
        let mut seen = [pop(&ring), pop(&ring)];
        producers.into_iter().for_each(|producer| producer.join().unwrap());
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
        assert_eq!(ring.pop(), None);
    });
}

fn one_producer_two_consumers() {
    check_wide(1, || {
        let ring = ring(2, 0);
        let consumers = [(); 2].map(|()| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.pop())
        });
        ring.push(1).unwrap();
        ring.push(2).unwrap();
        let mut seen: Vec<u32> =
            consumers.into_iter().filter_map(|consumer| consumer.join().unwrap()).collect();
        seen.extend(std::iter::from_fn(|| ring.pop()));
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}

fn two_producers_two_consumers() {
    check_wide(2, || {
        let ring = ring(2, 1);
        let producers = [1, 2].map(|value| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.push(value).map_err(|full| full.into_inner()))
        });
        let consumer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.pop())
        };
        let mut seen: Vec<u32> = ring.pop().into_iter().collect();
        seen.extend(consumer.join().unwrap());
        for producer in producers {
            seen.extend(producer.join().unwrap().err());
        }
        seen.extend(std::iter::from_fn(|| ring.pop()));
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2]);
    });
}

fn capacity_one_is_handed_over() {
    check_wide(1, || {
        let ring = ring(1, 0);
        let producer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || (1..=3).for_each(|value| push(&ring, value)))
        };
        assert_eq!([pop(&ring), pop(&ring), pop(&ring)], [1, 2, 3]);
        producer.join().unwrap();
        assert_eq!(ring.pop(), None);
    });
}

/// A slot of a full ring is written again only when its value is out.
fn edge_r2_a2_full_ring_is_reused() {
    check(|| {
        let ring = ring(2, 2);
        let consumers = [(); 2].map(|()| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.pop())
        });
        push(&ring, 2);
        let mut seen: Vec<u32> =
            consumers.into_iter().map(|consumer| consumer.join().unwrap().unwrap()).collect();
        seen.extend(ring.pop());
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2]);
    });
}

/// Each thread pushes before it pops: at every pop there is a value that nobody else can claim.
fn edge_f1_never_a_wrong_empty() {
    check(|| {
        let ring = ring(2, 0);
        let work = |ring: &Ring<u32>, value| {
            ring.push(value).unwrap();
            ring.pop().expect("a ring with a value in it looked empty")
        };
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || work(&ring, 1))
        };
        let mut seen = [work(&ring, 2), other.join().unwrap()];
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}

/// Each thread pops before it pushes: at every push there is room that nobody else can claim.
fn edge_f2_never_a_wrong_full() {
    check(|| {
        let ring = ring(2, 2);
        let work = |ring: &Ring<u32>, value| {
            ring.pop().expect("a full ring looked empty");
            ring.push(value).expect("a ring with room looked full");
        };
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || work(&ring, 3))
        };
        work(&ring, 2);
        other.join().unwrap();
        assert!(ring.is_full());
    });
}

/// One thread pushes and is then refused, the other pops and then finds nothing: "full" puts the
/// pop after it, "empty" the push. No order explains both.
fn edge_f1_f2_full_and_empty_agree() {
    check(|| {
        let ring = ring(2, 1);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                ring.pop().expect("there was a value");
                ring.pop().is_none()
            })
        };
        ring.push(1).expect("there was room");
        let full = ring.push(2).is_err();
        let empty = other.join().unwrap();
        assert!(!(full && empty), "no order explains both answers");
    });
}

/// As above, with lengths in place of refusals.
fn edge_f3_lengths_agree() {
    check(|| {
        let ring = ring(2, 1);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                ring.pop().expect("there was a value");
                ring.len()
            })
        };
        ring.push(1).expect("there was room");
        let after_push = ring.len();
        let after_pop = other.join().unwrap();
        assert!((after_push, after_pop) != (2, 0), "no order explains both lengths");
    });
}

/// Each thread pushes to one ring and then looks into the other: one of them sees a value.
fn edge_f1_f1_two_rings_agree() {
    check(|| {
        let (left, right) = (ring(1, 0), ring(1, 0));
        let other = {
            let (left, right) = (Arc::clone(&left), Arc::clone(&right));
            thread::spawn(move || {
                right.push(0).unwrap();
                left.pop().is_none()
            })
        };
        left.push(0).unwrap();
        let mine = right.pop().is_none();
        assert!(!(mine && other.join().unwrap()), "both rings looked empty after the pushes");
    });
}

/// There is never more than one value inside.
fn edge_f3_len_is_never_too_large() {
    check(|| {
        let ring = ring(2, 0);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                for value in 0..2 {
                    ring.push(value).unwrap();
                    ring.pop().unwrap();
                }
            })
        };
        assert!(ring.len() <= 1);
        assert!(!ring.is_full());
        other.join().unwrap();
        assert!(ring.is_empty());
    });
}

/// There is never less than one value inside.
fn edge_h2_l2_len_is_never_too_small() {
    check(|| {
        let ring = ring(2, 1);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                ring.push(1).unwrap();
                ring.pop().unwrap();
            })
        };
        assert!(!ring.is_empty());
        other.join().unwrap();
        assert_eq!(ring.len(), 1);
    });
}

/// Two laps before positions come round to 0, four values on three slots.
fn positions_come_round_to_zero() {
    check_wide(1, || {
        let ring = Arc::new(Ring::before_wrap(3, 1).unwrap());
        (0..2).for_each(|n| ring.push(n).unwrap());
        let producer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || (2..5).for_each(|value| push(&ring, value)))
        };
        (0..5).for_each(|n| assert_eq!(pop(&ring), n));
        producer.join().unwrap();
        assert!(ring.is_empty());
    });
}

/// In models a word holds one bit of its lap, so free in lap 0 looks like free in lap 2.
fn edge_t2_t1_no_producer_takes_a_word_of_an_earlier_lap() {
    check(|| {
        let ring = ring(1, 0);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                if ring.push(1).is_ok() && ring.pop().is_some() {
                    let _ = ring.push(2);
                }
            })
        };
        let _ = ring.push(3);
        other.join().unwrap();
        assert!(ring.pop().is_some());
    });
}

/// As above, for full in lap 0 and in lap 2.
fn edge_h2_h1_no_consumer_takes_a_word_of_an_earlier_lap() {
    check(|| {
        let ring = ring(1, 1);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                if ring.pop().is_some() && ring.push(1).is_ok() {
                    ring.pop();
                }
            })
        };
        ring.pop();
        other.join().unwrap();
        assert!(ring.is_empty());
    });
}

fn values_left_inside_are_dropped() {
    check(|| {
        let ring = Arc::new(Ring::new(2).unwrap());
        let value = std::sync::Arc::new(());
        let producer = {
            let (ring, value) = (Arc::clone(&ring), std::sync::Arc::clone(&value));
            thread::spawn(move || {
                ring.push(std::sync::Arc::clone(&value)).unwrap();
                ring.push(value).unwrap();
            })
        };
        drop(ring.pop());
        producer.join().unwrap();
        drop(ring);
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
    });
}
