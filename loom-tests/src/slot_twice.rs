//! Messages whose index is in a ring and in the wheel.

use loom::sync::Arc;
use loom::thread;
use ringmill::clock::VirtualClock;
use ringmill::internal::delivery::{Found, State};
use ringmill::message::Message;
use ringmill::queue::{Engine, Queue};
use std::time::Duration;

use crate::seat::{
    Part, ack, assert_custody, browse, cancel, fall_due, next, partition, publish_later, take_out,
};
use crate::{check, check_wide, models};

models! { "slot":
    cursor_against_due,
    publish_later_against_cursor,
    cancel_against_due,
    cancel_in_the_wheel_against_due,
    reschedule_against_due,
    first_left_the_log,
    first_left_the_wheel,
    over_against_lease,
    over_against_cancel,
    over_against_browse,
    over_and_no_room_against_cursor,
    over_against_giving_back,
}

/// Takes what there is, and says of which life it was.
fn consume(part: &Part) -> Option<u64> {
    let (index, lease, _) = next(part)?;
    assert!(ack(part, index, lease));
    Some(lease.generation())
}

fn spawn_consumer(part: &Arc<Part>) -> thread::JoinHandle<Option<u64>> {
    let part = part.clone();
    thread::spawn(move || consume(&part))
}

/// A cursor comes to a message while it falls due: it is handed out once.
fn cursor_against_due() {
    check(|| {
        let part = partition(1);
        publish_later(&part, 7).expect("there is room");
        let consumer = spawn_consumer(&part);
        fall_due(&part);
        let first = consumer.join().unwrap();
        let second = consume(&part);
        assert_eq!(first.or(second), Some(1), "due, and not handed out");
        assert_ne!((first, second), (Some(1), Some(1)), "handed out twice");
        assert_custody(&part, 1, &[]);
    });
}

/// It comes before the producer has told the housekeeper, and so does a browser.
fn publish_later_against_cursor() {
    check_wide(1, || {
        let part = partition(1);
        let publisher = {
            let part = part.clone();
            thread::spawn(move || publish_later(&part, 7).is_some())
        };
        assert_eq!(consume(&part), None, "it is not due");
        let seen = browse(&part, 0);
        assert!(matches!(seen, None | Some(State::Delayed)));
        assert!(publisher.join().unwrap());
        fall_due(&part);
        assert_eq!(consume(&part), Some(1));
        assert_custody(&part, 1, &[]);
    });
}

/// It is cancelled meanwhile: it ends once, and its slot is free when both places were left.
fn cancel_against_due() {
    check_wide(1, || {
        let part = partition(1);
        let (index, _) = publish_later(&part, 7).expect("there is room");
        let consumer = spawn_consumer(&part);
        let canceller = {
            let part = part.clone();
            thread::spawn(move || cancel(&part, index, 1))
        };
        fall_due(&part);
        let acked = consumer.join().unwrap();
        let cancelled = canceller.join().unwrap();
        assert!(!(cancelled && acked == Some(1)), "a message ends once");
        if let Some(generation) = consume(&part) {
            assert!(!(generation == 1 && (cancelled || acked == Some(1))), "it had ended");
        }
        assert_custody(&part, 1, &[]);
    });
}

/// A queue with a message that is due, whose place in the log was left.
fn due_queue() -> (Engine, Queue<u64>, ringmill::message::Handle) {
    let clock = VirtualClock::new();
    let engine = Engine::builder().clock(clock.clone()).manual().build();
    let queue = Queue::<u64>::builder("q").engine(&engine).capacity(1).no_lease();
    let queue = queue.build().unwrap();
    let later = Message::new(1).after(Duration::from_nanos(1));
    let handle = queue.producer().enqueue(later).unwrap().handle().unwrap();
    assert!(queue.consumer().try_dequeue().is_err());
    clock.advance(Duration::from_nanos(1));
    (engine, queue, handle)
}

