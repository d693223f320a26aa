//! The checker against an exhaustive search, on small random histories.

use std::collections::{HashSet, VecDeque};

use super::{Entry, Event, History, Span, value};
use crate::rng::{Rng, Seed};

/// Whether some order of the operations is that of a queue: tries them all.
fn has_an_order(capacity: usize, entries: &[Entry]) -> bool {
    fn go(
        capacity: usize,
        entries: &[Entry],
        done: u32,
        queue: &mut VecDeque<u64>,
        dead_ends: &mut HashSet<(u32, VecDeque<u64>)>,
    ) -> bool {
        if done.count_ones() as usize == entries.len() {
            return true;
        }
        if dead_ends.contains(&(done, queue.clone())) {
            return false;
        }
        let undone = || entries.iter().enumerate().filter(|(i, _)| done & 1 << i == 0);
        for (i, entry) in undone() {
            if undone().any(|(_, other)| other.span.before(entry.span)) {
                continue;
            }
            let found = match entry.event {
                Event::Pushed(value) if queue.len() < capacity => {
                    queue.push_back(value);
                    let found = go(capacity, entries, done | 1 << i, queue, dead_ends);
                    queue.pop_back();
                    found
                }
                Event::Popped(value) if queue.front() == Some(&value) => {
                    queue.pop_front();
                    let found = go(capacity, entries, done | 1 << i, queue, dead_ends);
                    queue.push_front(value);
                    found
                }
                Event::Held(seen) if seen == queue.len() => {
                    go(capacity, entries, done | 1 << i, queue, dead_ends)
                }
                _ => false,
            };
            if found {
                return true;
            }
        }
        dead_ends.insert((done, queue.clone()));
        false
    }
    go(capacity, entries, 0, &mut VecDeque::new(), &mut HashSet::new())
}

/// What a queue of this capacity could have done, each operation called some time before it took
/// effect and returned some time after.
fn possible(rng: &mut Rng, capacity: usize, operations: usize, looks: &[usize]) -> Vec<Entry> {
    let mut queue = VecDeque::new();
    let mut entries = Vec::new();
    let mut now = 10;
    let reach = 1 + rng.below(8);
    let mut note = |event, rng: &mut Rng| {
        now += 1 + rng.below(3) as u64;
        let span = Span { from: now - rng.below(reach) as u64, to: now + rng.below(reach) as u64 };
        entries.push(Entry { event, span });
    };
    for operation in 0..operations {
        match rng.below(5) {
            0 | 1 if queue.len() < capacity => {
                // A producer of its own for each value: order comes from the spans alone.
                let value = value(operation, 0);
                queue.push_back(value);
                note(Event::Pushed(value), rng);
            }
            2 | 3 => {
                if let Some(value) = queue.pop_front() {
                    note(Event::Popped(value), rng);
                }
            }
            _ if looks.contains(&queue.len()) => note(Event::Held(queue.len()), rng),
            _ => {}
        }
    }
    for value in queue {
        note(Event::Popped(value), rng);
    }
    entries
}

/// Changes one thing, so that the history may be wrong.
fn disturb(rng: &mut Rng, entries: &mut [Entry], looks: &[usize]) {
    if entries.is_empty() {
        return;
    }
    let (i, j) = (rng.below(entries.len()), rng.below(entries.len()));
    match (entries[i].event, entries[j].event) {
        (Event::Popped(first), Event::Popped(second)) => {
            entries[i].event = Event::Popped(second);
            entries[j].event = Event::Popped(first);
        }
        (Event::Held(_), _) => entries[i].event = Event::Held(looks[rng.below(looks.len())]),
        _ => {
            // At another time.
            let span = entries[i].span;
            let length = (span.to - span.from) * rng.below(2) as u64;
            let from = 5 + rng.below(30) as u64;
            entries[i].span = Span { from, to: from + length };
        }
    }
}

/// Runs the checker and the search on many histories; how many of the wrong ones each found.
fn compare(capacity: usize, looks: &[usize]) -> (usize, usize) {
    let seed = Seed::new(0x5ea2c4);
    let (mut wrong, mut found) = (0, 0);
    for round in 0..4_000 {
        let mut rng = seed.rng(round);
        let mut entries = possible(&mut rng, capacity, 9, looks);
        if entries.len() > 14 {
            continue;
        }
        let judge = |entries: &[Entry]| {
            let threads = entries.iter().map(|entry| vec![*entry]).collect();
            History { capacity, threads, pushes_hide: false }.check()
        };
        if let Err(fault) = judge(&entries) {
            panic!("round {round}: a possible history is accused: {fault}: {entries:?}");
        }
        for _ in 0..1 + rng.below(2) {
            disturb(&mut rng, &mut entries, looks);
        }
        let verdict = judge(&entries);
        let possible = has_an_order(capacity, &entries);
        if let (true, Err(fault)) = (possible, &verdict) {
            panic!("round {round}: a possible history is accused: {fault}: {entries:?}");
        }
        wrong += usize::from(!possible);
        found += usize::from(verdict.is_err());
    }
    (wrong, found)
}

#[test]
fn without_a_bound_exactly_the_impossible_histories_are_accused() {
    let (wrong, found) = compare(100, &[0]);
    assert!(wrong > 0, "some histories were disturbed into wrong ones");
    assert_eq!(wrong, found);
}

#[test]
fn with_a_bound_no_possible_history_is_accused_and_few_others_pass() {
    for capacity in [1, 2, 3] {
        let looks: Vec<usize> = (0..=capacity).collect();
        for looks in [&[0, capacity][..], &looks] {
            let (wrong, found) = compare(capacity, looks);
            assert!(wrong > 0, "some histories were disturbed into wrong ones");
            println!("capacity {capacity}: {found} of {wrong} wrong histories are found");
            assert!(found * 100 >= wrong * 95, "{found} of {wrong}");
        }
    }
}
