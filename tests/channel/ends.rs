//! Ends that come and go, in every order, while others wait.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use ringmill::channel::{
    Receiver, RecvError, RecvTimeoutError, SendError, Sender, Strategy, TryRecvError, TrySendError,
    channel,
};

use crate::ledger::{Counted, Ledger};
use crate::rng::Seed;
use crate::scaled;
use crate::tasks::Task;
use crate::watch::Watch;

/// Every order of `0..count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with = |order: &Vec<usize>, at| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| with(order, at))).collect()
}

/// Something that holds an end, for as long as it is there.
type Holder<'a> = Option<Box<dyn FnMut() -> bool + 'a>>;

#[test]
fn the_last_end_of_a_side_closes_in_whatever_order_they_go_while_senders_wait() {
    for order in orders(5).into_iter().step_by(scaled(1, 17)) {
        let ledger = Ledger::new();
        let (sender, receiver) = channel(1).unwrap();
        assert!(sender.try_send(ledger.value()).is_ok());
        let tell = receiver.clone();
        let waits = |sender: Sender<Counted>| -> Holder<'_> {
            let value = ledger.value();
            let mut task = Task::new(async move { sender.send_async(value).await.is_err() });
            assert!(task.poll().is_pending());
            Some(Box::new(move || task.rings() == 1 && task.ready()))
        };
        let mut ends = [
            waits(sender.clone()),
            waits(sender.clone()),
            Some(Box::new(move || sender.is_closed()) as Box<_>),
            Some(Box::new({
                let receiver = receiver.clone();
                move || receiver.is_closed()
            }) as Box<_>),
            Some(Box::new(move || receiver.is_closed()) as Box<_>),
        ];
        let mut gone = HashSet::new();
        let mut tell = Some(tell);
        for end in order.clone() {
            ends[end] = None;
            gone.insert(end);
            // The test's own receiver goes with the last of the two others.
            if gone.contains(&3) && gone.contains(&4) {
                tell = None;
            }
            let closed = tell.is_none() || (0..3).all(|sender| gone.contains(&sender));
            if let Some(receiver) = &tell {
                assert_eq!((receiver.is_closed(), receiver.len()), (closed, 1), "{order:?}");
            }
            if closed {
                assert!(ends.iter_mut().flatten().all(|told| told()), "{order:?}: {end}");
                break;
            }
        }
        drop(ends);
        drop(tell);
        ledger.settle();
    }
}

#[test]
fn the_last_end_of_a_side_closes_in_whatever_order_they_go_while_receivers_wait() {
    for order in orders(5).into_iter().step_by(scaled(1, 17)) {
        let (sender, receiver) = channel::<u32>(1).unwrap();
        let waits = |receiver: Receiver<u32>| -> Holder<'_> {
            let mut task = Task::new(async move { receiver.recv_async().await });
            assert!(task.poll().is_pending());
            Some(Box::new(move || task.rings() == 1 && task.ready() == Err(RecvError)))
        };
        let other = sender.clone();
        let mut ends = [
            waits(receiver.clone()),
            waits(receiver.clone()),
            Some(Box::new(move || receiver.try_recv() == Err(TryRecvError::Closed)) as Box<_>),
            Some(Box::new(move || other.try_send(1) == Err(TrySendError::Closed(1))) as Box<_>),
            Some(Box::new(move || sender.try_send(1) == Err(TrySendError::Closed(1))) as Box<_>),
        ];
        let mut gone = HashSet::new();
        for end in order.clone() {
            ends[end] = None;
            gone.insert(end);
            let over = |mut side: std::ops::Range<usize>| side.all(|end| gone.contains(&end));
            if over(0..3) || over(3..5) {
                assert!(ends.iter_mut().flatten().all(|told| told()), "{order:?}: {end}");
                break;
            }
        }
    }
}

