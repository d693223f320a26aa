//! How a thread waits while its queue is full or empty, and the line all threads start from.

use std::{
    hint,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use crossbeam_utils::CachePadded;

/// Waiting on full or empty, the same for every peer: 1, 2, 4, 8, 16 and 32 `spin_loop` hints, then
/// `yield_now` at each further try.
#[derive(Debug, Default)]
pub struct Pace {
    step: u32,
}

impl Pace {
    /// Rounds of doubling spins before yielding.
    pub const SPIN_ROUNDS: u32 = 6;

    /// Waits a little. False once the run was called off.
    #[inline]
    pub fn wait(&mut self, gate: &Gate) -> bool {
        if self.step < Self::SPIN_ROUNDS {
            for _ in 0..1_u32 << self.step {
                hint::spin_loop();
            }
            self.step += 1;
            return true;
        }
        thread::yield_now();
        !gate.is_off()
    }
}

/// What the threads of one run share: the start, the end of production, and the emergency stop.
#[derive(Debug)]
pub struct Gate {
    arrived: CachePadded<AtomicUsize>,
    threads: usize,
    start: OnceLock<Instant>,
    open: CachePadded<AtomicBool>,
    producing: CachePadded<AtomicUsize>,
    off: CachePadded<AtomicBool>,
}

impl Gate {
    /// For `threads` threads, `producers` of which call [`finish_producing`](Self::finish_producing).
    #[must_use]
    pub fn new(threads: usize, producers: usize) -> Self {
        Self {
            arrived: CachePadded::new(AtomicUsize::new(0)),
            threads,
            start: OnceLock::new(),
            open: CachePadded::new(AtomicBool::new(false)),
            producing: CachePadded::new(AtomicUsize::new(producers)),
            off: CachePadded::new(AtomicBool::new(false)),
        }
    }

    /// Waits until all threads are here; the last one starts the clock.
    pub fn arrive(&self) {
        // AcqRel: whoever comes last has seen all others arrive.
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.start.get_or_init(Instant::now);
            // Release: the start is set before anyone runs.
            self.open.store(true, Ordering::Release);
        }
        let mut spins = 0_u32;
        // Acquire: pairs with the store above.
        while !self.open.load(Ordering::Acquire) && !self.is_off() {
            spins += 1;
            if spins.is_multiple_of(64) { thread::yield_now() } else { hint::spin_loop() }
        }
    }

    /// When the last thread arrived.
    #[must_use]
    pub fn started(&self) -> Option<Instant> {
        self.start.get().copied()
    }

    /// A producer has had its last message accepted.
    pub fn finish_producing(&self) {
        // Release: pairs with the load below; all pushes happen before it.
        self.producing.fetch_sub(1, Ordering::Release);
    }

    /// Whether every message of the run has been accepted: an empty queue stays empty.
    #[inline]
    #[must_use]
    pub fn is_production_over(&self) -> bool {
        // Acquire: pairs with `finish_producing`.
        self.producing.load(Ordering::Acquire) == 0
    }

    /// Tells all threads to give up.
    pub fn call_off(&self) {
        // Relaxed: a flag on its own, read now and then.
        self.off.store(true, Ordering::Relaxed);
    }

    /// Whether the run was called off.
    #[inline]
    #[must_use]
    pub fn is_off(&self) -> bool {
        // Relaxed: a flag on its own.
        self.off.load(Ordering::Relaxed)
    }
}
