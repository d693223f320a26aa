//! `IndexRing`: indices go round, none is lost.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use ringmill::internal::IndexRing;

use crate::{check, models};

models! { "index":
    edge_r1_a1_what_an_index_names,
    edge_r1_a2_what_indices_taken_together_name,
    edge_h2_custody_by_the_head,
    edge_t1_custody_by_the_tail,
    pushers_a_lap_apart,
    edge_h2_h1_never_a_wrong_empty,
    index_batches,
    index_tickets_come_round_to_zero,
}

/// Every index that can still be popped, and those in hand: each of `0 .. count` exactly once.
fn assert_each_once(ring: &IndexRing, in_hand: impl IntoIterator<Item = u32>, count: u32) {
    let mut seen: Vec<u32> = in_hand.into_iter().collect();
    seen.extend(std::iter::from_fn(|| ring.pop()));
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(0..count), "an index was lost or doubled: {seen:?}");
}

/// What was written before a push is visible to whoever pops and pushes nothing.
fn edge_r1_a1_what_an_index_names() {
    check(|| {
        let ring = Arc::new(IndexRing::new(2).unwrap());
        let named = Arc::new(UnsafeCell::new(0));
        let pusher = {
            let (ring, named) = (Arc::clone(&ring), Arc::clone(&named));
            thread::spawn(move || {
                // SAFETY: nobody has the index yet.
                named.with_mut(|value| unsafe { *value = 7 });
                ring.push(0);
            })
        };
        if ring.pop() == Some(0) {
            // SAFETY: the index came out once, so what it names is ours.
            named.with(|value| assert_eq!(unsafe { *value }, 7));
        }
        pusher.join().unwrap();
    });
}

/// The same for whoever takes several at once.
fn edge_r1_a2_what_indices_taken_together_name() {
    check(|| {
        let ring = Arc::new(IndexRing::new(2).unwrap());
        let named = Arc::new(UnsafeCell::new(0));
        let pusher = {
            let (ring, named) = (Arc::clone(&ring), Arc::clone(&named));
            thread::spawn(move || {
                // SAFETY: nobody has the index yet.
                named.with_mut(|value| unsafe { *value = 7 });
                ring.push(0);
            })
        };
        if ring.pop_n(&mut [0; 2]) == 1 {
            // SAFETY: the index came out once, so what it names is ours.
            named.with(|value| assert_eq!(unsafe { *value }, 7));
        }
        pusher.join().unwrap();
    });
}

/// M pushes with ticket 0, X with ticket 1; Y pops ticket 0; X pops ticket 1 and pushes with ticket
/// 2, over M's entry, which X has never seen.
fn edge_h2_custody_by_the_head() {
    check(|| {
        let ring = Arc::new(IndexRing::new(2).unwrap());
        let m = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.push(0))
        };
        let y = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.pop())
        };
        ring.push(1);
        if let Some(index) = ring.pop() {
            ring.push(index);
        }
        m.join().unwrap();
        let in_hand = y.join().unwrap();
        assert_each_once(&ring, in_hand, 2);
    });
}

/// S pushes with ticket 1; T1 pops ticket 0; T2 pops ticket 1 and pushes with ticket 2; T1 pushes
/// with ticket 3, over S's entry, which T1 has never seen.
fn edge_t1_custody_by_the_tail() {
    check(|| {
        let ring = Arc::new(IndexRing::new(2).unwrap());
        ring.push(0);
        let s = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.push(1))
        };
        let t2 = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                if let Some(index) = ring.pop() {
                    ring.push(index);
                }
            })
        };
        if let Some(index) = ring.pop() {
            ring.push(index);
        }
        s.join().unwrap();
        t2.join().unwrap();
        assert_each_once(&ring, [], 2);
    });
}

/// Two threads move indices from a full ring back into it, each twice: their tickets come to lie
/// one lap apart on the same entry.
fn pushers_a_lap_apart() {
    check(|| {
        let ring = Arc::new(IndexRing::filled(2).unwrap());
        let work = |ring: &IndexRing| {
            for _ in 0..2 {
                if let Some(index) = ring.pop() {
                    ring.push(index);
                }
            }
        };
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || work(&ring))
        };
        work(&ring);
        other.join().unwrap();
        assert_each_once(&ring, [], 2);
    });
}

/// There is always an index inside, so a pop finds one.
fn edge_h2_h1_never_a_wrong_empty() {
    check(|| {
        let ring = Arc::new(IndexRing::filled(2).unwrap());
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                ring.push(ring.pop().expect("two were inside"));
                ring.pop().expect("one was inside")
            })
        };
        let mine = ring.pop().expect("one was inside");
        let theirs = other.join().unwrap();
        assert_each_once(&ring, [mine, theirs], 2);
    });
}

fn index_batches() {
    check(|| {
        let ring = Arc::new(IndexRing::filled(3).unwrap());
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let mut batch = [0; 2];
                let n = ring.pop_n(&mut batch);
                ring.push_n(&batch[..n]);
            })
        };
        let mut batch = [0; 2];
        let n = ring.pop_n(&mut batch);
        ring.push_n(&batch[..n]);
        other.join().unwrap();
        assert_each_once(&ring, [], 3);
    });
}

fn index_tickets_come_round_to_zero() {
    check(|| {
        let ring = Arc::new(IndexRing::starting_at(2, 0_u64.wrapping_sub(2)).unwrap());
        ring.push_n(&[0, 1]);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                if let Some(index) = ring.pop() {
                    ring.push(index);
                }
            })
        };
        if let Some(index) = ring.pop() {
            ring.push(index);
        }
        other.join().unwrap();
        assert_each_once(&ring, [], 2);
    });
}
