//! The writing end of partitions.

use core::ffi::c_void;

use super::{ringmill_partitions, ringmill_status};

/// A writing end of partitions. Used by any number of threads.
pub struct ringmill_producer {}

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
}

/// Frees a writing end. The queue closes with the last one, ringmill_partitions counted.
///
/// @param[in] producer  a producer, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_producer_free(producer: *mut ringmill_producer) {
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
}
