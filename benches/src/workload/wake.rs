//! What it takes to wake a thread that sleeps in a receiving call.
//!
//! The receiver says that it is about to wait; `LULL` later, when it is asleep for certain, the
//! sender reads the clock, sends, and reads the clock again. The receiver reads it as soon as it is
//! back. The sender spends the most of the lull asleep and the last of it awake, so that neither
//! the real-time limit nor a core that has to come out of its own sleep is in the figures. The
//! system counts how often the receiver slept: a queue that is found awake has no figures.

use std::{
    hint,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Fault, Sample, Setup, Workload,
    crew::{self, Job, Received},
    stream::judge,
};
use crate::{
    pace::Gate,
    payload::{Message, Values},
    place::{Powers, times_slept},
    shape::{Ends, Peer, Rx, Tx},
};

/// From the moment the receiver is about to wait to the send.
const LULL: Duration = Duration::from_micros(300);

/// The last part of it, which the sender is awake.
const AWAKE: Duration = Duration::from_micros(50);

/// What one sample takes, about.
pub const PERIOD: Duration = Duration::from_micros(450);

/// The samples of a run, in nanoseconds, ascending.
#[derive(Debug, Default)]
struct Samples {
    /// From before the send to after the receive.
    wake: Vec<u64>,
    /// The send.
    send: Vec<u64>,
}

/// Runs one round with peer `P`, whose ends wait: the median time to wake a receiver.
///
/// # Errors
///
/// What the peer did wrong.
pub fn median<P: Peer<T>, T: Message>(setup: &Setup) -> Result<Sample, Fault> {
    let samples = measure::<P, T>(setup)?;
    Ok(figure(&samples.wake, 50, setup))
}

/// As [`median`]: the time to wake a receiver that 99 of 100 do not exceed.
///
/// # Errors
///
/// What the peer did wrong.
pub fn p99<P: Peer<T>, T: Message>(setup: &Setup) -> Result<Sample, Fault> {
    let samples = measure::<P, T>(setup)?;
    Ok(figure(&samples.wake, 99, setup))
}

/// As [`median`]: the median time that the send itself takes.
///
/// # Errors
///
/// What the peer did wrong.
pub fn send<P: Peer<T>, T: Message>(setup: &Setup) -> Result<Sample, Fault> {
    let samples = measure::<P, T>(setup)?;
    Ok(figure(&samples.send, 50, setup))
}

/// As if every message had taken as long as the sample at that percentile.
fn figure(ascending: &[u64], percent: usize, setup: &Setup) -> Sample {
    let at = (ascending.len() * percent).div_ceil(100).saturating_sub(1);
    let ns = ascending.get(at).copied().unwrap_or_default();
    Sample { elapsed: Duration::from_nanos(ns * setup.messages), messages: setup.messages }
}

/// What sender and receiver share.
#[derive(Debug, Default)]
struct Meeting {
    /// How many messages the receiver has been about to wait for.
    expected: AtomicU64,
    sent: Mutex<Vec<(Instant, Instant)>>,
    received: Mutex<Vec<Instant>>,
    /// Messages for which the receiver slept; all, where the system does not say.
    slept: AtomicU64,
}

fn measure<P: Peer<T>, T: Message>(setup: &Setup) -> Result<Samples, Fault> {
    assert_eq!(setup.workload, Workload::Wake, "the one workload that wakes");
    let Ends { mut producers, mut consumers } = P::open(setup.capacity, 1, 1);
    let (tx, rx) =
        (producers.pop().expect("one was asked for"), consumers.pop().expect("one was asked for"));
    let meeting = Arc::new(Meeting::default());
    let messages = setup.messages;
    let (ours, theirs) = (Arc::clone(&meeting), Arc::clone(&meeting));
    let jobs: Vec<Job> = vec![
        Box::new(move |gate| call(tx, messages, &ours, gate)),
        Box::new(move |_| sleep::<T>(rx, messages, &theirs)),
    ];
    let places = Powers::of_this_process().places(2);
    let (elapsed, received) = crew::work(jobs, 0, &places, setup.limit)?;
    judge::<T>(&[messages], received, elapsed)?;

    let slept = meeting.slept.load(Ordering::Relaxed);
    if slept < messages - messages / 10 {
        return Err(Fault::Awake { slept, of: messages });
    }
    let sent = meeting.sent.lock().expect("no thread panicked");
    let received = meeting.received.lock().expect("no thread panicked");
    let ns = |from: &Instant, to: &Instant| {
        u64::try_from(to.saturating_duration_since(*from).as_nanos()).unwrap_or(u64::MAX)
    };
    let mut samples = Samples {
        wake: sent.iter().zip(&*received).map(|((before, _), back)| ns(before, back)).collect(),
        send: sent.iter().map(|(before, after)| ns(before, after)).collect(),
    };
    samples.wake.sort_unstable();
    samples.send.sort_unstable();
    Ok(samples)
}

#[inline(never)]
fn call<T: Message>(mut tx: impl Tx<T>, messages: u64, meeting: &Meeting, gate: &Gate) -> Received {
    let mut times = Vec::with_capacity(messages as usize);
    for number in 0..messages {
        let mut value = Values::one(number);
        // Acquire: the receiver has noted the last message.
        while meeting.expected.load(Ordering::Acquire) <= number {
            if gate.is_off() {
                return Received::default();
            }
            thread::sleep(Duration::from_micros(20));
        }
        let asleep = Instant::now() + LULL;
        thread::sleep(LULL - AWAKE);
        while Instant::now() < asleep {
            hint::spin_loop();
        }
        let before = Instant::now();
        let sent = tx.push(&mut value);
        let after = Instant::now();
        if sent == 0 {
            break;
        }
        times.push((before, after));
    }
    *meeting.sent.lock().expect("nobody else writes it") = times;
    Received::default()
}

#[inline(never)]
fn sleep<T: Message>(mut rx: impl Rx<T>, messages: u64, meeting: &Meeting) -> Received {
    let mut received = Received::default();
    let mut times = Vec::with_capacity(messages as usize);
    for number in 0..messages {
        let before = times_slept();
        // Release: the receiver has noted the last message.
        meeting.expected.store(number + 1, Ordering::Release);
        let mut back = None;
        let count = rx.pop(|value| {
            back = Some(Instant::now());
            received.note(value);
            received.disorder |= value.number() != number;
        });
        if before.is_none() || before < times_slept() {
            // Relaxed: read when the threads have been joined.
            meeting.slept.fetch_add(1, Ordering::Relaxed);
        }
        times.extend(back);
        if count == 0 {
            break;
        }
    }
    *meeting.received.lock().expect("nobody else writes it") = times;
    received
}
