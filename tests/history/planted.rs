//! Histories made by hand, each with one fault, or with none where one could suspect it.

use super::{Entry, Event, Event::*, Fault, History, Span, value};

/// A history of the operations (thread, from, to, event).
fn history(capacity: usize, operations: &[(usize, u64, u64, Event)]) -> History {
    let mut threads = vec![Vec::new(); 4];
    for &(thread, from, to, event) in operations {
        threads[thread].push(Entry { event, span: Span { from, to } });
    }
    History { capacity, threads, pushes_hide: false }
}

fn accused(capacity: usize, operations: &[(usize, u64, u64, Event)]) -> Fault {
    let fault = history(capacity, operations).check().expect_err("there is a fault");
    assert!(!fault.to_string().is_empty());
    fault
}

fn accepted(capacity: usize, operations: &[(usize, u64, u64, Event)]) {
    if let Err(fault) = history(capacity, operations).check() {
        panic!("there is no fault, but: {fault}");
    }
}

const A: u64 = 1 << 40;
const B: u64 = 2 << 40;

#[test]
fn a_plain_history_is_accepted() {
    assert_eq!((A, B), (value(1, 0), value(2, 0)));
    accepted(2, &[]);
    accepted(
        2,
        &[
            (0, 1, 1, Held(0)),
            (1, 2, 2, Pushed(A)),
            (2, 3, 3, Pushed(B)),
            (0, 4, 4, Held(2)),
            (0, 5, 5, Popped(A)),
            (0, 6, 6, Held(1)),
            (0, 7, 7, Popped(B)),
            (0, 8, 8, Held(0)),
        ],
    );
}

#[test]
fn a_value_from_thin_air_is_found() {
    assert_eq!(accused(2, &[(0, 1, 1, Popped(A))]), Fault::NeverPushed(A));
    let fault = accused(2, &[(1, 1, 1, Pushed(B)), (0, 2, 2, Popped(A)), (0, 3, 3, Popped(B))]);
    assert_eq!(fault, Fault::NeverPushed(A));
}

#[test]
fn a_value_popped_before_it_was_pushed_is_found() {
    assert_eq!(accused(2, &[(0, 1, 2, Popped(A)), (1, 3, 4, Pushed(A))]), Fault::OutOfOrder(A));
    // At the same time is possible.
    accepted(2, &[(0, 1, 3, Popped(A)), (1, 3, 4, Pushed(A))]);
}

#[test]
fn a_value_popped_twice_is_found() {
    let fault = accused(2, &[(1, 1, 1, Pushed(A)), (0, 2, 2, Popped(A)), (2, 3, 3, Popped(A))]);
    assert_eq!(fault, Fault::PoppedTwice(A));
}

#[test]
fn a_value_pushed_twice_is_a_fault_of_the_recorder() {
    let fault = accused(2, &[(1, 1, 1, Pushed(A)), (1, 2, 2, Pushed(A)), (2, 3, 3, Popped(A))]);
    assert_eq!(fault, Fault::PushedTwice(A));
}

#[test]
fn a_lost_value_is_found() {
    assert_eq!(accused(2, &[(1, 1, 1, Pushed(A))]), Fault::Lost(A));
    let fault = accused(2, &[(1, 1, 1, Pushed(A)), (2, 2, 2, Pushed(B)), (0, 3, 3, Popped(B))]);
    assert_eq!(fault, Fault::Lost(A));
}

#[test]
fn an_overtaken_value_is_found() {
    let of_pops = |first, second| {
        [
            (1, 1, 2, Pushed(A)),
            (2, 3, 4, Pushed(B)),
            (0, 5, 6, Popped(first)),
            (3, 7, 8, Popped(second)),
        ]
    };
    assert!(matches!(accused(2, &of_pops(B, A)), Fault::OutOfOrder(_)));
    accepted(2, &of_pops(A, B));
    // Pushes that overlap have no order, nor have pops that do.
    accepted(
        2,
        &[(1, 1, 3, Pushed(A)), (2, 3, 4, Pushed(B)), (0, 5, 6, Popped(B)), (3, 7, 8, Popped(A))],
    );
    accepted(
        2,
        &[(1, 1, 2, Pushed(A)), (2, 3, 4, Pushed(B)), (0, 5, 7, Popped(B)), (3, 7, 8, Popped(A))],
    );
}

#[test]
fn an_overtaken_value_of_the_same_thread_is_found_where_the_stamps_say_nothing() {
    // One batch pushed, one batch popped in the wrong order.
    let fault = accused(
        2,
        &[
            (1, 1, 1, Pushed(A)),
            (1, 1, 1, Pushed(A + 1)),
            (0, 2, 2, Popped(A + 1)),
            (0, 2, 2, Popped(A)),
        ],
    );
    assert_eq!(fault, Fault::ProducerOrder(A));
    // Two consumers, whose pops do not overlap.
    let fault = accused(
        2,
        &[
            (1, 1, 1, Pushed(A)),
            (1, 1, 1, Pushed(A + 1)),
            (0, 2, 2, Popped(A + 1)),
            (2, 3, 3, Popped(A)),
        ],
    );
    assert_eq!(fault, Fault::ProducerOrder(A + 1));
}

