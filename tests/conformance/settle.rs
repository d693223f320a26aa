//! S3: settling late, twice, or what is not one's own.

use std::thread;

use ringmill::message::Handle;
use ringmill::queue::{Queue, Retry, SettleErrorKind, Settlement};

use crate::bench::{Backend, Bench, LEASE, refused, suite};

/// S3: the word decides, not the clock.
fn s03_a_late_ack_counts_if_nobody_has_taken_the_message_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    bench.tick();
    bench.clock.advance(LEASE * 100);
    held.ack().expect("no pass has come");
    bench.tick();
    let stats = queue.stats();
    assert_eq!((stats.acked, stats.expired, stats.stale), (1, 0, 0));
}

/// S3: never afterwards, though nobody has leased it again.
fn s03_an_ack_after_expiry_is_stale<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer).detach();
    bench.expire();
    assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
    let stats = queue.stats();
    assert_eq!((stats.acked, stats.ready, stats.stale), (0, 1, 1));
    bench.take(&consumer).ack().expect("it is there still");
}

/// S3: stale has no effect on the lease that came after.
fn s03_a_late_ack_after_redelivery_is_stale<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let (first, second) = (queue.consumer(), queue.consumer());
    let held = bench.take(&first).detach();
    bench.expire();
    let again = bench.take(&second);
    assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
    assert_eq!(queue.stats().leased, 1);
    again.ack().expect("it is the holder");
    assert_eq!(queue.stats().acked, 1);
}

/// S3: whatever is asked of it late, it is stale, and counted.
fn s03_every_late_settlement_is_stale<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    type End = fn(ringmill::queue::Detached<u64>) -> Result<(), ringmill::queue::SettleError>;
    let ends: [End; 6] = [
        |held| held.nack(),
        |held| held.nack_after(LEASE),
        |held| held.release(),
        |held| held.snooze(LEASE),
        |held| held.reject("late"),
        |held| held.ack(),
    ];
    for (before, end) in ends.into_iter().enumerate() {
        bench.fill(&queue, [1]);
        let held = bench.take(&consumer).detach();
        bench.expire();
        let again = bench.take(&consumer);
        assert_eq!(refused(end(held)), SettleErrorKind::StaleReceipt);
        let stats = queue.stats();
        assert_eq!((stats.stale, stats.leased), (before as u64 + 1, 1));
        again.ack().expect("it is the holder");
    }
    assert_eq!(queue.stats().acked, 6);
}

/// S3: the same receipt again.
fn s03_a_receipt_settles_once<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    for end in [Settlement::Ack, Settlement::Reject] {
        bench.fill(&queue, [1]);
        let held = bench.take(&consumer);
        let receipt = held.receipt();
        queue.settle(&receipt, end).expect("its lease is live");
        let twice = queue.settle(&receipt, Settlement::Ack);
        assert_eq!(refused(twice), SettleErrorKind::AlreadySettled);
        // Its holder comes too late as well.
        assert_eq!(refused(held.ack()), SettleErrorKind::AlreadySettled);
    }
    assert_eq!(queue.stats().acked, 1);
}

/// S3: a message that was given back is settled for this receipt, until it is handed out again.
fn s03_a_receipt_of_a_nack_is_settled_and_then_stale<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    bench.fill(&queue, [1]);
    for end in [Settlement::Nack, Settlement::Release] {
        let held = bench.take(&consumer);
        let receipt = held.receipt();
        queue.settle(&receipt, end).expect("its lease is live");
        drop(held);
        let twice = queue.settle(&receipt, Settlement::Ack);
        assert_eq!(refused(twice), SettleErrorKind::AlreadySettled);
        bench.pass(LEASE);
        let again = bench.take(&consumer);
        let late = queue.settle(&receipt, Settlement::Ack);
        assert_eq!(refused(late), SettleErrorKind::StaleReceipt);
        assert_eq!(queue.stats().leased, 1);
        again.release().expect("it is the holder");
    }
}

