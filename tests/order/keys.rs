//! S1: the next message of a key when the one before is done with.

use std::time::Duration;

use ringmill::clock::VirtualClock;
use ringmill::message::Message;
use ringmill::queue::{
    DequeueError, Engine, EnqueueErrorKind, Order, Overflow, Queue, QueueBuilder, Retry, Settlement,
};

fn manual() -> (Engine, VirtualClock) {
    let clock = VirtualClock::new();
    (Engine::builder().clock(clock.clone()).manual().build(), clock)
}

fn ordered(engine: &Engine) -> QueueBuilder<u32> {
    Queue::builder("ordered").engine(engine).order(Order::Key).exact_capacity(true)
}

/// Enqueues (key, number) in turn.
fn fill(queue: &Queue<u32>, messages: &[(&str, u32)]) {
    let producer = queue.producer();
    for (key, number) in messages {
        producer.enqueue(Message::new(*number).key(key)).expect("there is room");
    }
}

const TWO_KEYS: [(&str, u32); 6] = [("a", 1), ("a", 2), ("b", 10), ("a", 3), ("b", 11), ("b", 12)];

#[test]
fn s01_at_most_one_message_of_a_key_is_out() {
    let (engine, _) = manual();
    let queue = ordered(&engine).build().expect("valid");
    fill(&queue, &TWO_KEYS);
    let consumer = queue.consumer();
    let a = consumer.try_dequeue().expect("a's first");
    let b = consumer.try_dequeue().expect("b's first");
    let mut firsts = [*a, *b];
    firsts.sort_unstable();
    assert_eq!(firsts, [1, 10]);
    assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Empty));
    a.ack().expect("leased");
    let next = consumer.try_dequeue().expect("the next of the key that went on");
    assert!(*next == 2 || *next == 11);
    queue.check_invariants();
}

#[test]
fn s01_a_nack_holds_its_key_only() {
    let (engine, clock) = manual();
    let queue =
        ordered(&engine).retry(Retry::fixed(Duration::from_secs(5))).build().expect("valid");
    fill(&queue, &TWO_KEYS);
    let consumer = queue.consumer();
    let mut done = Vec::new();
    let mut nacked = false;
    while let Ok(delivery) = consumer.try_dequeue() {
        if *delivery == 1 && !nacked {
            nacked = true;
            delivery.nack().expect("leased");
        } else {
            done.push(*delivery);
            delivery.ack().expect("leased");
        }
    }
    assert_eq!(done, [10, 11, 12], "b goes on, and a waits behind its first");
    clock.advance(Duration::from_secs(5));
    engine.tick();
    while let Ok(delivery) = consumer.try_dequeue() {
        done.push(*delivery);
        delivery.ack().expect("leased");
    }
    assert_eq!(done, [10, 11, 12, 1, 2, 3]);
    queue.check_invariants();
}

#[test]
fn s01_an_expired_lease_holds_its_key() {
    let (engine, clock) = manual();
    let queue = ordered(&engine).lease(Duration::from_secs(10)).build().expect("valid");
    fill(&queue, &[("a", 1), ("a", 2)]);
    let (slow, quick) = (queue.consumer(), queue.consumer());
    let late = slow.try_dequeue().expect("there");
    engine.tick();
    clock.advance(Duration::from_secs(10));
    engine.tick();
    let again = quick.try_dequeue().expect("taken back");
    assert_eq!(*again, 1);
    assert!(late.ack().is_err());
    assert_eq!(quick.try_dequeue().err(), Some(DequeueError::Empty));
    again.ack().expect("leased");
    assert_eq!(*quick.try_dequeue().expect("the follower"), 2);
}

/// What ends without being acked gives way to its follower too.
#[test]
fn s01_a_dead_cancelled_or_purged_message_gives_way() {
    let (engine, _) = manual();
    let queue = ordered(&engine).dead_letters("ordered.dead").build().expect("valid");
    let producer = queue.producer();
    let handles: Vec<_> = (0..6)
        .map(|n| {
            producer.enqueue(Message::new(n).key("a")).expect("room").handle().expect("accepted")
        })
        .collect();
    let consumer = queue.consumer();
    let first = consumer.try_dequeue().expect("there");
    queue.cancel(&handles[1]).expect("it waits behind the first");
    first.reject("no").expect("leased");
    let third = consumer.try_dequeue().expect("the second is gone");
    assert_eq!(*third, 2);
    assert_eq!(queue.purge(|message| **message == 3), 1);
    assert_eq!(third.into_inner().expect("alone"), 2);
    let fifth = consumer.try_dequeue().expect("the fourth is gone");
    assert_eq!(*fifth, 4);
    queue.settle(&fifth.receipt(), Settlement::Ack).expect("leased");
    let sixth = consumer.try_dequeue().expect("settled by its receipt");
    assert_eq!(*sixth, 5);
    drop(fifth);
    sixth.ack().expect("leased");
    assert_eq!(queue.dead_letters().expect("there is one").len(), 1);
    queue.check_invariants();
    assert_eq!(queue.len(), 0);
}

