//! The ring for any number of threads.

use std::mem::MaybeUninit;
use std::thread;

use ringmill::ring::mpmc::Ring;

use crate::ledger::{Counted, Ledger};
use crate::{Says, panics};

const CAPACITIES: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 4, 7, 8] };

/// A ring whose head is `before` values on.
fn ring(capacity: usize, before: usize) -> Ring<Counted> {
    let ring = Ring::new(capacity).expect("a small ring");
    let ledger = Ledger::new();
    for _ in 0..before {
        ring.push(ledger.value()).expect("there is room");
        ring.pop().expect("there is a value");
    }
    ledger.settle();
    ring
}

#[test]
fn values_left_in_a_ring_are_dropped_with_it_in_order() {
    for &capacity in CAPACITIES {
        for before in 0..2 * capacity {
            for held in 0..=capacity {
                let ledger = Ledger::new();
                let ring = ring(capacity, before);
                for value in ledger.values(held) {
                    ring.push(value).expect("there is room");
                }
                assert_eq!(ledger.alive(), held);
                drop(ring);
                ledger.settle();
            }
        }
    }
}

#[test]
fn a_refused_value_comes_back_alive() {
    let ledger = Ledger::new();
    let ring = ring(1, 0);
    ring.push(ledger.value()).expect("there is room");
    let refused = ring.push(ledger.value()).expect_err("it is full").into_inner();
    assert_eq!((refused.number(), ledger.alive()), (1, 2));
    drop(refused);
    assert_eq!(ledger.alive(), 1);
    drop(ring);
    ledger.settle();
}

#[test]
fn a_drop_that_panics_keeps_no_other_value_from_being_dropped() {
    for &capacity in CAPACITIES {
        for bomb in 0..capacity {
            for before in [0, capacity - 1] {
                let ledger = Ledger::new();
                let ring = ring(capacity, before);
                for n in 0..capacity {
                    let value = if n == bomb { ledger.bomb() } else { ledger.value() };
                    ring.push(value).expect("there is room");
                }
                panics(|| drop(ring));
                ledger.settle();
            }
        }
    }
}

#[test]
fn the_rest_of_an_iterator_is_dropped_with_it() {
    let ledger = Ledger::new();
    let ring = ring(4, 3);
    ring.push_drain(&mut ledger.values(4));
    let mut values = ring.into_iter();
    assert_eq!(values.next().map(|value| value.number()), Some(0));
    assert_eq!(ledger.alive(), 3);
    drop(values);
    ledger.settle();
}

#[test]
fn an_iterator_that_panics_leaves_what_it_gave_and_the_ring_works_on() {
    for &capacity in CAPACITIES {
        for gives in 0..capacity {
            for before in 0..capacity {
                let ledger = Ledger::new();
                let ring = ring(capacity, before);
                let mut left = gives;
                let mut values = Says {
                    says: capacity,
                    f: || {
                        left = left.checked_sub(1).expect("the iterator panics here");
                        Some(ledger.value())
                    },
                };
                panics(|| ring.push_iter(&mut values));
                assert_eq!(ledger.alive(), gives);
                assert!(ring.is_full(), "the rest of the claim counts until it is passed");
                for number in 0..gives {
                    assert_eq!(ring.pop().map(|value| value.number()), Some(number));
                }
                assert!(ring.pop().is_none());
                assert!(ring.is_empty());

                // All of the room can be used again.
                assert_eq!(ring.push_drain(&mut ledger.values(capacity)), capacity);
                let mut out = Vec::new();
                assert_eq!(ring.pop_into(&mut out, capacity), capacity);
                drop((out, ring));
                ledger.settle();
            }
        }
    }
}

#[test]
fn an_iterator_that_ends_early_leaves_what_it_gave() {
    for &capacity in CAPACITIES {
        for gives in 0..=capacity {
            let ledger = Ledger::new();
            let ring = ring(capacity, 1);
            let mut left = ledger.values(gives);
            let mut values = Says { says: usize::MAX, f: || left.pop() };
            assert_eq!(ring.push_iter(&mut values), gives);
            assert!(ring.is_full());
            drop(ring);
            ledger.settle();
        }
    }
}

#[test]
fn a_length_that_panics_leaves_the_ring_as_it_was() {
    /// Says two different lengths, which the standard library's own `len` does not put up with.
    struct Torn;
    impl Iterator for Torn {
        type Item = u8;
        fn next(&mut self) -> Option<u8> {
            Some(0)
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (1, Some(2))
        }
    }
    impl ExactSizeIterator for Torn {}

    let ring = Ring::new(2).expect("a small ring");
    panics(|| ring.push_iter(&mut Torn));
    assert!(ring.is_empty());
    assert_eq!(ring.push_n(&[1, 2, 3]), 2);
}

