//! Choices between channels: exactly one operation is done, and no wake-up is lost to the others.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use ringmill::channel::{RecvError, Select, SendError, Strategy, TryRecvError, channel};

use crate::ledger::Ledger;
use crate::scaled;
use crate::tasks::{Bell, Task};
use crate::watch::Watch;

#[test]
fn a_closed_channel_is_chosen_and_gives_its_error() {
    let (sender, receiver) = channel(1).unwrap();
    let (_open, empty) = channel::<u32>(1).unwrap();
    sender.close();
    for _ in 0..4 {
        let got = Select::new()
            .recv(&empty, |_| unreachable!("it is empty"))
            .recv(&receiver, |got| got)
            .wait();
        assert_eq!(got, Err(RecvError));
        let got = Select::new().send(&sender, 7_u32, |sent| sent).try_now().ok();
        assert_eq!(got, Some(Err(SendError(7))));
    }
}

#[test]
fn what_is_left_in_a_closed_channel_is_chosen_before_its_error() {
    let (sender, receiver) = channel(2).unwrap();
    sender.try_send_batch(&mut vec![1, 2]).unwrap();
    drop(sender);
    let next = || Select::new().recv(&receiver, |got| got).wait();
    assert_eq!([next(), next(), next()], [Ok(1), Ok(2), Err(RecvError)]);
}

#[test]
fn a_channel_may_stand_in_a_choice_twice() {
    let (sender, receiver) = channel(4).unwrap();
    let choice = || Select::new().recv(&receiver, |got| got).recv(&receiver, |got| got);
    sender.try_send(1).unwrap();
    assert_eq!(choice().wait(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty), "one operation is done");
    assert!(choice().try_now().is_err());

    let bell = Bell::new();
    let waker = Arc::clone(&bell).into();
    let mut context = Context::from_waker(&waker);
    for n in 0..4 {
        let mut waits = pin!(choice().wait_async());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        let mut other = Task::waiting(receiver.recv_async());
        sender.try_send(n).unwrap();
        assert_eq!((bell.rings(), other.rings()), (n + 1, 0), "it stands before the other one");
        assert_eq!(waits.as_mut().poll(&mut context), Poll::Ready(Ok(n)));
        sender.try_send(n).unwrap();
        assert!(other.rings() > 0, "none of its two places is left");
        assert_eq!(other.ready(), Ok(n));
    }
    {
        let mut waits = pin!(choice().wait_async());
        assert!(waits.as_mut().poll(&mut context).is_pending());
    }
    sender.try_send(9).unwrap();
    assert_eq!(bell.rings(), 4, "nor of one that was dropped");
}

#[test]
fn a_choice_of_both_ends_of_a_channel_does_one_of_both() {
    let (sender, receiver) = channel(1).unwrap();
    for n in 0..10 {
        let choice = Select::new()
            .send(&sender, n, |sent| sent.map(|()| None))
            .recv(&receiver, |got| Ok(Some(got.expect("it is open"))));
        let done = choice.wait().expect("it is open");
        assert_eq!(done, if n % 2 == 0 { None } else { Some(n - 1) });
    }
}

