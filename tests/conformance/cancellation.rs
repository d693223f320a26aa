//! S13: dropping a future or running into a time-out loses nothing.

use std::time::{Duration, Instant};

use ringmill::queue::{DequeueError, Detached, EnqueueErrorKind};

use crate::bench::{Backend, Bench, LEASE, ms, suite};
use crate::ledger::{Counted, Ledger};
use crate::tasks::Task;

/// S13: an enqueue dropped before acceptance leaves nothing.
fn s13_an_enqueue_dropped_before_acceptance_leaves_nothing<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").capacity(1));
    let (mut producer, mut other, consumer) =
        (queue.producer(), queue.producer(), queue.consumer());
    bench.put(&producer, ledger.value());
    let waiting = Task::waiting(other.enqueue_async(ledger.value()));
    drop(waiting);
    assert_eq!(ledger.dropped(1), 1, "its message goes with it");
    bench.take(&consumer).ack().expect("live");
    bench.nothing(&consumer);
    assert_eq!(queue.stats().accepted, 1);
    // A future that nobody polled has done nothing.
    drop(producer.enqueue_async(ledger.value()));
    assert_eq!(queue.stats().accepted, 1);
    ledger.settle();
}

/// S13: after acceptance it stands.
fn s13_an_enqueue_dropped_after_acceptance_stands<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (mut producer, consumer) = (queue.producer(), queue.consumer());
    let mut task = Task::new(producer.enqueue_async(1));
    let _ = task.poll();
    bench.flush();
    drop(task);
    assert_eq!(*bench.take(&consumer), 1);
}

/// S13: a producer whose turn it was passes it on.
fn s13_an_enqueue_dropped_when_woken_wakes_the_next<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let (mut one, mut two, consumer) = (queue.producer(), queue.producer(), queue.consumer());
    bench.put(&one, 0);
    let first = Task::waiting(one.enqueue_async(1));
    let mut second = Task::waiting(two.enqueue_async(2));
    bench.take(&consumer).ack().expect("live");
    bench.flush();
    drop(first);
    assert!(second.rings() > 0, "there is room, and nobody else to use it");
    assert!(second.poll().is_ready());
    assert_eq!(*bench.take(&consumer), 2);
}

/// S13: a dropped dequeue leaves the message ready and wakes the next waiter.
fn s13_a_dropped_dequeue_wakes_the_next<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (mut one, mut two) = (queue.consumer(), queue.consumer());
    let first = Task::waiting(one.dequeue_async());
    let mut second = Task::waiting(two.dequeue_async());
    bench.fill(&queue, [1]);
    drop(first);
    assert!(second.rings() > 0);
    let held = second.ready().expect("the message is there");
    assert_eq!((*held, held.deliveries()), (1, 1), "nobody has had it");
    held.ack().expect("live");
}

/// S13: a dropped dequeue that nothing had come to changes nothing.
fn s13_a_dropped_dequeue_takes_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let mut consumer = queue.consumer();
    for _ in 0..3 {
        drop(Task::waiting(consumer.dequeue_async()));
        drop(consumer.dequeue_async());
    }
    bench.fill(&queue, [1]);
    assert_eq!(bench.take(&consumer).deliveries(), 1);
}

/// S13: a time-out takes nothing either.
fn s13_a_dequeue_that_times_out_takes_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    let timed_out = consumer.dequeue_timeout(Duration::ZERO);
    assert!(matches!(timed_out, Err(DequeueError::TimedOut)));
    let timed_out = consumer.dequeue_deadline(Instant::now());
    assert!(matches!(timed_out, Err(DequeueError::TimedOut)));
    bench.fill(&queue, [1]);
    let held = consumer.dequeue_timeout(Duration::ZERO).expect("what is there is taken");
    assert_eq!(held.deliveries(), 1);
}

/// S13: an enqueue that times out gives the message back.
fn s13_an_enqueue_that_times_out_gives_the_message_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let producer = queue.producer();
    bench.put(&producer, 1);
    let error = producer.enqueue_timeout(2, Duration::ZERO).expect_err("it is full");
    assert!(error.kind() == EnqueueErrorKind::TimedOut);
    assert_eq!(*error.into_message().payload(), 2);
    let error = producer.enqueue_deadline(3, Instant::now()).expect_err("it is full");
    assert!(error.kind() == EnqueueErrorKind::TimedOut);
    assert_eq!(queue.stats().accepted, 1);
}

/// S13: a future is woken by whatever makes a message ready.
fn s13_a_waiting_consumer_is_woken_by_returns<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let (holder, mut waiter) = (queue.consumer(), queue.consumer());
    let returns: [&dyn Fn(Detached<u64>); 4] = [
        &|held| held.release().expect("live"),
        &|held| {
            held.nack_after(ms(5)).expect("live");
            bench.pass(ms(5));
        },
        &|held| {
            bench.expire();
            drop(held);
        },
        &|held| {
            drop(held);
            bench.pass(LEASE);
        },
    ];
    for (which, comes_back) in returns.into_iter().enumerate() {
        let held = bench.take(&holder).detach();
        let mut waiting = Task::waiting(waiter.dequeue_async());
        comes_back(held);
        assert!(waiting.rings() > 0, "by way {which}");
        waiting.ready().expect("it came back").release().expect("live");
    }
}

/// S13: a dropped unsettled delivery is released, also by a future that is dropped with it.
fn s13_a_future_dropped_with_its_delivery_releases_it<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let mut consumer = queue.consumer();
    let mut task = Task::new(async {
        let held = consumer.dequeue_async().await.expect("a message is there").detach();
        std::future::pending::<()>().await;
        held.ack().expect("never reached");
    });
    assert!(task.poll().is_pending());
    drop(task);
    assert_eq!((queue.stats().released, queue.stats().delayed), (1, 1));
    bench.pass(ms(100));
    let held = bench.take(&consumer);
    assert_eq!((held.deliveries(), held.attempts()), (2, 0));
}

/// S13: a reservation that is dropped uncommitted frees its slot.
fn s13_a_dropped_reservation_leaves_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q").capacity(1));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for length in [0, 8, 5_000] {
        let mut reserved = producer.reserve(length, None).expect("there is room");
        reserved.fill(1);
        drop(reserved);
        bench.nothing(&consumer);
        let mut reserved = producer.reserve(length, None).expect("it was freed");
        assert_eq!(reserved.len(), length);
        reserved.fill(2);
        assert!(reserved.commit().expect("open").id().is_some());
        let held = bench.take(&consumer);
        assert_eq!(held[..], vec![2; length][..]);
        held.ack().expect("live");
    }
    assert_eq!(queue.stats().accepted, 3);
}

suite!(
    s13_an_enqueue_dropped_before_acceptance_leaves_nothing,
    s13_an_enqueue_dropped_after_acceptance_stands,
    s13_an_enqueue_dropped_when_woken_wakes_the_next,
    s13_a_dropped_dequeue_wakes_the_next,
    s13_a_dropped_dequeue_takes_nothing,
    s13_a_dequeue_that_times_out_takes_nothing,
    s13_an_enqueue_that_times_out_gives_the_message_back,
    s13_a_waiting_consumer_is_woken_by_returns,
    s13_a_future_dropped_with_its_delivery_releases_it,
    s13_a_dropped_reservation_leaves_nothing,
);
