//! A slot's word: leases, how they are settled, and how they are taken back.

use loom::thread;
use ringmill::internal::delivery::{Ending, Refusal, State};

use crate::seat::{
    ack, assert_custody, browse, due, expire, leased, nack, next, own, partition, publish, read,
    settle, tried,
};
use crate::{check, check_wide, models};

models! { "slot":
    ack_expiry,
    nack_expiry,
    lease_expiry,
    two_passes_expire_one_lease,
    stale_receipt,
    ack_browse,
    take_alone_browse,
    attempts,
    delay_expiry,
}

/// The holder acks in time or late; whoever ends the lease hands the message on or frees it.
fn ack_expiry() {
    check(|| {
        let (part, index, lease) = leased(1);
        let holder = {
            let part = part.clone();
            thread::spawn(move || ack(&part, index, lease))
        };
        let expired = expire(&part, index, lease, 0);
        if let Some((index, lease, _)) = next(&part) {
            assert!(ack(&part, index, lease), "nobody takes this lease back");
        }
        assert_ne!(holder.join().unwrap(), expired, "a lease ends once");
        assert_custody(&part, 1, &[]);
    });
}

fn nack_expiry() {
    check(|| {
        let (part, index, lease) = leased(1);
        let holder = {
            let part = part.clone();
            thread::spawn(move || nack(&part, index, lease))
        };
        let expired = expire(&part, index, lease, 0);
        if let Some((index, lease, tries)) = next(&part) {
            assert_eq!((lease.generation(), lease.delivery(), tries.attempts), (1, 2, 1));
            assert!(ack(&part, index, lease), "nobody takes this lease back");
        }
        assert_ne!(holder.join().unwrap(), expired, "a lease ends once");
        assert_custody(&part, 1, &[]);
    });
}

/// The housekeeper knows of a lease by the word alone.
fn lease_expiry() {
    check(|| {
        let part = partition(1);
        let (index, _) = publish(&part).unwrap();
        let holder = {
            let part = part.clone();
            thread::spawn(move || {
                let (index, lease, tries) = next(&part).expect("there is a message");
                (ack(&part, index, lease), tries.attempts)
            })
        };
        let word = part.at(index).look();
        let expired = word.state() == State::Leased && expire(&part, index, word.lease(), 0);
        let (acked, attempts) = holder.join().unwrap();
        assert_ne!(acked, expired, "a lease ends once");
        assert_eq!(attempts, 0, "what the lease had been through before");
        assert_custody(&part, 1, &[]);
    });
}

fn two_passes_expire_one_lease() {
    check(|| {
        let (part, index, lease) = leased(1);
        let other = {
            let part = part.clone();
            thread::spawn(move || expire(&part, index, lease, 0))
        };
        let here = expire(&part, index, lease, 0);
        assert!(here ^ other.join().unwrap(), "a lease is taken back once");
        assert_eq!(settle(&part, index, lease, Ending::Ack), Err(Refusal::Stale));
        assert_custody(&part, 1, &[]);
    });
}

/// The holder and somebody with his receipt: the lease ends once, and the receipt is of no use to
/// the next life, which is handed out under the same number.
fn stale_receipt() {
    check(|| {
        let (part, index, lease) = leased(1);
        let by_receipt = {
            let part = part.clone();
            thread::spawn(move || part.at(index).settle(lease, Ending::Ack, false).is_ok())
        };
        let by_holder = ack(&part, index, lease);
        // The slot was freed by the holder in either case, and published again.
        let (index, second, _) = next(&part).expect("the next life");
        assert_eq!((second.generation(), second.delivery()), (2, 1));
        assert!(ack(&part, index, second), "settled by a receipt of the life before");
        assert_ne!(by_receipt.join().unwrap(), by_holder, "a lease ends once");
        assert_custody(&part, 1, &[]);
    });
}

/// The last of holder and browser to go frees the slot, and has seen what the other one did.
fn ack_browse() {
    check(|| {
        let (part, index, lease) = leased(1);
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        assert!(ack(&part, index, lease));
        browser.join().unwrap();
        assert_custody(&part, 1, &[]);
    });
}

/// The payload is taken out by a holder who is the only reader, and by no other.
fn take_alone_browse() {
    check(|| {
        let (part, index, lease) = leased(1);
        let browser = {
            let part = part.clone();
            thread::spawn(move || browse(&part, index))
        };
        match part.at(index).settle_alone(lease) {
            Ok(Some(word)) => own(&part, index, Some(word)),
            Ok(None) => assert!(ack(&part, index, lease)),
            Err(refusal) => panic!("nobody else ends this lease, and yet {refusal:?}"),
        }
        browser.join().unwrap();
        assert_custody(&part, 1, &[]);
    });
}

/// What a message has been through is plain data of whoever has its index in hand.
fn attempts() {
    check_wide(1, || {
        let (part, index, lease) = leased(1);
        let holder = {
            let part = part.clone();
            thread::spawn(move || nack(&part, index, lease))
        };
        let other = {
            let part = part.clone();
            thread::spawn(move || {
                let (index, lease, tries) = next(&part)?;
                assert_eq!(tries.attempts + 1, lease.delivery());
                nack(&part, index, lease).then_some(())
            })
        };
        expire(&part, index, lease, 0);
        let third = other.join().unwrap();
        holder.join().unwrap();
        let (index, lease, tries) = next(&part).expect("it was given back");
        assert_eq!(tries.attempts, if third.is_some() { 2 } else { 1 });
        assert!(ack(&part, index, lease));
        assert_custody(&part, 1, &[]);
    });
}

/// Delayed by its holder or taken back, it falls due once.
fn delay_expiry() {
    check(|| {
        let (part, index, lease) = leased(1);
        let holder = {
            let part = part.clone();
            thread::spawn(move || {
                let delayed = settle(&part, index, lease, Ending::Delay).is_ok();
                if delayed {
                    tried(part.at(index));
                    // SAFETY: the index is in this hand.
                    unsafe { part.first().wait_until(index, 7) };
                }
                delayed
            })
        };
        let expired = expire(&part, index, lease, 0);
        if let Some((index, at)) = part.first().next_waiting() {
            assert_eq!(at, 7);
            due(&part, index);
        }
        if let Some((index, lease, tries)) = next(&part) {
            assert_eq!((lease.delivery(), tries.attempts), (2, 1));
            read(&part, index, 1);
            assert!(ack(&part, index, lease));
        }
        assert_ne!(holder.join().unwrap(), expired, "a lease ends once");
        assert_custody(&part, 1, &[]);
    });
}
