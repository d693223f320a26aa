//! Wakers with code of their own: it panics, or comes back to the channel.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use ringmill::channel::{Receiver, RecvError, Sender, Strategy, TryRecvError, channel};

use crate::ledger::Ledger;
use crate::tasks::{Hooks, Task};
use crate::watch::Watch;

/// Panics past the hook of the process, so that nothing is printed.
fn panic_quietly() {
    resume_unwind(Box::new("by the waker"));
}

/// Runs what panics in a waker.
fn panics<R>(f: impl FnOnce() -> R) {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("the waker panics");
    assert_eq!(panic.downcast_ref(), Some(&"by the waker"));
}

/// A task that waits to receive, with hooks.
fn hooked<T: Send>(receiver: &Receiver<T>) -> (Task<'_, Result<T, RecvError>>, Arc<Hooks>) {
    let hooks = Hooks::new();
    let mut task = Task::with_waker(receiver.recv_async(), hooks.waker());
    assert!(task.poll().is_pending());
    (task, hooks)
}

fn owned(receiver: &Receiver<u32>) -> Arc<Mutex<Task<'static, Result<u32, RecvError>>>> {
    let receiver = receiver.clone();
    Arc::new(Mutex::new(Task::new(async move { receiver.recv_async().await })))
}

#[test]
fn a_wake_up_that_panics_has_sent_the_value_all_the_same() {
    let (sender, receiver) = channel(2).unwrap();
    let (mut first, hooks) = hooked(&receiver);
    hooks.on_wake(panic_quietly);
    panics(|| sender.try_send(1));
    assert_eq!(first.ready(), Ok(1));

    let (first, hooks) = hooked(&receiver);
    let mut second = Task::waiting(receiver.recv_async());
    hooks.on_wake(panic_quietly);
    panics(|| sender.send(2));
    // It was woken, and goes: the value is for the next.
    drop(first);
    assert_eq!((second.rings(), second.ready()), (1, Ok(2)));
}

#[test]
fn a_wake_up_that_panics_takes_none_from_the_others() {
    let (sender, receiver) = channel(4).unwrap();
    let (first, hooks) = hooked(&receiver);
    let (second, more_hooks) = hooked(&receiver);
    let third = Task::waiting(receiver.recv_async());
    let fourth = Task::waiting(receiver.recv_async());
    hooks.on_wake(panic_quietly);
    more_hooks.on_wake(panic_quietly);
    panics(|| sender.try_send_batch(&mut vec![1, 2, 3]));
    assert_eq!([hooks.wakes(), more_hooks.wakes(), third.rings(), fourth.rings()], [1, 1, 1, 0]);
    drop((first, second, third, fourth));
}

#[test]
fn a_wake_up_that_panics_does_not_keep_the_close_from_the_others() {
    let ends: [fn(Sender<u32>, Receiver<u32>); 3] = [
        |sender, _| _ = sender.close(),
        |_, receiver| _ = receiver.close(),
        |sender, _| drop(sender),
    ];
    for end in ends {
        let (sender, receiver) = channel(1).unwrap();
        let mut receiving = [owned(&receiver), owned(&receiver)];
        let hooks = Hooks::new();
        let bad = receiver.clone();
        let mut bad = Task::with_waker(async move { bad.recv_async().await }, hooks.waker());
        assert!(bad.poll().is_pending());
        receiving.iter().for_each(|task| assert!(task.lock().unwrap().poll().is_pending()));
        hooks.on_wake(panic_quietly);
        panics(|| end(sender, receiver));
        assert_eq!(hooks.wakes(), 1);
        for task in &mut receiving {
            assert_eq!(task.lock().unwrap().rings(), 1);
            assert_eq!(task.lock().unwrap().ready(), Err(RecvError));
        }
    }
}

#[test]
fn a_receiver_whose_wake_up_panics_does_not_keep_the_close_from_the_senders() {
    // Both sides wait: the first sender was woken by the value that went, and was not polled.
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let _woken = Task::waiting(sender.send_async(1));
    let sending = Task::waiting(sender.send_async(2));
    assert_eq!(receiver.try_recv(), Ok(0));
    let (_receiving, hooks) = hooked(&receiver);
    hooks.on_wake(panic_quietly);
    panics(|| sender.close());
    assert_eq!((hooks.wakes(), sending.rings()), (1, 1));
}

