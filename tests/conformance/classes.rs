//! S25: classes of errors.

use ringmill::message::Reason;
use ringmill::queue::{ErrorClass, Retry};

use crate::bench::{Backend, Bench, secs, suite};

/// S25: Validation is a dead letter now; all others are retried.
fn s25_the_class_decides_whether_it_is_tried_again<B: Backend>(bench: &Bench<B>) {
    let retry = Retry::fixed(secs(2)).max(5);
    let queue = bench.open(bench.builder::<u64>("q").retry(retry).dead_letters("dead"));
    let consumer = queue.consumer();
    let classes = [
        ErrorClass::Business,
        ErrorClass::System,
        ErrorClass::TimedOut,
        ErrorClass::Panic,
        ErrorClass::Validation,
    ];
    for (number, class) in classes.into_iter().enumerate() {
        bench.fill(&queue, [number as u64]);
        bench.take(&consumer).nack_with(class, "Validation: a text decides nothing").expect("live");
        let stats = queue.stats();
        let dead = u64::from(class == ErrorClass::Validation);
        assert_eq!((stats.dead_lettered, stats.delayed), (dead, 1 - dead), "{class:?}");
        bench.pass(secs(2));
        if dead == 0 {
            bench.take(&consumer).ack().expect("live");
        }
    }
    let of_dead = queue.dead_letters().expect("it was asked for").consumer();
    let letter = bench.take(&of_dead);
    let entry = &letter.history()[0];
    assert_eq!((entry.reason, entry.class), (Reason::Rejected, Some(ErrorClass::Validation)));
    assert_eq!(entry.text, "Validation: a text decides nothing");
}

suite!(s25_the_class_decides_whether_it_is_tried_again);
