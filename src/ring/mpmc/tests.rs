//! Positions, and rings whose positions come round to 0.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::vec::Vec;

use super::position::{Geometry, LAP, Position};
use super::{ALONE, Full, Ring, SHARED, Use};

/// Capacities for rings under several threads.
const THREADED: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 7, 8, 64] };

/// How long a ring is used, as a multiple of its capacity.
const STEPS: usize = if cfg!(miri) { 2 } else { 6 };

const CAPACITIES: &[usize] =
    if cfg!(miri) { &[1, 3, 4] } else { &[1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100] };

/// How far the arithmetic is followed step by step.
const FAR: usize = if cfg!(miri) { 6 } else { 130 };

/// Capacities for the arithmetic: all small ones, and around the largest.
fn capacities() -> impl Iterator<Item = usize> {
    (1..=FAR).chain([1_000, (1 << 20) - 1, 1 << 20, (1 << 31) - 1, 1 << 31])
}

/// Positions to start from: the beginning, the middle, just before positions or the laps in the
/// words of the slots come round.
fn starts(geometry: Geometry) -> impl Iterator<Item = Position> {
    let laps =
        [0, geometry.laps_before_wrap(1), geometry.laps_before_wrap(3), (1 << 32) - LAP_BEFORE];
    let last = geometry.capacity() - 1;
    laps.into_iter()
        .flat_map(move |lap| [0, last / 2, last].map(|index| geometry.advance(lap, index)))
}

/// One lap before the laps in the words come round, which hold 32 bits of it.
const LAP_BEFORE: Position = LAP as Position;

#[test]
fn next_goes_round_the_slots_and_on_to_another_lap() {
    for geometry in capacities().map(Geometry::new) {
        for start in starts(geometry) {
            let mut at = start;
            for count in 1..=2 * FAR {
                let last = at;
                at = geometry.next(at);
                let index = (geometry.index(start) + count) % geometry.capacity();
                assert_eq!(geometry.index(at), index, "{geometry:?} {start:#x} {count}");
                let lap = geometry.lap(last).wrapping_add(if index == 0 { LAP } else { 0 });
                assert_eq!(geometry.lap(at), lap, "{geometry:?} {start:#x} {count}");
                assert_eq!(lap % LAP, 0, "the bits of the state are free");
            }
        }
    }
}

#[test]
fn advance_is_as_many_times_next() {
    for geometry in capacities().map(Geometry::new) {
        let capacity = geometry.capacity();
        for start in starts(geometry) {
            let mut at = start;
            for steps in 0..=FAR.min(capacity) {
                assert_eq!(geometry.advance(start, steps), at, "{geometry:?} {start:#x} {steps}");
                // And what is left of the lap leads to the same slot again.
                let round = geometry.advance(at, capacity - steps);
                assert_eq!(round, geometry.advance(start, capacity), "{geometry:?} {start:#x}");
                at = geometry.next(at);
            }
        }
    }
}

#[test]
fn distance_counts_the_values_between_two_positions() {
    for geometry in capacities().map(Geometry::new) {
        let capacity = geometry.capacity();
        for start in starts(geometry) {
            for steps in (0..=FAR).chain([capacity / 2, capacity - 1, capacity]) {
                let steps = steps.min(capacity);
                let at = geometry.advance(start, steps);
                assert_eq!(geometry.distance(start, at), steps as u64, "{geometry:?} {start:#x}");
                assert_eq!(
                    geometry.distance(at, start),
                    0,
                    "a tail behind its head counts as level"
                );
                let one_more = geometry.next(at);
                assert_eq!(geometry.distance(start, one_more), steps as u64 + 1);
            }
        }
    }
}

#[test]
fn a_lap_on_and_a_lap_back_lead_to_the_same_position() {
    for geometry in capacities().map(Geometry::new) {
        let capacity = geometry.capacity();
        for start in starts(geometry) {
            let round = geometry.advance(start, capacity);
            assert_ne!(round, start);
            assert_eq!(geometry.index(round), geometry.index(start));
            assert_eq!(geometry.lap_before(round), start, "{geometry:?} {start:#x}");
        }
    }
}

#[test]
fn positions_come_round_to_zero_after_so_many_laps() {
    for geometry in capacities().map(Geometry::new) {
        let mut at = geometry.laps_before_wrap(5);
        for _ in 0..5 {
            assert_ne!(at, 0);
            at = geometry.advance(at, geometry.capacity());
        }
        assert_eq!(at, 0);
    }
}

/// A ring whose positions come round after `laps` laps; beyond 100, the laps in its words do after
/// so many more than 100.
fn ring<T>(capacity: usize, laps: u64) -> Ring<T> {
    let start = |geometry: Geometry| match laps {
        0..100 => geometry.laps_before_wrap(laps),
        _ => (1 << 32) - (laps - 100) * LAP_BEFORE,
    };
    Ring::starting_at(capacity, start).expect("a small ring")
}

/// What comes round, and after how many laps.
const LAPS: &[u64] = if cfg!(miri) { &[1, 101] } else { &[0, 1, 2, 100, 101, 102] };

#[test]
fn a_ring_works_on_when_its_positions_come_round() {
    one_by_one::<SHARED, SHARED>();
    one_by_one::<ALONE, SHARED>();
    one_by_one::<SHARED, ALONE>();
}

