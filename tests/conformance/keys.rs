//! S1, S35: keys that are parked behind a dead letter, and keys that are paused.

use std::time::Duration;

use ringmill::message::{Message, Reason};
use ringmill::queue::{
    AfterDead, BuildError, DequeueError, KeyError, Order, Overflow, ParkedKey, Queue, QueueBuilder,
    Redrive, Retry,
};

use crate::bench::{Backend, Bench, ms, secs, suite};
use crate::tasks::Task;

/// A queue in order by key.
fn ordered<B: Backend>(bench: &Bench<B>, name: &str) -> QueueBuilder<u64> {
    bench.builder::<u64>(name).order(Order::Key)
}

/// One that parks up to `limit` messages of a key, with dead letters.
fn parking<B: Backend>(bench: &Bench<B>, limit: usize) -> Queue<u64> {
    let builder = ordered(bench, "q").retry(Retry::fixed(ms(1)).max(1)).dead_letters("dead");
    bench.open(builder.after_dead(AfterDead::ParkKey { limit }))
}

fn of(key: &str, number: u64) -> Message<u64> {
    Message::new(number).key(key)
}

fn put_all<B: Backend>(bench: &Bench<B>, queue: &Queue<u64>, key: &str, numbers: &[u64]) {
    let producer = queue.producer();
    for number in numbers {
        bench.put(&producer, of(key, *number));
    }
}

/// The parked keys, as text, and how many messages of each were set aside.
fn parked(queue: &Queue<u64>) -> Vec<(String, usize)> {
    let name =
        |parked: ParkedKey| (String::from_utf8_lossy(&parked.key).into_owned(), parked.messages);
    queue.parked_keys().into_iter().map(name).collect()
}

/// The numbers of the dead letters, and why they died.
fn dead(queue: &Queue<u64>) -> Vec<(u64, Reason)> {
    let dead = queue.dead_letters().expect("there is one");
    let letters = dead.browse(|_| true);
    letters.iter().map(|letter| (**letter, letter.history()[0].reason)).collect()
}

/// S1: what is behind a dead letter goes on.
fn s01_by_default_a_key_goes_on_behind_a_dead_letter<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q").dead_letters("dead"));
    put_all(bench, &queue, "a", &[1, 2, 3]);
    bench.take(&queue.consumer()).reject("no").expect("live");
    assert_eq!(bench.take_all(&queue), [2, 3]);
    assert_eq!(queue.parked_keys(), []);
}

/// S1: however it dies by its handling, its followers are set aside, and others go on.
fn s01_a_dead_letter_parks_its_key<B: Backend>(_: &Bench<B>) {
    for way in 0..4 {
        let bench = &Bench::<B>::new();
        let queue = parking(bench, 10);
        let consumer = queue.consumer();
        put_all(bench, &queue, "a", &[1, 2]);
        let first = bench.take(&consumer);
        put_all(bench, &queue, "a", &[3]);
        put_all(bench, &queue, "b", &[10]);
        match way {
            0 => first.reject("no").expect("live"),
            1 => {
                first.nack().expect("live");
                bench.pass(ms(1));
                let mut again = bench.take_all(&queue);
                again.retain(|number| *number < 10);
                assert_eq!(again, [1, 2, 3], "a retry is not a death");
                put_all(bench, &queue, "a", &[1, 2, 3]);
                put_all(bench, &queue, "b", &[10]);
                bench.take(&consumer).reject("no").expect("live");
            }
            2 => {
                first.nack_after(Duration::ZERO).expect("live");
                let again = bench.take(&consumer);
                assert_eq!((*again, again.attempts()), (1, 1));
                again.nack().expect("live");
            }
            _ => {
                for (late, attempts) in [(Some(first.detach()), 0), (None, 1)] {
                    let late = late.unwrap_or_else(|| bench.take(&consumer).detach());
                    assert_eq!((*late, late.attempts()), (1, attempts));
                    bench.expire();
                    drop(late);
                }
                bench.pass(secs(1));
            }
        }
        assert_eq!(bench.take_all(&queue), [10], "{way}");
        assert_eq!(parked(&queue), [("a".into(), 2)], "{way}");
        put_all(bench, &queue, "a", &[4]);
        bench.nothing(&consumer);
        assert_eq!(queue.stats().ready, 3, "they are there");
        queue.check_invariants();
        assert_eq!(queue.unpark_key("a"), Ok(3));
        assert_eq!(bench.take_all(&queue), [2, 3, 4]);
        assert_eq!(queue.unpark_key("a"), Err(KeyError::NotFound));
        queue.check_invariants();
    }
}

