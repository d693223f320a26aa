//! S31: counters.

use ringmill::queue::Stats;

use crate::bench::{Backend, Bench, LEASE, ms, suite};

/// S31: everything accepted is somewhere.
#[track_caller]
fn adds_up(stats: &Stats) {
    let there = stats.ready + stats.delayed + stats.leased + stats.parked + stats.dead;
    let gone = stats.acked + stats.dead_lettered + stats.dropped();
    assert_eq!(stats.accepted, there + gone, "{stats:?}");
}

/// S31: the identity holds after every kind of step, and each count is of its kind.
fn s31_everything_accepted_is_accounted_for<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    adds_up(&queue.stats());
    bench.fill(&queue, 0..9);
    let (_, handle) = bench.put(&producer, 9);
    adds_up(&queue.stats());
    queue.cancel(&handle).expect("it is ready");
    assert_eq!(queue.purge(|number| **number == 8), 1);
    adds_up(&queue.stats());
    bench.take(&consumer).ack().expect("live");
    bench.take(&consumer).nack().expect("live");
    bench.take(&consumer).snooze(LEASE * 3).expect("live");
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).reject("no").expect("live");
    let held = bench.take(&consumer).detach();
    bench.flush();
    let stats = queue.stats();
    adds_up(&stats);
    assert_eq!((stats.accepted, stats.ready, stats.delayed, stats.leased), (10, 2, 2, 1));
    assert_eq!((stats.parked, stats.acked, stats.dead_lettered), (1, 1, 1));
    assert_eq!((stats.dropped_cancelled, stats.dropped_purged, stats.dropped()), (1, 1, 2));
    assert_eq!((stats.deliveries, stats.nacked), (6, 3));
    bench.expire();
    assert!(held.ack().is_err());
    let stats = queue.stats();
    adds_up(&stats);
    assert_eq!((stats.expired, stats.stale, stats.leased), (1, 1, 0));
    // The nacked one has come back too.
    assert_eq!((stats.ready, stats.delayed), (4, 1));
    bench.take(&consumer).release().expect("live");
    drop(bench.take(&consumer));
    let stats = queue.stats();
    adds_up(&stats);
    assert_eq!((stats.released, stats.ready, stats.delayed, stats.leased), (3, 3, 2, 0));
    adds_up(&dead.stats());
    queue.check_invariants();
    dead.check_invariants();
}

/// S31: other readers, and where the free slots are, are shown.
fn s31_every_slot_is_accounted_for<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1_000));
    bench.fill(&queue, 0..10);
    let consumer = queue.consumer();
    let first = bench.take(&consumer);
    let browsed = queue.browse(|number| **number == 0 || **number == 5);
    let before = queue.occupancy();
    assert_eq!((before.slots, before.taken, before.other_readers), (1_000, 10, 2));
    assert_eq!(before.free + before.kept, 990);
    drop(browsed);
    first.ack().expect("live");
    let after = queue.occupancy();
    assert_eq!((after.taken, after.other_readers), (9, 0));
    assert_eq!(after.free + after.kept, 991);
}

/// S31: counts of a handle are not lost with it.
fn s31_counts_outlive_their_handles<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    for number in 0..10 {
        let (producer, consumer) = (queue.producer(), queue.consumer());
        bench.put(&producer, number);
        drop(producer);
        let held = bench.take(&consumer).detach();
        drop(consumer);
        held.ack().expect("live");
    }
    let stats = queue.stats();
    assert_eq!((stats.accepted, stats.deliveries, stats.acked), (10, 10, 10));
    adds_up(&stats);
}

/// S31: what is not to be seen elsewhere: husks.
fn s31_husks_are_shown<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let producer = queue.producer();
    let handles: Vec<_> = (0..3).map(|number| bench.put(&producer, number).1).collect();
    queue.cancel(&handles[1]).expect("it is ready");
    assert_eq!(queue.stats().husks, 1);
    assert_eq!(bench.take_all(&queue), [0, 2]);
    assert_eq!(queue.stats().husks, 0);
}

/// S31: the length is what is there.
fn s31_the_length_is_what_is_there<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(2));
    bench.fill(&queue, 0..6);
    let consumer = queue.consumer();
    assert_eq!(queue.len(), 6);
    let held = bench.take(&consumer);
    assert_eq!(queue.len(), 6, "leased ones are");
    held.nack_after(ms(1)).expect("live");
    assert_eq!(queue.len(), 6, "delayed ones are");
    bench.take(&consumer).ack().expect("live");
    assert_eq!(queue.len(), 5);
}

/// S31: waiting times, where the queue notes when it accepts: quantiles from the exact times.
fn s31_waiting_times_are_told_if_they_are_noted<B: Backend>(bench: &Bench<B>) {
    assert!(bench.queue("without").latency().is_none());
    let queue = bench.open(bench.builder::<u64>("q").timestamps(true));
    let consumer = queue.consumer();
    for wait in 1..=100 {
        bench.fill(&queue, [wait]);
        bench.clock.advance(ms(wait));
        // Only the first delivery counts.
        bench.take(&consumer).release().expect("live");
        bench.clock.advance(ms(5_000));
        bench.take(&consumer).ack().expect("live");
    }
    let latency = queue.latency().expect("it notes them");
    assert_eq!((latency.count, latency.mean), (100, ms(101) / 2));
    for (told, exact) in [(latency.p50, ms(50)), (latency.p99, ms(99)), (latency.p999, ms(100))] {
        assert!(told >= exact && told <= exact * 17 / 16, "{told:?} for {exact:?}");
    }
    assert!(latency.max >= ms(100) && latency.max <= ms(107), "{:?}", latency.max);
}

/// S31: rates over 1, 10 and 60 s.
fn s31_rates_are_those_of_the_last_seconds<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let busy = |seconds: u64, messages: u64| {
        for _ in 0..seconds * 4 {
            bench.fill(&queue, 0..messages / 4);
            bench.take_all(&queue);
            bench.pass(ms(250));
        }
        queue.rates()
    };
    busy(60, 40);
    let rates = busy(1, 80);
    let near = |told: f64, exact: f64| (told - exact).abs() < exact / 10.0;
    assert!(near(rates.second.accepted, 80.0) && near(rates.second.acked, 80.0), "{rates:?}");
    assert!(near(rates.ten_seconds.accepted, 44.0), "{rates:?}");
    assert!(near(rates.minute.acked, 40.0 + 40.0 / 60.0), "{rates:?}");
    for _ in 0..300 {
        bench.pass(ms(250));
    }
    assert_eq!(queue.rates().minute.accepted, 0.0);
}

suite!(
    s31_every_slot_is_accounted_for,
    s31_everything_accepted_is_accounted_for,
    s31_counts_outlive_their_handles,
    s31_husks_are_shown,
    s31_the_length_is_what_is_there,
    s31_waiting_times_are_told_if_they_are_noted,
    s31_rates_are_those_of_the_last_seconds,
);
