//! S12: how a queue ends.

use std::thread;

use ringmill::queue::{DequeueError, SettleErrorKind, Settlement};

use crate::bench::{Backend, Bench, LEASE, refused, secs, suite};
use crate::ledger::{Counted, Ledger};
use crate::tasks::Task;

/// S12: producers are refused and get their messages back; consumers take what is left.
fn s12_close_refuses_producers_and_lets_consumers_finish<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.fill(&queue, [1, 2]);
    let report = queue.close();
    assert_eq!((report.delayed(), report.parked()), (0, 0));
    let error = producer.try_enqueue(3).expect_err("it is closed");
    assert!(error.is_closed());
    assert_eq!(*error.into_message().payload(), 3);
    assert!(producer.enqueue_timeout(3, secs(3_600)).expect_err("it is closed").is_closed());
    for number in [1, 2] {
        let held = bench.take(&consumer);
        assert_eq!(*held, number);
        held.ack().expect("settling goes on");
    }
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    assert!(matches!(consumer.dequeue(), Err(DequeueError::Closed)));
    assert_eq!(queue.close().into_messages().count(), 0, "closing again changes nothing");
}

/// S12: not closed while something is leased or waits for a retry.
fn s12_closed_waits_for_leases_and_retries<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    queue.close();
    bench.nothing(&consumer);
    held.nack_after(LEASE).expect("live");
    bench.nothing(&consumer);
    bench.pass(LEASE);
    drop(bench.take(&consumer));
    bench.nothing(&consumer);
    bench.pass(LEASE);
    let held = bench.take(&consumer).detach();
    bench.nothing(&consumer);
    bench.expire();
    drop(held);
    bench.take(&consumer).ack().expect("live");
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
}

/// S12: what is due in the future or parked is returned by the report.
fn s12_close_returns_what_is_snoozed_or_parked<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    bench.fill(&queue, 1..=4);
    let consumer = queue.consumer();
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).snooze(secs(86_400)).expect("live");
    let report = queue.close();
    assert_eq!((report.delayed(), report.parked()), (1, 1));
    let mut left: Vec<u64> = report.into_messages().map(|message| message.into_payload()).collect();
    left.sort_unstable();
    assert_eq!(left, [2, 3]);
    bench.take(&consumer).ack().expect("live");
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    assert_eq!(dead.len(), 1);
}

/// S12: every waiter wakes.
fn s12_close_wakes_every_waiter<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let (mut idle, idle_too) = (queue.consumer(), queue.consumer());
    let consumer = queue.consumer();
    let mut waiting = Task::waiting(idle.dequeue_async());
    thread::scope(|scope| {
        let blocked = scope.spawn(move || idle_too.dequeue().map(|delivery| *delivery));
        queue.close();
        let result = blocked.join().expect("it did not panic");
        assert!(matches!(result, Err(DequeueError::Closed)));
    });
    assert!(waiting.rings() > 0);
    assert!(matches!(waiting.ready(), Err(DequeueError::Closed)));
    drop(consumer);
}

/// S12: producers that wait for room are told, and keep their messages.
fn s12_close_wakes_producers_that_wait_for_room<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    bench.fill(&queue, [1]);
    let (mut producer, other) = (queue.producer(), queue.producer());
    let mut waiting = Task::waiting(producer.enqueue_async(2));
    thread::scope(|scope| {
        let blocked = scope.spawn(move || other.enqueue_timeout(3, secs(3_600)));
        queue.close();
        let error = blocked.join().expect("it did not panic").expect_err("it is closed");
        assert!(error.is_closed());
        assert_eq!(*error.into_message().payload(), 3);
    });
    assert!(waiting.rings() > 0);
    let error = waiting.ready().expect_err("it is closed");
    assert_eq!(*error.into_message().payload(), 2);
}

/// S12: the last settlement wakes those that wait for the end.
fn s12_the_last_ack_wakes_consumers_that_wait_for_the_end<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let (consumer, mut other) = (queue.consumer(), queue.consumer());
    let held = bench.take(&consumer);
    let mut waiting = Task::waiting(other.dequeue_async());
    queue.close();
    assert!(waiting.poll().is_pending(), "it may come back");
    held.ack().expect("live");
    bench.flush();
    assert!(matches!(waiting.ready(), Err(DequeueError::Closed)));
    assert!(waiting.rings() > 0);
}

