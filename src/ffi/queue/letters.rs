//! Dead letters: how they died, and how they go back.

use core::ffi::{c_char, c_void};
use core::ptr;
use std::vec::Vec;

use bytes::Bytes;

use super::super::barrier::{Out, check_size, invalid, read_options, status};
use super::super::handle::borrow;
use super::delivery::{not_found, number};
use super::engine::wall_ns;
use super::look::{Chosen, ringmill_filter_fn};
use super::message::view;
use super::{
    ringmill_delivery, ringmill_message, ringmill_queue, ringmill_queue_consumer, ringmill_status,
};
use crate::message::Death;
use crate::queue::{DeadLetter, QueueBuilder, Redrive};
use crate::sync::Arc;

/// Its handler said so, or its error was of RINGMILL_CLASS_VALIDATION.
pub const RINGMILL_REASON_REJECTED: u32 = 1;
/// Its handling failed once more than the policy retries.
pub const RINGMILL_REASON_MAX_ATTEMPTS: u32 = 2;
/// It was handed out as often as is allowed.
pub const RINGMILL_REASON_MAX_DELIVERIES: u32 = 3;
/// Its time to live was over.
pub const RINGMILL_REASON_EXPIRED: u32 = 4;
/// The queue was full, and it was the oldest.
pub const RINGMILL_REASON_OVERFLOW: u32 = 5;
/// Its key was parked behind another dead letter, and so were as many others as may be.
pub const RINGMILL_REASON_KEY_PARKED: u32 = 6;

/// One entry of a dead letter's history. Texts are not NUL-terminated; they are valid as long as what
/// they came with.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_death {
    /// The name of the queue that gave it up, UTF-8.
    pub queue: *const c_char,
    /// How many bytes.
    pub queue_len: usize,
    /// The name of the group whose handling failed, UTF-8.
    pub group: *const c_char,
    /// How many bytes.
    pub group_len: usize,
    /// What the handler said, UTF-8, at most 1 KiB.
    pub text: *const c_char,
    /// How many bytes.
    pub text_len: usize,
    /// Why: one of the RINGMILL_REASON_.
    pub reason: u32,
    /// The class of the last error, one of the RINGMILL_CLASS_; 0 if it failed by none.
    pub cause: u32,
    /// How often its handling had failed.
    pub attempts: u32,
    /// How often it had been handed out.
    pub deliveries: u32,
    /// The number of the consumer that had it last; 0 if none had.
    pub consumer: u64,
    /// When it was given up: nanoseconds since 1970-01-01 00:00 UTC.
    pub at_ns: i64,
}

/// How a delivery died before, where it is a dead letter.
///
/// @param[in]  consumer  one of the delivery's queue; any thread
/// @param[in]  delivery  a delivery that was not let go of
/// @param[in]  index     below deaths_count; 0 is the oldest
/// @param[out] out       valid as long as the delivery is; all zero unless the status is OK
/// @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer, or the delivery is of another queue),
///         _STALE_RECEIPT (it was let go of) or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_delivery_death(
    consumer: *const ringmill_queue_consumer,
    delivery: *const ringmill_delivery,
    index: usize,
    out: *mut ringmill_death,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ringmill_death::NONE)? };
        // SAFETY: H1.
        let consumer = unsafe { borrow(consumer)? };
        // SAFETY: H2.
        let tag = unsafe { consumer.tag(delivery)? };
        let death = tag.and_then(|tag| tag.history().get(index));
        out.put(ringmill_death::of(death.ok_or_else(not_found)?));
        Ok(())
    })
}

/// What is called with a dead letter that no queue takes, before it is dropped: by whichever thread
/// ended the message, also one of the library's. It may call every function but those that free the
/// queue's handles and the engine; taking messages by the consumer that ended this one is answered with
/// RINGMILL_STATUS_BUSY. It is to be quick, and must not throw or jump out.
///
/// The message and the death are valid during the call.
pub type ringmill_dead_fn = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        message: *const ringmill_message,
        death: *const ringmill_death,
    ),
>;

/// What is called when the library does not need the user data of a callback any more: once, by
/// whichever thread that is.
pub type ringmill_release_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// The user data of a callback.
pub(super) struct User {
    data: *mut c_void,
    release: ringmill_release_fn,
    /// Set when the library has taken the data over.
    taken: std::sync::OnceLock<()>,
}

// SAFETY: the callbacks are called by any thread, as the header says.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl User {
    pub(super) fn new(data: *mut c_void, release: ringmill_release_fn) -> Arc<Self> {
        Arc::new(Self { data, release, taken: std::sync::OnceLock::new() })
    }

    /// The data is the library's from now on.
    pub(super) fn take(&self) {
        self.taken.get_or_init(|| ());
    }

    fn data(&self) -> *mut c_void {
        self.data
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let (Some(release), Some(())) = (self.release, self.taken.get()) {
            // SAFETY: by the caller, who gave both of them.
            unsafe { release(self.data) };
        }
    }
}

