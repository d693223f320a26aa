//! The end of a queue that messages go in by.

use core::cell::UnsafeCell;
use core::ptr;
use std::vec::Vec;

use bytes::Bytes;

use super::super::barrier::{Out, Patience, fits, invalid, status, value};
use super::super::guard::Guard;
use super::super::handle::{self, Handle, borrow};
use super::message::{payload, read};
use super::reserve::Reservations;
use super::seal::Seal;
use super::{
    refused, ringmill_message, ringmill_queue, ringmill_status, ringmill_status as Status,
};
use crate::message::{Handle as Place, Message, MessageId};
use crate::queue::by_value::Limits;
use crate::queue::{EnqueueError, Enqueued, Producer};

/// A producer of a queue.
///
/// Used by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the first waits.
/// Make one for each thread. It keeps up to 32 free slots of each partition that it uses.
pub struct ringmill_queue_producer {
    pub(super) guard: Guard,
    pub(super) end: UnsafeCell<End>,
    pub(super) seal: Seal,
}

/// What is in the guard.
pub(super) struct End {
    /// Room that was reserved and not committed. It borrows the producer, so it goes first.
    pub(super) open: Reservations,
    /// Messages of a batch on their way; empty between calls.
    batch: Vec<Message<Bytes>>,
    pub(super) producer: Producer<[u8]>,
    pub(super) limits: Limits,
}

// SAFETY: whoever touches what is in the cell is in the guard.
unsafe impl Sync for ringmill_queue_producer {}

impl Handle for ringmill_queue_producer {
    const KIND: &str = "ringmill_queue_producer";
}

/// The name of a message in its queue: sortable, inside of a partition by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ringmill_message_id {
    /// 0; which life of the queue it belongs to.
    pub epoch: u32,
    /// Its partition, 0 is the first.
    pub partition: u32,
    /// Its place in the partition.
    pub offset: u64,
}

/// Where an accepted message is: finds it again for free, as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ringmill_message_handle {
    /// The library's own.
    pub queue: u64,
    /// The library's own.
    pub generation: u64,
    /// The library's own.
    pub partition: u32,
    /// The library's own.
    pub slot: u32,
}

/// What became of a message that was not refused.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ringmill_enqueued {
    /// Its name, if it was accepted.
    pub id: ringmill_message_id,
    /// Finds it, if it was accepted.
    pub handle: ringmill_message_handle,
    /// Whether it is in the queue. Not, with the status OK: the queue was full, and lets go of what
    /// comes then (RINGMILL_OVERFLOW_DROP_NEWEST), or it is a duplicate.
    pub accepted: bool,
    /// Whether it was accepted before, and nothing has happened: the id is that of the first one, as
    /// long as it is remembered.
    pub duplicate: bool,
}

/// Makes a producer.
///
/// @param[in]  queue  a queue
/// @param[out] out    the producer, to be freed by ringmill_queue_producer_free(); NULL unless the
///                    status is OK
/// @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_producer_new(
    queue: *mut ringmill_queue,
    out: *mut *mut ringmill_queue_producer,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out", out, ptr::null_mut())? };
        // SAFETY: H1.
        let queue = unsafe { borrow(queue)? };
        let producer = queue.queue.producer().with_strategy(queue.strategy);
        let limits = producer.limits();
        let end = End { open: Reservations::new(), batch: Vec::new(), producer, limits };
        let (guard, end) = (Guard::new(), UnsafeCell::new(end));
        out.put(handle::give(ringmill_queue_producer { guard, end, seal: Seal::new() })?);
        Ok(())
    })
}

/// Frees a producer. What it has reserved is given up. Queues do not close with their producers.
///
/// @param[in] producer  a producer, or NULL: then nothing is done
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_queue_producer_free(producer: *mut ringmill_queue_producer) {
    value((), || {
        // SAFETY: H1, and it is the last use.
        unsafe { handle::free(producer) };
        Ok(())
    });
}

