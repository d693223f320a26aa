//! `spsc`: two counts and a farewell.

use loom::thread;
use ringmill::ring::spsc;

use crate::{check, models, until};

models! { "spsc":
    edge_spsc_r1_a1_values,
    edge_spsc_r2_a2_full_ring_is_reused,
    edge_spsc_r3_a3_farewell,
    spsc_batches_and_chunks,
    spsc_counts_come_round_to_zero,
    spsc_values_left_inside_are_dropped,
}

fn pop(consumer: &mut spsc::Consumer<u32>) -> u32 {
    until(|| consumer.pop())
}

fn push(producer: &mut spsc::Producer<u32>, value: u32) {
    until(|| producer.push(value).ok())
}

fn edge_spsc_r1_a1_values() {
    check(|| {
        let (mut producer, mut consumer) = spsc::ring(2).unwrap();
        let pusher = thread::spawn(move || (1..=2).for_each(|n| producer.push(n).unwrap()));
        assert_eq!([pop(&mut consumer), pop(&mut consumer)], [1, 2]);
        pusher.join().unwrap();
        assert_eq!(consumer.pop(), None);
    });
}

fn edge_spsc_r2_a2_full_ring_is_reused() {
    for capacity in [1, 2] {
        check(move || {
            let (mut producer, mut consumer) = spsc::ring(capacity).unwrap();
            (0..capacity as u32).for_each(|n| producer.push(n).unwrap());
            let pusher = thread::spawn(move || push(&mut producer, capacity as u32));
            (0..=capacity as u32).for_each(|n| assert_eq!(pop(&mut consumer), n));
            pusher.join().unwrap();
        });
    }
}

/// Who sees that the producer is gone sees all that it pushed.
fn edge_spsc_r3_a3_farewell() {
    check(|| {
        let (mut producer, mut consumer) = spsc::ring(2).unwrap();
        let pusher = thread::spawn(move || {
            producer.push(1).unwrap();
            assert_eq!(producer.push_n(&[2]), 1);
        });
        if consumer.is_disconnected() {
            assert_eq!(consumer.len(), 2);
            assert_eq!([consumer.pop(), consumer.pop()], [Some(1), Some(2)]);
        }
        pusher.join().unwrap();
    });
}

fn spsc_batches_and_chunks() {
    check(|| {
        let (mut producer, mut consumer) = spsc::ring(3).unwrap();
        assert_eq!(producer.push_n(&[0, 1]), 2);
        let pusher = thread::spawn(move || {
            let mut reserved = producer.reserve(2);
            let n = reserved.len() as u32;
            (2..2 + n).for_each(|value| reserved.write(value));
            reserved.commit_written();
            (2 + n..5).for_each(|value| push(&mut producer, value));
        });
        let mut seen: Vec<u32> = Vec::new();
        while seen.len() < 5 {
            until(|| {
                let readable = consumer.readable(2);
                let (first, second) = readable.slices();
                seen.extend(first.iter().chain(second));
                let n = readable.len();
                readable.release(n);
                (n > 0).then_some(())
            });
        }
        pusher.join().unwrap();
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    });
}

fn spsc_counts_come_round_to_zero() {
    check(|| {
        let (mut producer, mut consumer) = spsc::before_wrap(2, 2).unwrap();
        let pusher = thread::spawn(move || (0..4).for_each(|n| push(&mut producer, n)));
        (0..4).for_each(|n| assert_eq!(pop(&mut consumer), n));
        pusher.join().unwrap();
    });
}

fn spsc_values_left_inside_are_dropped() {
    check(|| {
        let (mut producer, mut consumer) = spsc::ring(2).unwrap();
        let value = std::sync::Arc::new(());
        let pusher = {
            let value = std::sync::Arc::clone(&value);
            thread::spawn(move || {
                producer.push(std::sync::Arc::clone(&value)).unwrap();
                producer.push(value).unwrap();
                assert!(producer.len() <= 2);
                producer.is_disconnected()
            })
        };
        drop(consumer.pop());
        drop(consumer);
        pusher.join().unwrap();
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
    });
}
