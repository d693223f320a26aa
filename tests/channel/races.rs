//! Races of waiting, each replayed move by move.
//!
//! One thread plays all parts. What another thread would do in the middle of a poll is done by the
//! code of a waker: it is cloned between the first try and the place in the list, and the waker of
//! a sender is woken behind a receiver's try that took a value, before the receiver leaves the
//! list.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use ringmill::channel::{Receiver, Select, Sender, Strategy, channel};

use crate::tasks::{Bell, Hooks, Task};
use crate::watch::Watch;

/// A channel with nothing in it and a sender that waits for room all the same: its waker runs the
/// hook of the next that takes a value.
fn empty_with_a_waiting_sender() -> (Sender<u32>, Receiver<u32>, [Task<'static, ()>; 2], Arc<Hooks>)
{
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let hooks = Hooks::new();
    let send = |value| {
        let sender = sender.clone();
        async move { sender.send_async(value).await.unwrap() }
    };
    let mut first = Task::new(send(98));
    let mut second = Task::with_waker(send(99), hooks.waker());
    assert!(first.poll().is_pending() && second.poll().is_pending());
    // The first one is woken, and is never polled.
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((first.rings(), hooks.wakes()), (1, 0));
    (sender, receiver, [first, second], hooks)
}

fn recv(receiver: &Receiver<u32>) -> impl Future<Output = u32> + Send + use<> {
    let receiver = receiver.clone();
    async move { receiver.recv_async().await.unwrap() }
}

#[test]
fn who_enlists_and_then_finds_a_value_at_once_leaves_the_wake_up_of_another_value_to_others() {
    let (sender, receiver, _senders, on_take) = empty_with_a_waiting_sender();
    let on_enlist = Hooks::new();
    let mut early = Task::with_waker(recv(&receiver), on_enlist.waker());
    let late = Arc::new(Mutex::new(Task::new(recv(&receiver))));

    // Before the early one stands in the list, a value comes: it wakes nobody.
    let first = sender.clone();
    on_enlist.on_clone(move || first.try_send(1).unwrap());
    // The early one takes it at its second try; before it leaves the list, the late one comes to
    // wait, and the next value, which wakes the early one.
    let (second, waits) = (sender.clone(), Arc::clone(&late));
    on_take.on_wake(move || {
        assert!(waits.lock().unwrap().poll().is_pending());
        second.try_send(2).unwrap();
    });
    assert_eq!(early.poll(), Poll::Ready(1));
    assert_eq!(on_enlist.wakes(), 1, "the second value woke the one that had the first");

    let mut late = late.lock().unwrap();
    assert_eq!(late.rings(), 1, "there is a value, and it waits");
    assert_eq!(late.ready(), 2);
}

#[test]
fn who_finds_a_value_without_having_been_woken_leaves_the_wake_up_of_another_value_to_others() {
    let (sender, receiver, _senders, on_take) = empty_with_a_waiting_sender();
    let first = Arc::new(Mutex::new(Task::waiting(recv(&receiver))));
    let mut second = Task::waiting(recv(&receiver));
    let third = Arc::new(Mutex::new(Task::new(recv(&receiver))));

    sender.try_send(1).unwrap();
    assert_eq!((first.lock().unwrap().rings(), second.rings()), (1, 0));
    // The second one is polled all the same, and takes what the first one was woken for. Before it
    // leaves the list, the first one finds nothing, is woken again and gets the next value, the
    // third one comes to wait, and one more value, which wakes the second one.
    let (woken, waits) = (Arc::clone(&first), Arc::clone(&third));
    on_take.on_wake(move || {
        assert!(woken.lock().unwrap().poll().is_pending());
        sender.try_send(2).unwrap();
        assert_eq!(woken.lock().unwrap().ready(), 2);
        assert!(waits.lock().unwrap().poll().is_pending());
        sender.try_send(3).unwrap();
    });
    assert_eq!(second.ready(), 1);
    assert_eq!(second.rings(), 1, "the third value woke the one that had the first");

    let mut third = third.lock().unwrap();
    assert_eq!(third.rings(), 1, "there is a value, and it waits");
    assert_eq!(third.ready(), 3);
}

#[test]
fn a_selection_that_enlists_and_finds_a_value_at_once_leaves_the_wake_up_of_another_to_others() {
    let (sender, receiver, _senders, on_take) = empty_with_a_waiting_sender();
    let on_enlist = Hooks::new();
    let late = Arc::new(Mutex::new(Task::new(recv(&receiver))));

    let first = sender.clone();
    on_enlist.on_clone(move || first.try_send(1).unwrap());
    let (second, waits) = (sender.clone(), Arc::clone(&late));
    on_take.on_wake(move || {
        assert!(waits.lock().unwrap().poll().is_pending());
        second.try_send(2).unwrap();
    });
    let mut choice = pin!(Select::new().recv(&receiver, Result::unwrap).wait_async());
    let waker = on_enlist.waker();
    assert_eq!(choice.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(1));
    assert_eq!(on_enlist.wakes(), 1, "the second value woke the one that had the first");

    let mut late = late.lock().unwrap();
    assert_eq!(late.rings(), 1, "there is a value, and it waits");
    assert_eq!(late.ready(), 2);
}

#[test]
fn a_selection_that_was_woken_for_a_value_that_went_to_another_keeps_its_turn() {
    let (sender, receiver) = channel(1).unwrap();
    let mut choice = pin!(Select::new().recv(&receiver, Result::unwrap).wait_async());
    let bell = Bell::new();
    let waker = Arc::clone(&bell).into();
    let mut context = Context::from_waker(&waker);
    assert!(choice.as_mut().poll(&mut context).is_pending());
    let later = Task::waiting(recv(&receiver));
    sender.try_send(1).unwrap();
    assert_eq!(receiver.try_recv(), Ok(1), "somebody was faster");
    assert!(choice.as_mut().poll(&mut context).is_pending());
    sender.try_send(2).unwrap();
    assert_eq!((bell.rings(), later.rings()), (2, 0));
    assert_eq!(choice.as_mut().poll(&mut context), Poll::Ready(2));
}

#[test]
fn who_is_woken_for_nothing_in_the_middle_of_a_poll_keeps_its_turn() {
    let (sender, receiver) = channel(1).unwrap();
    let mut first = Task::waiting(recv(&receiver));
    let mut second = Task::waiting(recv(&receiver));
    // Its new waker is cloned behind its first try: a value comes, wakes it, and goes.
    let hooks = Hooks::new();
    first.set_waker(hooks.waker());
    let (there, thief) = (sender.clone(), receiver.clone());
    hooks.on_clone(move || {
        there.try_send(1).unwrap();
        assert_eq!(thief.try_recv(), Ok(1));
    });
    assert!(first.poll().is_pending());
    sender.try_send(2).unwrap();
    assert_eq!((first.rings(), hooks.wakes(), second.rings()), (1, 1, 0));
    assert_eq!(first.ready(), 2);
    sender.try_send(3).unwrap();
    assert_eq!(second.ready(), 3);
}

#[test]
fn a_batch_that_takes_the_last_values_of_a_closed_channel_after_enlisting_ends() {
    let _watch = Watch::new();
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let hooks = [Hooks::new(), Hooks::new()];
    let mut waiting = hooks.each_ref().map(|hooks| {
        let sender = sender.clone();
        Task::with_waker(async move { sender.send_async(9).await }, hooks.waker())
    });
    assert!(waiting.iter_mut().all(|task| task.poll().is_pending()));
    // The first try takes what is there, and makes that there is more. The second one does too, and
    // the channel is closed before the batch stands in the list: closing does not wake it.
    let first = sender.clone();
    hooks[0].on_wake(move || first.try_send(1).unwrap());
    hooks[1].on_wake(move || {
        sender.try_send(2).unwrap();
        sender.close();
    });
    let mut out = Vec::new();
    let receiver = receiver.with_strategy(Strategy::Park);
    assert_eq!(receiver.recv_batch(&mut out, usize::MAX, usize::MAX, None), Ok(3));
    assert_eq!(out, [0, 1, 2]);
}
