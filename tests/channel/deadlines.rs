//! Deadlines: in the past, never, and at the very moment of a wake-up.

use std::hint;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use ringmill::channel::{
    RecvTimeoutError, Select, SendTimeoutError, Strategy, TryRecvError, channel,
};

use crate::rng::{Rng, Seed};
use crate::scaled;
use crate::watch::Watch;

const STRATEGIES: [Strategy; 3] = [Strategy::Park, Strategy::SpinThenPark, Strategy::Spin];

#[test]
fn a_time_out_of_nothing_tries() {
    let (sender, receiver) = channel(1).unwrap();
    for strategy in STRATEGIES {
        let sender = sender.clone().with_strategy(strategy);
        let receiver = receiver.clone().with_strategy(strategy);
        let zero = Duration::ZERO;
        assert_eq!(receiver.recv_timeout(zero), Err(RecvTimeoutError::TimedOut));
        let choice = || Select::new().with_strategy(strategy).recv(&receiver, |got| got);
        assert!(choice().wait_timeout(zero).is_err());
        assert_eq!(sender.send_timeout(1, zero), Ok(()));
        assert_eq!(sender.send_timeout(2, zero), Err(SendTimeoutError::TimedOut(2)));
        assert_eq!(choice().wait_timeout(zero), Ok(Ok(1)));
        let mut out = Vec::new();
        let now = Some(Instant::now());
        assert_eq!(receiver.recv_batch(&mut out, 1, 1, now), Err(RecvTimeoutError::TimedOut));
        assert_eq!(sender.send_timeout(3, zero), Ok(()));
        assert_eq!(receiver.recv_batch(&mut out, 2, 2, now), Ok(1));
    }
}

#[test]
fn the_longest_time_out_there_is_waits_for_a_value_for_room_and_for_the_end() {
    let _watch = Watch::new();
    let longest = Duration::MAX;
    for strategy in STRATEGIES {
        let (sender, receiver) = channel(1).unwrap();
        let (sender, receiver) = (sender.with_strategy(strategy), receiver.with_strategy(strategy));
        thread::scope(|s| {
            s.spawn(|| {
                for n in 0..10 {
                    assert_eq!(receiver.recv_timeout(longest), Ok(n));
                }
                let choice = Select::new().with_strategy(strategy).recv(&receiver, |got| got);
                assert_eq!(choice.wait_timeout(longest), Ok(Ok(10)));
                assert_eq!(receiver.recv_timeout(longest), Err(RecvTimeoutError::Closed));
            });
            (0..=10).for_each(|n| sender.send_timeout(n, longest).unwrap());
            sender.close();
        });
        assert_eq!(sender.send_timeout(9, longest), Err(SendTimeoutError::Closed(9)));
    }
    // As far as the clock goes, and not quite so far.
    let (sender, receiver) = channel::<u32>(1).unwrap();
    let mut far = Duration::from_secs(1 << 40);
    while Instant::now().checked_add(2 * far).is_some() {
        far *= 2;
    }
    thread::scope(|s| {
        for at in [Instant::now() + far, Instant::now() + Duration::from_secs(1 << 40)] {
            let receiver = receiver.clone().with_strategy(Strategy::Park);
            s.spawn(move || assert_eq!(receiver.recv_deadline(at), Ok(1)));
        }
        sender.send(1).unwrap();
        sender.send(1).unwrap();
    });
}

#[test]
fn a_deadline_is_kept_and_nothing_is_done_behind_it() {
    for strategy in STRATEGIES {
        let (sender, receiver) = channel(1).unwrap();
        let (sender, receiver) = (sender.with_strategy(strategy), receiver.with_strategy(strategy));
        let start = Instant::now();
        let timeout = Duration::from_millis(5);
        assert_eq!(receiver.recv_timeout(timeout), Err(RecvTimeoutError::TimedOut));
        assert!(start.elapsed() >= timeout);
        sender.send(1).unwrap();
        let start = Instant::now();
        let sent = sender.send_deadline(2, start + timeout);
        assert_eq!(sent, Err(SendTimeoutError::TimedOut(2)));
        assert!(start.elapsed() >= timeout);
        assert_eq!(receiver.try_recv(), Ok(1));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    }
}

/// A time-out between none and a few times what a wake-up takes.
fn about_a_wake_up(rng: &mut Rng) -> Duration {
    Duration::from_nanos(rng.below(scaled(120_000, 400)) as u64)
}

/// Lets so much time pass without giving the core away.
fn pass(time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        hint::spin_loop();
    }
}

/// One value and two receivers, one of whom leaves at about the moment at which the value comes: if
/// it goes without the value, the other one must get it.
#[test]
fn a_wake_up_that_meets_a_deadline_is_not_lost() {
    let _watch = Watch::new();
    let seed = Seed::new(0xdead_11ea);
    let rounds = scaled(3_000, 10);
    let (sender, receiver) = channel(1).unwrap();
    let (sender, receiver) =
        (sender.with_strategy(Strategy::Park), receiver.with_strategy(Strategy::Park));
    let start = Barrier::new(3);
    thread::scope(|s| {
        let patient = s.spawn(|| {
            let mut received = 0;
            for _ in 0..rounds {
                start.wait();
                received += usize::from(receiver.recv() == Ok(true));
            }
            received
        });
        let hasty = s.spawn(|| {
            let (mut received, mut rng) = (0, seed.rng(0));
            for _ in 0..rounds {
                start.wait();
                if receiver.recv_timeout(about_a_wake_up(&mut rng)).is_ok() {
                    received += 1;
                    // Then the patient one needs another.
                    sender.send(false).unwrap();
                }
            }
            received
        });
        let mut rng = seed.rng(1);
        for _ in 0..rounds {
            start.wait();
            pass(about_a_wake_up(&mut rng));
            sender.send(true).unwrap();
        }
        let (patient, hasty) = (patient.join().unwrap(), hasty.join().unwrap());
        println!("{patient} values came to the patient one, {hasty} to the hasty one");
        assert!(patient <= rounds && hasty <= rounds);
    });
    assert!(receiver.is_empty());
}

/// The same for the room of one value and two senders.
#[test]
fn the_wake_up_of_a_sender_that_meets_a_deadline_is_not_lost() {
    let _watch = Watch::new();
    let seed = Seed::new(0xdead_5e4d);
    let rounds = scaled(3_000, 10);
    let (sender, receiver) = channel(1).unwrap();
    let (sender, receiver) =
        (sender.with_strategy(Strategy::Park), receiver.with_strategy(Strategy::Park));
    sender.send(0).unwrap();
    let start = Barrier::new(3);
    thread::scope(|s| {
        s.spawn(|| {
            for _ in 0..rounds {
                start.wait();
                sender.send(1).unwrap();
            }
        });
        s.spawn(|| {
            let mut rng = seed.rng(0);
            for _ in 0..rounds {
                start.wait();
                if sender.send_timeout(2, about_a_wake_up(&mut rng)).is_ok() {
                    // Then the patient one needs more room.
                    receiver.recv().unwrap();
                }
            }
        });
        let mut rng = seed.rng(1);
        for _ in 0..rounds {
            start.wait();
            pass(about_a_wake_up(&mut rng));
            receiver.recv().unwrap();
        }
    });
    assert!(receiver.is_full());
}
