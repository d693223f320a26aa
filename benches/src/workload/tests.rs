//! A broken queue is caught, whatever it does.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::{Fault, Setup, Workload, deliver, run, wake};
use crate::{
    payload::Values,
    shape::{Ends, Peer, Queue, Rx, Single, Tx, ends_of, hand, offer},
};

/// How a queue misbehaves.
const LOSES: u8 = 0;
const DOUBLES: u8 = 1;
const SWAPS: u8 = 2;
const CHANGES: u8 = 3;
const SWALLOWS: u8 = 4;
const HANGS: u8 = 5;
const PANICS: u8 = 6;
const BEHAVES: u8 = 7;

/// A queue that misbehaves at its 1,500th push: after the memory has been touched, in the round.
struct Faulty<const FAULT: u8> {
    values: Mutex<VecDeque<u64>>,
    capacity: usize,
    pushes: AtomicU64,
}

impl<const FAULT: u8> Queue<u64> for Faulty<FAULT> {
    fn with_capacity(capacity: usize) -> Self {
        Self { values: Mutex::default(), capacity, pushes: AtomicU64::new(0) }
    }

    fn push(&self, value: u64) -> bool {
        let mut values = self.values.lock().unwrap();
        if values.len() >= self.capacity {
            return false;
        }
        let faulty = self.pushes.fetch_add(1, Ordering::Relaxed) == 1_500;
        match FAULT {
            LOSES if faulty => {}
            DOUBLES if faulty => values.extend([value, value]),
            CHANGES if faulty => values.push_back(value + 1_000_000),
            PANICS if faulty => {
                drop(values);
                panic!("as planned");
            }
            _ => values.push_back(value),
        }
        true
    }

    fn pop(&self) -> Option<u64> {
        let late = self.pushes.load(Ordering::Relaxed) > 1_500;
        let mut values = self.values.lock().unwrap();
        match FAULT {
            SWAPS if late => values.pop_back(),
            SWALLOWS if late => None,
            HANGS if late => {
                drop(values);
                loop {
                    thread::sleep(Duration::from_secs(1));
                }
            }
            _ => values.pop_front(),
        }
    }
}

fn fault_of<const FAULT: u8>() -> Option<Fault> {
    let mut setup = Setup::new(Workload::stream(1, 1), 64, 50_000);
    setup.check_order = true;
    // On a busy machine a thread may stand still for long; only who has to be waited for is not.
    let waited_for = matches!(FAULT, SWALLOWS | HANGS);
    setup.limit = if waited_for { Duration::from_secs(2) } else { Duration::from_secs(60) };
    run::<Single<Faulty<FAULT>>, u64>(&setup).err()
}

#[test]
fn a_sound_queue_has_no_fault() {
    assert_eq!(fault_of::<BEHAVES>(), None);
}

#[test]
fn a_lost_message_is_caught() {
    assert_eq!(fault_of::<LOSES>(), Some(Fault::Count { sent: 50_000, received: 49_999 }));
}

#[test]
fn a_doubled_message_is_caught() {
    // Either check may be the first to see it.
    let fault = fault_of::<DOUBLES>();
    assert!(matches!(fault, Some(Fault::Count { .. } | Fault::Order)), "{fault:?}");
}

#[test]
fn disorder_is_caught() {
    assert_eq!(fault_of::<SWAPS>(), Some(Fault::Order));
}

#[test]
fn a_changed_message_is_caught() {
    let fault = fault_of::<CHANGES>();
    assert!(matches!(fault, Some(Fault::Sum | Fault::Order)), "{fault:?}");
}

#[test]
fn a_queue_that_stays_empty_does_not_hang_the_run() {
    let fault = fault_of::<SWALLOWS>();
    assert!(matches!(fault, Some(Fault::Stuck(_))), "{fault:?}");
}

#[test]
fn a_call_that_never_returns_does_not_hang_the_run() {
    let fault = fault_of::<HANGS>();
    assert!(matches!(fault, Some(Fault::Hung(_))), "{fault:?}");
}

#[test]
fn a_panic_is_reported_with_its_text() {
    assert_eq!(fault_of::<PANICS>(), Some(Fault::Panic("as planned".into())));
}

/// A [`Faulty`] queue whose ends wait, without ever sleeping.
struct FaultyChannel<const FAULT: u8>;

struct FaultyEnd<const FAULT: u8>(Arc<(Faulty<FAULT>, AtomicU64)>);

impl<const FAULT: u8> Peer<u64> for FaultyChannel<FAULT> {
    type Tx = FaultyTx<FAULT>;
    type Rx = FaultyEnd<FAULT>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let shared = Arc::new((Faulty::with_capacity(capacity), AtomicU64::new(producers as u64)));
        let end = || FaultyEnd(Arc::clone(&shared));
        ends_of(|| FaultyTx(end()), end, producers, consumers)
    }
}

struct FaultyTx<const FAULT: u8>(FaultyEnd<FAULT>);

impl<const FAULT: u8> Tx<u64> for FaultyTx<FAULT> {
    fn push(&mut self, values: &mut Values<u64>) -> usize {
        while offer(values, |value| self.0.0.0.push(value)) == 0 {
            thread::yield_now();
        }
        1
    }
}

impl<const FAULT: u8> Drop for FaultyTx<FAULT> {
    fn drop(&mut self) {
        self.0.0.1.fetch_sub(1, Ordering::Release);
    }
}

impl<const FAULT: u8> Rx<u64> for FaultyEnd<FAULT> {
    fn pop(&mut self, mut sink: impl FnMut(&u64)) -> usize {
        loop {
            let closed = self.0.1.load(Ordering::Acquire) == 0;
            if hand(self.0.0.pop(), &mut sink) == 1 {
                return 1;
            }
            if closed {
                return 0;
            }
            std::hint::spin_loop();
        }
    }
}

fn fault_of_channel<const FAULT: u8>() -> Option<Fault> {
    let mut setup = Setup::new(Workload::stream(1, 1), 64, 50_000);
    setup.check_order = true;
    setup.limit = Duration::from_millis(if FAULT == HANGS { 300 } else { 60_000 });
    deliver::run::<FaultyChannel<FAULT>, u64>(&setup).err()
}

#[test]
fn a_sound_channel_has_no_fault() {
    assert_eq!(fault_of_channel::<BEHAVES>(), None);
}

#[test]
fn a_message_that_a_channel_lost_is_caught() {
    assert_eq!(fault_of_channel::<LOSES>(), Some(Fault::Count { sent: 50_000, received: 49_999 }));
}

#[test]
fn a_channel_that_changes_a_message_is_caught() {
    let fault = fault_of_channel::<CHANGES>();
    assert!(matches!(fault, Some(Fault::Sum | Fault::Order)), "{fault:?}");
}

#[test]
fn a_receiver_that_never_returns_does_not_hang_the_run() {
    let fault = fault_of_channel::<HANGS>();
    assert!(matches!(fault, Some(Fault::Hung(_))), "{fault:?}");
}

#[test]
fn a_receiver_that_does_not_sleep_has_no_wake_up() {
    let setup = Setup::new(Workload::Wake, 64, 20);
    let fault = wake::median::<FaultyChannel<BEHAVES>, u64>(&setup).err();
    let known = cfg!(target_os = "linux");
    assert_eq!(matches!(fault, Some(Fault::Awake { .. })), known, "{fault:?}");
}
