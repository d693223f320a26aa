//! Values of every shape, and values whose drop does things.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ringmill::channel::{Select, Sender, channel};

use crate::ledger::Ledger;
use crate::tasks::Task;

/// Passes values through a channel in every way, with waiting and without, and leaves some inside.
fn go_through<T: Send>(make: impl Fn(usize) -> T + Sync, check: impl Fn(&T, usize)) {
    for capacity in [1, 2, 5] {
        let (sender, receiver) = channel(capacity).unwrap();
        for n in 0..capacity {
            assert!(sender.try_send(make(n)).is_ok());
        }
        let refused = sender.try_send(make(77)).expect_err("it is full");
        check(&refused.into_inner(), 77);
        let mut send = Task::waiting(sender.send_async(make(capacity)));
        for n in 0..capacity {
            check(&receiver.try_recv().expect("it is full"), n);
        }
        assert!(send.ready().is_ok());
        check(&pollster::block_on(receiver.recv_async()).expect("there is one"), capacity);

        let count = 4 * capacity + 1;
        thread::scope(|s| {
            s.spawn(|| {
                let mut batch: Vec<T> = (0..count).map(&make).collect();
                assert!(sender.send_batch(&mut batch).is_ok());
                (0..count).for_each(|n| assert!(sender.send(make(n)).is_ok()));
                (0..count).for_each(|n| {
                    let sent = Select::new().send(&sender, make(n), |sent| sent.is_ok()).wait();
                    assert!(sent);
                });
            });
            let mut out = Vec::new();
            assert_eq!(receiver.recv_batch(&mut out, count, count, None), Ok(count));
            (0..count).for_each(|n| check(&out[n], n));
            (0..count).for_each(|n| check(&receiver.recv().expect("it is sent"), n));
            for n in 0..count {
                let got = Select::new().recv(&receiver, |got| got.expect("it is sent")).wait();
                check(&got, n);
            }
        });
        // Some stay inside, on both sides of the end of the ring.
        (0..capacity).for_each(|n| assert!(sender.try_send(make(n)).is_ok()));
        sender.close();
        let refused = sender.send(make(78)).expect_err("it is closed");
        check(&refused.into_inner(), 78);
        assert_eq!(receiver.len(), capacity);
    }
}

#[test]
fn small_values_go_through() {
    go_through(|n| n as u8, |value, n| assert_eq!(*value, n as u8));
    go_through(|n| Box::new([n; 8]), |value, n| assert_eq!(**value, [n; 8]));
    go_through(|n| n.to_string(), |value, n| assert_eq!(*value, n.to_string()));
}

#[test]
fn large_values_go_through() {
    go_through(
        |n| [n as u8; 16_384],
        |value, n| assert_eq!([value[0], value[16_383]], [n as u8; 2]),
    );
}

#[test]
fn values_with_a_large_alignment_go_through_and_keep_it() {
    #[repr(align(512))]
    struct Aligned(usize);
    go_through(Aligned, |value, n| {
        assert_eq!((std::ptr::from_ref(value).addr() % 512, value.0), (0, n));
    });
}

#[test]
fn values_of_no_size_go_through_and_are_dropped_once() {
    static ALIVE: AtomicUsize = AtomicUsize::new(0);
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let make = |_| {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Nothing
    };
    go_through(make, |_, _| {});
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    go_through(|_| (), |(), _| {});
}

#[test]
fn borrowed_values_go_through() {
    let text = "borrowed".to_string();
    go_through(|n| &text[..n % 8], |value, n| assert_eq!(value.len(), n % 8));
}

#[test]
fn values_that_panic_when_they_are_dropped_are_dropped_once() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(5).unwrap();
    for n in 0..5 {
        let value = if n == 2 { ledger.bomb() } else { ledger.value() };
        assert!(sender.try_send(value).is_ok());
    }
    drop(receiver.try_recv());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    ledger.settle();
    assert!(sender.is_closed());
    assert!(sender.try_send(ledger.value()).is_err());

    // Where the senders go last, nothing is left for them to drop.
    let (sender, receiver) = channel(1).unwrap();
    assert!(sender.try_send(ledger.bomb()).is_ok());
    let mut send = Task::waiting(sender.send_async(ledger.bomb()));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    assert_eq!(send.rings(), 1, "the close came first");
    let refused = send.ready();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(refused))).is_err());
    drop(send);
    drop(sender);
    ledger.settle();
}

#[test]
fn a_value_that_panics_when_its_future_is_dropped_takes_no_place_with_it() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(1).unwrap();
    assert!(sender.try_send(ledger.value()).is_ok());
    let first = Task::waiting(sender.send_async(ledger.bomb()));
    let mut second = Task::waiting(sender.send_async(ledger.value()));
    drop(receiver.try_recv());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(first))).is_err());
    assert_eq!(second.rings(), 1);
    assert!(second.ready().is_ok());
    drop(receiver);
    ledger.settle();
}

/// A value whose drop does something.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_value_may_hold_an_end_of_its_own_channel() {
    #[derive(Debug)]
    struct Holds(Option<Sender<Holds>>);
    let (sender, receiver) = channel(2).unwrap();
    assert!(sender.try_send(Holds(Some(sender.clone()))).is_ok());
    assert!(sender.try_send(Holds(None)).is_ok());
    drop(sender);
    assert!(!receiver.is_closed(), "there is a sender in the channel");
    let mut first = receiver.try_recv().expect("there is one");
    drop(first.0.take());
    assert!(receiver.is_closed());
    drop(receiver);

    let (sender, receiver) = channel(2).unwrap();
    assert!(sender.try_send(Holds(Some(sender.clone()))).is_ok());
    assert!(sender.try_send(Holds(None)).is_ok());
    drop(sender);
    // The last sender goes while the last receiver drops what is left.
    drop(receiver);
}

#[test]
fn the_drop_of_a_value_may_use_its_channel() {
    type Slow = OnDrop<Box<dyn FnMut() + Send>>;
    let (sender, receiver) = channel::<Slow>(2).unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let (there, notes) = (sender.clone(), Arc::clone(&log));
    let first = OnDrop(Box::new(move || {
        let refused = there.try_send(OnDrop(Box::new(|| ())));
        notes.lock().unwrap().push((there.len(), refused.is_err()));
    }) as Box<_>);
    let notes = Arc::clone(&log);
    let second = OnDrop(Box::new(move || notes.lock().unwrap().push((0, false))) as Box<_>);
    assert!(sender.try_send(first).is_ok() && sender.try_send(second).is_ok());
    // The first one is dropped while the second one is inside, by the last receiver.
    drop(receiver);
    assert_eq!(*log.lock().unwrap(), [(1, true), (0, false)]);
}
