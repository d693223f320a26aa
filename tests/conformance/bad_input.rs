//! What is refused, and what does no harm.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;
use ringmill::message::Message;
use ringmill::queue::{
    BuildError, DequeueError, Engine, EnqueueErrorKind, Overflow, Queue, QueueBuilder, Redrive,
    Retry, SettleErrorKind, Settlement,
};

use crate::bench::{Backend, Bench, LEASE, ms, refused, says, secs, suite};
use crate::ledger::{Counted, Ledger};

/// A setting that is refused: field, value and allowed range are in the error.
#[track_caller]
fn wrong<B: Backend>(bench: &Bench<B>, builder: QueueBuilder<u64>, field: &str, value: &str) {
    match bench.try_open(builder) {
        Ok(_) => panic!("{field} of {value} is refused"),
        Err(error) => {
            says(&error, &[field, value]);
            let BuildError::InvalidConfig { field: named, allowed, .. } = error else {
                panic!("{error}")
            };
            assert!(named.starts_with(field) && !allowed.is_empty());
        }
    }
}

/// S9, S12: zero partitions, zero capacity, and what else cannot be meant.
fn s33_a_refused_setting_is_named<B: Backend>(bench: &Bench<B>) {
    let new = || bench.builder::<u64>("q");
    wrong(bench, new().partitions(0), "partitions", "0");
    wrong(bench, new().capacity(0), "capacity", "0");
    wrong(bench, new().capacity(usize::MAX), "capacity", &usize::MAX.to_string());
    wrong(bench, new().lease(Duration::ZERO), "lease", "0");
    wrong(bench, new().lease(secs(61)).max_lease(secs(60)), "lease", "61");
    wrong(bench, new().max_deliveries(0), "max_deliveries", "0");
    wrong(bench, new().max_deliveries(255), "max_deliveries", "255");
    wrong(bench, new().retry(Retry::exponential(ms(1), f64::NAN)), "retry", "NaN");
    wrong(bench, new().retry(Retry::exponential(ms(1), 0.5)), "retry", "0.5");
    wrong(bench, new().dead_letters("q"), "dead_letters", "q");
    // A failed creation leaves nothing behind.
    assert!(bench.engine.names().is_empty());
    bench.open(new());
}

/// S33: a name is there once.
fn s33_a_name_is_there_once<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    for builder in [bench.builder::<u64>("q"), bench.builder("q").capacity(7)] {
        assert!(matches!(bench.try_open(builder), Err(BuildError::NameConflict { .. })));
    }
    assert!(matches!(
        bench.try_open(bench.builder::<[u8]>("q")),
        Err(BuildError::NameConflict { .. })
    ));
    bench.fill(&queue, [1]);
    assert_eq!(bench.engine.names(), ["q"]);
    let found: Queue<u64> = bench.engine.queue("q").expect("it is there");
    assert_eq!(bench.take_all(&found), [1]);
    assert!(bench.engine.queue::<u32>("q").is_none(), "of another type");
    assert!(bench.engine.queue::<u64>("p").is_none());
}

/// S5: dead letters of another type cannot take these.
fn s05_dead_letters_of_another_type_are_refused<B: Backend>(bench: &Bench<B>) {
    let _dead = bench.open(bench.builder::<u32>("dead"));
    assert!(bench.try_open(bench.builder::<u64>("q").dead_letters("dead")).is_err());
    assert_eq!(bench.engine.names(), ["dead"]);
}

/// S5: a message that dies for the seventeenth time is parked where it is.
fn s05_a_message_dies_sixteen_times<B: Backend>(bench: &Bench<B>) {
    let name = |at: usize| format!("q{at}");
    // The last first, so that each has the next as its dead letters.
    let mut queues: Vec<Queue<u64>> = (0..20)
        .rev()
        .map(|at| bench.open(bench.builder(&name(at)).dead_letters(&name(at + 1))))
        .collect();
    queues.reverse();
    bench.fill(&queues[0], [1]);
    for (died, queue) in queues.iter().enumerate().take(17) {
        let consumer = queue.consumer();
        let held = bench.take(&consumer);
        assert_eq!(held.history().len(), died);
        held.reject("no").expect("live");
        bench.flush();
    }
    assert_eq!((queues[16].stats().parked, queues[17].len()), (1, 0));
    bench.pass(secs(60));
    assert_eq!((queues[16].stats().parked, queues[17].len()), (1, 0), "and stays");
}

/// S5: redriven and rejected in turn, it ends at the same limit.
fn s05_a_message_that_goes_round_ends_at_the_hop_limit<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    let dead = queue.dead_letters().expect("it was asked for");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    for died in 0..=16 {
        let held = bench.take(&consumer);
        assert_eq!(held.history().len(), died);
        held.reject("no").expect("live");
        assert_eq!(dead.redrive(Redrive::new()).moved, usize::from(died < 16));
        bench.flush();
    }
    assert_eq!((queue.stats().parked, dead.len()), (1, 0), "parked where it is");
}