/// S1: they come back in their order, before what has come since, wherever that is.
fn s01_an_unparked_key_goes_on_where_it_was<B: Backend>(bench: &Bench<B>) {
    let queue = parking(bench, 10);
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2, 3]);
    bench.take(&consumer).reject("no").expect("live");
    bench.nothing(&consumer);
    // One that is out already, since a look at another key has passed it on, and one in the log.
    put_all(bench, &queue, "b", &[10]);
    put_all(bench, &queue, "a", &[4]);
    let other = bench.take(&consumer);
    put_all(bench, &queue, "a", &[5]);
    assert_eq!((*other, queue.unpark_key("a")), (10, Ok(2)));
    assert_eq!(queue.unpark_key("a"), Err(KeyError::NotFound));
    other.ack().expect("live");
    assert_eq!(bench.take_all(&queue), [2, 3, 4, 5]);
    queue.check_invariants();
}

/// S1: one of those that come back may die too, and parks the others again.
fn s01_an_unparked_key_may_be_parked_again<B: Backend>(bench: &Bench<B>) {
    let queue = parking(bench, 10);
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2, 3, 4]);
    for round in 0..3 {
        bench.take(&consumer).reject("no").expect("live");
        bench.nothing(&consumer);
        assert_eq!(queue.unpark_key("a"), Ok(3 - round));
    }
    assert_eq!(bench.take_all(&queue), [4]);
    assert_eq!(dead(&queue).len(), 3);
    queue.check_invariants();
}

/// S1: beyond the limit they become dead letters, the later ones.
fn s01_more_than_the_limit_become_dead_letters<B: Backend>(_: &Bench<B>) {
    for limit in [0, 1, 2] {
        let bench = &Bench::<B>::new();
        let queue = parking(bench, limit);
        let consumer = queue.consumer();
        put_all(bench, &queue, "a", &[1, 2, 3, 4]);
        bench.take(&consumer).reject("no").expect("live");
        bench.nothing(&consumer);
        assert_eq!(parked(&queue), [("a".into(), limit)]);
        let expected: Vec<_> = (2 + limit as u64..=4).map(|n| (n, Reason::KeyParked)).collect();
        assert_eq!(dead(&queue)[1..], expected);
        queue.check_invariants();
        // Redriven, they come behind those that were parked.
        assert_eq!(queue.unpark_key("a"), Ok(limit));
        let letters = queue.dead_letters().expect("there is one");
        let report = letters.redrive(Redrive::new().filter(|letter| **letter > 1));
        assert_eq!(report.moved, 3 - limit);
        assert_eq!(bench.take_all(&queue), [2, 3, 4]);
    }
}

/// S1: without a queue for dead letters they are dropped, counted.
fn s01_without_dead_letters_they_are_counted<B: Backend>(bench: &Bench<B>) {
    let builder = ordered(bench, "q").after_dead(AfterDead::ParkKey { limit: 1 });
    let queue = bench.open(builder);
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2, 3, 4]);
    bench.take(&consumer).reject("no").expect("live");
    bench.nothing(&consumer);
    let stats = queue.stats();
    assert_eq!((stats.dropped_rejected, stats.dropped_key_parked, stats.ready), (1, 2, 1));
    queue.check_invariants();
}

/// S1: one that somebody looks at is a dead letter when he has left.
fn s01_a_follower_that_is_read_dies_later<B: Backend>(bench: &Bench<B>) {
    let queue = parking(bench, 0);
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2]);
    let looked = queue.browse(|peeked| **peeked == 2);
    bench.take(&consumer).reject("no").expect("live");
    bench.nothing(&consumer);
    assert_eq!((queue.stats().parked, dead(&queue).len()), (1, 1));
    queue.check_invariants();
    drop(looked);
    bench.pass(secs(1));
    assert_eq!(dead(&queue), [(1, Reason::Rejected), (2, Reason::KeyParked)]);
    queue.check_invariants();
}

