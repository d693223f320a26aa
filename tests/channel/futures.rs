//! Futures, polled by hand: who is woken, when, and what becomes of a wake-up that nobody uses.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ringmill::channel::{RecvError, SendError, TryRecvError, channel};

use crate::tasks::{Bell, Task};

#[test]
fn a_future_that_finds_what_it_wants_never_waits() {
    let (sender, receiver) = channel(1).unwrap();
    let mut send = Task::new(sender.send_async(1));
    assert_eq!(send.ready(), Ok(()));
    let mut recv = Task::new(receiver.recv_async());
    assert_eq!(recv.ready(), Ok(1));
    assert_eq!(send.rings() + recv.rings(), 0);
}

#[test]
fn a_future_does_nothing_before_it_is_polled() {
    let (sender, receiver) = channel(1).unwrap();
    drop(receiver.recv_async());
    drop(sender.send_async(1));
    assert_eq!(sender.send_async(2).into_value(), Some(2));
    assert!(sender.is_empty());
    // Not even wait.
    let (idle, waiting) = (Task::new(receiver.recv_async()), Task::waiting(receiver.recv_async()));
    sender.try_send(3).unwrap();
    assert_eq!((idle.rings(), waiting.rings()), (0, 1));
}

#[test]
fn one_value_wakes_one_of_two_and_the_oldest() {
    let (sender, receiver) = channel(2).unwrap();
    let mut first = Task::waiting(receiver.recv_async());
    let mut second = Task::waiting(receiver.recv_async());
    sender.try_send(1).unwrap();
    assert_eq!((first.rings(), second.rings()), (1, 0));
    assert_eq!(first.ready(), Ok(1));
    drop(first);
    assert_eq!(second.rings(), 0, "the wake-up was answered");
    sender.try_send(2).unwrap();
    assert_eq!((second.rings(), second.ready()), (1, Ok(2)));
}

#[test]
fn one_place_wakes_one_of_two_and_the_oldest() {
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let mut first = Task::waiting(sender.send_async(1));
    let mut second = Task::waiting(sender.send_async(2));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((first.rings(), second.rings()), (1, 0));
    assert_eq!(first.ready(), Ok(()));
    drop(first);
    assert_eq!(second.rings(), 0, "the wake-up was answered");
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!((second.rings(), second.ready()), (1, Ok(())));
}

#[test]
fn a_receiving_future_that_was_woken_and_is_dropped_wakes_the_next() {
    let (sender, receiver) = channel(1).unwrap();
    let first = Task::waiting(receiver.recv_async());
    let second = Task::waiting(receiver.recv_async());
    let mut third = Task::waiting(receiver.recv_async());
    sender.try_send(1).unwrap();
    assert_eq!((first.rings(), second.rings(), third.rings()), (1, 0, 0));
    drop(first);
    assert_eq!((second.rings(), third.rings()), (1, 0));
    drop(second);
    assert_eq!(third.rings(), 1);
    assert_eq!(third.ready(), Ok(1));
}

#[test]
fn a_sending_future_that_was_woken_and_is_dropped_wakes_the_next() {
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let first = Task::waiting(sender.send_async(1));
    let second = Task::waiting(sender.send_async(2));
    let mut third = Task::waiting(sender.send_async(3));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((first.rings(), second.rings(), third.rings()), (1, 0, 0));
    drop(first);
    assert_eq!((second.rings(), third.rings()), (1, 0));
    drop(second);
    assert_eq!((third.rings(), third.ready()), (1, Ok(())));
    assert_eq!(receiver.try_recv(), Ok(3), "only the third one has sent");
}

#[test]
fn taking_the_value_back_out_of_a_future_that_was_woken_wakes_the_next() {
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let mut first = sender.send_async(1);
    let waker = Bell::new().into();
    assert!(pin!(&mut first).poll(&mut Context::from_waker(&waker)).is_pending());
    let second = Task::waiting(sender.send_async(2));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(second.rings(), 0);
    assert_eq!(first.into_value(), Some(1));
    assert_eq!(second.rings(), 1);
}

