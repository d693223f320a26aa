//! Channels: rings whose ends wait.

use core::ffi::c_void;
use core::ptr;

use super::barrier::{
    Out, Patience, check_size, fits, invalid, read_options, source, status, target, value,
};
use super::handle::{self, Handle, borrow};
use super::plan::{DEFAULT_CAPACITY, no_ring, shape, touches};
use super::{ringmill_status, ringmill_status as Status};
use crate::channel::raw::{Closed, RawChannel};
use crate::channel::{RecvTimeoutError, Strategy};
use crate::sync::Arc;

/// Look again for a few microseconds, then sleep: less than a wake-up costs.
pub const RINGMILL_WAIT_SPIN_THEN_PARK: u32 = 0;
/// Sleep at once. Where threads wait long, or there are more threads than cores.
pub const RINGMILL_WAIT_PARK: u32 = 1;
/// Never sleep. For threads that have a core of their own.
pub const RINGMILL_WAIT_SPIN: u32 = 2;

/// No time-out: wait as long as it takes.
pub const RINGMILL_FOREVER: i64 = i64::MAX;

/// A bounded channel of elements of one size, for any number of senders and receivers.
pub struct ringmill_channel(pub(super) Arc<RawChannel>);

impl Handle for ringmill_channel {
    const KIND: &str = "ringmill_channel";
}

impl Drop for ringmill_channel {
    fn drop(&mut self) {
        // For pollables that are still there.
        self.0.close();
    }
}

/// What a channel shall be like. Made by ringmill_channel_options_init(), then changed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_channel_options {
    /// sizeof(ringmill_channel_options), from the init function.
    pub size: usize,
    /// Bytes of an element, 1 at least. No default: set it.
    pub elem_size: usize,
    /// How many elements there is room for, exactly: 1 to RINGMILL_CAPACITY_MAX. Default 1024.
    pub capacity: usize,
    /// How blocking calls wait before they sleep: one of the RINGMILL_WAIT_. Default
    /// RINGMILL_WAIT_SPIN_THEN_PARK.
    pub wait: u32,
    /// Any of the RINGMILL_FLAG_. Default 0.
    pub flags: u32,
}

/// Fills options with defaults; elem_size is to be set then.
///
/// @param[in]  size  sizeof(ringmill_channel_options)
/// @param[out] out   the options
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
///         library knows: nothing is written then
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_options_init(
    size: usize,
    out: *mut ringmill_channel_options,
) -> ringmill_status {
    status(|| {
        check_size::<ringmill_channel_options>("size", size)?;
        let defaults = ringmill_channel_options {
            size,
            elem_size: 0,
            capacity: DEFAULT_CAPACITY,
            wait: RINGMILL_WAIT_SPIN_THEN_PARK,
            flags: 0,
        };
        // SAFETY: H2.
        unsafe { Out::new("out", out, defaults) }.map(drop)
    })
}

/// Makes a channel, with all of its memory.
///
/// @param[in]  options  what it shall be like
/// @param[out] out      the channel, to be freed by ringmill_channel_free(); NULL unless the status
///                      is OK
/// @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _CAPACITY or _OUT_OF_MEMORY
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_new(
    options: *const ringmill_channel_options,
    out: *mut *mut ringmill_channel,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H2.
        let options = unsafe { read_options(options)? };
        let ringmill_channel_options { elem_size, capacity, wait, flags, .. } = options;
        let (touch, strategy) = (touches(flags)?, strategy(wait)?);
        let shape = shape(elem_size, 0, capacity)?;
        let channel = RawChannel::new(shape, touch, strategy).map_err(|error| no_ring(&error))?;
        out.put(handle::give(ringmill_channel(Arc::new(channel)))?);
        Ok(())
    })
}

/// Frees a channel. What is in it is gone.
///
/// No other thread may be in a call on it: close it first, join the threads, then free it. A
/// ringmill_pollable of it may be freed before or after; it finds the channel closed.
///
/// @param[in] channel  a channel, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_free(channel: *mut ringmill_channel) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(channel) };
        Ok(())
    });
}

/// Sends an element. Never waits.
///
/// @param[in] channel  a channel
/// @param[in] elem     elem_size bytes, copied; any alignment
/// @return RINGMILL_STATUS_OK, _FULL, _CLOSED or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_try_send(
    channel: *mut ringmill_channel,
    elem: *const c_void,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let channel = unsafe { borrow(channel)? };
        let elem = source("elem", elem, 1)?;
        // SAFETY: H2.
        sent(unsafe { channel.0.try_send(elem) }, Patience::None)
    })
}

