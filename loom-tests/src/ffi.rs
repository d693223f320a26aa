//! What the C interface adds: slots lent to a caller, and ends for one thread at a time.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use ringmill::internal::{Guard, Lent, RawRing, Shape};

use crate::{check, models, until};

models! { "ffi":
    edge_r4_a1_room_that_was_given_up_is_written_again,
    what_is_lent_is_published_once_and_whole,
    two_readers_view_each_element_once,
    edge_u3_u1_one_thread_at_a_time,
}

/// A ring of bytes, and for each slot a cell that stands for what a caller does there.
struct Ring {
    ring: RawRing,
    cells: Vec<UnsafeCell<u32>>,
}

// SAFETY: cells are touched by whom a slot is lent to; loom checks it.
unsafe impl Sync for Ring {}

impl Ring {
    fn new(capacity: usize) -> Self {
        let ring = RawRing::new(Shape { size: 1, align: 1, capacity }, false).unwrap();
        Self { ring, cells: (0..capacity).map(|_| UnsafeCell::new(0)).collect() }
    }

    fn reserve(&self, count: usize) -> Option<Lent> {
        self.ring.reserve(count)
    }

    /// Commits so many elements.
    fn end(&self, room: &Lent, count: usize) {
        let len = room.runs[0].1 + room.runs[1].1;
        // SAFETY: it was made by `reserve`.
        assert!(unsafe { self.ring.commit(room.at, len, count) });
    }

    fn peek(&self, count: usize) -> Option<Lent> {
        self.ring.peek(count)
    }

    fn release(&self, view: &Lent) {
        // SAFETY: it was made by `peek`.
        assert!(unsafe { self.ring.release(view.at, view.runs[0].1 + view.runs[1].1) });
    }

    /// The cell of the first element of a loan: positions have their index on top.
    fn cell(&self, loan: &Lent) -> &UnsafeCell<u32> {
        let bits = usize::BITS - (self.cells.len() - 1).leading_zeros();
        &self.cells[(loan.at >> (u64::BITS - bits.max(1))) as usize]
    }

    fn write(&self, room: &Lent, value: u32) {
        // SAFETY: checked by loom.
        self.cell(room).with_mut(|cell| unsafe { *cell = value });
    }

    fn read(&self, view: &Lent) -> u32 {
        // SAFETY: checked by loom.
        self.cell(view).with(|cell| unsafe { *cell })
    }
}

fn edge_r4_a1_room_that_was_given_up_is_written_again() {
    check(|| {
        let ring = Arc::new(Ring::new(1));
        let room = ring.reserve(1).unwrap();
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let room = until(|| {
                    assert!(ring.peek(1).is_none(), "a hole is no element");
                    ring.reserve(1)
                });
                ring.write(&room, 2);
                ring.end(&room, 1);
            })
        };
        ring.write(&room, 1);
        ring.end(&room, 0);
        other.join().unwrap();
        let view = ring.peek(1).unwrap();
        assert_eq!(ring.read(&view), 2);
        ring.release(&view);
    });
}

fn what_is_lent_is_published_once_and_whole() {
    check(|| {
        let ring = Arc::new(Ring::new(1));
        let writer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let room = ring.reserve(1).expect("it is empty");
                ring.write(&room, 1);
                ring.end(&room, 1);
            })
        };
        let view = until(|| ring.peek(1));
        assert_eq!(ring.read(&view), 1);
        ring.release(&view);
        writer.join().unwrap();
        assert!(ring.peek(1).is_none(), "it was published once");
        assert!(ring.reserve(1).is_some(), "its slot is free");
    });
}

fn two_readers_view_each_element_once() {
    check(|| {
        let ring = Arc::new(Ring::new(2));
        for value in 1..=2 {
            let room = ring.reserve(1).unwrap();
            ring.write(&room, value);
            ring.end(&room, 1);
        }
        let read = |ring: &Ring| {
            let view = until(|| ring.peek(1));
            let value = ring.read(&view);
            ring.release(&view);
            value
        };
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || read(&ring))
        };
        assert_eq!(read(&ring) + other.join().unwrap(), 3);
        let room = ring.reserve(2).expect("both slots are free");
        assert_eq!(room.runs[0].1 + room.runs[1].1, 2);
        ring.end(&room, 0);
    });
}

fn edge_u3_u1_one_thread_at_a_time() {
    struct Shared {
        guard: Guard,
        cell: UnsafeCell<u32>,
    }
    // SAFETY: the cell is touched in the guard; loom checks it.
    unsafe impl Sync for Shared {}
    check(|| {
        let shared = Arc::new(Shared { guard: Guard::new(), cell: UnsafeCell::new(0) });
        let step = |shared: &Shared| {
            let _entered = until(|| shared.guard.enter().ok());
            // SAFETY: checked by loom.
            shared.cell.with_mut(|cell| unsafe { *cell += 1 });
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || step(&shared))
        };
        step(&shared);
        other.join().unwrap();
        // SAFETY: checked by loom.
        assert_eq!(shared.cell.with(|cell| unsafe { *cell }), 2);
    });
}
