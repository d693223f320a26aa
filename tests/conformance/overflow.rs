//! S9: what a full queue does.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use ringmill::message::Reason;
use ringmill::queue::{EnqueueErrorKind, Enqueued, Overflow};

use crate::bench::{Backend, Bench, LEASE, says, secs, suite};

/// S9: fail gives the message back.
fn s09_a_full_queue_gives_the_message_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<Box<u64>>("q").capacity(2));
    let producer = queue.producer();
    bench.put(&producer, Box::new(1));
    bench.put(&producer, Box::new(2));
    let error = producer.enqueue(Box::new(3)).expect_err("it is full");
    assert!(error.is_full() && !error.is_closed());
    says(&error, &["full"]);
    assert_eq!(**error.into_message().payload(), 3);
    assert_eq!((queue.len(), queue.stats().accepted), (2, 2));
    let consumer = queue.consumer();
    bench.take(&consumer).ack().expect("live");
    bench.put(&producer, Box::new(3));
}

/// S9: never more, never refusing below, whatever the capacity.
fn s09_an_exact_capacity_is_exact<B: Backend>(bench: &Bench<B>) {
    for capacity in [1, 2, 3, 33, 1_000] {
        let name = format!("q{capacity}");
        let queue = bench.open(bench.builder::<u64>(&name).capacity(capacity));
        assert_eq!(queue.capacity(), capacity);
        let producers = [queue.producer(), queue.producer(), queue.producer()];
        let consumer = queue.consumer();
        for round in 0..3 {
            for number in 0..capacity {
                bench.put(&producers[number % 3], number as u64);
            }
            assert!(producers.iter().all(|producer| producer.try_enqueue(0).is_err()));
            assert_eq!(queue.len(), capacity as u64);
            for number in 0..capacity {
                let held = bench.take(&consumer);
                assert_eq!(*held, number as u64, "in round {round}");
                held.ack().expect("live");
            }
        }
    }
}

/// S9: a larger queue may refuse early by what other handles keep, at most 32 slots each.
fn s09_a_large_queue_refuses_early_by_at_most_32_slots_a_handle<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1_024).exact_capacity(false));
    let consumers = [queue.consumer(), queue.consumer()];
    let producers = [queue.producer(), queue.producer()];
    for round in 0..3 {
        let mut taken = 0;
        // They take turns, so that each keeps what it can.
        while producers[(taken + round) % 2].try_enqueue(taken as u64).is_ok() {
            taken += 1;
        }
        bench.flush();
        assert!((1_024 - 3 * 32..=1_024).contains(&taken), "{taken}");
        for number in 0..taken {
            bench.take(&consumers[number % 2]).ack().expect("live");
        }
    }
}

/// S9: the bound is of each partition.
fn s09_the_capacity_is_of_each_partition<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(2).partitions(3));
    let producer = queue.producer();
    for number in 0..6 {
        bench.put(&producer, number);
    }
    assert!(producer.try_enqueue(6).is_err());
    assert_eq!(queue.len(), 6);
}

/// S9: by bytes.
fn s09_a_bound_of_bytes_is_never_exceeded<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q").max_bytes(1_000));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Bytes::from(vec![0; 400]));
    bench.put(&producer, Bytes::from(vec![0; 400]));
    let error = producer.try_enqueue(Bytes::from(vec![0; 201])).expect_err("one byte too many");
    assert!(error.is_full());
    assert_eq!(error.into_message().payload().len(), 201);
    bench.put(&producer, Bytes::from(vec![0; 200]));
    assert!(producer.try_enqueue(Bytes::from(vec![0; 1])).is_err());
    let held = bench.take(&consumer);
    assert!(producer.try_enqueue(Bytes::from(vec![0; 1])).is_err(), "a leased one counts");
    held.ack().expect("live");
    bench.put(&producer, Bytes::from(vec![0; 400]));
    assert!(producer.try_enqueue(Bytes::from(vec![0; 1])).is_err());
}

