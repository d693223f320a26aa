//! Nothing is allocated after construction, and what was allocated then is given back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ringmill::ring::{mpmc, spsc};

/// The system's allocator, which counts for each thread.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that is going has no counts any more.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
    let _ = BYTES.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: by the caller.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: by the caller.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `f` allocates, frees or moves memory.
fn calls<R>(f: impl FnOnce() -> R) -> usize {
    let before = CALLS.get();
    f();
    CALLS.get() - before
}

/// How many bytes more are held after `f` than before.
fn kept<R>(f: impl FnOnce() -> R) -> isize {
    let before = BYTES.get();
    f();
    BYTES.get() - before
}

const CAPACITIES: &[usize] = if cfg!(miri) { &[1, 3] } else { &[1, 2, 3, 7, 64, 1_024] };

#[test]
fn the_counter_counts() {
    assert_eq!(calls(|| drop(black_box(Box::new(1_u8)))), 2);
    let mut held = Vec::<u64>::new();
    assert_eq!(kept(|| held.reserve_exact(4)), 32);
    assert_eq!(kept(|| drop(held)), -32);
}

#[test]
fn no_operation_of_the_ring_for_many_threads_allocates() {
    for &capacity in CAPACITIES {
        let ring = mpmc::Ring::new(capacity).expect("a small ring");
        let values = vec![7_u64; 2 * capacity];
        let mut drained = values.clone();
        let mut room = vec![MaybeUninit::uninit(); capacity];
        let mut vector = Vec::with_capacity(capacity);
        let work = || {
            for n in 0..3 * capacity as u64 {
                let _ = ring.push(n);
                ring.force_push(n);
                let _ = (ring.len(), ring.is_empty(), ring.is_full(), ring.capacity());
                ring.pop();
            }
            while ring.pop().is_some() {}
            for _ in 0..3 {
                assert_eq!(ring.push_n(&values), capacity);
                assert_eq!(ring.push_n(&values), 0);
                assert_eq!(ring.pop_n(&mut room), capacity);
                assert_eq!(ring.push_iter(&mut values.iter().copied()), capacity);
                vector.clear();
                assert_eq!(ring.pop_into(&mut vector, usize::MAX), capacity);
            }
            assert_eq!(ring.push_drain(&mut drained), capacity);
            // A slot that is given up, and passed.
            ring.pop();
            let mut short = values[..1].iter().map(|_| panic_quietly());
            assert!(catch_unwind(AssertUnwindSafe(|| ring.push_iter(&mut short))).is_err());
        };
        // The one panic allocates what it carries: nothing for a value without a size, but the
        // unwinder's own record.
        assert!(calls(work) <= panic_calls(), "capacity {capacity}");
        assert!(ring.pop().is_some() || capacity == 1);
        assert_eq!(calls(|| ring.into_iter().count()), 1, "the slots are given back at once");
    }
}

/// Panics past the hook, so that nothing is printed.
fn panic_quietly() -> u64 {
    std::panic::resume_unwind(Box::new(()))
}

/// What a panic and its end allocate and free themselves.
fn panic_calls() -> usize {
    calls(|| assert!(catch_unwind(panic_quietly).is_err()))
}

#[test]
fn no_operation_of_the_ring_for_two_threads_allocates() {
    for &capacity in CAPACITIES {
        let (mut producer, mut consumer) = spsc::ring(capacity).expect("a small ring");
        let values = vec![7_u64; 2 * capacity];
        let mut drained = values.clone();
        let mut room = vec![MaybeUninit::uninit(); capacity];
        let mut vector = Vec::with_capacity(capacity);
        let work = || {
            for n in 0..3 * capacity as u64 {
                let _ = producer.push(n);
                let _ = (producer.len(), producer.is_empty(), producer.is_full());
                let _ = (consumer.len(), consumer.is_empty(), consumer.is_full());
                let _ = (producer.capacity(), producer.is_disconnected());
                let _ = (consumer.capacity(), consumer.is_disconnected());
                if n % 2 == 0 {
                    consumer.pop();
                }
            }
            while consumer.pop().is_some() {}
            for n in 0..3 {
                assert_eq!(producer.push_n(&values), capacity);
                assert_eq!(consumer.pop_n(&mut room), capacity);
                assert_eq!(producer.push_iter(&mut values.iter().copied()), capacity);
                vector.clear();
                assert_eq!(consumer.pop_into(&mut vector, usize::MAX), capacity);
                drop(producer.reserve(capacity));
                let mut reserved = producer.reserve(capacity);
                (0..capacity).for_each(|_| reserved.write(n));
                reserved.commit_written();
                let _ = consumer.readable(capacity);
                consumer.readable(capacity).release(capacity);
            }
            assert_eq!(producer.push_drain(&mut drained), capacity);
        };
        assert_eq!(calls(work), 0, "capacity {capacity}");
        assert_eq!(calls(|| drop(producer)), 0, "the other end holds the ring");
        assert_eq!(calls(|| drop(consumer)), 2, "the slots, and what the ends share");
    }
}

