//! S34: groups of consumers on one queue.

use std::sync::Arc;

use bytes::Bytes;
use ringmill::message::{Message, Priority};
use ringmill::queue::{
    BuildError, ConsumerGroup, DequeueError, EnqueueErrorKind, GroupError, MessageState, Order,
    Overflow, Queue, Retry, SettleErrorKind,
};

use crate::bench::{Backend, Bench, ms, refused, secs, suite};

/// A queue with the groups `default`, `a` and `b`, and room for two more.
pub(crate) fn three<B: Backend>(bench: &Bench<B>) -> Queue<u64> {
    bench.open(bench.builder("q").group("a").group("b").max_groups(5))
}

/// All that is ready for a group, acked.
pub(crate) fn drained(group: &ConsumerGroup<u64>) -> Vec<u64> {
    let consumer = group.consumer().expect("it is there");
    let mut all = Vec::new();
    while let Ok(delivery) = consumer.try_dequeue() {
        all.push(*delivery);
        delivery.ack().expect("live");
    }
    all
}

/// A group that was declared.
pub(crate) fn group(queue: &Queue<u64>, name: &str) -> ConsumerGroup<u64> {
    queue.group(name).expect("it is declared")
}

/// S34: every group gets every message, in the order of their offsets.
fn s34_each_group_gets_each_message<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    assert_eq!(
        queue.groups().iter().map(|name| &**name).collect::<Vec<_>>(),
        ["default", "a", "b"]
    );
    for round in 0..3 {
        let numbers: Vec<u64> = (0..1_000).map(|number| number + round).collect();
        bench.fill(&queue, numbers.iter().copied());
        for name in ["a", "default", "b"] {
            assert_eq!(drained(&group(&queue, name)), numbers, "{name}");
        }
    }
    queue.check_invariants();
    assert_eq!(queue.occupancy().taken, 0);
}

/// S34: inside a group, each message goes to one consumer.
fn s34_consumers_of_a_group_share_the_work<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    bench.fill(&queue, 0..10);
    let a = group(&queue, "a");
    let (first, second) = (a.consumer().expect("there"), a.consumer().expect("there"));
    assert_eq!((first.group(), second.group()), ("a", "a"));
    for number in 0..5 {
        assert_eq!(*bench.take(&first), 2 * number);
        assert_eq!(*bench.take(&second), 2 * number + 1);
    }
}

/// S34: a message is gone when the last group is done with it, not before.
fn s34_a_message_is_gone_when_all_groups_are_done<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<Arc<u64>>("q").capacity(1).group("a").group("b"));
    let producer = queue.producer();
    for orders in [["default", "a", "b"], ["b", "default", "a"], ["a", "b", "default"]] {
        let payload = Arc::new(7);
        bench.put(&producer, Arc::clone(&payload));
        for (before, name) in orders.into_iter().enumerate() {
            assert_eq!(Arc::strong_count(&payload), 2, "after {before} groups");
            let error = producer.try_enqueue(Arc::new(8)).expect_err("its slot is taken");
            assert_eq!(error.kind(), EnqueueErrorKind::Full);
            let consumer = queue.group(name).expect("declared").consumer().expect("there");
            bench.take(&consumer).ack().expect("live");
        }
        assert_eq!(Arc::strong_count(&payload), 1);
        queue.check_invariants();
    }
}

/// S34: a reader of one group keeps the message, whoever else is done with it.
fn s34_a_reader_of_one_group_keeps_the_message<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1).group("a"));
    bench.fill(&queue, [1]);
    let a = group(&queue, "a");
    let peeked = a.browse(|_| true).pop().expect("it is there");
    assert_eq!((*peeked, peeked.state()), (1, MessageState::Ready));
    assert_eq!(drained(&a), [1]);
    assert_eq!(bench.take_all(&queue), [1]);
    assert!(queue.producer().try_enqueue(2).is_err(), "somebody reads it");
    assert_eq!(*peeked, 1);
    drop(peeked);
    bench.fill(&queue, [2]);
    queue.check_invariants();
}

