//! What C may pass, and what it gets.

mod channels;
mod handles;
mod lending;
mod partitions;
mod queues;
mod rings;

use core::ffi::{CStr, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use std::string::{String, ToString};

use super::ringmill_status as Status;
use super::*;

/// A value that a function writes.
fn written<T>(write: impl FnOnce(*mut T) -> Status) -> (Status, T) {
    let mut out = MaybeUninit::uninit();
    let status = write(out.as_mut_ptr());
    // SAFETY: outputs are written on every path.
    (status, unsafe { out.assume_init() })
}

fn ring_options(elem_size: usize, capacity: usize, kind: u32) -> ringmill_ring_options {
    // SAFETY: there is room for them.
    let (status, options) = written(|out| unsafe {
        ringmill_ring_options_init(size_of::<ringmill_ring_options>(), out)
    });
    assert_eq!(status, Status::Ok);
    ringmill_ring_options { elem_size, capacity, kind, ..options }
}

fn new_ring(options: &ringmill_ring_options) -> *mut ringmill_ring {
    // SAFETY: the options can be read.
    let (status, ring) = written(|out| unsafe { ringmill_ring_new(options, out) });
    assert_eq!(status, Status::Ok, "{}", message());
    ring
}

fn new_channel(elem_size: usize, capacity: usize) -> *mut ringmill_channel {
    // SAFETY: there is room for them.
    let (status, options) = written(|out| unsafe {
        ringmill_channel_options_init(size_of::<ringmill_channel_options>(), out)
    });
    assert_eq!(status, Status::Ok);
    let options = ringmill_channel_options { elem_size, capacity, ..options };
    // SAFETY: the options can be read.
    let (status, channel) = written(|out| unsafe { ringmill_channel_new(&raw const options, out) });
    assert_eq!(status, Status::Ok, "{}", message());
    channel
}

/// What the last failure in this thread said.
fn message() -> String {
    // SAFETY: a text that lives until the next failure.
    unsafe { CStr::from_ptr(ringmill_last_message()) }.to_string_lossy().to_string()
}

fn bytes<T>(value: &T) -> *const c_void {
    ptr::from_ref(value).cast()
}

fn place<T>(value: &mut T) -> *mut c_void {
    ptr::from_mut(value).cast()
}
