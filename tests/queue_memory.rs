//! What a queue takes for itself, counted by the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use ringmill::queue::{Engine, Queue};

struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all that is asked is the system's to do; counting changes nothing of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as this method's caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as this method's caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A slot of a payload of up to 64 bytes: header, payload, key.
const SLOT: usize = 128;

/// One test: another one would count too.
#[test]
fn a_message_takes_at_most_96_bytes_beyond_its_slot_and_nothing_later() {
    let engine = Engine::builder().manual().build();
    for capacity in [1_024, 65_536] {
        let queue = Queue::<[u8; 64]>::builder(format!("of {capacity}"))
            .engine(&engine)
            .capacity(capacity)
            .build()
            .unwrap();
        let (producer, consumer) = (queue.producer(), queue.consumer());
        let before = BYTES.load(Ordering::Relaxed);
        // The first message makes the partition.
        let _ = producer.try_enqueue([1; 64]).unwrap();
        let bytes = BYTES.load(Ordering::Relaxed) - before;
        let books = bytes as f64 / capacity as f64 - SLOT as f64;
        println!("capacity {capacity}: {books:.1} bytes of books a message, beside {SLOT} of slot");
        assert!(books <= 96.0, "{books} bytes at a capacity of {capacity}");

        let before = BYTES.load(Ordering::Relaxed);
        for _ in 0..2 * capacity {
            let _ = producer.try_enqueue([2; 64]).unwrap();
            consumer.try_dequeue().unwrap().ack().unwrap();
        }
        assert_eq!(BYTES.load(Ordering::Relaxed), before, "something was allocated later");
    }
}
