//! S5: where a message goes that cannot be handled.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use ringmill::message::Reason;
use ringmill::queue::{ErrorClass, MessageState, Queue, Retry};

use crate::bench::{Backend, Bench, LEASE, ms, secs, suite};

/// The next try to move a message that is parked has come by then.
const AGAIN: std::time::Duration = ms(10);

/// A queue with a dead-letter queue of this capacity.
fn pair<B: Backend>(bench: &Bench<B>, capacity: usize) -> (Queue<u64>, Queue<u64>) {
    let dead = bench.open(bench.builder("dead").capacity(capacity));
    let queue =
        bench.open(bench.builder("q").retry(Retry::fixed(ms(10)).max(1)).dead_letters("dead"));
    (queue, dead)
}

/// S5: moved with a history entry.
fn s05_a_rejected_message_is_a_dead_letter_with_its_history<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = pair(bench, 10);
    bench.fill(&queue, [7]);
    let consumer = queue.consumer();
    bench.take(&consumer).nack_with(ErrorClass::System, "no answer").expect("live");
    bench.pass(secs(5));
    bench.take(&consumer).reject("it has no address").expect("live");
    assert_eq!((queue.stats().dead_lettered, queue.len(), dead.len()), (1, 0, 1));
    let of_dead = dead.consumer();
    let letter = bench.take(&of_dead);
    assert_eq!(*letter, 7);
    assert_eq!((letter.attempts(), letter.deliveries()), (0, 1), "a life of its own");
    let history = letter.history();
    assert_eq!(history.len(), 1);
    let entry = &history[0];
    assert_eq!((&*entry.queue, &*entry.group), ("q", "default"));
    assert_eq!(entry.reason, Reason::Rejected);
    assert_eq!(entry.text, "it has no address");
    assert_eq!(entry.attempts, 2);
}

/// S5: each reason is told.
fn s05_every_reason_is_told<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = pair(bench, 10);
    let (consumer, of_dead) = (queue.consumer(), dead.consumer());
    let reason = || {
        let letter = bench.take(&of_dead);
        let told = (letter.history()[0].reason, letter.history()[0].class);
        letter.ack().expect("live");
        told
    };
    bench.fill(&queue, [1]);
    bench.take(&consumer).nack_with(ErrorClass::Validation, "no number").expect("live");
    assert_eq!(reason(), (Reason::Rejected, Some(ErrorClass::Validation)));
    bench.fill(&queue, [2]);
    bench.take(&consumer).nack_with(ErrorClass::System, "no answer").expect("live");
    bench.pass(secs(1));
    bench.take(&consumer).nack_with(ErrorClass::TimedOut, "none yet").expect("live");
    assert_eq!(reason(), (Reason::MaxAttempts, Some(ErrorClass::TimedOut)));
    bench.fill(&queue, [3]);
    for _ in 0..2 {
        let held = bench.take(&consumer).detach();
        bench.expire();
        drop(held);
    }
    bench.pass(AGAIN);
    assert_eq!(reason().0, Reason::MaxAttempts, "by expiry");
}

/// S5: the text is at most 1 KiB, cut where a character ends.
fn s05_a_long_text_is_cut<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = pair(bench, 10);
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    bench.take(&consumer).reject("ä".repeat(5_000)).expect("live");
    let of_dead = dead.consumer();
    let letter = bench.take(&of_dead);
    let text = &letter.history()[0].text;
    assert!(text.len() > 1_000 && text.len() <= 1_024, "{} bytes", text.len());
    assert!(text.chars().all(|c| c == 'ä'));
}

/// S5: key and headers go with it.
fn s05_a_dead_letter_keeps_key_and_headers<B: Backend>(bench: &Bench<B>) {
    use ringmill::message::Message;
    let (queue, dead) = pair(bench, 10);
    let message = Message::new(1).key("a customer").header("trace", "abc").header("n", [0, 255]);
    bench.put(&queue.producer(), message);
    let consumer = queue.consumer();
    bench.take(&consumer).reject("no").expect("live");
    let of_dead = dead.consumer();
    let letter = bench.take(&of_dead);
    assert_eq!(letter.key(), Some(&b"a customer"[..]));
    assert_eq!(letter.header("trace"), Some(&b"abc"[..]));
    assert_eq!(letter.header("n"), Some(&[0, 255][..]));
}