#[test]
fn an_end_that_is_cloned_keeps_the_channel_open() {
    let (mut sender, mut receiver) = channel(1).unwrap();
    for n in 0..scaled(100, 5) {
        sender = Sender::clone(&sender);
        receiver = receiver.clone();
        sender.send(n).unwrap();
        assert_eq!(receiver.recv(), Ok(n));
    }
    let kept: Vec<_> = (0..scaled(100, 5)).map(|_| sender.clone()).collect();
    drop(sender);
    assert!(!receiver.is_closed());
    drop(kept);
    assert_eq!(receiver.recv(), Err(RecvError));
}

#[test]
fn only_the_first_close_is_true() {
    let _watch = Watch::new();
    for _ in 0..scaled(500, 2) {
        let (sender, receiver) = channel::<u32>(1).unwrap();
        let (start, first) = (Barrier::new(4), AtomicUsize::new(0));
        thread::scope(|s| {
            let note = |was_first| _ = first.fetch_add(usize::from(was_first), Ordering::Relaxed);
            let (start, sender, receiver) = (&start, &sender, &receiver);
            for _ in 0..2 {
                s.spawn(move || {
                    start.wait();
                    note(sender.close());
                    assert!(sender.is_closed());
                });
                s.spawn(move || {
                    start.wait();
                    note(receiver.close());
                    assert_eq!(receiver.recv(), Err(RecvError));
                });
            }
        });
        assert_eq!(first.into_inner(), 1);
    }
}

/// Whoever hears that the channel is empty, and then that it is closed, must look once more: the
/// last value may have come in between. More threads spin than there are cores, so that they are
/// stopped there sooner or later, while the last value comes.
#[test]
fn what_is_accepted_just_before_the_close_is_received() {
    let _watch = Watch::new();
    type Look = fn(&Receiver<u32>) -> Result<usize, TryRecvError>;
    let looks: [Look; 3] = [
        |receiver| receiver.try_recv().map(|_| 1),
        |receiver| {
            receiver.try_recv_batch(&mut Vec::with_capacity(1), 1).map_err(TryRecvError::from)
        },
        |receiver| match receiver.recv_timeout(Duration::ZERO) {
            Ok(_) => Ok(1),
            Err(RecvTimeoutError::TimedOut) => Ok(0),
            Err(RecvTimeoutError::Closed) => Err(TryRecvError::Closed),
        },
    ];
    let threads = 4;
    for round in 0..scaled(600, 6) {
        let look = looks[round % 3];
        let (sender, receiver) = channel(1).unwrap();
        let start = Barrier::new(threads + 1);
        let received: usize = thread::scope(|s| {
            let watchers: Vec<_> = (0..threads)
                .map(|_| {
                    s.spawn(|| {
                        start.wait();
                        let mut received = 0;
                        loop {
                            match look(&receiver) {
                                Ok(some) => received += some,
                                Err(TryRecvError::Empty) => {}
                                Err(TryRecvError::Closed) => return received,
                            }
                        }
                    })
                })
                .collect();
            start.wait();
            sender.send(1).unwrap();
            sender.close();
            watchers.into_iter().map(|watcher| watcher.join().unwrap()).sum()
        });
        assert_eq!((received, receiver.len()), (1, 0), "round {round}");
    }
}

#[test]
fn iterators_end_with_the_channel_and_not_before() {
    let (sender, receiver) = channel(4).unwrap();
    sender.try_send_batch(&mut vec![1, 2, 3, 4]).unwrap();
    assert_eq!(receiver.try_iter().take(1).collect::<Vec<_>>(), [1]);
    let mut some = receiver.try_iter();
    assert_eq!(
        (some.next(), some.next(), some.next(), some.next()),
        (Some(2), Some(3), Some(4), None)
    );
    sender.try_send(5).unwrap();
    assert_eq!(some.next(), Some(5), "it ends when there is none, and goes on when there is");
    thread::scope(|s| {
        let all = s.spawn(|| (&receiver).into_iter().collect::<Vec<_>>());
        (6..20).for_each(|n| sender.send(n).unwrap());
        sender.close();
        assert!(all.join().unwrap().into_iter().eq(6..20));
    });
    assert_eq!(receiver.iter().next(), None);
    let mut own = receiver.into_iter();
    assert_eq!((own.next(), own.next()), (None, None));
    assert_eq!(sender.send(1), Err(SendError(1)));
}

