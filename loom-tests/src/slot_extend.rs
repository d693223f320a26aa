//! Leases that are made longer, and messages that are set aside or buried.

use loom::thread;
use ringmill::internal::delivery::{Ending, State, Word, refill, take};

use crate::seat::{
    Part, ack, assert_custody, browse, cancel, expire, leased, next, own, partition, publish,
    settle, take_out, tried,
};
use crate::{check, check_wide, models};

models! { "slot":
    extend_expiry,
    extend_receipt,
    two_extend_one_lease,
    bury_browse,
    bury_parked_browse,
    bury_parked_cancel,
    park_again_browse,
    every_reader_goes_once,
}

/// An extension that was answered with success holds, that of the next lease too.
fn extend_expiry() {
    check(|| {
        let (part, index, lease) = leased(1);
        let holder = {
            let part = part.clone();
            thread::spawn(move || part.at(index).extend(lease, 100).is_ok())
        };
        let expired = expire(&part, index, lease, 50);
        let second = next(&part).map(|(_, second, _)| {
            assert_eq!(part.at(index).extend(second, 100), Ok(()), "nobody takes this one back");
            second
        });
        let extended = holder.join().unwrap();
        assert!(!(extended && expired), "taken back before the promised time");
        assert!(extended || expired, "refused, and not taken back");
        let lease = second.unwrap_or(lease);
        assert!(!expire(&part, index, lease, 50), "taken back before the promised time");
        assert!(expire(&part, index, lease, 100), "it lasts for ever");
    });
}

/// A holder whose lease was given back by its receipt does not touch the extension of the next.
fn extend_receipt() {
    check_wide(1, || {
        let (part, index, lease) = leased(1);
        let holder = {
            let part = part.clone();
            thread::spawn(move || part.at(index).extend(lease, 60).is_ok())
        };
        let next = {
            let part = part.clone();
            thread::spawn(move || {
                let (index, second, _) = next(&part)?;
                let extended = part.at(index).extend(second, 100);
                assert_eq!(extended, Ok(()), "nobody takes this one back");
                Some(second)
            })
        };
        part.at(index).settle(lease, Ending::Return, false).expect("nobody else ends it");
        part.first().give_back(index);
        holder.join().unwrap();
        if let Some(second) = next.join().unwrap() {
            assert!(!expire(&part, index, second, 99), "taken back before the promised time");
            assert!(expire(&part, index, second, 100), "it lasts for ever");
        }
    });
}

/// The longer one stands, whoever came last.
fn two_extend_one_lease() {
    check(|| {
        let (part, index, lease) = leased(1);
        let other = {
            let part = part.clone();
            thread::spawn(move || part.at(index).extend(lease, 100).is_ok())
        };
        assert_eq!(part.at(index).extend(lease, 60), Ok(()));
        assert!(other.join().unwrap());
        assert!(!expire(&part, index, lease, 99), "taken back before the promised time");
        assert!(expire(&part, index, lease, 100), "it lasts for ever");
    });
}

/// Moves a dead message, whose slot is the caller's.
fn entomb(part: &Part, index: u32) {
    let slot = part.at(index);
    // SAFETY: the slot is ours, with its content.
    unsafe {
        take(slot);
        slot.moved();
    }
    let word = slot.look();
    assert!(word.is_owned() && word.is_empty());
    own(part, index, Some(word));
}

/// Buries a parked message whose index is in hand, as often as it takes; whether there was one.
fn exhume(part: &Part, index: u32) -> bool {
    let dead = crate::until(|| match part.at(index).bury(State::Parked) {
        Ok(_) => Some(true),
        Err(word) if word.state() == State::Parked => None,
        Err(_) => Some(false),
    });
    if dead {
        entomb(part, index);
    } else {
        take_out(part, index);
    }
    dead
}

/// A dead message moves when nobody reads it any more.
fn bury_browse() {
    check(|| {
        let (part, index, lease) = leased(1);
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        let word = settle(&part, index, lease, Ending::Bury).expect("the lease is ours");
        tried(part.at(index));
        match word.state() {
            State::Dead => entomb(&part, index),
            _ => assert!(exhume(&part, index)),
        }
        browser.join().unwrap();
        assert_custody(&part, 1, &[]);
    });
}

/// A parked message, its index in hand, that somebody looks at again and again.
fn parked(capacity: usize) -> (loom::sync::Arc<Part>, u32) {
    let part = partition(capacity);
    let (_, word) = publish(&part).unwrap();
    let (index, lease, _) = next(&part).unwrap();
    assert_eq!(word.generation(), lease.generation());
    // Somebody reads, so that it is parked, and stops.
    let slot = part.at(index);
    slot.pin(slot.look()).unwrap();
    let word = settle(&part, index, lease, Ending::Bury).unwrap();
    assert_eq!(word.state(), State::Parked);
    assert!(slot.let_go().is_none());
    (part, index)
}

fn bury_parked_browse() {
    check(|| {
        let (part, index) = parked(1);
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        assert!(exhume(&part, index));
        browser.join().unwrap();
        assert_custody(&part, 1, &[]);
    });
}

fn bury_parked_cancel() {
    check(|| {
        let (part, index) = parked(1);
        let canceller = {
            let part = part.clone();
            thread::spawn(move || cancel(&part, index, 1))
        };
        let buried = exhume(&part, index);
        assert_ne!(canceller.join().unwrap(), buried, "a message ends once");
        assert_custody(&part, 1, &[]);
    });
}

/// What could not be moved is put back, and can be looked at.
fn park_again_browse() {
    check(|| {
        let (part, index) = parked(1);
        let slot = part.at(index);
        slot.bury(State::Parked).expect("nobody reads it");
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        // SAFETY: the slot is ours.
        unsafe {
            let content = take(slot);
            refill(slot, content);
            slot.unbury(State::Parked);
        }
        let seen = browser.join().unwrap();
        assert!(matches!(seen, None | Some(State::Parked)));
        assert!(exhume(&part, index));
        assert_custody(&part, 1, &[]);
    });
}

/// Holder, one whose lease was taken back, and a browser: the last one frees the slot.
fn every_reader_goes_once() {
    check_wide(1, || {
        let (part, index, stale) = leased(1);
        assert!(expire(&part, index, stale, 0));
        let (index, lease, _) = next(&part).unwrap();
        let late = {
            let part = part.clone();
            thread::spawn(move || assert!(!ack(&part, index, stale)))
        };
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        assert!(ack(&part, index, lease));
        late.join().unwrap();
        browser.join().unwrap();
        let word = part.at(index).look();
        assert_eq!(word, Word(2 << 24 | 1 << 4), "the second life, unread: {word:?}");
        assert_custody(&part, 1, &[]);
    });
}
