//! What all rings do.

use std::collections::VecDeque;
use std::mem::MaybeUninit;

use proptest::collection::vec;
use proptest::prelude::*;
use ringmill::ring::Full;

use super::{Liar, STEPS, batch, capacity, config};
use crate::rings::{Fifo, Mpsc, Spmc};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Push,
    PushN(usize),
    PushDrain(usize),
    /// An iterator that gives so many values and says that it gives so many.
    PushIter {
        gives: usize,
        says: usize,
    },
    Pop,
    PopN(usize),
    /// To the end of a vector that holds so many values already, at most so many.
    PopInto {
        held: usize,
        max: usize,
    },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Push),
        2 => batch().prop_map(Step::PushN),
        2 => batch().prop_map(Step::PushDrain),
        1 => batch().prop_map(|n| Step::PushIter { gives: n, says: n }),
        1 => (batch(), batch()).prop_map(|(gives, says)| Step::PushIter { gives, says }),
        4 => Just(Step::Pop),
        2 => batch().prop_map(Step::PopN),
        2 => (0_usize..4, batch()).prop_map(|(held, max)| Step::PopInto { held, max }),
    ]
}

/// What a ring shall do. A hole is a position that its producer gave up: it takes up room until a
/// consumer passes it.
pub(super) struct Model {
    pub(super) capacity: usize,
    pub(super) positions: VecDeque<Option<u64>>,
    pub(super) next: u64,
    /// How many positions consumers have passed.
    pub(super) passed: usize,
}

impl Model {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, positions: VecDeque::new(), next: 0, passed: 0 }
    }

    pub(super) fn room(&self) -> usize {
        self.capacity - self.positions.len()
    }

    /// The next `count` values.
    pub(super) fn values(&self, count: usize) -> Vec<u64> {
        (self.next..).take(count).collect()
    }

    /// Takes the next `count` values in.
    pub(super) fn push(&mut self, count: usize) {
        self.positions.extend(self.values(count).into_iter().map(Some));
        self.next += count as u64;
    }

    /// What stands next to each other at the front, behind the holes there.
    pub(super) fn pop(&mut self, max: usize) -> Vec<u64> {
        let before = self.positions.len();
        while max > 0 && self.positions.front() == Some(&None) {
            self.positions.pop_front();
        }
        let ready = self.positions.iter().take(max).take_while(|at| at.is_some()).count();
        let values = self.positions.drain(..ready).flatten().collect();
        self.passed += before - self.positions.len();
        values
    }

    pub(super) fn apply<R: Fifo<u64>>(&mut self, ring: &mut R, step: &Step) {
        match *step {
            Step::Push => {
                let fits = self.room() > 0;
                assert_eq!(ring.push(self.next), if fits { Ok(()) } else { Err(Full(self.next)) });
                self.push(usize::from(fits));
            }
            Step::PushN(count) => {
                let fit = count.min(self.room());
                assert_eq!(ring.push_n(&self.values(count)), fit);
                self.push(fit);
            }
            Step::PushDrain(count) => {
                let fit = count.min(self.room());
                let mut values = self.values(count);
                let rest = values[fit..].to_vec();
                assert_eq!(ring.push_drain(&mut values), fit);
                assert_eq!(values, rest, "what does not fit stays");
                self.push(fit);
            }
            Step::PushIter { gives, says } => {
                let claimed = says.min(self.room());
                let given = gives.min(claimed);
                let mut values = Liar { next: self.next, left: gives, claimed: says };
                assert_eq!(ring.push_iter(&mut values), given);
                assert_eq!(values.left, gives - given, "what does not fit stays");
                self.push(given);
                self.positions.extend((given..claimed).filter(|_| R::HOLES).map(|_| None));
            }
            Step::Pop => assert_eq!(ring.pop(), self.pop(1).first().copied()),
            Step::PopN(room) => {
                let mut out = vec![MaybeUninit::new(u64::MAX); room];
                let taken = ring.pop_n(&mut out);
                // SAFETY: all were initialised before.
                let out: Vec<u64> = out.into_iter().map(|at| unsafe { at.assume_init() }).collect();
                assert_eq!(out[..taken], self.pop(room));
                let untouched = out[taken..].iter().all(|at| *at == u64::MAX);
                assert!(untouched, "what was not taken is untouched");
            }
            Step::PopInto { held, max } => {
                let mut out = vec![u64::MAX; held];
                let taken = ring.pop_into(&mut out, max);
                assert!(out[..held].iter().all(|at| *at == u64::MAX), "what was there stays");
                assert_eq!(out[held..], self.pop(max));
                assert_eq!(out.len() - held, taken);
            }
        }
    }

    /// Both ends of the ring say what it holds.
    pub(super) fn agree(&self, ring: &impl Fifo<u64>) {
        let len = self.positions.len();
        assert_eq!(ring.told(), [(self.capacity, len, len == 0, len == self.capacity); 2]);
    }

    /// What is left comes out in order.
    pub(super) fn end(self, ring: &mut impl Fifo<u64>) {
        for value in self.positions.into_iter().flatten() {
            assert_eq!(ring.pop(), Some(value));
        }
        assert_eq!(ring.pop(), None);
    }
}

fn follow<R: Fifo<u64>>(capacity: usize, steps: &[Step]) {
    let (mut ring, mut model) = (R::new(capacity), Model::new(capacity));
    model.agree(&ring);
    for step in steps {
        model.apply(&mut ring, step);
        model.agree(&ring);
    }
    model.end(&mut ring);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_ring_from_many_to_one_does_what_a_bounded_deque_does(
        capacity in capacity(),
        steps in vec(step(), 1..STEPS),
    ) {
        follow::<Mpsc<u64>>(capacity, &steps);
    }

    #[test]
    fn a_ring_from_one_to_many_does_what_a_bounded_deque_does(
        capacity in capacity(),
        steps in vec(step(), 1..STEPS),
    ) {
        follow::<Spmc<u64>>(capacity, &steps);
    }
}
