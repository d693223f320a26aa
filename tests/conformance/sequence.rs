//! S16: producers whose messages have numbers.

use std::thread;
use std::time::Duration;

use ringmill::message::{Message, MessageId};
use ringmill::queue::{Dedup, EnqueueErrorKind, Enqueued, IdempotentProducer, Overflow, Queue};

use crate::bench::{Backend, Bench, says, secs, suite};

/// It is accepted.
#[track_caller]
fn sent(producer: &IdempotentProducer<u64>, number: u64, payload: u64) -> MessageId {
    match producer.enqueue_sequenced(number, payload) {
        Ok(Enqueued::Accepted { id, .. }) => id,
        Ok(other) => panic!("{number} comes next, but {other:?}"),
        Err(error) => panic!("{number} comes next, but {error}"),
    }
}

/// It is refused, and comes back.
#[track_caller]
fn refused(producer: &IdempotentProducer<u64>, number: u64) -> EnqueueErrorKind {
    let error = producer.enqueue_sequenced(number, 77).expect_err("it is refused");
    let kind = error.kind();
    assert_eq!(*error.into_message().payload(), 77);
    kind
}

const fn repeat(id: MessageId) -> Enqueued {
    Enqueued::Duplicate { id: Some(id) }
}

/// S16: the next number is accepted, a repeat has the first one's id, a gap is refused.
fn s16_the_next_is_accepted_and_a_repeat_has_its_id<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(3).capacity(100));
    let producer = queue.idempotent_producer("p");
    assert_eq!((producer.epoch(), producer.next_sequence()), (1, Ok(0)));
    let mut ids = Vec::new();
    for number in 0..20 {
        assert_eq!(
            refused(&producer, number + 1),
            EnqueueErrorKind::OutOfOrder { expected: number, got: number + 1 }
        );
        ids.push(sent(&producer, number, number));
        for (earlier, id) in (0..).zip(&ids) {
            let told = producer.enqueue_sequenced(earlier, 99).expect("it was accepted");
            assert_eq!(told, repeat(*id));
        }
    }
    assert_eq!((queue.stats().accepted, queue.stats().duplicates), (20, 210));
    assert_eq!(producer.next_sequence(), Ok(20));
    let mut all = bench.take_all(&queue);
    all.sort_unstable();
    assert!(all.into_iter().eq(0..20), "each once");
    assert_eq!(producer.enqueue_sequenced(7, 7).ok(), Some(repeat(ids[7])), "settled or not");
    says(&EnqueueErrorKind::OutOfOrder { expected: 3, got: 5 }, &["3", "5"]);
}

/// S16: or the producer counts by itself.
fn s16_the_producer_counts_by_itself<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let producer = queue.idempotent_producer("p");
    for payload in 0..5 {
        let told = producer.enqueue(payload).expect("there is room");
        assert!(matches!(told, Enqueued::Accepted { .. }));
    }
    assert_eq!(producer.next_sequence(), Ok(5));
    assert_eq!(bench.take_all(&queue), [0, 1, 2, 3, 4]);
}

/// S16: opening the name again raises the epoch and fences the older handle; the numbers go on.
fn s16_an_older_epoch_is_fenced<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let old = queue.idempotent_producer("p");
    let first = sent(&old, 0, 10);
    let new = queue.idempotent_producer("p");
    assert_eq!((new.epoch(), new.next_sequence()), (2, Ok(1)));
    // Also what it has sent before, and what comes too early.
    for number in 0..3 {
        assert_eq!(refused(&old, number), EnqueueErrorKind::Fenced { epoch: 2 });
    }
    let error = old.enqueue(Message::new(5).key("k")).expect_err("it is fenced");
    assert_eq!(error.kind(), EnqueueErrorKind::Fenced { epoch: 2 });
    assert_eq!(error.into_message().get_key(), Some(&b"k"[..]));
    assert_eq!(old.next_sequence(), Err(EnqueueErrorKind::Fenced { epoch: 2 }));
    says(&EnqueueErrorKind::Fenced { epoch: 2 }, &["2"]);
    assert_eq!(new.enqueue_sequenced(0, 10).ok(), Some(repeat(first)));
    sent(&new, 1, 11);
    drop(new);
    assert_eq!(refused(&old, 2), EnqueueErrorKind::Fenced { epoch: 2 });
    sent(&queue.idempotent_producer("p"), 2, 12);
    assert_eq!(bench.take_all(&queue), [10, 11, 12]);
}