#[test]
fn a_future_that_was_not_woken_and_is_dropped_wakes_nobody() {
    let (sender, receiver) = channel(1).unwrap();
    let mut first = Task::waiting(receiver.recv_async());
    let second = Task::waiting(receiver.recv_async());
    let third = Task::waiting(receiver.recv_async());
    sender.try_send(1).unwrap();
    drop(second);
    assert_eq!((first.rings(), third.rings()), (1, 0));
    assert_eq!(first.ready(), Ok(1));
    drop(first);
    assert_eq!(third.rings(), 0);
}

#[test]
fn a_wake_up_goes_on_to_a_future_that_came_later() {
    let (sender, receiver) = channel(1).unwrap();
    let first = Task::waiting(receiver.recv_async());
    sender.try_send(1).unwrap();
    assert_eq!(receiver.try_recv(), Ok(1));
    let second = Task::waiting(receiver.recv_async());
    // Needless, but how should the first one know.
    drop(first);
    assert_eq!(second.rings(), 1);
}

#[test]
fn a_future_is_woken_by_the_waker_of_its_last_poll() {
    let (sender, receiver) = channel(2).unwrap();
    let mut recv = Task::waiting(receiver.recv_async());
    let old = recv.bell();
    assert!(recv.poll_elsewhere().is_pending());
    assert_eq!(Arc::strong_count(&old), 1, "nobody holds the old waker");
    sender.try_send(1).unwrap();
    assert_eq!((old.rings(), recv.rings()), (0, 1));
    assert_eq!(recv.ready(), Ok(1));
}

#[test]
fn who_was_woken_for_nothing_waits_at_the_front_also_with_another_waker() {
    let (sender, receiver) = channel(2).unwrap();
    for elsewhere in [false, true] {
        let mut first = Task::waiting(receiver.recv_async());
        let mut second = Task::waiting(receiver.recv_async());
        sender.try_send(1).unwrap();
        assert_eq!(receiver.try_recv(), Ok(1), "somebody was faster");
        let old = first.bell();
        let again = if elsewhere { first.poll_elsewhere() } else { first.poll() };
        assert!(again.is_pending());
        sender.try_send(2).unwrap();
        assert_eq!(old.rings(), if elsewhere { 1 } else { 2 });
        assert_eq!((first.rings() > 0, second.rings()), (true, 0));
        assert_eq!(first.ready(), Ok(2));
        sender.try_send(3).unwrap();
        assert_eq!(second.ready(), Ok(3));
    }
}

#[test]
fn polls_that_nobody_asked_for_change_no_turn() {
    let (sender, receiver) = channel(1).unwrap();
    let mut first = Task::waiting(receiver.recv_async());
    let mut second = Task::waiting(receiver.recv_async());
    for _ in 0..3 {
        assert!(second.poll().is_pending());
        assert!(first.poll_elsewhere().is_pending());
        assert!(second.poll_elsewhere().is_pending());
    }
    sender.try_send(1).unwrap();
    assert_eq!((first.rings(), second.rings()), (1, 0));
}

#[test]
fn a_batch_wakes_as_many_as_it_has_values() {
    let (sender, receiver) = channel(8).unwrap();
    let waiting: Vec<_> = (0..5).map(|_| Task::waiting(receiver.recv_async())).collect();
    let rings = || waiting.iter().map(Task::rings).collect::<Vec<_>>();
    assert_eq!(sender.try_send_batch(&mut vec![1, 2, 3]), Ok(3));
    assert_eq!(rings(), [1, 1, 1, 0, 0]);
    assert_eq!(sender.try_send_batch(&mut vec![4, 5, 6]), Ok(3));
    assert_eq!(rings(), [1, 1, 1, 1, 1]);
    drop(waiting);

    assert_eq!(sender.try_send_batch(&mut vec![7, 8]), Ok(2));
    let waiting: Vec<_> = (0..5).map(|n| Task::waiting(sender.send_async(n))).collect();
    let rings = || waiting.iter().map(Task::rings).collect::<Vec<_>>();
    let mut out = Vec::new();
    assert_eq!(receiver.try_recv_batch(&mut out, 2), Ok(2));
    assert_eq!(rings(), [1, 1, 0, 0, 0]);
    assert_eq!(receiver.try_recv_batch(&mut out, usize::MAX), Ok(6));
    assert_eq!(rings(), [1, 1, 1, 1, 1]);
    assert_eq!(out, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn closing_wakes_every_future_once() {
    let (sender, receiver) = channel::<u32>(1).unwrap();
    let mut receiving: Vec<_> = (0..3).map(|_| Task::waiting(receiver.recv_async())).collect();
    assert!(sender.close());
    for recv in &mut receiving {
        assert_eq!((recv.rings(), recv.ready()), (1, Err(RecvError)));
    }
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let mut sending: Vec<_> = (1..4).map(|n| Task::waiting(sender.send_async(n))).collect();
    assert!(receiver.close());
    for (send, n) in sending.iter_mut().zip(1..) {
        assert_eq!((send.rings(), send.ready()), (1, Err(SendError(n))));
    }
    drop(sending);
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok(0), Err(TryRecvError::Closed)));
}