#[test]
fn s01_released_and_snoozed_messages_keep_their_place() {
    let (engine, clock) = manual();
    let queue = ordered(&engine).build().expect("valid");
    fill(&queue, &[("a", 1), ("a", 2)]);
    let consumer = queue.consumer();
    consumer.try_dequeue().expect("there").release().expect("leased");
    let first = consumer.try_dequeue().expect("at once");
    assert_eq!((*first, first.attempts()), (1, 0));
    first.snooze(Duration::from_secs(60)).expect("leased");
    assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Empty));
    clock.advance(Duration::from_secs(60));
    engine.tick();
    assert_eq!(*consumer.try_dequeue().expect("due"), 1);
}

#[test]
fn s01_closing_gives_the_snoozed_back_and_lets_its_followers_go() {
    let (engine, _) = manual();
    let queue = ordered(&engine).build().expect("valid");
    fill(&queue, &[("a", 1), ("a", 2)]);
    let consumer = queue.consumer();
    consumer.try_dequeue().expect("there").snooze(Duration::from_secs(60)).expect("leased");
    let report = queue.close();
    let taken: Vec<_> = report.into_messages().map(Message::into_payload).collect();
    assert_eq!(taken, [1]);
    consumer.try_dequeue().expect("its follower").ack().expect("leased");
    assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Closed));
}

#[test]
fn s01_messages_without_a_key_are_in_no_order() {
    let (engine, _) = manual();
    let queue = ordered(&engine).build().expect("valid");
    let producer = queue.producer();
    for n in 0..3 {
        producer.enqueue(n).expect("room");
    }
    let consumer = queue.consumer();
    let out: Vec<_> = std::iter::from_fn(|| consumer.try_dequeue().ok()).collect();
    assert_eq!(out.iter().map(|delivery| **delivery).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn s01_a_key_may_be_required() {
    let (engine, _) = manual();
    let queue = ordered(&engine).require_key(true).build().expect("valid");
    let refused = queue.producer().enqueue(1).expect_err("no key");
    assert_eq!(refused.kind(), EnqueueErrorKind::NoKey);
    assert_eq!(refused.into_message().into_payload(), 1);
    assert!(queue.producer().enqueue(Message::new(1).key("")).is_ok());
}

#[test]
fn s01_a_partition_in_order_hands_out_one_at_a_time() {
    let (engine, _) = manual();
    let queue = Queue::<u32>::builder("one by one").engine(&engine).order(Order::Partition);
    let queue = queue.build().expect("valid");
    fill(&queue, &TWO_KEYS);
    let consumer = queue.consumer();
    let mut seen = Vec::new();
    while let Ok(delivery) = consumer.try_dequeue() {
        assert!(consumer.try_dequeue().is_err(), "one at a time");
        seen.push(*delivery);
        delivery.ack().expect("leased");
    }
    assert_eq!(seen, [1, 2, 10, 3, 11, 12]);
}

/// More keys than slots, again and again: every lane comes back.
#[test]
fn s01_keys_come_and_go() {
    let (engine, _) = manual();
    let queue = ordered(&engine).capacity(3).build().expect("valid");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for round in 0..2_000_u32 {
        for key in 0..3 {
            let message = Message::new(round).key((round * 3 + key).to_le_bytes());
            producer.enqueue(message).expect("room");
        }
        let mut batch = Vec::new();
        assert_eq!(consumer.try_dequeue_batch(8, &mut batch), Ok(3));
        assert_eq!(consumer.ack_batch(batch).acked, 3);
    }
    queue.check_invariants();
}

#[test]
fn s09_the_oldest_that_is_out_makes_room() {
    let (engine, _) = manual();
    let queue = ordered(&engine).capacity(2).overflow(Overflow::DropOldest).build().expect("valid");
    fill(&queue, &[("a", 1), ("a", 2), ("a", 3)]);
    let consumer = queue.consumer();
    let mut seen = Vec::new();
    while let Ok(delivery) = consumer.try_dequeue() {
        seen.push(*delivery);
        delivery.ack().expect("leased");
    }
    assert_eq!(seen, [2, 3]);
}

/// Also what still stands in its ring.
#[test]
fn s35_purging_makes_room_where_nobody_consumes() {
    let (engine, _) = manual();
    for order in [Order::None, Order::Key, Order::Partition] {
        let queue = Queue::<u32>::builder("purged").engine(&engine).order(order).capacity(3);
        let queue = queue.exact_capacity(true).build().expect("valid");
        fill(&queue, &[("a", 1), ("a", 2), ("b", 3)]);
        queue.pause();
        assert_eq!(queue.purge(|_| true), 3);
        fill(&queue, &[("a", 4), ("a", 5), ("b", 6)]);
        queue.check_invariants();
    }
}

#[test]
fn s12_dropping_the_last_handle_of_an_engine_closes_its_queues() {
    let (engine, _) = manual();
    let queue = ordered(&engine).build().expect("valid");
    let other = engine.clone();
    drop(engine);
    assert!(!queue.is_closed());
    drop(other);
    assert!(queue.is_closed());
}
