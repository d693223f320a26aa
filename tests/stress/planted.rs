//! Histories made by hand, each with one fault, or with none where one could suspect it.

use std::time::Duration;

use super::check::Fault;
use super::history::{Event, History, How, How::*, Place, What};

/// The lease of these histories, in stamps: one stamp is a millisecond.
const LEASE: u64 = 10;

fn event(from: u64, to: u64, what: What) -> Event {
    let time = Duration::from_millis;
    Event { what, from, to, began: time(from), over: time(to) }
}

/// Accepted as the number-th of partition 0.
fn accepted(number: u64, from: u64, to: u64) -> Event {
    event(from, to, What::Accepted { number, producer: 0, partition: 0, offset: number })
}

fn handed(number: u64, delivery: u32, from: u64, to: u64) -> Event {
    event(from, to, What::Handed { number, delivery, partition: 0, offset: number })
}

fn ended(number: u64, delivery: u32, how: How, from: u64, to: u64) -> Event {
    event(from, to, What::Ended { number, delivery, how, done: true })
}

fn late(number: u64, delivery: u32, from: u64, to: u64) -> Event {
    event(from, to, What::Ended { number, delivery, how: Ack, done: false })
}

fn history(events: &[Event], places: &[(u64, Place)], dropped: u64) -> History {
    let lease = Duration::from_millis(LEASE);
    History { events: events.to_vec(), places: places.to_vec(), dropped, lease }
}

#[track_caller]
fn fine(events: &[Event], places: &[(u64, Place)], dropped: u64) {
    if let Err(fault) = history(events, places, dropped).check() {
        panic!("there is no fault, but: {fault}");
    }
}

#[track_caller]
fn accused(events: &[Event]) -> Fault {
    history(events, &[], 0).check().expect_err("there is a fault")
}

#[test]
fn plain_lives_are_accepted() {
    fine(&[], &[], 0);
    fine(&[accepted(0, 1, 2), handed(0, 1, 3, 4), ended(0, 1, Ack, 5, 6)], &[], 0);
    fine(&[accepted(0, 1, 2)], &[(0, Place::Stored)], 0);
    fine(&[accepted(0, 1, 2)], &[], 1);
    fine(&[accepted(0, 1, 2), ended(0, 0, Cancel, 3, 4)], &[], 0);
    // Handed out before its producer came back.
    fine(&[accepted(0, 1, 6), handed(0, 1, 2, 3), ended(0, 1, Ack, 4, 5)], &[], 0);
    let rejected = [accepted(0, 1, 2), handed(0, 1, 3, 4), ended(0, 1, Reject, 5, 6)];
    fine(&rejected, &[(0, Place::DeadLetters)], 0);
}

#[test]
fn a_lease_that_ran_out_is_no_fault() {
    let events = [
        accepted(0, 1, 2),
        handed(0, 1, 3, 4),
        handed(0, 2, 12, 13),
        late(0, 1, 14, 15),
        ended(0, 2, Ack, 16, 17),
    ];
    fine(&events, &[], 0);
    // Accepted while the next hand-over was on its way: the ack may have been first.
    let events = [accepted(0, 1, 2), handed(0, 1, 3, 4), ended(0, 1, Nack, 5, 9)];
    fine(&[&events[..], &[handed(0, 2, 6, 7), ended(0, 2, Ack, 8, 10)]].concat(), &[], 0);
}

#[test]
fn a_message_from_thin_air_is_found() {
    assert_eq!(accused(&[handed(7, 1, 1, 2)]), Fault::FromThinAir(7));
    let fault = history(&[], &[(7, Place::Stored)], 0).check();
    assert_eq!(fault, Err(Fault::FromThinAir(7)));
}

#[test]
fn a_message_in_the_wrong_place_is_found() {
    let what = What::Handed { number: 0, delivery: 1, partition: 1, offset: 0 };
    assert_eq!(accused(&[accepted(0, 1, 2), event(3, 4, what)]), Fault::Misplaced(0));
}

#[test]
fn a_delivery_handed_to_two_is_found() {
    let fault = accused(&[accepted(0, 1, 2), handed(0, 1, 3, 4), handed(0, 1, 5, 6)]);
    assert_eq!(fault, Fault::HandedTwice(0, 1));
}

#[test]
fn deliveries_that_run_backwards_are_found() {
    let fault = accused(&[accepted(0, 1, 2), handed(0, 2, 3, 4), handed(0, 1, 25, 26)]);
    assert_eq!(fault, Fault::Backwards(0));
}

