//! Counters: who sees a count sees those that came before it.

use loom::sync::Arc;
use loom::thread;
use ringmill::internal::delivery::{Count, Counters, fill};

use crate::seat::{Part, ack, next, partition};
use crate::{check, models};

models! { "count":
    acked_is_never_more_than_accepted,
    nor_where_many_count,
}

/// Publishes a message that is counted before anybody can see it.
fn publish(part: &Part, accepted: &Counters) {
    let index = part.claim().expect("there is room");
    // SAFETY: claimed, so the slot is free and ours; and filled.
    unsafe {
        fill(part.at(index), 1);
        part.publish(index, || accepted.add(Count::Accepted, 1)).expect("it is open");
    }
}

/// A snapshot that reads the end of a message's path before its beginning.
fn downstream_first(acked: fn() -> Counters) {
    check(move || {
        let part = partition(1);
        let producers = Arc::new(Counters::own());
        let consumers = Arc::new(acked());
        let producer = {
            let (part, producers) = (part.clone(), producers.clone());
            thread::spawn(move || publish(&part, &producers))
        };
        let consumer = {
            let (part, consumers) = (part.clone(), consumers.clone());
            thread::spawn(move || {
                if let Some((index, lease, _)) = next(&part) {
                    assert!(ack(&part, index, lease));
                    consumers.add(Count::Acked, 1);
                }
            })
        };
        let acked = consumers.get(Count::Acked);
        let accepted = producers.get(Count::Accepted);
        assert!(acked <= accepted, "{acked} acked of {accepted}");
        producer.join().unwrap();
        consumer.join().unwrap();
    });
}

fn acked_is_never_more_than_accepted() {
    downstream_first(Counters::own);
}

fn nor_where_many_count() {
    downstream_first(Counters::shared);
}
