//! What a call says about itself: a number, a text for it, and the detail of the last failure.

use core::cell::RefCell;
use core::ffi::c_char;
use core::fmt::{self, Write};
use std::ffi::CStr;
use std::string::String;

use crate::code;

/// What a function answers. The numbers are stable, and equal to those of `code()` in Rust.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ringmill_status {
    /// Done.
    Ok = 0,
    /// There is no room now; with bulk calls, none for all of it. Later there may be.
    Full = 1,
    /// There is no element now; with bulk calls, not that many. Later there may be.
    Empty = 2,
    /// Closed: nothing more is accepted or, when taking, everything has been taken.
    Closed = 3,
    /// The time-out passed. Nothing was done.
    TimedOut = 4,
    /// A NULL pointer, a number out of range, a wrong `size` of options, a reservation that is not
    /// open. Nothing was done; ringmill_last_message() says which.
    InvalidArgument = 10,
    /// The capacity is 0 or above RINGMILL_CAPACITY_MAX.
    Capacity = 11,
    /// There is no memory for that many elements.
    OutOfMemory = 12,
    /// The number of partitions is 0 or above RINGMILL_PARTITIONS_MAX.
    PartitionCount = 13,
    /// There is no such partition.
    NoSuchPartition = 14,
    /// A set names a partition twice.
    PartitionTwice = 15,
    /// A set names no partition.
    NoPartitions = 16,
    /// Another thread, or an open reservation, uses this end of a ring, or this handle.
    Busy = 20,
    /// The handle was freed, or is none of this kind. Told by debug builds of the library only.
    StaleHandle = 21,
    /// This platform, or this queue or engine as it was made, has no such thing.
    Unsupported = 22,
    /// The operating system refused; ringmill_last_message() says why.
    System = 23,
    /// A bug of the library, stopped at its boundary. Please report it.
    Panic = 30,
    /// The message is longer than the queue takes.
    TooLarge = 40,
    /// There are more headers, or longer ones, than the queue takes.
    TooManyHeaders = 41,
    /// The queue has no level of this priority.
    NoSuchLevel = 42,
    /// The message has no key, and the queue requires one.
    NoKey = 43,
    /// Too many messages wait behind this key; others come in. Later there may be room.
    KeyFull = 44,
    /// No message waits for so long: 10 years at most.
    DelayTooLong = 45,
    /// The message has an id, and the queue remembers none.
    NoDedup = 46,
    /// Another message was accepted with this id.
    DedupConflict = 47,
    /// The number of the message is not the next in its sequence.
    OutOfOrder = 48,
    /// Another end was opened in the place of this one.
    Fenced = 49,
    /// The lease was taken back: another consumer has the message, had it, or will have it. Nothing
    /// was changed.
    StaleReceipt = 50,
    /// This very delivery has been settled. Nothing was changed.
    AlreadySettled = 51,
    /// The message is gone, there is no queue of this name, or the receipt is of another queue.
    NotFound = 52,
    /// A consumer has the message.
    Leased = 53,
    /// The message waits for no time: it is to be handed out, or parked.
    NotDelayed = 54,
    /// There are as many as there may be; ringmill_last_message() says of what.
    QuotaExceeded = 55,
    /// The message is not set aside: it is handed out as others are, or on its way to the dead letters.
    NotDeferred = 56,
    /// A value that a queue cannot be made with; ringmill_last_message() says which.
    InvalidConfig = 60,
    /// The name is taken by a queue of the engine.
    NameConflict = 61,
}

use ringmill_status as Status;

/// The numbers of Rust's errors.
const _: () = {
    assert!(Status::Full as u32 == code::FULL);
    assert!(Status::Empty as u32 == code::EMPTY);
    assert!(Status::Closed as u32 == code::CLOSED);
    assert!(Status::TimedOut as u32 == code::TIMED_OUT);
    assert!(Status::Capacity as u32 == code::CAPACITY);
    assert!(Status::OutOfMemory as u32 == code::OUT_OF_MEMORY);
    assert!(Status::PartitionCount as u32 == code::PARTITION_COUNT);
    assert!(Status::NoSuchPartition as u32 == code::NO_SUCH_PARTITION);
    assert!(Status::PartitionTwice as u32 == code::PARTITION_TWICE);
    assert!(Status::NoPartitions as u32 == code::NO_PARTITIONS);
    assert!(Status::Unsupported as u32 == code::UNSUPPORTED);
    assert!(Status::TooLarge as u32 == code::TOO_LARGE);
    assert!(Status::TooManyHeaders as u32 == code::TOO_MANY_HEADERS);
    assert!(Status::NoSuchLevel as u32 == code::NO_SUCH_LEVEL);
    assert!(Status::NoKey as u32 == code::NO_KEY);
    assert!(Status::KeyFull as u32 == code::KEY_FULL);
    assert!(Status::DelayTooLong as u32 == code::DELAY_TOO_LONG);
    assert!(Status::NoDedup as u32 == code::NO_DEDUP);
    assert!(Status::DedupConflict as u32 == code::DEDUP_CONFLICT);
    assert!(Status::OutOfOrder as u32 == code::OUT_OF_ORDER);
    assert!(Status::Fenced as u32 == code::FENCED);
    assert!(Status::StaleReceipt as u32 == code::STALE_RECEIPT);
    assert!(Status::AlreadySettled as u32 == code::ALREADY_SETTLED);
    assert!(Status::NotFound as u32 == code::NOT_FOUND);
    assert!(Status::Leased as u32 == code::LEASED);
    assert!(Status::NotDelayed as u32 == code::NOT_DELAYED);
    assert!(Status::QuotaExceeded as u32 == code::QUOTA_EXCEEDED);
    assert!(Status::NotDeferred as u32 == code::NOT_DEFERRED);
    assert!(Status::InvalidConfig as u32 == code::INVALID_CONFIG);
    assert!(Status::NameConflict as u32 == code::NAME_CONFLICT);
};