/// On the queue's own code: who cancels takes it out of the wheel while the housekeeper does.
fn cancel_in_the_wheel_against_due() {
    check_wide(1, || {
        let (engine, queue, handle) = due_queue();
        let other = queue.clone();
        let canceller = thread::spawn(move || other.cancel(&handle).is_ok());
        engine.tick();
        assert!(canceller.join().unwrap(), "nobody had it");
        assert!(queue.consumer().try_dequeue().is_err());
        assert_eq!((queue.len(), queue.stats().husks), (0, 0));
        queue.check_invariants();
        assert!(queue.producer().try_enqueue(2).is_ok(), "its slot is free");
    });
}

/// And who puts it off comes in time, or is told that it is too late.
fn reschedule_against_due() {
    check_wide(1, || {
        let (engine, queue, handle) = due_queue();
        let other = queue.clone();
        let late =
            thread::spawn(move || other.reschedule(&handle, Duration::from_secs(1)).is_err());
        engine.tick();
        let handed_out = queue.consumer().try_dequeue().map(|one| one.ack().unwrap()).is_ok();
        assert_eq!(handed_out, late.join().unwrap());
        queue.check_invariants();
    });
}

/// Whoever comes first at a message's log entry leaves it to the wheel; who frees it then, and
/// publishes over another entry of the log, knows of both by the word alone.
///
/// M publishes with ticket 0, X with ticket 1; C takes both, and leaves the second one to the
/// wheel; X ends it there, and publishes with ticket 2, over M's entry, which X never saw.
fn first_left_the_log() {
    check_wide(1, || {
        let part = partition(2);
        let m = {
            let part = part.clone();
            thread::spawn(move || crate::seat::publish(&part).is_some())
        };
        let consumer = {
            let part = part.clone();
            thread::spawn(move || {
                let mut kept = None;
                for _ in 0..2 {
                    let Some(index) = part.first().next(&part) else { break };
                    match part.at(index).lease() {
                        Found::Leased(..) => kept = Some(index),
                        Found::Husk => take_out(&part, index),
                    }
                }
                kept
            })
        };
        if let Some((index, word)) = publish_later(&part, 7) {
            cancel(&part, index, word.generation());
            fall_due(&part);
        }
        m.join().unwrap();
        let kept = consumer.join().unwrap();
        assert_custody(&part, 2, kept.as_slice());
    });
}

/// The same where the housekeeper comes first.
///
/// M and X send to the wheel with tickets 0 and 1; H has both fall due, and leaves them to the log;
/// X takes its own there, and sends to the wheel with ticket 2, over M's entry, which X never saw.
fn first_left_the_wheel() {
    check_wide(1, || {
        let part = partition(2);
        let m = {
            let part = part.clone();
            thread::spawn(move || publish_later(&part, 7).is_some())
        };
        let housekeeper = {
            let part = part.clone();
            thread::spawn(move || (0..2).for_each(|_| fall_due(&part)))
        };
        publish_later(&part, 7).expect("there is room");
        let taken = next(&part);
        if let Some((index, lease, _)) = taken {
            let word =
                part.at(index).settle(lease, ringmill::internal::delivery::Ending::Ack, true);
            assert!(word.is_ok());
            // SAFETY: acked, and read by nobody.
            unsafe { part.at(index).discard() };
            part.free(&[index]);
            publish_later(&part, 7).expect("there is room");
        }
        assert!(m.join().unwrap());
        housekeeper.join().unwrap();
        let mut waiting: Vec<u32> =
            std::iter::from_fn(|| part.first().next_waiting()).map(|(index, _)| index).collect();
        waiting.sort_unstable();
        waiting.dedup();
        for index in waiting {
            let fell = part.at(index).fall_due();
            assert!(fell.is_some(), "it was in the wheel, and not delayed");
            if fell == Some(false) {
                part.first().give_due(index);
            }
        }
        let mut seen = 0;
        while let Some((index, lease, _)) = next(&part) {
            assert!(
                part.at(index)
                    .settle(lease, ringmill::internal::delivery::Ending::Ack, true)
                    .is_ok()
            );
            // SAFETY: as above.
            unsafe { part.at(index).discard() };
            part.free(&[index]);
            seen += 1;
        }
        assert_eq!(seen, 2, "an index was lost");
    });
}

/// Parks a ready message of the first life as the housekeeper does whose time is over; whether it
/// was there.
fn pull(part: &Part, index: u32) -> bool {
    loop {
        let word = part.at(index).look();
        if word.generation() != 1 || word.state() != State::Ready {
            return false;
        }
        if part.at(index).pull(word) {
            return true;
        }
    }
}

