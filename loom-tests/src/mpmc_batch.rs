//! `mpmc::Ring` in batches, and slots that a producer gives up.

use std::mem::MaybeUninit;

use loom::sync::Arc;
use loom::thread;
use ringmill::ring::mpmc::Ring;

use crate::{check, check_wide, models, until};

models! { "mpmc":
    a_batch_stands_together,
    a_batch_is_taken_whole,
    batches_go_round_the_end,
    a_hole_hands_on_the_slot,
    holes_are_passed_by_batches,
}

/// An iterator that promises `len` values and gives none.
struct Nothing {
    len: usize,
}

impl Iterator for Nothing {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        None
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}
impl ExactSizeIterator for Nothing {}

fn pop_up_to(ring: &Ring<u32>, max: usize) -> Vec<u32> {
    let mut out = Vec::with_capacity(ring.capacity());
    ring.pop_into(&mut out, max);
    out
}

fn a_batch_stands_together() {
    check(|| {
        let ring = Arc::new(Ring::new(4).unwrap());
        let producers = [[1, 2], [3, 4]].map(|batch| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || assert_eq!(ring.push_n(&batch), 2))
        });
        let mut seen = pop_up_to(&ring, 4);
        producers.into_iter().for_each(|producer| producer.join().unwrap());
        while seen.len() < 4 {
            seen.extend(pop_up_to(&ring, 4));
        }
        assert!(seen == [1, 2, 3, 4] || seen == [3, 4, 1, 2], "{seen:?}");
    });
}

fn a_batch_is_taken_whole() {
    check(|| {
        let ring = Arc::new(Ring::new(4).unwrap());
        assert_eq!(ring.push_n(&[1, 2, 3, 4]), 4);
        let consumer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let mut out = [const { MaybeUninit::uninit() }; 2];
                let n = ring.pop_n(&mut out);
                // SAFETY: `pop_n` has initialised the first `n`.
                out[..n].iter().map(|value| unsafe { value.assume_init() }).collect::<Vec<_>>()
            })
        };
        let mine = pop_up_to(&ring, 2);
        let theirs = consumer.join().unwrap();
        assert!([mine, theirs].iter().all(|batch| batch == &[1, 2] || batch == &[3, 4]));
    });
}

fn batches_go_round_the_end() {
    check_wide(1, || {
        let ring = Arc::new(Ring::new(3).unwrap());
        assert_eq!(ring.push_n(&[0, 1]), 2);
        let producer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let mut left = vec![2, 3, 4];
                while !left.is_empty() {
                    until(|| (ring.push_drain(&mut left) > 0).then_some(()));
                }
            })
        };
        let mut seen = Vec::new();
        while seen.len() < 5 {
            until(|| (ring.pop_into(&mut seen, 2) > 0).then_some(()));
        }
        producer.join().unwrap();
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    });
}

/// The value that was in the slot before the hole is out before the one after it is written.
fn a_hole_hands_on_the_slot() {
    check_wide(1, || {
        let ring = Arc::new(Ring::new(1).unwrap());
        ring.push(1).unwrap();
        let consumer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.pop())
        };
        let producer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || assert_eq!(ring.push_iter(&mut Nothing { len: 1 }), 0))
        };
        let first = ring.pop();
        let pushed = ring.push(2).is_ok();
        let other = consumer.join().unwrap();
        producer.join().unwrap();
        let mut seen: Vec<u32> = [first, other, ring.pop()].into_iter().flatten().collect();
        seen.sort_unstable();
        assert_eq!(seen, if pushed { &[1, 2][..] } else { &[1] });
    });
}

fn holes_are_passed_by_batches() {
    check(|| {
        let ring = Arc::new(Ring::new(3).unwrap());
        ring.push(1).unwrap();
        let producer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                ring.push_iter(&mut Nothing { len: 1 });
                ring.push(2).unwrap();
            })
        };
        let mut seen = pop_up_to(&ring, 3);
        seen.extend(pop_up_to(&ring, 3));
        producer.join().unwrap();
        seen.extend(pop_up_to(&ring, 3));
        seen.extend(pop_up_to(&ring, 3));
        assert_eq!(seen, [1, 2]);
        assert!(ring.is_empty());
    });
}
