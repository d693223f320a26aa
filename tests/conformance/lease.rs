//! S2: how long a lease lasts.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use ringmill::clock::{Clock, VirtualClock};
use ringmill::queue::{Queue, SettleErrorKind};

use crate::bench::{Backend, Bench, LEASE, ms, refused, secs, suite};

/// S2: lasts at least the asked time, and at most two passes longer.
fn s02_a_lease_lasts_its_time_and_at_most_two_passes_more<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    // Passes as rare as they may be, the hand-over anywhere between two of them.
    let pass = LEASE / 4;
    for offset in [ms(0), ms(1), pass / 2, pass - ms(1)] {
        bench.fill(&queue, [7]);
        bench.tick();
        bench.clock.advance(offset);
        let handed_over = now(bench);
        let mut delivery = Some(bench.take(&consumer).detach());
        bench.pass(pass - offset);
        while queue.stats().leased == 1 {
            assert!(now(bench) - handed_over <= LEASE + 2 * pass, "too long");
            bench.pass(pass);
        }
        assert!(now(bench) - handed_over >= LEASE, "too short, from {offset:?} after a pass");
        let late = delivery.take().expect("it is held").ack();
        assert_eq!(refused(late), SettleErrorKind::StaleReceipt);
        bench.take(&consumer).ack().expect("it is leased again");
    }
}

fn now<B: Backend>(bench: &Bench<B>) -> Duration {
    bench.clock.now()
}

/// A clock with a moment behind its look at the time, in which something happens, once.
struct Interrupted {
    clock: VirtualClock,
    then: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Clock for Interrupted {
    fn now(&self) -> Duration {
        let now = self.clock.now();
        let then = self.then.lock().expect("nobody panicked").take();
        if let Some(then) = then {
            then();
        }
        now
    }

    fn wall(&self) -> SystemTime {
        self.clock.wall()
    }
}

/// S2: also a lease that begins while a pass is under way.
fn s02_a_lease_that_begins_during_a_pass_lasts_its_time<B: Backend>(bench: &Bench<B>) {
    let clock = bench.clock.clone();
    let interrupted = Arc::new(Interrupted { clock: clock.clone(), then: Mutex::new(None) });
    let engine = B::engine(Arc::clone(&interrupted));
    let queue = bench.open(Queue::<u64>::builder("q").engine(&engine).lease(LEASE));
    bench.fill(&queue, [1]);
    let (consumer, got) = (queue.consumer(), Arc::new(Mutex::new(None)));
    let (out, late) = (Arc::clone(&got), LEASE / 4);
    *interrupted.then.lock().expect("nobody panicked") = Some(Box::new(move || {
        // The housekeeper has looked at the time, and now it is stopped for a while.
        clock.advance(late);
        let delivery = consumer.try_dequeue().expect("it is ready").detach();
        *out.lock().expect("nobody panicked") = Some(delivery);
    }));
    engine.tick();
    let held = got.lock().expect("nobody panicked").take().expect("it was handed out");
    bench.clock.advance(LEASE - ms(1));
    engine.tick();
    assert_eq!(queue.stats().expired, 0);
    held.ack().expect("its time is not up");
}

/// S2: the housekeeper comes at least every quarter of the lease while one runs.
fn s02_a_pass_is_due_within_a_quarter_of_the_lease<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let short = bench.open(bench.builder::<u64>("short").lease(secs(4)));
    bench.fill(&queue, [1]);
    bench.fill(&short, [2]);
    let (consumer, of_short) = (queue.consumer(), short.consumer());
    let long = bench.take(&consumer);
    assert!(bench.tick() <= LEASE / 4);
    let delivery = bench.take(&of_short);
    assert!(bench.tick() <= secs(1));
    long.ack().expect("in time");
    delivery.ack().expect("in time");
}

/// S2: expiry returns the message and spends an attempt.
fn s02_expiry_returns_the_message_and_spends_an_attempt<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (first, second) = (queue.consumer(), queue.consumer());
    bench.fill(&queue, [1]);
    let held = bench.take(&first);
    assert_eq!((held.deliveries(), held.attempts()), (1, 0));
    bench.nothing(&second);
    bench.expire();
    let again = bench.take(&second);
    assert_eq!((*again, again.id()), (1, held.id()));
    assert_eq!((again.deliveries(), again.attempts()), (2, 1));
    assert_eq!(queue.stats().expired, 1);
}

