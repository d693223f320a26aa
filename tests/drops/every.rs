//! What all rings do.

use std::mem::MaybeUninit;
use std::sync::Barrier;
use std::thread;

use crate::ledger::{Counted, Ledger};
use crate::rings::Fifo;
use crate::{Says, panics};

pub(crate) const CAPACITIES: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 4, 7, 8] };

/// A ring that `before` values have gone through.
pub(crate) fn ring<R: Fifo<Counted>>(capacity: usize, before: usize) -> R {
    let mut ring = R::new(capacity);
    let ledger = Ledger::new();
    for _ in 0..before {
        ring.push(ledger.value()).expect("there is room");
        ring.pop().expect("there is a value");
    }
    ledger.settle();
    ring
}

/// Every capacity, how many values have gone through before, and a count up to the capacity.
pub(crate) fn shapes() -> impl Iterator<Item = (usize, usize, usize)> {
    CAPACITIES.iter().flat_map(|&capacity| {
        // An interpreter sees the end of the ring in the middle of things.
        let before = if cfg!(miri) { capacity / 2..capacity / 2 + 1 } else { 0..2 * capacity };
        before.flat_map(move |before| (0..=capacity).map(move |n| (capacity, before, n)))
    })
}

/// All of a ring that is empty can be used.
pub(crate) fn works_on<R: Fifo<Counted>>(mut ring: R, capacity: usize) {
    let ledger = Ledger::new();
    assert_eq!((ring.len(), ring.push_drain(&mut ledger.values(capacity))), (0, capacity));
    let mut out = Vec::new();
    assert_eq!(ring.pop_into(&mut out, capacity), capacity);
    assert!(out.drain(..).map(|value| value.number()).eq(0..capacity));
    assert_eq!(ring.push_drain(&mut ledger.values(capacity)), capacity);
    drop(ring);
    ledger.settle();
}

fn values_left_in_a_ring_are_dropped_with_its_last_end<R: Fifo<Counted>>() {
    for (capacity, before, held) in shapes() {
        for producer_first in [true, false] {
            let ledger = Ledger::new();
            let mut ring = ring::<R>(capacity, before);
            for value in ledger.values(held) {
                ring.push(value).expect("there is room");
            }
            let (push, pop) = ring.ends();
            let ends: [Box<dyn Send>; 2] = [Box::new(push), Box::new(pop)];
            let [first, second] = ends;
            let (first, second) = if producer_first { (first, second) } else { (second, first) };
            drop(first);
            assert_eq!(ledger.alive(), held, "one end is there still");
            drop(second);
            ledger.settle();
        }
    }
}

fn a_refused_value_comes_back_alive<R: Fifo<Counted>>() {
    let ledger = Ledger::new();
    let mut ring = ring::<R>(1, 0);
    ring.push(ledger.value()).expect("there is room");
    let refused = ring.push(ledger.value()).expect_err("it is full").into_inner();
    assert_eq!((refused.number(), ledger.alive()), (1, 2));
    drop(refused);
    assert_eq!(ledger.alive(), 1);
    drop(ring);
    ledger.settle();
}

fn a_drop_that_panics_keeps_no_other_value_from_being_dropped<R: Fifo<Counted>>() {
    for (capacity, before, bomb) in shapes().filter(|(capacity, _, bomb)| bomb < capacity) {
        for producer_first in [true, false] {
            let ledger = Ledger::new();
            let mut ring = ring::<R>(capacity, before);
            for n in 0..capacity {
                let value = if n == bomb { ledger.bomb() } else { ledger.value() };
                ring.push(value).expect("there is room");
            }
            let (push, pop) = ring.ends();
            if producer_first {
                drop(push);
                panics(|| drop(pop));
            } else {
                drop(pop);
                panics(|| drop(push));
            }
            ledger.settle();
        }
    }
}

fn an_iterator_that_panics_leaves_what_it_gave_and_the_ring_works_on<R: Fifo<Counted>>() {
    for (capacity, before, gives) in shapes().filter(|(capacity, _, gives)| gives < capacity) {
        let ledger = Ledger::new();
        let mut ring = ring::<R>(capacity, before);
        let mut left = gives;
        let f = || {
            left = left.checked_sub(1).expect("the iterator panics here");
            Some(ledger.value())
        };
        panics(|| ring.push_iter(&mut Says { says: capacity, f }));
        let counted = if R::HOLES { capacity } else { gives };
        assert_eq!((ledger.alive(), ring.len()), (gives, counted));
        for number in 0..gives {
            assert_eq!(ring.pop().map(|value| value.number()), Some(number));
        }
        assert!(ring.pop().is_none());
        works_on(ring, capacity);
        ledger.settle();
    }
}

