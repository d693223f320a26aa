//! The ring of indices.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;
use ringmill::internal::IndexRing;

use super::{STEPS, batch, capacity, config};

#[derive(Clone, Debug)]
enum Step {
    Push,
    PushN(usize),
    Pop,
    PopN(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Push),
        batch().prop_map(Step::PushN),
        Just(Step::Pop),
        batch().prop_map(Step::PopN),
    ]
}

/// Starts at which something comes round: the lap in 32 bits, the ticket in 64.
fn start() -> impl Strategy<Value = u64> {
    let near = |at: u64| (0..200_u64).prop_map(move |before| at.wrapping_sub(before));
    let laps = (0..7_u32).prop_flat_map(move |shift| near(1 << (32 + shift)));
    prop_oneof![Just(0), near(0), laps, any::<u64>()]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn indices_go_round_as_in_a_deque(
        capacity in capacity(),
        start in start(),
        steps in vec(step(), 1..STEPS),
    ) {
        let ring = IndexRing::starting_at(capacity, start).expect("a small ring");
        // All indices are in hand at first; any 32 bits can be one.
        let mut hand: VecDeque<u32> = (0..capacity as u32).map(|n| n.wrapping_mul(0x9e37_79b1)).collect();
        let mut queue = VecDeque::new();
        for step in &steps {
            match *step {
                Step::Push => if let Some(index) = hand.pop_front() {
                    ring.push(index);
                    queue.push_back(index);
                },
                Step::PushN(count) => {
                    let indices: Vec<u32> = hand.drain(..count.min(hand.len())).collect();
                    ring.push_n(&indices);
                    queue.extend(indices);
                }
                Step::Pop => {
                    let expected = queue.pop_front();
                    prop_assert_eq!(ring.pop(), expected);
                    hand.extend(expected);
                }
                Step::PopN(room) => {
                    let mut out = vec![u32::MAX; room];
                    let taken = ring.pop_n(&mut out);
                    prop_assert_eq!(taken, room.min(queue.len()));
                    let expected: Vec<u32> = queue.drain(..taken).collect();
                    prop_assert_eq!(&out[..taken], &expected);
                    hand.extend(expected);
                }
            }
        }
        while let Some(index) = queue.pop_front() {
            prop_assert_eq!(ring.pop(), Some(index));
        }
        prop_assert_eq!(ring.pop(), None);
    }

    #[test]
    fn a_filled_ring_holds_every_index_in_order(capacity in capacity()) {
        let ring = IndexRing::filled(capacity).expect("a small ring");
        for index in 0..capacity as u32 {
            prop_assert_eq!(ring.pop(), Some(index));
        }
        prop_assert_eq!(ring.pop(), None);
    }
}
