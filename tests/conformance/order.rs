//! S1: order by key or partition, and how many messages may wait behind one.

use ringmill::message::Message;
use ringmill::queue::{
    BuildError, EnqueueErrorKind, Enqueued, Order, Overflow, Queue, QueueBuilder, Redrive, Retry,
};

use crate::bench::{Backend, Bench, LEASE, ms, says, secs, suite};
use crate::tasks::Task;

/// A queue of two partitions, in order by key.
fn ordered<B: Backend>(bench: &Bench<B>, name: &str) -> QueueBuilder<u64> {
    bench.builder::<u64>(name).partitions(2).order(Order::Key)
}

fn of(key: &str, number: u64) -> Message<u64> {
    Message::new(number).key(key)
}

/// S1: at most one message of a key is out, and its followers come when it is done with.
fn s01_a_key_is_handed_out_one_by_one<B: Backend>(bench: &Bench<B>) {
    let retry = Retry::fixed(secs(1)).max(5);
    let queue = bench.open(ordered(bench, "q").retry(retry));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for number in 1..=3 {
        bench.put(&producer, of("a", number));
    }
    bench.put(&producer, of("b", 10));
    let mut both = [bench.take(&consumer), bench.take(&consumer)];
    bench.nothing(&consumer);
    both.sort_by_key(|delivery| **delivery);
    let [a, b] = both;
    assert_eq!((*a, *b), (1, 10));
    bench.put(&producer, of("a", 4));
    bench.nothing(&consumer);
    a.nack().expect("live");
    bench.nothing(&consumer);
    b.ack().expect("live");
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [1, 2, 3, 4]);
    queue.check_invariants();
}

/// S1: of the messages that are out, the oldest comes first, whatever its key.
fn s01_keys_come_in_the_order_of_their_messages<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").order(Order::Key).overflow(Overflow::DropOldest);
    let queue = bench.open(builder.capacity(100));
    let producer = queue.producer();
    for number in 0..100 {
        bench.put(&producer, of(&format!("{number}"), number));
    }
    assert!(producer.enqueue(of("new", 100)).is_ok(), "the oldest makes room");
    assert_eq!(bench.take_all(&queue), Vec::from_iter(1..=100));
}

/// S1: what ends early gives way to its follower in the same batch.
fn s01_a_batch_finds_what_is_behind_a_cancelled_message<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let handles = [1, 2, 3].map(|number| bench.put(&producer, of("a", number)).1);
    queue.cancel(&handles[0]).expect("nobody has it");
    queue.cancel(&handles[1]).expect("nobody has it");
    let mut batch = Vec::new();
    assert_eq!(consumer.try_dequeue_batch(8, &mut batch), Ok(1));
    assert_eq!(*batch[0], 3);
    assert_eq!(consumer.ack_batch(batch).acked, 1);
    queue.check_invariants();
}

/// S1: in an order of partitions, the partition is the key.
fn s01_a_partition_is_handed_out_one_by_one<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").order(Order::Partition).max_waiting_per_key(2);
    let queue = bench.open(builder);
    let producer = queue.producer();
    for (number, key) in ["a", "b"].into_iter().enumerate() {
        bench.put(&producer, of(key, number as u64));
    }
    bench.put(&producer, 2);
    let refused = producer.try_enqueue(of("c", 3)).expect_err("two wait");
    assert_eq!(refused.kind(), EnqueueErrorKind::KeyFull { limit: 2 });
    let consumer = queue.consumer();
    let first = bench.take(&consumer);
    bench.nothing(&consumer);
    first.ack().expect("live");
    assert_eq!(bench.take_all(&queue), [1, 2]);
}

