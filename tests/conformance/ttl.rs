//! S6: messages that do not live for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ringmill::message::{Due, Message, Reason};
use ringmill::queue::{
    BuildError, DequeueError, EnqueueErrorKind, MessageState, Order, Queue, Redrive,
};

use crate::bench::{Backend, Bench, LEASE, ms, secs, suite};
use crate::ledger::{Counted, Ledger};

const NANO: Duration = Duration::from_nanos(1);

/// S6: to the nanosecond, by the next pass; dropped and counted where there are no dead letters.
fn s06_a_message_lives_until_its_deadline<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").ttl(secs(10)));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for value in ledger.values(2) {
        bench.put(&producer, value);
    }
    bench.pass(secs(10) - NANO);
    bench.take(&consumer).ack().expect("in time");
    bench.pass(NANO);
    bench.nothing(&consumer);
    assert_eq!((queue.stats().dropped_expired, queue.len(), ledger.alive()), (1, 0, 0));
    queue.check_invariants();
}

/// S6: a message's own time goes before the queue's; without either it lives for ever.
fn s06_a_message_may_have_a_time_of_its_own<B: Backend>(bench: &Bench<B>) {
    let mortal = bench.open(bench.builder::<u64>("mortal").ttl(secs(10)));
    let plain = bench.queue("plain");
    for queue in [&mortal, &plain] {
        let producer = queue.producer();
        bench.put(&producer, 1);
        bench.put(&producer, Message::new(2).ttl(secs(1)));
        bench.put(&producer, Message::new(3).ttl(secs(100)));
    }
    bench.pass(secs(1));
    assert_eq!((mortal.len(), plain.len()), (2, 2));
    bench.pass(secs(9));
    assert_eq!(bench.take_all(&mortal), [3]);
    bench.pass(secs(80));
    assert_eq!(bench.take_all(&plain), [1, 3]);
}

/// S6: it counts from when the message is due.
fn s06_it_counts_from_when_it_is_due<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(10)));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let wall = bench.engine.clock().wall();
    bench.put(&producer, Message::new(1).after(secs(60)));
    bench.put(&producer, Message::new(2).at(wall + secs(60)).ttl(secs(20)));
    let (_, third) = bench.put(&producer, Message::new(3).after(secs(1)));
    queue.reschedule(&third, secs(60)).expect("it waits");
    let (_, fourth) = bench.put(&producer, Message::new(4).after(secs(1)));
    queue.reschedule(&fourth, Duration::ZERO).expect("it waits");
    bench.pass(secs(10) - NANO);
    assert_eq!(queue.stats().ready, 1);
    bench.pass(NANO);
    assert_eq!((queue.stats().ready, queue.stats().delayed), (0, 3));
    bench.pass(secs(50));
    assert_eq!(queue.stats().ready, 3);
    bench.pass(secs(10) - NANO);
    assert_eq!(queue.stats().ready, 3);
    bench.pass(NANO);
    assert_eq!(queue.stats().ready, 1);
    assert_eq!(bench.take_all(&queue), [2]);
    bench.nothing(&consumer);
    assert_eq!(queue.stats().dropped_expired, 3);
    // The housekeeper was late for both.
    bench.put(&producer, Message::new(5).after(secs(1)));
    bench.pass(secs(11));
    bench.nothing(&consumer);
    assert_eq!(queue.stats().dropped_expired, 4);
    queue.check_invariants();
}

/// S6: wherever it stands: new, given back, waiting for its next attempt, snoozed.
fn s06_it_ends_wherever_it_stands<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(10)));
    bench.fill(&queue, 0..6);
    let consumer = queue.consumer();
    bench.take(&consumer).release().expect("live");
    bench.take(&consumer).nack_after(secs(60)).expect("live");
    bench.take(&consumer).snooze(secs(60)).expect("live");
    drop(bench.take(&consumer));
    let acked = bench.take(&consumer);
    acked.ack().expect("live");
    bench.pass(secs(10) - NANO);
    assert_eq!(queue.len(), 5);
    bench.pass(NANO);
    assert_eq!((queue.len(), queue.stats().dropped_expired), (0, 5));
    bench.nothing(&consumer);
    assert_eq!(queue.stats().husks, 0);
    bench.pass(secs(60));
    bench.nothing(&consumer);
    queue.check_invariants();
}

