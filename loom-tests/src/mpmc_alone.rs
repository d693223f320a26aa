//! `mpsc` and `spmc`: `mpmc` with one end that is used by one thread, and steps by a store.

use loom::thread;
use ringmill::ring::{mpsc, spmc};

use crate::{check, check_wide, models, until};

models! { "mpmc":
    mpsc_two_producers,
    mpsc_full_ring_is_reused,
    edge_h4_l2_mpsc_len_is_never_too_small,
    spmc_two_consumers,
    spmc_full_ring_is_reused,
    edge_t4_spmc_len_is_never_too_large,
}

fn mpsc_two_producers() {
    check_wide(1, || {
        let (producer, mut consumer) = mpsc::ring(2).unwrap();
        let producers = [1, 2].map(|value| {
            let producer = producer.clone();
            thread::spawn(move || producer.push(value).unwrap())
        });
        let mut seen = [until(|| consumer.pop()), until(|| consumer.pop())];
        producers.into_iter().for_each(|producer| producer.join().unwrap());
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
        assert_eq!(consumer.pop(), None);
    });
}

fn mpsc_full_ring_is_reused() {
    check(|| {
        let (producer, mut consumer) = mpsc::ring(2).unwrap();
        assert_eq!(producer.push_n(&[0, 1]), 2);
        let pusher = thread::spawn(move || until(|| producer.push(2).ok()));
        (0..3).for_each(|n| assert_eq!(until(|| consumer.pop()), n));
        pusher.join().unwrap();
        assert!(consumer.is_empty());
    });
}

/// There is never less than one value inside.
fn edge_h4_l2_mpsc_len_is_never_too_small() {
    check(|| {
        let (producer, mut consumer) = mpsc::ring(2).unwrap();
        producer.push(0).unwrap();
        let observer = producer.clone();
        let other = thread::spawn(move || {
            producer.push(1).unwrap();
            consumer.pop().unwrap();
            consumer
        });
        assert!(!observer.is_empty());
        drop(other.join().unwrap());
    });
}

fn spmc_two_consumers() {
    check_wide(1, || {
        let (mut producer, consumer) = spmc::ring(2).unwrap();
        let consumers = [(); 2].map(|()| {
            let consumer = consumer.clone();
            thread::spawn(move || consumer.pop())
        });
        producer.push(1).unwrap();
        producer.push(2).unwrap();
        let mut seen: Vec<u32> =
            consumers.into_iter().filter_map(|consumer| consumer.join().unwrap()).collect();
        seen.extend(std::iter::from_fn(|| consumer.pop()));
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}

fn spmc_full_ring_is_reused() {
    check(|| {
        let (mut producer, consumer) = spmc::ring(2).unwrap();
        assert_eq!(producer.push_n(&[0, 1]), 2);
        let popper = thread::spawn(move || [(); 3].map(|()| until(|| consumer.pop())));
        until(|| producer.push(2).ok());
        assert_eq!(popper.join().unwrap(), [0, 1, 2]);
    });
}

/// There is never more than one value inside.
fn edge_t4_spmc_len_is_never_too_large() {
    check(|| {
        let (mut producer, consumer) = spmc::ring(2).unwrap();
        let observer = consumer.clone();
        let other = thread::spawn(move || {
            for value in 0..2 {
                producer.push(value).unwrap();
                consumer.pop().unwrap();
            }
            producer
        });
        assert!(observer.len() <= 1);
        drop(other.join().unwrap());
    });
}