fn an_iterator_that_ends_early_or_never_leaves_what_fits<R: Fifo<Counted>>() {
    for (capacity, before, gives) in shapes() {
        let ledger = Ledger::new();
        let mut ring = ring::<R>(capacity, before);
        let mut left = ledger.values(gives);
        assert_eq!(ring.push_iter(&mut Says { says: usize::MAX, f: || left.pop() }), gives);
        let counted = if R::HOLES { capacity } else { gives };
        assert_eq!(ring.len(), counted);
        let mut endless = Says { says: usize::MAX, f: || Some(ledger.value()) };
        assert_eq!(ring.push_iter(&mut endless), capacity - counted);
        drop(ring);
        ledger.settle();
    }
}

fn a_length_that_panics_leaves_the_ring_as_it_was<R: Fifo<Counted>>() {
    /// Says two different lengths, which the standard library's own `len` does not put up with.
    struct Torn;
    impl Iterator for Torn {
        type Item = Counted;
        fn next(&mut self) -> Option<Counted> {
            unreachable!("nobody asks for a value")
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (1, Some(2))
        }
    }
    impl ExactSizeIterator for Torn {}

    let mut ring = ring::<R>(2, 1);
    panics(|| ring.push_iter(&mut Torn));
    works_on(ring, 2);
}

fn slots_that_were_given_up_are_passed_by_every_kind_of_pop<R: Fifo<Counted>>() {
    for (capacity, before, given) in shapes() {
        for pop in if cfg!(miri) { given % 3..given % 3 + 1 } else { 0..3 } {
            let ledger = Ledger::new();
            let mut ring = ring::<R>(capacity, before);
            let mut values = ledger.values(given);
            let mut gives = Says { says: capacity, f: || values.pop() };
            assert_eq!(ring.push_iter(&mut gives), given);
            let mut out = Vec::new();
            assert_eq!(ring.pop_into(&mut out, given), given);
            assert_eq!(ring.len(), if R::HOLES { capacity - given } else { 0 });
            match pop {
                0 => assert!(ring.pop().is_none()),
                1 => assert_eq!(ring.pop_n(&mut [const { MaybeUninit::uninit() }; 3]), 0),
                _ => assert_eq!(ring.pop_into(&mut out, 3), 0),
            }
            works_on(ring, capacity);
            drop(out);
            ledger.settle();
        }
    }
}

fn what_a_drain_leaves_stays_with_the_caller<R: Fifo<Counted>>() {
    for &capacity in CAPACITIES {
        let ledger = Ledger::new();
        let mut ring = ring::<R>(capacity, capacity / 2);
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

fn ends_that_go_at_the_same_time_drop_everything_once<R: Fifo<Counted>>() {
    let rounds = if cfg!(miri) { 2 } else { 2_000 };
    for capacity in [1, 2, 7] {
        for round in 0..rounds {
            let ledger = Ledger::new();
            let (mut push, mut pop) = ring::<R>(capacity, round % capacity).ends();
            let values = ledger.values(2 * capacity);
            let start = &Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(move || {
                    start.wait();
                    for value in values {
                        drop(push(value));
                    }
                });
                scope.spawn(move || {
                    start.wait();
                    for _ in 0..round % (2 * capacity) {
                        drop(pop());
                    }
                });
            });
            ledger.settle();
        }
    }
}

/// Asks every ring: a module of tests for each.
macro_rules! ask_every_ring {
    ($($test:ident)*) => {
        ask_every_ring!(@ mpmc Mpmc $($test)*);
        ask_every_ring!(@ mpsc Mpsc $($test)*);
        ask_every_ring!(@ spmc Spmc $($test)*);
        ask_every_ring!(@ spsc Spsc $($test)*);
    };
    (@ $module:ident $ring:ident $($test:ident)*) => {
        mod $module {
            $(
                #[test]
                fn $test() {
                    super::$test::<crate::rings::$ring<crate::ledger::Counted>>();
                }
            )*
        }
    };
}
ask_every_ring! {
    values_left_in_a_ring_are_dropped_with_its_last_end
    a_refused_value_comes_back_alive
    a_drop_that_panics_keeps_no_other_value_from_being_dropped
    an_iterator_that_panics_leaves_what_it_gave_and_the_ring_works_on
    an_iterator_that_ends_early_or_never_leaves_what_fits
    a_length_that_panics_leaves_the_ring_as_it_was
    slots_that_were_given_up_are_passed_by_every_kind_of_pop
    what_a_drain_leaves_stays_with_the_caller
    ends_that_go_at_the_same_time_drop_everything_once
}
