//! How many messages of each key there are, where that is bounded.
//!
//! Counted are the messages that were accepted and whose content is still there. The counts stand in
//! tables, each under a lock of its own, by the hash of the key: a queue that bounds nothing has
//! none of them, and asks for none.

use alloc::boxed::Box;
use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::core::Core;
use super::error::EnqueueErrorKind;
use super::seat::Seat;
use super::signs::Signs;
use crate::delivery::Content;
use crate::sync::{Mutex, fence, ord};

/// How many tables there are.
const TABLES: usize = 32;

/// A key of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Crowd(u128);

/// Takes what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

type Table = HashMap<Crowd, u32, BuildHasherDefault<Hashed>>;

/// The counts of a queue.
pub(super) struct Crowds {
    tables: Box<[Mutex<Table>]>,
    /// How many of a key may be there.
    most: u32,
}

impl Crowds {
    /// With `waiting` behind the first one of each key.
    pub(super) fn new(waiting: u32) -> Self {
        let tables = (0..TABLES).map(|_| Mutex::new(Table::default())).collect();
        Self { tables, most: waiting.saturating_add(1) }
    }

    fn table(&self, crowd: Crowd) -> &Mutex<Table> {
        &self.tables[(crowd.0 >> 64) as usize % TABLES]
    }

    /// One more, if there is room for it, or it is not asked.
    fn enter(&self, crowd: Crowd, asks: bool) -> bool {
        let mut table = self.table(crowd).lock();
        let count = table.entry(crowd).or_insert(0);
        if asks && *count >= self.most {
            return false;
        }
        *count += 1;
        true
    }

    /// One less; whether there was no room before.
    fn exit(&self, crowd: Crowd) -> bool {
        let mut table = self.table(crowd).lock();
        let Entry::Occupied(mut found) = table.entry(crowd) else { return false };
        let count = *found.get();
        if count == 1 {
            found.remove();
        } else {
            found.insert(count - 1);
        }
        count >= self.most
    }

    fn is_full(&self, crowd: Crowd) -> bool {
        self.table(crowd).lock().get(&crowd).is_some_and(|count| *count >= self.most)
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// Whom a message of this key is counted with; `None` if with nobody.
    #[inline(always)]
    pub(super) fn crowd(&self, partition: usize, key: Option<&[u8]>) -> Option<Crowd> {
        self.crowds.as_ref()?;
        self.config.order.lane(key).map(|lane| Self::of(partition, lane))
    }

    fn of(partition: usize, lane: u128) -> Crowd {
        Crowd(lane ^ (partition as u128) << 64)
    }

    /// Counts a message that is about to come.
    ///
    /// # Errors
    ///
    /// If its key has no room for it, or nothing comes any more.
    #[inline(always)]
    pub(super) fn enter(&self, crowd: Option<Crowd>) -> Result<(), EnqueueErrorKind> {
        match (&self.crowds, crowd) {
            (Some(crowds), Some(crowd)) if !crowds.enter(crowd, true) => Err(self.key_full(crowds)),
            _ => Ok(()),
        }
    }

    #[cold]
    fn key_full(&self, crowds: &Crowds) -> EnqueueErrorKind {
        let limit = crowds.most as usize - 1;
        let closed = self.signs.has(Signs::CLOSED);
        if closed { EnqueueErrorKind::Closed } else { EnqueueErrorKind::KeyFull { limit } }
    }

    /// Counts a message that comes whether there is room for it or not: a dead letter.
    pub(super) fn enter_anyway(&self, crowd: Option<Crowd>) {
        if let (Some(crowds), Some(crowd)) = (&self.crowds, crowd) {
            crowds.enter(crowd, false);
        }
    }

    /// Counts no more a message that did not come. Nobody is woken: it held a slot, which is freed
    /// afterwards, or found the queue full, so that something will be freed.
    #[inline(always)]
    pub(super) fn exit(&self, crowd: Option<Crowd>) {
        if let (Some(crowds), Some(crowd)) = (&self.crowds, crowd) {
            crowds.exit(crowd);
        }
    }

    /// Counts no more the message of a slot, whose content goes. The caller has it alone.
    #[inline(always)]
    pub(super) fn exit_from(&self, seat: Seat<'_, C>) {
        if self.crowds.is_some() {
            // SAFETY: the slot is not free while its content is in it.
            let lane = unsafe { seat.shard.lane(seat.index) };
            self.leave_crowd(lane.map(|lane| Self::of(seat.partition as usize, lane)));
        }
    }

    /// Counts no more a message that is gone, and wakes who waits for its key.
    fn leave_crowd(&self, crowd: Option<Crowd>) {
        if let (Some(crowds), Some(crowd)) = (&self.crowds, crowd) {
            if crowds.exit(crowd) {
                // SeqCst F12, pairs with F13: the count before the look at who waits.
                fence(ord!(QUEUE_F12, fence, SeqCst));
                self.room.notify(usize::MAX);
            }
        }
    }

    /// Whether a key may have room; a waiter's last look.
    pub(super) fn may_enter(&self, crowd: Option<Crowd>) -> bool {
        let (Some(crowds), Some(crowd)) = (&self.crowds, crowd) else { return true };
        // SeqCst F13, pairs with F12: the waiter's sign before the look.
        fence(ord!(QUEUE_F13, fence, SeqCst));
        !crowds.is_full(crowd)
    }
}
