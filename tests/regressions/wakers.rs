//! Panics, wakers and who is woken.

use super::*;

#[test]
fn a_handle_of_one_engine_names_nothing_in_another() {
    let large = Queue::<u64>::builder("large").capacity(1_000).build().expect("valid");
    let small = Queue::<u64>::builder("small").capacity(1).build().expect("valid");
    let producer = large.producer();
    let sent: Vec<_> = (0..1_000).map(|n| producer.enqueue(n).expect("room")).collect();
    small.producer().enqueue(7).expect("room");
    for sent in sent {
        let handle = sent.handle().expect("accepted");
        assert!(small.inspect(&handle).is_none(), "{handle:?}");
        assert!(small.cancel(&handle).is_err());
    }
    let (from_large, from_small) = (large.consumer(), small.consumer());
    let theirs = from_large.try_dequeue().expect("there");
    let mine = from_small.try_dequeue().expect("there");
    let error = small.settle(&theirs.receipt(), Settlement::Ack).expect_err("not its own");
    assert_eq!(error.kind(), SettleErrorKind::NotFound);
    mine.ack().expect("still leased");
    theirs.ack().expect("still leased");
}

#[test]
fn room_in_one_partition_wakes_who_waits_for_it_behind_one_who_waits_for_another() {
    let (a, b) = two_keys();
    let (engine, _) = manual();
    let queue = Queue::<u8>::builder("two").engine(&engine).partitions(2).capacity(1);
    let queue = queue.exact_capacity(true).build().expect("valid");
    let (mut first, mut second) = (queue.producer(), queue.producer());
    for key in [a, b] {
        first.enqueue(Message::new(key).key([key])).expect("room");
    }
    let ((_, waker_a), (bell_b, waker_b)) = (bell(), bell());
    let mut for_a = pin!(first.enqueue_async(Message::new(a).key([a])));
    let mut for_b = pin!(second.enqueue_async(Message::new(b).key([b])));
    assert!(for_a.as_mut().poll(&mut Context::from_waker(&waker_a)).is_pending());
    assert!(for_b.as_mut().poll(&mut Context::from_waker(&waker_b)).is_pending());
    let consumer = queue.consumer();
    let mut deliveries = vec![consumer.try_dequeue().expect("a or b")];
    deliveries.push(consumer.try_dequeue().expect("the other"));
    let of_b = deliveries.iter().position(|delivery| **delivery == b).expect("b is there");
    deliveries.swap_remove(of_b).ack().expect("leased");
    // Whoever was woken tries.
    let _ = for_a.as_mut().poll(&mut Context::from_waker(&waker_a));
    assert_ne!(bell_b.rung.load(Ordering::SeqCst), 0, "there is room for it");
}

