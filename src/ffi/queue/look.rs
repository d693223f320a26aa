//! Looking at messages without taking them, and ending them where they stand.

use core::ffi::c_void;
use core::ptr;
use std::vec::Vec;

use super::super::barrier::{Out, invalid, status, value};
use super::super::handle::{self, Handle, borrow};
use super::super::status::failed;
use super::delivery::not_found;
use super::letters::ringmill_death;
use super::{
    refused, ringmill_header, ringmill_message_handle, ringmill_message_id, ringmill_queue,
    ringmill_status, ringmill_status as Status, span,
};
use crate::message::{Handle as Place, MessageId};
use crate::queue::{MessageState, Peeked};

/// To be handed out.
pub const RINGMILL_STATE_READY: u32 = 1;
/// With a consumer.
pub const RINGMILL_STATE_LEASED: u32 = 2;
/// Waits for a time.
pub const RINGMILL_STATE_DELAYED: u32 = 4;
/// Set aside: it could not go where it should.
pub const RINGMILL_STATE_PARKED: u32 = 5;

/// A message that somebody looks at.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_peeked {
    /// The payload.
    pub payload: *const c_void,
    /// How many bytes.
    pub payload_len: usize,
    /// The key; NULL if there is none.
    pub key: *const c_void,
    /// How many bytes.
    pub key_len: usize,
    /// Its name.
    pub id: ringmill_message_id,
    /// Finds it again.
    pub handle: ringmill_message_handle,
    /// Where it was in its life when it was looked at: one of the RINGMILL_STATE_.
    pub state: u32,
    /// How often it had been handed out.
    pub deliveries: u32,
    /// How many headers it has.
    pub headers_count: u32,
    /// How often it has died before.
    pub deaths_count: u32,
    /// Its level, 0 to 31.
    pub priority: u32,
    /// Reserved.
    pub reserved: u32,
}

/// Chooses messages. It is called in the thread of the call that it was given to, may call every
/// function that frees none of the handles of that call, and must not throw or jump out.
pub type ringmill_filter_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, message: *const ringmill_peeked) -> bool>;

/// Messages that somebody looks at. They take part in nothing: others lease and settle them
/// meanwhile. But each keeps its slot from being used again until the list is freed, so that should
/// be soon.
pub struct ringmill_browse(Vec<Peeked<[u8]>>);

impl Handle for ringmill_browse {
    const KIND: &str = "ringmill_browse";
}

/// Looks at messages, partition by partition, in the order of their offsets.
///
/// @param[in]  queue   a queue; any thread
/// @param[in]  filter  says which; NULL for all
/// @param[in]  user    for the filter
/// @param[out] out     the list, to be freed by ringmill_browse_free(); NULL unless the status is OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_browse(
    queue: *mut ringmill_queue,
    filter: ringmill_filter_fn,
    user: *mut c_void,
    out: *mut *mut ringmill_browse,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let chosen = Chosen::by(filter, user);
        let takes = |peeked: &Peeked<[u8]>| chosen.as_ref().is_none_or(|it| it.takes(peeked));
        out.put(handle::give(ringmill_browse(queue.queue.browse(takes)))?);
        Ok(())
    })
}

/// Looks at the oldest messages of a partition.
///
/// @param[in]  queue      a queue; any thread
/// @param[in]  partition  which one, 0 is the first
/// @param[in]  count      how many at most
/// @param[out] out        as ringmill_queue_browse()
/// @return RINGMILL_STATUS_OK, _NO_SUCH_PARTITION or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_peek(
    queue: *mut ringmill_queue,
    partition: usize,
    count: usize,
    out: *mut *mut ringmill_browse,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let partitions = queue.queue.partitions();
        if partition >= partitions {
            return super::super::partitions::no_such(partition, partitions);
        }
        out.put(handle::give(ringmill_browse(queue.queue.peek(partition, count)))?);
        Ok(())
    })
}

