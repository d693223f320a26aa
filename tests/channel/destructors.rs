//! Channels in the destructors of a thread that ends.

use std::cell::RefCell;
use std::thread;
use std::time::Duration;

use ringmill::channel::{Receiver, RecvError, RecvTimeoutError, Select, Sender, Strategy, channel};

use crate::watch::Watch;

/// What a thread does last of all: its destructor runs when the thread's other values go.
struct AtTheEnd(Option<Box<dyn FnOnce()>>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            run();
        }
    }
}

thread_local! {
    static AT_THE_END: RefCell<AtTheEnd> = const { RefCell::new(AtTheEnd(None)) };
}

fn at_the_end(run: impl FnOnce() + 'static) {
    AT_THE_END.with_borrow_mut(|end| end.0 = Some(Box::new(run)));
}

/// Receives and sends with sleeping, in every way that needs something of the thread.
fn use_all(receiver: &Receiver<u32>, sender: &Sender<u32>) {
    for n in 0..20 {
        assert_eq!(receiver.recv(), Ok(n));
        sender.send(n).unwrap();
        assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(n));
        let got = Select::new().recv(receiver, |got| got).wait();
        assert_eq!(got, Ok(n));
    }
    assert_eq!(receiver.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::TimedOut));
    sender.send(20).unwrap();
    assert_eq!(receiver.recv(), Err(RecvError));
}

/// `slept_before` decides whether the thread's own values go before the test's or after them: those
/// that were made first go last.
fn ends(slept_before: bool, register_first: bool) {
    let _watch = Watch::new();
    let (there, receiver) = channel(1).unwrap();
    let (sender, back) = channel(1).unwrap();
    let (receiver, sender) =
        (receiver.with_strategy(Strategy::Park), sender.with_strategy(Strategy::Park));
    let thread = thread::spawn(move || {
        let sleep = || {
            let (_sender, nothing) = channel::<()>(1).unwrap();
            let nothing = nothing.with_strategy(Strategy::Park);
            assert!(nothing.recv_timeout(Duration::from_millis(1)).is_err());
        };
        if slept_before && !register_first {
            sleep();
        }
        at_the_end(move || use_all(&receiver, &sender));
        if slept_before && register_first {
            sleep();
        }
    });
    for n in 0..20 {
        there.send(n).unwrap();
        assert_eq!(back.recv(), Ok(n));
        there.send(n).unwrap();
        there.send(n).unwrap();
    }
    assert_eq!(back.recv(), Ok(20));
    drop(there);
    // The destructor has let its ends go, if it did not panic.
    assert_eq!(back.recv(), Err(RecvError));
    thread.join().unwrap();
}

#[test]
fn a_thread_that_never_slept_may_wait_in_its_destructors() {
    ends(false, true);
}

#[test]
fn a_thread_that_slept_may_wait_in_its_destructors() {
    ends(true, true);
    ends(true, false);
}

#[test]
fn the_ends_that_a_thread_holds_go_with_it() {
    thread_local! {
        static HELD: RefCell<Option<Sender<u32>>> = const { RefCell::new(None) };
    }
    let (sender, receiver) = channel(2).unwrap();
    let thread = thread::spawn(move || {
        sender.send(1).unwrap();
        HELD.set(Some(sender));
        HELD.with_borrow(|held| held.as_ref().unwrap().send(2).unwrap());
    });
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
    thread.join().unwrap();
}
