//! The ring for any number of threads.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::every::{self, Model};
use super::{STEPS, capacity, config};
use crate::rings::{Fifo, Mpmc};

#[derive(Clone, Debug)]
enum Step {
    Any(every::Step),
    ForcePush,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![8 => every::step().prop_map(Step::Any), 1 => Just(Step::ForcePush)]
}

fn apply(ring: &mut Mpmc<u64>, model: &mut Model, step: &Step) {
    match step {
        Step::Any(step) => model.apply(ring, step),
        Step::ForcePush => {
            let expected = if model.room() == 0 { model.positions.pop_front() } else { None };
            assert_eq!(ring.0.force_push(model.next), expected.flatten());
            model.push(1);
        }
    }
    let (capacity, len) = (model.capacity, model.positions.len());
    assert_eq!(format!("{:?}", ring.0), format!("Ring {{ capacity: {capacity}, len: {len}, .. }}"));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_operation_does_what_a_bounded_deque_does(
        capacity in capacity(),
        steps in vec(step(), 1..STEPS),
    ) {
        let (mut ring, mut model) = (Mpmc::new(capacity), Model::new(capacity));
        model.agree(&ring);
        for step in &steps {
            apply(&mut ring, &mut model, step);
            model.agree(&ring);
        }
        drop(ring.1);
        let mut rest = Arc::into_inner(ring.0).expect("the last one").into_iter();
        prop_assert_eq!(rest.size_hint(), (0, Some(model.positions.len())));
        prop_assert!(rest.by_ref().eq(model.positions.into_iter().flatten()));
        prop_assert_eq!(rest.next(), None);
    }
}