/// Puts a message into the queue. What happens without room is the queue's overflow policy: it
/// fails, waits, or drops.
///
/// @param[in]  producer  used by one thread at a time
/// @param[in]  message   copied
/// @param[out] out       what became of it; all zero unless the status is OK; may be NULL
/// @return RINGMILL_STATUS_OK, _FULL, _TIMED_OUT, _CLOSED, _TOO_LARGE, _TOO_MANY_HEADERS,
///         _NO_SUCH_LEVEL, _NO_KEY, _KEY_FULL, _DELAY_TOO_LONG, _NO_DEDUP, _DEDUP_CONFLICT, _OUT_OF_MEMORY (the first message of
///         a partition), _BUSY or _INVALID_ARGUMENT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_enqueue(
    producer: *mut ringmill_queue_producer,
    message: *const ringmill_message,
    out: *mut ringmill_enqueued,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out, ringmill_enqueued::NONE) };
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        let _entered = producer.guard.enter()?;
        // SAFETY: this thread is in the guard.
        let end = unsafe { &*producer.end.get() };
        // SAFETY: H2; the payload is used in this call alone.
        let message = unsafe { end.message(&read(message)?)? };
        put(end.producer.enqueue(message), out)
    })
}

/// Puts a message into the queue, waits while there is no room, and takes no account of the queue's
/// overflow policy.
///
/// @param[in]  producer    used by one thread at a time
/// @param[in]  message     copied
/// @param[in]  timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less tries
///                         once
/// @param[out] out         as ringmill_enqueue()
/// @return as ringmill_enqueue(); _FULL or _KEY_FULL if timeout_ns is 0 or less, else _TIMED_OUT
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_enqueue_timeout(
    producer: *mut ringmill_queue_producer,
    message: *const ringmill_message,
    timeout_ns: i64,
    out: *mut ringmill_enqueued,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let out = unsafe { Out::optional(out, ringmill_enqueued::NONE) };
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        let _entered = producer.guard.enter()?;
        // SAFETY: this thread is in the guard.
        let end = unsafe { &*producer.end.get() };
        // SAFETY: H2; the payload is used in this call alone.
        let message = unsafe { end.message(&read(message)?)? };
        put(end.try_then_wait(message, timeout_ns), out)
    })
}

/// Puts all of some messages into the queue, in order, as room comes up; waits while there is none.
///
/// Runs of messages for one partition are published by one step. If the time-out passes or the queue
/// is closed, what was accepted so far stays so.
///
/// @param[in]  producer      used by one thread at a time
/// @param[in]  messages      an array, copied; may be NULL if count is 0
/// @param[in]  count         how many
/// @param[in]  timeout_ns    for all of it, as ringmill_enqueue_timeout(); with 0, what fits now
/// @param[out] out_accepted  how many were accepted, from the first one on, whatever the status
/// @return RINGMILL_STATUS_OK (all), else why the next one was not accepted, as
///         ringmill_enqueue_timeout()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ringmill_enqueue_batch(
    producer: *mut ringmill_queue_producer,
    messages: *const ringmill_message,
    count: usize,
    timeout_ns: i64,
    out_accepted: *mut usize,
) -> ringmill_status {
    status(|| {
        // SAFETY: H2.
        let mut out = unsafe { Out::new("out_accepted", out_accepted, 0)? };
        // SAFETY: H1.
        let producer = unsafe { borrow(producer)? };
        fits("count", count, size_of::<ringmill_message>())?;
        if messages.is_null() && count > 0 {
            return invalid(format_args!("messages is NULL, and count {count}"));
        }
        let _entered = producer.guard.enter()?;
        // SAFETY: this thread is in the guard. Reservations look at the producer alone.
        let end = unsafe { &mut *producer.end.get() };
        let (mut accepted, patience) = (0, Patience::of(timeout_ns));
        let ended = loop {
            if accepted == count {
                break Ok(());
            }
            let run = RUN.min(count - accepted);
            // SAFETY: H2; payloads are used in this call alone.
            let (more, ended) = unsafe { end.run(messages.add(accepted), run, patience) };
            accepted += more;
            if let Err(status) = ended {
                break Err(status);
            }
        };
        out.put(accepted);
        ended
    })
}

/// How many messages are on their way at a time.
const RUN: usize = 32;

impl End {
    /// # Safety
    ///
    /// H2; and the message is not used any more when the caller's call is over.
    #[inline(always)]
    unsafe fn message(&self, message: &ringmill_message) -> Result<Message<Bytes>, Status> {
        // SAFETY: by the caller.
        unsafe { message.with(payload(message, self.limits)?, self.limits) }
    }