#[test]
fn slots_that_were_given_up_are_passed_by_every_kind_of_pop() {
    for &capacity in CAPACITIES {
        for pop in 0..4 {
            let ledger = Ledger::new();
            let ring = ring(capacity, 1);
            assert_eq!(ring.push_iter(&mut Says { says: capacity, f: || None }), 0);
            assert!(ring.is_full());
            let mut out = Vec::new();
            match pop {
                0 => assert!(ring.pop().is_none()),
                1 => assert_eq!(ring.pop_n(&mut [const { MaybeUninit::uninit() }; 3]), 0),
                2 => assert_eq!(ring.pop_into(&mut out, 3), 0),
                _ => {
                    // Full of nothing: each forced push passes one of the slots and displaces no
                    // value.
                    for value in ledger.values(capacity) {
                        assert!(ring.force_push(value).is_none());
                    }
                    assert!(
                        ring.force_push(ledger.value()).is_some_and(|oldest| oldest.number() == 0)
                    );
                    continue;
                }
            }
            assert!(ring.is_empty());
            assert_eq!(ring.push_drain(&mut ledger.values(capacity)), capacity);
            drop(ring);
            ledger.settle();
        }
    }
}

#[test]
fn an_iterator_may_push_to_the_same_ring() {
    let ring = Ring::new(4).expect("a small ring");
    let mut left = 2_u32;
    let mut values = Says {
        says: 2,
        f: || {
            left = left.checked_sub(1)?;
            ring.push(10 + left).expect("there is room behind the claim");
            Some(left)
        },
    };
    assert_eq!(ring.push_iter(&mut values), 2);
    assert!(ring.push(99).is_err());
    assert!(ring.into_iter().eq([1, 0, 11, 10]));
}

#[test]
fn what_a_drain_leaves_stays_with_the_caller() {
    for &capacity in CAPACITIES {
        let ledger = Ledger::new();
        let ring = ring(capacity, capacity / 2);
        let mut values = ledger.values(2 * capacity + 1);
        assert_eq!(ring.push_drain(&mut values), capacity);
        assert!(values.iter().map(Counted::number).eq(capacity..2 * capacity + 1));
        assert_eq!(ring.push_drain(&mut values), 0);
        assert_eq!((values.len(), ledger.alive()), (capacity + 1, 2 * capacity + 1));
        drop(values);
        assert_eq!(ledger.alive(), capacity);
        drop(ring);
        ledger.settle();
    }
}

#[test]
fn a_displaced_value_is_the_callers() {
    let ledger = Ledger::new();
    let ring = ring(2, 1);
    for number in 0..10 {
        let displaced = ring.force_push(ledger.value());
        assert_eq!(displaced.map(|value| value.number()), (number as usize).checked_sub(2));
        assert_eq!(ledger.alive(), 2.min(number + 1) as usize);
    }
    drop(ring);
    ledger.settle();
}

#[test]
fn a_value_may_use_its_ring_while_it_is_popped_and_dropped() {
    /// Pushes a number to another ring when it is dropped.
    struct Echo<'a>(&'a Ring<u32>, u32);
    impl Drop for Echo<'_> {
        fn drop(&mut self) {
            self.0.push(self.1).expect("there is room");
        }
    }
    let echoes = Ring::new(3).expect("a small ring");
    let ring = Ring::new(3).expect("a small ring");
    for n in 0..3 {
        assert!(ring.push(Echo(&echoes, n)).is_ok());
    }
    drop(ring.pop());
    drop(ring);
    assert!(echoes.into_iter().eq(0..3));
}

#[test]
fn iterators_that_panic_among_other_threads_hang_nobody_and_lose_nothing() {
    let rounds = if cfg!(miri) { 4 } else { 3_000 };
    for capacity in if cfg!(miri) { vec![1, 3] } else { vec![1, 2, 3, 8] } {
        let ledger = Ledger::new();
        let ring = ring(capacity, 0);
        thread::scope(|scope| {
            for thread in 0..3 {
                let (ring, ledger) = (&ring, &ledger);
                scope.spawn(move || {
                    let mut out = Vec::new();
                    for round in 0..rounds {
                        let gives = (round + thread) % (capacity + 1);
                        let mut left = gives;
                        let mut values = Says {
                            says: capacity,
                            f: || {
                                left = left.checked_sub(1)?;
                                Some(ledger.value())
                            },
                        };
                        if round % 16 == 0 {
                            let mut values =
                                values.by_ref().map(|value| match value.number() % 3 {
                                    0 => std::panic::resume_unwind(Box::new("no hook, no noise")),
                                    _ => value,
                                });
                            let push = || ring.push_iter(&mut values);
                            drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(push)));
                        } else {
                            ring.push_iter(&mut values);
                        }
                        match round % 4 {
                            0 => drop(ring.pop()),
                            1 => drop(ring.force_push(ledger.value())),
                            _ => drop(ring.pop_into(&mut out, 3)),
                        }
                        out.clear();
                    }
                });
            }
        });
        while !ring.is_empty() {
            drop(ring.pop());
        }
        assert_eq!(ring.push_drain(&mut ledger.values(capacity)), capacity);
        drop(ring);
        ledger.settle();
    }
}
