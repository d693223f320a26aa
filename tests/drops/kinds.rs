//! Values of every shape: none, small, boxed, large, with an alignment of their own.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::rings::{Fifo, Mpmc, Mpsc, Spmc, Spsc};

/// Passes values through a ring in every way that all of them have, and checks each.
fn go_through<T, R: Fifo<T>>(
    capacity: usize,
    make: impl Fn(usize) -> T,
    check: impl Fn(&T, usize),
) -> R {
    let mut ring = R::new(capacity);
    for round in 0..if cfg!(miri) { 1 } else { 3 * capacity } {
        assert!(ring.push(make(round)).is_ok());
        check(&ring.pop().expect("there is a value"), round);

        assert_eq!(ring.push_iter(&mut (0..capacity + 1).map(&make)), capacity);
        let mut out = Vec::new();
        assert_eq!(ring.pop_into(&mut out, usize::MAX), capacity);
        out.iter().enumerate().for_each(|(n, value)| check(value, n));
        assert_eq!((ring.push_drain(&mut out), out.len()), (capacity, 0));
        for n in 0..capacity {
            check(&ring.pop().expect("there is a value"), n);
        }
        assert!(ring.pop().is_none());
    }
    // Some stay inside, on both sides of the end.
    assert_eq!(ring.push_iter(&mut (0..capacity).map(&make)), capacity);
    ring
}

/// Passes values through every ring, and leaves some inside.
fn go_round<T>(make: impl Fn(usize) -> T, check: impl Fn(&T, usize)) {
    for capacity in if cfg!(miri) { vec![1, 3] } else { vec![1, 2, 3, 5] } {
        go_through::<T, Mpsc<T>>(capacity, &make, &check);
        go_through::<T, Spmc<T>>(capacity, &make, &check);

        let mut ring = go_through::<T, Mpmc<T>>(capacity, &make, &check);
        for n in 0..capacity + 1 {
            check(&ring.0.force_push(make(n)).expect("it is full"), n % capacity);
        }
        drop(ring.pop());

        let (mut producer, mut consumer) = go_through::<T, Spsc<T>>(capacity, &make, &check);
        let readable = consumer.readable(capacity);
        let (first, second) = readable.slices();
        first.iter().chain(second).enumerate().for_each(|(n, value)| check(value, n));
        readable.release(capacity / 2 + 1);
        let mut reserved = producer.reserve(capacity);
        reserved.write(make(0));
        assert_eq!(reserved.fill(&mut (1..).map(&make)), capacity / 2);
        assert_eq!(reserved.commit_written(), capacity / 2 + 1);
    }
}

#[test]
fn numbers_go_round() {
    go_round(|n| n as u8, |value, n| assert_eq!(*value, n as u8));
    go_round(|n| n as u128, |value, n| assert_eq!(*value, n as u128));
}

#[test]
fn values_that_cannot_be_copied_go_round() {
    go_round(|n| n.to_string(), |value, n| assert_eq!(*value, n.to_string()));
    go_round(|n| Box::new([n; 8]), |value, n| assert_eq!(**value, [n; 8]));
    // Not even `Send`: one thread may use a ring of its own.
    go_round(Rc::new, |value, n| assert_eq!(**value, n));
}

#[test]
fn values_with_a_borrow_go_round() {
    let text = "borrowed".to_string();
    go_round(|n| &text[..n % 8], |value, n| assert_eq!(value.len(), n % 8));
}

#[test]
fn large_values_go_round() {
    go_round(|n| [n as u8; 4_096], |value, n| assert_eq!([value[0], value[4_095]], [n as u8; 2]));
}

#[test]
fn values_with_a_large_alignment_go_round_and_keep_it() {
    #[repr(align(256))]
    struct Aligned(usize);
    go_round(Aligned, |value, n| {
        assert_eq!((std::ptr::from_ref(value).addr() % 256, value.0), (0, n));
    });
    let (mut producer, mut consumer) = Spsc::new(3);
    assert_eq!(producer.push_iter(&mut (0..3).map(Aligned)), 3);
    for value in consumer.readable(3).slices().0 {
        assert_eq!(std::ptr::from_ref(value).addr() % 256, 0, "in place, too");
    }
}

#[test]
fn values_of_no_size_go_round_and_are_dropped_once() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
    let make = |_| {
        MADE.fetch_add(1, Ordering::Relaxed);
        Nothing
    };
    go_round(make, |_, _| {});
    assert_eq!(MADE.load(Ordering::Relaxed), DROPPED.load(Ordering::Relaxed));
    go_round(|_| (), |(), _| {});
}

#[test]
fn every_value_of_every_kind_is_dropped_once() {
    let counted = Rc::new(());
    go_round(|_| Rc::clone(&counted), |_, _| {});
    assert_eq!(Rc::strong_count(&counted), 1);
}
