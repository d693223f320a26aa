//! Recorded histories with a fault put in: the checker finds every one.

use crate::history::{Entry, Event, Fault, History, Span};
use crate::mpmc::{pop_one, push_one, run};
use crate::rng::{Rng, Seed};
use crate::rounds::Round;

/// Runs a test on histories of several shapes; `spoil` gives `false` if there is nothing to spoil.
fn found(spoil: impl Fn(&mut History, &mut Rng) -> bool, expected: impl Fn(&Fault) -> bool) {
    let seed = Seed::new(0x05b0_11ed);
    let mut spoilt = 0;
    let rounds = 24;
    for number in 0..rounds {
        let capacity = [2, 7, 64][number as usize % 3];
        let threads = 2 + number as usize % 4;
        let round =
            Round { number, capacity, threads, pushes: [8, 10, 6][number as usize / 3 % 3] };
        let mut history = run(round, &seed, push_one, pop_one);
        history.check().unwrap_or_else(|fault| panic!("{round:?}: {fault}"));
        let mut rng = seed.rng(number);
        if spoil(&mut history, &mut rng) {
            spoilt += 1;
            match history.check() {
                Ok(_) => panic!("{round:?}: the fault is not found"),
                Err(fault) => assert!(expected(&fault), "{round:?}: {fault}"),
            }
        }
    }
    assert!(spoilt * 2 > rounds, "only {spoilt} of {rounds} histories could be spoilt");
}

/// The entries of one kind, as places in the history.
fn places(history: &History, kind: impl Fn(Event) -> bool) -> Vec<(usize, usize)> {
    let threads = history.threads.iter().enumerate();
    let places = threads.flat_map(|(t, entries)| (0..entries.len()).map(move |e| (t, e)));
    places.filter(|&(t, e)| kind(history.threads[t][e].event)).collect()
}

fn is_popped(event: Event) -> bool {
    matches!(event, Event::Popped(_))
}

fn any<T: Copy>(rng: &mut Rng, places: &[T]) -> T {
    places[rng.below(places.len())]
}

/// The spans of the push and of the pop of each value.
fn lives(history: &History) -> Vec<(Span, Span)> {
    let mut values = std::collections::HashMap::new();
    for entry in history.threads.iter().flatten() {
        match entry.event {
            Event::Pushed(value) => {
                values.entry(value).or_insert((None, None)).0 = Some(entry.span)
            }
            Event::Popped(value) => {
                values.entry(value).or_insert((None, None)).1 = Some(entry.span)
            }
            Event::Held(_) => {}
        }
    }
    values.into_values().map(|(push, pop)| (push.expect("pushed"), pop.expect("popped"))).collect()
}

/// A look that says `seen`, at the moment `at`.
fn look(history: &mut History, at: u64, seen: usize) {
    let span = Span { from: at, to: at };
    history.threads.push(vec![Entry { event: Event::Held(seen), span }]);
}

#[test]
fn two_values_that_change_places_are_found() {
    let swap = |history: &mut History, rng: &mut Rng| {
        let pops = places(history, is_popped);
        for _ in 0..10_000 {
            let ((t, e), (u, f)) = (any(rng, &pops), any(rng, &pops));
            let (first, second) = (history.threads[t][e], history.threads[u][f]);
            // Far enough from each other to be wrong for certain: the ring cannot hold both.
            if first.span.to + 40 * (history.capacity as u64 + 4) < second.span.from {
                history.threads[t][e].event = second.event;
                history.threads[u][f].event = first.event;
                return true;
            }
        }
        false
    };
    found(swap, |fault| matches!(fault, Fault::OutOfOrder(_) | Fault::ProducerOrder(_)));
}

#[test]
fn a_value_that_is_doubled_is_found() {
    let double = |history: &mut History, rng: &mut Rng| {
        let pops = places(history, is_popped);
        let (t, e) = any(rng, &pops);
        let entry = history.threads[t][e];
        history.threads.push(vec![entry]);
        true
    };
    found(double, |fault| matches!(fault, Fault::PoppedTwice(_)));
}

#[test]
fn a_value_that_takes_the_place_of_another_is_found() {
    let replace = |history: &mut History, rng: &mut Rng| {
        let pops = places(history, is_popped);
        let ((t, e), (u, f)) = (any(rng, &pops), any(rng, &pops));
        history.threads[t][e].event = history.threads[u][f].event;
        (t, e) != (u, f)
    };
    found(replace, |fault| matches!(fault, Fault::PoppedTwice(_)));
}

#[test]
fn a_value_that_vanishes_is_found() {
    let drop = |history: &mut History, rng: &mut Rng| {
        let (t, e) = any(rng, &places(history, is_popped));
        history.threads[t].remove(e);
        true
    };
    found(drop, |fault| matches!(fault, Fault::Lost(_)));
}

#[test]
fn a_value_that_nobody_pushed_is_found() {
    let invent = |history: &mut History, rng: &mut Rng| {
        let (t, e) = any(rng, &places(history, |event| matches!(event, Event::Pushed(_))));
        history.threads[t].remove(e);
        true
    };
    found(invent, |fault| matches!(fault, Fault::NeverPushed(_)));
}

#[test]
fn an_empty_ring_that_was_not_empty_is_found() {
    let deny = |history: &mut History, rng: &mut Rng| {
        let inside: Vec<u64> = lives(history)
            .iter()
            .filter(|(push, pop)| push.to + 1 < pop.from)
            .map(|(push, _)| push.to + 1)
            .collect();
        if inside.is_empty() {
            return false;
        }
        let at = any(rng, &inside);
        look(history, at, 0);
        true
    };
    found(deny, |fault| matches!(fault, Fault::WrongCount { seen: 0, .. }));
}

#[test]
fn a_full_ring_that_had_room_is_found() {
    let imagine = |history: &mut History, rng: &mut Rng| {
        let lives = lives(history);
        let (t, e) = any(rng, &places(history, is_popped));
        let at = history.threads[t][e].span.to + 1;
        let inside = lives.iter().filter(|(push, pop)| push.from <= at && at <= pop.to).count();
        let end = lives.iter().map(|(_, pop)| pop.to).max();
        if inside >= history.capacity || Some(at) > end {
            return false;
        }
        let capacity = history.capacity;
        look(history, at, capacity);
        true
    };
    found(imagine, |fault| matches!(fault, Fault::WrongCount { .. }));
}
