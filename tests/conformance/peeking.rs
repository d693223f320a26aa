//! S35: peek, browse and inspect disturb nothing.

use ringmill::message::Message;
use ringmill::queue::MessageState;

use crate::bench::{Backend, Bench, LEASE, suite};
use crate::ledger::{Counted, Ledger};

/// S35: the next ones of a partition, in order, as often as one likes.
fn s35_peek_shows_the_next_and_disturbs_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, 0..5);
    let before = queue.stats();
    for _ in 0..3 {
        let peeked: Vec<u64> = queue.peek(0, 3).iter().map(|message| **message).collect();
        assert_eq!(peeked, [0, 1, 2]);
        assert_eq!(queue.peek(0, 100).len(), 5);
    }
    let after = queue.stats();
    assert_eq!((after.deliveries, after.ready), (before.deliveries, before.ready));
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    assert_eq!((*held, held.deliveries()), (0, 1));
}

/// S35: browse sees every message in its state.
fn s35_browse_sees_every_message_in_its_state<B: Backend>(bench: &Bench<B>) {
    let _dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    let producer = queue.producer();
    for number in 0..6 {
        bench.put(&producer, Message::new(number).key([number as u8]));
    }
    let consumer = queue.consumer();
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).nack().expect("live");
    let _held = bench.take(&consumer);
    let mut seen: Vec<_> = queue
        .browse(|_| true)
        .iter()
        .map(|m| {
            assert_eq!(m.key(), Some(&[**m as u8][..]));
            (**m, m.state(), m.deliveries())
        })
        .collect();
    seen.sort_unstable_by_key(|seen| seen.0);
    let expected = [
        (1, MessageState::Parked, 1),
        (2, MessageState::Delayed, 1),
        (3, MessageState::Leased, 1),
        (4, MessageState::Ready, 0),
        (5, MessageState::Ready, 0),
    ];
    assert_eq!(seen, expected);
    assert!(queue.browse(|m| **m > 3).iter().map(|m| **m).eq([4, 5]));
}

/// S35: what is looked at may be handled and cancelled meanwhile, and is read to the end.
fn s35_what_is_looked_at_goes_its_way<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").capacity(2));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let (_, first) = bench.put(&producer, ledger.value());
    let (_, second) = bench.put(&producer, ledger.value());
    let (one, two) = (queue.inspect(&first).expect("it"), queue.inspect(&second).expect("it"));
    bench.take(&consumer).ack().expect("it is not held up");
    queue.cancel(&second).expect("nor is this");
    bench.nothing(&consumer);
    assert_eq!((one.number(), two.number(), ledger.alive()), (0, 1, 2));
    assert!(queue.inspect(&first).is_none() && queue.inspect(&second).is_none());
    drop((one, two));
    ledger.settle();
    for value in ledger.values(2) {
        bench.put(&producer, value);
    }
}

/// S35: nor does it keep a dead letter for ever.
fn s35_a_dead_letter_waits_for_who_looks_at_it<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<Box<u64>>("q").dead_letters("dead"));
    let (_, handle) = bench.put(&queue.producer(), Box::new(1));
    let looked = queue.inspect(&handle).expect("it is there");
    let consumer = queue.consumer();
    bench.take(&consumer).reject("no").expect("live");
    assert_eq!((queue.len(), queue.stats().dead_lettered), (1, 0));
    assert_eq!(**looked, 1);
    drop(looked);
    bench.pass(LEASE);
    assert_eq!((queue.len(), queue.stats().dead_lettered), (0, 1));
}

/// S35: a browse that is left early lets go.
fn s35_a_browse_left_early_lets_go<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").capacity(4));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for value in ledger.values(4) {
        bench.put(&producer, value);
    }
    let kept = queue.browse(|_| true).into_iter().next().expect("four are there");
    for _ in 0..4 {
        bench.take(&consumer).ack().expect("live");
    }
    assert_eq!(ledger.alive(), 1);
    drop(kept);
    ledger.settle();
    bench.pass(LEASE);
    assert_eq!(queue.len(), 0);
}

suite!(
    s35_peek_shows_the_next_and_disturbs_nothing,
    s35_browse_sees_every_message_in_its_state,
    s35_what_is_looked_at_goes_its_way,
    s35_a_dead_letter_waits_for_who_looks_at_it,
    s35_a_browse_left_early_lets_go,
);
