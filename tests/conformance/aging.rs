//! S7: aging: what waits below rises, so that it waits for no longer than can be said.

use std::time::Duration;

use ringmill::message::{Message, Priority};
use ringmill::queue::{BuildError, Order, Queue, Retry};

use crate::bench::{Backend, Bench, ms, secs, suite};

const LEVELS: [Priority; 4] = [Priority::LOW, Priority::NORMAL, Priority::HIGH, Priority::CRITICAL];
const STEP: Duration = secs(10);

fn aging<B: Backend>(bench: &Bench<B>, name: &str) -> Queue<u64> {
    bench.open(bench.builder::<u64>(name).levels(&LEVELS).aging_step(STEP))
}

fn of(number: u64, priority: Priority) -> Message<u64> {
    Message::new(number).priority(priority)
}

/// A queue in which the highest never end: each second five come and five go, and `backlog` of them
/// are always there. After how many seconds a message of `level` is handed out, if it came `late`
/// after a pass of the housekeeper.
fn waits<B: Backend>(
    bench: &Bench<B>,
    queue: &Queue<u64>,
    level: Priority,
    late: Duration,
    backlog: u64,
) -> Option<u64> {
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let critical = || bench.put(&producer, of(0, Priority::CRITICAL));
    bench.pass(STEP);
    bench.clock.advance(late);
    bench.put(&producer, of(1, level));
    for _ in 0..backlog {
        critical();
    }
    for second in 0..1_000 {
        for _ in 0..5 {
            critical();
            let next = bench.take(&consumer);
            let found = *next == 1;
            next.ack().expect("live");
            if found {
                return Some(second);
            }
        }
        bench.pass(secs(1));
    }
    None
}

/// S7: `n` levels are above it: it is among the highest after `n + 1` steps, and then those go first
/// that were there before it.
fn s07_nothing_waits_longer_than_its_bound<B: Backend>(bench: &Bench<B>) {
    for late in [0, 1, 4, 9] {
        for (above, level) in [(3, Priority::LOW), (2, Priority::NORMAL), (1, Priority::HIGH)] {
            let queue = aging(bench, &format!("q{late} {above}"));
            // Five a second are handed out: so long do those take that are there before it.
            let backlog = 50;
            let waited = waits(bench, &queue, level, secs(late), backlog);
            let waited = waited.expect("it is handed out");
            let steps = STEP.as_secs();
            let longest = (above + 1) * steps + backlog / 5 + 1;
            assert!(waited <= longest, "{waited} s, more than {longest} s, {level} at {late}");
            // Not before it has risen.
            assert!(waited >= above * steps, "{waited} s, {level} at {late}");
            bench.take_all(&queue);
            queue.check_invariants();
        }
    }
}

/// S7: without it, low ones wait for as long as higher ones come.
fn s07_without_aging_low_ones_wait<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").levels(&LEVELS));
    assert_eq!(waits(bench, &queue, Priority::LOW, secs(0), 50), None);
}

/// S7: those that rise together stay in their order, the higher ones in front.
fn s07_what_rises_keeps_its_order<B: Backend>(bench: &Bench<B>) {
    let queue = aging(bench, "q");
    let producer = queue.producer();
    for number in 0..12 {
        bench.put(&producer, of(number, LEVELS[number as usize % 3]));
    }
    bench.tick();
    for _ in 0..3 {
        bench.pass(STEP);
    }
    bench.put(&producer, of(12, Priority::CRITICAL));
    // A level each step: so the levels came to the highest one after the other.
    assert_eq!(bench.take_all(&queue), [2, 5, 8, 11, 1, 4, 7, 10, 0, 3, 6, 9, 12]);
}

/// S7: a housekeeper that comes late lets them rise by as many levels as they would have.
fn s07_who_waits_for_the_housekeeper_rises_by_more<B: Backend>(bench: &Bench<B>) {
    let queue = aging(bench, "q");
    let producer = queue.producer();
    for (number, level) in [(3, Priority::LOW), (2, Priority::NORMAL), (1, Priority::HIGH)] {
        bench.put(&producer, of(number, level));
    }
    bench.tick();
    bench.pass(STEP * 3);
    bench.put(&producer, of(4, Priority::CRITICAL));
    assert_eq!(bench.take_all(&queue), [1, 2, 3, 4]);
}

