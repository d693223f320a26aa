//! S5: dead letters that go back to where they came from.

use std::time::Instant;

use ringmill::queue::{Queue, Redrive, Retry};

use crate::bench::{Backend, Bench, ms, suite};

/// A queue and its dead letters, which are these numbers.
fn dead<B: Backend>(
    bench: &Bench<B>,
    numbers: impl IntoIterator<Item = u64>,
) -> (Queue<u64>, Queue<u64>) {
    let dead = bench.queue("dead");
    let builder = bench.builder("q").capacity(10).retry(Retry::fixed(ms(1))).dead_letters("dead");
    let queue = bench.open(builder);
    let consumer = queue.consumer();
    for number in numbers {
        bench.fill(&queue, [number]);
        bench.take(&consumer).reject("not today").expect("live");
    }
    (queue, dead)
}

/// S5: a redriven message takes a new place at the end, with all its attempts.
fn s05_a_redriven_message_begins_again_at_the_end<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = dead(bench, [1, 2]);
    bench.fill(&queue, [3]);
    let report = dead.redrive(Redrive::new());
    bench.flush();
    assert_eq!((report.matched, report.moved, report.refused), (2, 2, 0));
    assert_eq!((dead.len(), queue.len()), (0, 3));
    let consumer = queue.consumer();
    let numbers = [3, 1, 2].map(|number| {
        let held = bench.take(&consumer);
        assert_eq!(*held, number);
        assert_eq!((held.attempts(), held.deliveries()), (0, 1));
        let died = held.history().len();
        let offset = held.offset();
        held.ack().expect("live");
        (offset, died)
    });
    assert_eq!(numbers, [(2, 0), (3, 1), (4, 1)], "it remembers");
    let stats = dead.stats();
    let gone = stats.acked + stats.dead_lettered + stats.dropped();
    assert_eq!(stats.accepted, gone, "what was moved is accounted for: {stats:?}");
}

/// S5: each goes back to the queue it came from.
fn s05_a_redrive_goes_back_to_each_source<B: Backend>(bench: &Bench<B>) {
    let one = bench.open(bench.builder::<u64>("one").dead_letters("dead"));
    let two = bench.open(bench.builder::<u64>("two").dead_letters("dead"));
    for (queue, number) in [(&one, 1), (&two, 2), (&one, 3)] {
        bench.fill(queue, [number]);
        let consumer = queue.consumer();
        bench.take(&consumer).reject("no").expect("live");
    }
    let dead = one.dead_letters().expect("it was asked for");
    assert_eq!(dead.redrive(Redrive::new()).moved, 3);
    assert_eq!((bench.take_all(&one), bench.take_all(&two)), (vec![1, 3], vec![2]));
}

/// S5: filter, maximum, dry run.
fn s05_a_redrive_moves_what_it_is_asked_to<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = dead(bench, 1..=8);
    let even = || Redrive::new().filter(|letter| **letter % 2 == 0);
    let report = dead.redrive(even().dry_run(true));
    assert_eq!((report.matched, report.moved), (4, 0));
    assert_eq!((dead.len(), queue.len()), (8, 0), "a dry run moves nothing");
    assert_eq!(dead.redrive(even().max(3)).moved, 3);
    bench.flush();
    assert_eq!(bench.take_all(&queue), [2, 4, 6]);
    assert_eq!(dead.redrive(Redrive::new().max(0)).moved, 0);
    assert_eq!(bench.take_all(&dead), [1, 3, 5, 7, 8]);
}

/// S5: what finds no room stays a dead letter.
fn s05_a_redrive_into_a_full_queue_loses_nothing<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = dead(bench, 1..=4);
    bench.fill(&queue, 100..108);
    let report = dead.redrive(Redrive::new());
    bench.flush();
    assert_eq!((report.moved, report.refused), (2, 2));
    assert_eq!((queue.len(), dead.len()), (10, 2));
    let mut all = bench.take_all(&queue);
    all.extend(bench.take_all(&dead));
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4, 100, 101, 102, 103, 104, 105, 106, 107]);
}

/// S5: at most so many a second.
fn s05_a_redrive_keeps_its_rate<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = dead(bench, 1..=5);
    let begin = Instant::now();
    assert_eq!(dead.redrive(Redrive::new().rate(100)).moved, 5);
    assert!(begin.elapsed() >= ms(40), "{:?} for 5", begin.elapsed());
    assert_eq!((queue.len(), dead.len()), (5, 0));
}

/// S5: a message that is being handled is no dead letter to be moved.
fn s05_a_redrive_leaves_what_is_leased<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = dead(bench, 1..=2);
    let of_dead = dead.consumer();
    let held = bench.take(&of_dead);
    assert_eq!(dead.redrive(Redrive::new()).moved, 1);
    bench.flush();
    assert_eq!(bench.take_all(&queue), [2]);
    held.ack().expect("it is the holder");
}

suite!(
    s05_a_redriven_message_begins_again_at_the_end,
    s05_a_redrive_goes_back_to_each_source,
    s05_a_redrive_moves_what_it_is_asked_to,
    s05_a_redrive_into_a_full_queue_loses_nothing,
    s05_a_redrive_keeps_its_rate,
    s05_a_redrive_leaves_what_is_leased,
);