/// S16: what is not accepted leaves the sequence where it was.
fn s16_what_is_refused_leaves_the_sequence<B: Backend>(bench: &Bench<B>) {
    for overflow in [Overflow::Fail, Overflow::DropNewest, Overflow::Block(Duration::ZERO)] {
        let queue = bench.open(bench.builder::<u64>("q").capacity(1).overflow(overflow));
        let producer = queue.idempotent_producer("p");
        let first = sent(&producer, 0, 10);
        match producer.enqueue_sequenced(1, 11) {
            Ok(told) => assert_eq!(told, Enqueued::Dropped),
            Err(error) => assert!(error.is_full()),
        }
        assert_eq!(producer.next_sequence(), Ok(1));
        assert_eq!(
            refused(&producer, 2),
            EnqueueErrorKind::OutOfOrder { expected: 1, got: 2 },
            "whether there is room or not"
        );
        // A repeat needs no room.
        assert_eq!(producer.enqueue_sequenced(0, 10).ok(), Some(repeat(first)));
        assert_eq!(bench.take_all(&queue), [10]);
        sent(&producer, 1, 11);
        queue.close();
        assert_eq!(refused(&producer, 2), EnqueueErrorKind::Closed);
        assert_eq!((producer.next_sequence(), bench.take_all(&queue)), (Ok(2), vec![11]));
        // With room, too.
        assert_eq!(refused(&producer, 2), EnqueueErrorKind::Closed);
        assert_eq!(producer.next_sequence(), Ok(2));
    }
}

/// S16: the oldest makes room for the next number, not for a repeat.
fn s16_the_oldest_makes_room_for_no_repeat<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1).overflow(Overflow::DropOldest));
    let producer = queue.idempotent_producer("p");
    let first = sent(&producer, 0, 10);
    assert_eq!(producer.enqueue_sequenced(0, 10).ok(), Some(repeat(first)));
    assert_eq!(queue.stats().dropped_overflow, 0);
    sent(&producer, 1, 11);
    assert_eq!((queue.stats().dropped_overflow, bench.take_all(&queue)), (1, vec![11]));
}

/// S16: the last 1,024 are known by name; what was before is known to be a repeat.
fn s16_an_old_repeat_is_one_without_a_name<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let producer = queue.idempotent_producer("p");
    let mut ids = Vec::new();
    for number in 0..1_030 {
        ids.push(sent(&producer, number, number));
        assert_eq!(bench.take_all(&queue), [number]);
    }
    for (number, id) in (0..).zip(ids) {
        let id = (number >= 6).then_some(id);
        let told = producer.enqueue_sequenced(number, 0).expect("it was accepted");
        assert_eq!(told, Enqueued::Duplicate { id }, "{number}");
    }
    assert_eq!(queue.len(), 0);
}

/// S16: names have nothing to do with each other, nor have queues.
fn s16_names_and_queues_are_apart<B: Backend>(bench: &Bench<B>) {
    let (queue, other) = (bench.queue("q"), bench.queue("other"));
    let one = queue.idempotent_producer("one");
    let two = queue.idempotent_producer("two");
    let three = other.idempotent_producer("one");
    for producer in [&one, &two, &three] {
        assert_eq!(producer.epoch(), 1);
        sent(producer, 0, 1);
        sent(producer, 1, 2);
    }
    bench.put(&queue.producer(), 3);
    assert_eq!((queue.len(), other.len()), (5, 2));
}

/// S16: a name that is forgotten is fenced, and begins anew.
fn s16_a_forgotten_name_begins_anew<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    assert!(!queue.forget_producer("p"));
    let old = queue.idempotent_producer("p");
    sent(&old, 0, 10);
    assert!(queue.forget_producer("p"));
    assert!(!queue.forget_producer("p"));
    assert!(matches!(refused(&old, 1), EnqueueErrorKind::Fenced { .. }));
    let new = queue.idempotent_producer("p");
    assert_eq!(new.next_sequence(), Ok(0));
    sent(&new, 0, 11);
    assert!(matches!(refused(&old, 1), EnqueueErrorKind::Fenced { .. }));
    assert_eq!(bench.take_all(&queue), [10, 11]);
}