/// The text of each number that is a status.
const TEXTS: &[(Status, &CStr)] = &[
    (Status::Ok, c"done"),
    (Status::Full, c"there is no room now"),
    (Status::Empty, c"there is no element now"),
    (Status::Closed, c"closed"),
    (Status::TimedOut, c"the time-out passed"),
    (Status::InvalidArgument, c"an argument is invalid"),
    (Status::Capacity, c"the capacity is out of range"),
    (Status::OutOfMemory, c"there is no memory for that many elements"),
    (Status::PartitionCount, c"the number of partitions is out of range"),
    (Status::NoSuchPartition, c"there is no such partition"),
    (Status::PartitionTwice, c"the set names a partition twice"),
    (Status::NoPartitions, c"the set names no partition"),
    (Status::Busy, c"in use by another thread or an open reservation"),
    (Status::StaleHandle, c"the handle was freed or is of another kind"),
    (Status::Unsupported, c"not supported"),
    (Status::System, c"the operating system refused"),
    (Status::Panic, c"a bug of the library was stopped at its boundary"),
    (Status::TooLarge, c"the message is longer than the queue takes"),
    (Status::TooManyHeaders, c"there are too many headers"),
    (Status::NoSuchLevel, c"the queue has no level of this priority"),
    (Status::NoKey, c"the message has no key"),
    (Status::KeyFull, c"too many messages wait behind the key"),
    (Status::DelayTooLong, c"no message waits for so long"),
    (Status::NoDedup, c"the queue remembers no ids"),
    (Status::DedupConflict, c"another message has this id"),
    (Status::OutOfOrder, c"the number is not the next"),
    (Status::Fenced, c"another end took its place"),
    (Status::StaleReceipt, c"the lease was taken back"),
    (Status::AlreadySettled, c"the delivery has been settled"),
    (Status::NotFound, c"there is no such thing here"),
    (Status::Leased, c"a consumer has the message"),
    (Status::NotDelayed, c"the message waits for no time"),
    (Status::QuotaExceeded, c"there are as many as there may be"),
    (Status::NotDeferred, c"the message is not set aside"),
    (Status::InvalidConfig, c"a queue cannot be made so"),
    (Status::NameConflict, c"the name is taken"),
];

impl Status {
    /// That of an error's number.
    pub(super) fn of(code: u32) -> Self {
        let known = TEXTS.iter().find(|(known, _)| *known as u32 == code);
        known.map_or(Self::Panic, |(status, _)| *status)
    }
}

/// A sentence for a status, in English, for log files.
///
/// @param[in] status  any number
/// @return a text that lives for ever, never NULL; "unknown status" for what is no status
/// @note Any thread, at any time, also in a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn ringmill_status_text(status: u32) -> *const c_char {
    let known = TEXTS.iter().find(|(known, _)| *known as u32 == status);
    known.map_or(c"unknown status", |(_, text)| text).as_ptr()
}

std::thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The detail of the last failure in this thread: which argument, which limit, what to do.
///
/// It is written with every status other than RINGMILL_STATUS_OK, _FULL, _EMPTY, _CLOSED and
/// _TIMED_OUT, which need no more words, and stays until the next of these.
///
/// @return a text, never NULL, empty if nothing has failed in this thread. It lives until the next
///         call that fails in this thread; copy it to keep it.
/// @note Any thread; not in a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn ringmill_last_message() -> *const c_char {
    let text = MESSAGE.try_with(|message| match message.try_borrow() {
        Ok(text) if !text.is_empty() => text.as_ptr().cast(),
        _ => c"".as_ptr(),
    });
    text.unwrap_or(c"".as_ptr())
}

/// Keeps the detail of a failure for [`ringmill_last_message`].
#[cold]
pub(super) fn failed(status: Status, detail: fmt::Arguments<'_>) -> Status {
    // A thread that is ending has no place for it any more.
    let _ = MESSAGE.try_with(|message| {
        if let Ok(mut text) = message.try_borrow_mut() {
            text.clear();
            let _ = text.write_fmt(detail);
            text.retain(|letter| letter != '\0');
            text.push('\0');
        }
    });
    status
}

/// The version of the library that is running: RINGMILL_VERSION_NUMBER of its header.
///
/// @return 1,000,000 * major + 1,000 * minor + patch
/// @note Any thread, at any time, also in a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn ringmill_version_number() -> u32 {
    const fn number(text: &str) -> u32 {
        let (mut value, mut at) = (0, 0);
        while at < text.len() {
            value = 10 * value + (text.as_bytes()[at] - b'0') as u32;
            at += 1;
        }
        value
    }
    const {
        1_000_000 * number(env!("CARGO_PKG_VERSION_MAJOR"))
            + 1_000 * number(env!("CARGO_PKG_VERSION_MINOR"))
            + number(env!("CARGO_PKG_VERSION_PATCH"))
    }
}

/// The version of the library that is running, as a text: RINGMILL_VERSION of its header.
///
/// @return a text that lives for ever, never NULL
/// @note Any thread, at any time, also in a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn ringmill_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