/// Looks at one message.
///
/// @param[in]  queue    a queue; any thread
/// @param[in]  message  from ringmill_enqueue() or ringmill_peeked
/// @param[out] out      as ringmill_queue_browse()
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone, or of another queue) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_inspect(
    queue: *mut ringmill_queue,
    message: *const ringmill_message_handle,
    out: *mut *mut ringmill_browse,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let place = unsafe { queue.place(message)? };
        let peeked = queue.queue.inspect(&place).ok_or_else(not_found)?;
        out.put(handle::give(ringmill_browse(Vec::from([peeked])))?);
        Ok(())
    })
}

/// The handle of a message by its id.
///
/// @param[in]  queue  a queue with RINGMILL_QUEUE_LOOKUP; any thread
/// @param[in]  id     of the message
/// @param[out] out    its handle; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone), _UNSUPPORTED (the queue keeps no ids) or
///         _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_lookup(
    queue: *mut ringmill_queue,
    id: ringmill_message_id,
    out: *mut ringmill_message_handle,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_message_handle::NONE)? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let id = MessageId::new(id.epoch, id.partition, id.offset);
        let found = queue.queue.find(id).map_err(|error| refused(error.code(), &error))?;
        out.put(ringmill_message_handle::of(found));
        Ok(())
    })
}

/// Frees a list of messages that were looked at. Their pointers are over.
///
/// @param[in] browse  a list, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_browse_free(browse: *mut ringmill_browse) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(browse) };
        Ok(())
    });
}

/// How many messages are in a list.
///
/// @param[in] browse  a list; any thread
/// @return their number; 0 if browse is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_browse_len(browse: *const ringmill_browse) -> usize {
    value(0, || {
        // SAFETY: H1.
        Ok(unsafe { borrow(browse)? }.0.len())
    })
}

/// A message of a list.
///
/// @param[in]  browse  a list; any thread
/// @param[in]  index   below its length
/// @param[out] out     the message, whose pointers are valid as long as the list is; all zero unless
///                     the status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_browse_at(
    browse: *const ringmill_browse,
    index: usize,
    out: *mut ringmill_peeked,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_peeked::NONE)? };
        // SAFETY: H1.
        let peeked = unsafe { borrow(browse)? }.0.get(index).ok_or_else(not_found)?;
        out.put(ringmill_peeked::of(peeked));
        Ok(())
    })
}

/// A header of a message of a list.
///
/// @param[in]  browse  a list; any thread
/// @param[in]  index   of the message
/// @param[in]  header  below its headers_count
/// @param[out] out     as ringmill_delivery_header(), valid as long as the list is
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_browse_header(
    browse: *const ringmill_browse,
    index: usize,
    header: usize,
    out: *mut ringmill_header,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_header::NONE)? };
        // SAFETY: H1.
        let peeked = unsafe { borrow(browse)? }.0.get(index);
        let found = peeked.and_then(|peeked| peeked.headers().nth(header));
        out.put(ringmill_header::of(found.ok_or_else(not_found)?));
        Ok(())
    })
}

/// How a message of a list died before.
///
/// @param[in]  browse  a list; any thread
/// @param[in]  index   of the message
/// @param[in]  death   below its deaths_count; 0 is the oldest
/// @param[out] out     as ringmill_delivery_death(), valid as long as the list is
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_browse_death(
    browse: *const ringmill_browse,
    index: usize,
    death: usize,
    out: *mut ringmill_death,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_death::NONE)? };
        // SAFETY: H1.
        let peeked = unsafe { borrow(browse)? }.0.get(index);
        let found = peeked.and_then(|peeked| peeked.history().get(death));
        out.put(ringmill_death::of(found.ok_or_else(not_found)?));
        Ok(())
    })
}

/// Ends a message that no consumer has.
///
/// @param[in] queue    a queue; any thread
/// @param[in] message  as ringmill_queue_inspect()
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone), _LEASED (a consumer has it) or
///         _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_cancel(
    queue: *mut ringmill_queue,
    message: *const ringmill_message_handle,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let place = unsafe { queue.place(message)? };
        queue.queue.cancel(&place).map_err(|error| refused(error.code(), &error))
    })
}

