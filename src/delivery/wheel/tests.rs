//! The wheel beside a sorted map, and its corners.

use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::{BUCKETS, LEVELS, NONE, Node, Wheel};
use crate::ring::CapacityError;

const MS: u64 = 1_000_000;
const YEAR: u64 = 365 * 86_400 * 1_000 * MS;

impl Wheel {
    /// Walks everything: lists are circles, places are right (I1), bits and count are exact.
    fn check_invariants(&self) {
        let mut found = 0;
        for level in 0..LEVELS {
            assert_eq!(self.occupied[level] != 0, self.levels >> level & 1 == 1);
            for bucket in 0..BUCKETS {
                let head = self.heads[level][bucket];
                assert_eq!(head != NONE, self.occupied[level] >> bucket & 1 == 1);
                let mut index = head;
                while index != NONE {
                    found += 1;
                    assert!(found <= self.nodes.len(), "a list is no circle");
                    let Node { due, next, .. } = self.nodes[index as usize];
                    assert_eq!(self.place(due), (level, bucket));
                    assert_eq!(self.nodes[next as usize].prev, index);
                    index = if next == head { NONE } else { next };
                }
            }
        }
        assert_eq!(found, self.len());
        let linked = self.nodes.iter().filter(|node| node.next != NONE).count();
        assert_eq!(linked, found);
    }

    fn advanced(&mut self, now: u64) -> Vec<(u32, u64)> {
        let mut out = Vec::new();
        self.advance(now, |index, due| out.push((index, due)));
        out
    }
}

/// What the wheel stands for: due times, those that had passed counted as of their insertion, and
/// the number of the insertion.
#[derive(Default)]
struct Model {
    waiting: BTreeMap<(u64, u64), (u32, u64)>,
    inserted: u64,
    time: u64,
}

impl Model {
    fn remove(&mut self, index: u32) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|_, (other, _)| *other != index);
        self.waiting.len() < before
    }

    fn insert(&mut self, index: u32, due: u64) {
        self.remove(index);
        self.inserted += 1;
        self.waiting.insert((due.max(self.time), self.inserted), (index, due));
    }

    fn advanced(&mut self, now: u64) -> Vec<(u32, u64)> {
        self.time = self.time.max(now);
        let later = self.waiting.split_off(&(self.time, u64::MAX));
        let due = core::mem::replace(&mut self.waiting, later);
        due.into_values().collect()
    }

    fn first(&self) -> Option<u64> {
        self.waiting.keys().next().map(|(due, _)| *due)
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// After so long, counted from now; the same for several, so that due times are often equal.
    Insert(u32, u64),
    /// So long ago.
    InsertPast(u32, u64),
    Remove(u32),
    Advance(u64),
    /// To what `next_due` says, and if `true` not quite.
    AdvanceToNext(bool),
}

const SLOTS: u32 = 40;

/// Nanoseconds to a thousand years: every level has its turn.
fn span() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (0_u32..65).prop_flat_map(|bits| 0..=u64::MAX.checked_shr(64 - bits).unwrap_or(0)),
        2 => (0_u64..40).prop_map(|n| n * MS),
        1 => (0_u64..4, 0_u32..60).prop_map(|(n, bits)| n << bits),
        1 => Just(10 * YEAR),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..SLOTS, span()).prop_map(|(index, after)| Step::Insert(index, after)),
        1 => (0..SLOTS, span()).prop_map(|(index, before)| Step::InsertPast(index, before)),
        2 => (0..SLOTS).prop_map(Step::Remove),
        2 => span().prop_map(Step::Advance),
        4 => any::<bool>().prop_map(Step::AdvanceToNext),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_wheel_does_what_a_sorted_map_does(
        origin in span(),
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut wheel = Wheel::new(SLOTS as usize, origin).expect("a small one");
        let mut model = Model { time: origin, ..Model::default() };
        for step in steps {
            match step {
                Step::Insert(index, after) => {
                    let due = model.time.saturating_add(after);
                    wheel.insert(index, due);
                    model.insert(index, due);
                }
                Step::InsertPast(index, before) => {
                    let due = model.time.saturating_sub(before);
                    wheel.insert(index, due);
                    model.insert(index, due);
                }
                Step::Remove(index) => prop_assert_eq!(wheel.remove(index), model.remove(index)),
                Step::Advance(by) => {
                    // Not to the end of time at once: there would be nothing after it.
                    let now = model.time.saturating_add(by >> 4);
                    prop_assert_eq!(wheel.advanced(now), model.advanced(now));
                }
                Step::AdvanceToNext(not_quite) => {
                    let next = wheel.next_due().unwrap_or(model.time);
                    let now = next.saturating_sub(u64::from(not_quite));
                    prop_assert_eq!(wheel.advanced(now), model.advanced(now));
                }
            }
            wheel.check_invariants();
            prop_assert_eq!(wheel.len(), model.waiting.len());
            prop_assert_eq!(wheel.next_due().is_some(), model.first().is_some());
            if let (Some(next), Some(first)) = (wheel.next_due(), model.first()) {
                prop_assert!(model.time <= next && next <= first, "{} {} {}", model.time, next, first);
                prop_assert!(first - next < MS || wheel.len() > super::LOOK);
            }
        }
        prop_assert_eq!(wheel.advanced(u64::MAX), model.advanced(u64::MAX));
        prop_assert_eq!(wheel.len(), 0);
    }
}

