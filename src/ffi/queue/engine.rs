//! The engine: one clock and one housekeeper for all of its queues.

use core::ptr;
use std::time::{Duration, SystemTime};

use super::super::barrier::{Out, check_size, invalid, read_options, status, value};
use super::super::handle::{self, Handle, borrow};
use super::super::status::failed;
use super::{nanos, ringmill_status, ringmill_status as Status, span};
use crate::clock::VirtualClock;
use crate::queue::Engine;

/// No thread: the program calls ringmill_engine_tick() itself, and nothing falls due otherwise.
pub const RINGMILL_ENGINE_MANUAL: u32 = 1;
/// Time stands still until ringmill_engine_advance(). For tests; goes with RINGMILL_ENGINE_MANUAL.
pub const RINGMILL_ENGINE_VIRTUAL_CLOCK: u32 = 2;

/// Queues that share a clock and a housekeeper, and know each other by name.
pub struct ringmill_engine {
    pub(super) engine: Engine,
    clock: Option<VirtualClock>,
}

impl Handle for ringmill_engine {
    const KIND: &str = "ringmill_engine";
}

/// What an engine shall be like. Made by ringmill_engine_options_init(), then changed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_engine_options {
    /// sizeof(ringmill_engine_options), from the init function.
    pub size: usize,
    /// Any of the RINGMILL_ENGINE_. Default 0: the system's clocks, and a thread of its own, which
    /// is started with the first queue.
    pub flags: u32,
    /// 0.
    pub reserved: u32,
}

/// Fills options with defaults.
///
/// @param[in]  size  sizeof(ringmill_engine_options)
/// @param[out] out   the options
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
///         library knows: nothing is written then
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_options_init(
    size: usize,
    out: *mut ringmill_engine_options,
) -> ringmill_status {
    status(|| {
        check_size::<ringmill_engine_options>("size", size)?;
        let defaults = ringmill_engine_options { size, flags: 0, reserved: 0 };
        // SAFETY: H2.
        unsafe { Out::new("out", out, defaults) }.map(drop)
    })
}

/// Makes an engine.
///
/// @param[in]  options  what it shall be like; NULL for the defaults
/// @param[out] out      the engine, to be freed by ringmill_engine_free(); NULL unless the status is
///                      OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_new(
    options: *const ringmill_engine_options,
    out: *mut *mut ringmill_engine,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        let flags = if options.is_null() {
            0
        } else {
            // SAFETY: H2.
            let options = unsafe { read_options(options)? };
            if options.reserved != 0 {
                return invalid(format_args!(
                    "options.reserved is {}; set it to 0",
                    options.reserved
                ));
            }
            options.flags
        };
        let known = RINGMILL_ENGINE_MANUAL | RINGMILL_ENGINE_VIRTUAL_CLOCK;
        if flags & !known != 0 {
            return invalid(format_args!(
                "flags are {flags:#x}, of which this library knows {known:#x}"
            ));
        }
        let manual = flags & RINGMILL_ENGINE_MANUAL != 0;
        let stands = flags & RINGMILL_ENGINE_VIRTUAL_CLOCK != 0;
        if stands && !manual {
            return invalid(format_args!(
                "RINGMILL_ENGINE_VIRTUAL_CLOCK needs RINGMILL_ENGINE_MANUAL"
            ));
        }
        let clock = stands.then(VirtualClock::new);
        let mut builder = Engine::builder();
        if manual {
            builder = builder.manual();
        }
        if let Some(clock) = &clock {
            builder = builder.clock(clock.clone());
        }
        out.put(handle::give(ringmill_engine { engine: builder.build(), clock })?);
        Ok(())
    })
}

/// Frees an engine. Its queues close; what was accepted can still be consumed, by the handles that
/// are there.
///
/// @param[in] engine  an engine, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_free(engine: *mut ringmill_engine) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(engine) };
        Ok(())
    });
}

/// Does what is due: takes expired leases back, hands out again what has waited long enough, tries
/// again what could not go to the dead letters. The engine's thread does so by itself; without one,
/// call it as often as it says, for instance from the loop of the program.
///
/// @param[in]  engine       an engine; any thread
/// @param[out] out_next_ns  how long nothing will be due, at most a minute; 0 unless the status is
///                          OK; may be NULL
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_tick(
    engine: *mut ringmill_engine,
    out_next_ns: *mut i64,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out_next_ns, 0) };
        // SAFETY: H1.
        let next = unsafe { borrow(engine)? }.engine.tick();
        if let Some(mut out) = out {
            out.put(nanos(next));
        }
        Ok(())
    })
}

/// Lets time pass on a virtual clock. Nothing happens before ringmill_engine_tick().
///
/// @param[in] engine  an engine with RINGMILL_ENGINE_VIRTUAL_CLOCK
/// @param[in] by_ns   how much, 0 or more
/// @return RINGMILL_STATUS_OK, _UNSUPPORTED (another clock) or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_advance(
    engine: *mut ringmill_engine,
    by_ns: i64,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let clock = unsafe { borrow(engine)? }.virtual_clock()?;
        clock.advance(span("by_ns", by_ns)?);
        Ok(())
    })
}

/// Sets the date of a virtual clock forward or back. What counts from now on is not touched.
///
/// @param[in] engine  as ringmill_engine_advance()
/// @param[in] by_ns   how much; back if it is negative
/// @return as ringmill_engine_advance()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_step_wall(
    engine: *mut ringmill_engine,
    by_ns: i64,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let clock = unsafe { borrow(engine)? }.virtual_clock()?;
        let by = Duration::from_nanos(by_ns.unsigned_abs());
        if by_ns < 0 {
            clock.step_wall_back(by)
        } else {
            clock.step_wall_forward(by)
        }
        Ok(())
    })
}

/// The time of an engine's clock, which never goes back: nanoseconds since a moment of its own.
///
/// @param[in] engine  an engine; any thread
/// @return the time; 0 if engine is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_now(engine: *const ringmill_engine) -> i64 {
    value(0, || {
        // SAFETY: H1.
        Ok(nanos(unsafe { borrow(engine)? }.engine.clock().now()))
    })
}

/// The date of an engine's clock: nanoseconds since 1970-01-01 00:00 UTC.
///
/// @param[in] engine  an engine; any thread
/// @return the date; 0 if engine is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_wall(engine: *const ringmill_engine) -> i64 {
    value(0, || {
        // SAFETY: H1.
        Ok(wall_ns(unsafe { borrow(engine)? }.engine.clock().wall()))
    })
}

/// Closes every queue, and refuses to make others. What was accepted can still be consumed.
///
/// @param[in] engine  an engine; any thread
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_engine_close(engine: *mut ringmill_engine) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        unsafe { borrow(engine)? }.engine.close();
        Ok(())
    })
}

impl ringmill_engine {
    fn virtual_clock(&self) -> Result<&VirtualClock, Status> {
        self.clock.as_ref().ok_or_else(|| {
            let detail = format_args!("the engine has the system's clocks; nobody sets them");
            failed(Status::Unsupported, detail)
        })
    }
}

/// A date of C.
pub(super) fn date_of(ns: i64) -> SystemTime {
    let since = Duration::from_nanos(ns.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let date = if ns < 0 { epoch.checked_sub(since) } else { epoch.checked_add(since) };
    date.unwrap_or(epoch)
}

/// A date, as C has it.
pub(super) fn wall_ns(date: SystemTime) -> i64 {
    match date.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    }
}