/// S34: retries of one group are nothing to the others.
fn s34_groups_retry_apart<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").group("a").retry(Retry::fixed(secs(1))));
    bench.fill(&queue, [1, 2]);
    let a = group(&queue, "a").consumer().expect("there");
    bench.take(&a).nack().expect("live");
    assert_eq!(bench.take_all(&queue), [1, 2]);
    let second = bench.take(&a);
    assert_eq!(*second, 2);
    second.ack().expect("live");
    bench.pass(secs(1));
    let again = bench.take(&a);
    assert_eq!((*again, again.attempts(), again.deliveries()), (1, 1, 2));
    again.ack().expect("live");
    queue.check_invariants();
}

/// S34: a life of a slot knows nothing of what the one before has been through.
fn s34_a_new_message_has_been_through_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").capacity(1).group("a").retry(Retry::fixed(secs(0))));
    let a = group(&queue, "a").consumer().expect("there");
    for number in 0..5 {
        bench.fill(&queue, [number]);
        for attempt in 0..3 {
            let delivery = bench.take(&a);
            assert_eq!((*delivery, delivery.attempts()), (number, attempt));
            assert_eq!(delivery.deliveries(), attempt + 1);
            if attempt < 2 { delivery.nack() } else { delivery.ack() }.expect("live");
        }
        assert_eq!(bench.take_all(&queue), [number]);
    }
}

/// S34, S5: a message dies for one group, and the others handle it; the dead letter is a copy.
fn s34_a_message_dies_for_one_group<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").group("a").group("b").dead_letters("dead"));
    let producer = queue.producer();
    bench.put(&producer, Message::new(7).key("k").header("h", "v"));
    for name in ["a", "b"] {
        let consumer = group(&queue, name).consumer().expect("there");
        bench.take(&consumer).reject(name).expect("live");
    }
    assert_eq!(bench.take_all(&queue), [7]);
    let dead = queue.dead_letters().expect("made");
    let letters = dead.consumer();
    for name in ["a", "b"] {
        let letter = bench.take(&letters);
        assert_eq!(
            (*letter, letter.key(), letter.header("h")),
            (7, Some(&b"k"[..]), Some(&b"v"[..]))
        );
        let death = &letter.history()[0];
        assert_eq!((&*death.group, &*death.text), (name, name));
        letter.ack().expect("live");
    }
    let stats = group(&queue, "a").stats();
    assert_eq!((stats.dead_lettered, stats.acked), (1, 0));
    queue.check_invariants();
    assert_eq!(queue.occupancy().taken, 0);
}

/// S34: without a queue for them, the dead of one group are counted there.
fn s34_the_dead_of_a_group_are_counted_there<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").group("a"));
    bench.fill(&queue, [1]);
    let a = group(&queue, "a");
    bench.take(&a.consumer().expect("there")).reject("no").expect("live");
    assert_eq!((a.stats().dropped_rejected, queue.stats().dropped_rejected), (1, 0));
    assert_eq!(bench.take_all(&queue), [1]);
    queue.check_invariants();
}

/// S34: what needs one group is refused where there may be several.
fn s34_what_needs_one_group_is_refused<B: Backend>(bench: &Bench<B>) {
    let overflow = bench.builder::<u64>("q").group("a").overflow(Overflow::DropOldest);
    let retain = bench.builder::<u64>("q").group("a").retain_count(3);
    let twice = bench.builder::<u64>("q").group("a").group("a");
    for (builder, named) in [(overflow, "overflow"), (retain, "retain"), (twice, "group")] {
        match bench.try_open(builder) {
            Err(BuildError::InvalidConfig { field, .. }) => assert_eq!(field, named),
            other => panic!("{named} must be refused: {:?}", other.map(drop)),
        }
    }
}

