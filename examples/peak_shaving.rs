//! Peak shaving: bursts of work come faster than it is done. The queue takes what it has room for
//! and refuses the rest, so that the memory is bounded, whatever comes; the source hears at once
//! that it is to slow down. A counting allocator shows that the bound holds, and that a burst of
//! refusals costs no memory at all.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ringmill::queue::{Queue, SettleError};

/// The system's allocator, which knows how many bytes are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: by the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CAPACITY: usize = 1_000;
const BURST: u32 = 100_000;
/// Slots of 128 bytes and less than 96 bytes of books for each; handles, names and the thread.
const BOUND: usize = CAPACITY * (128 + 96) + (64 << 10);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let before = HELD.load(Ordering::Relaxed);
    // A request is 48 bytes.
    let requests = Queue::<[u64; 6]>::builder("requests").capacity(CAPACITY).build()?;
    let producer = requests.producer();
    let (mut accepted, mut refused) = (0, 0);
    for burst in 0..3 {
        for n in 0..BURST {
            match producer.enqueue([u64::from(n); 6]) {
                Ok(_) => accepted += 1,
                Err(error) if error.is_full() => refused += 1, // "503, try again later"
                Err(error) => return Err(error.into()),
            }
        }
        // The consumer is slow: it works off what is there while the source is quiet.
        let consumer = requests.consumer();
        thread::scope(|scope| {
            let worker = scope.spawn(move || {
                while let Ok(request) = consumer.try_dequeue() {
                    request.ack()?;
                }
                Ok::<(), SettleError>(())
            });
            worker.join().expect("the worker does not panic")
        })?;
        println!("after burst {burst}: {accepted} accepted, {refused} refused");
    }
    let most = MOST.load(Ordering::Relaxed) - before;
    println!("at most {most} bytes, of {BOUND}");
    assert!(most <= BOUND, "{most} bytes");
    assert_eq!(accepted + refused, 3 * BURST);
    assert!(accepted >= 2 * CAPACITY as u32 && accepted <= 3 * CAPACITY as u32);
    assert_eq!(requests.stats().acked, u64::from(accepted));
    Ok(())
}
