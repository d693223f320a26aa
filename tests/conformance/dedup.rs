//! S15: messages that are sent twice.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use ringmill::message::{Message, MessageId};
use ringmill::queue::{
    BuildError, Content, Dedup, EnqueueErrorKind, Enqueued, Overflow, Producer, Queue,
    QueueBuilder, Redrive,
};

use crate::bench::{Backend, Bench, ms, says, secs, suite};
use crate::tasks::Task;

/// Ten ids, each for a minute.
const WINDOW: Dedup = Dedup::window(secs(60), 10);

fn windowed<B: Backend>(bench: &Bench<B>) -> QueueBuilder<u64> {
    bench.builder::<u64>("q").dedup(WINDOW)
}

pub(crate) fn named(number: u64, id: &str) -> Message<u64> {
    Message::new(number).dedup_id(id)
}

/// It is accepted.
#[track_caller]
pub(crate) fn fresh<T: Content + ?Sized>(
    producer: &Producer<T>,
    message: impl Into<Message<T::Owned>>,
) -> MessageId {
    match producer.enqueue(message) {
        Ok(Enqueued::Accepted { id, .. }) => id,
        Ok(other) => panic!("it is new, but {other:?}"),
        Err(error) => panic!("it is new, but {error}"),
    }
}

/// It is a repeat of `first`.
#[track_caller]
pub(crate) fn repeat<T: Content + ?Sized>(
    producer: &Producer<T>,
    message: impl Into<Message<T::Owned>>,
    first: MessageId,
) {
    match producer.enqueue(message) {
        Ok(told) => assert_eq!(told, Enqueued::Duplicate { id: Some(first) }),
        Err(error) => panic!("it is a repeat, but {error}"),
    }
}

/// S15: a repeat is told the first id, and nothing is taken in.
fn s15_a_repeat_is_told_the_first_id<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench).partitions(3));
    let (producer, other) = (queue.producer(), queue.producer());
    let ids: Vec<_> = (0..5).map(|n| fresh(&producer, named(n, &n.to_string()))).collect();
    for (n, id) in (0..).zip(&ids) {
        repeat(&producer, named(n, &n.to_string()), *id);
        repeat(&other, named(n, &n.to_string()), *id);
    }
    assert_eq!((queue.stats().accepted, queue.stats().duplicates), (5, 10));
    let mut all = bench.take_all(&queue);
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4]);
}

/// S15: in a window, whatever has become of the first one.
fn s15_a_window_does_not_ask_what_became_of_the_first<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench).capacity(2));
    let producer = queue.producer();
    let first = fresh(&producer, named(1, "a"));
    assert_eq!(bench.take_all(&queue), [1]);
    repeat(&producer, named(1, "a"), first);
    // Its slot has other messages now.
    bench.fill(&queue, 2..4);
    repeat(&producer, named(1, "a"), first);
    assert_eq!(bench.take_all(&queue), [2, 3]);
}

/// S15: a window ends by time, exactly.
fn s15_a_window_ends_by_time<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench));
    let producer = queue.producer();
    let first = fresh(&producer, named(1, "a"));
    bench.clock.advance(secs(30));
    let second = fresh(&producer, named(2, "b"));
    // A repeat does not make it longer.
    repeat(&producer, named(1, "a"), first);
    bench.clock.advance(secs(30) - Duration::from_nanos(1));
    repeat(&producer, named(1, "a"), first);
    bench.clock.advance(Duration::from_nanos(1));
    repeat(&producer, named(2, "b"), second);
    let again = fresh(&producer, named(1, "a"));
    repeat(&producer, named(1, "a"), again);
    bench.pass(secs(30));
    repeat(&producer, named(1, "a"), again);
    fresh(&producer, named(2, "b"));
}

/// S15: a window ends by count, the oldest first, exactly.
fn s15_a_window_ends_by_count<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench).partitions(3));
    let producer = queue.producer();
    let ids: Vec<_> = (0..10).map(|n| fresh(&producer, named(n, &n.to_string()))).collect();
    // What has no id does not count, nor does a repeat.
    bench.fill(&queue, 100..120);
    for (n, id) in (0..).zip(&ids) {
        repeat(&producer, named(n, &n.to_string()), *id);
    }
    for n in 10..200 {
        let oldest = n - 10;
        fresh(&producer, named(n, &n.to_string()));
        let forgotten = producer.enqueue(named(oldest + 1, &(oldest + 1).to_string()));
        assert!(matches!(forgotten, Ok(Enqueued::Duplicate { .. })), "{oldest} went, no other");
    }
    let again = fresh(&producer, named(0, "0"));
    repeat(&producer, named(0, "0"), again);
    fresh(&producer, named(190, "190"));
    assert_eq!(queue.len(), 222);
}

