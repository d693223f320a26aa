//! S15: ids that are unique for as long as their messages are in the queue.

use ringmill::message::Due;
use ringmill::queue::{Dedup, QueueBuilder, Redrive};

use crate::bench::{Backend, Bench, LEASE, secs, suite};
use crate::dedup::{fresh, named, repeat};

fn unique<B: Backend>(bench: &Bench<B>) -> QueueBuilder<u64> {
    bench.builder::<u64>("q").dedup(Dedup::unique_until_settled())
}

/// S15: until the message is settled: for as long as it is in the queue, in whatever state.
fn s15_unique_until_settled_holds_in_every_state<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let queue = bench.open(unique(bench).dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let first = fresh(&producer, named(1, "a"));
    repeat(&producer, named(1, "a"), first);
    let held = bench.take(&consumer);
    repeat(&producer, named(1, "a"), first);
    held.nack_after(LEASE).expect("live");
    repeat(&producer, named(1, "a"), first);
    bench.pass(LEASE);
    let held = bench.take(&consumer).detach();
    bench.expire();
    repeat(&producer, named(1, "a"), first);
    drop(held);
    // No time ends it.
    bench.pass(secs(1_000_000));
    repeat(&producer, named(1, "a"), first);
    bench.put(&dead.producer(), 9);
    bench.take(&consumer).reject("no").expect("live");
    assert_eq!(queue.stats().parked, 1);
    repeat(&producer, named(1, "a"), first);
    assert_eq!(bench.take_all(&dead), [9]);
    bench.pass(secs(1));
    assert_eq!((dead.len(), queue.len()), (1, 0));
    fresh(&producer, named(1, "a"));
}

/// S15: and can be sent again when it is, however it ended.
fn s15_unique_until_settled_ends_with_its_message<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead"));
    let queue = bench.open(unique(bench).dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let endings: [&dyn Fn(); 5] = [
        &|| bench.take(&consumer).ack().expect("live"),
        &|| bench.take(&consumer).reject("no").expect("live"),
        &|| assert_eq!(queue.purge(|_| true), 1),
        &|| {
            let taken = bench.take(&consumer).into_inner();
            assert!(taken.is_ok());
        },
        &|| {
            let all = queue.browse(|_| true);
            let handle = all[0].handle();
            drop(all);
            queue.cancel(&handle).expect("it is ready");
        },
    ];
    for end in endings {
        let first = fresh(&producer, named(1, "a"));
        repeat(&producer, named(1, "a"), first);
        end();
        bench.flush();
    }
    // A dead letter that comes back is another message, and does not hold the id.
    assert_eq!(queue.len(), 0);
    let report = dead.redrive(Redrive::new());
    assert_eq!((report.moved, queue.len()), (1, 1));
    let first = fresh(&producer, named(1, "a"));
    repeat(&producer, named(1, "a"), first);
}

/// S15: a message that waits for its time is known, and what is refused keeps its own.
fn s15_a_delayed_message_is_known_while_it_waits<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(unique(bench).fingerprint(|number| u128::from(*number)));
    let producer = queue.producer();
    let first = fresh(&producer, named(1, "a").after(secs(60)));
    repeat(&producer, named(1, "a"), first);
    repeat(&producer, named(1, "a").after(secs(5)), first);
    let error = producer.enqueue(named(2, "a").after(secs(7))).expect_err("a conflict");
    assert_eq!(error.into_message().get_due(), Some(Due::After(secs(7))));
    assert_eq!((queue.stats().delayed, queue.len()), (1, 1));
    bench.pass(secs(60));
    repeat(&producer, named(1, "a").after(secs(5)), first);
    assert_eq!(bench.take_all(&queue), [1]);
    fresh(&producer, named(1, "a").after(secs(1)));
}

/// S15: another message in its slot is not taken for it.
fn s15_unique_until_settled_is_not_fooled_by_its_slot<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(unique(bench).capacity(1));
    let producer = queue.producer();
    for round in 0..100 {
        let first = fresh(&producer, named(1, "a"));
        assert_eq!(first.offset(), 2 * round);
        bench.take(&queue.consumer()).ack().expect("live");
        let other = fresh(&producer, named(2, &format!("other {round}")));
        // It would be a repeat if the slot were asked alone; so it finds no room.
        let error = producer.enqueue(named(1, "a")).expect_err("the slot is taken");
        assert!(error.is_full());
        repeat(&producer, named(2, &format!("other {round}")), other);
        bench.take(&queue.consumer()).ack().expect("live");
    }
}

suite!(
    s15_unique_until_settled_holds_in_every_state,
    s15_unique_until_settled_ends_with_its_message,
    s15_a_delayed_message_is_known_while_it_waits,
    s15_unique_until_settled_is_not_fooled_by_its_slot,
);