/// S16: who waits for room when its name is opened again is told so.
fn s16_who_waits_for_room_is_fenced<B: Backend>(bench: &Bench<B>) {
    let day = secs(86_400);
    let queue = bench.open(bench.builder::<u64>("q").capacity(1).overflow(Overflow::Block(day)));
    let old = queue.idempotent_producer("p");
    sent(&old, 0, 10);
    thread::scope(|scope| {
        let waiting = scope.spawn(move || refused(&old, 1));
        // It waits, or is about to.
        assert_eq!(queue.idempotent_producer("p").epoch(), 2);
        assert_eq!(waiting.join().expect("it ends"), EnqueueErrorKind::Fenced { epoch: 2 });
    });
    assert_eq!(bench.take_all(&queue), [10]);
}

/// S16: of two that send the same numbers, whichever is fenced when, each number is accepted once.
fn s16_two_that_fence_each_other_send_each_number_once<B: Backend>(bench: &Bench<B>) {
    let count = if cfg!(miri) { 20 } else { 2_000 };
    let queue = bench.open(bench.builder::<u64>("q").capacity(count as usize));
    let send = || {
        let mut producer = queue.idempotent_producer("p");
        let mut number = 0;
        while number < count {
            match producer.enqueue_sequenced(number, number) {
                Ok(_) => number += 1,
                Err(error) => {
                    assert!(matches!(error.kind(), EnqueueErrorKind::Fenced { .. }), "{error}");
                    producer = queue.idempotent_producer("p");
                    number = number.saturating_sub(3);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(send);
        }
    });
    assert!(bench.take_all(&queue).into_iter().eq(0..count), "each once, in order");
}

/// S16: a message whose id is known uses its number up.
fn s16_a_message_whose_id_is_known_uses_its_number_up<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").capacity(2);
    let queue = bench.open(builder.dedup(Dedup::window(secs(60), 10)));
    let producer = queue.idempotent_producer("p");
    let named = |payload: u64, id: &str| Message::new(payload).dedup_id(id);
    let first = producer.enqueue_sequenced(0, named(1, "a")).expect("new").id().expect("new");
    assert_eq!(producer.enqueue_sequenced(1, named(1, "a")).ok(), Some(repeat(first)));
    let conflict = producer.enqueue_sequenced(2, named(1, "a").key("k")).expect_err("a conflict");
    assert_eq!(conflict.kind(), EnqueueErrorKind::DedupConflict { id: first });
    assert_eq!(producer.next_sequence(), Ok(2));
    sent(&producer, 2, 2);
    // Without room, too.
    assert_eq!(producer.enqueue_sequenced(3, named(1, "a")).ok(), Some(repeat(first)));
    assert_eq!(producer.next_sequence(), Ok(4));
    assert_eq!(producer.enqueue_sequenced(3, 9).ok(), Some(repeat(first)));
    assert_eq!(bench.take_all(&queue), [1, 2]);
}

/// S16: a delayed message has its number, too.
fn s16_a_delayed_message_has_its_number<B: Backend>(bench: &Bench<B>) {
    let queue: Queue<u64> = bench.queue("q");
    let producer = queue.idempotent_producer("p");
    let later = || Message::new(1).after(secs(5));
    let first = producer.enqueue_sequenced(0, later()).expect("new").id().expect("new");
    sent(&producer, 1, 2);
    assert_eq!(producer.enqueue_sequenced(0, later()).ok(), Some(repeat(first)));
    assert_eq!(bench.take_all(&queue), [2]);
    bench.pass(secs(5));
    assert_eq!(bench.take_all(&queue), [1]);
}

suite!(
    s16_the_next_is_accepted_and_a_repeat_has_its_id,
    s16_the_producer_counts_by_itself,
    s16_an_older_epoch_is_fenced,
    s16_what_is_refused_leaves_the_sequence,
    s16_the_oldest_makes_room_for_no_repeat,
    s16_an_old_repeat_is_one_without_a_name,
    s16_names_and_queues_are_apart,
    s16_a_forgotten_name_begins_anew,
    s16_who_waits_for_room_is_fenced,
    s16_two_that_fence_each_other_send_each_number_once,
    s16_a_message_whose_id_is_known_uses_its_number_up,
    s16_a_delayed_message_has_its_number,
);
