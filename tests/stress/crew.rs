//! The threads of a run: producers, consumers of every temper, and somebody who disturbs them.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ringmill::message::{Handle, Message};
use ringmill::queue::{Consumer, Delivery, DequeueError, Detached, Enqueued, Producer, Queue};

use crate::history::{How, Notes, What};
use crate::rng::Rng;

/// What one producer does: `count` messages by every way in, some of them given up halfway.
pub(crate) fn produce(
    mut producer: Producer<u64>,
    who: usize,
    numbers: &AtomicU64,
    handles: &std::sync::Mutex<Vec<(u64, Handle)>>,
    count: usize,
    rng: &mut Rng,
    notes: &mut Notes,
) {
    for _ in 0..count {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let message = Message::new(number).key((number % 5).to_le_bytes());
        let before = notes.before();
        let result = match rng.below(8) {
            0 => producer.try_enqueue(message),
            1 => producer.enqueue_timeout(message, Duration::from_millis(1)),
            2 | 3 => pollster::block_on(producer.enqueue_async(message)),
            // Given up at the second look: whether it was accepted is known by then.
            4 => match polled(producer.enqueue_async(message), 2) {
                Some(result) => result,
                None => continue,
            },
            _ => producer.enqueue_timeout(message, Duration::from_secs(60)),
        };
        match result {
            Ok(Enqueued::Accepted { id, handle }) => {
                let (partition, offset) = (id.partition(), id.offset());
                let what = What::Accepted { number, producer: who, partition, offset };
                notes.after(before, what);
                if rng.below(16) == 0 {
                    handles.lock().expect("nobody panics with it").push((number, handle));
                }
            }
            Ok(_) => {}
            Err(error) if error.is_closed() => return,
            Err(_) => {}
        }
    }
}

/// Polls a future so often, and drops it.
fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

/// What one consumer does until the queue is closed and empty.
pub(crate) fn consume(mut consumer: Consumer<u64>, rng: &mut Rng, notes: &mut Notes) {
    let mut kept: Vec<Detached<u64>> = Vec::new();
    loop {
        let before = notes.before();
        let mut got = Vec::new();
        let result = match rng.below(6) {
            0 => consumer.try_dequeue().map(|delivery| got.push(delivery)),
            1 => consumer.try_dequeue_batch(1 + rng.below(4), &mut got).map(drop),
            2 => match polled(consumer.dequeue_async(), 1 + rng.below(2)) {
                Some(Ok(delivery)) => {
                    notes.after(before, handed(&delivery));
                    kept.push(delivery.detach());
                    continue;
                }
                Some(Err(error)) => Err(error),
                None => Err(DequeueError::Empty),
            },
            _ => {
                let soon = Duration::from_millis(2);
                consumer.dequeue_timeout(soon).map(|delivery| got.push(delivery))
            }
        };
        for delivery in got {
            notes.after(before, handed(&delivery));
            handle(delivery, &mut kept, rng, notes);
        }
        match result {
            Err(DequeueError::Closed) => break,
            // Those that it holds may be all there is.
            Err(_) => {
                while let Some(late) = kept.pop() {
                    settle(late, rng, notes);
                }
            }
            Ok(()) => {}
        }
        while kept.len() > 6 {
            settle(kept.swap_remove(rng.below(kept.len())), rng, notes);
        }
    }
    for late in kept {
        settle(late, rng, notes);
    }
}

fn handed(delivery: &Delivery<'_, u64>) -> What {
    What::Handed {
        number: **delivery,
        delivery: delivery.deliveries(),
        partition: delivery.partition(),
        offset: delivery.offset(),
    }
}

/// Handles at once, keeps for later, or panics.
fn handle(
    delivery: Delivery<'_, u64>,
    kept: &mut Vec<Detached<u64>>,
    rng: &mut Rng,
    notes: &mut Notes,
) {
    match rng.below(20) {
        0..=3 => kept.push(delivery.detach()),
        4 => {
            let (number, nth) = (*delivery, delivery.deliveries());
            let before = notes.before();
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let _held = delivery;
                // Without the message of a panic for each.
                resume_unwind(Box::new("a handler's panic"));
            }));
            assert!(panicked.is_err());
            let ended = What::Ended { number, delivery: nth, how: How::Drop, done: false };
            notes.after(before, ended);
        }
        // Through the consumer, and without it.
        5..=12 => {
            let (number, nth) = (*delivery, delivery.deliveries());
            let before = notes.before();
            let (how, result) = match rng.below(4) {
                0 => (How::Nack, delivery.nack().map_err(drop)),
                1 => match delivery.into_inner() {
                    Ok(_) => (How::Ack, Ok(())),
                    // Somebody else reads it, and it is dropped with the error.
                    Err(error) if error.kind().is_none() => (How::Drop, Err(())),
                    Err(_) => (How::Ack, Err(())),
                },
                _ => (How::Ack, delivery.ack().map_err(drop)),
            };
            let done = result.is_ok();
            notes.after(before, What::Ended { number, delivery: nth, how, done });
        }
        _ => settle(delivery.detach(), rng, notes),
    }
}

fn settle(held: Detached<u64>, rng: &mut Rng, notes: &mut Notes) {
    let (number, delivery) = (*held, held.deliveries());
    let before = notes.before();
    let (how, result) = match rng.below(20) {
        0..=2 => (How::Nack, held.nack()),
        3 => (How::Nack, held.nack_after(Duration::from_millis(1))),
        4 => (How::Release, held.release()),
        5 => (How::Release, held.snooze(Duration::from_millis(2))),
        6 => (How::Reject, held.reject("no")),
        7 => {
            drop(held);
            let what = What::Ended { number, delivery, how: How::Drop, done: false };
            return notes.after(before, what);
        }
        _ => (How::Ack, held.ack()),
    };
    notes.after(before, What::Ended { number, delivery, how, done: result.is_ok() });
}

/// Cancels, looks, pauses and resumes, until it is told to stop.
pub(crate) fn disturb(
    queue: &Queue<u64>,
    handles: &std::sync::Mutex<Vec<(u64, Handle)>>,
    stop: &Arc<AtomicU64>,
    rng: &mut Rng,
    notes: &mut Notes,
) {
    while stop.load(Ordering::Relaxed) == 0 {
        match rng.below(5) {
            0 | 1 => {
                let next = handles.lock().expect("nobody panics with it").pop();
                let Some((number, handle)) = next else { continue };
                let before = notes.before();
                let done = queue.cancel(&handle).is_ok();
                let what = What::Ended { number, delivery: 0, how: How::Cancel, done };
                notes.after(before, what);
                assert!(!done || queue.inspect(&handle).is_none(), "it is gone");
            }
            2 => {
                // Whatever is seen is a message, in one of its states.
                for peeked in queue.browse(|_| true) {
                    let number = *peeked;
                    assert_eq!(peeked.key(), Some(&(number % 5).to_le_bytes()[..]));
                }
            }
            3 => {
                queue.pause();
                queue.resume();
            }
            _ => {
                let stats = queue.stats();
                let gone = stats.acked + stats.dead_lettered + stats.dropped();
                assert!(gone <= stats.accepted, "{stats:?}");
            }
        }
        std::thread::yield_now();
    }
}