#[test]
fn two_live_leases_are_found() {
    let fault = accused(&[accepted(0, 1, 2), handed(0, 1, 3, 4), handed(0, 2, 11, 12)]);
    assert_eq!(fault, Fault::TwoLeases(0, 2));
    // A settlement that came too late did not end it.
    let events = [accepted(0, 1, 2), handed(0, 1, 3, 4), late(0, 1, 5, 6), handed(0, 2, 7, 8)];
    assert_eq!(accused(&events), Fault::TwoLeases(0, 2));
    // One that began behind it neither.
    let behind = event(9, 10, What::Ended { number: 0, delivery: 1, how: Drop, done: false });
    let events = [accepted(0, 1, 2), handed(0, 1, 3, 4), handed(0, 2, 5, 6), behind];
    assert_eq!(accused(&events), Fault::TwoLeases(0, 2));
}

#[test]
fn an_ack_accepted_after_a_redelivery_is_found() {
    let events =
        [accepted(0, 1, 2), handed(0, 1, 3, 4), handed(0, 2, 20, 21), ended(0, 1, Ack, 22, 23)];
    assert_eq!(accused(&events), Fault::StaleAccepted(0, 1));
}

#[test]
fn a_delivery_settled_twice_is_found() {
    let events = [accepted(0, 1, 2), handed(0, 1, 3, 4), ended(0, 1, Release, 5, 6)];
    let fault = accused(&[&events[..], &[ended(0, 1, Ack, 7, 8)]].concat());
    assert_eq!(fault, Fault::SettledTwice(0, 1));
}

#[test]
fn a_message_handed_out_after_its_end_is_found() {
    for (delivery, how) in [(1, Ack), (1, Reject), (0, Cancel)] {
        let events = [accepted(0, 1, 2), handed(0, 1, 3, 4), ended(0, delivery, how, 5, 6)];
        let fault = accused(&[&events[..], &[handed(0, 2, 27, 28)]].concat());
        assert_eq!(fault, Fault::AfterItsEnd(0));
    }
}

#[test]
fn two_ends_are_found() {
    let events = [accepted(0, 1, 2), handed(0, 1, 3, 4), ended(0, 1, Ack, 5, 6)];
    for place in [Place::DeadLetters, Place::Stored] {
        assert_eq!(history(&events, &[(0, place)], 0).check(), Err(Fault::TwoEnds(0)));
    }
    let cancelled = [&events[..], &[ended(0, 0, Cancel, 5, 7)]].concat();
    assert_eq!(accused(&cancelled), Fault::TwoEnds(0));
    let twice = [(0, Place::DeadLetters), (0, Place::DeadLetters)];
    assert_eq!(history(&events[..1], &twice, 0).check(), Err(Fault::TwoEnds(0)));
}

#[test]
fn a_lost_message_is_found() {
    assert_eq!(accused(&[accepted(0, 1, 2)]), Fault::Lost(0));
    let events = [accepted(0, 1, 2), handed(0, 1, 3, 4), ended(0, 1, Nack, 5, 6)];
    assert_eq!(accused(&events), Fault::Lost(0));
    let two = [accepted(0, 1, 2), accepted(1, 3, 4)];
    let fault = history(&two, &[], 1).check();
    assert_eq!(fault, Err(Fault::Uncounted { missing: 2, counted: 1 }));
    let fault = history(&two, &[(0, Place::Stored), (1, Place::Stored)], 1).check();
    assert_eq!(fault, Err(Fault::Uncounted { missing: 0, counted: 1 }));
}

#[test]
fn first_deliveries_out_of_order_are_found() {
    let all = [(0, Place::Stored), (1, Place::Stored)];
    let both = [accepted(0, 1, 2), accepted(1, 3, 4)];
    let swapped = [&both[..], &[handed(1, 1, 5, 6), handed(0, 1, 7, 8)]].concat();
    let expected = Fault::OutOfOrder { partition: 0, first: 0, second: 1 };
    assert_eq!(history(&swapped, &all, 0).check(), Err(expected));
    // At the same time is possible, and so is another order of what comes again.
    fine(&[&both[..], &[handed(1, 1, 5, 7), handed(0, 1, 6, 8)]].concat(), &all, 0);
    fine(&[&both[..], &[handed(1, 1, 5, 6), handed(0, 2, 7, 8)]].concat(), &all, 0);
}

#[test]
fn a_producer_out_of_order_is_found() {
    let place = |number, offset| What::Accepted { number, producer: 3, partition: 0, offset };
    let events = [event(1, 2, place(0, 5)), event(3, 4, place(1, 4))];
    let all = [(0, Place::Stored), (1, Place::Stored)];
    let expected = Fault::ProducerOrder { producer: 3, partition: 0, offset: 4 };
    assert_eq!(history(&events, &all, 0).check(), Err(expected));
    let events = [event(1, 2, place(0, 5)), event(3, 4, place(1, 5))];
    let expected = Fault::SamePlace { partition: 0, offset: 5 };
    assert_eq!(history(&events, &all, 0).check(), Err(expected));
}
