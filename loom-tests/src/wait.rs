//! Waiting, as channels do it: nobody sleeps while there is something for him, and closing loses
//! nothing.
//!
//! Who waits is a future polled by hand, with a waker that notes that it was woken. A future that
//! was not ready must be woken once there is something for it: that is asserted, and not left to a
//! deadlock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::{future::Future, pin::Pin};

use loom::thread;
use ringmill::channel::{Receiver, Select, Sender, Strategy, TryRecvError, channel};

use crate::{check, check_wide, models};

models! { "wait":
    edge_send_against_recv,
    edge_recv_against_send,
    close_against_recv,
    close_against_send,
    last_sender_gone_against_recv,
    last_receiver_gone_against_send,
    two_waiters_and_one_message,
    cancelled_recv_against_send,
    cancelled_recv_after_send,
    selection_over_two,
    selection_leaves_the_other_wake_up,
    what_was_accepted_before_closing_is_received,
    sleeping_receiver_against_send,
}

/// How often it was woken. Not loom's: it is read only when the others have been joined.
#[derive(Default)]
pub(crate) struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future polled by hand.
pub(crate) struct Task<F> {
    future: Pin<Box<F>>,
    woken: Arc<Woken>,
}

impl<F: Future> Task<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    pub(crate) fn poll(&mut self) -> Option<F::Output> {
        let waker = Waker::from(self.woken.clone());
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    pub(crate) fn was_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst) > 0
    }

    /// What it gives once the others have done their part, of which `early` came before.
    pub(crate) fn finish(&mut self, early: Option<F::Output>) -> F::Output {
        early.unwrap_or_else(|| {
            assert!(self.was_woken(), "asleep, and there is something for it");
            self.poll().expect("woken for nothing")
        })
    }
}

fn ends(capacity: usize) -> (Sender<u32>, Receiver<u32>) {
    let (sender, receiver) = channel(capacity).unwrap();
    (sender.with_strategy(Strategy::Park), receiver.with_strategy(Strategy::Park))
}

fn full() -> (Sender<u32>, Receiver<u32>) {
    let (sender, receiver) = ends(1);
    sender.try_send(0).unwrap();
    (sender, receiver)
}

/// Polls a receive once while another thread does something, and finishes it after.
fn recv_against(
    receiver: &Receiver<u32>,
    other: impl FnOnce() + 'static,
) -> Result<u32, ringmill::channel::RecvError> {
    let other = thread::spawn(other);
    let mut task = Task::new(receiver.recv_async());
    let early = task.poll();
    other.join().unwrap();
    task.finish(early)
}

/// Polls a send of 1 once while another thread does something, and finishes it after.
fn send_against(
    sender: &Sender<u32>,
    other: impl FnOnce() + 'static,
) -> Result<(), ringmill::channel::SendError<u32>> {
    let other = thread::spawn(other);
    let mut task = Task::new(sender.send_async(1));
    let early = task.poll();
    other.join().unwrap();
    task.finish(early)
}

fn edge_send_against_recv() {
    check(|| {
        let (sender, receiver) = ends(1);
        assert_eq!(recv_against(&receiver, move || sender.try_send(1).unwrap()), Ok(1));
    });
}

fn edge_recv_against_send() {
    check(|| {
        let (sender, receiver) = full();
        let kept = receiver.clone();
        let sent = send_against(&sender, move || assert_eq!(receiver.try_recv(), Ok(0)));
        assert_eq!(sent, Ok(()));
        assert_eq!(kept.try_recv(), Ok(1));
    });
}

fn close_against_recv() {
    check(|| {
        let (sender, receiver) = ends(1);
        let closing = sender.clone();
        assert!(recv_against(&receiver, move || assert!(closing.close())).is_err());
    });
}

fn close_against_send() {
    check(|| {
        let (sender, receiver) = full();
        let closing = receiver.clone();
        assert!(send_against(&sender, move || assert!(closing.close())).is_err());
        assert_eq!(receiver.try_recv(), Ok(0));
    });
}

fn last_sender_gone_against_recv() {
    check(|| {
        let (sender, receiver) = ends(1);
        assert!(recv_against(&receiver, move || drop(sender)).is_err());
    });
}

fn last_receiver_gone_against_send() {
    check(|| {
        let (sender, receiver) = full();
        assert!(send_against(&sender, move || drop(receiver)).is_err());
    });
}

