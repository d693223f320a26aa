//! Deliveries as plain values, for callers whose language cannot own them.
//!
//! A value may be copied, settled twice, kept beyond its lease and made up. Its reader is let go of
//! once all the same, and nothing of that costs a delivery that is settled in time.
//!
//! # Invariants
//!
//! - I1: the reader that came with a lease goes with the swap by which its holder ends the lease;
//!   or else it is a **stray**: put on the list under its lock, together with the swap that ended
//!   the lease without it.
//! - I2: whoever takes a stray off the list, and nobody else, lets go of it.

use alloc::{collections::BTreeSet, sync::Arc};
use core::time::Duration;

use bytes::Bytes;

use super::consumer::Consumer;
use super::core::Core;
use super::delivery::Delivery;
use super::error::{DequeueError, SettleErrorKind};
use super::future::Ready;
use super::producer::Producer;
use super::seat::Seat;
use super::settle::{Held, Verdict};
use crate::delivery::{Content, Lease};
use crate::message::{Receipt, Tag};
use crate::sync::Mutex;
use crate::wait::{Awaited, Event};

/// What a queue knows of deliveries that are values.
pub(super) struct Values<C: Content + ?Sized>(Mutex<Books<C>>);

/// Group, partition, slot and lease.
type Stray = (u32, u32, u32, Lease);

fn stray<C: Content + ?Sized>(seat: Seat<'_, C>, lease: Lease) -> Stray {
    (seat.track.number(), seat.partition, seat.index, lease)
}

struct Books<C: Content + ?Sized> {
    /// Readers whose lease ended without them (I1).
    strays: BTreeSet<Stray>,
    /// How many consumers hand out values.
    consumers: usize,
    /// How many values are held, but for what those consumers count themselves.
    held: i64,
    /// Keeps the queue where it is, for values that are held when there is no consumer any more.
    keeper: Option<Arc<Core<C>>>,
}

impl<C: Content + ?Sized> Values<C> {
    pub(super) fn new() -> Self {
        let strays = BTreeSet::new();
        Self(Mutex::new(Books { strays, consumers: 0, held: 0, keeper: None }))
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// Ends a lease by `end`, which leaves the reader that came with it.
    pub(super) fn leaving_reader<R, E>(
        &self,
        seat: Seat<'_, C>,
        lease: Lease,
        end: impl FnOnce() -> Result<R, E>,
    ) -> Result<R, E> {
        let Some(Values(books)) = &self.values else { return end() };
        let mut books = books.lock();
        let ended = end()?;
        books.strays.insert(stray(seat, lease));
        Ok(ended)
    }

    /// Lets go of the reader that came with a lease, if it is there without it.
    fn let_stray_go(&self, seat: Seat<'_, C>, lease: Lease) -> bool {
        let Some(Values(books)) = &self.values else { return false };
        let there = books.lock().strays.remove(&stray(seat, lease));
        if there {
            // I2.
            self.let_go(seat);
        }
        there
    }

    fn seat_of(&self, receipt: &Receipt) -> Option<Seat<'_, C>> {
        let &Receipt { partition, slot, group, .. } = receipt;
        let shard = self.used(partition as usize)?;
        Some(Seat { shard, track: shard.of(group)?, partition, index: slot })
    }

    /// What is left to do for a value whose settlement was refused; whether it was still held.
    #[cold]
    fn refused_value(&self, seat: Seat<'_, C>, lease: Lease, kind: SettleErrorKind) -> Refused {
        if kind == SettleErrorKind::Closed {
            // Aborted: the lease stands, and nobody will end it.
            self.revoke(seat, lease);
        }
        Refused { kind, held: self.let_stray_go(seat, lease) }
    }
}

/// Why a value changes nothing.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) kind: SettleErrorKind,
    /// Whether it was held until now: it is let go of.
    pub(crate) held: bool,
}

/// What a queue takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Payloads up to this length are copied into the slot, longer ones kept as they come.
    pub(crate) room: usize,
    /// The longest payload.
    pub(crate) payload: usize,
    /// How many headers.
    pub(crate) headers: usize,
    /// How many bytes all of them may have.
    pub(crate) header_bytes: usize,
}

impl Producer<[u8]> {
    /// What its queue takes.
    pub(crate) fn limits(&self) -> Limits {
        let config = &self.core.config;
        Limits {
            room: config.inline.max(size_of::<Bytes>()),
            payload: config.max_payload,
            headers: config.max_headers,
            header_bytes: config.max_header_bytes,
        }
    }
}

/// Settles values where no consumer is at hand, and looks at them.
pub(crate) struct Lender(Arc<Core<[u8]>>);