#[test]
fn an_iterator_of_its_own_is_an_end() {
    let (sender, receiver) = channel(1).unwrap();
    sender.send(1).unwrap();
    let mut own = receiver.into_iter();
    assert_eq!(own.next(), Some(1));
    assert!(!sender.is_closed());
    drop(own);
    assert!(sender.is_closed());
}

/// What one round of [`threads_that_come_and_go_lose_no_value`] counts.
#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    received: AtomicUsize,
}

#[test]
fn threads_that_come_and_go_lose_no_value() {
    let _watch = Watch::new();
    let seed = Seed::new(0xe4d5);
    for round in 0..scaled(400, 3) as u64 {
        let ledger = Ledger::new();
        let mut rng = seed.rng(round << 8);
        let (sender, receiver) = channel(1 + rng.below(4)).unwrap();
        let strategy = [Strategy::Park, Strategy::SpinThenPark][rng.below(2)];
        let (sender, receiver) = (sender.with_strategy(strategy), receiver.with_strategy(strategy));
        let counts = Counts::default();
        let start = Barrier::new(6);
        // In some rounds a receiver stays to the end, and then nothing is lost.
        let stays = rng.below(2) == 0;
        thread::scope(|s| {
            let (start, counts, ledger) = (&start, &counts, &ledger);
            for thread in 0..3 {
                let (sender, mut rng) = (sender.clone(), seed.rng(round << 8 | (1 + thread)));
                s.spawn(move || {
                    start.wait();
                    send_some(sender, &mut rng, ledger, counts);
                });
            }
            for thread in 0..3 {
                let (receiver, mut rng) = (receiver.clone(), seed.rng(round << 8 | (16 + thread)));
                let stays = stays && thread == 0;
                s.spawn(move || {
                    start.wait();
                    let most = if stays { usize::MAX } else { rng.below(30) };
                    receive_some(receiver, &mut rng, most, counts);
                });
            }
            drop((sender, receiver));
        });
        let (accepted, received) = (counts.accepted.into_inner(), counts.received.into_inner());
        assert!(received <= accepted && (!stays || received == accepted), "{received}, {accepted}");
        ledger.settle();
    }
}

fn send_some(
    mut sender: Sender<Counted>,
    rng: &mut crate::rng::Rng,
    ledger: &Arc<Ledger>,
    counts: &Counts,
) {
    for _ in 0..rng.below(30) {
        let sent = match rng.below(5) {
            0 => usize::from(sender.try_send(ledger.value()).is_ok()),
            1 => {
                let mut batch = ledger.values(3);
                let open = sender.send_batch(&mut batch).is_ok();
                assert_eq!(open, batch.is_empty());
                3 - batch.len()
            }
            2 => {
                // Clones and drops.
                sender = sender.clone();
                0
            }
            3 => usize::from(pollster::block_on(sender.send_async(ledger.value())).is_ok()),
            _ => usize::from(sender.send(ledger.value()).is_ok()),
        };
        counts.accepted.fetch_add(sent, Ordering::Relaxed);
    }
}

fn receive_some(
    mut receiver: Receiver<Counted>,
    rng: &mut crate::rng::Rng,
    most: usize,
    counts: &Counts,
) {
    let mut received = 0;
    while received < most {
        let mut out = Vec::new();
        let over = match rng.below(5) {
            0 => receiver.try_recv().map(|value| out.push(value)) == Err(TryRecvError::Closed),
            1 => receiver.recv_batch(&mut out, 2, 3, None).is_err(),
            2 => {
                receiver = receiver.clone();
                false
            }
            3 => pollster::block_on(receiver.recv_async()).map(|value| out.push(value)).is_err(),
            _ => receiver.recv().map(|value| out.push(value)).is_err(),
        };
        received += out.len();
        counts.received.fetch_add(out.len(), Ordering::Relaxed);
        if over {
            break;
        }
    }
}
