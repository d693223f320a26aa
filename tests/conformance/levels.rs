//! S7: levels of priority.

use ringmill::message::{Message, Priority};
use ringmill::queue::{BuildError, Order, Queue};

use crate::bench::{Backend, Bench, suite};

const LEVELS: [Priority; 3] = [Priority::LOW, Priority::NORMAL, Priority::CRITICAL];

/// A message of this priority whose payload is the level.
fn of(priority: Priority) -> Message<u64> {
    Message::new(u64::from(priority.get())).priority(priority)
}

/// How many lower ones are handed out before the critical one, in batches of this many, by these
/// consumers in turn.
fn overtakers<B: Backend>(
    bench: &Bench<B>,
    queue: &Queue<u64>,
    consumers: usize,
    batch: usize,
) -> usize {
    bench.flush();
    let consumers: Vec<_> = (0..consumers).map(|_| queue.consumer()).collect();
    let mut lower = 0;
    for consumer in consumers.iter().cycle() {
        let mut batch_of = Vec::new();
        consumer.try_dequeue_batch(batch, &mut batch_of).expect("the critical one is there");
        let found = batch_of.iter().position(|delivery| delivery.priority() == Priority::CRITICAL);
        lower += found.unwrap_or(batch_of.len());
        assert_eq!(consumer.ack_batch(batch_of).refused, 0);
        if found.is_some() {
            break;
        }
    }
    lower
}

/// S7: strict: the first dequeue behind the acceptance hands it out.
fn s07_the_highest_level_goes_first_and_each_in_its_order<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").levels(&LEVELS));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for number in 0..9 {
        let level = LEVELS[number as usize % 3];
        bench.put(&producer, Message::new(number).priority(level));
    }
    assert_eq!(*bench.take(&consumer), 2);
    bench.put(&producer, Message::new(9).priority(Priority::CRITICAL));
    assert_eq!(bench.take_all(&queue), [5, 8, 9, 1, 4, 7, 0, 3, 6]);
}

/// S7: `relaxed(n)`: at most n overtakes, whoever takes them, one by one or in batches.
fn s07_relaxed_levels_are_overtaken_by_so_many_at_most<B: Backend>(bench: &Bench<B>) {
    for (round, slack) in [1, 7, 64, 200].into_iter().enumerate() {
        for (consumers, batch) in [(1, 1), (3, 1), (1, 8), (2, 5), (1, 32)] {
            let name = format!("q{round} {consumers} {batch}");
            let builder = bench.builder::<u64>(&name).capacity(2_000);
            let queue = bench.open(builder.relaxed_levels(&LEVELS, slack));
            let producer = queue.producer();
            for waiting in [1_500, 1, 70, 300] {
                for _ in 0..waiting {
                    bench.put(&producer, of(Priority::NORMAL));
                }
                // Some are passed on, and others wait behind them.
                assert_eq!(bench.take(&queue.consumer()).priority(), Priority::NORMAL);
                bench.put(&producer, of(Priority::CRITICAL));
                let lower = overtakers(bench, &queue, consumers, batch);
                assert!(lower <= slack as usize, "{lower} overtake, at slack {slack}");
            }
            queue.check_invariants();
        }
    }
}

/// S7: what waits is not passed on before so many have been handed out: that is what is cheaper.
fn s07_relaxed_levels_are_not_looked_at_each_time<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(500).relaxed_levels(&LEVELS, 64));
    let producer = queue.producer();
    for _ in 0..400 {
        bench.put(&producer, of(Priority::LOW));
    }
    bench.take(&queue.consumer()).ack().expect("live");
    bench.put(&producer, of(Priority::CRITICAL));
    assert_eq!(overtakers(bench, &queue, 1, 1), 63);
}

/// S7: a level that nobody is below is never waited for.
fn s07_a_relaxed_queue_hands_out_what_is_there<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").relaxed_levels(&LEVELS, 1_000));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for _ in 0..3 {
        for level in LEVELS {
            bench.put(&producer, of(level));
            let delivery = bench.take(&consumer);
            assert_eq!(delivery.priority(), level);
            delivery.ack().expect("live");
        }
    }
}