#[test]
fn the_last_receiver_drops_what_is_left_also_if_a_wake_up_panics() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(1).unwrap();
    assert!(sender.try_send(ledger.value()).is_ok());
    let hooks = Hooks::new();
    let mut sending = Task::with_waker(sender.send_async(ledger.value()), hooks.waker());
    assert!(sending.poll().is_pending());
    hooks.on_wake(panic_quietly);
    panics(|| drop(receiver));
    assert_eq!(ledger.alive(), 1, "that which was not sent");
    assert!(sending.ready().is_err());
    ledger.settle();
}

#[test]
fn a_waker_that_cannot_be_cloned_leaves_nothing_in_the_list() {
    let (sender, receiver) = channel(1).unwrap();
    let hooks = Hooks::new();
    let mut recv = Task::with_waker(receiver.recv_async(), hooks.waker());
    hooks.on_clone(panic_quietly);
    panics(|| recv.poll());
    let mut other = Task::waiting(receiver.recv_async());
    sender.try_send(1).unwrap();
    assert_eq!((hooks.wakes(), other.rings(), other.ready()), (0, 1, Ok(1)));
    assert!(recv.poll().is_pending());
    sender.try_send(2).unwrap();
    assert_eq!((hooks.wakes(), recv.ready()), (1, Ok(2)));
}

#[test]
fn a_woken_future_whose_new_waker_cannot_be_cloned_passes_the_wake_up_on() {
    let (sender, receiver) = channel(1).unwrap();
    let (mut first, hooks) = hooked(&receiver);
    let mut second = Task::waiting(receiver.recv_async());
    sender.try_send(1).unwrap();
    assert_eq!(receiver.try_recv(), Ok(1), "somebody was faster");
    // In the middle of its poll, woken for nothing, another value comes; it is woken already.
    let later = sender.clone();
    hooks.on_clone(move || {
        later.try_send(2).unwrap();
        panic_quietly();
    });
    panics(|| first.poll());
    drop(first);
    assert_eq!((second.rings(), second.ready()), (1, Ok(2)));
}

#[test]
fn a_waker_whose_drop_panics_leaves_the_list_in_order() {
    let (sender, receiver) = channel(2).unwrap();
    let (first, hooks) = hooked(&receiver);
    let mut second = Task::waiting(receiver.recv_async());
    hooks.on_drop(panic_quietly);
    panics(|| drop(first));
    sender.try_send(1).unwrap();
    assert_eq!((hooks.wakes(), second.rings(), second.ready()), (0, 1, Ok(1)));

    // The waker of the last poll, dropped for the sake of another one.
    let (mut first, hooks) = hooked(&receiver);
    let _old = first.move_elsewhere();
    hooks.on_drop(panic_quietly);
    panics(|| first.poll());
    sender.try_send(2).unwrap();
    assert_eq!((hooks.wakes(), first.rings(), first.ready()), (0, 1, Ok(2)));
}

#[test]
fn a_value_is_dropped_once_if_the_waker_of_its_receiver_panics() {
    let ledger = Ledger::new();
    let (sender, receiver) = channel(1).unwrap();
    let mut woken = Task::waiting(receiver.recv_async());
    let (mut first, hooks) = hooked(&receiver);
    assert!(sender.try_send(ledger.value()).is_ok());
    hooks.on_drop(panic_quietly);
    // Polled without having been woken, it takes the value, and leaves the list.
    panics(|| first.poll());
    ledger.settle();
    assert!(woken.poll().is_pending());
}

#[test]
fn a_wake_up_may_use_the_channel() {
    let (sender, receiver) = channel(4).unwrap();
    let (mut waiting, hooks) = hooked(&receiver);
    let (again, there) = (sender.clone(), receiver.clone());
    hooks.on_wake(move || {
        assert_eq!(there.try_recv(), Ok(1));
        assert_eq!(there.try_recv(), Err(TryRecvError::Empty));
        again.try_send_batch(&mut vec![2, 3]).unwrap();
        assert_eq!(there.recv(), Ok(2));
        assert!(!again.is_closed() && again.len() == 1);
        drop(there.clone());
        assert!(again.close());
    });
    sender.try_send(1).unwrap();
    assert_eq!(waiting.ready(), Ok(3));
    assert_eq!(waiting.ready(), Err(RecvError));
}

