//! Queues with leases, retries and dead letters.
//!
//! # How deliveries are held
//!
//! A delivery is a struct by value, which C may copy, keep too long and make up. So nothing in it is
//! believed: its receipt bears a [seal](seal) that this process alone can make, and the engine's own
//! word says whether the lease still stands. Who reads is counted in that word; a reader whose lease
//! has ended without it is noted apart, so that the second copy of a delivery lets go of nothing.
//!
//! A settlement goes by its consumer's own store of free slots if no other thread is in the consumer,
//! and past it otherwise.

mod consume;
mod consumer;
mod defer;
mod delivery;
mod ending;
mod engine;
mod groups;
mod keys;
mod letters;
mod look;
mod message;
mod named;
mod options;
mod producer;
mod reserve;
mod seal;
mod settle;
mod stats;

pub use self::consume::*;
pub use self::consumer::*;
pub use self::defer::*;
pub use self::delivery::*;
pub use self::ending::*;
pub use self::engine::*;
pub use self::groups::*;
pub use self::keys::*;
pub use self::letters::*;
pub use self::look::*;
pub use self::message::*;
pub use self::named::*;
pub use self::options::*;
pub use self::producer::*;
pub use self::reserve::*;
pub use self::settle::*;
pub use self::stats::*;

use super::barrier::invalid;
use super::status::failed;
use super::{ringmill_status, ringmill_status as Status};

use core::ffi::{CStr, c_char, c_void};
use core::{fmt, slice};
use std::time::Duration;

/// A text of C.
///
/// # Safety
///
/// H2: it is NULL, or ends with a NUL, and stays as it is for as long as the caller says.
unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Status> {
    if text.is_null() {
        return invalid(format_args!("{name} is NULL"));
    }
    // SAFETY: by the caller.
    match unsafe { CStr::from_ptr(text) }.to_str() {
        Ok(text) => Ok(text),
        Err(_) => invalid(format_args!("{name} is no UTF-8")),
    }
}

/// As [`text`], as far as it is UTF-8; nothing if it is NULL.
///
/// # Safety
///
/// As [`text`].
unsafe fn any_text(text: *const c_char) -> std::string::String {
    if text.is_null() {
        return std::string::String::new();
    }
    // SAFETY: by the caller. It is read no further than what is kept, and one character.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// Bytes of C: NULL only if there are none.
///
/// # Safety
///
/// H2, for as long as the caller says.
#[inline(always)]
unsafe fn bytes<'a>(name: &str, start: *const c_void, len: usize) -> Result<&'a [u8], Status> {
    if len == 0 {
        return Ok(&[]);
    }
    if start.is_null() || len > isize::MAX as usize {
        return no_bytes(name, start, len);
    }
    // SAFETY: by the caller.
    Ok(unsafe { slice::from_raw_parts(start.cast(), len) })
}

#[cold]
fn no_bytes<R>(name: &str, start: *const c_void, len: usize) -> Result<R, Status> {
    invalid(format_args!("{name} is {start:p} of {len} bytes"))
}

/// A time, 0 or more.
fn span(name: &str, ns: i64) -> Result<Duration, Status> {
    match u64::try_from(ns) {
        Ok(ns) => Ok(Duration::from_nanos(ns)),
        Err(_) => invalid(format_args!("{name} is {ns}; take 0 or more")),
    }
}

/// Nanoseconds, as far as they go.
fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// The status of one of the engine's errors, with its sentence.
#[cold]
fn refused(code: u32, error: &dyn fmt::Display) -> Status {
    match Status::of(code) {
        // They need no more words.
        status @ (Status::Full | Status::Empty | Status::Closed | Status::TimedOut) => status,
        status => failed(status, format_args!("{error}")),
    }
}