#[test]
fn a_producer_that_waits_for_bytes_does_not_wake_itself() {
    let (engine, _) = manual();
    let queue = Queue::<[u8]>::builder("bytes").engine(&engine).max_bytes(10).build();
    let queue = queue.expect("valid");
    let mut producer = queue.producer();
    producer.enqueue(bytes::Bytes::from_static(b"12345678")).expect("room");
    let (bell, waker) = bell();
    let mut waits = pin!(producer.enqueue_async(bytes::Bytes::from_static(b"1234")));
    for _ in 0..3 {
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(bell.rung.load(Ordering::SeqCst), 0, "nothing has changed");
    queue.consumer().try_dequeue().expect("there").ack().expect("leased");
    assert_eq!(bell.rung.load(Ordering::SeqCst), 1);
    assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
}

#[test]
fn a_message_larger_than_all_bytes_of_a_queue_is_too_large() {
    let (engine, _) = manual();
    let queue = Queue::<[u8]>::builder("bytes").engine(&engine).max_bytes(10).build();
    let queue = queue.expect("valid");
    let error = queue.producer().try_enqueue(bytes::Bytes::from_static(&[0; 11]));
    let error = error.expect_err("it never fits");
    assert_eq!(error.kind(), EnqueueErrorKind::TooLarge { bytes: 11, limit: 10 });
}

#[test]
fn a_waker_that_panics_doubles_no_slot() {
    let (engine, _) = manual();
    let queue = Queue::<u64>::builder("panics").engine(&engine).capacity(256);
    let queue = queue.build().expect("valid");
    let (mut producer, consumer) = (queue.producer(), queue.consumer());
    for n in 0..256 {
        producer.enqueue(n).expect("room");
    }
    // The consumer keeps some free slots, and then gives them back to one who waits.
    for _ in 0..20 {
        consumer.try_dequeue().expect("there").ack().expect("leased");
    }
    let (bell, waker) = bell();
    bell.panics.store(true, Ordering::SeqCst);
    {
        let mut waits = pin!(producer.enqueue_async(1_000));
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let delivery = consumer.try_dequeue().expect("there");
        assert!(catch_unwind(AssertUnwindSafe(|| delivery.ack())).is_err(), "the waker panics");
    }
    for n in 256.. {
        let Ok(Enqueued::Accepted { .. }) = producer.try_enqueue(n) else { break };
    }
    // 21 were acked, and so many came.
    assert_eq!(queue.stats().ready, 256);
    for _ in 0..64 {
        consumer.try_dequeue().expect("there").ack().expect("leased");
        let _ = producer.try_enqueue(0); // the consumer may keep the slot
        queue.check_invariants();
    }
}

#[test]
fn a_waker_that_panics_at_a_dead_letters_arrival_drops_nothing_twice() {
    let (engine, _) = manual();
    let dropped = Arc::new(AtomicUsize::new(0));
    let noisy = || Noisy { dropped: Arc::clone(&dropped), panics: false };
    let queue = Queue::<Noisy>::builder("work").engine(&engine).dead_letters("dead");
    let queue = queue.build().expect("valid");
    let dead = queue.dead_letters().expect("made");
    queue.producer().enqueue(noisy()).expect("room");
    let mut undertaker = dead.consumer();
    let (bell, waker) = bell();
    {
        let mut waits = pin!(undertaker.dequeue_async());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        bell.panics.store(true, Ordering::SeqCst);
        let consumer = queue.consumer();
        let delivery = consumer.try_dequeue().expect("there");
        assert!(catch_unwind(AssertUnwindSafe(|| delivery.reject("no"))).is_err());
        bell.panics.store(false, Ordering::SeqCst);
    }
    queue.check_invariants();
    dead.check_invariants();
    // And back again.
    let mut consumer = queue.consumer();
    {
        let mut waits = pin!(consumer.dequeue_async());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        bell.panics.store(true, Ordering::SeqCst);
        assert!(catch_unwind(AssertUnwindSafe(|| dead.redrive(Redrive::new()))).is_err());
        bell.panics.store(false, Ordering::SeqCst);
    }
    assert!(undertaker.try_dequeue().is_err());
    queue.check_invariants();
    dead.check_invariants();
    drop((consumer, undertaker, dead, queue, engine));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn more_readers_than_a_word_counts_keep_no_consumer_from_its_message() {
    let (engine, _) = manual();
    let queue = Queue::<u8>::builder("read").engine(&engine).build().expect("valid");
    let handle = queue.producer().enqueue(1).expect("room").handle().expect("accepted");
    let readers: Vec<_> = (0..300).filter_map(|_| queue.inspect(&handle)).collect();
    assert!(readers.len() > 200, "{}", readers.len());
    let consumer = queue.consumer();
    let delivery = consumer.try_dequeue().expect("it is there");
    delivery.ack().expect("leased");
    drop(readers);
    queue.check_invariants();
}

#[test]
fn a_queue_made_later_has_its_leases_watched_at_once() {
    let engine = Engine::new();
    let _slow = Queue::<u8>::builder("slow").engine(&engine).no_lease().build().expect("valid");
    // The housekeeper has nothing to do for a minute now.
    thread::sleep(50 * MS);
    let queue = Queue::<u8>::builder("fast").engine(&engine).lease(10 * MS).build();
    let queue = queue.expect("valid");
    queue.producer().enqueue(1).expect("room");
    let (first, second) = (queue.consumer(), queue.consumer());
    let _held = first.dequeue().expect("there");
    let again = second.dequeue_timeout(5 * SEC).expect("the lease has expired long since");
    assert_eq!(again.attempts(), 1);
}

#[test]
fn user_code_that_panics_does_not_end_the_housekeeping() {
    let engine = Engine::new();
    let bad = Queue::<u8>::builder("bad").engine(&engine).lease(10 * MS);
    let bad = bad.retry(Retry::default().max(0)).on_dead(|_| panic!("on_dead panics"));
    let bad = bad.build().expect("valid");
    let good = Queue::<u8>::builder("good").engine(&engine).lease(10 * MS).build().expect("valid");
    for queue in [&bad, &good] {
        for n in 0..3 {
            queue.producer().enqueue(n).expect("room");
        }
    }
    let (of_bad, of_good) = (bad.consumer(), good.consumer());
    let held: Vec<_> = (0..3).map(|_| of_bad.dequeue().expect("there")).collect();
    let more: Vec<_> = (0..3).map(|_| of_good.dequeue().expect("there")).collect();
    let other = good.consumer();
    for _ in 0..3 {
        let again = other.dequeue_timeout(5 * SEC).expect("expired");
        again.ack().expect("leased just now");
    }
    let until = Instant::now() + 5 * SEC;
    drop(held);
    while bad.stats().dropped_max_attempts < 3 && Instant::now() < until {
        thread::sleep(MS);
    }
    drop(more);
    bad.check_invariants();
    assert_eq!(bad.stats().dropped_max_attempts, 3);
}

#[test]
fn a_panic_in_a_pass_loses_no_other_message_of_it() {
    let (engine, clock) = manual();
    let queue = Queue::<u8>::builder("passes").engine(&engine).lease(SEC);
    let queue = queue.retry(Retry::default().max(1)).on_dead(|_| panic!("on_dead panics"));
    let queue = queue.build().expect("valid");
    for n in 0..3 {
        queue.producer().enqueue(n).expect("room");
    }
    let consumer = queue.consumer();
    for _ in 0..2 {
        let held: Vec<_> = (0..3).map(|_| consumer.try_dequeue().expect("there")).collect();
        for _ in 0..4 {
            let _ = catch_unwind(AssertUnwindSafe(|| engine.tick()));
            clock.advance(SEC);
        }
        drop(held);
    }
    // They were read until now.
    let _ = catch_unwind(AssertUnwindSafe(|| engine.tick()));
    queue.check_invariants();
    assert_eq!(queue.stats().dropped_max_attempts, 3);
}

#[test]
fn a_message_parked_after_closing_keeps_no_consumer_waiting() {
    let (engine, _) = manual();
    let queue = Queue::<u8>::builder("work").engine(&engine).capacity(2).dead_letters("dead");
    let queue = queue.build().expect("valid");
    let dead = queue.dead_letters().expect("made");
    for n in 0..2 {
        dead.producer().enqueue(n).expect("room");
    }
    queue.producer().enqueue(1).expect("room");
    let consumer = queue.consumer();
    let delivery = consumer.try_dequeue().expect("there");
    queue.close();
    delivery.reject("no").expect("leased");
    assert_eq!(queue.stats().parked, 1);
    assert_eq!(consumer.try_dequeue().expect_err("nothing comes"), DequeueError::Closed);
    queue.check_invariants();
}

#[test]
fn a_consumer_that_finds_nothing_keeps_no_free_slots() {
    let (a, b) = two_keys();
    let (engine, _) = manual();
    let queue = Queue::<u8>::builder("two").engine(&engine).partitions(2).capacity(128);
    let queue = queue.build().expect("valid");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for _ in 0..128 {
        producer.enqueue(Message::new(a).key([a])).expect("room");
    }
    // Some of the slots stay with the consumer; the other messages are put off.
    for _ in 0..20 {
        consumer.try_dequeue().expect("there").ack().expect("leased");
    }
    for _ in 20..128 {
        consumer.try_dequeue().expect("there").snooze(SEC).expect("leased");
    }
    // A third handle: slots are not kept any more.
    producer.enqueue(Message::new(b).key([b])).expect("room");
    let third = queue.producer();
    consumer.try_dequeue().expect("there").ack().expect("leased");
    assert!(consumer.try_dequeue().is_err());
    third.try_enqueue(Message::new(a).key([a])).expect("20 slots are free");
}
