//! Deliveries: leased messages as plain structs.

use core::ffi::c_void;
use core::ptr;

use super::super::barrier::{Out, invalid, status};
use super::super::handle::borrow;
use super::seal::Seal;
use super::{
    bytes, refused, ringmill_header, ringmill_message_id, ringmill_queue_consumer, ringmill_status,
    ringmill_status as Status,
};
use crate::delivery::{Lease, Tries, Why};
use crate::message::{Receipt, Tag};
use crate::queue::{Delivery, ErrorClass, SettleErrorKind};

/// The message itself is wrong: a dead letter now, no retry makes it right.
pub const RINGMILL_CLASS_VALIDATION: u32 = 1;
/// A rule of the application refuses it for now.
pub const RINGMILL_CLASS_BUSINESS: u32 = 2;
/// Something that it needs failed.
pub const RINGMILL_CLASS_SYSTEM: u32 = 3;
/// Handling took too long.
pub const RINGMILL_CLASS_TIMED_OUT: u32 = 4;
/// The handler panicked, or threw an exception.
pub const RINGMILL_CLASS_PANIC: u32 = 5;

/// The right to settle one delivery, as a plain value: may be copied, kept, and given to other
/// threads. One that is made up, changed, or used a second time is told as such.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_receipt {
    /// The library's own.
    pub queue: u64,
    /// The library's own.
    pub place: u64,
    /// The library's own.
    pub lease: u64,
    /// The library's own.
    pub more: u64,
    /// The library's own.
    pub check: u64,
}

/// A message that a consumer has in hand, to be read in place, and to be settled. A plain value.
///
/// Whoever has it reads until it is let go of, which every function that settles it does, whatever
/// its answer; also when its lease has ended meanwhile. Then its pointers are over. A copy that is
/// settled again is answered with RINGMILL_STATUS_ALREADY_SETTLED or _STALE_RECEIPT, and nothing
/// happens.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_delivery {
    /// The payload, in the slot of the queue: aligned to 8 if it stands there.
    pub payload: *const c_void,
    /// How many bytes.
    pub payload_len: usize,
    /// The key; NULL if there is none.
    pub key: *const c_void,
    /// How many bytes.
    pub key_len: usize,
    /// The message's name.
    pub id: ringmill_message_id,
    /// How often its handling has failed before.
    pub attempts: u32,
    /// How often it has been handed out, this time included.
    pub deliveries: u32,
    /// How many headers it has: ringmill_delivery_header().
    pub headers_count: u32,
    /// How often it has died before, where this is a dead letter.
    pub deaths_count: u32,
    /// Its level, 0 to 31.
    pub priority: u32,
    /// Reserved.
    pub reserved: u32,
    /// What settles it from elsewhere.
    pub receipt: ringmill_receipt,
}

/// A header of a delivery, by number.
///
/// @param[in]  consumer  one of the delivery's queue; any thread
/// @param[in]  delivery  a delivery that was not let go of
/// @param[in]  index     below headers_count
/// @param[out] out       name and value, valid as long as the delivery is; all zero unless the status
///                       is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer, or the delivery is of another queue),
///         _STALE_RECEIPT (it was let go of) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_delivery_header(
    consumer: *const ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    index: usize,
    out: *mut ringmill_header,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_header::NONE)? };
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        // SAFETY: H2.
        let tag = unsafe { consumer.tag(delivery)? };
        let header = tag.and_then(|tag| tag.headers().nth(index));
        match header {
            Some(header) => {
                out.put(ringmill_header::of(header));
                Ok(())
            }
            None => Err(not_found()),
        }
    })
}

/// The first header of a delivery with a name.
///
/// @param[in]  consumer  one of the delivery's queue; any thread
/// @param[in]  delivery  a delivery that was not let go of
/// @param[in]  name      any bytes; may be NULL if name_len is 0
/// @param[in]  name_len  how many
/// @param[out] out       as ringmill_delivery_header()
/// @return as ringmill_delivery_header()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_delivery_find_header(
    consumer: *const ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    name: *const c_void,
    name_len: usize,
    out: *mut ringmill_header,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_header::NONE)? };
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        // SAFETY: H2.
        let (name, tag) = unsafe { (bytes("name", name, name_len)?, consumer.tag(delivery)?) };
        let found = tag.and_then(|tag| tag.headers().find(|(other, _)| *other == name));
        match found {
            Some(header) => {
                out.put(ringmill_header::of(header));
                Ok(())
            }
            None => Err(not_found()),
        }
    })
}

pub(super) fn not_found() -> Status {
    super::super::status::failed(Status::NotFound, format_args!("there is none of it"))
}

impl ringmill_header {
    pub(super) const NONE: Self =
        Self { name: ptr::null(), name_len: 0, value: ptr::null(), value_len: 0 };

    pub(super) fn of((name, value): (&[u8], &[u8])) -> Self {
        Self {
            name: name.as_ptr().cast(),
            name_len: name.len(),
            value: value.as_ptr().cast(),
            value_len: value.len(),
        }
    }
}

impl ringmill_delivery {
    pub(in crate::ffi) const NONE: Self = Self {
        payload: ptr::null(),
        payload_len: 0,
        key: ptr::null(),
        key_len: 0,
        id: ringmill_message_id::NONE,
        attempts: 0,
        deliveries: 0,
        headers_count: 0,
        deaths_count: 0,
        priority: 0,
        reserved: 0,
        receipt: ringmill_receipt { queue: 0, place: 0, lease: 0, more: 0, check: 0 },
    };