/// S1: the bound is exact, says so, and is of one key alone.
fn s01_a_key_that_is_full_refuses_and_others_come_in<B: Backend>(bench: &Bench<B>) {
    for limit in [0, 1, 7] {
        let queue = bench.open(ordered(bench, &format!("q{limit}")).max_waiting_per_key(limit));
        let (producer, consumer) = (queue.producer(), queue.consumer());
        for key in 0..20 {
            for number in 0..=u64::from(limit) {
                bench.put(&producer, of(&format!("{key}"), number));
            }
            let refused = producer.enqueue(of(&format!("{key}"), 99)).expect_err("it is full");
            let limit = limit as usize;
            assert_eq!(refused.kind(), EnqueueErrorKind::KeyFull { limit });
            assert!(refused.is_full() && !refused.is_closed());
            says(&refused, &[&format!("{limit} messages"), "max_waiting_per_key"]);
            assert_eq!(*refused.into_message().payload(), 99, "nothing is lost");
        }
        // Handed out is not done with.
        let held = bench.take(&consumer);
        let key = String::from_utf8_lossy(held.key().expect("it has one")).into_owned();
        assert!(producer.try_enqueue(of(&key, 99)).is_err());
        held.ack().expect("live");
        bench.put(&producer, of(&key, 99));
        assert!(producer.try_enqueue(of(&key, 100)).is_err());
        // Those without a key are in no order.
        for number in 0..20 {
            bench.put(&producer, number);
        }
        queue.check_invariants();
    }
}

/// S1: whatever becomes of a message, its key has room for another one.
fn s01_whatever_ends_makes_room_for_its_key<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead"));
    let builder = ordered(bench, "q").max_waiting_per_key(1).retry(Retry::none());
    let queue = bench.open(builder.capacity(4).dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let fill = || {
        let handles = [1, 2].map(|number| bench.put(&producer, of("a", number)).1);
        assert!(producer.try_enqueue(of("a", 3)).is_err());
        handles
    };
    fill();
    assert_eq!(bench.take_all(&queue), [1, 2]);
    fill();
    for _ in 0..2 {
        bench.take(&consumer).reject("no").expect("live");
    }
    fill();
    for _ in 0..2 {
        assert!(bench.take(&consumer).into_inner().is_ok());
    }
    for handle in fill() {
        queue.cancel(&handle).expect("nobody has it");
    }
    fill();
    assert_eq!(queue.purge(|_| true), 2);
    fill();
    for _ in 0..2 {
        bench.take(&consumer).detach().ack().expect("live");
    }
    fill();
    for _ in 0..2 {
        let late = bench.take(&consumer).detach();
        bench.expire();
        assert!(late.ack().is_err(), "it was the last attempt");
    }
    // They could not go while they were read.
    bench.pass(secs(1));
    assert_eq!(dead.len(), 4);
    fill();
    assert_eq!(queue.close().into_messages().count(), 0);
    assert_eq!(bench.take_all(&queue), [1, 2]);
    queue.check_invariants();
}

/// S1: one that is tried again, or given back, is counted on.
fn s01_a_retry_keeps_its_place_in_the_count<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q").max_waiting_per_key(0));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, of("a", 1));
    let full = || assert!(producer.try_enqueue(of("a", 2)).is_err());
    bench.take(&consumer).nack_after(secs(1)).expect("live");
    full();
    bench.pass(secs(1));
    full();
    bench.take(&consumer).release().expect("live");
    full();
    let late = bench.take(&consumer).detach();
    bench.expire();
    full();
    drop(late);
    assert_eq!(bench.take_all(&queue), [1]);
    bench.put(&producer, of("a", 2));
}

/// S1, S9: a batch is accepted up to the first that its key has no room for.
fn s01_a_batch_ends_before_a_full_key<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").order(Order::Key).max_waiting_per_key(1);
    let queue = bench.open(builder);
    let producer = queue.producer();
    let mut batch: Vec<_> = (0..5).map(|number| of("a", number)).collect();
    assert_eq!(producer.try_enqueue_batch(&mut batch), Ok(2));
    assert_eq!(batch.len(), 3);
    let full = EnqueueErrorKind::KeyFull { limit: 1 };
    assert_eq!(producer.try_enqueue_batch(&mut batch), Err(full));
    let refused = producer.enqueue_batch(&mut batch);
    assert!(refused.iter().all(|result| result.as_ref().is_err_and(|error| error.kind() == full)));
    assert_eq!(queue.len(), 2);
}

