//! Between C and Rust: no panic passes, no pointer is taken on trust that can be looked at.

use core::ffi::c_void;
use core::fmt;
use core::mem;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::string::String;
use std::time::{Duration, Instant};

use super::ringmill_status as Status;
use super::status::failed;

/// What a function does, as a status; a panic becomes one too.
#[inline(always)]
pub(super) fn status(does: impl FnOnce() -> Result<(), Status>) -> Status {
    match catch_unwind(AssertUnwindSafe(does)) {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(status)) => status,
        Err(panic) => panicked(panic),
    }
}

/// The same for functions that have no status: `otherwise` where they fail.
#[inline(always)]
pub(super) fn value<R>(otherwise: R, gives: impl FnOnce() -> Result<R, Status>) -> R {
    match catch_unwind(AssertUnwindSafe(gives)) {
        Ok(Ok(value)) => value,
        Ok(Err(_)) => otherwise,
        Err(panic) => {
            panicked(panic);
            otherwise
        }
    }
}

#[cold]
fn panicked(panic: std::boxed::Box<dyn core::any::Any + Send>) -> Status {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or(panic.downcast_ref::<String>().map(String::as_str));
    failed(Status::Panic, format_args!("panic: {}", text.unwrap_or("no message")));
    // Dropping it may panic once more.
    mem::forget(panic);
    Status::Panic
}

/// An argument is invalid.
#[cold]
pub(super) fn invalid<R>(detail: fmt::Arguments<'_>) -> Result<R, Status> {
    Err(failed(Status::InvalidArgument, detail))
}

#[cold]
fn null<R>(name: &str) -> Result<R, Status> {
    invalid(format_args!("{name} is NULL"))
}

/// Elements to be read: NULL only if there are none.
#[inline(always)]
pub(super) fn source(name: &str, elems: *const c_void, count: usize) -> Result<*const u8, Status> {
    if elems.is_null() && count > 0 { null(name) } else { Ok(elems.cast()) }
}

/// Room for elements: NULL only if there are none.
#[inline(always)]
pub(super) fn target(name: &str, out: *mut c_void, count: usize) -> Result<*mut u8, Status> {
    if out.is_null() && count > 0 { null(name) } else { Ok(out.cast()) }
}

/// So many elements can lie in memory.
#[inline(always)]
pub(super) fn fits(name: &str, count: usize, size: usize) -> Result<(), Status> {
    match count.checked_mul(size) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(()),
        _ => invalid(format_args!(
            "{name} is {count}, more elements of {size} bytes than memory has"
        )),
    }
}

/// Where a result goes to: written at once with what stays there unless the call succeeds.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    ///
    /// `out` is NULL or can be written, now and by [`put`](Self::put).
    #[inline(always)]
    pub(super) unsafe fn new(name: &str, out: *mut T, otherwise: T) -> Result<Self, Status> {
        // SAFETY: by the caller.
        match unsafe { Self::optional(out, otherwise) } {
            Some(out) => Ok(out),
            None => null(name),
        }
    }

    /// # Safety
    ///
    /// As for [`new`](Self::new).
    #[inline(always)]
    pub(super) unsafe fn optional(out: *mut T, otherwise: T) -> Option<Self> {
        if out.is_null() {
            return None;
        }
        let mut place = Self(out);
        // SAFETY: by the caller.
        place.put(otherwise);
        Some(place)
    }

    #[inline(always)]
    pub(super) fn put(&mut self, value: T) {
        // SAFETY: by the caller of `new`. It may be unaligned.
        unsafe { self.0.write_unaligned(value) };
    }
}

/// Reads options, if they are as large as this library's.
///
/// # Safety
///
/// `options` is NULL or can be read for a `size_t`, and if that is the size of `T`, for a `T`.
pub(super) unsafe fn read_options<T: Copy>(options: *const T) -> Result<T, Status> {
    if options.is_null() {
        return null("options");
    }
    // SAFETY: by the caller; every options struct begins with its size.
    let size = unsafe { options.cast::<usize>().read_unaligned() };
    check_size::<T>("options.size", size)?;
    // SAFETY: by the caller, since the size is right.
    Ok(unsafe { options.read_unaligned() })
}

/// A size of options is one that this library knows.
pub(super) fn check_size<T>(name: &str, size: usize) -> Result<(), Status> {
    let known = size_of::<T>();
    if size == known {
        return Ok(());
    }
    invalid(format_args!(
        "{name} is {size}, this library knows {known}; call the init function with sizeof"
    ))
}

/// How long a call waits.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    /// It tries once.
    None,
    /// Until then.
    Until(Instant),
    /// As long as it takes.
    Forever,
}

impl Patience {
    #[inline]
    pub(super) fn of(timeout_ns: i64) -> Self {
        match u64::try_from(timeout_ns) {
            Err(_) | Ok(0) => Self::None,
            Ok(_) if timeout_ns == super::channel::RINGMILL_FOREVER => Self::Forever,
            Ok(ns) => {
                let end = Instant::now().checked_add(Duration::from_nanos(ns));
                end.map_or(Self::Forever, Self::Until)
            }
        }
    }

    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Until(end) => Some(end),
            Self::None | Self::Forever => None,
        }
    }
}
