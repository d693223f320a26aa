//! Capacities that cannot be, and what the errors say.

use std::error::Error;
use std::mem::size_of;

use ringmill::ring::{CapacityError, Full, MAX_CAPACITY};

use crate::rings::{Fifo, Mpmc, Mpsc, Spmc, Spsc};

/// What each ring says to a capacity, the one for two threads last.
fn refused<T>(capacity: usize) -> [CapacityError; 4] {
    fn error<T, R: Fifo<T>>(capacity: usize) -> CapacityError {
        R::try_new(capacity).err().expect("there is no such ring")
    }
    [
        error::<T, Mpmc<T>>(capacity),
        error::<T, Mpsc<T>>(capacity),
        error::<T, Spmc<T>>(capacity),
        error::<T, Spsc<T>>(capacity),
    ]
}

#[test]
fn a_capacity_of_zero_is_refused() {
    assert_eq!(refused::<u8>(0), [CapacityError::Zero; 4]);
    assert_eq!(refused::<()>(0), [CapacityError::Zero; 4]);
}

#[test]
fn a_capacity_above_the_largest_is_refused_before_memory_is_asked_for() {
    for capacity in [MAX_CAPACITY + 1, MAX_CAPACITY * 2, usize::MAX / 2, usize::MAX] {
        assert_eq!(refused::<u8>(capacity), [CapacityError::TooLarge { capacity }; 4]);
        assert_eq!(refused::<()>(capacity), [CapacityError::TooLarge { capacity }; 4]);
    }
}

#[test]
fn a_ring_without_memory_for_it_is_refused_and_does_not_abort() {
    /// 2^31 of these are more bytes than an address can count.
    type Immense = [u64; 1 << 37];
    for capacity in [MAX_CAPACITY, MAX_CAPACITY - 1] {
        let [others @ .., spsc] = refused::<Immense>(capacity);
        assert_eq!(spsc, CapacityError::OutOfMemory { capacity, slot_bytes: 1 << 40 });
        for other in others {
            let CapacityError::OutOfMemory { capacity: named, slot_bytes } = other else {
                panic!("{other:?}");
            };
            assert_eq!(named, capacity);
            assert!(slot_bytes > size_of::<Immense>());
        }
    }
    // Countable, and yet more than any system has. (Miri has no allocator that could refuse.)
    if !cfg!(miri) {
        for error in refused::<[u8; 1 << 26]>(MAX_CAPACITY) {
            assert!(matches!(error, CapacityError::OutOfMemory { .. }), "{error:?}");
        }
    }
}

#[test]
fn errors_say_what_would_be_accepted() {
    let text = |error: &dyn Error| {
        assert!(error.source().is_none());
        error.to_string()
    };
    assert_eq!(text(&CapacityError::Zero), "capacity 0 is not possible; take 1 to 2147483648");
    assert_eq!(
        text(&CapacityError::TooLarge { capacity: MAX_CAPACITY + 1 }),
        "capacity 2147483649 is too large; take 1 to 2147483648"
    );
    assert_eq!(
        text(&CapacityError::OutOfMemory { capacity: 1_000, slot_bytes: 64 }),
        "no memory for 1000 slots of 64 bytes; take fewer, or put large values behind a pointer"
    );
    assert_eq!(text(&Full(1)), "ring is full; wait, drop the value or make the ring larger");
}

#[test]
fn a_refusal_can_be_printed_whatever_the_value_is() {
    struct Secret;
    assert_eq!(format!("{:?}", Full(Secret)), "Full(..)");
    assert_eq!(Full("back").into_inner(), "back");
}
