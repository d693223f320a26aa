//! Messages, as they go in.

use core::ffi::c_void;
use core::ptr;
use std::vec::Vec;

use bytes::Bytes;

use super::super::barrier::invalid;
use super::engine::{date_of, wall_ns};
use super::{Status, bytes, nanos, refused, span};
use crate::message::{Due, Message, Priority};
use crate::queue::EnqueueErrorKind;
use crate::queue::by_value::Limits;

/// Level 8.
pub const RINGMILL_PRIORITY_LOW: u32 = 8;
/// Level 16: what a message has that says nothing.
pub const RINGMILL_PRIORITY_NORMAL: u32 = 16;
/// Level 24.
pub const RINGMILL_PRIORITY_HIGH: u32 = 24;
/// Level 31.
pub const RINGMILL_PRIORITY_CRITICAL: u32 = 31;
/// Level 0, since 0 stands for RINGMILL_PRIORITY_NORMAL.
pub const RINGMILL_PRIORITY_LOWEST: u32 = 32;

/// A name and a value. Any bytes; a name may come more than once.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_header {
    /// May be NULL if name_len is 0.
    pub name: *const c_void,
    /// How many bytes.
    pub name_len: usize,
    /// May be NULL if value_len is 0.
    pub value: *const c_void,
    /// How many bytes.
    pub value_len: usize,
}

/// A message to be put in. All of it is copied by the call. Begin with `ringmill_message m = {0};`,
/// and set what is wanted: what is 0 is not there.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_message {
    /// The payload, any bytes; may be NULL if payload_len is 0.
    pub payload: *const c_void,
    /// How many bytes, up to the queue's max_payload.
    pub payload_len: usize,
    /// Messages with one key go to one partition. NULL: without a key. Any bytes; up to 22 of them
    /// stand in the slot, longer keys are allocated.
    pub key: *const c_void,
    /// How many bytes.
    pub key_len: usize,
    /// An array; may be NULL if headers_count is 0. Headers are allocated.
    pub headers: *const ringmill_header,
    /// How many there are.
    pub headers_count: usize,
    /// Not to be handed out before so long after it is accepted, up to 10 years. 0: at once.
    pub delay_ns: i64,
    /// In place of it, not before this date: nanoseconds since 1970-01-01 00:00 UTC. One in the past
    /// is now. 0: at once.
    pub due_at_ns: i64,
    /// How long it may live since it is due; then it is a dead letter, unless a consumer has it. 0: as
    /// the queue says.
    pub ttl_ns: i64,
    /// The id that tells whether it was sent before, any bytes, of which a hash is kept. NULL: none.
    pub dedup_id: *const c_void,
    /// How many bytes.
    pub dedup_id_len: usize,
    /// A level of 1 to 31, or RINGMILL_PRIORITY_LOWEST for level 0; one of those that the queue
    /// declares. 0: RINGMILL_PRIORITY_NORMAL.
    pub priority: u32,
    /// Reserved: 0.
    pub flags: u32,
}

impl ringmill_message {
    pub(super) const NONE: Self = Self {
        payload: ptr::null(),
        payload_len: 0,
        key: ptr::null(),
        key_len: 0,
        headers: ptr::null(),
        headers_count: 0,
        delay_ns: 0,
        due_at_ns: 0,
        ttl_ns: 0,
        dedup_id: ptr::null(),
        dedup_id_len: 0,
        priority: 0,
        flags: 0,
    };

    /// The message with this payload.
    ///
    /// # Safety
    ///
    /// H2.
    #[inline(always)]
    pub(super) unsafe fn with<P>(&self, payload: P, limits: Limits) -> Result<Message<P>, Status> {
        let mut message = Message::new(payload);
        // SAFETY: H2.
        unsafe {
            if !self.key.is_null() {
                message = message.key(bytes("key", self.key, self.key_len)?);
            }
            if self.is_more() {
                message = self.more(message, limits)?;
            }
        }
        Ok(message)
    }

    /// Whether anything is set beside the payload and the key.
    #[inline(always)]
    fn is_more(&self) -> bool {
        let times = self.delay_ns | self.due_at_ns | self.ttl_ns;
        let key = self.key.is_null() && self.key_len != 0;
        self.headers_count | self.dedup_id_len != 0
            || times != 0
            || self.priority | self.flags != 0
            || !self.dedup_id.is_null()
            || key
    }

