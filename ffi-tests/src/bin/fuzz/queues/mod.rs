//! Queues of one engine whose time stands still: two or more of them, with groups and dead letters.

mod ends;
mod held;
mod looking;
mod made;

use std::sync::Mutex;

use ringmill::ffi::ringmill_status as Status;
use ringmill::ffi::*;

use crate::arguments::Rng;
use crate::count::Counts;

pub(crate) use self::made::make_or_free;

/// Names of queues.
const NAMES: [&std::ffi::CStr; 3] = [c"a", c"b", c"dead"];
/// Names of groups.
const GROUPS: [&std::ffi::CStr; 3] = [c"default", c"one", c"two"];

/// What a function says that does not like its arguments.
const BAD: &[Status] = &[Status::InvalidArgument, Status::StaleHandle];
/// What taking a message says where there is none.
const NOTHING: &[Status] = &[
    Status::InvalidArgument,
    Status::StaleHandle,
    Status::Empty,
    Status::TimedOut,
    Status::Closed,
    Status::Busy,
    Status::Unsupported,
];
/// Why a message is not accepted.
const REFUSED: &[Status] = &[
    Status::InvalidArgument,
    Status::StaleHandle,
    Status::Full,
    Status::TimedOut,
    Status::Closed,
    Status::Busy,
    Status::TooLarge,
    Status::TooManyHeaders,
    Status::NoSuchLevel,
    Status::NoKey,
    Status::KeyFull,
    Status::DelayTooLong,
    Status::NoDedup,
    Status::DedupConflict,
];
/// Why nothing is settled.
const UNSETTLED: &[Status] = &[
    Status::InvalidArgument,
    Status::StaleHandle,
    Status::StaleReceipt,
    Status::AlreadySettled,
    Status::NotFound,
    Status::Closed,
];
/// Why nothing is found.
const ABSENT: &[Status] = &[
    Status::InvalidArgument,
    Status::StaleHandle,
    Status::NotFound,
    Status::Unsupported,
    Status::Leased,
    Status::NotDelayed,
    Status::NotDeferred,
    Status::AlreadySettled,
    Status::Busy,
    Status::DelayTooLong,
    Status::NoSuchPartition,
    Status::NameConflict,
    Status::QuotaExceeded,
    Status::Closed,
    Status::StaleReceipt,
];

/// A handle, and which queue it is of.
pub(crate) struct Of<T> {
    pub(crate) handle: *mut T,
    pub(crate) queue: u64,
}

impl<T> Clone for Of<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Of<T> {}

// SAFETY: the functions may be called from any thread.
unsafe impl<T> Send for Of<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Of<T> {}

/// A plain value of the library's, which any thread may pass.
#[derive(Clone, Copy)]
struct Value<T>(T);

// SAFETY: the library's functions take them from any thread.
unsafe impl<T> Send for Value<T> {}

/// Everything there is of queues.
#[derive(Default)]
pub(crate) struct Queues {
    engine: Option<Of<ringmill_engine>>,
    queues: Vec<Of<ringmill_queue>>,
    producers: Vec<Of<ringmill_queue_producer>>,
    consumers: Vec<Of<ringmill_queue_consumer>>,
    browses: Vec<Of<ringmill_browse>>,
    reports: Vec<Of<ringmill_close_report>>,
    /// Deliveries that were not let go of, and their queues.
    held: Mutex<Vec<(Value<ringmill_delivery>, u64)>>,
    /// Copies of deliveries that were.
    over: Mutex<Vec<(Value<ringmill_delivery>, u64)>>,
    /// Room that was reserved, and by whom.
    slots: Mutex<Vec<(Value<ringmill_slot>, usize)>>,
    /// Messages that were set aside.
    aside: Mutex<Vec<(ringmill_message_handle, u64)>>,
    /// Messages that were accepted.
    known: Mutex<Vec<(ringmill_message_handle, ringmill_message_id, u64)>>,
    stale: usize,
}

impl Queues {
    /// One of these, NULL now and then, in a debug build one that was freed.
    fn pick<T>(&self, rng: &mut Rng, of: &[Of<T>]) -> Of<T> {
        let null = Of { handle: std::ptr::null_mut(), queue: u64::MAX };
        if of.is_empty() || rng.one_in(48) {
            return null;
        }
        if cfg!(debug_assertions) && self.stale != 0 && rng.one_in(48) {
            return Of { handle: std::ptr::without_provenance_mut(self.stale), ..null };
        }
        rng.pick(of)
    }

    /// One of the same queue, most of the time.
    fn pick_of<T>(&self, rng: &mut Rng, of: &[Of<T>], queue: u64) -> Of<T> {
        let right = of.iter().find(|other| other.queue == queue);
        match right {
            Some(right) if !rng.one_in(16) => *right,
            _ => self.pick(rng, of),
        }
    }

    fn engine(&self, rng: &mut Rng) -> *mut ringmill_engine {
        let there = self.engine.map_or(std::ptr::null_mut(), |engine| engine.handle);
        if rng.one_in(48) { std::ptr::null_mut() } else { there }
    }
}

/// A call.
pub(crate) fn call(queues: &Queues, rng: &mut Rng, counts: &mut Counts) {
    match rng.below(16) {
        0..5 => ends::put(queues, rng, counts),
        5..9 => ends::take(queues, rng, counts),
        9..13 => held::settle(queues, rng, counts),
        13 => held::look(queues, rng, counts),
        14 => looking::look(queues, rng, counts),
        _ => looking::control(queues, rng, counts),
    }
}

/// A delivery shows what was put in, as long as it is held.
fn check(payload: *const std::ffi::c_void, len: usize) {
    // SAFETY: by the library's word.
    let bytes = unsafe {
        if len == 0 { &[] } else { std::slice::from_raw_parts(payload.cast::<u8>(), len) }
    };
    assert!(bytes.iter().all(|byte| *byte == bytes[0]), "a payload that was not put in: {bytes:?}");
}

/// Remembers a few.
fn keep<T>(list: &Mutex<Vec<T>>, value: T, rng: &mut Rng) {
    let mut list = list.lock().expect("no thread has panicked");
    if list.len() < 64 {
        list.push(value);
    } else {
        let at = rng.below(list.len());
        list[at] = value;
    }
}

/// One of a list, which keeps it.
fn one_of<T: Copy>(list: &Mutex<Vec<T>>, rng: &mut Rng) -> Option<T> {
    let list = list.lock().expect("no thread has panicked");
    if list.is_empty() { None } else { Some(rng.pick(&list)) }
}
