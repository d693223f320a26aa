//! Nothing is allocated after construction, and what was allocated then is given back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[path = "support/rings.rs"]
mod rings;

use rings::{Fifo, Mpmc, Mpsc, Spmc, Spsc};

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

/// Uses a ring in every way that all of them have; then `more`, the ring empty, in its own.
fn uses<R: Fifo<u64>>(more: impl Fn(&mut R, usize)) {
    for &capacity in CAPACITIES {
        let mut ring = R::new(capacity);
        let values = vec![7_u64; 2 * capacity];
        let mut drained = values.clone();
        let mut room = vec![MaybeUninit::uninit(); capacity];
        let mut vector = Vec::with_capacity(capacity);
        let work = || {
            for n in 0..3 * capacity as u64 {
                let _ = (ring.push(n), ring.told());
                if n % 2 == 0 {
                    ring.pop();
                }
            }
            while ring.pop().is_some() {}
            for _ in 0..3 {
                assert_eq!(ring.push_n(&values), capacity);
                assert_eq!(ring.push_n(&values), 0);
                assert_eq!(ring.pop_n(&mut room), capacity);
                assert_eq!(ring.push_iter(&mut values.iter().copied()), capacity);
                vector.clear();
                assert_eq!(ring.pop_into(&mut vector, usize::MAX), capacity);
                more(&mut ring, capacity);
                while ring.pop().is_some() {}
            }
            assert_eq!(ring.push_drain(&mut drained), capacity);
            ring.pop();
            // The rest is given up, in some rings.
            let mut short = values[..1].iter().map(|_| panic_quietly());
            assert!(catch_unwind(AssertUnwindSafe(|| ring.push_iter(&mut short))).is_err());
        };
        // The one panic allocates what it carries: nothing for a value without a size, but the
        // unwinder's own record.
        assert!(calls(work) <= panic_calls(), "capacity {capacity}");
        let (writer, reader) = ring.ends();
        assert_eq!(calls(|| drop(writer)), 0, "the other end holds the ring");
        assert_eq!(calls(|| drop(reader)), 2, "the slots, and what the ends share");
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
fn no_operation_of_the_ring_for_many_threads_allocates() {
    uses::<Mpmc<u64>>(|(ring, _), capacity| {
        for n in 0..3 * capacity as u64 {
            assert_eq!(ring.force_push(n).is_some(), n >= capacity as u64);
        }
    });
}

#[test]
fn no_operation_of_the_rings_with_one_end_shared_allocates() {
    uses::<Mpsc<u64>>(|(producer, _), _| assert_eq!(producer.clone().push(1), Ok(())));
    uses::<Spmc<u64>>(|(_, consumer), _| assert_eq!(consumer.clone().pop(), None));
}

#[test]
fn no_operation_of_the_ring_for_two_threads_allocates() {
    uses::<Spsc<u64>>(|(producer, consumer), capacity| {
        assert!(!producer.is_disconnected() && !consumer.is_disconnected());
        drop(producer.reserve(capacity));
        let mut reserved = producer.reserve(capacity);
        reserved.write(0);
        assert_eq!(reserved.fill(&mut (1..)), capacity - 1);
        reserved.commit_written();
        let _ = consumer.readable(capacity);
        consumer.readable(capacity).release(capacity);
    });
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

#[cfg(feature = "std")]
#[test]
fn no_operation_of_a_channel_that_need_not_sleep_allocates() {
    use ringmill::channel::channel;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    for &capacity in CAPACITIES {
        let (sender, receiver) = channel(capacity).expect("a small channel");
        let mut batch = vec![7; capacity];
        let mut out = Vec::with_capacity(capacity);
        let long = Duration::from_secs(1_000);
        let work = || {
            for n in 0..3 * capacity {
                sender.try_send(n).expect("there is room");
                assert_eq!(receiver.try_recv(), Ok(n));
                sender.send(n).expect("there is room");
                assert_eq!(receiver.recv(), Ok(n));
                sender.send_timeout(n, long).expect("there is room");
                assert_eq!(receiver.recv_timeout(long), Ok(n));
                let mut context = Context::from_waker(Waker::noop());
                let mut send = std::pin::pin!(sender.send_async(n));
                assert!(send.as_mut().poll(&mut context).is_ready());
                let mut recv = std::pin::pin!(receiver.recv_async());
                assert_eq!(recv.as_mut().poll(&mut context), Poll::Ready(Ok(n)));
                assert!(receiver.try_recv().is_err());
            }
            sender.send_batch(&mut batch).expect("there is room");
            assert_eq!(sender.try_send(0).map_err(|error| error.is_full()), Err(true));
            assert_eq!(receiver.recv_batch(&mut out, capacity, usize::MAX, None), Ok(capacity));
            assert_eq!(sender.try_send_batch(&mut out), Ok(capacity));
            assert_eq!(receiver.try_recv_batch(&mut batch, usize::MAX), Ok(capacity));
            let other = (sender.clone(), receiver.clone());
            assert!(sender.close() && !receiver.close());
            assert!(other.0.send(0).is_err() && other.1.recv().is_err());
        };
        assert_eq!(calls(work), 0, "capacity {capacity}");
        assert_eq!(calls(|| drop(sender)), 0, "the other end holds the channel");
        drop(receiver);

        let whole = || {
            let (sender, receiver) = channel(capacity).expect("a small channel");
            sender.send(Box::new(1)).expect("there is room");
            drop(receiver);
            assert!(sender.send(Box::new(2)).is_err());
        };
        assert_eq!(kept(whole), 0, "values, slots and lists");
    }
}

#[cfg(feature = "std")]
#[test]
fn a_thread_that_has_slept_once_allocates_nothing_when_it_sleeps_again() {
    use ringmill::channel::{Strategy, channel};
    use std::time::Duration;

    for strategy in [Strategy::Park, Strategy::SpinThenPark, Strategy::Spin] {
        let (sender, receiver) = channel(1).expect("a small channel");
        let (sender, receiver) = (sender.with_strategy(strategy), receiver.with_strategy(strategy));
        let soon = Duration::from_millis(1);
        let sleep = || {
            assert!(receiver.recv_timeout(soon).is_err());
            sender.send(1).expect("there is room");
            assert!(sender.send_timeout(2, soon).is_err());
            assert_eq!(receiver.recv(), Ok(1));
        };
        sleep();
        assert_eq!(calls(|| (0..3).for_each(|_| sleep())), 0, "{strategy:?}");
    }
}

#[test]
fn what_construction_allocates_is_given_back() {
    /// A value whose drop panics.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new(()));
        }
    }
    /// `slot_bytes` for each slot of a `u64`, and `shared` bytes for what the ends share.
    fn builds<R: Fifo<u64>, B: Fifo<Box<[usize; 9]>>, P: Fifo<Bomb>>(
        slot_bytes: usize,
        shared: usize,
    ) {
        for &capacity in CAPACITIES {
            let mut ring = None;
            let built = kept(|| ring = Some(R::new(capacity)));
            assert_eq!(built, (capacity * slot_bytes + shared) as isize);
            assert_eq!(kept(|| drop(ring)), -built);
            let fill = || {
                let mut ring = B::new(capacity);
                (0..capacity).for_each(|n| assert!(ring.push(Box::new([n; 9])).is_ok()));
            };
            assert_eq!(kept(fill), 0, "values and slots");

            // A value whose drop panics takes nothing with it.
            let panic = || {
                let mut ring = P::new(capacity);
                assert!(ring.push(Bomb).is_ok());
                assert!(catch_unwind(AssertUnwindSafe(|| drop(ring))).is_err());
            };
            assert_eq!(kept(panic), 0, "capacity {capacity}");
        }
    }
    // As documented: 512 bytes, or 384 and a cache line for the counters of the owners.
    builds::<Mpmc<_>, Mpmc<_>, Mpmc<_>>(16, 512);
    builds::<Mpsc<_>, Mpsc<_>, Mpsc<_>>(16, 512);
    builds::<Spmc<_>, Spmc<_>, Spmc<_>>(16, 512);
    builds::<Spsc<_>, Spsc<_>, Spsc<_>>(8, 512);
}

#[test]
fn a_capacity_that_is_refused_allocates_nothing() {
    type Immense = [u64; 1 << 37];
    fn refuses<R: Fifo<u8>, I: Fifo<Immense>>() {
        let refuse = || {
            assert!(R::try_new(0).is_err() && R::try_new(usize::MAX).is_err());
            assert!(I::try_new(1 << 31).is_err());
        };
        assert_eq!(calls(refuse), 0);
    }
    refuses::<Mpmc<_>, Mpmc<_>>();
    refuses::<Mpsc<_>, Mpsc<_>>();
    refuses::<Spmc<_>, Spmc<_>>();
    refuses::<Spsc<_>, Spsc<_>>();
}