    /// # Safety
    ///
    /// H2.
    #[cold]
    unsafe fn more<P>(
        &self,
        mut message: Message<P>,
        limits: Limits,
    ) -> Result<Message<P>, Status> {
        if self.key.is_null() && self.key_len != 0 {
            return invalid(format_args!("key is NULL, and key_len {}", self.key_len));
        }
        if self.flags != 0 {
            return invalid(format_args!(
                "flags are {:#x}, of which there are none yet",
                self.flags
            ));
        }
        if self.ttl_ns != 0 {
            message = message.ttl(span("ttl_ns", self.ttl_ns)?);
        }
        if self.dedup_id.is_null() && self.dedup_id_len != 0 {
            return invalid(format_args!(
                "dedup_id is NULL, and dedup_id_len {}",
                self.dedup_id_len
            ));
        }
        if !self.dedup_id.is_null() {
            // SAFETY: H2.
            message =
                message.dedup_id(unsafe { bytes("dedup_id", self.dedup_id, self.dedup_id_len)? });
        }
        match (self.delay_ns, self.due_at_ns) {
            (0, 0) => {}
            (0, date) => message = message.at(date_of(date)),
            (delay, 0) => message = message.after(span("delay_ns", delay)?),
            (_, _) => return invalid(format_args!("both delay_ns and due_at_ns are set")),
        }
        let level = match self.priority {
            0 => RINGMILL_PRIORITY_NORMAL,
            RINGMILL_PRIORITY_LOWEST => 0,
            level => level,
        };
        match u8::try_from(level).ok().and_then(Priority::new) {
            Some(priority) => message = message.priority(priority),
            None => {
                return invalid(format_args!("priority is {level}; take 0 to 32"));
            }
        }
        if self.headers_count == 0 {
            return Ok(message);
        }
        if self.headers.is_null() {
            return invalid(format_args!(
                "headers is NULL, and headers_count {}",
                self.headers_count
            ));
        }
        // Refused before they are copied.
        if self.headers_count > limits.headers {
            return Err(limits.too_many_headers());
        }
        let mut left = limits.header_bytes;
        for i in 0..self.headers_count {
            // SAFETY: H2. They may be unaligned.
            unsafe {
                let header = self.headers.add(i).read_unaligned();
                let name = bytes("a header's name", header.name, header.name_len)?;
                let value = bytes("a header's value", header.value, header.value_len)?;
                let needed = name.len().saturating_add(value.len());
                left = left.checked_sub(needed).ok_or_else(|| limits.too_many_headers())?;
                message = message.header(name, value);
            }
        }
        Ok(message)
    }
}

impl Limits {
    #[cold]
    fn too_many_headers(self) -> Status {
        let kind = EnqueueErrorKind::TooManyHeaders {
            limit: self.headers,
            limit_bytes: self.header_bytes,
        };
        refused(kind.code(), &kind)
    }
}

/// Reads a message.
///
/// # Safety
///
/// H2.
#[inline(always)]
pub(super) unsafe fn read(message: *const ringmill_message) -> Result<ringmill_message, Status> {
    if message.is_null() {
        return invalid(format_args!("message is NULL"));
    }
    // SAFETY: by the caller. It may be unaligned.
    Ok(unsafe { message.read_unaligned() })
}

/// The payload: not copied yet if a slot has room for it, which copies it.
///
/// # Safety
///
/// H2; and the payload is not used any more when the caller's call is over.
#[inline(always)]
pub(super) unsafe fn payload(message: &ringmill_message, limits: Limits) -> Result<Bytes, Status> {
    if message.payload_len > limits.payload {
        let kind = EnqueueErrorKind::TooLarge { bytes: message.payload_len, limit: limits.payload };
        return Err(refused(kind.code(), &kind));
    }
    // SAFETY: by the caller.
    let payload: &'static [u8] = unsafe { bytes("payload", message.payload, message.payload_len)? };
    if payload.len() <= limits.room {
        return Ok(Bytes::from_static(payload));
    }
    Ok(Bytes::copy_from_slice(payload))
}

/// A message as C sees it; its headers are in a list of their own.
pub(super) fn view<P: AsRef<[u8]>>(
    message: &Message<P>,
    headers: &mut Vec<ringmill_header>,
) -> ringmill_message {
    let (payload, key) = (message.payload().as_ref(), message.get_key());
    headers.extend(message.headers().map(ringmill_header::of));
    let (delay_ns, due_at_ns) = match message.get_due() {
        None => (0, 0),
        Some(Due::After(delay)) => (nanos(delay), 0),
        Some(Due::At(date)) => (0, wall_ns(date)),
    };
    ringmill_message {
        payload: payload.as_ptr().cast(),
        payload_len: payload.len(),
        key: key.map_or(ptr::null(), |key| key.as_ptr().cast()),
        key_len: key.map_or(0, <[u8]>::len),
        headers: headers.as_ptr(),
        headers_count: headers.len(),
        delay_ns,
        due_at_ns,
        ttl_ns: message.get_ttl().map_or(0, nanos),
        dedup_id: ptr::null(),
        dedup_id_len: 0,
        priority: match message.get_priority().get() {
            0 => RINGMILL_PRIORITY_LOWEST,
            level => u32::from(level),
        },
        flags: 0,
    }
}