/// S1, S9: what is reserved is counted; dropped, it is not.
fn s01_a_reservation_is_counted<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<[u8]>("q").order(Order::Key).max_waiting_per_key(0);
    let queue = bench.open(builder);
    let producer = queue.producer();
    let full = EnqueueErrorKind::KeyFull { limit: 0 };
    let reserved = producer.reserve(3, Some(b"a")).expect("there is room");
    assert_eq!(producer.reserve(3, Some(b"a")).err(), Some(full));
    assert!(producer.reserve(3, Some(b"b")).is_ok());
    drop(reserved);
    producer.reserve(3, Some(b"a")).expect("there is room").commit().expect("open");
    assert_eq!(producer.reserve(3, Some(b"a")).err(), Some(full));
    let reserved = producer.reserve(3, Some(b"b")).expect("there is room");
    queue.close();
    assert!(reserved.commit().expect_err("closed").is_closed());
    queue.check_invariants();
}

/// S1, S13: who waits for the room of a key is woken by it.
fn s01_who_waits_for_a_key_is_woken<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q").max_waiting_per_key(0));
    let (mut producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, of("a", 1));
    let mut waiting = Task::waiting(producer.enqueue_async(of("a", 2)));
    assert!(waiting.poll().is_pending());
    bench.put(&queue.producer(), of("b", 10));
    let before = waiting.rings();
    let mut both = [bench.take(&consumer), bench.take(&consumer)];
    both.sort_by_key(|delivery| **delivery);
    let [a, b] = both;
    b.nack_after(LEASE).expect("live");
    assert!(waiting.poll().is_pending());
    assert_eq!(waiting.rings(), before, "not its key");
    a.ack().expect("live");
    assert!(waiting.rings() > before);
    waiting.ready().expect("there is room");
}

/// S1, S9: a free slot wakes all who may have a use for it: who waits longest may wait for a key.
fn s01_who_waits_longest_may_wait_for_another_key<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").order(Order::Key).max_waiting_per_key(1);
    let queue = bench.open(builder.capacity(4));
    let consumer = queue.consumer();
    let mut producers = [queue.producer(), queue.producer(), queue.producer()];
    for key in ["b", "a", "a", "c"] {
        bench.put(&producers[0], of(key, 1));
    }
    let [first, second, third] = &mut producers;
    let mut on_a = Task::waiting(first.enqueue_async(of("a", 2)));
    let mut on_b = Task::waiting(second.enqueue_async(of("b", 2)));
    let mut on_room = Task::waiting(third.enqueue_async(of("d", 2)));
    assert_eq!([&on_a, &on_b, &on_room].map(Task::rings), [0; 3], "who waits wakes nobody");
    let b = bench.take(&consumer);
    assert_eq!(b.key(), Some(&b"b"[..]));
    b.ack().expect("live");
    assert!(on_b.rings() > 0 && on_room.rings() > 0, "there is room for either");
    on_b.ready().expect("there is room");
    assert!(on_room.poll().is_pending() && on_a.poll().is_pending());
}

/// S1, S12: closing tells who waits for a key.
fn s01_who_waits_for_a_key_is_told_of_the_end<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(ordered(bench, "q").max_waiting_per_key(0));
    let mut producer = queue.producer();
    bench.put(&producer, of("a", 1));
    let mut waiting = Task::waiting(producer.enqueue_async(of("a", 2)));
    assert!(waiting.poll().is_pending());
    queue.close();
    assert!(waiting.ready().expect_err("closed").is_closed());
    let refused = queue.producer().try_enqueue(of("a", 3)).expect_err("closed");
    assert_eq!(refused.kind(), EnqueueErrorKind::Closed);
}