/// Takes the content of a parked message, whose index is in the wheel's hand, if nobody reads it.
fn exhume(part: &Part, index: u32) -> bool {
    let slot = part.at(index);
    match slot.bury(State::Parked) {
        Ok(_) => {
            // SAFETY: burying it made us its owner.
            let free = unsafe {
                slot.discard();
                slot.moved()
            };
            if free {
                part.free(&[index]);
                crate::seat::publish(part);
            }
            true
        }
        Err(word) => {
            if word.state() != State::Parked {
                take_out(part, index);
            }
            false
        }
    }
}

/// A message's time is over while it is leased: it is handed out, or given up.
fn over_against_lease() {
    check(|| {
        let part = partition(1);
        let (index, _) = crate::seat::publish(&part).expect("there is room");
        let consumer = spawn_consumer(&part);
        let over = pull(&part, index);
        assert!(!over || exhume(&part, index), "nobody reads it");
        let acked = consumer.join().unwrap() == Some(1);
        assert_ne!(acked, over, "a message ends once");
        consume(&part);
        assert_custody(&part, 1, &[]);
    });
}

/// While it is cancelled, and somebody comes by.
fn over_against_cancel() {
    check_wide(1, || {
        let part = partition(1);
        let (index, _) = crate::seat::publish(&part).expect("there is room");
        let consumer = spawn_consumer(&part);
        let canceller = {
            let part = part.clone();
            thread::spawn(move || cancel(&part, index, 1))
        };
        let over = pull(&part, index) && exhume(&part, index);
        let acked = consumer.join().unwrap() == Some(1);
        let cancelled = canceller.join().unwrap();
        assert_eq!([over, acked, cancelled].iter().filter(|ended| **ended).count(), 1);
        consume(&part);
        assert_custody(&part, 1, &[]);
    });
}

/// While somebody looks at it: then it stays parked.
fn over_against_browse() {
    check(|| {
        let part = partition(1);
        let (index, _) = crate::seat::publish(&part).expect("there is room");
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        assert!(pull(&part, index), "nobody else takes it");
        let early = exhume(&part, index);
        browser.join().unwrap();
        assert!(early || exhume(&part, index), "nobody reads it any more");
        consume(&part);
        assert_custody(&part, 1, &[]);
    });
}

/// It cannot go where it should, while somebody comes by its place.
fn over_and_no_room_against_cursor() {
    check(|| {
        let part = partition(1);
        let (index, _) = crate::seat::publish(&part).expect("there is room");
        assert!(pull(&part, index));
        let consumer = spawn_consumer(&part);
        let slot = part.at(index);
        slot.bury(State::Parked).expect("nobody reads it");
        // SAFETY: burying it made us its owner, and the content is in it.
        unsafe {
            let content = ringmill::internal::delivery::take(slot);
            ringmill::internal::delivery::refill(slot, content);
            slot.unbury(State::Parked);
        }
        browse(&part, index);
        assert!(exhume(&part, index), "nobody reads it");
        assert_ne!(consumer.join().unwrap(), Some(1), "it was given up");
        consume(&part);
        assert_custody(&part, 1, &[]);
    });
}

/// On the queue's own code: its consumer gives it back when its time is over, and it is given up
/// by one of both.
fn over_against_giving_back() {
    check_wide(2, || {
        let clock = VirtualClock::new();
        let engine = Engine::builder().clock(clock.clone()).manual().build();
        let queue = Queue::<u64>::builder("q").engine(&engine).capacity(1).no_lease();
        let queue = queue.build().unwrap();
        let mortal = Message::new(1).ttl(Duration::from_nanos(1));
        let _accepted = queue.producer().enqueue(mortal).unwrap();
        let held = queue.consumer().try_dequeue().unwrap().detach();
        clock.advance(Duration::from_nanos(1));
        let holder = thread::spawn(move || held.release().unwrap());
        engine.tick();
        holder.join().unwrap();
        assert_eq!(queue.stats().ready, 0, "its time is over");
        engine.tick();
        assert_eq!((queue.len(), queue.stats().dropped_expired), (0, 1));
        queue.check_invariants();
    });
}
