//! Slots that groups share: the last one frees, and whoever comes or goes meanwhile.
//!
//! A message's content is the generation of its life, as in the models of slots. Whoever frees a
//! slot publishes once more into it, so that who reads too long is caught by the checked cell.

use loom::sync::Arc;
use loom::thread;
use ringmill::internal::delivery::{Ending, Found, Lease, Slot, State, Track, fill};

use crate::seat::Part;
use crate::{check, check_wide, models};

models! { "shared":
    two_groups_ack,
    an_ack_against_a_reader_of_the_other,
    a_word_of_the_life_before,
    browse_before_anybody_came,
    cancel_against_the_other,
    join_against_publish,
    join_against_settle,
    leave_against_publish,
    leave_against_settle,
    the_last_one_leaves,
    late_for_two_groups,
}

fn partition(capacity: usize, groups: u32, room: usize) -> Arc<Part> {
    let part = Part::new(capacity, 0, 0, None, room).unwrap();
    (0..groups).for_each(|group| part.begin(group, 0).unwrap());
    Arc::new(part)
}

fn track(part: &Part, group: u32) -> &Track {
    part.of(group).expect("it has joined")
}

/// Publishes a message, if there is room; its index.
fn publish(part: &Part) -> Option<u32> {
    let index = part.claim()?;
    let slot = part.at(index);
    // SAFETY: claimed, so the slot is free and ours.
    unsafe { fill(slot, slot.life().generation() + 1) };
    // SAFETY: as above, and filled.
    let (position, word) = unsafe { part.publish(index, || ()) }.expect("it is open");
    if part.is_nobodys(index, position, word) {
        free(part, index);
    }
    Some(index)
}

/// Frees a slot that is ours.
fn free(part: &Part, index: u32) {
    let slot = part.at(index);
    let life = slot.life().generation();
    // SAFETY: the owner's, and there is content in it.
    unsafe { slot.discard() };
    part.free(&[index]);
    if life == 1 {
        publish(part);
    }
}

/// A group is done with a message, if its word says so.
fn done(part: &Part, group: u32, index: u32) {
    if part.completes(track(part, group), index) {
        free(part, index);
    }
}

fn read(slot: Slot<'_, u64>, generation: u64) {
    // SAFETY: the caller is counted as a reader: that is what is checked.
    assert_eq!(unsafe { *slot.content() }, generation, "another life was read");
}

fn lease(part: &Part, group: u32) -> Option<(u32, Lease)> {
    let track = track(part, group);
    loop {
        let index = track.next(part)?;
        let slot = track.at(part, index);
        match slot.lease() {
            Found::Leased(lease, tries) => {
                assert_eq!(tries.attempts, 0);
                return Some((index, lease));
            }
            Found::Husk => match slot.take_out() {
                Ok(Some(_)) => done(part, group, index),
                Ok(None) => {}
                Err(word) => assert_eq!(word.state(), State::Settled, "it has left"),
            },
        }
    }
}

fn let_go(part: &Part, group: u32, index: u32) {
    if track(part, group).at(part, index).let_go().is_some() {
        done(part, group, index);
    }
}

/// Acks as its holder, who has read until then.
fn ack(part: &Part, group: u32, (index, lease): (u32, Lease)) -> bool {
    let slot = track(part, group).at(part, index);
    read(slot, lease.generation());
    match slot.settle(lease, Ending::Ack, true) {
        Ok(word) if word.is_owned() => done(part, group, index),
        Ok(_) => {}
        Err(_) => {
            let_go(part, group, index);
            return false;
        }
    }
    true
}

fn consume(part: &Part, group: u32) -> Option<u64> {
    let held = lease(part, group)?;
    let position = part.at(held.0).position();
    assert!(ack(part, group, held));
    Some(position)
}

fn spawn<R: 'static>(part: &Arc<Part>, f: impl FnOnce(&Part) -> R + 'static) -> Handle<R> {
    let part = part.clone();
    thread::spawn(move || f(&part))
}

type Handle<R> = thread::JoinHandle<R>;

fn browse(part: &Part, group: u32, index: u32) -> bool {
    let slot = track(part, group).at(part, index);
    let mut word = slot.look();
    while word.is_readable() {
        match slot.pin(word) {
            Ok(pinned) => {
                read(slot, pinned.generation());
                let_go(part, group, index);
                return true;
            }
            Err(_) => word = slot.look(),
        }
    }
    false
}