/// Sends an element; waits while the channel is full.
///
/// @param[in] channel     a channel
/// @param[in] elem        elem_size bytes, copied; any alignment
/// @param[in] timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less tries
///                        once
/// @return RINGMILL_STATUS_OK, _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (also while it
///         waits) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_send(
    channel: *mut ringmill_channel,
    elem: *const c_void,
    timeout_ns: i64,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let channel = unsafe { borrow(channel)? };
        let elem = source("elem", elem, 1)?;
        // SAFETY: H2.
        if let Some(result) = unsafe { channel.0.try_send(elem) } {
            return sent(Some(result), Patience::None);
        }
        let patience = Patience::of(timeout_ns);
        let result = match patience {
            Patience::None => None,
            // SAFETY: H2.
            _ => unsafe { channel.0.send(elem, patience.deadline()) },
        };
        sent(result, patience)
    })
}

/// Takes the oldest element. Never waits.
///
/// @param[in]  channel  a channel
/// @param[out] out      elem_size bytes, any alignment; untouched unless the status is OK
/// @return RINGMILL_STATUS_OK, _EMPTY, _CLOSED (and everything was taken) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_try_recv(
    channel: *mut ringmill_channel,
    out: *mut c_void,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let channel = unsafe { borrow(channel)? };
        let out = target("out", out, 1)?;
        // SAFETY: H2.
        received(unsafe { channel.0.try_recv(out) }, Patience::None)
    })
}

/// Takes the oldest element; waits while there is none.
///
/// @param[in]  channel     a channel
/// @param[in]  timeout_ns  as ringmill_channel_send()
/// @param[out] out         elem_size bytes, any alignment; untouched unless the status is OK
/// @return RINGMILL_STATUS_OK, _EMPTY (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (and
///         everything was taken; also while it waits) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_recv(
    channel: *mut ringmill_channel,
    timeout_ns: i64,
    out: *mut c_void,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let channel = unsafe { borrow(channel)? };
        let out = target("out", out, 1)?;
        // SAFETY: H2.
        if let Some(result) = unsafe { channel.0.try_recv(out) } {
            return received(Some(result), Patience::None);
        }
        let patience = Patience::of(timeout_ns);
        let result = match patience {
            Patience::None => None,
            // SAFETY: H2.
            _ => unsafe { channel.0.recv(out, patience.deadline()) },
        };
        received(result, patience)
    })
}

/// Sends all of some elements, in order, as room comes up; waits while the channel is full.
///
/// Each piece that finds room is sent next to each other. If the time-out passes or the channel is
/// closed, what was sent so far stays sent, and out_sent says how much it was.
///
/// @param[in]  channel     a channel
/// @param[in]  elems       count * elem_size bytes, copied; may be NULL if count is 0
/// @param[in]  count       how many
/// @param[in]  timeout_ns  for all of it, as ringmill_channel_send(); with 0, what fits now
/// @param[out] out_sent    how many were sent, whatever the status
/// @return RINGMILL_STATUS_OK (all), _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_send_batch(
    channel: *mut ringmill_channel,
    elems: *const c_void,
    count: usize,
    timeout_ns: i64,
    out_sent: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out_sent", out_sent, 0)? };
        // SAFETY: H1.
        let channel = unsafe { borrow(channel)? };
        let elems = source("elems", elems, count)?;
        fits("count", count, channel.0.ring().size())?;
        if count == 0 {
            return Ok(());
        }
        // SAFETY: H2.
        let tried = unsafe { channel.0.try_send_batch(elems, count) };
        let first = tried.map_err(|Closed| Status::Closed)?;
        out.put(first);
        if first == count {
            return Ok(());
        }
        let patience = Patience::of(timeout_ns);
        if matches!(patience, Patience::None) {
            return Err(Status::Full);
        }
        // SAFETY: H2; what was sent is left out.
        let (more, ended) = unsafe {
            let rest = elems.add(first * channel.0.ring().size());
            channel.0.send_batch(rest, count - first, patience.deadline())
        };
        out.put(first + more);
        sent(ended, patience)
    })
}

