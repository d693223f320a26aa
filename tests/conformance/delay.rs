//! S8: messages that are published with a delay.

use std::time::Duration;

use ringmill::message::{DelayLevel, Due, Handle, Message};
use ringmill::queue::{
    CancelError, DequeueError, EnqueueErrorKind, MessageState, Order, Overflow, Queue,
    RescheduleError,
};

use crate::bench::{Backend, Bench, ms, says, secs, suite};
use crate::ledger::{Counted, Ledger};
use crate::tasks::Task;

const YEAR: Duration = secs(365 * 86_400);

/// Enqueues a number that waits so long.
fn later<B: Backend>(bench: &Bench<B>, queue: &Queue<u64>, number: u64, delay: Duration) -> Handle {
    bench.put(&queue.producer(), Message::new(number).after(delay)).1
}

/// S8: never early, to the nanosecond, and there with the next pass.
fn s08_a_delayed_message_is_never_early<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    for delay in [1, 999_999, 1_000_001, 123_456_789, 7_777_777_777, 3_600_000_000_001] {
        bench.clock.advance(Duration::from_nanos(delay / 3));
        later(bench, &queue, delay, Duration::from_nanos(delay));
        bench.nothing(&consumer);
        assert_eq!((queue.stats().delayed, queue.stats().ready), (1, 0));
        bench.pass(Duration::from_nanos(delay - 1));
        bench.nothing(&consumer);
        bench.pass(Duration::from_nanos(1));
        let due = bench.take(&consumer);
        assert_eq!((*due, due.deliveries(), due.attempts()), (delay, 1, 0));
        due.ack().expect("live");
    }
    queue.check_invariants();
}

/// S8: in the order of their due times, equal ones first in, first out.
fn s08_equal_due_times_are_first_in_first_out<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    for (number, delay) in [(0, 9), (1, 5), (2, 9), (3, 5), (4, 1), (5, 9)] {
        later(bench, &queue, number, ms(delay));
    }
    bench.clock.advance(ms(1));
    later(bench, &queue, 6, ms(8)); // due with those of 9 ms
    bench.nothing(&consumer);
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [4, 1, 3, 0, 2, 5, 6]);
}

/// S8: it has its offset from the beginning on, and holds nobody up.
fn s08_others_go_before_a_delayed_message<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let (first, _) = bench.put(&producer, Message::new(1).after(secs(1)));
    let (second, _) = bench.put(&producer, 2);
    assert_eq!((first.offset(), second.offset()), (0, 1));
    bench.take(&consumer).ack().expect("live");
    bench.nothing(&consumer);
    bench.pass(secs(1));
    let late = bench.take(&consumer);
    assert_eq!((*late, late.offset()), (1, 0));
}

/// S8: also where nobody consumes: then all that is due comes by its offset.
fn s08_a_message_falls_due_where_nobody_consumes<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    later(bench, &queue, 1, secs(2));
    bench.fill(&queue, [2]);
    later(bench, &queue, 3, secs(1));
    later(bench, &queue, 4, secs(9));
    bench.pass(secs(2));
    assert_eq!((queue.stats().delayed, queue.stats().ready), (1, 3));
    queue.check_invariants();
    assert_eq!(bench.take_all(&queue), [1, 2, 3]);
    bench.pass(secs(7));
    assert_eq!(bench.take_all(&queue), [4]);
}

/// S8: who waits for a message is woken when one falls due, and not before.
fn s08_a_waiting_consumer_is_woken_when_it_is_due<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let mut consumer = queue.consumer();
    let mut waiting = Task::waiting(consumer.dequeue_async());
    later(bench, &queue, 7, secs(1));
    assert!(waiting.poll().is_pending());
    let before = waiting.rings();
    bench.pass(secs(1));
    assert!(waiting.rings() > before);
    assert_eq!(*waiting.ready().expect("it is due"), 7);
}

/// S8: the housekeeper comes when the first message is due.
fn s08_the_next_pass_comes_when_the_first_is_due<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    later(bench, &queue, 1, secs(3));
    let nap = bench.tick();
    assert!(nap <= secs(3) && nap > secs(2), "{nap:?}");
}