#[test]
fn the_last_end_that_goes_wakes_the_futures_of_the_other_side() {
    let (sender, receiver) = channel::<u32>(1).unwrap();
    let mut recv = Task::waiting(receiver.recv_async());
    drop(sender.clone());
    assert_eq!(recv.rings(), 0);
    drop(sender);
    assert_eq!((recv.rings(), recv.ready()), (1, Err(RecvError)));

    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let mut send = Task::waiting(sender.send_async(1));
    drop(receiver.clone());
    assert_eq!(send.rings(), 0);
    drop(receiver);
    assert_eq!((send.rings(), send.ready()), (1, Err(SendError(1))));
}

#[test]
fn a_receiving_future_that_was_ready_takes_the_next_value() {
    let (sender, receiver) = channel(2).unwrap();
    let mut recv = Task::new(receiver.recv_async());
    assert!(recv.poll().is_pending());
    sender.try_send(1).unwrap();
    assert_eq!(recv.ready(), Ok(1));
    assert!(recv.poll().is_pending());
    sender.try_send(2).unwrap();
    assert_eq!((recv.rings(), recv.ready()), (2, Ok(2)));
    sender.close();
    assert_eq!([recv.ready(), recv.ready()], [Err(RecvError); 2]);
}

#[test]
fn a_sending_future_that_was_ready_panics() {
    let (sender, _receiver) = channel(1).unwrap();
    let mut send = Task::new(sender.send_async(1));
    assert_eq!(send.ready(), Ok(()));
    assert!(catch_unwind(AssertUnwindSafe(|| send.poll())).is_err());
    assert_eq!(sender.len(), 1, "and sends nothing");

    sender.close();
    let mut send = Task::new(sender.send_async(2));
    assert_eq!(send.ready(), Err(SendError(2)));
    assert!(catch_unwind(AssertUnwindSafe(|| send.poll())).is_err());
}

/// A future that is leaked stays in the list with its waker, but the list holds nothing of the
/// future. A wake-up that reaches it is lost for the others, as it is while a future lives and
/// nobody polls it: how should it be passed on. The next value, and closing, wake the others.
#[test]
fn a_leaked_future_keeps_a_place_in_the_list_and_no_more() {
    let (sender, receiver) = channel(4).unwrap();
    let bell = Bell::new();
    let waker = Arc::clone(&bell).into();
    {
        let mut recv = receiver.recv_async();
        assert!(pin!(&mut recv).poll(&mut Context::from_waker(&waker)).is_pending());
        mem::forget(recv);
    }
    drop(waker);
    let mut other = Task::waiting(receiver.recv_async());
    sender.try_send(1).unwrap();
    assert_eq!((bell.rings(), other.rings()), (1, 0), "the leaked one was the oldest");
    sender.try_send(2).unwrap();
    assert_eq!((bell.rings(), other.rings()), (1, 1));
    assert_eq!(other.ready(), Ok(1));
    drop(other);
    {
        let mut recv = receiver.recv_async();
        let waker = Arc::clone(&bell).into();
        assert_eq!(
            pin!(&mut recv).poll(&mut Context::from_waker(&waker)),
            Poll::Ready(Ok(2)),
            "one that was ready has no place"
        );
        assert!(pin!(&mut recv).poll(&mut Context::from_waker(&waker)).is_pending());
        mem::forget(recv);
    }
    assert_eq!(Arc::strong_count(&bell), 2, "one waker, of the one that still waits");
    drop((sender, receiver));
    assert_eq!(bell.rings(), 2, "the last sender has closed");
    assert_eq!(Arc::strong_count(&bell), 1, "the list went with the channel");
}