/// S1, S35: cancelled and purged ones are gone, and their room is free.
fn s01_parked_messages_can_be_cancelled_and_purged<B: Backend>(bench: &Bench<B>) {
    let builder = ordered(bench, "q").capacity(5).dead_letters("dead");
    let queue = bench.open(builder.after_dead(AfterDead::ParkKey { limit: 10 }));
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2, 3, 4, 5]);
    let [second, third] = [1, 2].map(|at| queue.peek(0, 5)[at].handle());
    bench.take(&consumer).reject("no").expect("live");
    bench.nothing(&consumer);
    queue.cancel(&second).expect("nobody has it");
    assert_eq!(queue.purge(|message| **message == 4), 1);
    put_all(bench, &queue, "b", &[10, 11, 12]);
    queue.check_invariants();
    assert_eq!(queue.unpark_key("a"), Ok(2));
    queue.cancel(&third).expect("nobody has it");
    let mut all = bench.take_all(&queue);
    all.sort_unstable();
    assert_eq!(all, [5, 10, 11, 12]);
    queue.check_invariants();
    assert_eq!(queue.stats().husks, 0);
}

/// S12: the report of closing takes them along; what comes to their key afterwards dies.
fn s12_closing_takes_parked_keys_along<B: Backend>(bench: &Bench<B>) {
    let queue = parking(bench, 1);
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1]);
    bench.take(&consumer).reject("no").expect("live");
    put_all(bench, &queue, "a", &[2]);
    bench.nothing(&consumer);
    put_all(bench, &queue, "a", &[3, 4]);
    let report = queue.close();
    assert_eq!(report.parked(), 1);
    let messages: Vec<_> = report.into_messages().map(Message::into_payload).collect();
    assert_eq!(messages, [2]);
    assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Closed));
    let letters = [(1, Reason::Rejected), (3, Reason::KeyParked), (4, Reason::KeyParked)];
    assert_eq!(dead(&queue), letters);
    queue.check_invariants();
}

/// S12: where nobody is left to let them go, they become dead letters.
fn s12_parked_keys_end_with_the_last_handle<B: Backend>(bench: &Bench<B>) {
    let queue = parking(bench, 10);
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2, 3]);
    bench.take(&consumer).reject("no").expect("live");
    bench.nothing(&consumer);
    let letters = queue.dead_letters().expect("there is one");
    drop(queue);
    bench.tick();
    assert_eq!(letters.len(), 3);
    assert_eq!(consumer.try_dequeue().err(), Some(DequeueError::Closed));
}

/// S1: where there is no order by key, nothing is parked.
fn s01_parking_needs_an_order_by_key<B: Backend>(bench: &Bench<B>) {
    for order in [Order::None, Order::Partition] {
        let builder = bench.builder::<u64>("q").order(order);
        let built = bench.try_open(builder.after_dead(AfterDead::ParkKey { limit: 1 }));
        assert!(matches!(built, Err(BuildError::InvalidConfig { field: "after_dead", .. })));
    }
}

/// S35: a paused key hands nothing out, and takes everything in; others go on.
fn s35_a_paused_key_hands_nothing_out<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q"));
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2]);
    let held = bench.take(&consumer);
    assert_eq!(queue.pause_key("a"), Ok(true));
    assert_eq!(queue.pause_key("a"), Ok(false), "it is paused already");
    assert!(queue.is_key_paused("a") && !queue.is_key_paused("b"));
    held.ack().expect("settling goes on");
    put_all(bench, &queue, "b", &[10, 11]);
    put_all(bench, &queue, "a", &[3]);
    assert_eq!(bench.take_all(&queue), [10, 11]);
    let mut batch = Vec::new();
    assert_eq!(consumer.try_dequeue_batch(8, &mut batch).err(), Some(DequeueError::Empty));
    assert_eq!(queue.stats().ready, 2);
    queue.check_invariants();
    queue.resume_key("a").expect("it was paused");
    assert!(!queue.is_key_paused("a"));
    assert_eq!(bench.take_all(&queue), [2, 3]);
    assert_eq!(queue.resume_key("a"), Err(KeyError::NotFound));
}

/// S35: also in a partition that nothing has come to yet, in a batch, and for a retry.
fn s35_a_pause_is_for_all_that_comes<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q").partitions(4));
    let consumer = queue.consumer();
    for key in ["a", "b", "c", "d", "e", "f"] {
        queue.pause_key(key).expect("there is an order by key");
        put_all(bench, &queue, key, &[1, 2]);
    }
    put_all(bench, &queue, "g", &[1]);
    let mut batch = Vec::new();
    assert_eq!(consumer.try_dequeue_batch(64, &mut batch), Ok(1));
    assert_eq!(batch[0].key(), Some(&b"g"[..]));
    queue.pause_key("g").expect("there is an order by key");
    batch.remove(0).nack_after(secs(1)).expect("live");
    bench.pass(secs(1));
    bench.nothing(&consumer);
    for key in ["a", "b", "c", "d", "e", "f", "g"] {
        queue.resume_key(key).expect("it was paused");
        let all = bench.take_all(&queue);
        assert_eq!(all, if key == "g" { &[1][..] } else { &[1, 2] }, "{key}");
    }
    queue.check_invariants();
}