/// S8: up to ten years; more is refused, and the message is given back as it was.
fn s08_ten_years_and_no_more<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(2));
    let producer = queue.producer();
    let most = 10 * YEAR;
    let date = bench.engine.clock().wall();
    for due in [Due::After(most + Duration::from_nanos(1)), Due::At(date + most + ms(1))] {
        let message = match due {
            Due::After(delay) => Message::new(1).after(delay),
            Due::At(date) => Message::new(1).at(date),
        };
        let error = producer.enqueue(message).expect_err("too long");
        assert_eq!(error.kind(), EnqueueErrorKind::DelayTooLong { limit: most });
        says(&error, &["10 years"]);
        assert_eq!(error.into_message().get_due(), Some(due));
    }
    assert_eq!(queue.len(), 0);
    let consumer = queue.consumer();
    later(bench, &queue, 1, most);
    bench.put(&producer, Message::new(2).at(date + most));
    for _ in 0..9 {
        bench.pass(YEAR);
        bench.nothing(&consumer);
    }
    bench.pass(YEAR - Duration::from_nanos(1));
    bench.nothing(&consumer);
    bench.pass(Duration::from_nanos(1));
    assert_eq!(bench.take_all(&queue), [1, 2]);
}

/// S8: what is due now needs no pass.
fn s08_no_delay_and_the_past_are_now<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let producer = queue.producer();
    let date = bench.engine.clock().wall();
    bench.put(&producer, Message::new(1).after(Duration::ZERO));
    bench.put(&producer, Message::new(2).at(date));
    bench.put(&producer, Message::new(3).at(date - YEAR));
    bench.put(&producer, Message::new(4).at(std::time::UNIX_EPOCH - YEAR));
    assert_eq!(bench.take_all(&queue), [1, 2, 3, 4]);
}

/// S8: the delays that have names.
fn s08_a_delay_level_is_a_delay<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let producer = queue.producer();
    let consumer = queue.consumer();
    for level in DelayLevel::ALL {
        bench.put(&producer, Message::new(u64::from(level as u8)).after(level));
    }
    bench.nothing(&consumer);
    let mut now = Duration::ZERO;
    for level in DelayLevel::ALL {
        bench.pass(level.delay() - now - Duration::from_nanos(1));
        bench.nothing(&consumer);
        bench.pass(Duration::from_nanos(1));
        assert_eq!(bench.take_all(&queue), [u64::from(level as u8)]);
        now = level.delay();
    }
}

/// S8: a delayed message has a slot, also when it was cancelled before anybody came by.
fn s08_a_delayed_message_takes_room<B: Backend>(bench: &Bench<B>) {
    let queue = bench
        .open(bench.builder::<u64>("q").capacity(2).max_bytes(16).overflow(Overflow::DropOldest));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    later(bench, &queue, 1, secs(1));
    later(bench, &queue, 2, secs(1));
    let full = producer.enqueue(Message::new(3).after(secs(5))).expect_err("nobody can go");
    assert_eq!(full.kind(), EnqueueErrorKind::Full);
    assert_eq!(full.into_message().get_due(), Some(Due::After(secs(5))));
    bench.pass(secs(1));
    bench.take(&consumer).ack().expect("live");
    later(bench, &queue, 3, secs(1));
    assert_eq!(bench.take_all(&queue), [2]);
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [3]);
    queue.check_invariants();
}

/// S8: cancelled where it waits, its payload goes and its slot is free, not only when it is due.
fn s08_a_cancelled_delay_leaves_nothing<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").capacity(4));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let mut handles = Vec::new();
    for passed in [true, false] {
        for value in ledger.values(2) {
            handles.push(bench.put(&producer, Message::new(value).after(10 * YEAR)).1);
        }
        if passed {
            bench.nothing(&consumer);
        }
    }
    for (left, handle) in (0..4).rev().zip(&handles) {
        queue.cancel(handle).expect("it waits");
        assert_eq!((ledger.alive(), queue.len()), (left, left as u64));
        assert_eq!(queue.cancel(handle), Err(CancelError::NotFound));
        queue.check_invariants();
    }
    assert_eq!(queue.stats().dropped_cancelled, 4);
    // Two stand in the log, until somebody comes by.
    assert_eq!(queue.stats().husks, 2);
    bench.nothing(&consumer);
    assert_eq!(queue.stats().husks, 0);
    for value in ledger.values(4) {
        bench.put(&producer, value);
    }
    bench.pass(secs(1));
    assert_eq!(queue.stats().ready, 4);
    queue.check_invariants();
}

/// S8: purged where it waits.
fn s08_delayed_messages_are_purged<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(3));
    let consumer = queue.consumer();
    for round in 0..3 {
        for number in 0..3 {
            later(bench, &queue, number, YEAR);
        }
        if round == 1 {
            bench.nothing(&consumer);
        }
        let seen = queue.browse(|seen| seen.state() == MessageState::Delayed);
        assert_eq!(seen.len(), 3);
        drop(seen);
        assert_eq!(queue.purge(|_| true), 3);
        queue.check_invariants();
        assert_eq!(queue.len(), 0);
    }
}

