//! Batches at the edges of what can be asked for.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use ringmill::channel::{
    Receiver, RecvError, RecvTimeoutError, SendError, Sender, Strategy, TryRecvError, channel,
};

use crate::rng::Seed;
use crate::scaled;
use crate::watch::Watch;

/// A channel with the values `0..count`.
fn filled(capacity: usize, count: usize) -> (Sender<usize>, Receiver<usize>) {
    let (sender, receiver) = channel(capacity).unwrap();
    assert_eq!(sender.try_send_batch(&mut (0..count).collect()), Ok(count));
    (sender, receiver)
}

#[test]
fn a_minimum_of_none_does_not_wait() {
    let (sender, receiver) = filled(4, 2);
    let mut out = Vec::new();
    assert_eq!(receiver.recv_batch(&mut out, 0, 8, None), Ok(2));
    assert_eq!(receiver.recv_batch(&mut out, 0, 8, None), Ok(0));
    assert_eq!(out, [0, 1]);
    sender.close();
    assert_eq!(receiver.recv_batch(&mut out, 0, 8, None), Err(RecvTimeoutError::Closed));
}

#[test]
fn a_maximum_of_none_takes_nothing_and_does_not_wait() {
    let (sender, receiver) = filled(4, 2);
    let mut out = vec![9];
    for min in [0, 1, usize::MAX] {
        assert_eq!(receiver.recv_batch(&mut out, min, 0, None), Ok(0));
    }
    assert_eq!(receiver.try_recv_batch(&mut out, 0), Ok(0));
    sender.close();
    assert_eq!(receiver.try_recv_batch(&mut out, 0), Ok(0));
    assert_eq!(receiver.recv_batch(&mut out, 1, 0, None), Ok(0));
    assert_eq!((out, receiver.len()), (vec![9], 2));
}

#[test]
fn a_minimum_above_the_maximum_is_the_maximum() {
    let (_sender, receiver) = filled(4, 3);
    let mut out = Vec::new();
    assert_eq!(receiver.recv_batch(&mut out, 3, 2, None), Ok(2));
    assert_eq!(receiver.recv_batch(&mut out, usize::MAX, 1, None), Ok(1));
    assert_eq!(out, [0, 1, 2]);
}

#[test]
fn a_batch_is_put_behind_what_is_there() {
    let (sender, receiver) = filled(4, 2);
    let mut out = vec![7];
    assert_eq!(receiver.try_recv_batch(&mut out, 1), Ok(1));
    assert_eq!(receiver.recv_batch(&mut out, 1, 9, None), Ok(1));
    assert_eq!(out, [7, 0, 1]);
    sender.close();
    assert_eq!(receiver.try_recv_batch(&mut out, 1), Err(RecvError));
    assert_eq!(out, [7, 0, 1]);
}

#[test]
fn a_huge_maximum_takes_room_for_the_capacity_only() {
    let (sender, receiver) = filled(4, 2);
    let mut out = Vec::new();
    assert_eq!(receiver.recv_batch(&mut out, 2, usize::MAX, None), Ok(2));
    assert!(out.capacity() < 64, "{}", out.capacity());
    sender.close();
    let more = receiver.recv_batch(&mut out, usize::MAX, usize::MAX, None);
    assert_eq!(more, Err(RecvTimeoutError::Closed));
    assert!(out.capacity() < 64, "{}", out.capacity());

    // Values of no size have room for as many as there can be.
    let many = scaled(1 << 16, 16);
    let (sender, receiver) = channel(many).unwrap();
    assert_eq!(sender.try_send_batch(&mut vec![(); many]), Ok(many));
    let mut out = vec![(); 5];
    assert_eq!(receiver.recv_batch(&mut out, many, usize::MAX, None), Ok(many));
    assert_eq!(out.len(), many + 5);
}

#[test]
fn what_came_before_the_channel_was_closed_is_counted_though_it_is_less_than_the_minimum() {
    let _watch = Watch::new();
    for strategy in [Strategy::Park, Strategy::SpinThenPark, Strategy::Spin] {
        let (sender, receiver) = filled(2, 2);
        let receiver = receiver.with_strategy(strategy);
        thread::scope(|s| {
            s.spawn(|| {
                let mut out = Vec::new();
                let received = receiver.recv_batch(&mut out, usize::MAX, usize::MAX, None);
                assert_eq!((received, out), (Ok(5), vec![0, 1, 2, 3, 4]));
                let mut out = vec![6];
                let received = receiver.recv_batch(&mut out, 1, 1, None);
                assert_eq!((received, out), (Err(RecvTimeoutError::Closed), vec![6]));
            });
            sender.send_batch(&mut vec![2, 3, 4]).unwrap();
            sender.close();
        });
    }
}

