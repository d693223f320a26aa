//! S4: what spends a delivery, and what an attempt.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ringmill::message::Reason;
use ringmill::queue::{ErrorClass, Queue, Retry};

use crate::bench::{Backend, Bench, LEASE, ms, secs, suite};

/// S4: dead at attempt 4, by default.
fn s04_three_retries_are_the_default<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    for attempt in 0..4 {
        let held = bench.take(&consumer);
        assert_eq!((held.attempts(), held.deliveries()), (attempt, attempt + 1));
        held.nack().expect("its lease is live");
        assert_eq!(queue.stats().dead_lettered, u64::from(attempt == 3));
        bench.pass(secs(3_600));
    }
    bench.nothing(&consumer);
    let dead = queue.dead_letters().expect("it was asked for");
    let of_dead = dead.consumer();
    let letter = bench.take(&of_dead);
    assert_eq!(*letter, 1);
    assert_eq!(letter.history()[0].reason, Reason::MaxAttempts);
    assert_eq!(letter.history()[0].attempts, 4);
}

/// S4: as many retries as asked, also none.
fn s04_a_message_is_dead_one_attempt_behind_its_retries<B: Backend>(bench: &Bench<B>) {
    for retries in [0, 1, 7] {
        let retry = Retry::fixed(ms(1)).max(retries);
        let queue = bench.open(bench.builder::<u64>(&format!("q{retries}")).retry(retry));
        bench.fill(&queue, [1]);
        let consumer = queue.consumer();
        for _ in 0..retries {
            bench.take(&consumer).nack().expect("its lease is live");
            bench.pass(ms(1));
        }
        assert_eq!(queue.stats().dropped(), 0);
        bench.take(&consumer).nack().expect("its lease is live");
        assert_eq!((queue.stats().dropped(), queue.len()), (1, 0));
    }
}

/// S4: release and snooze count the delivery and spend no attempt; expiry and nack do both.
fn s04_only_failed_handling_spends_attempts<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let expect = |deliveries: u32, attempts: u32| {
        let held = bench.take(&consumer);
        assert_eq!((held.deliveries(), held.attempts()), (deliveries, attempts));
        held
    };
    expect(1, 0).release().expect("its lease is live");
    expect(2, 0).snooze(secs(5)).expect("its lease is live");
    bench.pass(secs(5));
    drop(expect(3, 0));
    bench.pass(LEASE);
    expect(4, 0).nack_after(secs(5)).expect("its lease is live");
    bench.pass(secs(5));
    let held = expect(5, 1).detach();
    bench.expire();
    drop(held);
    let held = expect(6, 2);
    held.nack_with(ErrorClass::Business, "no").expect("its lease is live");
    bench.pass(LEASE);
    expect(7, 3).ack().expect("its lease is live");
    let stats = queue.stats();
    assert_eq!((stats.deliveries, stats.acked), (7, 1));
}

/// S4: an explicit release is ready at once.
fn s04_a_release_is_ready_at_once<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    for _ in 0..5 {
        bench.take(&consumer).release().expect("its lease is live");
    }
    bench.take(&consumer).ack().expect("its lease is live");
}

/// S4: a dropped delivery comes back after 100 ms, doubling, up to the lease.
fn s04_a_dropped_delivery_comes_back_later_each_time<B: Backend>(bench: &Bench<B>) {
    let lease = secs(1);
    let queue = bench.open(bench.builder::<u64>("q").lease(lease));
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    for delay in [100, 200, 400, 800, 1_000, 1_000].map(ms) {
        drop(bench.take(&consumer));
        bench.nothing(&consumer);
        assert_eq!(queue.stats().delayed, 1);
        bench.pass(delay - ms(1));
        bench.nothing(&consumer);
        bench.pass(ms(1));
    }
    let held = bench.take(&consumer);
    assert_eq!((held.attempts(), held.deliveries()), (0, 7));
    assert_eq!(queue.stats().released, 6);
}

/// S4: an early return cannot burn all deliveries in a moment.
fn s04_the_release_delay_is_a_setting<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").release_delay(secs(3)));
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    drop(bench.take(&consumer));
    bench.pass(secs(3) - ms(1));
    bench.nothing(&consumer);
    bench.pass(ms(1));
    drop(bench.take(&consumer));
}

/// S4: dropped while the thread panics, it is a nack of class Panic.
fn s04_a_delivery_dropped_by_a_panic_spends_an_attempt<B: Backend>(bench: &Bench<B>) {
    let retry = Retry::fixed(secs(9)).max(1);
    let queue = bench.open(bench.builder::<u64>("q").retry(retry).dead_letters("dead"));
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    for _ in 0..2 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _held = bench.take(&consumer);
            std::panic::resume_unwind(Box::new("a handler's"));
        }));
        assert!(panicked.is_err());
        bench.pass(secs(9));
    }
    let stats = queue.stats();
    assert_eq!((stats.nacked, stats.released, stats.dead_lettered), (2, 0, 1));
    let of_dead = queue.dead_letters().expect("it was asked for").consumer();
    let letter = bench.take(&of_dead);
    assert_eq!(letter.history()[0].class, Some(ErrorClass::Panic));
}

fn give_back_twenty_times<B: Backend>(bench: &Bench<B>, queue: &Queue<u64>) {
    bench.fill(queue, [1]);
    let consumer = queue.consumer();
    for delivery in 1..=20 {
        assert_eq!(queue.stats().dead_lettered, 0);
        let held = bench.take(&consumer);
        assert_eq!(held.deliveries(), delivery);
        held.release().expect("its lease is live");
    }
    bench.nothing(&consumer);
}

/// S4: twenty deliveries by default, however they end.
fn s04_twenty_deliveries_are_the_default<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    give_back_twenty_times(bench, &queue);
    assert_eq!(queue.stats().dead_lettered, 1);
    let of_dead = queue.dead_letters().expect("it was asked for").consumer();
    let letter = bench.take(&of_dead);
    assert_eq!(letter.history()[0].reason, Reason::MaxDeliveries);
}

/// S4: the last delivery that is given back in whatever way is the end; an ack of it counts.
fn s04_the_last_delivery_is_the_last<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").max_deliveries(1));
    let consumer = queue.consumer();
    bench.fill(&queue, [0]);
    bench.take(&consumer).ack().expect("its lease is live");
    let dropped = || queue.stats().dropped();
    bench.fill(&queue, 1..=4);
    bench.take(&consumer).nack().expect("its lease is live");
    assert_eq!(dropped(), 1);
    bench.take(&consumer).snooze(LEASE).expect("its lease is live");
    assert_eq!(dropped(), 2);
    drop(bench.take(&consumer));
    assert_eq!(dropped(), 3);
    let held = bench.take(&consumer).detach();
    bench.expire();
    drop(held);
    bench.pass(LEASE);
    assert_eq!((dropped(), queue.len()), (4, 0));
}

suite!(
    s04_three_retries_are_the_default,
    s04_a_message_is_dead_one_attempt_behind_its_retries,
    s04_only_failed_handling_spends_attempts,
    s04_a_release_is_ready_at_once,
    s04_a_dropped_delivery_comes_back_later_each_time,
    s04_the_release_delay_is_a_setting,
    s04_a_delivery_dropped_by_a_panic_spends_an_attempt,
    s04_twenty_deliveries_are_the_default,
    s04_the_last_delivery_is_the_last,
);