/// S3: settled, stale, or of another queue: no effect.
fn s03_a_receipt_that_is_not_live_changes_nothing<B: Backend>(bench: &Bench<B>) {
    let (queue, other) = (bench.queue("q"), bench.queue("other"));
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    let receipt = held.receipt();
    held.ack().expect("live");
    let counts = |queue: &Queue<u64>| {
        let stats = queue.stats();
        (stats.ready, stats.leased, stats.acked, stats.nacked, stats.dropped())
    };
    let before = (counts(&queue), counts(&other));
    for end in [Settlement::Ack, Settlement::Nack, Settlement::Reject, Settlement::Release] {
        refused(queue.settle(&receipt, end));
        assert_eq!(refused(other.settle(&receipt, end)), SettleErrorKind::NotFound);
    }
    assert_eq!((counts(&queue), counts(&other)), before);
}

/// Payloads up to the limit, and not a byte more.
fn s09_a_payload_too_large_is_refused<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q").max_payload(100));
    let producer = queue.producer();
    for length in [0, 1, 99, 100] {
        bench.put(&producer, Bytes::from(vec![1; length]));
    }
    let error = producer.try_enqueue(Bytes::from(vec![1; 101])).expect_err("one too many");
    assert!(matches!(error.kind(), EnqueueErrorKind::TooLarge { .. }));
    says(&error, &["101", "100"]);
    assert_eq!(error.into_message().payload().len(), 101);
    assert!(producer.reserve(101, None).is_err());
    assert_eq!(queue.stats().accepted, 4);
}

/// Bytes are what they are, from none to 16 MiB.
fn s09_bytes_come_out_as_they_went_in<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<[u8]>("q"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for length in [0, 1, 31, 32, 33, 40, 64, 128, 1_000, 65_537, 16 << 20] {
        let payload: Vec<u8> = (0..length).map(|at| (at * 31 % 251) as u8).collect();
        bench.put(&producer, Bytes::from(payload.clone()));
        let held = bench.take(&consumer);
        assert!(held[..] == payload[..], "{length} bytes");
        let bytes = held.into_inner().expect("the only reader");
        assert!(bytes[..] == payload[..], "{length} bytes, taken out");
    }
    let error = producer.try_enqueue(Bytes::from(vec![0; (16 << 20) + 1])).expect_err("too large");
    assert!(matches!(error.kind(), EnqueueErrorKind::TooLarge { .. }));
}

/// Headers: as many and as large as allowed, and no more.
fn s09_headers_over_their_limits_are_refused<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").max_headers(3).max_header_bytes(20));
    let producer = queue.producer();
    let three = || Message::new(1).header("a", "1").header("b", "2").header("c", "3");
    bench.put(&producer, three());
    let error = producer.try_enqueue(three().header("d", "4")).expect_err("four headers");
    assert!(matches!(error.kind(), EnqueueErrorKind::TooManyHeaders { .. }));
    says(&error, &["3"]);
    assert_eq!(error.into_message().headers().len(), 4, "they come back");
    bench.put(&producer, Message::new(1).header("12345", "678901234567890"));
    let error =
        producer.try_enqueue(Message::new(1).header("12345", "6789012345678901")).expect_err("21");
    assert!(matches!(error.kind(), EnqueueErrorKind::TooManyHeaders { .. }));
    assert_eq!(queue.stats().accepted, 2);
}

/// Keys and headers are bytes, whatever they are.
fn s27_keys_and_headers_need_not_be_text<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(4));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let no_text = [0xff, 0x00, 0xc3, 0x28];
    let message = Message::new(1).key(no_text).header(no_text, no_text);
    bench.put(&producer, message.header("", ""));
    let held = bench.take(&consumer);
    assert_eq!(held.key(), Some(&no_text[..]));
    assert_eq!(held.header(no_text), Some(&no_text[..]));
    assert_eq!(held.header(""), Some(&b""[..]));
    assert_eq!(held.header("nothing"), None);
    // An empty key is a key; none is none.
    bench.put(&producer, Message::new(2).key(""));
    bench.put(&producer, 3);
    let mut keys: Vec<_> = (0..2)
        .map(|_| {
            let held = bench.take(&consumer);
            (*held, held.key().map(<[u8]>::to_vec))
        })
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, [(2, Some(Vec::new())), (3, None)]);
}

/// A forgotten delivery keeps its slot, and nothing else: its message comes again.
fn s02_a_forgotten_delivery_keeps_its_slot_only<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").capacity(2));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.put(&producer, ledger.value());
    mem::forget(bench.take(&consumer));
    bench.expire();
    bench.take(&consumer).ack().expect("it came again");
    assert_eq!(queue.stats().acked, 1);
    for _ in 0..5 {
        bench.put(&producer, ledger.value());
        assert!(producer.try_enqueue(ledger.value()).is_err(), "one slot is lost");
        bench.take(&consumer).ack().expect("live");
    }
    assert_eq!(ledger.dropped(0), 0, "somebody may read it");
    queue.check_invariants();
    queue.close();
    assert!(matches!(consumer.try_dequeue(), Err(DequeueError::Closed)));
}