impl Consumer<[u8]> {
    /// What others of its queue settle values by. To be [closed](Lender::close).
    pub(crate) fn lender(&self) -> Lender {
        if let Some(Values(books)) = &self.core.values {
            books.lock().consumers += 1;
        }
        Lender(Arc::clone(&self.core))
    }

    /// Settles a value, and lets go of it.
    #[inline(always)]
    pub(crate) fn settle_value(
        &self,
        receipt: &Receipt,
        verdict: Verdict<'_>,
        minds: bool,
    ) -> Result<(), Refused> {
        let &Receipt { lease, tries, .. } = receipt;
        let Some(seat) = self.core.seat_of(receipt) else {
            return Err(Refused { kind: SettleErrorKind::NotFound, held: false });
        };
        let settled = match verdict {
            Verdict::Ack => self.ack(seat, lease, tries),
            verdict => self.settle(seat, lease, tries, verdict, minds),
        };
        settled.map_err(|error| self.core.refused_value(seat, lease, error.kind()))
    }
}

/// What a consumer waits for.
pub(crate) struct Messages(Ready<[u8]>);

impl AsRef<Event> for Messages {
    fn as_ref(&self) -> &Event {
        self.0.as_ref()
    }
}

impl Awaited for Messages {}

impl Consumer<[u8]> {
    /// What it waits for.
    pub(crate) fn messages(&self) -> Messages {
        Messages(Ready(Arc::clone(&self.core), self.member_of))
    }

    /// A message, or that there will be none; nothing if there may be one later.
    pub(crate) fn try_or_nothing(&self) -> Option<Result<Delivery<'_, [u8]>, DequeueError>> {
        self.attempt()
    }
}

impl Lender {
    /// The queue's number.
    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    /// Whether there is such a slot in the queue.
    pub(crate) fn has_slot(&self, partition: u32, slot: u32) -> bool {
        (partition as usize) < self.0.partitions() && (slot as usize) < self.0.config.capacity
    }

    /// The level of its messages, if there is one only.
    pub(crate) fn level(&self) -> Option<u32> {
        let levels = &self.0.config.levels;
        (levels.count() == 1).then(|| u32::from(levels.priority(0).get()))
    }

    /// Settles a value, and lets go of it: any thread.
    pub(crate) fn settle(
        &self,
        receipt: &Receipt,
        verdict: Verdict<'_>,
        consumer: u64,
        minds: bool,
    ) -> Result<(), Refused> {
        let &Receipt { lease, tries, .. } = receipt;
        let Some(seat) = self.0.seat_of(receipt) else {
            return Err(Refused { kind: SettleErrorKind::NotFound, held: false });
        };
        let held = Held { seat, lease, tries, consumer, reads: true, minds };
        let settled = self.0.end_shared(&held, verdict);
        settled.map_err(|kind| self.0.refused_value(seat, lease, kind))
    }

    /// Lets the lease of a value last longer.
    pub(crate) fn extend(&self, receipt: &Receipt, span: Duration) -> Result<(), SettleErrorKind> {
        let seat = self.0.seat_of(receipt).ok_or(SettleErrorKind::NotFound)?;
        self.0.extend(seat, receipt.lease, span).map_err(|error| error.kind())
    }

    /// What belongs to the message of a value, if that is held. It stays while it is.
    pub(crate) fn tag(&self, receipt: &Receipt) -> Result<Option<&Tag>, SettleErrorKind> {
        let seat = self.0.seat_of(receipt).ok_or(SettleErrorKind::NotFound)?;
        let there = |Values(books): &Values<[u8]>| {
            books.lock().strays.contains(&stray(seat, receipt.lease))
        };
        let leased = seat.slot().look().is_leased_as(receipt.lease);
        if !leased && !self.0.values.as_ref().is_some_and(there) {
            return Err(SettleErrorKind::StaleReceipt);
        }
        // SAFETY: the value's reader is there, until it is let go of.
        Ok(unsafe { seat.slot().tag() })
    }

    /// Values were let go of that others count.
    pub(crate) fn let_go(&self, values: i64) {
        if let Some(Values(books)) = &self.0.values {
            books.lock().held -= values;
        }
    }

    /// One consumer less, which leaves so many values that are held.
    pub(crate) fn close(&self, held: i64) {
        let Some(Values(books)) = &self.0.values else { return };
        let before = {
            let mut books = books.lock();
            books.held += held;
            books.consumers -= 1;
            if books.consumers > 0 {
                return;
            }
            let keeper = (books.held != 0).then(|| Arc::clone(&self.0));
            core::mem::replace(&mut books.keeper, keeper)
        };
        drop(before);
    }
}
