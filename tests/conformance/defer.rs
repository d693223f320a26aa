//! S32: messages that are set aside until somebody takes them.

use ringmill::message::{Message, Reason};
use ringmill::queue::{
    CancelError, DequeueError, MessageState, Order, RescheduleError, Settlement, TakeError,
};

use crate::bench::{Backend, Bench, LEASE, ms, says, secs, suite};
use crate::ledger::{Counted, Ledger};

/// S32: it waits for as long as nobody asks, and then is handed out by its handle.
fn s32_a_deferred_message_waits_until_it_is_taken<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, 0..3);
    let consumer = queue.consumer();
    let first = bench.take(&consumer);
    let seen = first.handle();
    let handle = first.defer().expect("live");
    assert_eq!(handle, seen);
    let other = bench.take(&consumer).detach().defer().expect("live");
    assert_eq!((queue.stats().parked, queue.stats().released), (2, 2));
    bench.take(&consumer).ack().expect("live");
    queue.check_invariants();
    bench.pass(secs(20 * 365 * 86_400));
    bench.nothing(&consumer);
    let again = consumer.take(&handle).expect("it is set aside");
    assert_eq!((*again, again.deliveries(), again.attempts()), (0, 2, 0));
    assert_eq!((queue.stats().parked, queue.stats().leased), (1, 1));
    queue.check_invariants();
    again.nack_after(ms(1)).expect("live");
    bench.pass(ms(1));
    assert_eq!(bench.take_all(&queue), [0], "as any other then");
    let detached = queue.take(&other).expect("it is set aside");
    assert_eq!(*detached, 1);
    detached.ack().expect("live");
    assert_eq!(queue.len(), 0);
    queue.check_invariants();
}

/// S32: a second take is told so, and what is not deferred has its own errors.
fn s32_a_message_is_taken_once<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead").capacity(8));
    let other = bench.queue("other");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let (_, ready) = bench.put(&producer, 1);
    assert_eq!(consumer.take(&ready).err(), Some(TakeError::NotDeferred));
    let handle = bench.take(&consumer).defer().expect("live");
    assert_eq!(other.consumer().take(&handle).err(), Some(TakeError::NotFound));
    assert_eq!(queue.reschedule(&handle, secs(1)), Err(RescheduleError::NotDelayed));
    let taken = consumer.take(&handle).expect("it is set aside");
    for error in [consumer.take(&handle).err(), queue.take(&handle).err()] {
        says(&error.expect("it was taken"), &["already"]);
        assert_eq!(error, Some(TakeError::AlreadySettled));
    }
    taken.snooze(secs(1)).expect("live");
    assert_eq!(consumer.take(&handle).err(), Some(TakeError::NotDeferred));
    bench.pass(secs(1));
    bench.take(&consumer).ack().expect("live");
    assert_eq!(consumer.take(&handle).err(), Some(TakeError::AlreadySettled));
    bench.put(&producer, 2);
    let of_next = consumer.take(&handle).err();
    assert!(matches!(of_next, Some(TakeError::NotFound | TakeError::AlreadySettled)));
    bench.take(&consumer).reject("no").expect("live");
    let (_, stuck) = bench.put(&producer, 3);
    bench.take(&consumer).reject("no").expect("live");
    assert_eq!((queue.stats().parked, dead.len()), (1, 1));
    assert_eq!(consumer.take(&stuck).err(), Some(TakeError::NotDeferred), "it is dead");
    let (_, gone) = bench.put(&producer, 4);
    let deferred = bench.take(&consumer).defer().expect("live");
    queue.cancel(&deferred).expect("nobody has it");
    assert_eq!(consumer.take(&gone).err(), Some(TakeError::NotFound));
    queue.check_invariants();
}

/// S32: its delivery is ended by that, and its lease does not come back.
fn s32_defer_ends_the_delivery<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let late = bench.take(&consumer).detach();
    let receipt = late.receipt();
    bench.expire();
    assert!(late.defer().is_err(), "its lease was taken back");
    let held = bench.take(&consumer);
    let stale = held.receipt();
    held.defer().expect("live");
    bench.pass(LEASE + LEASE);
    for receipt in [receipt, stale] {
        assert!(queue.settle(&receipt, Settlement::Ack).is_err());
    }
    assert_eq!((queue.stats().parked, queue.stats().expired), (1, 1));
    // One on its last delivery is not set aside: nobody could take it.
    let last = bench.open(bench.builder::<u64>("last").max_deliveries(1));
    bench.fill(&last, [1]);
    bench.take(&last.consumer()).defer().expect("live");
    assert_eq!((last.len(), last.stats().dropped_max_deliveries), (0, 1));
}