/// A payload whose drop panics harms nobody else.
fn s14_a_payload_whose_drop_panics_harms_nobody<B: Backend>(bench: &Bench<B>) {
    let ledger = Ledger::new();
    let queue = bench.open(bench.builder::<Counted>("q").capacity(2));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let put_bomb = || bench.put(&producer, ledger.bomb());
    let quietly = |run: &mut dyn FnMut()| {
        let hook = catch_unwind(AssertUnwindSafe(run));
        drop(hook);
    };
    put_bomb();
    quietly(&mut || bench.take(&consumer).ack().expect("live"));
    let (_, handle) = put_bomb();
    quietly(&mut || queue.cancel(&handle).expect("it is ready"));
    bench.nothing(&consumer);
    put_bomb();
    quietly(&mut || assert_eq!(queue.purge(|_| true), 1));
    bench.nothing(&consumer);
    put_bomb();
    quietly(&mut || bench.take(&consumer).reject("no").expect("live"));
    let _ = consumer.try_dequeue();
    bench.tick();
    assert_eq!((queue.len(), ledger.alive()), (0, 0), "each was dropped");
    queue.check_invariants();
    // Both slots are there.
    bench.put(&producer, ledger.value());
    bench.put(&producer, ledger.value());
    bench.take(&consumer).ack().expect("live");
    bench.take(&consumer).ack().expect("live");
    ledger.settle();
}

/// S2, S23: leases and retries run on the monotonic clock.
fn s02_a_clock_that_is_set_by_a_day_changes_nothing<B: Backend>(bench: &Bench<B>) {
    const DAY: Duration = secs(86_400);
    let queue = bench.queue("q");
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    bench.take(&consumer).nack_after(secs(10)).expect("live");
    bench.tick();
    for step in [true, false, false] {
        if step {
            bench.clock.step_wall_forward(DAY)
        } else {
            bench.clock.step_wall_back(DAY)
        }
        bench.tick();
        assert_eq!((queue.stats().leased, queue.stats().delayed), (1, 1));
    }
    bench.pass(secs(10));
    assert_eq!(*bench.take(&consumer), 2);
    bench.pass(LEASE - secs(10) - ms(1));
    held.ack().expect("its time is not up");
}

/// A machine that slept: every lease that ran out meanwhile comes back, once.
fn s02_a_clock_that_jumps_ahead_expires_leases_once<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, 0..10);
    let consumer = queue.consumer();
    let held: Vec<_> = (0..10).map(|_| bench.take(&consumer).detach()).collect();
    bench.tick();
    bench.pass(secs(86_400));
    bench.tick();
    let stats = queue.stats();
    assert_eq!((stats.expired, stats.ready), (10, 10));
    for held in held {
        assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
    }
    assert_eq!(bench.take_all(&queue).len(), 10);
}

/// Calls that ask for nothing, or for what cannot be, do nothing.
fn s35_empty_calls_do_nothing<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    bench.fill(&queue, [1]);
    let mut out = Vec::new();
    assert!(consumer.try_dequeue_batch(0, &mut out).is_ok_and(|taken| taken == 0));
    assert_eq!(producer.try_enqueue_batch(&mut Vec::new()), Ok(0));
    assert!(producer.enqueue_batch(&mut Vec::new()).is_empty());
    assert_eq!(consumer.ack_batch(out).acked, 0);
    assert!(queue.peek(0, 0).is_empty());
    assert!(queue.peek(99, 1).is_empty(), "there is no such partition");
    assert_eq!(queue.purge(|_| false), 0);
    assert_eq!(queue.redrive(Redrive::new()).moved, 0, "they are no dead letters");
    assert_eq!(queue.stats().ready, 1);
}

/// Settings of one kind do not disturb others: an engine of its own, an overflow that waits.
fn s12_queues_of_two_engines_share_nothing<B: Backend>(bench: &Bench<B>) {
    let other = Engine::builder().clock(bench.clock.clone()).manual().build();
    let mine = bench.queue("q");
    let yours = Queue::<u64>::builder("q")
        .engine(&other)
        .overflow(Overflow::Block(Duration::ZERO))
        .build()
        .expect("the name is free there");
    bench.fill(&mine, [1]);
    assert_eq!((mine.len(), yours.len()), (1, 0));
    other.close();
    bench.fill(&mine, [2]);
    assert!(yours.producer().try_enqueue(3).is_err());
}

suite!(
    s33_a_refused_setting_is_named,
    s33_a_name_is_there_once,
    s05_dead_letters_of_another_type_are_refused,
    s05_a_message_dies_sixteen_times,
    s05_a_message_that_goes_round_ends_at_the_hop_limit,
    s03_a_receipt_that_is_not_live_changes_nothing,
    s09_a_payload_too_large_is_refused,
    s09_bytes_come_out_as_they_went_in,
    s09_headers_over_their_limits_are_refused,
    s27_keys_and_headers_need_not_be_text,
    s02_a_forgotten_delivery_keeps_its_slot_only,
    s14_a_payload_whose_drop_panics_harms_nobody,
    s02_a_clock_that_is_set_by_a_day_changes_nothing,
    s02_a_clock_that_jumps_ahead_expires_leases_once,
    s35_empty_calls_do_nothing,
    s12_queues_of_two_engines_share_nothing,
);