/// S12: drain waits for leases, and releases the rest without an attempt.
fn s12_drain_releases_the_rest_without_an_attempt<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2, 3]);
    let consumer = queue.consumer();
    let (one, two) = (bench.take(&consumer).detach(), bench.take(&consumer).detach());
    one.ack().expect("live");
    let report = queue.drain(std::time::Duration::ZERO);
    assert_eq!((report.settled, report.released, report.left), (0, 1, 2));
    assert!(consumer.try_dequeue().is_err(), "nothing is handed out any more");
    assert_eq!(refused(two.ack()), SettleErrorKind::StaleReceipt);
    let stats = queue.stats();
    assert_eq!((stats.leased, stats.acked, stats.nacked, stats.expired), (0, 1, 0, 0));
    assert!(queue.browse(|_| true).iter().map(|message| **message).eq([2, 3]));
}

/// S12: drain ends as soon as the last lease does.
fn s12_drain_waits_for_what_is_leased<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer).detach();
    thread::scope(|scope| {
        let drain = scope.spawn(|| queue.drain(secs(3_600)));
        while !queue.is_closed() {
            thread::yield_now();
        }
        // It is at work now, or about to be.
        held.ack().expect("it waits for this");
        let report = drain.join().expect("it did not panic");
        assert_eq!((report.released, report.left, queue.stats().acked), (0, 1, 1));
    });
}

/// S12: abort ends leases; settling says that it is closed.
fn s12_abort_ends_every_lease<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2, 3]);
    let consumer = queue.consumer();
    let (one, two) = (bench.take(&consumer).detach(), bench.take(&consumer).detach());
    let receipt = two.receipt();
    queue.abort();
    assert_eq!(*one, 1, "it is read still");
    assert_eq!(refused(one.ack()), SettleErrorKind::Closed);
    assert_eq!(refused(queue.settle(&receipt, Settlement::Nack)), SettleErrorKind::Closed);
    drop(two);
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    assert!(queue.producer().try_enqueue(4).expect_err("it is closed").is_closed());
}

/// S12: settling after `close` works until `abort`.
fn s12_settling_works_after_close_until_abort<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    let (one, two) = (bench.take(&consumer).detach(), bench.take(&consumer).detach());
    queue.close();
    one.ack().expect("its lease is live");
    queue.abort();
    assert_eq!(refused(two.ack()), SettleErrorKind::Closed);
}

/// S12: dropping producers never closes a queue; dropping the last `Queue` does.
fn s12_the_last_queue_handle_closes<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    drop(queue.producer());
    bench.put(&producer, 1);
    let clone = queue.clone();
    drop(queue);
    bench.put(&producer, 2);
    drop(clone);
    assert!(producer.try_enqueue(3).expect_err("nobody has the queue").is_closed());
    for number in [1, 2] {
        let held = bench.take(&consumer);
        assert_eq!(*held, number);
        held.ack().expect("what is there is drained");
    }
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
}

/// S12: a detached delivery keeps what it needs alive, and every payload is dropped once.
fn s12_a_delivery_outlives_everything<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for value in ledger.values(3) {
        bench.put(&producer, value);
    }
    let held = bench.take(&consumer).detach();
    drop((queue, producer, consumer));
    assert_eq!(held.number(), 0);
    held.ack().expect("nobody has aborted");
    assert_eq!(ledger.dropped(0), 1);
}

/// S12: engine: close ends all its queues.
fn s12_closing_the_engine_closes_its_queues<B: Backend>(bench: &Bench<B>) {
    let (one, two) = (bench.queue("one"), bench.queue("two"));
    bench.fill(&one, [1]);
    let (of_one, mut of_two) = (one.consumer(), two.consumer());
    let mut waiting = Task::waiting(of_two.dequeue_async());
    bench.engine.close();
    assert!(matches!(waiting.ready(), Err(DequeueError::Closed)));
    assert!(two.producer().try_enqueue(2).expect_err("it is closed").is_closed());
    bench.take(&of_one).ack().expect("what is there is drained");
    assert!(matches!(of_one.try_dequeue(), Err(DequeueError::Closed)));
}

suite!(
    s12_close_refuses_producers_and_lets_consumers_finish,
    s12_closed_waits_for_leases_and_retries,
    s12_close_returns_what_is_snoozed_or_parked,
    s12_close_wakes_every_waiter,
    s12_close_wakes_producers_that_wait_for_room,
    s12_the_last_ack_wakes_consumers_that_wait_for_the_end,
    s12_drain_releases_the_rest_without_an_attempt,
    s12_drain_waits_for_what_is_leased,
    s12_abort_ends_every_lease,
    s12_settling_works_after_close_until_abort,
    s12_the_last_queue_handle_closes,
    s12_a_delivery_outlives_everything,
    s12_closing_the_engine_closes_its_queues,
);