    #[inline(always)]
    fn try_then_wait(
        &self,
        message: Message<Bytes>,
        timeout_ns: i64,
    ) -> Result<Enqueued, EnqueueError<Bytes>> {
        match self.producer.try_enqueue(message) {
            Err(error) if error.kind().lacks_room() => self.wait(error, Patience::of(timeout_ns)),
            tried => tried,
        }
    }

    #[cold]
    fn wait(
        &self,
        full: EnqueueError<Bytes>,
        patience: Patience,
    ) -> Result<Enqueued, EnqueueError<Bytes>> {
        match patience {
            Patience::None => Err(full),
            Patience::Forever => self.producer.enqueue_blocking(full.into_message()),
            Patience::Until(end) => self.producer.enqueue_deadline(full.into_message(), end),
        }
    }

    /// How many of some messages were accepted, and why these are not all.
    ///
    /// # Safety
    ///
    /// As [`message`](Self::message), for `count` of them.
    unsafe fn run(
        &mut self,
        messages: *const ringmill_message,
        count: usize,
        patience: Patience,
    ) -> (usize, Result<(), Status>) {
        let mut batch = core::mem::take(&mut self.batch);
        let mut bad = Ok(());
        for i in 0..count {
            // SAFETY: by the caller. They may be unaligned.
            match unsafe { self.message(&messages.add(i).read_unaligned()) } {
                Ok(message) => batch.push(message),
                Err(status) => {
                    bad = Err(status);
                    break;
                }
            }
        }
        let good = batch.len();
        let mut why = Ok(());
        while why.is_ok() && !batch.is_empty() {
            why = match self.producer.try_enqueue_batch(&mut batch) {
                Ok(_) => Ok(()),
                Err(kind) if kind.lacks_room() && !matches!(patience, Patience::None) => {
                    let first = EnqueueError::of(kind, batch.remove(0));
                    self.wait(first, patience).map(drop).map_err(|error| {
                        let kind = error.kind();
                        batch.insert(0, error.into_message());
                        kind
                    })
                }
                Err(kind) => Err(kind),
            };
        }
        let accepted = good - batch.len();
        batch.clear();
        self.batch = batch;
        (accepted, why.map_err(|kind| refused(kind.code(), &kind)).and(bad))
    }
}

/// Tells what became of a message.
#[inline(always)]
pub(super) fn put<P>(
    result: Result<Enqueued, EnqueueError<P>>,
    out: Option<Out<ringmill_enqueued>>,
) -> Result<(), Status> {
    match result {
        Ok(enqueued) => {
            if let Some(mut out) = out {
                out.put(ringmill_enqueued::of(enqueued));
            }
            Ok(())
        }
        Err(error) => Err(refused(error.kind().code(), &error)),
    }
}

impl ringmill_message_id {
    pub(super) const NONE: Self = Self { epoch: 0, partition: 0, offset: 0 };

    #[inline(always)]
    pub(super) fn of(id: MessageId) -> Self {
        Self { epoch: id.epoch(), partition: id.partition() as u32, offset: id.offset() }
    }
}

impl ringmill_message_handle {
    pub(super) const NONE: Self = Self { queue: 0, generation: 0, partition: 0, slot: 0 };

    #[inline(always)]
    pub(super) fn of(place: Place) -> Self {
        let Place { queue, partition, slot, generation } = place;
        Self { queue, generation, partition, slot }
    }
}

impl ringmill_enqueued {
    pub(super) const NONE: Self = Self {
        id: ringmill_message_id::NONE,
        handle: ringmill_message_handle::NONE,
        accepted: false,
        duplicate: false,
    };

    #[inline(always)]
    fn of(enqueued: Enqueued) -> Self {
        match enqueued {
            Enqueued::Accepted { id, handle } => Self {
                id: ringmill_message_id::of(id),
                handle: ringmill_message_handle::of(handle),
                accepted: true,
                duplicate: false,
            },
            Enqueued::Dropped => Self::NONE,
            Enqueued::Duplicate { id } => Self {
                id: id.map_or(ringmill_message_id::NONE, ringmill_message_id::of),
                duplicate: true,
                ..Self::NONE
            },
        }
    }
}
