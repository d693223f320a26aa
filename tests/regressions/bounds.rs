//! Room, refusals, and what is told.

use super::*;

#[test]
fn a_failed_creation_leaves_the_dead_letter_queue_as_it_was() {
    let (engine, _) = manual();
    let dead = Queue::<u8>::builder("dead").engine(&engine).build().expect("valid");
    let _taken = Queue::<u8>::builder("taken").engine(&engine).build().expect("valid");
    let failed = Queue::<u8>::builder("taken").engine(&engine).dead_letters("dead").build();
    assert!(failed.is_err());
    let producer = dead.producer();
    drop(dead);
    assert!(producer.is_closed(), "its last handle has gone");
}

#[test]
fn a_refused_message_of_a_batch_is_not_overtaken_by_those_behind_it() {
    let (engine, _) = manual();
    let queue = Queue::<[u8]>::builder("batch").engine(&engine).max_payload(4).build();
    let queue = queue.expect("valid");
    let message = |len| Message::new(bytes::Bytes::from(vec![0; len]));
    let mut batch = vec![message(1), message(9), message(2)];
    assert_eq!(queue.producer().try_enqueue_batch(&mut batch), Ok(1));
    assert_eq!(batch, [message(9), message(2)]);
}

#[test]
fn a_message_that_is_too_large_makes_no_room_for_itself() {
    let (engine, _) = manual();
    let queue = Queue::<[u8]>::builder("oldest").engine(&engine).capacity(1).max_payload(4);
    let queue = queue.overflow(Overflow::DropOldest).exact_capacity(true).build().expect("valid");
    let producer = queue.producer();
    producer.enqueue(bytes::Bytes::from_static(b"old")).expect("room");
    let error = producer.enqueue(bytes::Bytes::from_static(b"too large")).expect_err("too large");
    assert!(matches!(error.kind(), EnqueueErrorKind::TooLarge { .. }), "{error:?}");
    assert_eq!(queue.len(), 1, "the old one is still there");
}

#[test]
fn a_full_dead_letter_queue_leaves_the_oldest_where_it_is() {
    let (engine, _) = manual();
    let queue = Queue::<u8>::builder("oldest").engine(&engine).capacity(2).exact_capacity(true);
    let queue = queue.overflow(Overflow::DropOldest).dead_letters("dead").build().expect("valid");
    let dead = queue.dead_letters().expect("made");
    for n in 0..2 {
        dead.producer().enqueue(n).expect("room");
        queue.producer().enqueue(n).expect("room");
    }
    for _ in 0..3 {
        let refused = queue.producer().enqueue(9).expect_err("full, and so are the dead letters");
        assert_eq!(refused.kind(), EnqueueErrorKind::Full);
    }
    assert_eq!(queue.stats().ready, 2, "{:?}", queue.stats());
    let consumer = queue.consumer();
    for n in 0..2 {
        assert_eq!(*consumer.try_dequeue().expect("there"), n);
    }
}

#[test]
fn the_oldest_make_room_in_bytes_too() {
    let (engine, _) = manual();
    let queue = Queue::<[u8]>::builder("oldest").engine(&engine).max_bytes(10);
    let queue = queue.overflow(Overflow::DropOldest).build().expect("valid");
    let producer = queue.producer();
    for _ in 0..2 {
        producer.enqueue(bytes::Bytes::from_static(b"12345")).expect("room");
    }
    producer.enqueue(bytes::Bytes::from_static(b"1234567")).expect("two make room");
    assert_eq!(queue.stats().dropped_overflow, 2);
    queue.check_invariants();
}

#[test]
fn a_tick_says_when_a_message_it_parked_is_due() {
    let (engine, clock) = manual();
    let queue = Queue::<u8>::builder("work").engine(&engine).no_lease().capacity(1);
    let queue = queue.dead_letters("dead").build().expect("valid");
    let dead = queue.dead_letters().expect("made");
    dead.producer().enqueue(0).expect("room");
    queue.producer().enqueue(1).expect("room");
    queue.consumer().try_dequeue().expect("there").reject("no").expect("leased");
    clock.advance(20 * MS);
    assert!(engine.tick() <= 20 * MS);
    clock.advance(20 * MS);
    assert!(engine.tick() <= 20 * MS, "it was parked again");
}