fn one_by_one<const PUSH: Use, const POP: Use>() {
    for &capacity in CAPACITIES {
        for &laps in LAPS {
            let ring = ring(capacity, laps);
            let mut model = VecDeque::new();
            for step in 0..(STEPS * capacity) as u64 {
                // Fill and drain by different amounts, so that every level is met in every lap.
                for value in 0..1 + step % 7 {
                    let value = step << 8 | value;
                    let fits = model.len() < capacity;
                    // SAFETY: there is one thread.
                    let pushed = unsafe { ring.push_as::<PUSH>(value) };
                    assert_eq!(pushed, if fits { Ok(()) } else { Err(Full(value)) });
                    model.extend(fits.then_some(value));
                    assert_eq!(
                        (ring.len(), ring.is_full()),
                        (model.len(), model.len() == capacity)
                    );
                }
                for _ in 0..1 + step % 5 {
                    // SAFETY: there is one thread.
                    assert_eq!(unsafe { ring.pop_as::<POP>() }, model.pop_front());
                    assert_eq!((ring.len(), ring.is_empty()), (model.len(), model.is_empty()));
                }
            }
            assert!(ring.into_iter().eq(model));
        }
    }
}

#[test]
fn batches_work_on_when_positions_come_round() {
    in_batches::<SHARED, SHARED>();
    in_batches::<ALONE, SHARED>();
    in_batches::<SHARED, ALONE>();
}

fn in_batches<const PUSH: Use, const POP: Use>() {
    for &capacity in CAPACITIES {
        for &laps in LAPS {
            let ring = ring(capacity, laps);
            let mut model = VecDeque::new();
            let mut next = 0_u64;
            let mut out = Vec::new();
            for step in 0..STEPS * capacity {
                let values: Vec<u64> = (next..).take(step % 9).collect();
                let fit = values.len().min(capacity - model.len());
                // SAFETY: there is one thread.
                let pushed = unsafe {
                    match step % 3 {
                        0 => ring.push_n_as::<PUSH>(&values),
                        1 => ring.push_iter_as::<_, PUSH>(&mut values.iter().copied()),
                        _ => ring.push_drain_as::<PUSH>(&mut values.clone()),
                    }
                };
                assert_eq!(pushed, fit);
                model.extend(&values[..fit]);
                next += fit as u64;

                out.clear();
                // SAFETY: there is one thread.
                let taken = unsafe { ring.pop_into_as::<POP>(&mut out, step % 8) };
                assert_eq!(taken, (step % 8).min(model.len()));
                assert!(out.iter().copied().eq(model.drain(..taken)));
            }
        }
    }
}

#[test]
fn a_forced_push_makes_room_when_positions_come_round() {
    for &capacity in CAPACITIES {
        let ring = ring(capacity, 1);
        for value in 0..3 * capacity {
            assert_eq!(ring.force_push(value), value.checked_sub(capacity));
        }
        assert!(ring.into_iter().eq(2 * capacity..3 * capacity));
    }
}

#[test]
fn a_slot_that_was_given_up_is_passed_when_positions_come_round() {
    /// Says that it has two values, and has one.
    struct Short(Option<u64>);
    impl Iterator for Short {
        type Item = u64;
        fn next(&mut self) -> Option<u64> {
            self.0.take()
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (2, Some(2))
        }
    }
    impl ExactSizeIterator for Short {}

    for capacity in CAPACITIES.iter().copied().filter(|capacity| *capacity > 1) {
        let ring = ring(capacity, 1);
        for value in 0..3 * capacity as u64 {
            assert_eq!(ring.push_iter(&mut Short(Some(value))), 1);
            assert_eq!((ring.len(), ring.pop()), (2, Some(value)));
            assert_eq!((ring.len(), ring.pop()), (1, None));
            assert!(ring.is_empty());
        }
    }
}

#[test]
fn the_values_in_a_ring_are_dropped_when_positions_have_come_round() {
    for &capacity in CAPACITIES {
        for &laps in LAPS {
            for held in [1, capacity / 2, capacity] {
                let ring = ring(capacity, laps);
                for _ in 0..capacity / 2 + 2 {
                    assert!(ring.push(None).is_ok() && ring.pop().is_some());
                }
                let values: Vec<Arc<()>> = (0..held).map(|_| Arc::new(())).collect();
                for value in &values {
                    ring.push(Some(Arc::clone(value))).expect("there is room");
                }
                drop(ring);
                assert!(values.iter().all(|value| Arc::strong_count(value) == 1), "{laps}");
            }
        }
    }
}

#[test]
fn threads_lose_nothing_when_positions_come_round() {
    let rounds = if cfg!(miri) { 1 } else { 40 };
    for &capacity in THREADED {
        for round in 0..rounds {
            // Each thread passes so many values, with the wrap-around somewhere among them.
            let values = if cfg!(miri) { 6 } else { 20 * capacity as u64 };
            let ring = &ring(capacity, 1 + round % 8);
            let popped: Vec<u64> = thread::scope(|scope| {
                for producer in 0..2_u64 {
                    scope.spawn(move || {
                        for value in 0..values {
                            let value = producer << 32 | value;
                            while ring.push(value).is_err() {
                                thread::yield_now();
                            }
                        }
                    });
                }
                let consumers: Vec<_> = (0..2)
                    .map(|_| {
                        scope.spawn(move || {
                            let mut popped = Vec::new();
                            while (popped.len() as u64) < values {
                                match ring.pop() {
                                    Some(value) => popped.push(value),
                                    None => thread::yield_now(),
                                }
                            }
                            for producer in 0..2 {
                                let of_one =
                                    popped.iter().filter(|value| **value >> 32 == producer);
                                assert!(of_one.is_sorted(), "each producer's values come in order");
                            }
                            popped
                        })
                    })
                    .collect();
                consumers.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
            });
            let mut popped = popped;
            popped.sort_unstable();
            assert!(
                popped.into_iter().eq((0..2).flat_map(|p| (0..values).map(move |v| p << 32 | v)))
            );
            assert!(ring.is_empty());
        }
    }
}