    #[inline(always)]
    pub(super) fn of(
        delivery: &Delivery<'_, [u8]>,
        (consumer, level): (u64, Option<u32>),
        seal: Seal,
    ) -> Self {
        let key = delivery.key();
        let deaths_count = delivery.history().len() as u32;
        let own = || u32::from(delivery.priority().get());
        // Where there is one level, it is known; but a dead letter keeps its own.
        let priority = level.filter(|_| deaths_count == 0).unwrap_or_else(own);
        Self {
            payload: delivery.as_ptr().cast(),
            payload_len: delivery.len(),
            key: key.map_or(ptr::null(), |key| key.as_ptr().cast()),
            key_len: key.map_or(0, <[u8]>::len),
            id: ringmill_message_id::of(delivery.id()),
            attempts: delivery.attempts(),
            deliveries: delivery.deliveries(),
            headers_count: delivery.headers().count() as u32,
            deaths_count,
            priority,
            reserved: 0,
            receipt: ringmill_receipt::of(delivery.receipt(), consumer, seal),
        }
    }
}

impl ringmill_receipt {
    #[inline(always)]
    fn of(receipt: Receipt, consumer: u64, seal: Seal) -> Self {
        let Receipt { queue, partition, slot, group, lease, tries } = receipt;
        let place = u64::from(partition) << 32 | u64::from(slot);
        let lease = lease.to_bits();
        let class = tries.class.map_or(0, number);
        let rest = [tries.attempts, tries.releases, class as u8, group as u8];
        let more = consumer << 32 | u64::from(u32::from_le_bytes(rest));
        let check = seal.of([queue, place, lease, more]);
        Self { queue, place, lease, more, check }
    }

    /// What it is, and which consumer it was handed to, if this process has made it.
    #[inline(always)]
    pub(super) fn open(self, seal: Seal) -> Option<(Receipt, u64)> {
        let Self { queue, place, lease, more, check } = self;
        if check != seal.of([queue, place, lease, more]) {
            return None;
        }
        let [attempts, releases, class, group, ..] = more.to_le_bytes();
        let (class, why) = (class_of(u32::from(class)), Why::Retry);
        let tries = Tries { attempts, releases, class, why };
        let (partition, slot) = ((place >> 32) as u32, place as u32);
        let (group, lease) = (u32::from(group), Lease::from_bits(lease));
        Some((Receipt { queue, partition, slot, group, lease, tries }, more >> 32))
    }
}

impl ringmill_queue_consumer {
    /// What a delivery names, if it is of this queue.
    ///
    /// # Safety
    ///
    /// H2: it is NULL or can be read.
    #[inline(always)]
    pub(super) unsafe fn open(
        &self,
        delivery: *const ringmill_delivery,
    ) -> Result<(Receipt, u64), Status> {
        if delivery.is_null() {
            return invalid(format_args!("delivery is NULL"));
        }
        // SAFETY: by the caller. It may be unaligned.
        let receipt = unsafe { (&raw const (*delivery).receipt).read_unaligned() };
        match receipt.open(self.seal) {
            Some(opened) if opened.0.queue == self.queue => Ok(opened),
            opened => Err(strange(opened.is_some(), "delivery")),
        }
    }

    /// What belongs to the message of a delivery that is held.
    ///
    /// # Safety
    ///
    /// As [`open`](Self::open).
    pub(super) unsafe fn tag(
        &self,
        delivery: *const ringmill_delivery,
    ) -> Result<Option<&Tag>, Status> {
        // SAFETY: by the caller.
        let (receipt, _) = unsafe { self.open(delivery)? };
        self.lender.tag(&receipt).map_err(|kind| refused(kind.code(), &kind))
    }
}

/// The status of a receipt that is another queue's, or nobody's.
#[cold]
pub(super) fn strange(sealed: bool, what: &str) -> Status {
    if sealed {
        let kind = SettleErrorKind::NotFound;
        return refused(kind.code(), &kind);
    }
    let detail = format_args!("this {what} was not made by the library, or was changed");
    super::super::status::failed(Status::InvalidArgument, detail)
}

/// The number of a class.
pub(super) fn number(class: ErrorClass) -> u32 {
    match class {
        ErrorClass::Validation => RINGMILL_CLASS_VALIDATION,
        ErrorClass::Business => RINGMILL_CLASS_BUSINESS,
        ErrorClass::System => RINGMILL_CLASS_SYSTEM,
        ErrorClass::TimedOut => RINGMILL_CLASS_TIMED_OUT,
        ErrorClass::Panic => RINGMILL_CLASS_PANIC,
    }
}

/// The class of a number.
pub(super) fn class_of(class: u32) -> Option<ErrorClass> {
    match class {
        RINGMILL_CLASS_VALIDATION => Some(ErrorClass::Validation),
        RINGMILL_CLASS_BUSINESS => Some(ErrorClass::Business),
        RINGMILL_CLASS_SYSTEM => Some(ErrorClass::System),
        RINGMILL_CLASS_TIMED_OUT => Some(ErrorClass::TimedOut),
        RINGMILL_CLASS_PANIC => Some(ErrorClass::Panic),
        _ => None,
    }
}