/// S8: put off, brought forward, and made ready at once.
fn s08_a_delayed_message_is_rescheduled<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    for passed in [true, false] {
        let first = later(bench, &queue, 1, secs(10));
        let second = later(bench, &queue, 2, secs(20));
        let third = later(bench, &queue, 3, secs(20));
        if passed {
            bench.nothing(&consumer);
        }
        queue.reschedule(&first, secs(40)).expect("it waits");
        queue.reschedule(&second, secs(5)).expect("it waits");
        bench.pass(secs(5) - ms(1));
        bench.nothing(&consumer);
        bench.pass(ms(1));
        assert_eq!(bench.take_all(&queue), [2]);
        queue.reschedule(&third, Duration::ZERO).expect("it waits");
        assert_eq!(bench.take_all(&queue), [3], "at once");
        bench.pass(secs(35) - ms(1));
        bench.nothing(&consumer);
        bench.pass(ms(1));
        assert_eq!(bench.take_all(&queue), [1]);
        queue.check_invariants();
    }
}

/// S8: a retry and a snooze can be put off, too.
fn s08_retries_are_rescheduled<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    bench.fill(&queue, [1, 2]);
    let (first, second) = (bench.take(&consumer), bench.take(&consumer));
    let handles = [first.handle(), second.handle()];
    first.nack_after(secs(1)).expect("live");
    second.snooze(secs(1)).expect("live");
    for (handle, after) in handles.iter().zip([9, 3]) {
        queue.reschedule(handle, secs(after)).expect("it waits");
    }
    bench.pass(secs(3));
    assert_eq!(bench.take_all(&queue), [2]);
    bench.pass(secs(6));
    let again = bench.take(&consumer);
    assert_eq!((*again, again.attempts()), (1, 1));
}

/// S8: what waits for no time is not put off: each reason has its error.
fn s08_what_does_not_wait_is_not_rescheduled<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let other = bench.queue("other");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let (_, handle) = bench.put(&producer, 1);
    let refused = |handle: &Handle| match queue.reschedule(handle, secs(1)) {
        Ok(()) => panic!("it waits for no time"),
        Err(error) => {
            says(&error, &[]);
            error
        }
    };
    assert_eq!(refused(&handle), RescheduleError::NotDelayed);
    let leased = bench.take(&consumer);
    assert_eq!(refused(&handle), RescheduleError::Leased);
    leased.ack().expect("live");
    assert_eq!(refused(&handle), RescheduleError::NotFound);
    let waits = later(bench, &queue, 2, secs(1));
    let limit = 10 * YEAR;
    assert_eq!(queue.reschedule(&waits, Duration::MAX), Err(RescheduleError::TooLong { limit }));
    assert_eq!(other.reschedule(&waits, secs(1)), Err(RescheduleError::NotFound));
    queue.cancel(&waits).expect("it waits");
    assert_eq!(refused(&waits), RescheduleError::NotFound);
    let next = later(bench, &queue, 3, secs(1));
    assert_eq!(refused(&waits), RescheduleError::NotFound, "another life");
    bench.pass(secs(1));
    assert_eq!(refused(&next), RescheduleError::NotDelayed);
    assert_eq!(bench.take_all(&queue), [3]);
}

/// S8: in batches, and written in place.
fn s08_delays_in_batches_and_reservations<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q").capacity(5));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let waits = |byte: u8| Message::new(vec![byte].into()).after(secs(u64::from(byte)));
    let plain = |byte: u8| Message::new(vec![byte].into());
    let mut batch = vec![plain(10), waits(2), plain(11), waits(1), plain(12), waits(3)];
    assert_eq!(producer.try_enqueue_batch(&mut batch), Ok(5));
    assert_eq!(batch[0].get_due(), Some(Due::After(secs(3))), "it stays as it was");
    for byte in [10, 11, 12] {
        let next = bench.take(&consumer);
        assert_eq!(*next, [byte]);
        next.ack().expect("live");
    }
    bench.nothing(&consumer);
    let mut room = producer.reserve(1, None).expect("there is room");
    room[0] = 9;
    let _ = room.after(secs(2)).commit().expect("open");
    let date = bench.engine.clock().wall() + secs(4);
    let _ = producer.reserve(0, None).expect("there is room").at(date).commit().expect("open");
    let long = producer.reserve(0, None).expect("there is room").after(11 * YEAR).commit();
    assert!(matches!(long.expect_err("too long").kind(), EnqueueErrorKind::DelayTooLong { .. }));
    bench.pass(secs(2));
    for expected in [1, 2, 9] {
        let next = bench.take(&consumer);
        assert_eq!(*next, [expected]);
        next.ack().expect("live");
    }
    bench.pass(secs(2));
    assert!(bench.take(&consumer).is_empty());
    queue.check_invariants();
}