/// S35: resuming wakes who waits, and so does letting go.
fn s35_resuming_a_key_wakes_the_waiters<B: Backend>(bench: &Bench<B>) {
    let queue = parking(bench, 10);
    let mut consumer = queue.consumer();
    queue.pause_key("a").expect("there is an order by key");
    put_all(bench, &queue, "a", &[1, 2]);
    {
        let mut waiting = Task::waiting(consumer.dequeue_async());
        assert!(waiting.poll().is_pending());
        let before = waiting.rings();
        queue.resume_key("a").expect("it was paused");
        assert!(waiting.rings() > before);
        waiting.ready().expect("it is there").reject("no").expect("live");
    }
    let mut waiting = Task::waiting(consumer.dequeue_async());
    assert!(waiting.poll().is_pending());
    let before = waiting.rings();
    assert_eq!(queue.unpark_key("a"), Ok(1));
    assert!(waiting.rings() > before);
    assert_eq!(*waiting.ready().expect("it is there"), 2);
}

/// S35: a key may be parked and paused, and goes on when it is neither.
fn s35_a_key_may_be_parked_and_paused<B: Backend>(bench: &Bench<B>) {
    let queue = parking(bench, 10);
    let consumer = queue.consumer();
    put_all(bench, &queue, "a", &[1, 2, 3]);
    let first = bench.take(&consumer);
    queue.pause_key("a").expect("there is an order by key");
    first.reject("no").expect("live");
    bench.nothing(&consumer);
    assert_eq!(parked(&queue), [("a".into(), 2)]);
    assert_eq!(queue.unpark_key("a"), Ok(2));
    bench.nothing(&consumer);
    put_all(bench, &queue, "a", &[4]);
    bench.nothing(&consumer);
    queue.resume_key("a").expect("it is paused still");
    assert_eq!(bench.take_all(&queue), [2, 3, 4]);
    queue.check_invariants();
}

/// S35: purged, paused messages are gone, and the room is free.
fn s35_paused_messages_can_be_purged<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q").capacity(3));
    let consumer = queue.consumer();
    queue.pause_key("a").expect("there is an order by key");
    put_all(bench, &queue, "a", &[1, 2, 3]);
    bench.nothing(&consumer);
    assert_eq!(queue.purge(|message| **message < 3), 2);
    put_all(bench, &queue, "a", &[4]);
    queue.check_invariants();
    queue.resume_key("a").expect("it was paused");
    assert_eq!(bench.take_all(&queue), [3, 4]);
}

/// S9: what is held does not make room.
fn s09_a_held_key_does_not_make_room<B: Backend>(bench: &Bench<B>) {
    let builder = ordered(bench, "q").capacity(2).overflow(Overflow::DropOldest);
    let queue = bench.open(builder);
    queue.pause_key("a").expect("there is an order by key");
    put_all(bench, &queue, "a", &[1]);
    put_all(bench, &queue, "b", &[10]);
    let producer = queue.producer();
    assert!(producer.enqueue(of("c", 20)).is_ok(), "b's makes room");
    assert!(producer.enqueue(of("a", 2)).is_ok(), "c's makes room");
    assert!(producer.enqueue(of("d", 30)).expect_err("a's do not").is_full());
    queue.resume_key("a").expect("it was paused");
    assert_eq!(bench.take_all(&queue), [1, 2]);
    queue.check_invariants();
}

