//! What is counted: allocations by an allocator, looks at the clock by a clock; and marks, between
//! which a tracer counts system calls.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use ringmill::clock::Clock;
use ringmill::queue::{Engine, EngineBuilder};

/// The system's allocator, which counts for each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(calls: u64, bytes: i64) {
    // A thread that is going has no counts any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + calls));
    let _ = BYTES.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: by the caller.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as i64 - layout.size() as i64);
        // SAFETY: by the caller.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread has allocated or moved memory so far.
pub(crate) fn allocations() -> u64 {
    ALLOCATIONS.get()
}

/// How many bytes this thread holds: what it allocated, less what it freed.
pub(crate) fn bytes() -> i64 {
    BYTES.get()
}

/// A clock that goes only if it is told to, and counts who looks at it.
#[derive(Clone, Default)]
struct Watched(Arc<(AtomicU64, AtomicU64)>);

impl Clock for Watched {
    fn now(&self) -> Duration {
        self.0.1.fetch_add(1, Ordering::Relaxed);
        Duration::from_nanos(self.0.0.load(Ordering::Relaxed))
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.now()
    }
}

/// What the mark of a tracer's log begins with: the name of a file that is not there.
pub(crate) const MARK: &str = "/mark of queue_costs: ";

/// Counts what an operation costs.
pub(crate) struct Meter {
    clock: Watched,
    engine: Engine,
    operations: u64,
    /// How many operations there are to be.
    wanted: u64,
    /// How many sections are not counted yet.
    warmups: u32,
    allocations: u64,
    looks: u64,
    /// The row, where there are marks to be set.
    marks: Option<usize>,
}

impl Meter {
    pub(crate) fn new(wanted: u64, marks: Option<usize>) -> Self {
        let clock = Watched::default();
        let engine = EngineBuilder::manual(Engine::builder().clock(clock.clone())).build();
        Self { clock, engine, operations: 0, wanted, warmups: 2, allocations: 0, looks: 0, marks }
    }

    /// The engine whose time is the meter's.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Lets an hour go by, and what was due then happen.
    pub(crate) fn pass(&self) {
        self.clock.0.0.fetch_add(3_600_000_000_000, Ordering::Relaxed);
        self.engine.tick();
    }

    /// Whether there is more to be measured.
    pub(crate) fn more(&self) -> bool {
        self.operations < self.wanted
    }

    /// Counts what `operations` operations cost, all done by `f`.
    pub(crate) fn section(&mut self, operations: u64, f: impl FnOnce()) {
        if self.warmups > 0 {
            self.warmups -= 1;
            return f();
        }
        self.mark("begin");
        let before = (allocations(), self.clock.0.1.load(Ordering::Relaxed));
        f();
        let after = (allocations(), self.clock.0.1.load(Ordering::Relaxed));
        self.mark("end");
        self.allocations += after.0 - before.0;
        self.looks += after.1 - before.1;
        self.operations += operations;
    }

    fn mark(&self, what: &str) {
        if let Some(row) = self.marks {
            let _ = fs::metadata(format!("{MARK}{what} {row}"));
        }
    }

    /// Allocations and looks at the clock, for each operation.
    pub(crate) fn costs(&self) -> [String; 2] {
        [per(self.allocations, self.operations), per(self.looks, self.operations)]
    }
}

/// A number for each operation: whole, or with up to three places; never 0 for what is not.
pub(crate) fn per(count: u64, operations: u64) -> String {
    if count % operations == 0 {
        return (count / operations).to_string();
    }
    let each = format!("{:.3}", count as f64 / operations as f64);
    if each == "0.000" { "< 0.001".into() } else { each }
}