/// S7: a level for each step, and none before the step is over.
fn s07_a_message_rises_a_level_a_step<B: Backend>(bench: &Bench<B>) {
    for steps in 0..4 {
        let queue = aging(bench, &format!("q{steps}"));
        let producer = queue.producer();
        bench.put(&producer, of(1, Priority::LOW));
        bench.tick();
        for _ in 0..steps {
            bench.pass(STEP);
        }
        bench.pass(STEP - ms(1));
        for level in LEVELS {
            bench.put(&producer, of(u64::from(level.get()), level));
        }
        let taken = bench.take_all(&queue);
        let before = taken.iter().position(|number| *number == 1);
        assert_eq!(before, Some(3 - steps), "{taken:?}");
    }
}

/// S7: one that came behind the last pass has not waited for a step.
fn s07_who_came_a_moment_ago_does_not_rise<B: Backend>(bench: &Bench<B>) {
    let queue = aging(bench, "q");
    let producer = queue.producer();
    bench.put(&producer, of(0, Priority::CRITICAL));
    bench.tick();
    bench.clock.advance(STEP);
    bench.put(&producer, of(1, Priority::LOW));
    bench.tick();
    bench.put(&producer, of(2, Priority::NORMAL));
    assert_eq!(bench.take_all(&queue), [0, 2, 1]);
}

/// S7: what is handed out again is at its own level, and begins anew.
fn s07_a_retry_begins_anew<B: Backend>(bench: &Bench<B>) {
    let retry = Retry::fixed(secs(1)).max(5);
    let queue = bench.open(bench.builder::<u64>("q").levels(&LEVELS).aging_step(STEP).retry(retry));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, of(1, Priority::LOW));
    bench.tick();
    for _ in 0..3 {
        bench.pass(STEP);
    }
    bench.put(&producer, of(2, Priority::CRITICAL));
    let risen = bench.take(&consumer);
    assert_eq!((*risen, risen.priority()), (1, Priority::LOW));
    risen.nack().expect("live");
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [2, 1]);
}

/// S7: the next of a key waits for the one before, whatever their age.
fn s07_aging_keeps_the_order_of_a_key<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").order(Order::Key).levels(&LEVELS);
    let queue = bench.open(builder.aging_step(STEP));
    let producer = queue.producer();
    bench.put(&producer, of(1, Priority::LOW).key("a"));
    bench.put(&producer, of(2, Priority::CRITICAL).key("a"));
    bench.put(&producer, of(3, Priority::HIGH).key("b"));
    bench.tick();
    for _ in 0..3 {
        bench.pass(STEP);
    }
    // Behind what was as high before, and then with its own level.
    assert_eq!(bench.take_all(&queue), [3, 1, 2]);
}

/// S7: the housekeeper says when it wants to come again.
fn s07_aging_asks_for_its_passes<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").levels(&LEVELS).aging_step(ms(500)));
    assert!(bench.tick() <= ms(500), "also where nothing has come yet");
    bench.put(&queue.producer(), of(1, Priority::LOW));
    assert!(bench.tick() <= ms(500));
    bench.pass(ms(200));
    assert!(bench.tick() <= ms(300));
}

/// S7: from a millisecond on.
fn s07_a_step_out_of_range_is_refused<B: Backend>(bench: &Bench<B>) {
    for step in [Duration::ZERO, Duration::from_micros(999), Duration::MAX] {
        let built = bench.try_open(bench.builder::<u64>("q").aging_step(step));
        assert!(
            matches!(built, Err(BuildError::InvalidConfig { field: "aging_step", .. })),
            "{step:?}"
        );
    }
    // One level has nowhere to rise to.
    let queue = bench.open(bench.builder::<u64>("q").aging_step(ms(1)));
    bench.fill(&queue, 0..3);
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [0, 1, 2]);
}

suite!(
    s07_nothing_waits_longer_than_its_bound,
    s07_without_aging_low_ones_wait,
    s07_what_rises_keeps_its_order,
    s07_who_waits_for_the_housekeeper_rises_by_more,
    s07_a_message_rises_a_level_a_step,
    s07_who_came_a_moment_ago_does_not_rise,
    s07_a_retry_begins_anew,
    s07_aging_keeps_the_order_of_a_key,
    s07_aging_asks_for_its_passes,
    s07_a_step_out_of_range_is_refused,
);
