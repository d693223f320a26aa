//! S34: groups that come and go.

use std::sync::Arc;

use ringmill::queue::{BuildError, DequeueError, GroupError, Retry, SettleErrorKind};

use crate::bench::{Backend, Bench, refused, says, secs, suite};
use crate::groups::{drained, group, three};

/// S34: a group that is made at run time gets what comes from then on.
fn s34_a_late_group_begins_now<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").partitions(3).group("a").max_groups(3));
    bench.fill(&queue, 0..10);
    let late = queue.create_group("late").expect("there is a place");
    assert_eq!((late.stats().accepted, late.stats().ready), (0, 0));
    bench.fill(&queue, 10..20);
    assert_eq!((late.stats().accepted, late.stats().ready), (10, 10));
    let mut got = drained(&late);
    got.sort_unstable();
    assert_eq!(got, (10..20).collect::<Vec<_>>());
    assert_eq!(drained(&group(&queue, "a")).len(), 20);
    assert_eq!(bench.take_all(&queue).len(), 20);
    assert_eq!(queue.occupancy().taken, 0);
    bench.fill(&queue, 20..30);
    assert_eq!(drained(&group(&queue, "a")).len() + bench.take_all(&queue).len(), 20);
    assert_eq!(
        (queue.occupancy().taken, drained(&late).len()),
        (10, 10),
        "it is a group as others"
    );
    queue.check_invariants();
    assert_eq!(queue.occupancy().taken, 0);
}

/// S34: a group that was removed holds nothing any more, and gets nothing.
fn s34_a_removed_group_holds_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").capacity(4).group("a").retry(Retry::fixed(secs(9))));
    bench.fill(&queue, 0..4);
    let a = group(&queue, "a");
    {
        let consumer = a.consumer().expect("there");
        bench.take(&consumer).nack().expect("live");
        bench.take(&consumer).snooze(secs(60)).expect("live");
        bench.take(&consumer).ack().expect("live");
    }
    assert_eq!(bench.take_all(&queue), [0, 1, 2, 3]);
    assert_eq!(queue.occupancy().taken, 3);
    queue.remove_group("a").expect("it is there");
    assert_eq!(queue.occupancy().taken, 0);
    assert!(a.is_removed() && a.consumer().is_err() && a.browse(|_| true).is_empty());
    assert_eq!(a.stats(), Default::default());
    bench.fill(&queue, 4..8);
    assert_eq!(bench.take_all(&queue), [4, 5, 6, 7]);
    queue.check_invariants();
}

/// S34: what consumers have of a removed group they may read, and settle no more.
fn s34_leases_of_a_removed_group_are_taken_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").capacity(1).group("a"));
    bench.fill(&queue, [7]);
    let consumer = group(&queue, "a").consumer().expect("there");
    let held = bench.take(&consumer);
    assert_eq!(bench.take_all(&queue), [7]);
    queue.remove_group("a").expect("it is there");
    assert_eq!(*held, 7);
    assert!(queue.producer().try_enqueue(8).is_err(), "somebody reads it");
    assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
    assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Closed));
    bench.fill(&queue, [8]);
    assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Closed));
    assert_eq!(bench.take_all(&queue), [8]);
}

/// S34: a place is free again when the consumers of the removed group are gone; who comes then has
/// nothing to do with what was.
fn s34_a_place_is_used_again<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder("q").group("a").max_groups(2));
    for round in 0..20 {
        let name = format!("a{round}");
        bench.fill(&queue, [1, 2, 3]);
        let last = queue.groups().last().cloned().expect("two");
        let old = group(&queue, &last);
        let consumer = old.consumer().expect("there");
        bench.take(&consumer).nack().expect("live");
        queue.remove_group(&last).expect("it is there");
        let full = queue.create_group(&name).map(drop);
        assert_eq!(full, Err(GroupError::QuotaExceeded { limit: 2 }), "its consumer is there");
        drop(consumer);
        bench.tick();
        let new = queue.create_group(&name).expect("its consumer is gone");
        assert!(old.is_removed() && !new.is_removed());
        assert_eq!((new.stats().accepted, new.stats().nacked), (0, 0));
        bench.fill(&queue, [4, 5]);
        assert_eq!(drained(&new), [4, 5]);
        assert_eq!(bench.take_all(&queue), [1, 2, 3, 4, 5]);
        bench.pass(secs(100));
        bench.nothing(&new.consumer().expect("there"));
        queue.check_invariants();
        assert_eq!(queue.occupancy().taken, 0);
    }
}

/// S34: the group that every queue is born with may go, too.
fn s34_the_default_group_may_go<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    queue.remove_group("default").expect("it is there");
    bench.fill(&queue, 0..3);
    assert_eq!(queue.consumer().try_dequeue().err(), Some(DequeueError::Closed));
    assert_eq!(drained(&group(&queue, "a")), [0, 1, 2]);
    assert_eq!(drained(&group(&queue, "b")), [0, 1, 2]);
    assert_eq!(queue.occupancy().taken, 0);
}

/// S34: what no group takes part in is gone at once.
fn s34_what_is_nobodys_is_gone<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<Arc<u64>>("q").capacity(1).group("a"));
    queue.remove_group("a").expect("there");
    queue.remove_group("default").expect("there");
    let producer = queue.producer();
    for number in 0..10 {
        let payload = Arc::new(number);
        bench.put(&producer, Arc::clone(&payload));
        assert_eq!(Arc::strong_count(&payload), 1);
    }
}

/// S34: names, numbers and their errors.
fn s34_groups_are_found_by_their_names<B: Backend>(bench: &Bench<B>) {
    let queue = three(bench);
    let error = queue.group("c").map(drop).expect_err("unknown");
    assert_eq!(error, GroupError::NotFound);
    says(&error, &["no group"]);
    assert_eq!(queue.remove_group("c"), Err(GroupError::NotFound));
    let error = queue.create_group("a").map(drop).expect_err("taken");
    assert_eq!(error, GroupError::NameConflict);
    says(&error, &["already"]);
    assert_eq!(group(&queue, "a").name().as_ref(), "a");
    let plain = bench.queue("plain");
    let error = plain.create_group("a").map(drop).expect_err("for one group");
    assert_eq!(error, GroupError::QuotaExceeded { limit: 1 });
    says(&error, &["max_groups"]);
}

/// S34: at most 32 groups.
fn s34_the_33rd_group_is_refused<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").max_groups(32));
    for number in 1..32 {
        queue.create_group(&format!("g{number}")).expect("there is a place");
    }
    let refused = queue.create_group("one more").map(drop);
    assert_eq!(refused, Err(GroupError::QuotaExceeded { limit: 32 }));
    bench.fill(&queue, [7]);
    for name in queue.groups() {
        assert_eq!(drained(&group(&queue, &name)), [7]);
    }
    assert_eq!(queue.occupancy().taken, 0);
    let refused = bench.try_open(bench.builder::<u64>("r").max_groups(33)).map(drop);
    assert!(matches!(refused, Err(BuildError::InvalidConfig { field: "max_groups", .. })));
}

suite! {
    s34_a_late_group_begins_now,
    s34_a_removed_group_holds_nothing,
    s34_leases_of_a_removed_group_are_taken_back,
    s34_a_place_is_used_again,
    s34_the_default_group_may_go,
    s34_what_is_nobodys_is_gone,
    s34_groups_are_found_by_their_names,
    s34_the_33rd_group_is_refused,
}
