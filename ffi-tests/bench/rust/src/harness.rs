//! The harness's side, as `harness/run.h` has it.

use std::ffi::{c_char, c_uint, c_void};

/// Slots of every queue.
pub(crate) const CAPACITY: usize = 1024;
/// The producer's number stands above this bit.
pub(crate) const PRODUCER_SHIFT: u32 = 48;
/// Producers at most.
pub(crate) const PRODUCERS: usize = 8;

/// What the threads of one run share.
#[repr(C)]
pub(crate) struct Gate {
    opaque: [u8; 0],
}

/// What a consumer has seen.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Received {
    /// Messages.
    pub(crate) count: u64,
    /// The sum of all their words.
    pub(crate) sum: u64,
    /// Messages that came before an earlier one of the same producer.
    pub(crate) disorder: u64,
}

/// One competitor: its loops, called through pointers once a thread and run.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Competitor {
    pub(crate) name: Option<&'static c_char>,
    pub(crate) open: Option<extern "C" fn(usize, usize) -> *mut c_void>,
    pub(crate) close: Option<unsafe extern "C" fn(*mut c_void)>,
    pub(crate) produce: Option<unsafe extern "C" fn(*mut c_void, u64, u64, *mut Gate)>,
    pub(crate) consume: Option<unsafe extern "C" fn(*mut c_void, bool, *mut Gate) -> Received>,
    pub(crate) solo: Option<unsafe extern "C" fn(*mut c_void, u64) -> Received>,
}

unsafe extern "C" {
    fn bench_wait(gate: *mut Gate, step: c_uint) -> bool;
    fn bench_production_is_over(gate: *const Gate) -> bool;
}

/// The gate of a run, for as long as the run lasts.
#[derive(Clone, Copy)]
pub(crate) struct Run(*mut Gate);

impl Run {
    /// # Safety
    ///
    /// `gate` comes from the harness, and its run is going on for as long as the value is used.
    pub(crate) unsafe fn new(gate: *mut Gate) -> Self {
        Self(gate)
    }

    /// Waits a little; false once the run was called off.
    pub(crate) fn wait(self, step: u32) -> bool {
        // SAFETY: the caller of `new` vouches for the gate.
        unsafe { bench_wait(self.0, step) }
    }

    /// Whether all producers have finished.
    pub(crate) fn is_production_over(self) -> bool {
        // SAFETY: the caller of `new` vouches for the gate.
        unsafe { bench_production_is_over(self.0) }
    }
}
