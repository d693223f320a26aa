//! Faults of the queue that were there once, or were feared: a test for each.

#![cfg(feature = "queue")]
#![allow(unused_must_use)] // what became of an accepted message is of no interest here

mod bounds;
mod wakers;

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use ringmill::clock::VirtualClock;
use ringmill::message::{Message, Priority};
use ringmill::queue::{
    DequeueError, Engine, EnqueueErrorKind, Enqueued, Overflow, Queue, Redrive, Retry,
    SettleErrorKind, Settlement,
};

const SEC: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn manual() -> (Engine, VirtualClock) {
    let clock = VirtualClock::new();
    (Engine::builder().clock(clock.clone()).manual().build(), clock)
}

/// Counts how often it is woken, and panics if it is to.
#[derive(Default)]
struct Bell {
    rung: AtomicUsize,
    panics: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics.load(Ordering::SeqCst), "a waker that panics");
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (Arc::clone(&bell), Waker::from(bell))
}

fn two_keys() -> (u8, u8) {
    // Two keys of different partitions of two.
    let (engine, _) = manual();
    let queue = Queue::<u8>::builder("keys").engine(&engine).partitions(2).build().expect("valid");
    let producer = queue.producer();
    let partition = |key: u8| {
        let sent = producer.enqueue(Message::new(key).key([key])).expect("room");
        sent.id().expect("accepted").partition()
    };
    let first = partition(0);
    (0, (1..50).find(|key| partition(*key) != first).expect("keys spread"))
}

/// A value that says how often it was dropped, and panics if it is told to.
struct Noisy {
    dropped: Arc<AtomicUsize>,
    panics: bool,
}

impl Drop for Noisy {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics || thread::panicking(), "a destructor that panics");
    }
}