fn wheel(slots: usize) -> Wheel {
    Wheel::new(slots, 0).expect("a small one")
}

#[test]
fn nothing_comes_a_nanosecond_early() {
    for due in [1, 63, 64, 4_095, 4_096, MS, 10 * YEAR, 500 * YEAR, u64::MAX] {
        let mut wheel = wheel(1);
        wheel.insert(0, due);
        assert_eq!(wheel.next_due().map(|next| next <= due), Some(true));
        assert_eq!(wheel.advanced(due - 1), []);
        assert_eq!(wheel.advanced(due), [(0, due)]);
        assert_eq!(wheel.next_due(), None);
    }
}

#[test]
fn a_jump_of_ten_years_hands_out_in_order() {
    let mut wheel = wheel(100);
    // Far apart, and inserted from both ends.
    let due = |n: u32| u64::from(n) * YEAR / 10;
    for n in 0..50 {
        wheel.insert(n, due(n));
        wheel.insert(99 - n, due(99 - n));
    }
    let expected: Vec<_> = (0..100).map(|n| (n, due(n))).collect();
    assert_eq!(wheel.advanced(10 * YEAR), expected);
}

#[test]
fn equal_due_times_are_first_in_first_out_from_whatever_distance() {
    let mut wheel = wheel(4);
    let due = YEAR + 7;
    for (index, now) in [(2, 0), (0, YEAR / 2), (3, YEAR - MS), (1, YEAR + 6)] {
        assert_eq!(wheel.advanced(now), []);
        wheel.insert(index, due);
    }
    assert_eq!(wheel.advanced(due), [(2, due), (0, due), (3, due), (1, due)]);
}

#[test]
fn a_time_that_has_passed_is_due_at_the_next_advance() {
    let mut wheel = wheel(3);
    wheel.advance(1_000, |_, _| unreachable!("nothing is in it"));
    wheel.insert(0, 1_001);
    wheel.insert(1, 7);
    wheel.insert(2, 5);
    assert_eq!(wheel.next_due(), Some(1_000));
    assert!(wheel.remove(1));
    // The clock never goes back: an older reading is an old one.
    assert_eq!(wheel.advanced(10), [(2, 5)]);
    assert_eq!(wheel.advanced(1_001), [(0, 1_001)]);
}

#[test]
fn inserting_again_changes_the_due_time() {
    let mut wheel = wheel(2);
    wheel.insert(0, 10);
    wheel.insert(1, 20);
    wheel.insert(0, 20);
    assert_eq!(wheel.len(), 2);
    assert_eq!(wheel.advanced(19), []);
    assert_eq!(wheel.advanced(20), [(1, 20), (0, 20)]);
    assert!(!wheel.remove(0));
}

#[test]
fn the_next_due_time_is_exact_while_few_wait_and_brings_many_down() {
    let mut wheel = wheel(100);
    let due = |n: u32| YEAR + u64::from(n);
    for n in (97..100).rev() {
        wheel.insert(n, due(n));
    }
    assert_eq!(wheel.next_due(), Some(due(97)));
    // The first one is the last in its bucket.
    for n in (0..97).rev() {
        wheel.insert(n, due(n));
    }
    let mut calls = 0;
    while wheel.len() == 100 {
        let next = wheel.next_due().expect("a hundred wait");
        assert!(next <= YEAR);
        wheel.advance(next, |_, due| assert_eq!(due, YEAR));
        calls += 1;
    }
    assert!(calls <= LEVELS, "{calls} calls for {LEVELS} levels");
}

#[test]
fn a_wheel_has_a_slot() {
    assert!(matches!(Wheel::new(0, 0), Err(CapacityError::Zero)));
    assert!(matches!(Wheel::new(1 << 40, 0), Err(CapacityError::TooLarge { .. })));
}