/// S15: a message without an id is no repeat.
fn s15_a_message_without_an_id_is_no_repeat<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench));
    let producer = queue.producer();
    for _ in 0..3 {
        fresh(&producer, 1);
        fresh(&producer, Message::new(1).key("k"));
    }
    assert_eq!((queue.len(), queue.stats().duplicates), (6, 0));
}

/// S15: the same id with other bytes, another key or other headers is a conflict, and comes back.
fn s15_an_id_with_another_payload_is_a_conflict<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("bytes").dedup(WINDOW));
    let producer = queue.producer();
    let message = |bytes: &'static str| Message::new(bytes.into()).dedup_id("a");
    let first = fresh(&producer, message("10 EUR").key("k").header("h", "v"));
    repeat(&producer, message("10 EUR").key("k").header("h", "v"), first);
    for other in [
        message("20 EUR").key("k").header("h", "v"),
        message("10 EUR").key("l").header("h", "v"),
        message("10 EUR").header("h", "v"),
        message("10 EUR").key("k").header("h", "w"),
        message("10 EUR").key("k").header("hv", ""),
        message("10 EUR").key("k"),
    ] {
        let error = producer.enqueue(other.clone()).expect_err("it says something else");
        assert_eq!(error.kind(), EnqueueErrorKind::DedupConflict { id: first });
        says(&error, &["0-0-0", "id"]);
        assert!(error.into_message() == other, "it comes back");
    }
    assert_eq!((queue.len(), queue.stats().duplicates), (1, 1));
}

/// S15: a payload that is not bytes is told apart by the queue's own hash, or not at all.
fn s15_what_tells_payloads_apart_is_the_queues_to_say<B: Backend>(bench: &Bench<B>) {
    let blind = bench.open(windowed(bench));
    let first = fresh(&blind.producer(), named(1, "a"));
    repeat(&blind.producer(), named(2, "a"), first);
    let keyed = blind.producer().enqueue(named(1, "a").key("k")).expect_err("another key");
    assert_eq!(keyed.kind(), EnqueueErrorKind::DedupConflict { id: first });

    let builder = bench.builder::<u64>("parity").dedup(WINDOW);
    let queue = bench.open(builder.fingerprint(|number| u128::from(number % 2)));
    let producer = queue.producer();
    let first = fresh(&producer, named(1, "a"));
    repeat(&producer, named(3, "a"), first);
    let other = producer.enqueue(named(2, "a")).expect_err("it is even");
    assert_eq!(other.kind(), EnqueueErrorKind::DedupConflict { id: first });
    assert_eq!(*other.into_message().payload(), 2);
}

/// S15: what was not accepted is not remembered.
fn s15_a_failed_enqueue_leaves_no_entry<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q").capacity(1).max_payload(4).dedup(WINDOW));
    let producer = queue.producer();
    let message = |bytes: &'static str| Message::new(bytes.into()).dedup_id("a");
    let long = producer.enqueue(message("too long")).expect_err("it is too long");
    assert_eq!(long.kind(), EnqueueErrorKind::TooLarge { bytes: 8, limit: 4 });
    bench.put(&producer, bytes("none"));
    let full = producer.enqueue(message("long")).expect_err("it is full");
    assert!(full.is_full());
    bench.take(&queue.consumer()).ack().expect("live");
    // Neither the one nor the other: another payload is no conflict.
    fresh(&producer, message("last"));
    bench.take(&queue.consumer()).ack().expect("live");
    queue.close();
    let closed = producer.enqueue(message("more").dedup_id("b")).expect_err("it is closed");
    assert!(closed.is_closed());
    assert!(closed.into_message().has_dedup_id());
    let again = producer.enqueue(message("More").dedup_id("b")).expect_err("it is closed");
    assert!(again.is_closed(), "not a conflict");
}

fn bytes(text: &'static str) -> Message<ringmill::queue::Bytes> {
    Message::new(text.into())
}

/// S15: nor what the overflow policy lets go of.
fn s15_what_is_dropped_as_the_newest_is_not_remembered<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench).capacity(1).overflow(Overflow::DropNewest));
    let producer = queue.producer();
    bench.put(&producer, 1);
    assert_eq!(producer.enqueue(named(2, "a")).ok(), Some(Enqueued::Dropped));
    assert_eq!(bench.take_all(&queue), [1]);
    fresh(&producer, named(2, "a"));
}