/// S6: one that a consumer has is not touched; given back in whatever way, it ends.
fn s06_one_in_flight_ends_when_it_is_given_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(10)).dead_letters("dead"));
    let dead = queue.dead_letters().expect("made");
    bench.fill(&queue, 0..7);
    let consumer = queue.consumer();
    let mut held: Vec<_> = (0..7).map(|_| bench.take(&consumer)).collect();
    bench.pass(secs(10));
    assert_eq!((queue.stats().leased, dead.len()), (7, 0));
    held.remove(6).ack().expect("its lease is live");
    held.remove(5).nack().expect("live");
    held.remove(4).release().expect("live");
    held.remove(3).snooze(secs(60)).expect("live");
    drop(held.remove(2));
    held.remove(1).reject("no").expect("live");
    assert_eq!(dead.len(), 5);
    queue.check_invariants();
    let last = held.remove(0).detach();
    bench.pass(LEASE);
    assert_eq!((queue.len(), queue.stats().expired), (1, 1), "read, and so it stays");
    drop(last);
    bench.pass(ms(10));
    assert_eq!((queue.len(), dead.len()), (0, 6));
    let undertaker = dead.consumer();
    let mut causes = Vec::new();
    while let Ok(letter) = undertaker.try_dequeue() {
        let death = &letter.history()[0];
        causes.push((*letter, death.reason, death.attempts, death.deliveries));
        letter.ack().expect("live");
    }
    causes.sort_unstable_by_key(|cause| cause.0);
    let expired = |number, attempts| (number, Reason::Expired, attempts, 1);
    assert_eq!(
        causes,
        [
            expired(0, 1),
            (1, Reason::Rejected, 1, 1),
            expired(2, 0),
            expired(3, 0),
            expired(4, 0),
            expired(5, 1)
        ]
    );
    queue.check_invariants();
}

/// S6: to the dead letters, where it has no time any more; what it has been through is told.
fn s06_an_expired_message_is_a_dead_letter<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(10)).dead_letters("dead"));
    let dead = queue.dead_letters().expect("made");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Message::new(1).key("k").header("h", "v"));
    bench.put(&producer, Message::new(2).ttl(secs(5)));
    bench.put(&producer, 3);
    bench.take(&consumer).nack_after(ms(1)).expect("live");
    bench.pass(ms(1));
    bench.pass(secs(10) - ms(1));
    assert_eq!((queue.len(), dead.len()), (0, 3));
    assert_eq!(queue.stats().dead_lettered, 3);
    bench.pass(secs(1_000));
    assert_eq!(dead.len(), 3, "it stays there");
    let letter = dead.browse(|letter| **letter == 1).remove(0);
    let death = letter.history().last().expect("it died");
    assert_eq!((death.reason, death.attempts, death.deliveries), (Reason::Expired, 1, 1));
    assert_eq!(death.reason.to_string(), "expired");
    assert_eq!((&*death.queue, death.consumer), ("q", 0));
    assert_eq!((letter.key(), letter.headers().count()), (Some(&b"k"[..]), 1));
    drop(letter);
    // Sent back, it has the queue's time once more.
    assert_eq!(dead.redrive(Redrive::new()).moved, 3);
    bench.pass(secs(10) - NANO);
    assert_eq!(queue.len(), 3);
    bench.pass(NANO);
    assert_eq!((queue.len(), dead.len()), (0, 3));
    queue.check_invariants();
    dead.check_invariants();
}

/// S6: full dead letters keep it where it is, and nobody gets it.
fn s06_full_dead_letters_keep_it_parked<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(10)).dead_letters("dead"));
    bench.fill(&queue, 0..3);
    bench.pass(secs(10));
    assert_eq!((queue.stats().parked, dead.len()), (2, 1));
    queue.check_invariants();
    let consumer = queue.consumer();
    bench.nothing(&consumer);
    queue.check_invariants();
    for left in (0..2).rev() {
        bench.take_all(&dead);
        bench.pass(ms(10));
        assert_eq!((queue.len(), dead.len()), (left, 1));
        queue.check_invariants();
    }
    assert_eq!(queue.stats().husks, 0);
}

/// S6: what somebody looks at stays until he has looked, and can be cancelled meanwhile.
fn s06_what_is_looked_at_is_parked<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").ttl(secs(10)).dead_letters("dead"));
    let producer = queue.producer();
    let handles: Vec<_> =
        ledger.values(3).into_iter().map(|value| bench.put(&producer, value).1).collect();
    let seen = queue.browse(|_| true);
    bench.pass(secs(10));
    assert_eq!((queue.stats().parked, queue.stats().ready), (3, 0));
    let again = queue.inspect(&handles[0]).expect("it is there");
    assert_eq!(again.state(), MessageState::Parked);
    drop(again);
    queue.check_invariants();
    queue.cancel(&handles[1]).expect("nobody has it");
    queue.check_invariants();
    drop(seen);
    bench.pass(ms(10));
    assert_eq!(queue.dead_letters().expect("made").len(), 2);
    bench.nothing(&queue.consumer());
    assert_eq!((queue.len(), queue.stats().husks, ledger.alive()), (0, 0, 2));
    queue.check_invariants();
}