/// S1: a delayed message joins the order of its key when it falls due, and holds nobody up before.
fn s01_a_delayed_message_joins_its_key_when_it_is_due<B: Backend>(bench: &Bench<B>) {
    for order in [Order::Key, Order::Partition] {
        let name = format!("{order:?}");
        let queue = bench.open(bench.builder::<u64>(&name).order(order));
        let (producer, consumer) = (queue.producer(), queue.consumer());
        bench.put(&producer, Message::new(1).key("a").after(secs(1)));
        bench.put(&producer, Message::new(2).key("a"));
        bench.put(&producer, Message::new(3).key("a"));
        let second = bench.take(&consumer);
        assert_eq!(*second, 2);
        bench.pass(secs(1));
        bench.nothing(&consumer);
        second.nack_after(secs(1)).expect("live");
        bench.nothing(&consumer);
        bench.pass(secs(1));
        assert_eq!(bench.take_all(&queue), [2, 3, 1]);
        // Nobody consumes before it is due: by its offset.
        bench.put(&producer, Message::new(4).key("a").after(secs(1)));
        bench.put(&producer, Message::new(5).key("a"));
        bench.pass(secs(1));
        assert_eq!(bench.take_all(&queue), [4, 5]);
        queue.check_invariants();
    }
}

/// S12: what is due in the future is in the report of closing, with what is left of its delay.
fn s12_closing_gives_delayed_messages_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(2));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let date = bench.engine.clock().wall() + secs(60);
    bench.put(&producer, Message::new(1).key("a").header("h", "v").after(secs(60)));
    bench.nothing(&consumer);
    bench.put(&producer, Message::new(2).at(date));
    bench.put(&producer, Message::new(3).after(secs(5)));
    bench.put(&producer, 4);
    bench.pass(secs(10));
    let report = queue.close();
    assert_eq!((report.delayed(), report.parked()), (2, 0));
    let mut back: Vec<_> = report.into_messages().collect();
    back.sort_by_key(|message| *message.payload());
    assert_eq!(back[0].get_due(), Some(Due::After(secs(50))));
    assert_eq!((back[0].get_key(), back[0].headers().len()), (Some(&b"a"[..]), 1));
    assert_eq!(back[1].get_due(), Some(Due::At(date)));
    assert_eq!(queue.stats().given_back, 2);
    let refused = producer.enqueue(back.remove(0)).expect_err("closed");
    assert_eq!(refused.into_message().get_due(), Some(Due::After(secs(50))));
    let mut left: Vec<_> = (0..2).map(|_| *bench.take(&consumer).detach()).collect();
    left.sort_unstable();
    assert_eq!(left, [3, 4]);
    drop(bench.take_all(&queue));
    bench.pass(secs(60));
    drop(bench.take_all(&queue));
    queue.check_invariants();
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
}

/// S31: a delayed message's wait is no waiting time.
fn s31_delays_are_not_waiting_times<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").timestamps(true));
    later(bench, &queue, 1, secs(60));
    bench.fill(&queue, [2]);
    bench.pass(secs(60));
    assert_eq!(bench.take_all(&queue).len(), 2);
    assert_eq!(queue.latency().map(|latency| latency.count), Some(1));
}

suite!(
    s08_a_delayed_message_is_never_early,
    s08_equal_due_times_are_first_in_first_out,
    s08_others_go_before_a_delayed_message,
    s08_a_message_falls_due_where_nobody_consumes,
    s08_a_waiting_consumer_is_woken_when_it_is_due,
    s08_the_next_pass_comes_when_the_first_is_due,
    s08_ten_years_and_no_more,
    s08_no_delay_and_the_past_are_now,
    s08_a_delay_level_is_a_delay,
    s08_a_delayed_message_takes_room,
    s08_a_cancelled_delay_leaves_nothing,
    s08_delayed_messages_are_purged,
    s08_a_delayed_message_is_rescheduled,
    s08_retries_are_rescheduled,
    s08_what_does_not_wait_is_not_rescheduled,
    s08_delays_in_batches_and_reservations,
    s01_a_delayed_message_joins_its_key_when_it_is_due,
    s12_closing_gives_delayed_messages_back,
    s31_delays_are_not_waiting_times,
);
