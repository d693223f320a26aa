//! Groups of consumers: each message goes to one consumer of every group.

use core::ffi::c_char;
use core::ptr;

use super::super::barrier::{Out, check_size, status};
use super::super::handle::borrow;
use super::{
    refused, ringmill_queue, ringmill_queue_consumer, ringmill_stats, ringmill_status, text,
};

/// Has a group join a queue, which gets the messages that come from now on.
///
/// @param[in] queue  a queue with room for another group: max_groups; any thread
/// @param[in] name   of the group, UTF-8
/// @return RINGMILL_STATUS_OK, _NAME_CONFLICT, _QUOTA_EXCEEDED, _CLOSED, _OUT_OF_MEMORY or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_create_group(
    queue: *mut ringmill_queue,
    name: *const c_char,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let name = unsafe { text("name", name)? };
        let made = queue.queue.create_group(name).map(drop);
        made.map_err(|error| refused(error.code(), &error))
    })
}

/// Removes a group: it gets nothing more, and what it has is gone for it. Leases that its consumers
/// have are taken back: they may read on, and settle no more. Its place is free for another group when
/// the last of its consumers is freed.
///
/// @param[in] queue  a queue; any thread
/// @param[in] name   of the group
/// @return RINGMILL_STATUS_OK, _NOT_FOUND or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_remove_group(
    queue: *mut ringmill_queue,
    name: *const c_char,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let name = unsafe { text("name", name)? };
        queue.queue.remove_group(name).map_err(|error| refused(error.code(), &error))
    })
}

/// Makes a consumer of a group.
///
/// @param[in]  queue  a queue; any thread
/// @param[in]  group  the name of the group; that of ringmill_queue_consumer_new() is "default"
/// @param[out] out    the consumer, to be freed by ringmill_queue_consumer_free(); NULL unless the
///                    status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_group_consumer_new(
    queue: *mut ringmill_queue,
    group: *const c_char,
    out: *mut *mut ringmill_queue_consumer,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let name = unsafe { text("group", group)? };
        let consumer = queue.queue.group(name).and_then(|group| group.consumer());
        let consumer = consumer.map_err(|error| refused(error.code(), &error))?;
        let consumer = consumer.with_strategy(queue.strategy);
        out.put(ringmill_queue_consumer::give(consumer)?);
        Ok(())
    })
}

/// What has happened in a group, and what is in it: as ringmill_queue_stats(), which is that of the
/// group "default".
///
/// @param[in]  queue  a queue; any thread
/// @param[in]  group  the name of the group
/// @param[in]  size   sizeof(ringmill_stats)
/// @param[out] out    the counts; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND; _INVALID_ARGUMENT: if the size is none that this library
///         knows, nothing is written
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_group_stats(
    queue: *const ringmill_queue,
    group: *const c_char,
    size: usize,
    out: *mut ringmill_stats,
) -> ringmill_status {
    status(|| {
        check_size::<ringmill_stats>("size", size)?;
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_stats::default())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let name = unsafe { text("group", group)? };
        let group = queue.queue.group(name).map_err(|error| refused(error.code(), &error))?;
        out.put(ringmill_stats::of(&group.stats()));
        Ok(())
    })
}