fn two_waiters_and_one_message() {
    check_wide(1, || {
        let (sender, receiver) = ends(1);
        let other = receiver.clone();
        let second = thread::spawn(move || {
            let mut task = Task::new(other.recv_async());
            let early = task.poll();
            // Dropped, and with it what it may have been told.
            (early, task.was_woken())
        });
        let sending = sender.clone();
        let pusher = thread::spawn(move || sending.try_send(1).unwrap());
        let mut first = Task::new(receiver.recv_async());
        let early = first.poll();
        let (theirs, _) = second.join().unwrap();
        pusher.join().unwrap();
        if theirs.is_none() {
            assert_eq!(first.finish(early), Ok(1));
        } else {
            assert_eq!(early, None);
        }
    });
}

fn cancelled_recv_against_send() {
    check(|| {
        let (sender, receiver) = ends(1);
        let mut cancelled = Task::new(receiver.recv_async());
        let mut waiting = Task::new(receiver.recv_async());
        assert!(cancelled.poll().is_none() && waiting.poll().is_none());
        let pusher = thread::spawn(move || {
            sender.try_send(1).unwrap();
            sender
        });
        drop(cancelled);
        let sender = pusher.join().unwrap();
        assert_eq!(waiting.finish(None), Ok(1));
        drop(sender);
    });
}

fn cancelled_recv_after_send() {
    check(|| {
        let (sender, receiver) = ends(1);
        let mut cancelled = Task::new(receiver.recv_async());
        assert!(cancelled.poll().is_none());
        sender.try_send(1).unwrap();
        assert!(cancelled.was_woken());
        // Another one comes to wait while the one that was woken goes away.
        let other = receiver.clone();
        let canceller = thread::spawn(move || {
            let mut waiting = Task::new(other.recv_async());
            let early = waiting.poll();
            assert_eq!(early, Some(Ok(1)));
        });
        drop(cancelled);
        canceller.join().unwrap();
    });
}

fn selection_over_two() {
    check(|| {
        let (first, from_first) = ends(1);
        let (second, from_second) = ends(1);
        let pusher = thread::spawn(move || {
            second.try_send(2).unwrap();
            (first, second)
        });
        let selection = Select::new()
            .recv(&from_first, |value| value)
            .recv(&from_second, |value| value)
            .wait_async();
        let mut task = Task::new(selection);
        let early = task.poll();
        let ends = pusher.join().unwrap();
        assert_eq!(task.finish(early), Ok(2));
        drop(ends);
    });
}

fn selection_leaves_the_other_wake_up() {
    check_wide(1, || {
        let (first, from_first) = ends(1);
        let (second, from_second) = ends(1);
        let selection =
            Select::new().recv(&from_first, |_| 1).recv(&from_second, |_| 2).wait_async();
        let mut selecting = Task::new(selection);
        let mut waiting = [Task::new(from_first.recv_async()), Task::new(from_second.recv_async())];
        assert!(selecting.poll().is_none());
        assert!(waiting.iter_mut().all(|task| task.poll().is_none()));
        // Both wake the selection, which can take just one of the two.
        let pusher = thread::spawn(move || {
            first.try_send(0).unwrap();
            first
        });
        second.try_send(0).unwrap();
        let taken = selecting.poll().expect("it was woken by the second");
        let first = pusher.join().unwrap();
        let [from_first, from_second] = &mut waiting;
        let left = if taken == 1 { from_second } else { from_first };
        assert_eq!(left.finish(None), Ok(0));
        drop((first, second));
    });
}

fn what_was_accepted_before_closing_is_received() {
    check_wide(1, || {
        let (sender, receiver) = ends(2);
        let closing = sender.clone();
        let pusher = thread::spawn(move || sender.try_send(1).is_ok());
        let closer = thread::spawn(move || closing.close());
        // A receiver that has been told that it is over has missed nothing.
        let mut received = 0;
        let mut over = false;
        for _ in 0..2 {
            match receiver.try_recv() {
                Ok(_) => received += 1,
                Err(TryRecvError::Closed) => over = true,
                Err(TryRecvError::Empty) => {}
            }
        }
        let accepted = pusher.join().unwrap();
        assert!(closer.join().unwrap());
        if !over {
            received += usize::from(receiver.try_recv().is_ok());
        }
        assert_eq!(received, usize::from(accepted));
    });
}

fn sleeping_receiver_against_send() {
    check(|| {
        let (sender, receiver) = ends(1);
        let pusher = thread::spawn(move || sender.send(1).unwrap());
        assert_eq!(receiver.recv(), Ok(1));
        pusher.join().unwrap();
    });
}