/// Ends what a group has left behind, as the housekeeper does.
fn end_all(part: &Part, group: u32, capacity: u32) {
    let track = track(part, group);
    let end = |index: u32| {
        if track.at(part, index).forsake().is_some() {
            done(part, group, index);
        }
    };
    for index in 0..capacity {
        let slot = track.at(part, index);
        let word = slot.look();
        if word.state() == State::Leased && slot.expire(word.lease(), u64::MAX).is_some() {
            end(index);
        }
    }
    while let Some(index) = track.next_left(part.log()) {
        end(index);
    }
}

/// Every slot is free, once.
fn assert_free(part: &Part, capacity: u32) {
    let mut seen: Vec<u32> = std::iter::from_fn(|| part.claim()).collect();
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(0..capacity), "a slot was lost or doubled: {seen:?}");
}

fn drain(part: &Part, group: u32) -> Vec<u64> {
    std::iter::from_fn(|| consume(part, group)).collect()
}

/// Whoever is the last frees the slot, alone.
fn two_groups_ack() {
    check(|| {
        let part = partition(1, 2, 2);
        publish(&part);
        let other = spawn(&part, |part| consume(part, 1));
        let here = consume(&part, 0);
        assert_eq!((here, other.join().unwrap()), (Some(0), Some(0)));
        assert_eq!((drain(&part, 0), drain(&part, 1)), (vec![1], vec![1]));
        assert_free(&part, 1);
    });
}

/// A reader beside the holder in one group, and the ack of the other one.
fn an_ack_against_a_reader_of_the_other() {
    check_wide(1, || {
        let part = partition(1, 2, 2);
        let index = publish(&part).unwrap();
        let held = lease(&part, 0).expect("it is there");
        let reader = spawn(&part, move |part| browse(part, 0, index));
        let other = spawn(&part, |part| consume(part, 1));
        assert!(ack(&part, 0, held));
        reader.join().unwrap();
        assert_eq!(other.join().unwrap(), Some(0));
        assert_eq!((drain(&part, 0), drain(&part, 1)), (vec![1], vec![1]));
        assert_free(&part, 1);
    });
}

/// Nobody writes a group's word at publishing: a handle of the first life finds the second one.
fn a_word_of_the_life_before() {
    check(|| {
        let part = partition(1, 2, 2);
        publish(&part);
        let held = lease(&part, 0).expect("it is there");
        assert_eq!(consume(&part, 1), Some(0));
        assert!(ack(&part, 0, held));
        // The second life is published. The lease of the first one is nothing to it.
        let late = spawn(&part, move |part| {
            let slot = track(part, 0).at(part, held.0);
            slot.settle(held.1, Ending::Ack, false).is_ok()
        });
        let second = consume(&part, 0);
        assert!(!late.join().unwrap(), "a lease of another life");
        assert_eq!((second, drain(&part, 1)), (Some(1), vec![1]));
        assert_free(&part, 1);
    });
}

/// Who browses writes a word that nobody has written, against the lease, and the next life.
fn browse_before_anybody_came() {
    check(|| {
        let part = partition(1, 2, 2);
        let index = publish(&part).unwrap();
        assert_eq!(consume(&part, 1), Some(0));
        let reader = spawn(&part, move |part| browse(part, 0, index));
        assert_eq!(consume(&part, 0), Some(0));
        reader.join().unwrap();
        assert_eq!((drain(&part, 0), drain(&part, 1)), (vec![1], vec![1]));
        assert_free(&part, 1);
    });
}

/// A message is cancelled for one group, while the other one handles it.
fn cancel_against_the_other() {
    check(|| {
        let part = partition(1, 2, 2);
        let index = publish(&part).unwrap();
        let other = spawn(&part, |part| consume(part, 1));
        let slot = track(&part, 0).at(&part, index);
        let word = slot.look();
        let ready = word.generation() == 1 && word.state() == State::Ready;
        if ready && slot.hollow(word) == Ok(true) {
            // SAFETY: a husk whose only reader we are: it stays while we read.
            assert_eq!(unsafe { *slot.content() }, 1);
            if slot.emptied().is_some() {
                done(&part, 0, index);
            }
        }
        assert_eq!(other.join().unwrap(), Some(0));
        drain(&part, 0);
        drain(&part, 1);
        assert_free(&part, 1);
    });
}

