//! The reading end of partitions.

use core::ffi::c_void;

use super::{ringmill_partitions, ringmill_status};

/// Consumers of which each partition has exactly one.
///
/// Whoever joins is dealt partitions, whoever is freed leaves its own to the others. A partition
/// moves when its holder asks for the next element, and not before: so elements of a partition are
/// handled in order, by one member after the other. A member that does not ask keeps what it has.
pub struct ringmill_group {}

/// A reading end of partitions: of all, of some, or of those that a group has dealt to it.
///
/// Used by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the first waits.
pub struct ringmill_consumer {}

/// Makes a reading end of all partitions, or of some.
///
/// Consumers that share partitions share their elements: each element goes to one of them.
///
/// @param[in]  partitions  a handle
/// @param[in]  set         the partitions to take from, each once; NULL for all
/// @param[in]  set_len     how many these are; 0 with NULL
/// @param[out] out         the consumer, to be freed by ringmill_consumer_free(); NULL unless the
///                         status is OK
/// @return RINGMILL_STATUS_OK, _NO_SUCH_PARTITION, _PARTITION_TWICE, _NO_PARTITIONS or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_consumer_new(
    partitions: *mut ringmill_partitions,
    set: *const usize,
    set_len: usize,
    out: *mut *mut ringmill_consumer,
) -> ringmill_status {
}

/// Frees a reading end. The queue closes with the last one, ringmill_partitions and groups counted,
/// and what is left in it is gone.
///
/// @param[in] consumer  a consumer, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_consumer_free(consumer: *mut ringmill_consumer) {
}

/// Takes the oldest element of the next partition that has one; waits while there is none.
///
/// @param[in]  consumer       used by one thread at a time
/// @param[in]  timeout_ns     how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less
///                            tries once
/// @param[out] out            elem_size bytes, any alignment; untouched unless the status is OK
/// @param[out] out_partition  where it came from; 0 unless the status is OK; may be NULL
/// @return RINGMILL_STATUS_OK, _EMPTY (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (and
///         everything was taken; also while it waits), _BUSY or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_consumer_pop(
    consumer: *mut ringmill_consumer,
    timeout_ns: i64,
    out: *mut c_void,
    out_partition: *mut usize,
) -> ringmill_status {
}

/// Takes up to max elements of the next partition that has any; waits while there is none.
///
/// @param[in]  consumer       used by one thread at a time
/// @param[in]  max            how many at most
/// @param[in]  timeout_ns     as ringmill_consumer_pop()
/// @param[out] out            room for max * elem_size bytes; written as far as elements were
///                            taken; may be NULL if max is 0
/// @param[out] out_partition  where they came from; 0 unless the status is OK; may be NULL
/// @param[out] out_popped     how many were taken; 0 unless the status is OK
/// @return as ringmill_consumer_pop(); _OK with none if max is 0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_consumer_pop_batch(
    consumer: *mut ringmill_consumer,
    max: usize,
    timeout_ns: i64,
    out: *mut c_void,
    out_partition: *mut usize,
    out_popped: *mut usize,
) -> ringmill_status {
}

/// Makes a group, without members.
///
/// @param[in]  partitions  a handle
/// @param[out] out         the group, to be freed by ringmill_group_free(); NULL unless the status
///                         is OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_group_new(
    partitions: *mut ringmill_partitions,
    out: *mut *mut ringmill_group,
) -> ringmill_status {
}

/// Frees the handle of a group. Its members go on.
///
/// @param[in] group  a group, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_group_free(group: *mut ringmill_group) {
}

/// One more member of a group. It gets its partitions as their holders hand them over.
///
/// @param[in]  group  a group; any thread
/// @param[out] out    the member, to be freed by ringmill_consumer_free(); NULL unless the status
///                    is OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_group_join(
    group: *mut ringmill_group,
    out: *mut *mut ringmill_consumer,
) -> ringmill_status {
}