/// S34, S12: each group is told the end when its own work is done.
fn s34_closing_ends_each_group_apart<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    bench.fill(&queue, [1]);
    let (a, b) = (group(&queue, "a"), group(&queue, "b"));
    let (first, second) = (a.consumer().expect("there"), b.consumer().expect("there"));
    let held = bench.take(&second);
    queue.close();
    assert_eq!(queue.create_group("c").map(drop), Err(GroupError::Closed));
    bench.take(&first).ack().expect("live");
    assert_eq!(first.try_dequeue().err(), Some(DequeueError::Closed));
    assert_eq!(second.try_dequeue().err(), Some(DequeueError::Empty), "it has one still");
    held.ack().expect("live");
    assert_eq!(second.try_dequeue().err(), Some(DequeueError::Closed));
    assert_eq!(bench.take_all(&queue), [1]);
}

/// S35: a group is paused alone.
fn s35_a_group_is_paused_alone<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    bench.fill(&queue, [1]);
    let a = group(&queue, "a");
    a.pause();
    assert!(a.is_paused() && !queue.is_paused() && !group(&queue, "b").is_paused());
    bench.nothing(&a.consumer().expect("there"));
    assert_eq!(drained(&group(&queue, "b")), [1]);
    a.resume();
    assert_eq!(drained(&a), [1]);
}

/// S34: a message is cancelled for all groups that have not handed it out.
fn s34_cancelling_ends_it_for_all_groups<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    let producer = queue.producer();
    let (_, first) = bench.put(&producer, 1);
    let (_, second) = bench.put(&producer, 2);
    queue.cancel(&first).expect("nobody has it");
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    assert_eq!(*held, 2);
    assert!(queue.cancel(&second).is_err(), "a consumer of one group has it");
    held.ack().expect("live");
    bench.nothing(&group(&queue, "a").consumer().expect("there"));
    bench.nothing(&group(&queue, "b").consumer().expect("there"));
    queue.check_invariants();
    assert_eq!(queue.occupancy().taken, 0);
}

/// S34: purging ends messages for all groups, and says how many they were.
fn s34_purging_ends_them_for_all_groups<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    bench.fill(&queue, 0..10);
    assert_eq!(bench.take_all(&queue).len(), 10);
    assert_eq!(queue.purge(|message| **message % 2 == 0), 5);
    assert_eq!(drained(&group(&queue, "a")), [1, 3, 5, 7, 9]);
    assert_eq!(drained(&group(&queue, "b")), [1, 3, 5, 7, 9]);
    queue.check_invariants();
    assert_eq!(queue.occupancy().taken, 0);
}

/// S34, S1: every group keeps the order of keys, and its own pace.
fn s34_keys_keep_their_order_in_each_group<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").order(Order::Key).group("a"));
    let producer = queue.producer();
    for number in 0..6_u64 {
        bench.put(&producer, Message::new(number).key((number % 2).to_string()));
    }
    let a = group(&queue, "a").consumer().expect("there");
    let held = [bench.take(&a), bench.take(&a)];
    assert_eq!(held.iter().map(|held| **held).sum::<u64>(), 1, "the first of each key");
    bench.nothing(&a);
    assert_eq!(bench.take_all(&queue).len(), 6, "the other group goes on");
    for first in held {
        let number = *first;
        first.ack().expect("live");
        let next = bench.take(&a);
        assert_eq!(*next, number + 2);
        bench.nothing(&a);
        next.ack().expect("live");
        assert_eq!(*bench.take(&a), number + 4);
    }
    queue.check_invariants();
}

/// S34, S7: every group has its levels.
fn s34_levels_go_first_in_each_group<B: Backend>(bench: &Bench<B>) {
    let levels = [Priority::HIGH, Priority::NORMAL];
    let queue = bench.open(bench.builder("q").levels(&levels).group("a"));
    let producer = queue.producer();
    bench.put(&producer, 1);
    bench.put(&producer, Message::new(2).priority(Priority::HIGH));
    assert_eq!(drained(&group(&queue, "a")), [2, 1]);
    assert_eq!(bench.take_all(&queue), [2, 1]);
}

