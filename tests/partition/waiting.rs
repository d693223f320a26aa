//! Waiting for values and room, deadlines, closing, futures.

use std::thread;
use std::time::{Duration, Instant};

use ringmill::partition::{Partitioned, PopError, PushErrorKind, RoundRobin, Strategy};

const STRATEGIES: [Strategy; 3] = [Strategy::Park, Strategy::SpinThenPark, Strategy::Spin];

fn queue() -> Partitioned<u32> {
    Partitioned::new(3, 1).unwrap()
}

#[test]
fn a_waiting_consumer_gets_the_value_and_a_waiting_producer_the_room() {
    for strategy in STRATEGIES {
        let queue = queue();
        let mut producer = queue.producer(RoundRobin::new()).with_strategy(strategy);
        let mut consumer = queue.consumer().with_strategy(strategy);
        let sum = thread::scope(|s| {
            s.spawn(move || (0..600).for_each(|n| assert!(producer.push(n).is_ok())));
            s.spawn(move || (0..600).map(|_| consumer.pop().unwrap()).sum::<u32>()).join()
        });
        assert_eq!(sum.unwrap(), (0..600).sum());
    }
}

#[test]
fn closing_wakes_all_who_wait() {
    for strategy in STRATEGIES {
        let queue = queue();
        let group = queue.group();
        thread::scope(|s| {
            for n in 0..4 {
                let mut consumer = match n {
                    0 | 1 => queue.consumer(),
                    2 => queue.consumer_of([1]).unwrap(),
                    _ => group.join(),
                }
                .with_strategy(strategy);
                s.spawn(move || assert_eq!(consumer.pop(), Err(PopError::Closed)));
            }
            assert!(queue.close());
            assert!(!queue.close());
        });
    }
}

#[test]
fn closing_wakes_producers_that_wait_for_room() {
    let queue = Partitioned::new(1, 1).unwrap();
    queue.producer(RoundRobin::new()).try_push(0).unwrap();
    thread::scope(|s| {
        for value in 1..4 {
            let mut producer = queue.producer(RoundRobin::new());
            s.spawn(move || {
                let refused = producer.push(value).unwrap_err();
                assert_eq!((refused.kind(), refused.into_inner()), (PushErrorKind::Closed, value));
            });
        }
        queue.close();
    });
    let mut consumer = queue.consumer();
    assert_eq!([consumer.pop(), consumer.pop()], [Ok(0), Err(PopError::Closed)]);
}

#[test]
fn the_last_producer_closes_and_the_last_consumer_drops_what_is_left() {
    let queue = Partitioned::new(2, 4).unwrap();
    let (producer, mut consumer) = (queue.producer(RoundRobin::new()), queue.consumer());
    let mut other = queue.producer(RoundRobin::new());
    drop((queue, producer));
    assert_eq!(consumer.try_pop(), Err(PopError::Empty));
    let value = std::sync::Arc::new(());
    other.try_push(value.clone()).unwrap();
    other.try_push(value.clone()).unwrap();
    drop(other);
    assert!(consumer.pop().is_ok());
    drop(consumer);
    assert_eq!(std::sync::Arc::strong_count(&value), 1);
}

#[test]
fn a_deadline_in_the_past_tries_once() {
    let queue = Partitioned::new(1, 1).unwrap();
    let past = Instant::now() - Duration::from_secs(1);
    for strategy in STRATEGIES {
        let mut producer = queue.producer(RoundRobin::new()).with_strategy(strategy);
        let mut consumer = queue.consumer().with_strategy(strategy);
        assert_eq!(consumer.pop_deadline(past), Err(PopError::TimedOut));
        assert_eq!(producer.push_deadline(1, past), Ok(0));
        let refused = producer.push_deadline(2, past).unwrap_err();
        assert_eq!((refused.kind(), refused.into_inner()), (PushErrorKind::TimedOut, 2));
        assert_eq!(consumer.pop_deadline(past), Ok(1));
    }
}

#[test]
fn a_batch_waits_for_its_minimum_over_all_partitions() {
    let queue = queue();
    let mut consumer = queue.consumer();
    thread::scope(|s| {
        s.spawn(|| {
            let mut batch = Vec::new();
            assert_eq!(consumer.pop_batch(&mut batch, 10, 10, None), Ok(10));
            batch.sort_unstable();
            assert_eq!(batch, (0..10).collect::<Vec<_>>());
        });
        queue.producer(RoundRobin::new()).push_batch(&mut (0..10).collect()).unwrap();
    });
}

#[test]
fn futures_pop_and_push() {
    let queue = queue();
    let mut producer = queue.producer(RoundRobin::new());
    let mut consumer = queue.consumer();
    thread::scope(|s| {
        s.spawn(move || {
            pollster::block_on(async {
                for n in 0..300 {
                    assert_eq!(producer.push_async(n).await, Ok(n as usize % 3));
                }
            });
        });
        let sum = pollster::block_on(async {
            let mut sum = 0;
            for _ in 0..300 {
                sum += consumer.pop_async().await.unwrap();
            }
            sum
        });
        assert_eq!(sum, (0..300).sum());
    });
}