/// S1, S9: the policies of a full queue are those of a full key, but for the oldest, which may be
/// of another key.
fn s01_a_full_key_follows_the_policy<B: Backend>(bench: &Bench<B>) {
    let full = |name: &str, overflow| {
        let builder = ordered(bench, name).max_waiting_per_key(0).overflow(overflow);
        let queue: Queue<u64> = bench.open(builder);
        bench.put(&queue.producer(), of("a", 1));
        let second = queue.producer().enqueue(of("a", 2));
        let left = queue.len();
        (second.map_err(|error| error.kind()), left)
    };
    let refused = EnqueueErrorKind::KeyFull { limit: 0 };
    assert_eq!(full("fail", Overflow::Fail), (Err(refused), 1));
    assert_eq!(full("newest", Overflow::DropNewest), (Ok(Enqueued::Dropped), 1));
    assert_eq!(full("oldest", Overflow::DropOldest), (Err(refused), 1));
    let timed_out = Err(EnqueueErrorKind::TimedOut);
    assert_eq!(full("block", Overflow::Block(ms(1))), (timed_out, 1));

    // The one that makes room for another key makes room for its own.
    let builder = bench.builder::<u64>("both").order(Order::Key).max_waiting_per_key(0);
    let queue = bench.open(builder.capacity(1).overflow(Overflow::DropOldest));
    let producer = queue.producer();
    for key in ["a", "b", "a", "b"] {
        assert!(producer.enqueue(of(key, 1)).is_ok(), "{key}");
    }
    assert_eq!(queue.len(), 1);
}

/// S1, S5: dead letters come in beyond the bound; back home they are refused by it.
fn s01_dead_letters_come_in_beyond_the_bound<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(ordered(bench, "dead").max_waiting_per_key(0));
    let queue = bench.open(ordered(bench, "q").max_waiting_per_key(1).dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for _ in 0..2 {
        bench.put(&producer, of("a", 1));
        bench.take(&consumer).reject("no").expect("live");
    }
    bench.flush();
    assert_eq!(dead.len(), 2);
    assert!(dead.producer().try_enqueue(of("a", 2)).is_err());
    bench.put(&producer, of("a", 3));
    let report = dead.redrive(Redrive::new());
    assert_eq!((report.moved, report.refused), (1, 1));
    bench.flush();
    assert!(dead.producer().try_enqueue(of("a", 2)).is_err(), "one is there still");
    assert_eq!(bench.take_all(&queue), [3, 1]);
    assert_eq!(dead.redrive(Redrive::new()).moved, 1);
    bench.put(&dead.producer(), of("a", 2));
    queue.check_invariants();
    dead.check_invariants();
}

/// S1: without an order nothing waits behind a key.
fn s01_a_bound_without_an_order_is_refused<B: Backend>(bench: &Bench<B>) {
    let built = bench.try_open(bench.builder::<u64>("q").max_waiting_per_key(1));
    let Some(BuildError::InvalidConfig { field, allowed, .. }) = built.err() else {
        panic!("it is refused")
    };
    assert_eq!(field, "max_waiting_per_key");
    assert!(allowed.contains("order"));
}

suite!(
    s01_a_key_is_handed_out_one_by_one,
    s01_keys_come_in_the_order_of_their_messages,
    s01_a_batch_finds_what_is_behind_a_cancelled_message,
    s01_a_partition_is_handed_out_one_by_one,
    s01_a_key_that_is_full_refuses_and_others_come_in,
    s01_whatever_ends_makes_room_for_its_key,
    s01_a_retry_keeps_its_place_in_the_count,
    s01_a_batch_ends_before_a_full_key,
    s01_a_reservation_is_counted,
    s01_who_waits_for_a_key_is_woken,
    s01_who_waits_longest_may_wait_for_another_key,
    s01_who_waits_for_a_key_is_told_of_the_end,
    s01_a_full_key_follows_the_policy,
    s01_dead_letters_come_in_beyond_the_bound,
    s01_a_bound_without_an_order_is_refused,
);