#[test]
fn a_choice_that_was_woken_and_is_dropped_wakes_the_next_of_each_channel() {
    let (first, from_first) = channel(1).unwrap();
    let (second, from_second) = channel(1).unwrap();
    let (full, from_full) = channel(1).unwrap();
    full.try_send(0).unwrap();
    let choice =
        Select::new().recv(&from_first, |_| ()).recv(&from_second, |_| ()).send(&full, 9, |_| ());
    let mut choice = Box::pin(choice.wait_async());
    let bell = Bell::new();
    let waker = Arc::clone(&bell).into();
    assert!(choice.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut others = [&from_first, &from_second].map(|from| Task::waiting(from.recv_async()));
    let mut sends = Task::waiting(full.send_async(1));
    first.try_send(1).unwrap();
    second.try_send(2).unwrap();
    assert_eq!(from_full.try_recv(), Ok(0));
    assert_eq!((bell.rings(), others[0].rings(), others[1].rings(), sends.rings()), (3, 0, 0, 0));
    drop(choice);
    assert_eq!((others[0].rings(), others[1].rings(), sends.rings()), (1, 1, 1));
    assert_eq!((others[0].ready(), others[1].ready(), sends.ready()), (Ok(1), Ok(2), Ok(())));
    assert_eq!(from_full.try_recv(), Ok(1), "the choice has sent nothing");
}

#[test]
fn a_choice_that_takes_from_one_channel_passes_the_wake_up_of_the_other_on() {
    let (first, from_first) = channel(1).unwrap();
    let (second, from_second) = channel(1).unwrap();
    let choice = Select::new().recv(&from_first, |got| got).recv(&from_second, |got| got);
    let mut choice = pin!(choice.wait_async());
    let waker = Bell::new().into();
    let mut context = Context::from_waker(&waker);
    assert!(choice.as_mut().poll(&mut context).is_pending());
    let mut others = [&from_first, &from_second].map(|from| Task::waiting(from.recv_async()));
    first.try_send(1).unwrap();
    second.try_send(2).unwrap();
    let Poll::Ready(Ok(got)) = choice.as_mut().poll(&mut context) else { panic!("it is ready") };
    let left = 2 - got;
    assert_eq!((others[left].rings(), others[1 - left].rings()), (1, 0));
    assert_eq!(others[left].ready(), Ok(left + 1));
}

#[test]
fn a_choice_that_was_ready_panics() {
    let (sender, receiver) = channel(2).unwrap();
    sender.try_send_batch(&mut vec![1, 2]).unwrap();
    let mut choice = pin!(Select::new().recv(&receiver, Result::unwrap).wait_async());
    let waker = Bell::new().into();
    let mut context = Context::from_waker(&waker);
    assert_eq!(choice.as_mut().poll(&mut context), Poll::Ready(1));
    assert!(catch_unwind(AssertUnwindSafe(|| choice.as_mut().poll(&mut context))).is_err());
    assert_eq!(receiver.try_recv(), Ok(2), "and takes nothing");
}

#[test]
fn a_choice_of_nothing_cannot_be_waited_for() {
    assert!(Select::<()>::new().try_now().is_err());
    assert!(catch_unwind(|| Select::<()>::new().wait()).is_err());
    assert!(catch_unwind(|| Select::<()>::new().wait_timeout(Duration::ZERO)).is_err());
    assert!(catch_unwind(|| drop(Select::<()>::new().wait_async())).is_err());
}

#[test]
fn values_that_were_not_sent_are_dropped_once() {
    let ledger = Ledger::new();
    let (full, from_full) = channel(1).unwrap();
    assert!(full.try_send(ledger.value()).is_ok());
    let (sender, receiver) = channel(1).unwrap();
    let choice = || {
        Select::new()
            .send(&full, ledger.value(), |sent| sent.is_ok())
            .recv(&receiver, |got: Result<u32, _>| got.is_err())
            .send(&full, ledger.value(), |sent| sent.is_ok())
    };
    drop(choice());
    let choice_again = choice().try_now().expect_err("nothing can be done");
    assert!(choice_again.wait_timeout(Duration::from_millis(1)).is_err());
    drop(choice().wait_async());
    assert_eq!(ledger.alive(), 1);
    sender.try_send(7).unwrap();
    assert!(!choice().wait());
    assert_eq!(ledger.alive(), 1);
    drop(from_full.try_recv());
    assert!(choice().wait());
    assert_eq!(ledger.alive(), 1, "one was sent");
    drop(from_full);
    ledger.settle();
}

#[test]
fn a_value_that_panics_when_it_is_not_sent_takes_no_place_with_it() {
    let ledger = Ledger::new();
    let (full, _from_full) = channel(1).unwrap();
    assert!(full.try_send(ledger.value()).is_ok());
    let (sender, receiver) = channel(1).unwrap();
    let choice = Select::new()
        .send(&full, ledger.bomb(), |_| None)
        .recv(&receiver, |got| Some(got.expect("it is open")));
    assert!(sender.try_send(ledger.value()).is_ok());
    assert!(catch_unwind(AssertUnwindSafe(|| choice.wait())).is_err());
    assert_eq!((ledger.alive(), receiver.len()), (1, 0), "the value that was received is gone too");
    let mut other = Task::waiting(receiver.recv_async());
    assert!(sender.try_send(ledger.value()).is_ok());
    assert_eq!(other.rings(), 1);
    drop(other.ready());
}

#[test]
fn what_is_done_with_the_result_may_use_the_channels() {
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(3).unwrap();
    let nested = |got: Result<u32, RecvError>| {
        sender.send(got.unwrap() - 1).unwrap();
        Select::new().recv(&receiver, |got| got.unwrap()).wait()
    };
    assert_eq!(Select::new().recv(&receiver, nested).wait(), 2);

    // If it panics, the value is gone, and the places are given up.
    sender.try_send(4).unwrap();
    let panic = |_| resume_unwind(Box::new(()));
    let choice = Select::new().recv(&receiver, panic);
    assert!(catch_unwind(AssertUnwindSafe(|| choice.wait())).is_err());
    let mut other = Task::waiting(receiver.recv_async());
    sender.try_send(5).unwrap();
    assert_eq!((other.rings(), other.ready()), (1, Ok(5)));
}

#[test]
fn each_operation_has_its_turn_also_where_choices_take_turns() {
    let channels: [_; 5] = std::array::from_fn(|_| channel(128).unwrap());
    for (sender, _) in &channels {
        sender.try_send_batch(&mut vec![0; 128]).unwrap();
    }
    let rounds = scaled(120, 12) as u32;
    let counts: [Cell<u32>; 5] = Default::default();
    let choose = |from: &[usize]| {
        let choice =
            from.iter().fold(Select::new(), |choice, &n| choice.recv(&channels[n].1, move |_| n));
        let chosen = choice.wait();
        counts[chosen].set(counts[chosen].get() + 1);
    };
    for _ in 0..rounds {
        choose(&[0, 1]);
        choose(&[2, 3, 4]);
    }
    for (n, count) in counts.iter().enumerate() {
        let fair = if n < 2 { rounds / 2 } else { rounds / 3 };
        assert!(count.get().abs_diff(fair) <= fair / 4 + 1, "{counts:?}");
    }
}

#[test]
fn threads_that_choose_get_every_value_once() {
    let _watch = Watch::new();
    let values = scaled(4_000, 10);
    for strategy in [Strategy::Park, Strategy::SpinThenPark] {
        let (first, from_first) = channel::<usize>(1).unwrap();
        let (second, from_second) = channel(3).unwrap();
        let seen: Vec<_> = (0..2 * values).map(|_| AtomicUsize::new(0)).collect();
        thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    let mut open = [true; 2];
                    while open != [false; 2] {
                        let mut choice = Select::new().with_strategy(strategy);
                        if open[0] {
                            choice = choice.recv(&from_first, |got| (0, got));
                        }
                        if open[1] {
                            choice = choice.recv(&from_second, |got| (1, got));
                        }
                        match choice.wait() {
                            (_, Ok(value)) => _ = seen[value].fetch_add(1, Ordering::Relaxed),
                            (which, Err(RecvError)) => open[which] = false,
                        }
                    }
                });
            }
            let (seen, from_second) = (&seen, &from_second);
            // One that waits for the second channel only, and leaves in the middle.
            s.spawn(move || {
                for value in from_second.iter().take(values / 4) {
                    seen[value].fetch_add(1, Ordering::Relaxed);
                }
            });
            // Two that send to whichever channel has room.
            let numbers = &AtomicUsize::new(0);
            thread::scope(|s| {
                for _ in 0..2 {
                    s.spawn(|| {
                        loop {
                            let n = numbers.fetch_add(1, Ordering::Relaxed);
                            if n >= 2 * values {
                                break;
                            }
                            let choice = Select::new().with_strategy(strategy);
                            let choice = choice.send(&first, n, |sent| sent);
                            choice.send(&second, n, |sent| sent).wait().unwrap();
                        }
                    });
                }
            });
            first.close();
            second.close();
        });
        assert!(seen.iter().all(|times| times.load(Ordering::Relaxed) == 1));
    }
}