/// S6: it makes room also where nobody consumes.
fn s06_an_expired_message_makes_room<B: Backend>(bench: &Bench<B>) {
    for order in [Order::None, Order::Key] {
        let name = format!("{order:?}");
        let builder = bench.builder::<u64>(&name).capacity(3).ttl(secs(10)).order(order);
        let queue = bench.open(builder);
        let producer = queue.producer();
        for round in 0..4 {
            for number in 0..3 {
                bench.put(&producer, Message::new(round * 3 + number).key("k"));
            }
            assert!(producer.try_enqueue(9).is_err());
            bench.pass(secs(10));
            assert_eq!((queue.len(), queue.stats().husks), (0, 0), "{order:?}, {round}");
            queue.check_invariants();
        }
    }
}

/// S1: an expired message gives way to its follower, whether it waits for a retry or behind others.
fn s01_an_expired_message_gives_way<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").order(Order::Key).dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let mortal = |number, ttl| Message::new(number).key("a").ttl(secs(ttl));
    bench.put(&producer, mortal(1, 5));
    bench.put(&producer, Message::new(2).key("a"));
    bench.put(&producer, mortal(3, 5));
    bench.put(&producer, mortal(4, 5));
    bench.put(&producer, Message::new(5).key("a"));
    bench.put(&producer, mortal(6, 20));
    bench.take(&consumer).nack_after(secs(60)).expect("live");
    bench.nothing(&consumer);
    bench.pass(secs(5));
    assert_eq!(queue.len(), 3);
    let second = bench.take(&consumer);
    assert_eq!(*second, 2);
    bench.nothing(&consumer);
    second.ack().expect("live");
    let fifth = bench.take(&consumer);
    assert_eq!(*fifth, 5);
    bench.pass(secs(15));
    assert_eq!((queue.stats().leased, queue.len()), (1, 1));
    bench.put(&producer, Message::new(7).key("a"));
    fifth.nack_after(secs(1)).expect("live");
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [5, 7]);
    bench.pass(secs(60));
    assert_eq!((queue.len(), queue.stats().husks), (0, 0));
    assert_eq!(queue.dead_letters().expect("made").len(), 4);
    queue.check_invariants();
}

/// S6: each group gives it up for itself.
fn s06_each_group_gives_it_up<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let builder = bench.builder::<Arc<Counted>>("q").group("b").ttl(secs(10));
    let queue = bench.open(builder.dead_letters("dead"));
    let (first, second) = (queue.consumer(), queue.group("b").expect("declared"));
    let other = second.consumer().expect("there");
    for value in ledger.values(3) {
        bench.put(&queue.producer(), Arc::new(value));
    }
    bench.take(&first).ack().expect("live");
    let held = bench.take(&other);
    bench.pass(secs(10));
    assert_eq!((queue.stats().ready, second.stats().leased), (0, 1));
    held.ack().expect("live");
    bench.nothing(&first);
    bench.nothing(&other);
    assert_eq!((queue.stats().dead_lettered, second.stats().dead_lettered), (2, 2));
    queue.check_invariants();
    assert_eq!(queue.stats().husks + second.stats().husks, 0);
    let dead = queue.dead_letters().expect("made");
    assert_eq!(dead.purge(|_| true), 4);
    assert_eq!(ledger.alive(), 0, "every slot was let go of");
}

/// S6: the time of a message is not that of the next one in its slot.
fn s06_a_slot_that_is_used_again_has_no_old_time<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Message::new(1).ttl(secs(1)));
    bench.take(&consumer).ack().expect("live");
    bench.put(&producer, 2);
    bench.pass(secs(1));
    let plain = bench.take(&consumer);
    bench.pass(secs(1));
    plain.release().expect("live");
    assert_eq!(bench.take_all(&queue), [2]);
    assert_eq!(queue.stats().dropped_expired, 0);
}