/// S1, S34: a group parks what is behind its own dead letters; others go on.
fn s01_each_group_parks_its_keys<B: Backend>(bench: &Bench<B>) {
    let builder = ordered(bench, "q").group("other").dead_letters("dead").capacity(4);
    let queue = bench.open(builder.after_dead(AfterDead::ParkKey { limit: 1 }));
    let other = queue.group("other").expect("it is declared");
    let (mine, its) = (queue.consumer(), other.consumer().expect("it is there"));
    put_all(bench, &queue, "a", &[1, 2, 3]);
    bench.take(&its).reject("no").expect("live");
    bench.nothing(&its);
    let parked = queue.parked_keys();
    assert_eq!((&*parked[0].group, parked[0].messages, parked.len()), ("other", 1, 1));
    assert_eq!(dead(&queue), [(1, Reason::Rejected), (3, Reason::KeyParked)]);
    for number in 1..=3 {
        let next = bench.take(&mine);
        assert_eq!(*next, number);
        next.ack().expect("live");
    }
    put_all(bench, &queue, "b", &[10, 11, 12]);
    assert_eq!(queue.unpark_key("a"), Ok(1));
    let next = bench.take(&its);
    assert_eq!(*next, 2);
    next.ack().expect("live");
    assert_eq!(bench.take_all(&queue), [10, 11, 12]);
    queue.check_invariants();
}

/// S34, S35: a pause is for all groups, also for one that joins later.
fn s35_a_key_is_paused_for_every_group<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q").max_groups(2));
    put_all(bench, &queue, "b", &[10]);
    queue.pause_key("a").expect("there is an order by key");
    let other = queue.create_group("other").expect("there is room");
    let its = other.consumer().expect("it is there");
    put_all(bench, &queue, "a", &[1]);
    bench.nothing(&its);
    assert_eq!(bench.take_all(&queue), [10]);
    queue.resume_key("a").expect("it was paused");
    bench.take(&its).ack().expect("live");
    assert_eq!(bench.take_all(&queue), [1]);
    queue.check_invariants();
}

/// S34, S35: a group that leaves leaves nothing behind that it held.
fn s34_a_group_that_leaves_holds_no_key<B: Backend>(bench: &Bench<B>) {
    let builder = ordered(bench, "q").max_groups(2).capacity(4);
    let queue = bench.open(builder.after_dead(AfterDead::ParkKey { limit: 2 }));
    for _ in 0..3 {
        let other = queue.create_group("other").expect("there is room");
        let its = other.consumer().expect("it is there");
        queue.pause_key("b").expect("there is an order by key");
        put_all(bench, &queue, "a", &[1, 2, 3]);
        put_all(bench, &queue, "b", &[10]);
        bench.take(&its).reject("no").expect("live");
        bench.nothing(&its);
        drop(its);
        queue.remove_group("other").expect("it is there");
        queue.resume_key("b").expect("it was paused");
        assert_eq!(queue.parked_keys(), []);
        assert_eq!(bench.take_all(&queue), [1, 10, 2, 3]);
        bench.tick();
    }
    assert_eq!(queue.occupancy().taken, 0);
}

/// S35: without an order by key there are no keys to be held.
fn s35_pausing_a_key_needs_an_order_by_key<B: Backend>(bench: &Bench<B>) {
    let refused = Err(KeyError::Unsupported);
    for (name, order) in [("none", Order::None), ("partition", Order::Partition)] {
        let queue = bench.open(bench.builder::<u64>(name).order(order));
        assert_eq!(queue.pause_key("a"), refused);
        assert_eq!(queue.resume_key("a").map(|()| true), refused);
        assert_eq!(queue.unpark_key("a").map(|_| true), refused);
        assert_eq!(queue.parked_keys(), []);
        assert!(!queue.is_key_paused("a"));
    }
    assert!(KeyError::Unsupported.to_string().contains("Order::Key"));
}

suite!(
    s01_by_default_a_key_goes_on_behind_a_dead_letter,
    s01_a_dead_letter_parks_its_key,
    s01_an_unparked_key_goes_on_where_it_was,
    s01_an_unparked_key_may_be_parked_again,
    s01_more_than_the_limit_become_dead_letters,
    s01_without_dead_letters_they_are_counted,
    s01_a_follower_that_is_read_dies_later,
    s01_parked_messages_can_be_cancelled_and_purged,
    s01_parking_needs_an_order_by_key,
    s01_each_group_parks_its_keys,
    s09_a_held_key_does_not_make_room,
    s12_closing_takes_parked_keys_along,
    s12_parked_keys_end_with_the_last_handle,
    s35_a_paused_key_hands_nothing_out,
    s35_a_pause_is_for_all_that_comes,
    s35_resuming_a_key_wakes_the_waiters,
    s35_a_key_may_be_parked_and_paused,
    s35_paused_messages_can_be_purged,
    s34_a_group_that_leaves_holds_no_key,
    s35_a_key_is_paused_for_every_group,
    s35_pausing_a_key_needs_an_order_by_key,
);
