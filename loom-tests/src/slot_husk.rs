//! Messages that end where they stand, and those who look at them meanwhile.

use loom::sync::Arc;
use loom::thread;
use ringmill::internal::delivery::{Ending, Found, Refusal, State, refill, take};

use crate::seat::{
    Part, ack, assert_custody, browse, cancel, due, expire, leased, next, own, partition, publish,
    read, settle, take_out, tried,
};
use crate::{check, check_wide, models};

models! { "slot":
    publish_browse,
    publish_cancel,
    cancel_browse,
    husk_stale,
    husk_custody,
    returns,
    delayed_due,
    two_cancel_one_message,
    revive_lease,
    revive_browse,
}

/// A browser finds a message by its word, not by the log.
fn publish_browse() {
    check(|| {
        let part = partition(1);
        let publisher = {
            let part = part.clone();
            thread::spawn(move || publish(&part).is_some())
        };
        browse(&part, 0);
        assert!(publisher.join().unwrap());
        assert_custody(&part, 1, &[]);
    });
}

/// A canceller too, and drops the content before the entry is in the log.
fn publish_cancel() {
    check(|| {
        let part = partition(1);
        let publisher = {
            let part = part.clone();
            thread::spawn(move || publish(&part).is_some())
        };
        let cancelled = cancel(&part, 0, 1);
        assert!(publisher.join().unwrap());
        let (index, lease, _) = next(&part).expect("this life or the next");
        assert_eq!(lease.generation(), if cancelled { 2 } else { 1 });
        assert!(ack(&part, index, lease));
        assert_custody(&part, 1, &[]);
    });
}

/// Browse by the word, cancel by the handle, lease and ack from the log, the next life at once.
fn cancel_browse() {
    check_wide(1, || {
        let part = partition(1);
        let (index, word) = publish(&part).unwrap();
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        let canceller = {
            let part = part.clone();
            thread::spawn(move || cancel(&part, index, word.generation()))
        };
        let mut acked = false;
        if let Some((index, lease, _)) = next(&part) {
            acked = lease.generation() == 1;
            assert!(ack(&part, index, lease));
        }
        browser.join().unwrap();
        assert_ne!(canceller.join().unwrap(), acked, "a message ends once");
        assert_custody(&part, 1, &[]);
    });
}

/// One whose lease was taken back still reads, while its message is cancelled and the husk is taken
/// out; and so does one who looks at it.
fn husk_stale() {
    check_wide(1, || {
        let (part, index, lease) = leased(1);
        assert!(expire(&part, index, lease, 0));
        let holder = {
            let part = part.clone();
            thread::spawn(move || {
                // Also if it is cancelled by now.
                assert_eq!(settle(&part, index, lease, Ending::Ack), Err(Refusal::Stale));
            })
        };
        let canceller = {
            let part = part.clone();
            thread::spawn(move || {
                cancel(&part, index, 1);
                browse(&part, index)
            })
        };
        if let Some((index, lease, _)) = next(&part) {
            assert!(ack(&part, index, lease));
        }
        holder.join().unwrap();
        canceller.join().unwrap();
        // A husk that is still in the returns, if there was nobody to take it out.
        if let Some((index, lease, _)) = next(&part) {
            assert!(ack(&part, index, lease));
        }
        assert_custody(&part, 1, &[]);
    });
}

/// Whoever takes a husk out has passed its entry; who frees the slot then, and publishes it over
/// another entry, has come by that knowledge through the word alone.
///
/// M publishes with ticket 0, X with ticket 1; C takes both, and finds the second one cancelled; X,
/// who cancelled it, frees it and publishes it with ticket 2, over M's entry, which X never saw.
fn husk_custody() {
    check_wide(1, || {
        let part = partition(2);
        let m = {
            let part = part.clone();
            thread::spawn(move || publish(&part).is_some())
        };
        let consumer = {
            let part = part.clone();
            thread::spawn(move || {
                let kept = part.first().next(&part);
                if let Some(index) = part.first().next(&part) {
                    match part.at(index).lease() {
                        Found::Leased(lease, _) => assert!(ack(&part, index, lease)),
                        Found::Husk => take_out(&part, index),
                    }
                }
                kept
            })
        };
        if let Some((index, word)) = publish(&part) {
            cancel(&part, index, word.generation());
        }
        m.join().unwrap();
        let kept = consumer.join().unwrap();
        assert_custody(&part, 2, kept.as_slice());
    });
}

