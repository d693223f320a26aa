//! S35: purge, pause and resume.

use ringmill::queue::DequeueError;

use crate::bench::{Backend, Bench, LEASE, ms, suite};
use crate::ledger::{Counted, Ledger};
use crate::tasks::Task;

/// S35: by filter, with a count; what is leased stays.
fn s35_purge_drops_what_matches_and_counts_it<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(2));
    bench.fill(&queue, 0..10);
    let consumer = queue.consumer();
    let held: Vec<_> = (0..4).map(|_| bench.take(&consumer).detach()).collect();
    let leased: Vec<u64> = held.iter().map(|held| **held).collect();
    let even = (0..10).filter(|number| number % 2 == 0 && !leased.contains(number)).count();
    assert_eq!(queue.purge(|number| **number % 2 == 0), even);
    assert_eq!(queue.stats().dropped_purged, even as u64);
    assert_eq!(queue.len(), 10 - even as u64);
    for held in held {
        held.ack().expect("it was leased");
    }
    assert!(bench.take_all(&queue).iter().all(|number| number % 2 == 1));
}

/// S35: all of it, delayed and parked ones too; payloads are dropped, and the room is free again.
fn s35_purging_all_empties_the_queue<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let dead = bench.open(bench.builder::<Counted>("dead").capacity(1));
    let queue = bench.open(bench.builder::<Counted>("q").capacity(6).dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for value in ledger.values(6) {
        bench.put(&producer, value);
    }
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).nack_after(LEASE).expect("live");
    assert_eq!(queue.purge(|_| true), 5);
    assert_eq!((queue.len(), ledger.alive()), (0, 1));
    assert_eq!(dead.len(), 1, "another queue's");
    bench.nothing(&consumer);
    bench.pass(LEASE);
    bench.nothing(&consumer);
    for value in ledger.values(6) {
        bench.put(&producer, value);
    }
    assert_eq!(queue.len(), 6);
}

/// S35: a paused queue hands nothing out, and takes everything in.
fn s35_a_paused_queue_hands_nothing_out<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, 1);
    let held = bench.take(&consumer);
    queue.pause();
    assert!(queue.is_paused());
    bench.put(&producer, 2);
    bench.nothing(&consumer);
    assert!(matches!(
        consumer.dequeue_timeout(std::time::Duration::ZERO),
        Err(DequeueError::TimedOut)
    ));
    held.nack_after(ms(1)).expect("settling goes on");
    bench.pass(ms(1));
    bench.nothing(&consumer);
    queue.resume();
    assert!(!queue.is_paused());
    assert_eq!(bench.take_all(&queue), [1, 2]);
}

/// S35: resuming wakes who waits.
fn s35_resume_wakes_the_waiters<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let mut consumer = queue.consumer();
    queue.pause();
    let mut waiting = Task::waiting(consumer.dequeue_async());
    bench.fill(&queue, [1]);
    assert!(waiting.poll().is_pending());
    let before = waiting.rings();
    queue.resume();
    assert!(waiting.rings() > before);
    assert_eq!(*waiting.ready().expect("it is there"), 1);
}

/// S35: leases run on while a queue is paused.
fn s35_leases_expire_while_a_queue_is_paused<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer).detach();
    queue.pause();
    bench.expire();
    assert_eq!((queue.stats().expired, queue.stats().ready), (1, 1));
    drop(held);
    bench.nothing(&consumer);
    queue.resume();
    bench.take(&consumer).ack().expect("live");
}

suite!(
    s35_purge_drops_what_matches_and_counts_it,
    s35_purging_all_empties_the_queue,
    s35_a_paused_queue_hands_nothing_out,
    s35_resume_wakes_the_waiters,
    s35_leases_expire_while_a_queue_is_paused,
);
