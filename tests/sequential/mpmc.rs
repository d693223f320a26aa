//! The ring for any number of threads.

use std::collections::VecDeque;
use std::mem::MaybeUninit;

use proptest::collection::vec;
use proptest::prelude::*;
use ringmill::ring::{Full, mpmc::Ring};

use super::{Liar, STEPS, batch, capacity, config};

#[derive(Clone, Debug)]
enum Step {
    Push,
    PushN(usize),
    PushDrain(usize),
    /// An iterator that gives so many values and says that it gives so many.
    PushIter {
        gives: usize,
        says: usize,
    },
    ForcePush,
    Pop,
    PopN(usize),
    /// To the end of a vector that holds so many values already, at most so many.
    PopInto {
        held: usize,
        max: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Push),
        2 => batch().prop_map(Step::PushN),
        2 => batch().prop_map(Step::PushDrain),
        1 => batch().prop_map(|n| Step::PushIter { gives: n, says: n }),
        1 => (batch(), batch()).prop_map(|(gives, says)| Step::PushIter { gives, says }),
        2 => Just(Step::ForcePush),
        4 => Just(Step::Pop),
        2 => batch().prop_map(Step::PopN),
        2 => (0_usize..4, batch()).prop_map(|(held, max)| Step::PopInto { held, max }),
    ]
}

/// What the ring shall do. A hole is a position that its producer gave up: it takes up room until a
/// consumer passes it.
struct Model {
    capacity: usize,
    positions: VecDeque<Option<u64>>,
    next: u64,
}

impl Model {
    fn room(&self) -> usize {
        self.capacity - self.positions.len()
    }

    /// The next `count` values.
    fn values(&self, count: usize) -> Vec<u64> {
        (self.next..).take(count).collect()
    }

    /// Takes the next `count` values in.
    fn push(&mut self, count: usize) {
        self.positions.extend(self.values(count).into_iter().map(Some));
        self.next += count as u64;
    }

    fn pass_holes(&mut self) {
        while let Some(None) = self.positions.front() {
            self.positions.pop_front();
        }
    }

    /// What stands next to each other at the front, behind the holes there.
    fn pop(&mut self, max: usize) -> Vec<u64> {
        if max > 0 {
            self.pass_holes();
        }
        let ready = self.positions.iter().take(max).take_while(|at| at.is_some()).count();
        self.positions.drain(..ready).flatten().collect()
    }
}

fn apply(ring: &Ring<u64>, model: &mut Model, step: &Step) {
    match *step {
        Step::Push => {
            let fits = model.room() > 0;
            assert_eq!(ring.push(model.next), if fits { Ok(()) } else { Err(Full(model.next)) });
            model.push(usize::from(fits));
        }
        Step::PushN(count) => {
            let fit = count.min(model.room());
            assert_eq!(ring.push_n(&model.values(count)), fit);
            model.push(fit);
        }
        Step::PushDrain(count) => {
            let fit = count.min(model.room());
            let mut values = model.values(count);
            let rest = values[fit..].to_vec();
            assert_eq!(ring.push_drain(&mut values), fit);
            assert_eq!(values, rest, "what does not fit stays");
            model.push(fit);
        }
        Step::PushIter { gives, says } => {
            let claimed = says.min(model.room());
            let given = gives.min(claimed);
            let mut values = Liar { next: model.next, left: gives, claimed: says };
            assert_eq!(ring.push_iter(&mut values), given);
            assert_eq!(values.left, gives - given, "what does not fit stays");
            model.push(given);
            model.positions.extend((given..claimed).map(|_| None));
        }
        Step::ForcePush => {
            let expected = if model.room() == 0 { model.positions.pop_front() } else { None };
            assert_eq!(ring.force_push(model.next), expected.flatten());
            model.push(1);
        }
        Step::Pop => {
            assert_eq!(ring.pop(), model.pop(1).first().copied());
        }
        Step::PopN(room) => {
            let mut out = vec![MaybeUninit::new(u64::MAX); room];
            let taken = ring.pop_n(&mut out);
            // SAFETY: all were initialised before.
            let out: Vec<u64> = out.into_iter().map(|at| unsafe { at.assume_init() }).collect();
            assert_eq!(out[..taken], model.pop(room));
            assert!(
                out[taken..].iter().all(|at| *at == u64::MAX),
                "what was not taken is untouched"
            );
        }
        Step::PopInto { held, max } => {
            let mut out = vec![u64::MAX; held];
            let taken = ring.pop_into(&mut out, max);
            assert!(out[..held].iter().all(|at| *at == u64::MAX), "what was there stays");
            assert_eq!(out[held..], model.pop(max));
            assert_eq!(out.len() - held, taken);
        }
    }
}

fn agree(ring: &Ring<u64>, model: &Model) {
    assert_eq!(ring.capacity(), model.capacity);
    assert_eq!(ring.len(), model.positions.len());
    assert_eq!(ring.is_empty(), model.positions.is_empty());
    assert_eq!(ring.is_full(), model.room() == 0);
    let (capacity, len) = (model.capacity, model.positions.len());
    assert_eq!(format!("{ring:?}"), format!("Ring {{ capacity: {capacity}, len: {len}, .. }}"));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_operation_does_what_a_bounded_deque_does(
        capacity in capacity(),
        steps in vec(step(), 1..STEPS),
    ) {
        let ring = Ring::new(capacity).expect("a small ring");
        let mut model = Model { capacity, positions: VecDeque::new(), next: 0 };
        agree(&ring, &model);
        for step in &steps {
            apply(&ring, &mut model, step);
            agree(&ring, &model);
        }
        let mut rest = ring.into_iter();
        prop_assert_eq!(rest.size_hint(), (0, Some(model.positions.len())));
        prop_assert!(rest.by_ref().eq(model.positions.into_iter().flatten()));
        prop_assert_eq!(rest.next(), None);
    }
}
