//! The ring for one thread on each side.

use std::mem;

use proptest::collection::vec;
use proptest::prelude::*;
use ringmill::ring::Full;

use super::every::{self, Model};
use super::{Liar, STEPS, batch, capacity, config};
use crate::rings::{Fifo, Spsc};

#[derive(Clone, Debug)]
enum Step {
    Any(every::Step),
    /// Room for `n`, of which `fills` are written.
    Reserve {
        n: usize,
        fills: usize,
        way: Way,
        end: End,
    },
    Readable {
        n: usize,
        takes: usize,
        end: End,
    },
}

/// How a chunk is written.
#[derive(Clone, Copy, Debug)]
enum Way {
    OneByOne,
    BySlices,
    /// One value, then from an iterator, which may give more than there is room for.
    ByIterator,
}

/// What becomes of a chunk.
#[derive(Clone, Copy, Debug)]
enum End {
    Kept,
    Dropped,
    Forgotten,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![4 => Just(End::Kept), 1 => Just(End::Dropped), 1 => Just(End::Forgotten)]
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::OneByOne), Just(Way::BySlices), Just(Way::ByIterator)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => every::step().prop_map(Step::Any),
        1 => (batch(), batch(), way(), end())
            .prop_map(|(n, fills, way, end)| Step::Reserve { n, fills, way, end }),
        1 => (batch(), batch(), end()).prop_map(|(n, takes, end)| Step::Readable { n, takes, end }),
    ]
}

/// How many of `len` slots from the `count`th value's on come before the end of the ring.
fn before_end(model: &Model, count: usize, len: usize) -> usize {
    len.min(model.capacity - count % model.capacity)
}

fn apply(ring: &mut Spsc<u64>, model: &mut Model, step: &Step) {
    let (producer, consumer) = ring;
    match *step {
        Step::Any(ref step) => model.apply(ring, step),
        Step::Reserve { n, fills, way, end } => {
            let len = n.min(model.room());
            let before_end = before_end(model, model.next as usize, len);
            let values = model.values(fills.min(len));
            let mut reserved = producer.reserve(n);
            assert_eq!((reserved.len(), reserved.is_empty()), (len, len == 0));
            let (first, second) = reserved.slices_mut();
            assert_eq!((first.len(), second.len()), (before_end, len - before_end));
            match way {
                Way::OneByOne => values.iter().for_each(|value| reserved.write(*value)),
                Way::BySlices => {
                    for (slot, value) in first.iter_mut().chain(second).zip(&values) {
                        slot.write(*value);
                    }
                }
                Way::ByIterator => {
                    values.iter().take(1).for_each(|value| reserved.write(*value));
                    let written = values.len().min(1);
                    let left = fills - written;
                    let mut more = Liar { next: model.next + written as u64, left, claimed: 0 };
                    assert_eq!(reserved.fill(&mut more), values.len() - written);
                    assert_eq!(more.left, fills - values.len(), "what does not fit stays");
                }
            }
            match (end, way) {
                (End::Dropped, _) => return drop(reserved),
                (End::Forgotten, _) => return mem::forget(reserved),
                // SAFETY: so many have been written.
                (End::Kept, Way::BySlices) => unsafe { reserved.commit(values.len()) },
                (End::Kept, _) => assert_eq!(reserved.commit_written(), values.len()),
            }
            model.push(values.len());
        }
        Step::Readable { n, takes, end } => {
            let len = n.min(model.positions.len());
            let before_end = before_end(model, model.passed, len);
            let readable = consumer.readable(n);
            assert_eq!((readable.len(), readable.is_empty()), (len, len == 0));
            let (first, second) = readable.slices();
            assert_eq!((first.len(), second.len()), (before_end, len - before_end));
            assert!(first.iter().chain(second).eq(model.positions.iter().take(len).flatten()));
            if let End::Kept = end {
                readable.release(takes.min(len));
                model.pop(takes.min(len));
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_operation_does_what_a_bounded_deque_does(
        capacity in capacity(),
        steps in vec(step(), 1..STEPS),
        producer_goes_first in any::<bool>(),
    ) {
        let (mut ring, mut model) = (Spsc::new(capacity), Model::new(capacity));
        model.agree(&ring);
        for step in &steps {
            apply(&mut ring, &mut model, step);
            model.agree(&ring);
            prop_assert!(!ring.0.is_disconnected() && !ring.1.is_disconnected());
        }
        let (mut producer, mut consumer) = ring;
        if producer_goes_first {
            drop(producer);
            prop_assert!(consumer.is_disconnected());
            prop_assert_eq!(consumer.len(), model.positions.len());
            for value in model.positions.into_iter().flatten() {
                prop_assert_eq!(consumer.pop(), Some(value));
            }
            prop_assert_eq!(consumer.pop(), None);
        } else {
            drop(consumer);
            prop_assert!(producer.is_disconnected());
            prop_assert_eq!(producer.len(), model.positions.len());
            // There is nobody to take it; the room that is left can be filled all the same.
            let room = model.room();
            prop_assert_eq!(producer.push_n(&model.values(capacity)), room);
            prop_assert_eq!(producer.push(0), Err(Full(0)));
        }
    }
}