/// S9: block with a time-out.
fn s09_a_blocking_queue_waits_for_room_until_its_time_out<B: Backend>(bench: &Bench<B>) {
    let overflow = Overflow::Block(Duration::ZERO);
    let queue = bench.open(bench.builder::<u64>("q").capacity(1).overflow(overflow));
    let producer = queue.producer();
    bench.put(&producer, 1);
    let error = producer.enqueue(2).expect_err("nobody makes room");
    assert!(error.kind() == EnqueueErrorKind::TimedOut);
    assert_eq!(*error.into_message().payload(), 2);
    assert!(producer.try_enqueue(2).expect_err("try never waits").is_full());
}

/// S9: block, until a consumer makes room.
fn s09_a_blocked_producer_goes_on_when_there_is_room<B: Backend>(bench: &Bench<B>) {
    let overflow = Overflow::Block(secs(3_600));
    let queue = bench.open(bench.builder::<u64>("q").capacity(1).overflow(overflow));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, 1);
    let held = bench.take(&consumer);
    thread::scope(|scope| {
        let blocked = scope.spawn(move || {
            let two = producer.enqueue(2).expect("there is room in the end");
            let long = secs(3_600);
            let three = producer.enqueue_timeout(3, long).expect("there is room in the end");
            assert!(two.id() < three.id());
        });
        held.ack().expect("live");
        let mut numbers = Vec::new();
        while numbers.len() < 2 {
            let delivery = consumer.dequeue_timeout(secs(3_600)).expect("they come");
            numbers.push(*delivery);
            delivery.ack().expect("live");
        }
        assert_eq!(numbers, [2, 3]);
        blocked.join().expect("it did not panic");
    });
}

/// S9: drop newest: `Ok(Dropped)`, no id.
fn s09_drop_newest_lets_the_old_ones_be<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").capacity(2).overflow(Overflow::DropNewest);
    let queue = bench.open(builder);
    let producer = queue.producer();
    bench.fill(&queue, [1, 2]);
    for _ in 0..3 {
        let dropped = producer.enqueue(3).expect("that is no error");
        assert!(matches!(dropped, Enqueued::Dropped));
        assert!(dropped.id().is_none() && dropped.handle().is_none());
    }
    assert_eq!(bench.take_all(&queue), [1, 2]);
}

/// S9: drop oldest: the oldest that is not in flight, counted.
fn s09_drop_oldest_drops_the_oldest_not_in_flight<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").capacity(3).overflow(Overflow::DropOldest);
    let queue = bench.open(builder);
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.fill(&queue, [1, 2, 3]);
    let held = bench.take(&consumer);
    for number in [4, 5] {
        assert!(producer.enqueue(number).expect("the oldest goes").id().is_some());
    }
    assert_eq!((queue.len(), queue.stats().dropped_overflow), (3, 2));
    assert_eq!(*held, 1);
    held.ack().expect("it was in flight");
    assert_eq!(bench.take_all(&queue), [4, 5]);
}

/// S9: only what is ready makes room; what waits for its retry stays.
fn s09_drop_oldest_leaves_what_waits_for_a_retry<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").capacity(2).overflow(Overflow::DropOldest);
    let queue = bench.open(builder);
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    bench.take(&consumer).nack_after(LEASE).expect("live");
    assert!(queue.producer().enqueue(3).expect("the oldest goes").id().is_some());
    let held = bench.take(&consumer);
    assert_eq!(*held, 3, "2 has made room");
    assert!(queue.producer().enqueue(4).expect_err("nothing is ready").is_full());
    held.ack().expect("live");
    bench.pass(LEASE);
    assert_eq!(bench.take_all(&queue), [1]);
}

/// S9: all in flight: there is nothing to drop.
fn s09_drop_oldest_refuses_if_all_are_in_flight<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").capacity(1).overflow(Overflow::DropOldest);
    let queue = bench.open(builder);
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    assert!(queue.producer().enqueue(2).expect_err("nothing to drop").is_full());
    held.ack().expect("live");
}

