//! S10: subscribers that are too slow.

use ringmill::queue::{DequeueError, EnqueueErrorKind, GroupError, Queue, Slow};

use crate::bench::{Backend, Bench, suite};

/// A queue of four messages, for subscribers alone.
fn events<B: Backend>(bench: &Bench<B>) -> Queue<u64> {
    bench.open(bench.builder("events").capacity(4).subscribers(4))
}

/// S10: a subscriber gets what comes from then on; without one, messages are gone at once.
fn s10_a_subscriber_gets_what_comes<B: Backend>(bench: &Bench<B>) {
    let queue = events(bench);
    assert!(queue.groups().is_empty());
    assert_eq!(queue.group("default").map(drop), Err(GroupError::NotFound));
    bench.fill(&queue, 0..10);
    let (first, second) = (
        queue.subscribe(Slow::Lag).expect("a place"),
        queue.subscribe(Slow::Block).expect("a place"),
    );
    bench.fill(&queue, 10..12);
    for subscriber in [&first, &second] {
        for number in 10..12 {
            bench.take(subscriber).ack().expect("live");
            assert!(number >= 10);
        }
        bench.nothing(subscriber);
    }
    assert_eq!(queue.occupancy().taken, 0);
    queue.check_invariants();
}

/// S10: who lags loses the oldest that it has not got to, exactly counted, and goes on there.
fn s10_who_lags_loses_the_oldest<B: Backend>(bench: &Bench<B>) {
    let queue = events(bench);
    let slow = queue.subscribe(Slow::Lag).expect("a place");
    let fast = queue.subscribe(Slow::Lag).expect("a place");
    bench.fill(&queue, [0]);
    let held = bench.take(&slow);
    bench.take(&fast).ack().expect("live");
    for number in 1..10 {
        bench.fill(&queue, [number]);
        let delivery = bench.take(&fast);
        assert_eq!(*delivery, number);
        delivery.ack().expect("live");
    }
    assert_eq!((slow.missed(), fast.missed()), (6, 0));
    assert_eq!(*held, 0, "what is in flight is not lost");
    held.ack().expect("live");
    let rest: Vec<u64> = std::iter::from_fn(|| {
        let delivery = slow.try_dequeue().ok()?;
        let number = *delivery;
        delivery.ack().expect("live");
        Some(number)
    })
    .collect();
    assert_eq!(rest, [7, 8, 9]);
    let stats = slow.as_group().stats();
    assert_eq!((stats.accepted, stats.acked, stats.missed), (10, 4, 6));
    queue.check_invariants();
    assert_eq!(queue.occupancy().taken, 0);
}

/// S10: nothing is lost that would make no room, since a group needs it that loses nothing.
fn s10_nothing_is_lost_for_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(4).max_groups(2));
    let lagging = queue.subscribe(Slow::Lag).expect("a place");
    bench.fill(&queue, 0..4);
    let error = queue.producer().try_enqueue(4).expect_err("the default group needs them");
    assert_eq!(error.kind(), EnqueueErrorKind::Full);
    assert_eq!((lagging.missed(), lagging.as_group().stats().ready), (0, 4));
    assert_eq!(bench.take_all(&queue), [0, 1, 2, 3]);
    bench.fill(&queue, [4]);
    assert_eq!(lagging.missed(), 1);
    assert_eq!(*bench.take(&lagging), 1);
}

/// S10: who blocks makes producers wait for it.
fn s10_who_blocks_fills_the_queue<B: Backend>(bench: &Bench<B>) {
    let queue = events(bench);
    let blocking = queue.subscribe(Slow::Block).expect("a place");
    let lagging = queue.subscribe(Slow::Lag).expect("a place");
    bench.fill(&queue, 0..4);
    assert!(queue.producer().try_enqueue(4).is_err());
    bench.take(&blocking).ack().expect("live");
    bench.fill(&queue, [4]);
    assert_eq!((blocking.missed(), lagging.missed()), (0, 1));
    queue.check_invariants();
}

/// S10: who is to be disconnected goes when the queue has no room for him.
fn s10_who_is_too_slow_is_disconnected<B: Backend>(bench: &Bench<B>) {
    let queue = events(bench);
    let slow = queue.subscribe(Slow::Disconnect).expect("a place");
    let fast = queue.subscribe(Slow::Block).expect("a place");
    for number in 0..5 {
        bench.fill(&queue, [number]);
        bench.take(&fast).ack().expect("live");
    }
    assert!(slow.as_group().is_removed() && !fast.as_group().is_removed());
    assert_eq!(slow.try_dequeue().err(), Some(DequeueError::Closed));
    assert_eq!(queue.occupancy().taken, 0);
    drop(slow);
    bench.tick();
    assert_eq!(queue.groups().len(), 1);
}

/// S10: dropping a subscriber frees what it had, and its place.
fn s10_a_dropped_subscriber_leaves_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = events(bench);
    for round in 0..50 {
        let subscribers: Vec<_> =
            (0..4).map(|_| queue.subscribe(Slow::Block).expect("a place")).collect();
        assert_eq!(
            queue.subscribe(Slow::Lag).map(drop),
            Err(GroupError::QuotaExceeded { limit: 4 })
        );
        bench.fill(&queue, 0..4);
        bench.take(&subscribers[round % 4]).ack().expect("live");
        drop(subscribers);
        bench.tick();
        assert_eq!(queue.occupancy().taken, 0, "in round {round}");
    }
}

suite! {
    s10_a_subscriber_gets_what_comes,
    s10_who_lags_loses_the_oldest,
    s10_nothing_is_lost_for_nothing,
    s10_who_blocks_fills_the_queue,
    s10_who_is_too_slow_is_disconnected,
    s10_a_dropped_subscriber_leaves_nothing,
}
