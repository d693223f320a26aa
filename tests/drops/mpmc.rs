//! The ring for any number of threads.

use std::sync::Arc;

use ringmill::ring::mpmc::Ring;

use crate::ledger::{Counted, Ledger};
use crate::rings::Mpmc;
use crate::{Says, every};

/// A ring that `before` values have gone through.
fn ring(capacity: usize, before: usize) -> Ring<Counted> {
    let (ring, other) = every::ring::<Mpmc<Counted>>(capacity, before);
    drop(other);
    Arc::into_inner(ring).expect("the last one")
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
fn a_forced_push_passes_a_slot_that_was_given_up_and_displaces_no_value() {
    for &capacity in every::CAPACITIES {
        let ledger = Ledger::new();
        let ring = ring(capacity, 1);
        assert_eq!(ring.push_iter(&mut Says { says: capacity, f: || None }), 0);
        assert!(ring.is_full());
        for value in ledger.values(capacity) {
            assert!(ring.force_push(value).is_none());
        }
        assert!(ring.force_push(ledger.value()).is_some_and(|oldest| oldest.number() == 0));
        drop(ring);
        ledger.settle();
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
