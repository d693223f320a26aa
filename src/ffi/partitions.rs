//! Partitions: several rings as one queue that keeps the order of each key.

use core::ffi::c_void;
use core::{ptr, slice};

use super::barrier::{Out, check_size, read_options, status, value};
use super::channel::{RINGMILL_WAIT_SPIN_THEN_PARK, strategy};
use super::handle::{self, Handle, borrow};
use super::plan::{DEFAULT_CAPACITY, no_ring, shape, touches};
use super::status::failed;
use super::{ringmill_status, ringmill_status as Status};
use crate::partition::raw::RawPartitions;
use crate::partition::{PartitionsError, hash_of, partition_of};

/// The largest number of partitions: 2^16.
pub const RINGMILL_PARTITIONS_MAX: usize = 65_536;

/// Rings as one queue: elements of one partition keep their order.
pub struct ringmill_partitions(pub(super) RawPartitions);

impl Handle for ringmill_partitions {
    const KIND: &str = "ringmill_partitions";
}

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
    value(hash_of(&[]), || {
        // SAFETY: H2.
        Ok(unsafe { hash(key, key_len) }.unwrap_or(hash_of(&[])))
    })
}

/// The partition of a key with this hash: floor(hash * partitions / 2^64).
///
/// @param[in] hash        from ringmill_hash(), or any that is evenly spread over its upper bits
/// @param[in] partitions  how many there are
/// @return a number below partitions; 0 if that is 0
/// @note Any thread, at any time, also in a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn ringmill_partition_of(hash: u64, partitions: usize) -> usize {
    partition_of(hash, partitions)
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
    status(|| {
        check_size::<ringmill_partitions_options>("size", size)?;
        let defaults = ringmill_partitions_options {
            size,
            elem_size: 0,
            partitions: DEFAULT_PARTITIONS,
            capacity: DEFAULT_CAPACITY,
            wait: RINGMILL_WAIT_SPIN_THEN_PARK,
            flags: 0,
        };
        // SAFETY: H2.
        unsafe { Out::new("out", out, defaults) }.map(drop)
    })
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
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H2.
        let options = unsafe { read_options(options)? };
        let ringmill_partitions_options { elem_size, partitions, capacity, wait, flags, .. } =
            options;
        let (touch, strategy) = (touches(flags)?, strategy(wait)?);
        let shape = shape(elem_size, 0, capacity)?;
        let made = RawPartitions::new(partitions, shape, touch, strategy);
        let made = made.map_err(|error| match error {
            PartitionsError::Capacity(error) => no_ring(&error),
            error => failed(Status::PartitionCount, format_args!("{error}")),
        })?;
        out.put(handle::give(ringmill_partitions(made))?);
        Ok(())
    })
}

/// Frees the handle. Producers and consumers of it may be used on, and are freed on their own: the
/// queue closes when the last producer is gone, or the last consumer, this handle counting as both.
///
/// @param[in] partitions  a handle, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_free(partitions: *mut ringmill_partitions) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(partitions) };
        Ok(())
    });
}

/// Accepts nothing more. What was pushed can still be taken; whoever waits is woken.
///
/// @param[in] partitions  a handle
/// @return RINGMILL_STATUS_OK; _CLOSED if it was closed already; _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_close(
    partitions: *mut ringmill_partitions,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        if unsafe { borrow(partitions)? }.0.close() { Ok(()) } else { Err(Status::Closed) }
    })
}

/// Whether nothing more is accepted. There may still be elements to be taken.
///
/// @param[in] partitions  a handle
/// @return whether it was closed; true if partitions is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_is_closed(
    partitions: *const ringmill_partitions,
) -> bool {
    value(true, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(partitions)? }.0.is_closed())
    })
}

/// How many partitions there are.
///
/// @param[in] partitions  a handle
/// @return their number; 0 if partitions is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_count(
    partitions: *const ringmill_partitions,
) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(partitions)? }.0.rings().len())
    })
}

/// How many elements each partition has room for.
///
/// @param[in] partitions  a handle
/// @return the capacity of its options; 0 if partitions is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_partitions_capacity(
    partitions: *const ringmill_partitions,
) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(partitions)? }.0.rings().next().map_or(0, |ring| ring.capacity()))
    })
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
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out_len", out_len, 0)? };
        // SAFETY: H1.
        let mut rings = unsafe { borrow(partitions)? }.0.rings();
        let count = rings.len();
        match rings.nth(partition) {
            Some(ring) => {
                out.put(ring.len());
                Ok(())
            }
            None => no_such(partition, count),
        }
    })
}

/// What options leave out.
const DEFAULT_PARTITIONS: usize = 16;

/// The hash of a key; `None` if it is NULL without being empty, or longer than memory.
///
/// # Safety
///
/// H2.
pub(super) unsafe fn hash(key: *const c_void, key_len: usize) -> Option<u64> {
    if key_len == 0 {
        return Some(hash_of(&[]));
    }
    if key.is_null() || key_len > isize::MAX as usize {
        return None;
    }
    // SAFETY: by the caller.
    Some(hash_of(unsafe { slice::from_raw_parts(key.cast(), key_len) }))
}

#[cold]
pub(super) fn no_such<R>(partition: usize, partitions: usize) -> Result<R, Status> {
    let detail = format_args!("partition is {partition}, of {partitions}; 0 is the first");
    Err(failed(Status::NoSuchPartition, detail))
}
