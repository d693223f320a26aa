//! `mpmc::Ring::force_push`: one step to everyone else.

use loom::sync::Arc;
use loom::thread;
use ringmill::ring::mpmc::Ring;

use crate::{check, check_wide, models};

models! { "mpmc":
    force_push_meets_pop,
    force_push_meets_pop_and_push,
    two_force_pushes,
    force_pushes_meet_pop_on_one_slot,
    a_full_ring_never_looks_empty,
}

fn full(capacity: usize) -> Arc<Ring<u32>> {
    let ring = Ring::new(capacity).unwrap();
    (0..capacity as u32).for_each(|n| ring.push(n).unwrap());
    Arc::new(ring)
}

fn rest(ring: &Ring<u32>) -> impl Iterator<Item = u32> {
    std::iter::from_fn(|| ring.pop())
}

fn force_push_meets_pop() {
    check(|| {
        let ring = full(2);
        let pusher = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.force_push(2))
        };
        let popped = ring.pop().expect("a full ring looked empty");
        let displaced = pusher.join().unwrap();
        // Whichever came first took 0; the other one took 1, or found room.
        let left: Vec<u32> = rest(&ring).collect();
        match displaced {
            Some(0) => assert_eq!((popped, &left[..]), (1, &[2][..])),
            None => assert_eq!((popped, &left[..]), (0, &[1, 2][..])),
            other => panic!("displaced {other:?}"),
        }
    });
}

fn force_push_meets_pop_and_push() {
    check(|| {
        let ring = full(2);
        let forced = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.force_push(2))
        };
        let pushed = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.push(3).is_ok())
        };
        let popped = ring.pop().expect("a full ring looked empty");
        let mut seen: Vec<u32> = forced.join().unwrap().into_iter().collect();
        let pushed = pushed.join().unwrap();
        seen.push(popped);
        seen.extend(rest(&ring));
        seen.sort_unstable();
        let expected: &[u32] = if pushed { &[0, 1, 2, 3] } else { &[0, 1, 2] };
        assert_eq!(seen, expected);
    });
}

fn two_force_pushes() {
    check(|| {
        let ring = full(2);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.force_push(2))
        };
        let mut displaced = [ring.force_push(3).unwrap(), other.join().unwrap().unwrap()];
        displaced.sort_unstable();
        assert_eq!(displaced, [0, 1]);
        let mut left: Vec<u32> = rest(&ring).collect();
        left.sort_unstable();
        assert_eq!(left, [2, 3]);
    });
}

fn force_pushes_meet_pop_on_one_slot() {
    check_wide(1, || {
        let ring = full(1);
        let others = [1, 2].map(|value| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.force_push(value))
        });
        let popped = ring.pop().expect("a full ring looked empty");
        let mut seen = vec![popped];
        seen.extend(others.into_iter().filter_map(|other| other.join().unwrap()));
        seen.extend(rest(&ring));
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2]);
    });
}

/// What makes `force_push` one step: neither look at a full ring finds it less than full.
fn a_full_ring_never_looks_empty() {
    check(|| {
        let ring = full(1);
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.force_push(1))
        };
        assert_eq!(ring.len(), 1);
        assert!(ring.push(9).is_err());
        assert_eq!(other.join().unwrap(), Some(0));
        assert_eq!(ring.pop(), Some(1));
    });
}