/// S2: expiry takes away the right to settle, never the bytes.
fn s02_a_holder_reads_its_payload_until_it_lets_go<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<Arc<str>>("q").capacity(1));
    let producer = queue.producer();
    let (first, second) = (queue.consumer(), queue.consumer());
    let payload: Arc<str> = "the first".into();
    bench.put(&producer, Arc::clone(&payload));
    let held = bench.take(&first);
    bench.expire();
    assert_eq!(&**held, "the first");
    bench.take(&second).ack().expect("leased again");
    assert_eq!(&**held, "the first", "though it is settled");
    assert_eq!(Arc::strong_count(&payload), 2);
    // Its slot is not used again while it is read.
    let refused = producer.try_enqueue(Arc::<str>::from("the second")).expect_err("still in use");
    assert!(refused.is_full());
    drop(held);
    assert_eq!(Arc::strong_count(&payload), 1);
    bench.put(&producer, Arc::<str>::from("the second"));
    assert_eq!(&**bench.take(&second), "the second");
}

/// S2: the same for bytes, in the slot and beside it.
fn s02_a_holder_reads_its_bytes_until_it_lets_go<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q").capacity(1));
    let producer = queue.producer();
    let (first, second) = (queue.consumer(), queue.consumer());
    for length in [0, 1, 32, 100, 5_000] {
        let payload = vec![length as u8; length];
        bench.put(&producer, Bytes::from(payload.clone()));
        let held = bench.take(&first);
        bench.expire();
        bench.take(&second).ack().expect("leased again");
        assert!(producer.try_enqueue(Bytes::from(vec![0_u8; length])).is_err());
        assert_eq!(held[..], payload[..]);
    }
}

/// S2: `extend(d)` sets the deadline to now + d.
fn s02_extend_sets_the_deadline_from_now<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer).detach();
    for _ in 0..10 {
        bench.pass(LEASE * 3 / 4);
        held.extend(LEASE).expect("it is live");
    }
    assert_eq!(queue.stats().leased, 1, "it lives on");
    held.extend(LEASE * 5).expect("it is live");
    bench.pass(LEASE * 4);
    bench.pass(LEASE - ms(1));
    assert_eq!(queue.stats().leased, 1);
    bench.pass(ms(1));
    assert_eq!(queue.stats().leased, 0, "and not longer than was asked");
    assert_eq!(refused(held.extend(LEASE)), SettleErrorKind::StaleReceipt);
    assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
}

/// S2: never earlier than it was.
fn s02_extend_never_makes_a_lease_shorter<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    let one = bench.take(&consumer).detach();
    let two = bench.take(&consumer).detach();
    bench.tick();
    one.extend(ms(1)).expect("it is live");
    two.extend(LEASE * 2).expect("it is live");
    two.extend(ms(1)).expect("it is live");
    bench.pass(LEASE - ms(1));
    assert_eq!(queue.stats().leased, 2);
    bench.pass(ms(1));
    assert_eq!(queue.stats().leased, 1, "the second was extended first");
    bench.pass(LEASE - ms(1));
    two.ack().expect("twice the lease");
    assert_eq!(refused(one.ack()), SettleErrorKind::StaleReceipt);
}

/// S2: capped by `max_lease`.
fn s02_extend_is_capped_by_the_longest_lease<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").max_lease(secs(60)));
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer).detach();
    bench.tick();
    held.extend(secs(3_600)).expect("it is live");
    bench.pass(secs(60) - ms(1));
    assert_eq!(queue.stats().leased, 1);
    bench.pass(ms(1));
    assert_eq!(queue.stats().leased, 0);
    drop(held);
}

/// S2: a queue without leases never takes a message back.
fn s02_without_leases_nothing_expires<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").no_lease());
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    for _ in 0..3 {
        bench.pass(secs(86_400));
    }
    assert_eq!((queue.stats().leased, queue.stats().expired), (1, 0));
    held.ack().expect("it is live for ever");
}

/// S2: the default is 30 s.
fn s02_a_lease_lasts_thirty_seconds_by_default<B: Backend>(bench: &Bench<B>) {
    let builder = ringmill::queue::Queue::<u64>::builder("q").engine(&bench.engine);
    let queue = bench.open(builder);
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    bench.tick();
    bench.pass(secs(30) - ms(1));
    assert_eq!(queue.stats().leased, 1);
    bench.pass(ms(1));
    assert_eq!(queue.stats().leased, 0);
    drop(held);
}

suite!(
    s02_a_lease_lasts_its_time_and_at_most_two_passes_more,
    s02_a_lease_that_begins_during_a_pass_lasts_its_time,
    s02_a_pass_is_due_within_a_quarter_of_the_lease,
    s02_expiry_returns_the_message_and_spends_an_attempt,
    s02_a_holder_reads_its_payload_until_it_lets_go,
    s02_a_holder_reads_its_bytes_until_it_lets_go,
    s02_extend_sets_the_deadline_from_now,
    s02_extend_never_makes_a_lease_shorter,
    s02_extend_is_capped_by_the_longest_lease,
    s02_without_leases_nothing_expires,
    s02_a_lease_lasts_thirty_seconds_by_default,
);