/// S34, S8: a delay is one for every group.
fn s34_a_delayed_message_falls_due_for_each_group<B: Backend>(bench: &Bench<B>) {
    for order in [Order::None, Order::Key] {
        let name = format!("{order:?}");
        let queue = bench.open(bench.builder(&name).order(order).group("a").max_groups(3));
        let producer = queue.producer();
        let late = |number| Message::new(number).key("k").after(secs(5));
        bench.put(&producer, late(1));
        bench.put(&producer, Message::new(2).key("k"));
        let after = queue.create_group("after").expect("there is a place");
        let a = group(&queue, "a");
        assert_eq!((a.stats().delayed, a.stats().ready), (1, 1));
        assert_eq!(drained(&a), [2], "{order:?}");
        queue.check_invariants();
        bench.pass(secs(5));
        assert_eq!(drained(&a), [1], "{order:?}");
        let mut others = bench.take_all(&queue);
        others.sort_unstable();
        assert_eq!(others, [1, 2], "{order:?}");
        assert!(drained(&after).is_empty());
        queue.check_invariants();
        assert_eq!(queue.occupancy().taken, 0);
        let (_, gone) = bench.put(&producer, late(3));
        queue.cancel(&gone).expect("it waits");
        bench.put(&producer, late(4));
        assert_eq!(queue.close().delayed(), 3, "one for each group");
        for name in queue.groups() {
            let consumer = group(&queue, &name).consumer().expect("there");
            assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Closed));
        }
        assert_eq!(queue.occupancy().taken, 0, "{order:?}");
    }
}

/// S34, S9: bytes are given back when the last group is done.
fn s34_bytes_are_held_by_the_slowest_group<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q").max_bytes(10).group("a").dead_letters("d"));
    let producer = queue.producer();
    bench.put(&producer, Bytes::from_static(b"12345678"));
    let consumer = queue.consumer();
    let copy = bench.take(&consumer).into_inner().expect("a copy");
    assert_eq!(&*copy, b"12345678");
    assert!(producer.try_enqueue(Bytes::from_static(b"123")).is_err());
    let a = queue.group("a").expect("declared").consumer().expect("there");
    bench.take(&a).reject("no").expect("live");
    bench.put(&producer, Bytes::from_static(b"1234567890"));
    queue.check_invariants();
}

/// S34, S2: a lease of one group expires for that group.
fn s34_leases_expire_apart<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    let receipt = held.receipt();
    bench.expire();
    assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
    bench.pass(ms(1));
    assert_eq!(drained(&group(&queue, "a")), [1]);
    let settled = queue.settle(&receipt, ringmill::queue::Settlement::Ack);
    assert_eq!(refused(settled), SettleErrorKind::StaleReceipt);
    assert_eq!(queue.stats().expired, 1);
    assert_eq!(group(&queue, "a").stats().expired, 0);
    queue.check_invariants();
}

suite! {
    s34_each_group_gets_each_message,
    s34_consumers_of_a_group_share_the_work,
    s34_a_message_is_gone_when_all_groups_are_done,
    s34_a_reader_of_one_group_keeps_the_message,
    s34_groups_retry_apart,
    s34_a_new_message_has_been_through_nothing,
    s34_a_message_dies_for_one_group,
    s34_the_dead_of_a_group_are_counted_there,
    s34_what_needs_one_group_is_refused,
    s34_closing_ends_each_group_apart,
    s35_a_group_is_paused_alone,
    s34_cancelling_ends_it_for_all_groups,
    s34_purging_ends_them_for_all_groups,
    s34_keys_keep_their_order_in_each_group,
    s34_levels_go_first_in_each_group,
    s34_a_delayed_message_falls_due_for_each_group,
    s34_bytes_are_held_by_the_slowest_group,
    s34_leases_expire_apart,
}
