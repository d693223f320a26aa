//! S17, S34: what is promised of a message, and to whom.

use std::cell::Cell;

use ringmill::queue::{Queue, SettleErrorKind, Unshared};

use crate::bench::{Backend, Bench, LEASE, suite};

/// S17: at least once: whatever happens to its holders, a message that nobody acked comes again.
fn s17_a_message_comes_until_it_is_acked<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let (_, handle) = bench.put(&queue.producer(), 1);
    let first = queue.consumer();
    drop(bench.take(&first));
    bench.pass(LEASE);
    let held = bench.take(&first).detach();
    drop(first);
    bench.expire();
    drop(held);
    let second = queue.consumer();
    bench.take(&second).ack().expect("live");
    bench.pass(LEASE);
    bench.nothing(&second);
    assert!(queue.inspect(&handle).is_none() && queue.is_empty(), "nothing is left of it");
    bench.fill(&queue, [2]);
    assert_eq!(*bench.take(&second), 2);
}

/// S17: at most once: acked before it is handled, it never comes again.
fn s17_a_message_acked_first_comes_at_most_once<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    let receipt = held.receipt();
    queue.settle(&receipt, ringmill::queue::Settlement::Ack).expect("live");
    assert_eq!(*held, 1, "its holder handles it now, and fails");
    drop(held);
    bench.expire();
    bench.nothing(&consumer);
    assert_eq!(queue.stats().deliveries, 1);
}

/// S17: `into_inner` acks and gives the payload, if nobody else reads it.
fn s17_into_inner_acks_and_gives_the_payload<B: Backend>(bench: &Bench<B>) {
    let queue: Queue<Box<u64>> = bench.open(bench.builder("q"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Box::new(1));
    let payload: Box<u64> = bench.take(&consumer).into_inner().expect("the only reader");
    assert_eq!((*payload, queue.stats().acked, queue.len()), (1, 1, 0));
}

/// S17: with another reader there is nothing to take out; the lease is not spent by asking.
fn s17_into_inner_of_what_others_read_gives_nothing<B: Backend>(bench: &Bench<B>) {
    let queue: Queue<Box<u64>> = bench.open(bench.builder("q"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Box::new(1));
    let stale = bench.take(&consumer);
    bench.expire();
    let held = bench.take(&consumer);
    let error = held.into_inner().expect_err("the stale holder reads it");
    assert_eq!(error.kind(), None);
    let held = error.into_delivery();
    let error = stale.into_inner().expect_err("its lease was taken back");
    assert_eq!(error.kind(), Some(SettleErrorKind::StaleReceipt));
    assert_eq!(**error.into_delivery(), 1, "it is read still");
    assert_eq!(queue.stats().acked, 0);
    assert_eq!(*held.into_inner().expect("nobody else reads it now"), 1);
    assert_eq!(queue.stats().acked, 1);
}

/// S34: all consumers share the work of the group `default`: each message goes to one of them.
fn s34_consumers_of_the_default_group_share_the_work<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, 0..30);
    let consumers = [queue.consumer(), queue.consumer(), queue.consumer()];
    let mut seen: Vec<u64> = (0..30)
        .map(|turn| {
            let held = bench.take(&consumers[turn % 3]);
            let number = *held;
            held.ack().expect("live");
            number
        })
        .collect();
    consumers.iter().for_each(|consumer| bench.nothing(consumer));
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..30));
}

/// S34: a late consumer sees what is still there.
fn s34_a_late_consumer_sees_what_is_there<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2]);
    let first = queue.consumer();
    bench.take(&first).ack().expect("live");
    drop(first);
    let late = queue.consumer();
    assert_eq!(*bench.take(&late), 2);
}

/// S34: the group that a queue is born with.
fn s34_a_consumer_is_of_the_group_default<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (first, second) = (queue.consumer(), queue.consumer());
    assert_eq!((first.group(), second.group()), ("default", "default"));
    assert_ne!(first.number(), second.number());
}

/// S17: a payload that only one thread may read at a time has a queue, without expiry.
fn s17_payloads_that_cannot_be_shared_have_one_reader<B: Backend>(bench: &Bench<B>) {
    let builder = Queue::<Cell<u32>, Unshared>::builder("q").engine(&bench.engine).capacity(2);
    let queue = bench.open(builder.exact_capacity(true));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Cell::new(1));
    let held = bench.take(&consumer);
    held.set(2);
    for _ in 0..3 {
        bench.pass(LEASE * 1_000);
    }
    assert_eq!(queue.stats().expired, 0);
    held.nack().expect("no lease ends");
    bench.pass(LEASE);
    let held = bench.take(&consumer);
    assert_eq!((held.get(), held.attempts()), (2, 1));
    assert_eq!(held.into_inner().expect("there is one reader").get(), 2);
    assert_eq!(queue.stats().acked, 1);
}

suite!(
    s17_a_message_comes_until_it_is_acked,
    s17_a_message_acked_first_comes_at_most_once,
    s17_into_inner_acks_and_gives_the_payload,
    s17_into_inner_of_what_others_read_gives_nothing,
    s34_consumers_of_the_default_group_share_the_work,
    s34_a_late_consumer_sees_what_is_there,
    s34_a_consumer_is_of_the_group_default,
    s17_payloads_that_cannot_be_shared_have_one_reader,
);
