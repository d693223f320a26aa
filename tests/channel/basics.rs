//! What each operation does, one thread at a time or two that must meet.

use std::thread;
use std::time::{Duration, Instant};

use ringmill::channel::{
    RecvError, RecvTimeoutError, Select, SendError, SendTimeoutError, Strategy, TryRecvError,
    TrySendError, channel,
};

use crate::scaled;
use crate::watch::Watch;

const STRATEGIES: [Strategy; 3] = [Strategy::Park, Strategy::SpinThenPark, Strategy::Spin];

#[test]
fn what_was_accepted_is_received_after_closing() {
    let (sender, receiver) = channel(4).unwrap();
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert!(sender.close());
    assert!(!receiver.close(), "it was closed already");
    assert_eq!(sender.send(3), Err(SendError(3)));
    assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
    assert_eq!(
        sender.send_timeout(3, Duration::from_secs(1_000)),
        Err(SendTimeoutError::Closed(3))
    );
    assert_eq!([receiver.recv(), receiver.recv(), receiver.recv()], [Ok(1), Ok(2), Err(RecvError)]);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn the_last_sender_closes() {
    let (sender, receiver) = channel(1).unwrap();
    let other = sender.clone();
    drop(sender);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    other.send("x").unwrap();
    drop(other);
    assert_eq!(receiver.iter().collect::<Vec<_>>(), ["x"]);
}

#[test]
fn the_last_receiver_closes_and_drops_what_is_left() {
    let (sender, receiver) = channel(2).unwrap();
    let value = std::sync::Arc::new(());
    sender.send(value.clone()).unwrap();
    drop(receiver.clone());
    assert!(!sender.is_closed());
    drop(receiver);
    assert_eq!(std::sync::Arc::strong_count(&value), 1);
    assert!(sender.send(value).is_err());
}

#[test]
fn a_deadline_in_the_past_tries_once() {
    let (sender, receiver) = channel(1).unwrap();
    let past = Instant::now() - Duration::from_secs(1);
    for strategy in STRATEGIES {
        let (sender, receiver) =
            (sender.clone().with_strategy(strategy), receiver.clone().with_strategy(strategy));
        assert_eq!(receiver.recv_deadline(past), Err(RecvTimeoutError::TimedOut));
        assert_eq!(sender.send_deadline(1, past), Ok(()));
        assert_eq!(sender.send_deadline(2, past), Err(SendTimeoutError::TimedOut(2)));
        assert_eq!(receiver.recv_deadline(past), Ok(1));
    }
}

#[test]
fn a_waiting_receiver_gets_the_value_and_a_waiting_sender_the_room() {
    let _watch = Watch::new();
    for strategy in STRATEGIES {
        let (sender, receiver) = channel(1).unwrap();
        let (sender, receiver) = (sender.with_strategy(strategy), receiver.with_strategy(strategy));
        // Threads that never sleep may have to wait for a core at every value.
        let values = if strategy == Strategy::Spin { scaled(20, 3) } else { scaled(1_000, 10) };
        thread::scope(|s| {
            s.spawn(|| (0..values).for_each(|n| sender.send(n).unwrap()));
            s.spawn(|| (0..values).for_each(|n| assert_eq!(receiver.recv(), Ok(n))));
        });
    }
}

#[test]
fn closing_wakes_all_who_wait() {
    let _watch = Watch::new();
    for strategy in STRATEGIES {
        let (full, _kept) = channel(1).unwrap();
        full.send(0).unwrap();
        let (_kept, empty) = channel::<u32>(1).unwrap();
        let (full, empty) = (full.with_strategy(strategy), empty.with_strategy(strategy));
        thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| assert_eq!(full.send(1), Err(SendError(1))));
                s.spawn(|| assert_eq!(empty.recv(), Err(RecvError)));
            }
            full.close();
            empty.close();
        });
    }
}

#[test]
fn a_batch_waits_for_its_minimum() {
    let _watch = Watch::new();
    let (sender, receiver) = channel(4).unwrap();
    thread::scope(|s| {
        s.spawn(|| {
            let mut batch = Vec::new();
            assert_eq!(receiver.recv_batch(&mut batch, 10, 10, None), Ok(10));
            assert_eq!(batch, (0..10).collect::<Vec<_>>());
        });
        sender.send_batch(&mut (0..10).collect()).unwrap();
    });
    let soon = Instant::now() + Duration::from_millis(10);
    let mut batch = Vec::new();
    assert_eq!(receiver.recv_batch(&mut batch, 1, 8, Some(soon)), Err(RecvTimeoutError::TimedOut));
    sender.send(1).unwrap();
    assert_eq!(receiver.recv_batch(&mut batch, 2, 8, Some(soon)), Ok(1));
    assert_eq!(receiver.recv_batch(&mut batch, 0, 8, None), Ok(0));
    drop(sender);
    assert_eq!(receiver.recv_batch(&mut batch, 1, 8, None), Err(RecvTimeoutError::Closed));
}

#[test]
fn a_selection_does_one_operation_and_each_has_its_turn() {
    let (first, from_first) = channel(64).unwrap();
    let (second, from_second) = channel(64).unwrap();
    let half = scaled(32, 4);
    for n in 0..64 {
        first.send(n).unwrap();
        second.send(n).unwrap();
    }
    let mut count = [0, 0];
    for _ in 0..2 * half {
        let which = Select::new().recv(&from_first, |_| 0).recv(&from_second, |_| 1).wait();
        count[which] += 1;
    }
    assert_eq!(count, [half, half]);
    assert_eq!(first.len() + second.len(), 128 - 2 * half);
}

#[test]
fn a_selection_waits_for_any() {
    let _watch = Watch::new();
    let (first, from_first) = channel::<u32>(1).unwrap();
    let (_second, from_second) = channel::<u32>(1).unwrap();
    let (full, from_full) = channel(1).unwrap();
    full.send(0).unwrap();
    thread::scope(|s| {
        let choice = s.spawn(|| {
            Select::new()
                .recv(&from_first, |value| value.unwrap())
                .recv(&from_second, |_| unreachable!())
                .send(&full, 1, |_| unreachable!())
                .wait()
        });
        first.send(9).unwrap();
        assert_eq!(choice.join().unwrap(), 9);
    });
    let nothing = Select::new()
        .recv(&from_first, |_| ())
        .send(&full, 1, |_| ())
        .wait_timeout(Duration::from_millis(5));
    assert!(nothing.is_err());
    assert_eq!(from_full.len(), 1, "nothing was sent");
}
