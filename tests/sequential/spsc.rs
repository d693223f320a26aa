//! The ring for one thread on each side.

use std::collections::VecDeque;
use std::mem::{self, MaybeUninit};

use proptest::collection::vec;
use proptest::prelude::*;
use ringmill::ring::Full;
use ringmill::ring::spsc::{self, Consumer, Producer};

use super::{Liar, STEPS, batch, capacity, config};

#[derive(Clone, Debug)]
enum Step {
    Push,
    PushN(usize),
    PushDrain(usize),
    PushIter {
        gives: usize,
        says: usize,
    },
    /// Room for `n`, of which `fills` are written, one by one or through the slices.
    Reserve {
        n: usize,
        fills: usize,
        end: End,
        by_slices: bool,
    },
    Pop,
    PopN(usize),
    PopInto {
        held: usize,
        max: usize,
    },
    Readable {
        n: usize,
        takes: usize,
        end: End,
    },
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

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Push),
        1 => batch().prop_map(Step::PushN),
        1 => batch().prop_map(Step::PushDrain),
        2 => (batch(), batch()).prop_map(|(gives, says)| Step::PushIter { gives, says }),
        2 => (batch(), batch(), end(), any::<bool>())
            .prop_map(|(n, fills, end, by_slices)| Step::Reserve { n, fills, end, by_slices }),
        3 => Just(Step::Pop),
        1 => batch().prop_map(Step::PopN),
        1 => (0_usize..4, batch()).prop_map(|(held, max)| Step::PopInto { held, max }),
        2 => (batch(), batch(), end()).prop_map(|(n, takes, end)| Step::Readable { n, takes, end }),
    ]
}

struct Model {
    capacity: usize,
    values: VecDeque<u64>,
    next: u64,
    taken: u64,
}

impl Model {
    fn room(&self) -> usize {
        self.capacity - self.values.len()
    }

    fn values(&self, count: usize) -> Vec<u64> {
        (self.next..).take(count).collect()
    }

    fn push(&mut self, count: usize) {
        self.values.extend(self.next..self.next + count as u64);
        self.next += count as u64;
    }

    fn pop(&mut self, max: usize) -> Vec<u64> {
        let count = max.min(self.values.len());
        self.taken += count as u64;
        self.values.drain(..count).collect()
    }

    /// How many of `len` slots from the `count`th value's on come before the end of the ring.
    fn before_end(&self, count: u64, len: usize) -> usize {
        len.min(self.capacity - (count % self.capacity as u64) as usize)
    }
}

fn push_side(producer: &mut Producer<u64>, model: &mut Model, step: &Step) {
    match *step {
        Step::Push => {
            let fits = model.room() > 0;
            assert_eq!(
                producer.push(model.next),
                if fits { Ok(()) } else { Err(Full(model.next)) }
            );
            model.push(usize::from(fits));
        }
        Step::PushN(count) => {
            let fit = count.min(model.room());
            assert_eq!(producer.push_n(&model.values(count)), fit);
            model.push(fit);
        }
        Step::PushDrain(count) => {
            let fit = count.min(model.room());
            let mut values = model.values(count);
            let rest = values[fit..].to_vec();
            assert_eq!(producer.push_drain(&mut values), fit);
            assert_eq!(values, rest, "what does not fit stays");
            model.push(fit);
        }
        Step::PushIter { gives, says } => {
            let given = gives.min(says).min(model.room());
            let mut values = Liar { next: model.next, left: gives, claimed: says };
            assert_eq!(producer.push_iter(&mut values), given);
            assert_eq!(values.left, gives - given, "what does not fit stays");
            model.push(given);
        }
        Step::Reserve { n, fills, end, by_slices } => {
            let len = n.min(model.room());
            let before_end = model.before_end(model.next, len);
            let values = model.values(fills.min(len));
            let mut reserved = producer.reserve(n);
            assert_eq!((reserved.len(), reserved.is_empty()), (len, len == 0));
            let (first, second) = reserved.slices_mut();
            assert_eq!((first.len(), second.len()), (before_end, len - before_end));
            if by_slices {
                for (slot, value) in first.iter_mut().chain(second).zip(&values) {
                    slot.write(*value);
                }
            } else {
                values.iter().for_each(|value| reserved.write(*value));
            }
            match end {
                End::Dropped => return drop(reserved),
                End::Forgotten => return mem::forget(reserved),
                // SAFETY: so many have been written.
                End::Kept if by_slices => unsafe { reserved.commit(values.len()) },
                End::Kept => assert_eq!(reserved.commit_written(), values.len()),
            }
            model.push(values.len());
        }
        _ => unreachable!("a step of the consumer"),
    }
}