/// S15: a repeat needs no room, makes none, and waits for none; a closed queue knows it, too.
fn s15_a_repeat_needs_no_room<B: Backend>(bench: &Bench<B>) {
    let day = Duration::from_secs(86_400);
    for overflow in
        [Overflow::Fail, Overflow::Block(day), Overflow::DropNewest, Overflow::DropOldest]
    {
        let queue = bench.open(windowed(bench).capacity(2).overflow(overflow));
        let mut producer = queue.producer();
        let first = fresh(&producer, named(1, "a"));
        bench.put(&producer, 2);
        repeat(&producer, named(1, "a"), first);
        let told = Enqueued::Duplicate { id: Some(first) };
        assert_eq!(producer.enqueue_blocking(named(1, "a")).ok(), Some(told));
        let waiting = producer.enqueue_async(named(1, "a"));
        assert_eq!(pollster::block_on(waiting).ok(), Some(told));
        assert_eq!((queue.len(), queue.stats().dropped_overflow), (2, 0));
        queue.close();
        repeat(&producer, named(1, "a"), first);
        assert_eq!(bench.take_all(&queue), [1, 2]);
    }
}

/// S15: who waits for room with a message that another producer has sent meanwhile is told so.
fn s15_a_repeat_that_waits_for_room_is_noticed<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench).capacity(1));
    let mut producer = queue.producer();
    bench.put(&producer, 1);
    let mut waiting = Task::waiting(producer.enqueue_async(named(2, "a")));
    assert_eq!(bench.take_all(&queue), [1]);
    let first = fresh(&queue.producer(), named(2, "a"));
    let told = waiting.ready().expect("it is a repeat");
    assert_eq!(told, Enqueued::Duplicate { id: Some(first) });
    assert_eq!(bench.take_all(&queue), [2]);
}

/// S15: of several that come at once one is accepted, and the others have its id.
fn s15_of_several_at_once_one_is_accepted<B: Backend>(bench: &Bench<B>) {
    const THREADS: usize = 4;
    let rounds = if cfg!(miri) { 5 } else { 500 };
    let dedups = [Dedup::window(secs(60), 100_000), Dedup::unique_until_settled()];
    for (nth, dedup) in dedups.into_iter().enumerate() {
        let builder = bench.builder::<u64>(&format!("q{nth}")).partitions(2);
        let queue = bench.open(builder.capacity(rounds).dedup(dedup));
        let barrier = Barrier::new(THREADS);
        let send = || {
            let producer = queue.producer();
            let round = |n: usize| {
                barrier.wait();
                producer.enqueue(named(n as u64, &n.to_string())).expect("there is room")
            };
            (0..rounds).map(round).collect::<Vec<_>>()
        };
        let told: Vec<Vec<Enqueued>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(send)).collect();
            threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
        });
        for n in 0..rounds {
            let accepted =
                told.iter().filter(|told| matches!(told[n], Enqueued::Accepted { .. })).count();
            assert_eq!(accepted, 1, "{n}");
            assert!(told.iter().all(|other| other[n].id() == told[0][n].id()), "{n}");
        }
        assert_eq!(queue.len(), rounds as u64);
        let seen = queue.stats();
        assert_eq!(seen.duplicates, (rounds * (THREADS - 1)) as u64);
        queue.check_invariants();
    }
}

/// S15: in a batch, too.
fn s15_a_batch_knows_its_repeats<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench).capacity(5));
    let producer = queue.producer();
    let first = fresh(&producer, named(0, "a"));
    let mut batch: Vec<_> = vec![
        Message::new(1),
        named(0, "a"),
        named(2, "b"),
        named(2, "b"),
        Message::new(3),
        named(4, "c").key("k"),
        named(4, "c"),
        Message::new(5),
    ];
    assert_eq!(producer.try_enqueue_batch(&mut batch).ok(), Some(6), "up to the conflict");
    let left: Vec<_> = batch.iter().map(|left| *left.payload()).collect();
    assert_eq!(left, [4, 5]);
    let kind = producer.try_enqueue_batch(&mut batch).expect_err("a conflict");
    assert!(matches!(kind, EnqueueErrorKind::DedupConflict { .. }));
    assert_eq!(batch.len(), 2);
    batch.remove(0);
    batch.insert(0, named(0, "a"));
    assert_eq!(producer.try_enqueue_batch(&mut batch).ok(), Some(1), "full, but for a repeat");
    let told = producer.enqueue_batch(&mut vec![named(0, "a")]);
    assert_eq!(told[0].as_ref().ok(), Some(&Enqueued::Duplicate { id: Some(first) }));
    assert_eq!(bench.take_all(&queue), [0, 1, 2, 3, 4]);
}