#[test]
fn a_wake_up_may_poll_and_drop_other_futures_of_the_channel() {
    let (sender, receiver) = channel(4).unwrap();
    let (_first, hooks) = hooked(&receiver);
    let [polled, dropped, comes, last] = [(); 4].map(|()| owned(&receiver));
    for task in [&polled, &dropped] {
        assert!(task.lock().unwrap().poll().is_pending());
    }
    let (polls, drops, waits) = (Arc::clone(&polled), dropped, Arc::clone(&last));
    hooks.on_wake(move || {
        assert_eq!(polls.lock().unwrap().ready(), Ok(1));
        drop(drops);
        assert_eq!(comes.lock().unwrap().ready(), Ok(2));
        assert!(waits.lock().unwrap().poll().is_pending());
    });
    // The second wake-up is for the one that has come meanwhile.
    sender.try_send_batch(&mut vec![1, 2]).unwrap();
    assert_eq!((polled.lock().unwrap().rings(), last.lock().unwrap().rings()), (0, 1));
}

#[test]
fn a_wake_up_may_drop_the_last_ends() {
    let (sender, receiver) = channel::<u32>(1).unwrap();
    let hooks = Hooks::new();
    let here = receiver.clone();
    let mut waiting = Task::with_waker(async move { here.recv_async().await }, hooks.waker());
    assert!(waiting.poll().is_pending());
    let waiting = Arc::new(Mutex::new(Some(waiting)));
    let all = Arc::clone(&waiting);
    hooks.on_wake(move || {
        drop(all.lock().unwrap().take());
        drop(receiver);
    });
    drop(sender);
    assert_eq!(hooks.wakes(), 1);
    assert!(waiting.lock().unwrap().is_none());
    assert_eq!(Arc::strong_count(&hooks), 1, "no list holds the waker");
}

#[test]
fn a_clone_may_close_the_channel_or_send_to_it() {
    let (sender, receiver) = channel(1).unwrap();
    let hooks = Hooks::new();
    let mut recv = Task::with_waker(receiver.recv_async(), hooks.waker());
    let there = sender.clone();
    hooks.on_clone(move || there.try_send(1).unwrap());
    assert_eq!(recv.ready(), Ok(1));
    hooks.on_clone(move || _ = sender.close());
    assert_eq!(recv.ready(), Err(RecvError));
    assert_eq!(hooks.wakes(), 0, "it was not in the list yet");
}

#[test]
fn the_drop_of_a_waker_may_use_the_channel() {
    let (sender, receiver) = channel(2).unwrap();
    let (mut waiting, hooks) = hooked(&receiver);
    let (there, other) = (sender.clone(), owned(&receiver));
    assert!(other.lock().unwrap().poll().is_pending());
    let polls = Arc::clone(&other);
    // Dropped from the list for another waker, it sends, which wakes the new one.
    let _old = waiting.move_elsewhere();
    hooks.on_drop(move || {
        there.try_send(1).unwrap();
        assert!(matches!(polls.lock().unwrap().poll(), Poll::Ready(Ok(1))));
        there.try_send(2).unwrap();
    });
    assert_eq!(waiting.poll(), Poll::Ready(Ok(2)));
    assert!(sender.is_empty());
}

/// Whoever sends runs the wakers of tasks. They should not sleep, but one that does must not cost
/// the sender its own wake-up: a queue of tasks that is full for a moment is enough.
#[test]
fn a_wake_up_that_sleeps_takes_no_wake_up_from_the_sender_that_runs_it() {
    let _watch = Watch::new();
    for sleep in [sleep_here as fn(), sleep_by_a_channel] {
        let (sender, receiver) = channel(1).unwrap();
        let sender = sender.with_strategy(Strategy::Park);
        let waiting: Vec<_> = (0..3).map(|_| hooked(&receiver)).collect();
        for (_, hooks) in &waiting[..2] {
            let receiver = receiver.clone();
            hooks.on_wake(move || _ = receiver.try_recv());
        }
        // The third value is sent by the last try before the sender sleeps, when it is in the list.
        // The waker makes room again, which wakes this very thread, and sleeps.
        let there = receiver.clone();
        waiting[2].1.on_wake(move || {
            assert_eq!(there.try_recv(), Ok(3));
            sleep();
        });
        sender.send_batch(&mut vec![1, 2, 3, 4]).unwrap();
        assert_eq!(receiver.try_recv(), Ok(4));
    }
}

fn sleep_here() {
    thread::park_timeout(Duration::from_millis(1));
}

fn sleep_by_a_channel() {
    let (_sender, receiver) = channel::<()>(1).unwrap();
    let receiver = receiver.with_strategy(Strategy::Park);
    assert!(receiver.recv_timeout(Duration::from_millis(1)).is_err());
}
