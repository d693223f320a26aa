//! Payloads that are written where they will be read.

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr;
use std::vec::Vec;

use super::super::barrier::{Out, invalid, status};
use super::super::handle::borrow;
use super::message::read;
use super::producer::put;
use super::{
    bytes, refused, ringmill_enqueued, ringmill_message, ringmill_queue_producer, ringmill_status,
    ringmill_status as Status,
};
use crate::message::Due;
use crate::queue::Reserved;

/// Room for a payload in a queue, to be written in place, and then committed.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_slot {
    /// Zeroed, of len bytes, aligned to 8; NULL if there is no room.
    pub data: *mut c_void,
    /// How many bytes.
    pub len: usize,
    /// The library's own.
    pub token: u64,
    /// The library's own.
    pub check: u64,
}

/// Reserves room for a payload, to be written in place. Never waits.
///
/// Nothing is in the queue until ringmill_commit(): other producers proceed meanwhile, and the
/// message takes its place in the order when it is committed. A payload up to the queue's
/// inline_bytes stands in the slot; a longer one is allocated. Every reservation must end in
/// ringmill_commit() or ringmill_cancel(), or with its producer.
///
/// @param[in]  producer  used by one thread at a time
/// @param[in]  len       bytes, 0 to the queue's max_payload
/// @param[in]  about     key, headers, priority, times and id of the message, copied; its payload is
///                       ignored; may be NULL
/// @param[out] out       the room; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _FULL, _CLOSED, _TOO_LARGE, _TOO_MANY_HEADERS, _OUT_OF_MEMORY, _BUSY
///         or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_reserve(
    producer: *mut ringmill_queue_producer,
    len: usize,
    about: *const ringmill_message,
    out: *mut ringmill_slot,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_slot::NONE)? };
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        let _entered = producer.guard.enter()?;
        // SAFETY: this thread is in the guard. Reservations look at the producer alone.
        let end = unsafe { &mut *producer.end.get() };
        let mut reserved = if about.is_null() {
            end.producer.reserve(len, None)
        } else {
            // SAFETY: H2.
            let raw = unsafe { read(about)? };
            // SAFETY: H2.
            let about = unsafe { raw.with((), end.limits)? };
            let id = match raw.dedup_id.is_null() {
                true => None,
                // SAFETY: H2.
                false => Some(unsafe { bytes("dedup_id", raw.dedup_id, raw.dedup_id_len)? }),
            };
            end.producer.reserve(len, about.get_key()).map(|reserved| {
                let reserved = match about.get_ttl() {
                    Some(ttl) => reserved.ttl(ttl),
                    None => reserved,
                };
                let reserved = match id {
                    Some(id) => reserved.dedup_id(id),
                    None => reserved,
                };
                let reserved = reserved.priority(about.get_priority());
                let reserved = match about.get_due() {
                    None => reserved,
                    Some(Due::After(delay)) => reserved.after(delay),
                    Some(Due::At(date)) => reserved.at(date),
                };
                let headers = about.headers();
                headers.fold(reserved, |reserved, (name, value)| reserved.header(name, value))
            })
        }
        .map_err(|kind| refused(kind.code(), &kind))?;
        let data = reserved.as_mut_ptr().cast();
        // SAFETY: it borrows the producer, which stays where it is until the handle is freed, and
        // is dropped after it.
        let reserved = unsafe { transmute::<Reserved<'_>, Reserved<'static>>(reserved) };
        let token = end.open.add(reserved);
        let check = producer.seal_of(data, len, token);
        out.put(ringmill_slot { data, len, token, check });
        Ok(())
    })
}

/// Puts a reservation into the queue.
///
/// @param[in]  producer  the one that reserved; used by one thread at a time
/// @param[in]  slot      the room; the reservation is over unless the status is _INVALID_ARGUMENT or
///                       _BUSY
/// @param[out] out       as ringmill_enqueue()
/// @return RINGMILL_STATUS_OK, _CLOSED (meanwhile), _FULL (there is no room for the bytes of the
///         headers), _NO_SUCH_LEVEL, _NO_KEY, _DELAY_TOO_LONG, _BUSY; _INVALID_ARGUMENT if the slot is none of an
///         open reservation
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_commit(
    producer: *mut ringmill_queue_producer,
    slot: *const ringmill_slot,
    out: *mut ringmill_enqueued,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out, ringmill_enqueued::NONE) };
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        let _entered = producer.guard.enter()?;
        // SAFETY: H2.
        let reserved = unsafe { producer.close(slot)? };
        put(reserved.commit(), out)
    })
}

/// Gives a reservation up. Nothing has happened, and the room is free again.
///
/// @param[in] producer  as ringmill_commit()
/// @param[in] slot      as ringmill_commit()
/// @return RINGMILL_STATUS_OK, _BUSY; _INVALID_ARGUMENT if the slot is none of an open reservation
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_cancel(
    producer: *mut ringmill_queue_producer,
    slot: *const ringmill_slot,
) -> ringmill_status {
    status(|| {
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        let _entered = producer.guard.enter()?;
        // SAFETY: H2.
        drop(unsafe { producer.close(slot)? });
        Ok(())
    })
}

/// Reservations by token, which never comes again.
pub(super) struct Reservations {
    open: Vec<(u64, Reserved<'static>)>,
    next: u64,
}

impl Reservations {
    pub(super) fn new() -> Self {
        Self { open: Vec::new(), next: 1 }
    }

    fn add(&mut self, reserved: Reserved<'static>) -> u64 {
        let token = self.next;
        self.next += 1;
        self.open.push((token, reserved));
        token
    }

    fn take(&mut self, token: u64) -> Option<Reserved<'static>> {
        // There are few at a time.
        let at = self.open.iter().position(|(open, _)| *open == token)?;
        Some(self.open.swap_remove(at).1)
    }
}

impl ringmill_slot {
    const NONE: Self = Self { data: ptr::null_mut(), len: 0, token: 0, check: 0 };
}

impl ringmill_queue_producer {
    /// What tells that this producer made a slot.
    fn seal_of(&self, data: *mut c_void, len: usize, token: u64) -> u64 {
        self.seal.of([ptr::from_ref(self).addr() as u64, data.addr() as u64, len as u64, token])
    }

    /// Ends a reservation; the caller is in the guard.
    ///
    /// # Safety
    ///
    /// H2: the slot is NULL or can be read.
    unsafe fn close(&self, slot: *const ringmill_slot) -> Result<Reserved<'_>, Status> {
        if slot.is_null() {
            return invalid(format_args!("slot is NULL"));
        }
        // SAFETY: by the caller.
        let ringmill_slot { data, len, token, check } = unsafe { slot.read_unaligned() };
        if check != self.seal_of(data, len, token) {
            return invalid(format_args!("this is no reservation of this producer"));
        }
        // SAFETY: this thread is in the guard.
        let end = unsafe { &mut *self.end.get() };
        match end.open.take(token) {
            Some(reserved) => Ok(reserved),
            None => invalid(format_args!("this reservation is over")),
        }
    }
}