/// One who acks the next message, if there is one, and says of which life it was.
fn spawn_consumer(part: &Arc<Part>) -> thread::JoinHandle<Option<u64>> {
    let part = part.clone();
    thread::spawn(move || {
        let (index, lease, _) = next(&part)?;
        assert!(ack(&part, index, lease));
        Some(lease.generation())
    })
}

/// A lease is taken back and the message on its way to the returns, while it is cancelled there.
fn returns() {
    check_wide(1, || {
        let (part, index, lease) = leased(1);
        let canceller = {
            let part = part.clone();
            thread::spawn(move || cancel(&part, index, 1))
        };
        let consumer = spawn_consumer(&part);
        assert!(expire(&part, index, lease, 0));
        let cancelled = canceller.join().unwrap();
        let acked = consumer.join().unwrap();
        assert!(!(cancelled && acked == Some(1)), "a message ends once");
        assert!(!ack(&part, index, lease));
        if let Some((index, lease, _)) = next(&part) {
            assert!(ack(&part, index, lease));
        }
        assert_custody(&part, 1, &[]);
    });
}

/// The housekeeper hands out again what is due, while it is cancelled.
fn delayed_due() {
    check_wide(1, || {
        let (part, index, lease) = leased(1);
        let word = settle(&part, index, lease, Ending::Delay).expect("the lease is ours");
        assert_eq!(word.state(), State::Delayed);
        tried(part.at(index));
        let canceller = {
            let part = part.clone();
            thread::spawn(move || cancel(&part, index, 1))
        };
        let consumer = spawn_consumer(&part);
        due(&part, index);
        let cancelled = canceller.join().unwrap();
        let acked = consumer.join().unwrap();
        assert!(!(cancelled && acked == Some(1)), "a message ends once");
        if let Some((index, lease, _)) = next(&part) {
            assert!(ack(&part, index, lease));
        }
        assert_custody(&part, 1, &[]);
    });
}

fn two_cancel_one_message() {
    check(|| {
        let part = partition(1);
        let (index, word) = publish(&part).unwrap();
        let generation = word.generation();
        let other = {
            let part = part.clone();
            thread::spawn(move || cancel(&part, index, generation))
        };
        let here = cancel(&part, index, generation);
        assert!(here ^ other.join().unwrap(), "a message ends once");
        let (index, lease, _) = next(&part).expect("the next life");
        assert_eq!(lease.generation(), 2);
        assert!(ack(&part, index, lease));
        assert_custody(&part, 1, &[]);
    });
}

/// Takes the message out of its slot to move it, and puts it back since there is no room elsewhere;
/// whether it is where it was.
fn move_in_vain(part: &crate::seat::Part, index: u32) -> Option<bool> {
    let slot = part.at(index);
    let word = slot.look();
    if word.state() != State::Ready || word.readers() != 0 || slot.hollow(word).is_err() {
        return None;
    }
    // SAFETY: a husk that nobody read, so that we are its only reader.
    unsafe {
        let content = take(slot);
        refill(slot, content);
    }
    let revived = slot.revive();
    if !revived {
        // Taken out meanwhile, so that it is ours.
        let owner = slot.let_go();
        assert!(owner.is_some(), "the only reader of a husk that was taken out");
        own(part, index, owner);
    }
    Some(revived)
}

/// A message that could not be moved is what it was, or its slot is free.
fn revive_lease() {
    check(|| {
        let part = partition(1);
        let (index, _) = publish(&part).unwrap();
        let mover = {
            let part = part.clone();
            thread::spawn(move || move_in_vain(&part, index))
        };
        let acked = next(&part).map(|(index, lease, _)| {
            assert!(ack(&part, index, lease));
            lease.generation()
        });
        let revived = mover.join().unwrap();
        match revived {
            Some(true) => assert_ne!(acked, Some(2)),
            Some(false) => assert_ne!(acked, Some(1)),
            None => assert_eq!(acked, Some(1)),
        }
        assert_custody(&part, 1, &[]);
    });
}

fn revive_browse() {
    check(|| {
        let part = partition(1);
        let (index, _) = publish(&part).unwrap();
        let mover = {
            let part = part.clone();
            thread::spawn(move || move_in_vain(&part, index))
        };
        browse(&part, index);
        mover.join().unwrap();
        let (index, lease, _) = next(&part).expect("it is where it was");
        read(&part, index, 1);
        assert!(ack(&part, index, lease));
        assert_custody(&part, 1, &[]);
    });
}
