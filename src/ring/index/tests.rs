//! Rings whose turns come round in 32 bits, or whose tickets do in 64.

use std::collections::VecDeque;
use std::thread;
use std::vec::Vec;

use super::IndexRing;
use crate::ring::{CapacityError, MAX_CAPACITY};

/// Capacities for rings under several threads.
const THREADED: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 7, 8, 64] };

/// How long a ring is used, in laps.
const LAPS: usize = if cfg!(miri) { 2 } else { 6 };

const CAPACITIES: &[usize] =
    if cfg!(miri) { &[1, 3, 4] } else { &[1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100] };

/// Starts just before something comes round: the turn, which is the lap in 32 bits, or the ticket.
fn starts(capacity: usize) -> impl Iterator<Item = u64> {
    let slots = capacity.next_power_of_two() as u64;
    let turns_round = slots << 32;
    let near = [0, 1, slots - 1, slots, 2 * slots + 1];
    [0, turns_round, turns_round.wrapping_mul(5), turns_round / 2]
        .into_iter()
        .flat_map(move |round| near.map(|before| round.wrapping_sub(before)))
        .step_by(if cfg!(miri) { 4 } else { 1 })
}

#[test]
fn a_new_ring_is_empty_wherever_it_starts() {
    for &capacity in CAPACITIES {
        for start in starts(capacity) {
            let ring = IndexRing::starting_at(capacity, start).expect("a small ring");
            assert_eq!(ring.pop(), None, "capacity {capacity}, start {start:#x}");
            assert_eq!(ring.pop_n(&mut [0; 8]), 0);
            assert_eq!(ring.pop_n(&mut []), 0);
        }
    }
}

#[test]
fn indices_go_round_when_turns_and_tickets_do() {
    for &capacity in CAPACITIES {
        for start in starts(capacity) {
            let ring = IndexRing::starting_at(capacity, start).expect("a small ring");
            let mut hand: VecDeque<u32> = (0..capacity as u32).collect();
            let mut queue = VecDeque::new();
            for step in 0..LAPS * capacity {
                for _ in 0..(1 + step % 7).min(hand.len()) {
                    let index = hand.pop_front().expect("one is in hand");
                    ring.push(index);
                    queue.push_back(index);
                }
                let batch: Vec<u32> = hand.drain(..(step % 3).min(hand.len())).collect();
                ring.push_n(&batch);
                queue.extend(batch);

                for _ in 0..step % 4 {
                    let popped = ring.pop();
                    assert_eq!(popped, queue.pop_front(), "capacity {capacity}, start {start:#x}");
                    hand.extend(popped);
                }
                let mut out = [0; 5];
                let taken = ring.pop_n(&mut out[..step % 6]);
                assert_eq!(taken, (step % 6).min(queue.len()));
                assert!(out[..taken].iter().copied().eq(queue.drain(..taken)));
                hand.extend(&out[..taken]);
            }
        }
    }
}

#[test]
fn threads_lose_no_index_when_turns_and_tickets_come_round() {
    let turns = if cfg!(miri) { 6 } else { 2_000 };
    for &capacity in THREADED {
        let starts = starts(capacity).filter(|start| *start != 0);
        for start in starts.step_by(if cfg!(miri) { 4 } else { 1 }) {
            let rings = &[(); 2].map(|()| IndexRing::starting_at(capacity, start).expect("small"));
            for index in 0..capacity as u32 {
                rings[0].push(index);
            }
            thread::scope(|scope| {
                for thread in 0..4_usize {
                    scope.spawn(move || {
                        let mut held = [0; 3];
                        for turn in 0..turns {
                            let [from, to] = [thread, thread + 1].map(|side| &rings[side % 2]);
                            let taken = match turn % 2 {
                                0 => from.pop_n(&mut held),
                                _ => from.pop().map(|index| held[0] = index).map_or(0, |()| 1),
                            };
                            match taken {
                                0 => thread::yield_now(),
                                1 => to.push(held[0]),
                                _ => to.push_n(&held[..taken]),
                            }
                        }
                    });
                }
            });
            let mut all: Vec<u32> =
                rings.iter().flat_map(|ring| core::iter::from_fn(|| ring.pop())).collect();
            all.sort_unstable();
            assert!(all.iter().copied().eq(0..capacity as u32), "{capacity} {start:#x}: {all:?}");
        }
    }
}

#[test]
fn a_capacity_that_cannot_be_is_refused() {
    assert_eq!(IndexRing::new(0).err(), Some(CapacityError::Zero));
    for capacity in [MAX_CAPACITY + 1, usize::MAX] {
        assert_eq!(IndexRing::new(capacity).err(), Some(CapacityError::TooLarge { capacity }));
        assert_eq!(IndexRing::filled(capacity).err(), Some(CapacityError::TooLarge { capacity }));
    }
}
