//! The reading end of partitions.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr;

use super::barrier::{Out, Patience, fits, invalid, status, target, value};
use super::guard::Guard;
use super::handle::{self, Handle, borrow};
use super::status::failed;
use super::{ringmill_partitions, ringmill_status, ringmill_status as Status};
use crate::partition::raw::{RawConsumer, RawGroup};
use crate::partition::{PopError, SetError};

/// Consumers of which each partition has exactly one.
///
/// Whoever joins is dealt partitions, whoever is freed leaves its own to the others. A partition
/// moves when its holder asks for the next element, and not before: so elements of a partition are
/// handled in order, by one member after the other. A member that does not ask keeps what it has.
pub struct ringmill_group(RawGroup);

impl Handle for ringmill_group {
    const KIND: &str = "ringmill_group";
}

/// A reading end of partitions: of all, of some, or of those that a group has dealt to it.
///
/// Used by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the first waits.
pub struct ringmill_consumer {
    guard: Guard,
    end: UnsafeCell<RawConsumer>,
    /// Bytes of an element.
    size: usize,
}

// SAFETY: whoever touches what is in the cell is in the guard.
unsafe impl Sync for ringmill_consumer {}

impl Handle for ringmill_consumer {
    const KIND: &str = "ringmill_consumer";
}

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
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let partitions = unsafe { &borrow(partitions)?.0 };
        let consumer = if set.is_null() {
            if set_len > 0 {
                return invalid(format_args!("set is NULL, and set_len {set_len}"));
            }
            partitions.consumer()
        } else {
            // One more than there can be is refused before it is read.
            let most = partitions.rings().len() + 1;
            // SAFETY: H2. It may be unaligned.
            let set = (0..set_len.min(most)).map(|i| unsafe { set.add(i).read_unaligned() });
            partitions.consumer_of(set).map_err(no_set)?
        };
        out.put(ringmill_consumer::give(consumer)?);
        Ok(())
    })
}

/// Frees a reading end. The queue closes with the last one, ringmill_partitions and groups counted,
/// and what is left in it is gone.
///
/// @param[in] consumer  a consumer, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_consumer_free(consumer: *mut ringmill_consumer) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(consumer) };
        Ok(())
    });
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
    status(|| {
        // SAFETY: H2.
        let from = unsafe { Out::optional(out_partition, 0) };
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        let out = target("out", out, 1)?;
        // SAFETY: H2.
        unsafe { consumer.pop(1, timeout_ns, out, from) }.map(drop)
    })
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
    status(|| {
        // SAFETY: H2.
        let from = unsafe { Out::optional(out_partition, 0) };
        // SAFETY: H2.
        let mut number = unsafe { Out::new("out_popped", out_popped, 0)? };
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        let out = target("out", out, max)?;
        fits("max", max, consumer.size)?;
        if max == 0 {
            return Ok(());
        }
        // SAFETY: H2.
        number.put(unsafe { consumer.pop(max, timeout_ns, out, from)? });
        Ok(())
    })
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
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let group = unsafe { borrow(partitions)? }.0.group();
        out.put(handle::give(ringmill_group(group))?);
        Ok(())
    })
}

/// Frees the handle of a group. Its members go on.
///
/// @param[in] group  a group, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_group_free(group: *mut ringmill_group) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(group) };
        Ok(())
    });
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
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let member = unsafe { borrow(group)? }.0.join();
        out.put(ringmill_consumer::give(member)?);
        Ok(())
    })
}

impl ringmill_consumer {
    fn give(end: RawConsumer) -> Result<*mut Self, Status> {
        let size = end.size();
        handle::give(Self { guard: Guard::new(), end: UnsafeCell::new(end), size })
    }

    /// At least one and at most `max` elements, from one partition.
    ///
    /// # Safety
    ///
    /// H2, and `max` is 1 at least.
    #[inline(always)]
    unsafe fn pop(
        &self,
        max: usize,
        timeout_ns: i64,
        out: *mut u8,
        from: Option<Out<usize>>,
    ) -> Result<usize, Status> {
        let _entered = self.guard.enter()?;
        // SAFETY: this thread is in the guard, alone.
        let end = unsafe { &mut *self.end.get() };
        // SAFETY: H2.
        let popped = match unsafe { end.try_pop(out, max) } {
            Some(popped) => popped,
            None => match Patience::of(timeout_ns) {
                Patience::None => Err(PopError::Empty),
                // SAFETY: H2.
                patience => unsafe { end.pop(out, max, patience.deadline()) },
            },
        };
        let popped = popped.map_err(|error| match error {
            PopError::Empty => Status::Empty,
            PopError::TimedOut => Status::TimedOut,
            PopError::Closed => Status::Closed,
        })?;
        if let Some(mut from) = from {
            from.put(end.last_partition().unwrap_or(0));
        }
        Ok(popped)
    }
}

#[cold]
fn no_set(error: SetError) -> Status {
    let status = match error {
        SetError::NoSuchPartition { .. } => Status::NoSuchPartition,
        SetError::Twice { .. } => Status::PartitionTwice,
        SetError::Empty => Status::NoPartitions,
    };
    failed(status, format_args!("{error}"))
}
