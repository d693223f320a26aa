//! Partitions: several rings as one queue that keeps the order of each key.

use core::ffi::c_void;

use super::ringmill_status;

/// The largest number of partitions: 2^16.
pub const RINGMILL_PARTITIONS_MAX: usize = 65_536;

/// Rings as one queue: elements of one partition keep their order.
pub struct ringmill_partitions {}

/// What partitions shall be like. Made by ringmill_partitions_options_init(), then changed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_partitions_options {
    /// sizeof(ringmill_partitions_options), from the init function.
    pub size: usize,
    /// Bytes of an element, 1 at least. No default: set it.
    pub elem_size: usize,
    /// How many partitions: 1 to RINGMILL_PARTITIONS_MAX. Default 16.
    pub partitions: usize,
    /// How many elements each has room for, exactly: 1 to RINGMILL_CAPACITY_MAX. Default 1024.
    pub capacity: usize,
    /// How blocking calls wait before they sleep: one of the RINGMILL_WAIT_. Default
    /// RINGMILL_WAIT_SPIN_THEN_PARK.
    pub wait: u32,
    /// Any of the RINGMILL_FLAG_. Default 0.
    pub flags: u32,
}

/// The hash of a key: XXH3-64 with seed 0, the same in every release and in every language.
///
/// @param[in] key      bytes; may be NULL if key_len is 0
/// @param[in] key_len  how many; numbers are hashed as their little-endian bytes
/// @return the hash; that of the empty key if key is NULL or key_len is above PTRDIFF_MAX
/// @note Any thread, at any time, also in a signal handler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_hash(key: *const c_void, key_len: usize) -> u64 {
}

/// The partition of a key with this hash: floor(hash * partitions / 2^64).
///
/// @param[in] hash        from ringmill_hash(), or any that is evenly spread over its upper bits
/// @param[in] partitions  how many there are
/// @return a number below partitions; 0 if that is 0
/// @note Any thread, at any time, also in a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn ringmill_partition_of(hash: u64, partitions: usize) -> usize {
}

/// Fills options with defaults; elem_size is to be set then.
///
/// @param[in]  size  sizeof(ringmill_partitions_options)
/// @param[out] out   the options
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
///         library knows: nothing is written then
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_options_init(
    size: usize,
    out: *mut ringmill_partitions_options,
) -> ringmill_status {
}

/// Makes partitions, with all of their memory.
///
/// @param[in]  options  what they shall be like
/// @param[out] out      the partitions, to be freed by ringmill_partitions_free(); NULL unless the
///                      status is OK
/// @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _PARTITION_COUNT, _CAPACITY or _OUT_OF_MEMORY
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_new(
    options: *const ringmill_partitions_options,
    out: *mut *mut ringmill_partitions,
) -> ringmill_status {
}

/// Frees the handle. Producers and consumers of it may be used on, and are freed on their own: the
/// queue closes when the last producer is gone, or the last consumer, this handle counting as both.
///
/// @param[in] partitions  a handle, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_free(partitions: *mut ringmill_partitions) {
}

/// Accepts nothing more. What was pushed can still be taken; whoever waits is woken.
///
/// @param[in] partitions  a handle
/// @return RINGMILL_STATUS_OK; _CLOSED if it was closed already; _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_close(
    partitions: *mut ringmill_partitions,
) -> ringmill_status {
}

/// Whether nothing more is accepted. There may still be elements to be taken.
///
/// @param[in] partitions  a handle
/// @return whether it was closed; true if partitions is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_is_closed(
    partitions: *const ringmill_partitions,
) -> bool {
}

/// How many partitions there are.
///
/// @param[in] partitions  a handle
/// @return their number; 0 if partitions is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_count(
    partitions: *const ringmill_partitions,
) -> usize {
}

/// How many elements each partition has room for.
///
/// @param[in] partitions  a handle
/// @return the capacity of its options; 0 if partitions is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_capacity(
    partitions: *const ringmill_partitions,
) -> usize {
}

/// How many elements are in one partition.
///
/// @param[in]  partitions  a handle
/// @param[in]  partition   which one, 0 is the first
/// @param[out] out_len     a number that was right at one moment; 0 unless the status is OK
/// @return RINGMILL_STATUS_OK, _NO_SUCH_PARTITION or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_len_of(
    partitions: *const ringmill_partitions,
    partition: usize,
    out_len: *mut usize,
) -> ringmill_status {
}
