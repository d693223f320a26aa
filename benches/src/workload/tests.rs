//! A broken queue is caught, whatever it does.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::{Fault, Setup, Workload, run};
use crate::shape::{Queue, Single};

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
    setup.limit = Duration::from_millis(300);
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