/// S7: between keys, priority chooses; inside of a key, order does.
fn s07_relaxed_levels_keep_the_order_of_a_key<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").order(Order::Key);
    let queue = bench.open(builder.relaxed_levels(&LEVELS, 8));
    let producer = queue.producer();
    bench.put(&producer, Message::new(1).key("a").priority(Priority::LOW));
    bench.put(&producer, Message::new(2).key("a").priority(Priority::CRITICAL));
    bench.put(&producer, Message::new(3).key("b"));
    assert_eq!(bench.take_all(&queue), [3, 1, 2]);
}

/// S7: also one that came while its key was busy, when that is done with.
fn s07_a_follower_is_not_overlooked<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").order(Order::Key).levels(&LEVELS));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Message::new(1).key("a").priority(Priority::CRITICAL));
    bench.put(&producer, Message::new(2).key("b").priority(Priority::LOW));
    let first = bench.take(&consumer);
    assert_eq!(*first, 1);
    bench.put(&producer, Message::new(3).key("a").priority(Priority::CRITICAL));
    bench.put(&producer, Message::new(4).key("c").priority(Priority::LOW));
    assert_eq!(*bench.take(&consumer), 2, "its key is busy");
    first.ack().expect("live");
    assert_eq!(bench.take_all(&queue), [3, 4]);
}

/// S7: what a delivery, a look and a dead letter tell.
fn s07_a_message_tells_its_priority<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead"));
    let queue = bench.open(bench.builder::<u64>("q").levels(&LEVELS).dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, of(Priority::CRITICAL));
    bench.put(&producer, of(Priority::LOW));
    let told: Vec<_> = queue.peek(0, 2).iter().map(|peeked| peeked.priority()).collect();
    assert_eq!(told, [Priority::CRITICAL, Priority::LOW]);
    let delivery = bench.take(&consumer);
    assert_eq!(delivery.priority(), Priority::CRITICAL);
    let detached = delivery.detach();
    assert_eq!(detached.priority(), Priority::CRITICAL);
    detached.reject("no").expect("live");
    bench.flush();
    assert_eq!(dead.peek(0, 1)[0].priority(), Priority::CRITICAL);
    assert_eq!(bench.take(&dead.consumer()).priority(), Priority::CRITICAL);
    assert_eq!(bench.take(&consumer).priority(), Priority::LOW);

    let plain = bench.queue("plain");
    bench.put(&plain.producer(), 7);
    assert_eq!(plain.peek(0, 1)[0].priority(), Priority::NORMAL);
    assert_eq!(bench.take(&plain.consumer()).priority(), Priority::NORMAL);
}

/// S7: nobody overtakes in a strict queue; it has a setter of its own.
fn s07_a_slack_of_none_is_refused<B: Backend>(bench: &Bench<B>) {
    let built = bench.try_open(bench.builder::<u64>("q").relaxed_levels(&LEVELS, 0));
    let refused = built.err();
    let Some(BuildError::InvalidConfig { field, value, allowed }) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!((*field, &**value), ("relaxed_levels", "0"));
    assert!(allowed.contains("levels"));
    let built = bench.try_open(bench.builder::<u64>("q").relaxed_levels(&[], 1));
    assert!(matches!(built, Err(BuildError::InvalidConfig { field: "levels", .. })));
}

suite!(
    s07_the_highest_level_goes_first_and_each_in_its_order,
    s07_relaxed_levels_are_overtaken_by_so_many_at_most,
    s07_relaxed_levels_are_not_looked_at_each_time,
    s07_a_relaxed_queue_hands_out_what_is_there,
    s07_relaxed_levels_keep_the_order_of_a_key,
    s07_a_follower_is_not_overlooked,
    s07_a_message_tells_its_priority,
    s07_a_slack_of_none_is_refused,
);
