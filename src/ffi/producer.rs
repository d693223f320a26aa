//! The writing end of partitions.

use core::ffi::c_void;
use core::ptr;

use super::barrier::{Out, Patience, fits, invalid, source, status, value};
use super::handle::{self, Handle, borrow};
use super::partitions::{hash, no_such};
use super::{ringmill_partitions, ringmill_status, ringmill_status as Status};
use crate::partition::raw::RawProducer;
use crate::partition::{PushErrorKind, partition_of};

/// A writing end of partitions. Used by any number of threads.
pub struct ringmill_producer(RawProducer);

impl Handle for ringmill_producer {
    const KIND: &str = "ringmill_producer";
}

/// Makes a writing end.
///
/// @param[in]  partitions  a handle
/// @param[out] out         the producer, to be freed by ringmill_producer_free(); NULL unless the
///                         status is OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_producer_new(
    partitions: *mut ringmill_partitions,
    out: *mut *mut ringmill_producer,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let producer = unsafe { borrow(partitions)? }.0.producer();
        out.put(handle::give(ringmill_producer(producer))?);
        Ok(())
    })
}

/// Frees a writing end. The queue closes with the last one, ringmill_partitions counted.
///
/// @param[in] producer  a producer, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_producer_free(producer: *mut ringmill_producer) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(producer) };
        Ok(())
    });
}

/// Appends an element to the partition of its key; waits while that is full.
///
/// Elements with the same key keep their order, from one producer.
///
/// @param[in]  producer       a producer
/// @param[in]  key            bytes; may be NULL if key_len is 0
/// @param[in]  key_len        how many, PTRDIFF_MAX at most
/// @param[in]  elem           elem_size bytes, copied; any alignment
/// @param[in]  timeout_ns     how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less
///                            tries once
/// @param[out] out_partition  where it went: ringmill_partition_of() the key's hash; the same when
///                            it is full or closed, 0 with _INVALID_ARGUMENT; may be NULL
/// @return RINGMILL_STATUS_OK, _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (also while it
///         waits) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_producer_push_key(
    producer: *mut ringmill_producer,
    key: *const c_void,
    key_len: usize,
    elem: *const c_void,
    timeout_ns: i64,
    out_partition: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out_partition, 0) };
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        // SAFETY: H2.
        let Some(hash) = (unsafe { hash(key, key_len) }) else {
            return invalid(format_args!("key is {key:p} and key_len {key_len}"));
        };
        let elem = source("elem", elem, 1)?;
        let partition = partition_of(hash, producer.0.partitions());
        if let Some(mut out) = out {
            out.put(partition);
        }
        // SAFETY: H2.
        unsafe { producer.push(partition, elem, 1, timeout_ns) }.1
    })
}

/// Appends an element to a partition of the caller's choice; waits while that is full.
///
/// @param[in] producer    a producer
/// @param[in] partition   which one, 0 is the first
/// @param[in] elem        elem_size bytes, copied; any alignment
/// @param[in] timeout_ns  as ringmill_producer_push_key()
/// @return as ringmill_producer_push_key(), and _NO_SUCH_PARTITION
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_producer_push_to(
    producer: *mut ringmill_producer,
    partition: usize,
    elem: *const c_void,
    timeout_ns: i64,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        let elem = source("elem", elem, 1)?;
        // SAFETY: H2.
        unsafe { producer.push(partition, elem, 1, timeout_ns) }.1
    })
}

/// Appends all of some elements to a partition of the caller's choice, in order, as room comes up;
/// waits while it is full.
///
/// If the time-out passes or the queue is closed, what was pushed so far stays pushed.
///
/// @param[in]  producer    a producer
/// @param[in]  partition   which one, 0 is the first
/// @param[in]  elems       count * elem_size bytes, copied; may be NULL if count is 0
/// @param[in]  count       how many
/// @param[in]  timeout_ns  for all of it, as ringmill_producer_push_key()
/// @param[out] out_pushed  how many were pushed, whatever the status
/// @return RINGMILL_STATUS_OK (all), _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED,
///         _NO_SUCH_PARTITION or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_producer_push_batch(
    producer: *mut ringmill_producer,
    partition: usize,
    elems: *const c_void,
    count: usize,
    timeout_ns: i64,
    out_pushed: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out_pushed", out_pushed, 0)? };
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        let elems = source("elems", elems, count)?;
        fits("count", count, producer.0.size())?;
        // SAFETY: H2.
        let (pushed, ended) = unsafe { producer.push(partition, elems, count, timeout_ns) };
        out.put(pushed);
        ended
    })
}

impl ringmill_producer {
    /// How many elements were pushed, and why these are not all.
    ///
    /// # Safety
    ///
    /// H2.
    #[inline(always)]
    unsafe fn push(
        &self,
        partition: usize,
        elems: *const u8,
        count: usize,
        timeout_ns: i64,
    ) -> (usize, Result<(), Status>) {
        let partitions = self.0.partitions();
        if partition >= partitions {
            return (0, no_such(partition, partitions));
        }
        if count == 0 {
            return (0, Ok(()));
        }
        // SAFETY: H2, and the partition exists.
        let first = match unsafe { self.0.try_push(partition, elems, count) } {
            Some(Ok(pushed)) if pushed == count => return (pushed, Ok(())),
            Some(Ok(pushed)) => pushed,
            Some(Err(error)) => return (0, Err(why(error))),
            None => 0,
        };
        let patience = Patience::of(timeout_ns);
        if matches!(patience, Patience::None) {
            return (first, Err(Status::Full));
        }
        // SAFETY: H2, and what was pushed is left out.
        let (more, ended) = unsafe {
            let rest = elems.add(first * self.0.size());
            self.0.push(partition, rest, count - first, patience.deadline())
        };
        (first + more, ended.map_err(why))
    }
}

fn why(error: PushErrorKind) -> Status {
    match error {
        PushErrorKind::Full => Status::Full,
        PushErrorKind::TimedOut => Status::TimedOut,
        PushErrorKind::Closed => Status::Closed,
        PushErrorKind::NoSuchPartition { .. } => Status::NoSuchPartition,
    }
}