/// S32: it holds its key, until it is taken and settled, or gone.
fn s32_a_deferred_message_holds_its_key<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").order(Order::Key));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for (number, key) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] {
        bench.put(&producer, Message::new(number).key(key));
    }
    let handle = bench.take(&consumer).defer().expect("live");
    assert_eq!(bench.take_all(&queue), [3]);
    let taken = consumer.take(&handle).expect("it is set aside");
    bench.nothing(&consumer);
    let handle = taken.defer().expect("live");
    bench.nothing(&consumer);
    consumer.take(&handle).expect("once more").ack().expect("live");
    let second = bench.take(&consumer);
    assert_eq!(*second, 2);
    let handle = second.defer().expect("live");
    queue.cancel(&handle).expect("nobody has it");
    assert_eq!(queue.cancel(&handle), Err(CancelError::NotFound));
    assert_eq!(bench.take_all(&queue), [4], "it gives way");
    queue.check_invariants();
}

/// S32: its time to live goes on.
fn s32_the_time_of_a_deferred_message_goes_on<B: Backend>(bench: &Bench<B>) {
    let builder = bench.builder::<u64>("q").order(Order::Key).dead_letters("dead");
    let queue = bench.open(builder);
    let dead = queue.dead_letters().expect("made");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, Message::new(1).key("a").ttl(secs(10)));
    bench.put(&producer, Message::new(2).key("a").ttl(secs(30)));
    bench.put(&producer, Message::new(3).key("a"));
    let handle = bench.take(&consumer).defer().expect("live");
    bench.pass(secs(10) - ms(1));
    assert_eq!(queue.stats().parked, 1);
    bench.pass(ms(1));
    assert_eq!((queue.stats().parked, dead.len()), (0, 1));
    assert!(consumer.take(&handle).is_err());
    let second = bench.take(&consumer);
    assert_eq!(*second, 2);
    bench.pass(secs(20));
    second.defer().expect("live");
    assert_eq!((queue.stats().parked, dead.len()), (0, 2), "over already");
    assert_eq!(bench.take_all(&queue), [3]);
    let letter = dead.browse(|letter| **letter == 1).remove(0);
    let death = letter.history().last().expect("it died");
    assert_eq!((death.reason, death.deliveries), (Reason::Expired, 1));
    queue.check_invariants();
    dead.check_invariants();
}

/// S32: it can be looked at, cancelled and purged; closing gives it back.
fn s32_a_deferred_message_is_seen_and_given_back<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for value in ledger.values(4) {
        bench.put(&producer, value);
    }
    let handles: Vec<_> = (0..4).map(|_| bench.take(&consumer).defer().expect("live")).collect();
    let seen = queue.browse(|seen| seen.state() == MessageState::Parked);
    assert_eq!(seen.len(), 4);
    drop(seen);
    queue.cancel(&handles[0]).expect("nobody has it");
    assert_eq!((ledger.alive(), queue.stats().husks), (3, 0));
    assert_eq!(queue.purge(|seen| seen.handle() == handles[1]), 1);
    let taken = consumer.take(&handles[2]).expect("it is set aside");
    let report = queue.close();
    assert_eq!((report.parked(), report.delayed()), (1, 0));
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Empty)), "one is out");
    taken.ack().expect("live");
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    drop(report);
    assert_eq!((ledger.alive(), queue.len()), (0, 0));
    queue.check_invariants();
}

/// S12, S32: who waits is told that a closed queue is over, also while one is set aside; what is
/// taken then can be settled.
fn s12_a_deferred_message_keeps_no_queue_open<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    let handle = bench.take(&consumer).defer().expect("live");
    let second = bench.take(&consumer);
    bench.engine.close();
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Empty)));
    second.ack().expect("live");
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    let taken = consumer.take(&handle).expect("it is there");
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Empty)));
    taken.ack().expect("live");
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
    queue.check_invariants();
    queue.abort();
    assert_eq!(consumer.take(&handle).err(), Some(TakeError::Closed));
}

/// S32: each group sets aside and takes for itself.
fn s32_each_group_sets_aside_for_itself<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").group("b"));
    let (first, group) = (queue.consumer(), queue.group("b").expect("declared"));
    let second = group.consumer().expect("there");
    bench.fill(&queue, [1]);
    let handle = bench.take(&first).defer().expect("live");
    assert_eq!(second.take(&handle).err(), Some(TakeError::NotDeferred));
    bench.take(&second).ack().expect("live");
    assert_eq!((queue.stats().parked, group.stats().parked), (1, 0));
    assert_eq!(second.take(&handle).err(), Some(TakeError::AlreadySettled));
    queue.take(&handle).expect("the first has set it aside").ack().expect("live");
    assert!(queue.is_empty());
    queue.check_invariants();
}

suite!(
    s32_a_deferred_message_waits_until_it_is_taken,
    s32_a_message_is_taken_once,
    s32_defer_ends_the_delivery,
    s32_a_deferred_message_holds_its_key,
    s32_the_time_of_a_deferred_message_goes_on,
    s32_a_deferred_message_is_seen_and_given_back,
    s12_a_deferred_message_keeps_no_queue_open,
    s32_each_group_sets_aside_for_itself,
);
