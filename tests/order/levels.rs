//! S7: priorities.

use std::time::Duration;

use ringmill::clock::VirtualClock;
use ringmill::message::{Message, Priority};
use ringmill::queue::{
    BuildError, Engine, EnqueueErrorKind, Order, Overflow, Queue, Redrive, Retry,
};

const LEVELS: [Priority; 3] = [Priority::LOW, Priority::NORMAL, Priority::CRITICAL];

fn manual() -> (Engine, VirtualClock) {
    let clock = VirtualClock::new();
    (Engine::builder().clock(clock.clone()).manual().build(), clock)
}

fn drain(queue: &Queue<u32>) -> Vec<u32> {
    let consumer = queue.consumer();
    let mut seen = Vec::new();
    while let Ok(delivery) = consumer.try_dequeue() {
        seen.push(*delivery);
        delivery.ack().expect("leased");
    }
    seen
}

#[test]
fn s07_the_highest_level_goes_first_and_each_in_its_order() {
    let (engine, _) = manual();
    let queue = Queue::<u32>::builder("q").engine(&engine).levels(&LEVELS).build().expect("valid");
    let producer = queue.producer();
    for n in 0..9 {
        producer.enqueue(Message::new(n).priority(LEVELS[n as usize % 3])).expect("room");
    }
    assert_eq!(drain(&queue), [2, 5, 8, 1, 4, 7, 0, 3, 6]);
}

/// Also when lower ones are out already.
#[test]
fn s07_a_dequeue_hands_out_no_lower_one_after_a_higher_was_accepted() {
    let (engine, _) = manual();
    let queue = Queue::<u32>::builder("q").engine(&engine).levels(&LEVELS).build().expect("valid");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for n in 0..10 {
        producer.enqueue(n).expect("room");
    }
    consumer.try_dequeue().expect("there").ack().expect("leased");
    producer.enqueue(Message::new(100).priority(Priority::CRITICAL)).expect("room");
    assert_eq!(*consumer.try_dequeue().expect("there"), 100);
}

#[test]
fn s07_a_level_that_was_not_declared_is_refused() {
    let (engine, _) = manual();
    let queue = Queue::<u32>::builder("q").engine(&engine).levels(&LEVELS).build().expect("valid");
    let message = Message::new(7).priority(Priority::HIGH);
    let refused = queue.producer().enqueue(message).expect_err("not declared");
    assert_eq!(refused.kind(), EnqueueErrorKind::NoSuchLevel { priority: Priority::HIGH });
    let back = refused.into_message();
    assert_eq!((*back.payload(), back.get_priority()), (7, Priority::HIGH));

    let plain = Queue::<u32>::builder("plain").engine(&engine).build().expect("valid");
    assert!(plain.producer().enqueue(Message::new(7).priority(Priority::HIGH)).is_err());
    assert!(plain.producer().enqueue(Message::new(7).priority(Priority::NORMAL)).is_ok());

    for levels in [&[][..], &[Priority::LOW, Priority::LOW]] {
        let built = Queue::<u32>::builder("bad").engine(&engine).levels(levels).build();
        assert!(matches!(built, Err(BuildError::InvalidConfig { field: "levels", .. })));
    }
}

#[test]
fn s07_priority_is_kept_through_retries_dead_letters_and_redrive() {
    let (engine, clock) = manual();
    let queue = Queue::<u32>::builder("q")
        .engine(&engine)
        .levels(&LEVELS)
        .retry(Retry::fixed(Duration::from_secs(1)).max(1))
        .dead_letters("q.dead")
        .build()
        .expect("valid");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    producer.enqueue(Message::new(1).priority(Priority::CRITICAL)).expect("room");
    consumer.try_dequeue().expect("there").nack().expect("leased");
    producer.enqueue(2).expect("room");
    clock.advance(Duration::from_secs(1));
    engine.tick();
    let again = consumer.try_dequeue().expect("there");
    assert_eq!(*again, 1, "the retry goes before what is normal");
    again.nack().expect("leased");

    let dead = queue.dead_letters().expect("there is one");
    assert_eq!(dead.redrive(Redrive::new()).moved, 1);
    producer.enqueue(3).expect("room");
    assert_eq!(drain(&queue), [1, 2, 3]);
    queue.check_invariants();
    dead.check_invariants();
}

#[test]
fn s07_inside_of_a_key_order_goes_before_priority() {
    let (engine, _) = manual();
    let queue = Queue::<u32>::builder("q")
        .engine(&engine)
        .levels(&LEVELS)
        .order(Order::Key)
        .build()
        .expect("valid");
    let producer = queue.producer();
    producer.enqueue(Message::new(1).key("a").priority(Priority::LOW)).expect("room");
    producer.enqueue(Message::new(2).key("a").priority(Priority::CRITICAL)).expect("room");
    producer.enqueue(Message::new(3).key("b").priority(Priority::NORMAL)).expect("room");
    assert_eq!(drain(&queue), [3, 1, 2]);
}

#[test]
fn s09_the_oldest_of_the_lowest_level_makes_room() {
    let (engine, _) = manual();
    let queue = Queue::<u32>::builder("q")
        .engine(&engine)
        .levels(&LEVELS)
        .capacity(2)
        .exact_capacity(true)
        .overflow(Overflow::DropOldest)
        .build()
        .expect("valid");
    let producer = queue.producer();
    producer.enqueue(Message::new(1).priority(Priority::CRITICAL)).expect("room");
    producer.enqueue(Message::new(2).priority(Priority::LOW)).expect("room");
    producer.enqueue(3).expect("one made room");
    assert_eq!(drain(&queue), [1, 3]);
}