#[test]
fn a_wrong_empty_is_found() {
    let around = |from, to| [(1, 1, 2, Pushed(A)), (0, from, to, Held(0)), (3, 6, 7, Popped(A))];
    let fault = accused(2, &around(3, 5));
    assert_eq!(
        fault,
        Fault::WrongCount { seen: 0, least: 1, most: 1, at: Span { from: 3, to: 5 } }
    );
    // It may have been empty before the push had taken effect, or after the pop had.
    accepted(2, &around(2, 5));
    accepted(2, &around(3, 6));
}

#[test]
fn a_wrong_empty_that_two_values_cover_by_turns_is_found() {
    let handed_over = |second_pushed| {
        [
            (1, 1, 1, Pushed(A)),
            (2, second_pushed, second_pushed, Pushed(B)),
            (0, 2, 8, Held(0)),
            (3, 5, 6, Popped(A)),
            (3, 9, 9, Popped(B)),
        ]
    };
    assert!(matches!(accused(2, &handed_over(3)), Fault::WrongCount { seen: 0, .. }));
    accepted(2, &handed_over(5));
}

#[test]
fn a_wrong_count_shows_by_the_order_of_the_queue() {
    // The pop of B was called early, but A came before B, and its pop was called late.
    let with_order = |first_pop| {
        [
            (1, 1, 1, Pushed(A)),
            (2, 2, 2, Pushed(B)),
            (0, 5, 6, Held(1)),
            (3, first_pop, 9, Popped(A)),
            (0, 3, 9, Popped(B)),
        ]
    };
    assert!(matches!(
        accused(2, &with_order(7)),
        Fault::WrongCount { seen: 1, least: 2, most: 2, .. }
    ));
    accepted(2, &with_order(6));
}

#[test]
fn a_wrong_full_is_found() {
    let around = |from, to| {
        [
            (1, 1, 2, Pushed(A)),
            (2, 5, 6, Pushed(B)),
            (0, from, to, Held(2)),
            (3, 10, 11, Popped(A)),
            (3, 15, 16, Popped(B)),
        ]
    };
    // One value only, before the second push and after the first pop.
    for (from, to) in [(3, 4), (1, 1), (12, 14), (17, 18)] {
        let fault = accused(2, &around(from, to));
        assert!(matches!(fault, Fault::WrongCount { seen: 2, most: ..=1, .. }), "{fault}");
    }
    for (from, to) in [(3, 5), (7, 9), (11, 14)] {
        accepted(2, &around(from, to));
    }
}

#[test]
fn a_wrong_full_shows_by_the_order_of_the_queue_too() {
    // The pop of A is under way, but that of B has returned, so A is out as well: one value is
    // left.
    let with_order = |over| {
        [
            (1, 1, 1, Pushed(A)),
            (1, 2, 2, Pushed(A + 1)),
            (1, 3, 3, Pushed(A + 2)),
            (0, 4, 9, Popped(A)),
            (2, 4, over, Popped(A + 1)),
            (3, 7, 8, Held(2)),
            (0, 10, 10, Popped(A + 2)),
        ]
    };
    assert!(matches!(
        accused(3, &with_order(6)),
        Fault::WrongCount { seen: 2, least: 1, most: 1, .. }
    ));
    accepted(3, &with_order(7));
}

#[test]
fn a_wrong_count_is_found() {
    let counted = |seen| {
        [
            (1, 1, 1, Pushed(A)),
            (1, 2, 2, Pushed(A + 1)),
            (0, 3, 3, Held(seen)),
            (0, 4, 4, Popped(A)),
            (0, 5, 5, Popped(A + 1)),
        ]
    };
    for seen in [0, 1, 3, 4] {
        assert!(matches!(accused(4, &counted(seen)), Fault::WrongCount { .. }), "{seen}");
    }
    accepted(4, &counted(2));
}

#[test]
fn more_values_than_the_capacity_are_found() {
    let two =
        [(1, 1, 1, Pushed(A)), (2, 2, 2, Pushed(B)), (0, 4, 4, Popped(A)), (0, 5, 5, Popped(B))];
    assert_eq!(accused(1, &two), Fault::Overfull { held: 2, at: 3 });
    accepted(2, &two);
}

#[test]
fn a_push_under_way_may_hide_the_others_where_that_is_the_promise() {
    let mut hidden = history(
        2,
        &[
            (1, 1, 5, Pushed(A)),
            (2, 2, 2, Pushed(B)),
            (0, 3, 4, Held(0)),
            (0, 7, 7, Popped(A)),
            (0, 8, 8, Popped(B)),
        ],
    );
    assert!(matches!(hidden.check(), Err(Fault::WrongCount { seen: 0, .. })));
    hidden.pushes_hide = true;
    hidden.check().expect("the push of A was under way");
    // But not once it is over.
    hidden.threads[0][0].span = Span { from: 6, to: 6 };
    assert!(matches!(hidden.check(), Err(Fault::WrongCount { seen: 0, .. })));
}