/// What comes from a group's beginning on is its, and nothing before.
fn join_against_publish() {
    check_wide(1, || {
        let part = partition(2, 1, 2);
        let publisher = spawn(&part, |part| {
            publish(part);
            publish(part);
        });
        part.join(1, 0).unwrap();
        publisher.join().unwrap();
        let from = track(&part, 1).joined_at();
        let (mut all, mut its) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            all.extend(drain(&part, 0));
            its.extend(drain(&part, 1));
        }
        assert_eq!(all, [0, 1, 2, 3]);
        assert!(its.iter().copied().eq(from..4), "{its:?} from {from} on");
        assert_free(&part, 2);
    });
}

fn join_against_settle() {
    check_wide(1, || {
        let part = partition(1, 1, 2);
        publish(&part);
        let consumer = spawn(&part, |part| consume(part, 0));
        part.join(1, 0).unwrap();
        assert_eq!(consumer.join().unwrap(), Some(0));
        let from = track(&part, 1).joined_at();
        let its = drain(&part, 1);
        let all = drain(&part, 0);
        assert_eq!(all, [1]);
        assert!(its.iter().copied().eq(from..2) || from == 2);
        drain(&part, 1);
        assert_free(&part, 1);
    });
}

/// What is published while a group leaves is its, or not: the others agree, and it is freed once.
fn leave_against_publish() {
    check_wide(1, || {
        let part = partition(2, 2, 2);
        let publisher = spawn(&part, |part| {
            publish(part);
            publish(part);
        });
        part.quit(1);
        end_all(&part, 1, 2);
        publisher.join().unwrap();
        end_all(&part, 1, 2);
        drain(&part, 0);
        end_all(&part, 1, 2);
        drain(&part, 0);
        assert_free(&part, 2);
    });
}

/// A group leaves while its consumer takes a message, and the other group settles it.
fn leave_against_settle() {
    check_wide(1, || {
        let part = partition(1, 2, 2);
        publish(&part);
        let consumer = spawn(&part, |part| {
            if let Some(held) = lease(part, 1) {
                ack(part, 1, held);
            }
        });
        part.quit(1);
        end_all(&part, 1, 1);
        consume(&part, 0);
        consumer.join().unwrap();
        end_all(&part, 1, 1);
        drain(&part, 0);
        end_all(&part, 1, 1);
        drain(&part, 0);
        assert_free(&part, 1);
    });
}

/// What nobody is a member for is freed by its publisher, or by who has left.
fn the_last_one_leaves() {
    check_wide(1, || {
        let part = partition(1, 1, 2);
        let publisher = spawn(&part, |part| {
            publish(part);
        });
        part.quit(0);
        publisher.join().unwrap();
        end_all(&part, 0, 1);
        assert_free(&part, 1);
    });
}

/// A delayed message falls due for one group while the other one comes to it.
fn late_for_two_groups() {
    check_wide(1, || {
        let part = partition(1, 2, 2);
        let index = part.claim().unwrap();
        let slot = part.at(index);
        // SAFETY: claimed, so the slot is free and ours.
        unsafe {
            fill(slot, 1);
            part.publish_later(slot, index, 7, || (), |_| ()).expect("it is open");
        }
        let due = |part: &Part, group: u32| {
            let track = track(part, group);
            let (index, at) = track.next_waiting().expect("it waits in each group");
            assert_eq!(at, 7);
            match track.at(part, index).fall_due() {
                Some(true) => {}
                Some(false) => track.give_due(index),
                None => panic!("nobody cancels it"),
            }
        };
        let passing = |part: &Part, group: u32| loop {
            let track = track(part, group);
            let index = track.next(part)?;
            let slot = track.at(part, index);
            match slot.lease() {
                Found::Leased(lease, _) => return Some((index, lease)),
                Found::Husk => assert!(slot.leave_place(), "it waits elsewhere"),
            }
        };
        let other = spawn(&part, move |part| {
            let early = passing(part, 1);
            due(part, 1);
            let held = early.or_else(|| passing(part, 1)).expect("it is due");
            assert!(ack(part, 1, held));
        });
        due(&part, 0);
        let held = passing(&part, 0).expect("it is due");
        assert!(ack(&part, 0, held));
        other.join().unwrap();
        assert_eq!((drain(&part, 0), drain(&part, 1)), (vec![1], vec![1]));
        assert_free(&part, 1);
    });
}