/// S15: a payload that is written in place, too; a repeat gives its room back.
fn s15_reserved_room_is_for_one_of_an_id<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<[u8]>("q").capacity(2).max_bytes(100);
    let queue = bench.open(builder.dedup(WINDOW));
    let producer = queue.producer();
    let reserve = |text: &str| {
        let mut room = producer.reserve(text.len(), None).expect("there is room");
        room.copy_from_slice(text.as_bytes());
        room.dedup_id("a")
    };
    let first = reserve("hello").commit().expect("it is new").id().expect("accepted");
    for _ in 0..5 {
        let told = reserve("hello").commit().expect("a repeat");
        assert_eq!(told, Enqueued::Duplicate { id: Some(first) });
        repeat(&producer, Message::new("hello".into()).dedup_id("a"), first);
        let error = reserve("hullo").commit().expect_err("something else");
        assert_eq!(error.kind(), EnqueueErrorKind::DedupConflict { id: first });
        assert_eq!(&error.into_message().into_payload()[..], b"hullo");
    }
    fresh(&producer, Message::new(vec![0; 95].into()));
    queue.check_invariants();
}

/// S15: dead letters and what is redriven have been accepted before: no window refuses them.
fn s15_dead_letters_are_no_repeats<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(windowed(bench).dead_letters("dead"));
    let dead = queue.dead_letters().expect("it has one");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let first = fresh(&producer, named(1, "a"));
    for round in 0..3 {
        bench.take(&consumer).reject("no").expect("live");
        assert_eq!(dead.len(), 1, "{round}");
        repeat(&producer, named(1, "a"), first);
        assert_eq!(dead.redrive(Redrive::new()).moved, 1);
    }
    repeat(&producer, named(1, "a"), first);
    assert_eq!(bench.take_all(&queue), [1]);
}

/// S15: a queue that remembers no ids takes none.
fn s15_a_queue_without_dedup_refuses_ids<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let error = queue.producer().enqueue(named(1, "a")).expect_err("it would not be noticed");
    assert_eq!(error.kind(), EnqueueErrorKind::NoDedup);
    says(&error, &["dedup"]);
    assert!(error.into_message().has_dedup_id());
    let bytes = bench.open(bench.builder::<[u8]>("bytes"));
    let producer = bytes.producer();
    let room = producer.reserve(1, None).expect("there is room").dedup_id("a");
    assert_eq!(room.commit().expect_err("as above").kind(), EnqueueErrorKind::NoDedup);
}

/// S15: a window of nothing is refused, by name.
fn s15_a_window_of_nothing_is_refused<B: Backend>(bench: &Bench<B>) {
    let decade = Duration::from_secs(315_360_000);
    for (time, count) in
        [(Duration::ZERO, 1), (ms(1), 0), (decade + ms(1), 1), (ms(1), (1 << 31) + 1)]
    {
        let built: Result<Queue<u64>, _> =
            bench.try_open(bench.builder("q").dedup(Dedup::window(time, count)));
        match built.expect_err("no such window") {
            error @ BuildError::InvalidConfig { field, .. } => {
                assert_eq!(field, "dedup");
                says(&error, &["dedup", "1"]);
            }
            other => panic!("{other}"),
        }
    }
    for (time, count) in [(ms(1), 1), (decade, 1 << 31)] {
        bench.open(bench.builder::<u64>("q").dedup(Dedup::window(time, count)));
    }
}

/// S15: a hash that panics leaves nothing behind.
fn s15_a_hash_that_panics_leaves_nothing<B: Backend>(bench: &Bench<B>) {
    let builder = windowed(bench).capacity(1).max_bytes(8);
    let queue = bench.open(builder.fingerprint(|number| match number {
        13 => panic!("unlucky"),
        number => u128::from(*number),
    }));
    let producer = queue.producer();
    for _ in 0..3 {
        let unlucky = std::panic::AssertUnwindSafe(|| producer.enqueue(named(13, "a")).is_ok());
        assert!(std::panic::catch_unwind(unlucky).is_err());
    }
    queue.check_invariants();
    let first = fresh(&producer, named(1, "a"));
    repeat(&producer, named(1, "a"), first);
}

suite!(
    s15_a_repeat_is_told_the_first_id,
    s15_a_window_does_not_ask_what_became_of_the_first,
    s15_a_window_ends_by_time,
    s15_a_window_ends_by_count,
    s15_a_message_without_an_id_is_no_repeat,
    s15_an_id_with_another_payload_is_a_conflict,
    s15_what_tells_payloads_apart_is_the_queues_to_say,
    s15_a_failed_enqueue_leaves_no_entry,
    s15_what_is_dropped_as_the_newest_is_not_remembered,
    s15_a_repeat_needs_no_room,
    s15_a_repeat_that_waits_for_room_is_noticed,
    s15_of_several_at_once_one_is_accepted,
    s15_a_batch_knows_its_repeats,
    s15_reserved_room_is_for_one_of_an_id,
    s15_dead_letters_are_no_repeats,
    s15_a_queue_without_dedup_refuses_ids,
    s15_a_window_of_nothing_is_refused,
    s15_a_hash_that_panics_leaves_nothing,
);