/// S5: a full dead-letter queue parks the message in its slot: never dropped.
fn s05_a_full_dead_letter_queue_parks_the_message<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").capacity(1));
    let queue = bench.open(bench.builder::<u64>("q").capacity(3).dead_letters("dead"));
    bench.fill(&queue, [1, 2, 3]);
    let consumer = queue.consumer();
    for _ in 0..3 {
        bench.take(&consumer).reject("no").expect("live");
    }
    let stats = queue.stats();
    assert_eq!((stats.parked, stats.dead_lettered, dead.len()), (2, 1, 1));
    assert_eq!(stats.dropped(), 0);
    bench.nothing(&consumer);
    // They take up their room.
    let producer = queue.producer();
    bench.put(&producer, 4);
    assert!(producer.try_enqueue(5).expect_err("two are parked").is_full());
    // Room lets one in at the next pass.
    let mut letters = bench.take_all(&dead);
    for parked in [1, 0] {
        bench.pass(AGAIN);
        assert_eq!(queue.stats().parked, parked);
        letters.extend(bench.take_all(&dead));
    }
    letters.sort_unstable();
    assert_eq!(letters, [1, 2, 3]);
    assert_eq!(queue.stats().dead_lettered, 3);
}

/// S5: what is parked is seen, and can be ended.
fn s05_a_parked_message_is_seen_and_cancelled<B: Backend>(bench: &Bench<B>) {
    let (queue, _dead) = pair(bench, 1);
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    bench.take(&consumer).reject("no").expect("live");
    let (_, handle) = bench.put(&queue.producer(), 2);
    bench.take(&consumer).reject("no").expect("live");
    assert_eq!(queue.inspect(&handle).expect("it is parked").state(), MessageState::Parked);
    queue.cancel(&handle).expect("nobody has leased it");
    assert!(queue.inspect(&handle).is_none());
    assert_eq!((queue.stats().parked, queue.stats().dropped_cancelled), (0, 1));
}

/// S5: without one: dropped, counted by reason, handed to `on_dead`.
fn s05_without_dead_letters_a_message_is_handed_to_the_caller<B: Backend>(bench: &Bench<B>) {
    let told: Arc<Mutex<Vec<(u64, Reason, String)>>> = Arc::default();
    let notes = Arc::clone(&told);
    let builder = bench.builder::<u64>("q").retry(Retry::none()).on_dead(move |dead| {
        let death = dead.death();
        let note = (*dead.message().payload(), death.reason, death.text.clone());
        notes.lock().expect("nobody panicked").push(note);
    });
    let queue = bench.open(builder);
    bench.fill(&queue, [1, 2]);
    let consumer = queue.consumer();
    bench.take(&consumer).reject("no").expect("live");
    bench.take(&consumer).nack_with(ErrorClass::System, "down").expect("live");
    let stats = queue.stats();
    assert_eq!((stats.dropped_rejected, stats.dropped_max_attempts), (1, 1));
    assert_eq!((stats.dropped(), queue.len()), (2, 0));
    let told = told.lock().expect("nobody panicked");
    let expected =
        [(1, Reason::Rejected, "no".into()), (2, Reason::MaxAttempts, "down".to_owned())];
    assert_eq!(told[..], expected);
}

/// S5: the same queue is made, if there is none of this name.
fn s05_a_dead_letter_queue_is_made_or_found<B: Backend>(bench: &Bench<B>) {
    let first = bench.open(bench.builder::<u64>("first").dead_letters("dead"));
    let second = bench.open(bench.builder::<u64>("second").dead_letters("dead"));
    assert!(bench.engine.names().iter().any(|name| name == "dead"));
    for (queue, number) in [(&first, 1), (&second, 2)] {
        bench.fill(queue, [number]);
        let consumer = queue.consumer();
        bench.take(&consumer).reject("no").expect("live");
    }
    let dead = first.dead_letters().expect("it was asked for");
    assert_eq!(second.dead_letters().expect("it was asked for").name(), "dead");
    assert_eq!(bench.take_all(&dead), [1, 2]);
    assert!(dead.dead_letters().is_none());
}