/// Has a queue call `on_dead`.
pub(super) fn tell(
    builder: QueueBuilder<[u8]>,
    on_dead: ringmill_dead_fn,
    user: &Arc<User>,
) -> QueueBuilder<[u8]> {
    let Some(on_dead) = on_dead else { return builder };
    let user = Arc::clone(user);
    builder.on_dead(move |letter: &DeadLetter<[u8]>| {
        let mut headers = Vec::new();
        let message = view::<Bytes>(letter.message(), &mut headers);
        let death = ringmill_death::of(letter.death());
        // SAFETY: by the caller, who gave it. What it is shown lives as long as the call.
        unsafe { on_dead(user.data(), &raw const message, &raw const death) };
    })
}

/// Which dead letters go back, and how fast. Made by ringmill_redrive_options_init(), then changed; a
/// field that is 0 has its default.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_redrive_options {
    /// sizeof(ringmill_redrive_options), from the init function.
    pub size: usize,
    /// Says which; called during the call alone. Default NULL: all.
    pub filter: ringmill_filter_fn,
    /// For the filter.
    pub user: *mut c_void,
    /// At most so many. Default: no bound.
    pub max: usize,
    /// At most so many a second; the calling thread sleeps in between. Default: no bound.
    pub per_second: u32,
    /// Whether it only says what would be done.
    pub dry_run: bool,
}

/// What a redrive did.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_redrive_report {
    /// How many were chosen.
    pub matched: usize,
    /// How many went back.
    pub moved: usize,
    /// How many stay: their queue is full, closed, or not there.
    pub refused: usize,
}

/// Fills options with zeros, and their size.
///
/// @param[in]  size  sizeof(ringmill_redrive_options)
/// @param[out] out   the options
/// @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
///         library knows: nothing is written then
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_redrive_options_init(
    size: usize,
    out: *mut ringmill_redrive_options,
) -> ringmill_status {
    status(|| {
        check_size::<ringmill_redrive_options>("size", size)?;
        // SAFETY: H2.
        unsafe { Out::new("out", out, ringmill_redrive_options::defaults()) }.map(drop)
    })
}

/// Sends dead letters back to the queues that they came from, with a new place at the end and all of
/// their attempts.
///
/// @param[in]  queue    the queue of the dead letters; any thread
/// @param[in]  options  which, and how fast; NULL for all of them
/// @param[out] out      what was done; all zero unless the status is OK; may be NULL
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_redrive(
    queue: *mut ringmill_queue,
    options: *const ringmill_redrive_options,
    out: *mut ringmill_redrive_report,
) -> ringmill_status {
    status(|| {
        let none = ringmill_redrive_report { matched: 0, moved: 0, refused: 0 };
        // SAFETY: H2.
        let out = unsafe { Out::optional(out, none) };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let options = if options.is_null() {
            ringmill_redrive_options::defaults()
        } else {
            // SAFETY: H2. A byte that is no truth value is refused before it is taken for one.
            unsafe {
                let dry = (&raw const (*options).dry_run).cast::<u8>().read_unaligned();
                if dry > 1 {
                    return invalid(format_args!("dry_run is {dry}; take 0 or 1"));
                }
                read_options(options)?
            }
        };
        let mut redrive = Redrive::new().dry_run(options.dry_run);
        if options.max != 0 {
            redrive = redrive.max(options.max);
        }
        if options.per_second != 0 {
            redrive = redrive.rate(options.per_second);
        }
        if let Some(filter) = Chosen::by(options.filter, options.user) {
            redrive = redrive.filter(move |peeked| filter.takes(peeked));
        }
        let report = queue.queue.redrive(redrive);
        if let Some(mut out) = out {
            let (matched, moved, refused) = (report.matched, report.moved, report.refused);
            out.put(ringmill_redrive_report { matched, moved, refused });
        }
        Ok(())
    })
}

impl ringmill_redrive_options {
    fn defaults() -> Self {
        let size = size_of::<Self>();
        Self { size, filter: None, user: ptr::null_mut(), max: 0, per_second: 0, dry_run: false }
    }
}

impl ringmill_death {
    pub(super) const NONE: Self = Self {
        queue: ptr::null(),
        queue_len: 0,
        group: ptr::null(),
        group_len: 0,
        text: ptr::null(),
        text_len: 0,
        reason: 0,
        cause: 0,
        attempts: 0,
        deliveries: 0,
        consumer: 0,
        at_ns: 0,
    };

    pub(super) fn of(death: &Death) -> Self {
        Self {
            queue: death.queue.as_ptr().cast(),
            queue_len: death.queue.len(),
            group: death.group.as_ptr().cast(),
            group_len: death.group.len(),
            text: death.text.as_ptr().cast(),
            text_len: death.text.len(),
            reason: death.reason as u32,
            cause: death.class.map_or(0, number),
            attempts: death.attempts,
            deliveries: death.deliveries,
            consumer: death.consumer,
            at_ns: wall_ns(death.at),
        }
    }
}