/// S3: taken back, and then ended in whatever way: it stays stale.
fn s03_a_lease_that_was_taken_back_stays_stale<B: Backend>(bench: &Bench<B>) {
    let _dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let new = |name: &str, retry| {
        bench.open(bench.builder::<u64>(name).retry(retry).dead_letters("dead"))
    };
    type Ends<'a> = &'a dyn Fn(&Queue<u64>, &Handle);
    let ends: [(&str, Retry, Ends<'_>); 4] = [
        ("cancelled", Retry::default(), &|queue, handle| {
            queue.cancel(handle).expect("it is ready")
        }),
        ("purged", Retry::default(), &|queue, _| assert_eq!(queue.purge(|_| true), 1)),
        ("buried", Retry::none(), &|queue, _| assert_eq!(queue.stats().dead_lettered, 1)),
        // There is one dead letter already, and no room for another.
        ("parked", Retry::none(), &|queue, _| assert_eq!(queue.stats().parked, 1)),
    ];
    for (name, retry, end) in ends {
        let queue = new(name, retry);
        let consumer = queue.consumer();
        let (_, handle) = bench.put(&queue.producer(), 1);
        let held = bench.take(&consumer).detach();
        let receipt = held.receipt();
        bench.expire();
        drop(held);
        bench.pass(LEASE);
        end(&queue, &handle);
        let late = queue.settle(&receipt, Settlement::Ack);
        assert_eq!(refused(late), SettleErrorKind::StaleReceipt, "{name}");
        assert_eq!(queue.stats().stale, 1);
    }
}

/// S3: a receipt of an earlier life of the slot.
fn s03_a_receipt_does_not_settle_the_next_message_in_its_slot<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let consumer = queue.consumer();
    bench.fill(&queue, [1]);
    let held = bench.take(&consumer);
    let receipt = held.receipt();
    held.ack().expect("its lease is live");
    bench.fill(&queue, [2]);
    let next = bench.take(&consumer);
    let stale = queue.settle(&receipt, Settlement::Ack);
    assert_eq!(refused(stale), SettleErrorKind::StaleReceipt);
    next.ack().expect("it is the holder");
}

/// S3: a receipt of another queue.
fn s03_a_receipt_of_another_queue_is_not_found<B: Backend>(bench: &Bench<B>) {
    let (mine, yours) = (bench.queue("mine"), bench.queue("yours"));
    bench.fill(&mine, [1]);
    bench.fill(&yours, [2]);
    let (consumer, other) = (mine.consumer(), yours.consumer());
    let (held, theirs) = (bench.take(&consumer), bench.take(&other));
    for end in [Settlement::Ack, Settlement::Nack, Settlement::Reject, Settlement::Release] {
        let wrong = yours.settle(&held.receipt(), end);
        assert_eq!(refused(wrong), SettleErrorKind::NotFound);
    }
    held.ack().expect("untouched");
    theirs.ack().expect("untouched");
}

/// S3: from anywhere.
fn s03_a_receipt_settles_from_another_thread<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    let (one, two) = (bench.take(&consumer), bench.take(&consumer));
    let (receipt, detached) = (one.receipt(), two.detach());
    thread::scope(|scope| {
        scope.spawn(|| queue.settle(&receipt, Settlement::Ack).expect("its lease is live"));
        scope.spawn(move || detached.ack().expect("its lease is live"));
    });
    assert_eq!(queue.stats().acked, 2);
    drop(one);
}

/// S3: a message has at most 254 deliveries, each with a receipt of its own.
fn s03_the_254_receipts_of_a_message_differ<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1).max_deliveries(254));
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let mut receipts = Vec::new();
    for _ in 0..253 {
        let held = bench.take(&consumer);
        receipts.push(held.receipt());
        held.release().expect("its lease is live");
    }
    let last = bench.take(&consumer);
    assert_eq!(last.deliveries(), 254);
    for receipt in &receipts {
        let stale = queue.settle(receipt, Settlement::Ack);
        assert_eq!(refused(stale), SettleErrorKind::StaleReceipt);
    }
    last.ack().expect("it is the holder");
    assert_eq!(queue.stats().stale, 253);
}

suite!(
    s03_a_late_ack_counts_if_nobody_has_taken_the_message_back,
    s03_an_ack_after_expiry_is_stale,
    s03_a_late_ack_after_redelivery_is_stale,
    s03_every_late_settlement_is_stale,
    s03_a_receipt_settles_once,
    s03_a_receipt_of_a_nack_is_settled_and_then_stale,
    s03_a_lease_that_was_taken_back_stays_stale,
    s03_a_receipt_does_not_settle_the_next_message_in_its_slot,
    s03_a_receipt_of_another_queue_is_not_found,
    s03_a_receipt_settles_from_another_thread,
    s03_the_254_receipts_of_a_message_differ,
);
