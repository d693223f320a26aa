//! S20: work retention: a message is gone when it is settled.

use crate::bench::{Backend, Bench, suite};
use crate::ledger::{Counted, Ledger};

/// S20: its payload is dropped, its room is free, and nobody sees it any more.
fn s20_a_settled_message_is_gone<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").capacity(1));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for number in 0..100 {
        let (_, handle) = bench.put(&producer, ledger.value());
        assert_eq!(ledger.alive(), 1);
        bench.take(&consumer).ack().expect("live");
        bench.flush();
        assert_eq!((ledger.alive(), ledger.dropped(number)), (0, 1));
        assert!(queue.inspect(&handle).is_none());
        assert_eq!((queue.len(), queue.browse(|_| true).len()), (0, 0));
    }
    ledger.settle();
}

/// S20: until then it stays, as long as it takes.
fn s20_what_is_not_settled_stays<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, 0..10);
    bench.pass(crate::bench::secs(10 * 365 * 86_400));
    assert_eq!(queue.len(), 10);
    assert!(bench.take_all(&queue).into_iter().eq(0..10));
}

/// S20: what is left when the queue goes is dropped, once.
fn s20_what_is_left_is_dropped_with_the_queue<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").partitions(2));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for value in ledger.values(9) {
        bench.put(&producer, value);
    }
    bench.take(&consumer).ack().expect("live");
    bench.take(&consumer).nack().expect("live");
    bench.take(&consumer).snooze(crate::bench::LEASE).expect("live");
    let held = bench.take(&consumer).detach();
    bench.expire();
    drop((queue, producer, consumer));
    bench.tick();
    let number = held.number();
    assert_eq!(ledger.dropped(number), 0, "it is read still");
    drop(held);
    bench.engine.close();
    ledger.settle();
}

suite!(
    s20_a_settled_message_is_gone,
    s20_what_is_not_settled_stays,
    s20_what_is_left_is_dropped_with_the_queue,
);