/// S6: the time is kept in batches and reservations, and comes back with what is refused.
fn s06_times_in_batches_and_reservations<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let new = |byte: u8| Message::new(vec![byte].into());
    let mut batch = vec![new(1), new(2).ttl(secs(1)), new(3).after(secs(1)).ttl(secs(1)), new(4)];
    assert_eq!(producer.try_enqueue_batch(&mut batch), Ok(4));
    let _ = producer.reserve(1, None).expect("room").ttl(secs(1)).commit().expect("open");
    let later = producer.reserve(1, None).expect("room").ttl(secs(1)).after(secs(9));
    let _ = later.commit().expect("open");
    bench.pass(secs(1));
    assert_eq!((queue.stats().ready, queue.stats().delayed), (3, 1));
    bench.pass(secs(1));
    assert_eq!((queue.stats().ready, queue.stats().delayed), (2, 1));
    bench.pass(secs(8));
    assert_eq!(queue.stats().dropped_expired, 4);
    for byte in [1, 4] {
        let next = bench.take(&consumer);
        assert_eq!(*next, [byte]);
        next.ack().expect("live");
    }
    queue.close();
    let refused = producer.enqueue(new(1).after(secs(2)).ttl(secs(3))).expect_err("closed");
    assert_eq!(refused.kind(), EnqueueErrorKind::Closed);
    let message = refused.into_message();
    assert_eq!((message.get_due(), message.get_ttl()), (Some(Due::After(secs(2))), Some(secs(3))));
    let mut batch = vec![new(1).ttl(secs(3)), new(2)];
    assert_eq!(producer.try_enqueue_batch(&mut batch), Err(EnqueueErrorKind::Closed));
    assert_eq!((batch[0].get_ttl(), batch[1].get_ttl()), (Some(secs(3)), None));
}

/// S12: what closing gives back has what is left of its time, if that was its own.
fn s12_closing_gives_back_what_is_left_of_a_time<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(100)));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Message::new(1).ttl(secs(50)));
    bench.put(&producer, Message::new(2).ttl(secs(50)).after(secs(60)));
    bench.put(&producer, Message::new(3).after(secs(60)));
    bench.take(&consumer).snooze(secs(60)).expect("live");
    bench.pass(secs(20));
    let mut back: Vec<_> = queue.close().into_messages().collect();
    back.sort_by_key(|message| *message.payload());
    let left: Vec<_> = back.iter().map(|message| (message.get_ttl(), message.get_due())).collect();
    let due = Some(Due::After(secs(40)));
    assert_eq!(left, [(Some(secs(30)), due), (Some(secs(50)), due), (None, due)]);
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    queue.check_invariants();
}

/// S12: time goes on in a closed queue, which ends when all is over.
fn s12_a_closed_queue_ends_with_its_last_message<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(10)));
    bench.fill(&queue, 0..2);
    let consumer = queue.consumer();
    queue.pause();
    queue.close();
    bench.pass(secs(10));
    queue.resume();
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    assert_eq!(queue.stats().dropped_expired, 2);
}

/// S5: `on_dead` is told.
fn s05_on_dead_is_told_of_the_expired<B: Backend>(bench: &Bench<B>) {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let queue = bench.open(bench.builder::<u64>("q").ttl(secs(10)).on_dead(move |letter| {
        assert_eq!(letter.death().reason, Reason::Expired);
        count.fetch_add(1, Ordering::Relaxed);
    }));
    bench.fill(&queue, 0..3);
    bench.pass(secs(10));
    assert_eq!(told.load(Ordering::Relaxed), 3);
}

/// S6: the housekeeper comes when the first one is over, and times out of range are refused.
fn s06_the_next_pass_comes_when_the_first_is_over<B: Backend>(bench: &Bench<B>) {
    for ttl in [Duration::ZERO, secs(20 * 365 * 86_400)] {
        let refused = bench.try_open(bench.builder::<u64>("q").ttl(ttl));
        assert!(matches!(refused, Err(BuildError::InvalidConfig { field: "ttl", .. })));
    }
    let queue: Queue<u64> = bench.queue("q");
    let producer = queue.producer();
    bench.put(&producer, Message::new(1).ttl(secs(2)));
    let nap = bench.tick();
    assert!(nap <= secs(2) && nap > secs(1), "{nap:?}");
    bench.put(&producer, Message::new(2).ttl(Duration::ZERO));
    bench.tick();
    assert_eq!(bench.take_all(&queue), [1]);
    bench.put(&producer, Message::new(3).ttl(Duration::MAX));
    bench.pass(secs(1_000_000));
    assert_eq!(bench.take_all(&queue), [3]);
}

suite!(
    s06_a_message_lives_until_its_deadline,
    s06_a_message_may_have_a_time_of_its_own,
    s06_it_counts_from_when_it_is_due,
    s06_it_ends_wherever_it_stands,
    s06_one_in_flight_ends_when_it_is_given_back,
    s06_an_expired_message_is_a_dead_letter,
    s06_full_dead_letters_keep_it_parked,
    s06_what_is_looked_at_is_parked,
    s06_an_expired_message_makes_room,
    s01_an_expired_message_gives_way,
    s06_each_group_gives_it_up,
    s06_a_slot_that_is_used_again_has_no_old_time,
    s06_times_in_batches_and_reservations,
    s12_closing_gives_back_what_is_left_of_a_time,
    s12_a_closed_queue_ends_with_its_last_message,
    s05_on_dead_is_told_of_the_expired,
    s06_the_next_pass_comes_when_the_first_is_over,
);