fn pop_side(consumer: &mut Consumer<u64>, model: &mut Model, step: &Step) {
    match *step {
        Step::Pop => assert_eq!(consumer.pop(), model.pop(1).first().copied()),
        Step::PopN(room) => {
            let mut out = vec![MaybeUninit::new(u64::MAX); room];
            let taken = consumer.pop_n(&mut out);
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
            let taken = consumer.pop_into(&mut out, max);
            assert!(out[..held].iter().all(|at| *at == u64::MAX), "what was there stays");
            assert_eq!(out[held..], model.pop(max));
            assert_eq!(out.len() - held, taken);
        }
        Step::Readable { n, takes, end } => {
            let len = n.min(model.values.len());
            let before_end = model.before_end(model.taken, len);
            let readable = consumer.readable(n);
            assert_eq!((readable.len(), readable.is_empty()), (len, len == 0));
            let (first, second) = readable.slices();
            assert_eq!((first.len(), second.len()), (before_end, len - before_end));
            assert!(first.iter().chain(second).eq(model.values.iter().take(len)));
            match end {
                End::Dropped | End::Forgotten => {}
                End::Kept => {
                    readable.release(takes.min(len));
                    model.pop(takes.min(len));
                }
            }
        }
        _ => unreachable!("a step of the producer"),
    }
}

fn agree(producer: &Producer<u64>, consumer: &Consumer<u64>, model: &Model) {
    let len = model.values.len();
    assert_eq!((producer.capacity(), consumer.capacity()), (model.capacity, model.capacity));
    assert_eq!((producer.len(), consumer.len()), (len, len));
    assert_eq!((producer.is_empty(), consumer.is_empty()), (len == 0, len == 0));
    assert_eq!((producer.is_full(), consumer.is_full()), (model.room() == 0, model.room() == 0));
    assert!(!producer.is_disconnected() && !consumer.is_disconnected());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_operation_does_what_a_bounded_deque_does(
        capacity in capacity(),
        steps in vec(step(), 1..STEPS),
        producer_goes_first in any::<bool>(),
    ) {
        let (mut producer, mut consumer) = spsc::ring(capacity).expect("a small ring");
        let mut model = Model { capacity, values: VecDeque::new(), next: 0, taken: 0 };
        agree(&producer, &consumer, &model);
        for step in &steps {
            match step {
                Step::Pop | Step::PopN(_) | Step::PopInto { .. } | Step::Readable { .. } => {
                    pop_side(&mut consumer, &mut model, step);
                }
                _ => push_side(&mut producer, &mut model, step),
            }
            agree(&producer, &consumer, &model);
        }
        if producer_goes_first {
            drop(producer);
            prop_assert!(consumer.is_disconnected());
            prop_assert_eq!(consumer.len(), model.values.len());
            for value in model.values {
                prop_assert_eq!(consumer.pop(), Some(value));
            }
            prop_assert_eq!(consumer.pop(), None);
        } else {
            drop(consumer);
            prop_assert!(producer.is_disconnected());
            prop_assert_eq!(producer.len(), model.values.len());
            // There is nobody to take it; the room that is left can be filled all the same.
            let room = model.room();
            prop_assert_eq!(producer.push_n(&model.values(capacity)), room);
            prop_assert_eq!(producer.push(0), Err(Full(0)));
        }
    }
}