/// S5: `T` moves when its last reader is gone.
fn s05_a_dead_letter_moves_when_its_last_reader_is_gone<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<Box<u64>>("dead"));
    let retry = Retry::fixed(ms(1)).max(0);
    let queue = bench.open(bench.builder::<Box<u64>>("q").retry(retry).dead_letters("dead"));
    bench.put(&queue.producer(), Box::new(7));
    let consumer = queue.consumer();
    let held = bench.take(&consumer).detach();
    bench.expire();
    assert_eq!((queue.len(), dead.len()), (1, 0), "it waits");
    assert_eq!(**held, 7, "it is read still");
    drop(held);
    bench.pass(AGAIN);
    assert_eq!((queue.len(), queue.stats().dead_lettered, dead.len()), (0, 1, 1));
    let of_dead = dead.consumer();
    assert_eq!(**bench.take(&of_dead), 7);
}

/// S5: a queue of dead letters that is full of handled ones takes more.
fn s05_dead_lettering_needs_no_room_at_the_source<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = pair(bench, 1_000);
    let producer = queue.producer();
    let full = (0..).take_while(|number| producer.try_enqueue(*number).is_ok()).count();
    assert_eq!(full, queue.capacity());
    let consumer = queue.consumer();
    for _ in 0..full {
        bench.take(&consumer).reject("no").expect("live");
    }
    assert_eq!((queue.len(), dead.len(), queue.stats().parked), (0, full as u64, 0));
}

/// S5: retention is off by default, and drops the oldest first: by count.
fn s05_dead_letters_are_kept_by_count<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").retain_count(3));
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    bench.fill(&queue, 1..=5);
    let consumer = queue.consumer();
    for _ in 0..5 {
        bench.take(&consumer).reject("no").expect("live");
    }
    bench.tick();
    assert_eq!(dead.stats().dropped_retention, 2);
    assert_eq!(bench.take_all(&dead), [3, 4, 5]);
}

/// S5: by age.
fn s05_dead_letters_are_kept_for_a_time<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<u64>("dead").retain_for(LEASE));
    let queue = bench.open(bench.builder::<u64>("q").dead_letters("dead"));
    let consumer = queue.consumer();
    for number in 1..=2 {
        bench.fill(&queue, [number]);
        bench.take(&consumer).reject("no").expect("live");
        bench.pass(LEASE / 2);
    }
    bench.pass(ms(1));
    assert_eq!(dead.stats().dropped_retention, 1);
    assert_eq!(bench.take_all(&dead), [2]);
}

/// S5: by bytes.
fn s05_dead_letters_are_kept_by_bytes<B: Backend>(bench: &Bench<B>) {
    let dead = bench.open(bench.builder::<[u8]>("dead").retain_bytes(2_500));
    let queue = bench.open(bench.builder::<[u8]>("q").dead_letters("dead"));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for number in 1..=4 {
        bench.put(&producer, Bytes::from(vec![number; 1_000]));
        bench.take(&consumer).reject("no").expect("live");
    }
    bench.tick();
    assert_eq!(dead.stats().dropped_retention, 2);
    let of_dead = dead.consumer();
    let first = bench.take(&of_dead);
    assert_eq!(first[0], 3);
    assert_eq!(bench.take(&of_dead)[0], 4);
}

/// S5: off by default.
fn s05_dead_letters_are_kept_for_ever_by_default<B: Backend>(bench: &Bench<B>) {
    let (queue, dead) = pair(bench, 1_000);
    bench.fill(&queue, 1..=100);
    let consumer = queue.consumer();
    for _ in 0..100 {
        bench.take(&consumer).reject("no").expect("live");
    }
    bench.pass(secs(10 * 365 * 86_400));
    assert_eq!((dead.len(), dead.stats().dropped()), (100, 0));
}

suite!(
    s05_a_rejected_message_is_a_dead_letter_with_its_history,
    s05_every_reason_is_told,
    s05_a_long_text_is_cut,
    s05_a_dead_letter_keeps_key_and_headers,
    s05_a_full_dead_letter_queue_parks_the_message,
    s05_a_parked_message_is_seen_and_cancelled,
    s05_without_dead_letters_a_message_is_handed_to_the_caller,
    s05_a_dead_letter_queue_is_made_or_found,
    s05_a_dead_letter_moves_when_its_last_reader_is_gone,
    s05_dead_lettering_needs_no_room_at_the_source,
    s05_dead_letters_are_kept_by_count,
    s05_dead_letters_are_kept_for_a_time,
    s05_dead_letters_are_kept_by_bytes,
    s05_dead_letters_are_kept_for_ever_by_default,
);