#[cfg(feature = "internal")]
#[test]
fn no_operation_of_the_ring_of_indices_allocates() {
    use ringmill::internal::IndexRing;
    for &capacity in CAPACITIES {
        let ring = IndexRing::filled(capacity).expect("a small ring");
        let mut held = vec![0; capacity];
        let work = || {
            for _ in 0..3 * capacity {
                ring.push(ring.pop().expect("there is one"));
            }
            assert_eq!(ring.pop_n(&mut held), capacity);
            assert_eq!((ring.pop_n(&mut [0; 4]), ring.pop()), (0, None));
            ring.push_n(&held);
        };
        assert_eq!(calls(work), 0, "capacity {capacity}");
        assert_eq!(calls(|| drop(ring)), 1);
    }
}

#[test]
fn what_construction_allocates_is_given_back() {
    /// Counts nothing, but its drop panics.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new(()));
        }
    }
    for &capacity in CAPACITIES {
        let ring = mpmc::Ring::<u64>::new(capacity);
        let pair = spsc::ring::<u64>(capacity);
        assert_eq!(kept(|| drop((ring, pair))), -expected_bytes(capacity));
        let fill = || {
            let ring = mpmc::Ring::new(capacity).expect("a small ring");
            let (mut producer, consumer) = spsc::ring(capacity).expect("a small ring");
            for n in 0..capacity {
                assert!(ring.push(Box::new([n; 9])).is_ok());
                assert!(producer.push(Box::new([n; 9])).is_ok());
            }
            drop((ring, producer, consumer));
        };
        assert_eq!(kept(fill), 0, "values and slots");

        // A value whose drop panics takes nothing with it.
        let panic = || {
            let ring = mpmc::Ring::new(capacity).expect("a small ring");
            let (mut producer, consumer) = spsc::ring(capacity).expect("a small ring");
            assert!(ring.push(Bomb).is_ok() && producer.push(Bomb).is_ok());
            assert!(catch_unwind(AssertUnwindSafe(|| drop(ring))).is_err());
            drop(producer);
            assert!(catch_unwind(AssertUnwindSafe(|| drop(consumer))).is_err());
        };
        assert_eq!(kept(panic), 0, "capacity {capacity}");
    }
}

/// What both rings of `u64` hold on the heap, as their documentation says: the slots of 16 and 8
/// bytes, and for two threads the words that they share.
fn expected_bytes(capacity: usize) -> isize {
    let mut pair = None;
    let shared = kept(|| pair = Some(spsc::ring::<()>(1)));
    assert!(shared <= 512, "384 bytes, and the counters of the owners: {shared}");
    capacity as isize * (16 + 8) + shared
}

#[test]
fn a_capacity_that_is_refused_allocates_nothing() {
    let refuse = || {
        assert!(mpmc::Ring::<u8>::new(0).is_err() && spsc::ring::<u8>(0).is_err());
        assert!(
            mpmc::Ring::<u8>::new(usize::MAX).is_err() && spsc::ring::<u8>(usize::MAX).is_err()
        );
        type Immense = [u64; 1 << 37];
        assert!(mpmc::Ring::<Immense>::new(1 << 31).is_err());
        assert!(spsc::ring::<Immense>(1 << 31).is_err());
    };
    assert_eq!(calls(refuse), 0);
}
