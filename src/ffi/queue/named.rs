//! Queues by name.

use core::ffi::c_char;
use core::ptr;

use super::super::barrier::{Out, read_options, status, value};
use super::super::channel::strategy;
use super::super::handle::{self, Handle, borrow};
use super::delivery::not_found;
use super::letters::{User, tell};
use super::seal::Seal;
use super::{
    refused, ringmill_engine, ringmill_queue_options, ringmill_status, ringmill_status as Status,
    text,
};
use crate::queue::{Queue, Strategy};

/// A queue of messages that are leased, settled, tried again, and given up as dead letters.
///
/// A handle: several of them may be the same queue. It closes with the last one; consumers may still
/// take what is in it.
pub struct ringmill_queue {
    pub(super) queue: Queue<[u8]>,
    /// How blocking calls of its ends wait.
    pub(super) strategy: Strategy,
    pub(super) seal: Seal,
}

impl Handle for ringmill_queue {
    const KIND: &str = "ringmill_queue";
}

/// Makes a queue.
///
/// @param[in]  engine   the engine that it belongs to; may be freed before the queue
/// @param[in]  name     UTF-8, one byte or more, not that of another queue of the engine
/// @param[in]  options  what it shall be like; NULL for the defaults
/// @param[out] out      the queue, to be freed by ringmill_queue_free(); NULL unless the status is OK
/// @return RINGMILL_STATUS_OK, _INVALID_CONFIG, _NAME_CONFLICT, _CLOSED (the engine is),
///         _OUT_OF_MEMORY or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_new(
    engine: *mut ringmill_engine,
    name: *const c_char,
    options: *const ringmill_queue_options,
    out: *mut *mut ringmill_queue,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let engine = unsafe { borrow(engine)? };
        // SAFETY: H2.
        let (name, options) = unsafe {
            let default = ringmill_queue_options::defaults();
            let options = if options.is_null() { default } else { read_options(options)? };
            (text("name", name)?, options)
        };
        let strategy = strategy(options.wait)?;
        // SAFETY: H2.
        let builder = unsafe { options.apply(Queue::builder(name).engine(&engine.engine))? };
        let user = User::new(options.on_dead_user, options.on_dead_release);
        let builder = tell(builder, options.on_dead, &user);
        let queue = builder.build().map_err(|error| refused(error.code(), &error))?;
        out.put(ringmill_queue::give(queue, strategy)?);
        user.take();
        Ok(())
    })
}

/// Another handle of a queue, by its name.
///
/// @param[in]  engine  an engine
/// @param[in]  name    of one of its queues
/// @param[out] out     the queue, to be freed by ringmill_queue_free(); NULL unless the status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_find(
    engine: *mut ringmill_engine,
    name: *const c_char,
    out: *mut *mut ringmill_queue,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let engine = unsafe { borrow(engine)? };
        // SAFETY: H2.
        let name = unsafe { text("name", name)? };
        let queue = engine.engine.queue(name).ok_or_else(not_found)?;
        out.put(ringmill_queue::give(queue, Strategy::default())?);
        Ok(())
    })
}

/// The queue that a queue's dead letters go to.
///
/// @param[in]  queue  a queue
/// @param[out] out    the other one, to be freed by ringmill_queue_free(); NULL unless the status is
///                    OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (there is none) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_dead_letters(
    queue: *mut ringmill_queue,
    out: *mut *mut ringmill_queue,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let dead = queue.queue.dead_letters().ok_or_else(not_found)?;
        out.put(ringmill_queue::give(dead, queue.strategy)?);
        Ok(())
    })
}

/// Frees a handle of a queue. The queue closes with the last one; producers and consumers of it may
/// be used on, and are freed on their own.
///
/// @param[in] queue  a queue, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_free(queue: *mut ringmill_queue) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(queue) };
        Ok(())
    });
}

/// How many partitions a queue has.
///
/// @param[in] queue  a queue; any thread
/// @return their number; 0 if queue is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_partitions(queue: *const ringmill_queue) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(queue)? }.queue.partitions())
    })
}

/// How many messages each partition has room for.
///
/// @param[in] queue  a queue; any thread
/// @return the capacity; 0 if queue is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_capacity(queue: *const ringmill_queue) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(queue)? }.queue.capacity())
    })
}

/// How many messages are in a queue, in whatever state.
///
/// @param[in] queue  a queue; any thread
/// @return a number that was right at one moment of the call, or nearly so; 0 if queue is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_len(queue: *const ringmill_queue) -> u64 {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(queue)? }.queue.len())
    })
}

impl ringmill_queue {
    fn give(queue: Queue<[u8]>, strategy: Strategy) -> Result<*mut Self, Status> {
        handle::give(Self { queue, strategy, seal: Seal::new() })
    }
}