/// Has a message that waits for a time wait for another one.
///
/// @param[in] queue     a queue; any thread
/// @param[in] message   as ringmill_queue_inspect(): one with a delay, that waits for its next
///                      attempt, or that was snoozed
/// @param[in] delay_ns  from now, 0 or more, up to 10 years
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone), _LEASED (a consumer has it), _NOT_DELAYED (it
///         waits for no time), _DELAY_TOO_LONG or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_reschedule(
    queue: *mut ringmill_queue,
    message: *const ringmill_message_handle,
    delay_ns: i64,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        // SAFETY: H2.
        let place = unsafe { queue.place(message)? };
        let put_off = queue.queue.reschedule(&place, span("delay_ns", delay_ns)?);
        put_off.map_err(|error| refused(error.code(), &error))
    })
}

/// Ends every message that no consumer has.
///
/// @param[in]  queue       a queue; any thread
/// @param[in]  filter      says which; NULL for all
/// @param[in]  user        for the filter
/// @param[out] out_purged  how many these were; 0 unless the status is OK; may be NULL
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_purge(
    queue: *mut ringmill_queue,
    filter: ringmill_filter_fn,
    user: *mut c_void,
    out_purged: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out_purged, 0) };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let chosen = Chosen::by(filter, user);
        let takes = |peeked: &Peeked<[u8]>| chosen.as_ref().is_none_or(|it| it.takes(peeked));
        let purged = queue.queue.purge(takes);
        if let Some(mut out) = out {
            out.put(purged);
        }
        Ok(())
    })
}

/// What a filter of C chooses.
pub(super) struct Chosen {
    filter: unsafe extern "C" fn(*mut c_void, *const ringmill_peeked) -> bool,
    user: *mut c_void,
}

impl Chosen {
    pub(super) fn by(filter: ringmill_filter_fn, user: *mut c_void) -> Option<Self> {
        filter.map(|filter| Self { filter, user })
    }

    pub(super) fn takes(&self, peeked: &Peeked<[u8]>) -> bool {
        let message = ringmill_peeked::of(peeked);
        // SAFETY: by the caller, who gave both of them.
        unsafe { (self.filter)(self.user, &raw const message) }
    }
}

impl ringmill_queue {
    /// What a handle of a message names. One that is made up names another message at most.
    ///
    /// # Safety
    ///
    /// H2: it is NULL or can be read.
    unsafe fn place(&self, message: *const ringmill_message_handle) -> Result<Place, Status> {
        if message.is_null() {
            return invalid(format_args!("message is NULL"));
        }
        // SAFETY: by the caller. It may be unaligned.
        let message = unsafe { message.read_unaligned() };
        let ringmill_message_handle { queue, generation, partition, slot } = message;
        let there = (partition as usize) < self.queue.partitions()
            && (slot as usize) < self.queue.capacity();
        if there {
            return Ok(Place { queue, partition, slot, generation });
        }
        Err(failed(Status::NotFound, format_args!("this is no message of the queue")))
    }
}

impl ringmill_peeked {
    const NONE: Self = Self {
        payload: ptr::null(),
        payload_len: 0,
        key: ptr::null(),
        key_len: 0,
        id: ringmill_message_id::NONE,
        handle: ringmill_message_handle::NONE,
        state: 0,
        deliveries: 0,
        headers_count: 0,
        deaths_count: 0,
        priority: 0,
        reserved: 0,
    };

    fn of(peeked: &Peeked<[u8]>) -> Self {
        let key = peeked.key();
        Self {
            payload: peeked.as_ptr().cast(),
            payload_len: peeked.len(),
            key: key.map_or(ptr::null(), |key| key.as_ptr().cast()),
            key_len: key.map_or(0, <[u8]>::len),
            id: ringmill_message_id::of(peeked.id()),
            handle: ringmill_message_handle::of(peeked.handle()),
            state: match peeked.state() {
                MessageState::Leased => RINGMILL_STATE_LEASED,
                MessageState::Delayed => RINGMILL_STATE_DELAYED,
                MessageState::Parked => RINGMILL_STATE_PARKED,
                _ => RINGMILL_STATE_READY,
            },
            deliveries: peeked.deliveries(),
            headers_count: peeked.headers().count() as u32,
            deaths_count: peeked.history().len() as u32,
            priority: u32::from(peeked.priority().get()),
            reserved: 0,
        }
    }
}