#[test]
fn a_destructor_that_panics_loses_no_slot_wherever_it_runs() {
    let (engine, _) = manual();
    let dropped = Arc::new(AtomicUsize::new(0));
    let noisy = |panics| Noisy { dropped: Arc::clone(&dropped), panics };
    let queue = Queue::<Noisy>::builder("oldest").engine(&engine).capacity(4);
    let queue = queue.exact_capacity(true).overflow(Overflow::DropOldest).build().expect("valid");
    let producer = queue.producer();
    for n in 0..4 {
        producer.enqueue(noisy(n == 0)).expect("room");
    }
    assert!(catch_unwind(AssertUnwindSafe(|| producer.enqueue(noisy(false)))).is_err());
    queue.check_invariants();
    assert_eq!(queue.len(), 3);
    producer.try_enqueue(noisy(false)).expect("the slot of the one that made room");

    // A batch that meets a husk whose content goes with it.
    let consumer = queue.consumer();
    let mut batch = Vec::new();
    consumer.try_dequeue_batch(4, &mut batch).expect("there");
    assert_eq!(consumer.ack_batch(batch).acked, 4);
    let sent: Vec<_> = (0..4).map(|n| producer.try_enqueue(noisy(n == 0)).expect("room")).collect();
    let handle = sent[0].handle().expect("accepted");
    let peeked = queue.inspect(&handle).expect("there");
    queue.cancel(&handle).expect("nobody has it");
    drop(peeked);
    let mut batch = Vec::new();
    let taken = catch_unwind(AssertUnwindSafe(|| consumer.try_dequeue_batch(4, &mut batch)));
    assert!(taken.is_err());
    assert_eq!(consumer.ack_batch(batch).acked, 3);
    queue.check_invariants();
    for _ in 0..4 {
        producer.try_enqueue(noisy(false)).expect("all slots are free");
    }
}

#[test]
fn a_stale_receipt_is_stale_whatever_came_of_the_message() {
    let (engine, clock) = manual();
    let queue = Queue::<u8>::builder("stale").engine(&engine).lease(SEC).build().expect("valid");
    let handle = queue.producer().enqueue(1).expect("room").handle().expect("accepted");
    let consumer = queue.consumer();
    let delivery = consumer.try_dequeue().expect("there");
    for _ in 0..3 {
        engine.tick();
        clock.advance(SEC);
    }
    queue.cancel(&handle).expect("nobody has it");
    let error = delivery.ack().expect_err("taken back");
    assert_eq!(error.kind(), SettleErrorKind::StaleReceipt);
}

/// Whether a type can be shared, by the rule that an inherent constant comes before a trait's.
#[allow(dead_code)]
trait MayBeShared {
    const SHARED: bool = false;
}

struct Of<T: ?Sized>(std::marker::PhantomData<T>);

impl<T: ?Sized> MayBeShared for Of<T> {}

impl<T: ?Sized + Sync> Of<T> {
    const SHARED: bool = true;
}

#[test]
fn what_cannot_be_shared_is_not_by_a_detached_delivery() {
    const { assert!(!Of::<ringmill::queue::Detached<Cell<u8>>>::SHARED) };
    const { assert!(Of::<ringmill::queue::Detached<u8>>::SHARED) };
    const { assert!(Of::<ringmill::queue::Detached<[u8]>>::SHARED) };
}

#[test]
fn what_can_never_fit_is_too_large_to_be_reserved() {
    let (engine, _) = manual();
    let queue = Queue::<[u8]>::builder("bytes").engine(&engine).max_bytes(4).build();
    let queue = queue.expect("valid");
    let producer = queue.producer();
    let refused = producer.reserve(5, None).map(drop);
    assert_eq!(refused, Err(EnqueueErrorKind::TooLarge { bytes: 5, limit: 4 }));
    let error = producer.reserve(3, None).expect("room").header("a", "b").commit();
    let error = error.expect_err("five bytes with the header");
    assert_eq!(error.kind(), EnqueueErrorKind::TooLarge { bytes: 5, limit: 4 });
    producer.enqueue(bytes::Bytes::from_static(b"four")).expect("nothing is reserved any more");
}

#[test]
fn what_closing_gives_back_keeps_its_priority() {
    let (engine, _) = manual();
    let urgent = Priority::new(9).expect("below ten");
    let queue = Queue::<u8>::builder("levels").engine(&engine).levels(&[urgent]);
    let queue = queue.dead_letters("dead").build().expect("valid");
    queue.producer().enqueue(Message::new(1).priority(urgent)).expect("room");
    queue.consumer().try_dequeue().expect("one").reject("no").expect("live");
    let dead = queue.dead_letters().expect("made");
    dead.consumer().try_dequeue().expect("it died").snooze(SEC).expect("live");
    let mut left = dead.close().into_messages();
    assert_eq!(left.next().map(|message| message.get_priority()), Some(urgent));
}

#[test]
fn a_closed_queue_without_bytes_keeps_nobody_waiting() {
    let (engine, _) = manual();
    let queue = Queue::<[u8]>::builder("bytes").engine(&engine).max_bytes(4).build();
    let queue = queue.expect("valid");
    let producer = queue.producer();
    producer.enqueue(bytes::Bytes::from_static(b"full")).expect("room");
    _ = queue.close();
    let more = || Message::new(bytes::Bytes::from_static(b"more"));
    let refused = producer.try_enqueue(more()).expect_err("closed");
    assert_eq!(refused.kind(), EnqueueErrorKind::Closed);
    let refused = producer.enqueue_timeout(more(), Duration::ZERO).expect_err("closed");
    assert_eq!(refused.kind(), EnqueueErrorKind::Closed);
    let refused = producer.enqueue_blocking(more()).expect_err("closed");
    assert_eq!(refused.kind(), EnqueueErrorKind::Closed);
}