/// S9: to the dead letters where there are any; if those are full, `Full`.
fn s09_drop_oldest_sends_to_the_dead_letters<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").capacity(2));
    let builder = bench.builder::<u64>("q").capacity(2).overflow(Overflow::DropOldest);
    let queue = bench.open(builder.dead_letters("dead"));
    let producer = queue.producer();
    for number in 1..=4 {
        assert!(producer.enqueue(number).expect("the oldest goes").id().is_some());
    }
    assert!(producer.enqueue(5).expect_err("the dead letters are full").is_full());
    let stats = queue.stats();
    assert_eq!((stats.dead_lettered, stats.dropped(), queue.len()), (2, 0, 2));
    let of_dead = dead.consumer();
    let letter = bench.take(&of_dead);
    assert_eq!((*letter, letter.history()[0].reason), (1, Reason::Overflow));
    letter.ack().expect("live");
    assert!(producer.enqueue(5).expect("there is room now").id().is_some());
    assert_eq!(bench.take_all(&queue), [4, 5]);
}

/// S9: returns and retries never need new room.
fn s09_a_full_queue_takes_its_own_messages_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(4));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.fill(&queue, 0..4);
    let held: Vec<_> = (0..4).map(|_| bench.take(&consumer).detach()).collect();
    assert!(producer.try_enqueue(4).is_err(), "what is leased takes up its room");
    for (number, held) in held.into_iter().enumerate() {
        match number {
            0 => held.nack().expect("live"),
            1 => held.release().expect("live"),
            2 => held.snooze(LEASE).expect("live"),
            _ => drop(held),
        }
        assert!(producer.try_enqueue(4).is_err());
    }
    bench.pass(LEASE);
    let mut all = bench.take_all(&queue);
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3]);
}

/// S9: each of a batch has its own outcome, and what is refused comes back.
fn s09_a_batch_is_accepted_as_far_as_there_is_room<B: Backend>(bench: &Bench<B>) {
    use ringmill::message::Message;
    let queue = bench.open(bench.builder::<u64>("q").capacity(3));
    let producer = queue.producer();
    let mut batch: Vec<_> = (0..5).map(Message::new).collect();
    assert_eq!(producer.try_enqueue_batch(&mut batch), Ok(3));
    let left: Vec<u64> = batch.iter().map(|message| *message.payload()).collect();
    assert_eq!(left, [3, 4], "the rest stays");
    bench.flush();
    assert_eq!(bench.take_all(&queue), [0, 1, 2]);
    let mut batch: Vec<_> = (0..5).map(Message::new).collect();
    let outcomes = producer.enqueue_batch(&mut batch);
    assert!(batch.is_empty());
    assert_eq!(outcomes.len(), 5);
    for (number, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(accepted) => {
                assert_eq!(accepted.id().expect("accepted").offset(), 3 + number as u64)
            }
            Err(error) => {
                assert!(number >= 3 && error.is_full());
                assert_eq!(*error.into_message().payload(), number as u64);
            }
        }
    }
    assert_eq!(queue.len(), 3);
}

suite!(
    s09_a_full_queue_gives_the_message_back,
    s09_an_exact_capacity_is_exact,
    s09_a_large_queue_refuses_early_by_at_most_32_slots_a_handle,
    s09_the_capacity_is_of_each_partition,
    s09_a_bound_of_bytes_is_never_exceeded,
    s09_a_blocking_queue_waits_for_room_until_its_time_out,
    s09_a_blocked_producer_goes_on_when_there_is_room,
    s09_drop_newest_lets_the_old_ones_be,
    s09_drop_oldest_drops_the_oldest_not_in_flight,
    s09_drop_oldest_leaves_what_waits_for_a_retry,
    s09_drop_oldest_refuses_if_all_are_in_flight,
    s09_drop_oldest_sends_to_the_dead_letters,
    s09_a_full_queue_takes_its_own_messages_back,
    s09_a_batch_is_accepted_as_far_as_there_is_room,
);