#[test]
fn what_came_before_the_deadline_is_counted_though_it_is_less_than_the_minimum() {
    for strategy in [Strategy::Park, Strategy::SpinThenPark, Strategy::Spin] {
        let (_sender, receiver) = filled(4, 3);
        let receiver = receiver.with_strategy(strategy);
        let mut out = Vec::new();
        let soon = Some(Instant::now() + Duration::from_millis(1));
        assert_eq!(receiver.recv_batch(&mut out, 4, 8, soon), Ok(3));
        assert_eq!(receiver.recv_batch(&mut out, 1, 8, soon), Err(RecvTimeoutError::TimedOut));
        assert_eq!(receiver.recv_batch(&mut out, 0, 8, soon), Ok(0));
        assert_eq!(out, [0, 1, 2]);
    }
}

#[test]
fn an_empty_batch_is_sent_at_once_but_not_to_a_closed_channel() {
    let (sender, receiver) = filled(1, 1);
    assert_eq!(sender.try_send_batch(&mut Vec::new()), Ok(0));
    assert_eq!(sender.send_batch(&mut Vec::new()), Ok(()));
    drop(receiver);
    assert_eq!(sender.try_send_batch(&mut Vec::new()), Err(SendError(())));
    assert_eq!(sender.send_batch(&mut Vec::new()), Err(SendError(())));
}

#[test]
fn a_batch_that_does_not_fit_is_sent_in_part_and_the_rest_stays() {
    let (sender, receiver) = filled(3, 1);
    let mut batch = vec![1, 2, 3, 4];
    assert_eq!(sender.try_send_batch(&mut batch), Ok(2));
    assert_eq!(batch, [3, 4]);
    assert_eq!(sender.try_send_batch(&mut batch), Ok(0));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_batch_that_meets_the_close_is_sent_up_to_there_and_the_rest_stays() {
    let _watch = Watch::new();
    let seed = Seed::new(0xba7c);
    for round in 0..scaled(400, 2) as u64 {
        let mut rng = seed.rng(round);
        let capacity = 1 + rng.below(3);
        let (sender, receiver) = channel(capacity).unwrap();
        let (take, start) = (rng.below(12), Barrier::new(2));
        let ended_by = rng.below(3);
        thread::scope(|s| {
            let (start, sender) = (&start, sender);
            let rest = s.spawn(move || {
                let mut batch: Vec<usize> = (0..10).collect();
                start.wait();
                let sent = sender.send_batch(&mut batch);
                assert_eq!(sent.is_ok(), batch.is_empty());
                batch
            });
            start.wait();
            let mut got: Vec<usize> = receiver.iter().take(take).collect();
            match ended_by {
                0 => _ = receiver.close(),
                // What nobody will receive counts as sent all the same.
                1 => {
                    drop(receiver);
                    let rest = rest.join().unwrap();
                    let sent = 10 - rest.len();
                    assert!((got.len()..=got.len() + capacity).contains(&sent), "{got:?} {rest:?}");
                    assert!(got.into_iter().eq(0..take.min(10)));
                    return;
                }
                _ => {}
            }
            got.extend(receiver.iter());
            got.extend(rest.join().unwrap());
            assert!(got.into_iter().eq(0..10), "round {round}: received, then not sent");
        });
    }
}

#[test]
fn batches_of_all_sizes_pass_through_channels_of_all_sizes_in_order() {
    let _watch = Watch::new();
    let seed = Seed::new(0x517e5);
    let total = scaled(3_000, 12);
    for (round, &capacity) in [1, 2, 3, 7, 64][..scaled(5, 2)].iter().enumerate() {
        let (sender, receiver) = channel(capacity).unwrap();
        thread::scope(|s| {
            let mut rng = seed.rng(2 * round as u64);
            s.spawn(move || {
                let (mut next, mut batch) = (0, Vec::new());
                while next < total {
                    let len = (1 + rng.below(2 * capacity + 3)).min(total - next);
                    batch.extend(next..next + len);
                    next += len;
                    if rng.below(2) == 0 {
                        sender.send_batch(&mut batch).unwrap();
                    } else {
                        sender.try_send_batch(&mut batch).unwrap();
                    }
                    // What a try has left goes one by one.
                    batch.drain(..).for_each(|value| sender.send(value).unwrap());
                }
            });
            let mut rng = seed.rng(2 * round as u64 + 1);
            let mut out = Vec::new();
            loop {
                let (min, max) = (rng.below(2 * capacity + 3), rng.below(2 * capacity + 3));
                let before = out.len();
                match receiver.recv_batch(&mut out, min, max, None) {
                    Ok(got) => {
                        assert_eq!(out.len(), before + got);
                        assert!(got <= max);
                        let over = out.len() == total;
                        assert!(got >= min.min(max) || over, "{got} of {min} to {max}");
                    }
                    Err(closed) => {
                        assert_eq!(closed, RecvTimeoutError::Closed);
                        break;
                    }
                }
            }
            assert!(out.into_iter().eq(0..total));
        });
    }
}