/// Takes at least min and at most max elements; waits while there are fewer than min.
///
/// Elements are taken as they come. If the time-out passes or the channel is closed, what has come
/// so far is in out and counted, and the status is OK: it may be less than min.
///
/// @param[in]  channel       a channel
/// @param[in]  min           how many to wait for; 0 does not wait; above max counts as max
/// @param[in]  max           how many at most
/// @param[in]  timeout_ns    as ringmill_channel_send()
/// @param[out] out           room for max * elem_size bytes; written as far as elements were taken;
///                           may be NULL if max is 0
/// @param[out] out_received  how many were taken; 0 unless the status is OK
/// @return RINGMILL_STATUS_OK (one at least, or max is 0); if there was none: _EMPTY (min is 0,
///         or timeout_ns is 0 or less), _TIMED_OUT, _CLOSED; or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_recv_batch(
    channel: *mut ringmill_channel,
    min: usize,
    max: usize,
    timeout_ns: i64,
    out: *mut c_void,
    out_received: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut number = unsafe { Out::new("out_received", out_received, 0)? };
        // SAFETY: H1.
        let channel = unsafe { borrow(channel)? };
        let out = target("out", out, max)?;
        fits("max", max, channel.0.ring().size())?;
        if max == 0 {
            return Ok(());
        }
        let patience = if min == 0 { Patience::None } else { Patience::of(timeout_ns) };
        let taken = match patience {
            // SAFETY: H2.
            Patience::None => match unsafe { channel.0.try_recv_batch(out, max) } {
                Ok(0) => Err(Status::Empty),
                taken => taken.map_err(|Closed| Status::Closed),
            },
            _ => {
                // SAFETY: H2.
                let taken = unsafe { channel.0.recv_batch(out, min, max, patience.deadline()) };
                taken.map_err(|error| match error {
                    RecvTimeoutError::TimedOut => Status::TimedOut,
                    RecvTimeoutError::Closed => Status::Closed,
                })
            }
        };
        number.put(taken?);
        Ok(())
    })
}

/// Accepts nothing more. What was sent can still be received; whoever waits is woken.
///
/// @param[in] channel  a channel
/// @return RINGMILL_STATUS_OK; _CLOSED if it was closed already; _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_close(channel: *mut ringmill_channel) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        if unsafe { borrow(channel)? }.0.close() { Ok(()) } else { Err(Status::Closed) }
    })
}

/// Whether nothing more is accepted. There may still be elements to be received.
///
/// @param[in] channel  a channel
/// @return whether it was closed; true if channel is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_is_closed(channel: *const ringmill_channel) -> bool {
    value(true, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(channel)? }.0.ring().is_closed())
    })
}

/// How many elements wait to be received.
///
/// @param[in] channel  a channel
/// @return a number that was right at one moment of the call; 0 if channel is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_len(channel: *const ringmill_channel) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(channel)? }.0.ring().len())
    })
}

/// How many elements there is room for in all.
///
/// @param[in] channel  a channel
/// @return the capacity of its options; 0 if channel is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_channel_capacity(channel: *const ringmill_channel) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(channel)? }.0.ring().capacity())
    })
}

/// How calls shall wait.
pub(super) fn strategy(wait: u32) -> Result<Strategy, Status> {
    match wait {
        RINGMILL_WAIT_SPIN_THEN_PARK => Ok(Strategy::SpinThenPark),
        RINGMILL_WAIT_PARK => Ok(Strategy::Park),
        RINGMILL_WAIT_SPIN => Ok(Strategy::Spin),
        _ => invalid(format_args!("wait is {wait}; take one of RINGMILL_WAIT_")),
    }
}

/// The status of sending with some patience, where `None` is no room.
#[inline(always)]
pub(super) fn sent(result: Option<Result<(), Closed>>, patience: Patience) -> Result<(), Status> {
    match (result, patience) {
        (Some(Ok(())), _) => Ok(()),
        (Some(Err(Closed)), _) => Err(Status::Closed),
        (None, Patience::None) => Err(Status::Full),
        (None, _) => Err(Status::TimedOut),
    }
}

/// The same of receiving, where `None` is no element.
#[inline(always)]
pub(super) fn received(
    result: Option<Result<(), Closed>>,
    patience: Patience,
) -> Result<(), Status> {
    sent(result, patience).map_err(|status| match status {
        Status::Full => Status::Empty,
        status => status,
    })
}
