//! A row of entries in which indices stand in the order of their tickets, and the cursors that pass
//! them.
//!
//! A fixed set of indices goes round: whoever holds one knows that the log, which is as large as
//! the set, has room for it. So publishing is one `fetch_add` for the ticket and one store, for one
//! cursor or for ten. With one cursor it is the [`IndexRing`](super::index::IndexRing).
//!
//! It is not: a store. Behind a cursor the log promises nothing: an entry may be overwritten while
//! the thing that its index names is still in use.
//!
//! # Guarantees
//!
//! A cursor passes indices in the order of their tickets, each once. It finds nothing when the
//! oldest ticket has no entry: there is none, or a thread stands between its ticket and its store.
//! A ticket taken after [`Log::close`] is refused, and none taken before it.
//!
//! # Progress
//!
//! A ticket and a write are wait-free where the machine has a fetch-and-add instruction. Taking is
//! lock-free: it repeats only when another thread has moved the cursor, or a swap failed for no
//! reason, as some machines let it. A thread stopped between ticket and store hides the entries
//! behind its own from every cursor until it goes on.
//!
//! # Cost
//!
//! Publish: one `fetch_add`, one store. Take: two loads, one compare-and-swap. A batch costs the
//! same plus a store or a load for each index. 8 bytes an entry, of which there are as many as the
//! next power of two, neighbours in one cache line on purpose: spreading them over lines cost 2.8
//! times as much. Nothing is allocated after construction.
//!
//! # Invariants
//!
//! - I1: an entry is {turn, index} in one word. The turn is the lap of the ticket plus one, in
//!   32 bits, so that a word of zeros is an entry of no lap.
//! - I2: at most `capacity` indices exist. A ticket needs one of them in hand, and an index comes
//!   back to a hand only when every cursor has passed it, so between a cursor and the tail there
//!   are never more than `capacity` positions, and an entry that a cursor has not passed is not
//!   overwritten.
//! - I3: a cursor's entries are read **before** they are claimed. Claiming first would let the
//!   other indices lap an entry before it is read.
//! - I4: the top bit of the tail is the mark of closing. The tickets of a lifetime do not reach it.
//!
//! # Edges
//!
//! - R1 -> A1, entry: what was done to the thing that the index names, before whoever takes it uses
//!   it.
//! - T1 -> T1, tail, and H2 -> H1, cursor: *custody*. Two laps of one entry are stored by two
//!   threads that may never have met; nothing of the entry itself orders the stores. But the second
//!   one holds an index that came to it from someone, who had it from someone, back to a ticket or
//!   a claim behind the first store. The two words carry that chain, so a step of either acquires
//!   **and** releases. For the cursor: M publishes 1 with ticket 0, X publishes 2 with ticket 1, Y
//!   takes 1, X takes 2 and publishes it with ticket 2 over entry 0 (capacity 2). X has seen
//!   neither M nor M's store; Y's swap on the cursor brings both to X. For the tail: T takes 1, X
//!   takes 2 and publishes it with ticket 2, T publishes 1 with ticket 3 over entry 1, whose store
//!   T never read: X's ticket brings it.
//! - H2 -> H1, cursor: the entries that earlier claims saw, so that a look at a new cursor does not
//!   find an old entry there, and nothing to take.
//! - E1 -> E2: the closer has marked the tail before anybody reads where the log ends.
//!
//! # Source
//!
//! The turn beside the payload in one word is from D. Vyukov's bounded queue
//! (<https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue>); publishing
//! without a test for room is how index queues are used in R. Nikolaev, "A Scalable, Portable, and
//! Memory-Efficient Lock-Free FIFO Queue" (SCQ), DISC 2019.

use alloc::{boxed::Box, vec::Vec};
use core::mem::size_of;

use crossbeam_utils::CachePadded;

use super::CapacityError;
use super::backoff::Backoff;
use crate::sync::{AtomicU64, ord};

/// The tail's mark of closing (I4).
const CLOSED: u64 = 1 << 63;

/// Where a log that is open ends.
const NOWHERE: u64 = u64::MAX;

/// Indices in the order of their tickets; at most `capacity` indices may exist.
pub struct Log {
    tail: CachePadded<AtomicU64>,
    /// The position behind the last one, once closed.
    end: AtomicU64,
    /// As many as the next power of two; I2 makes the capacity exact.
    entries: Box<[AtomicU64]>,
}

/// How far a reader of a [`Log`] has come. Any number of threads may take at one cursor.
pub struct Cursor(CachePadded<AtomicU64>);

impl Log {
    /// An empty log for at most `capacity` indices, whose first ticket is `start`.
    ///
    /// # Errors
    ///
    /// [`CapacityError`] if the capacity is 0, above 2^31, or there is no memory for it.
    pub fn starting_at(capacity: usize, start: u64) -> Result<Self, CapacityError> {
        CapacityError::check(capacity)?;
        let len = capacity.next_power_of_two();
        let mut entries = Vec::new();
        entries.try_reserve_exact(len).map_err(|_| CapacityError::OutOfMemory {
            capacity,
            slot_bytes: size_of::<AtomicU64>(),
        })?;
        for slot in 0..len as u64 {
            // The last ticket before `start` that this slot had, so that no entry seems to be
            // there.
            let behind = start.wrapping_sub(slot).wrapping_sub(1) % len as u64 + 1;
            entries.push(AtomicU64::new(Self::entry(len, start.wrapping_sub(behind), 0)));
        }
        Ok(Self {
            tail: CachePadded::new(AtomicU64::new(start)),
            end: AtomicU64::new(NOWHERE),
            entries: entries.into_boxed_slice(),
        })
    }

    /// The word of a ticket and an index (I1).
    #[inline(always)]
    fn entry(len: usize, ticket: u64, index: u32) -> u64 {
        let turn = ((ticket >> len.trailing_zeros()) as u32).wrapping_add(1);
        u64::from(turn) << 32 | u64::from(index)
    }

    #[inline(always)]
    fn at(&self, ticket: u64) -> &AtomicU64 {
        let slot = ticket as usize & (self.entries.len() - 1);
        // SAFETY: the length is a power of two, so the mask keeps the slot below it.
        unsafe { self.entries.get_unchecked(slot) }
    }

    /// What `ticket` left in its entry.
    #[inline(always)]
    fn read(&self, ticket: u64) -> Read {
        // Acquire A1, pairs with R1: what was done before the push is visible to whoever takes.
        let entry = self.at(ticket).load(ord!(INDEX_A1, load, Acquire));
        let index = entry as u32;
        let behind = Self::entry(self.entries.len(), ticket, index).wrapping_sub(entry) as i64;
        match behind.signum() {
            0 => Read::Index(index),
            1 => Read::Nothing,
            _ => Read::Passed,
        }
    }

    /// Copies the indices of the tickets from `first` on that have left theirs, and says how many.
    #[inline(always)]
    fn read_n(&self, first: u64, out: &mut [u32]) -> usize {
        let len = self.entries.len();
        let slot = first as usize & (len - 1);
        let mut read = 0;
        // Up to the end of the entries the turn is the same, behind it the next one.
        for entries in [&self.entries[slot..], &self.entries[..slot]] {
            let turn = Self::entry(len, first.wrapping_add(read as u64), 0) >> 32;
            for (entry, place) in entries.iter().zip(&mut out[read..]) {
                // Acquire A2, pairs with R1: as A1.
                let entry = entry.load(ord!(INDEX_A2, load, Acquire));
                if entry >> 32 != turn {
                    return read;
                }
                *place = entry as u32;
                read += 1;
            }
        }
        read
    }

    /// Puts an index where its ticket says. Every ticket that was not refused needs it, soon.
    #[inline(always)]
    pub fn write(&self, ticket: u64, index: u32) {
        let entry = Self::entry(self.entries.len(), ticket, index);
        // Release R1, pairs with A1.
        self.at(ticket).store(entry, ord!(INDEX_R1, store, Release));
    }

    /// Takes the next `count` tickets, and gives the first; the mark of closing is in it.
    #[inline(always)]
    pub(super) fn next(&self, count: u64) -> u64 {
        // AcqRel T1, pairs with itself: custody, from ticket to ticket.
        self.tail.fetch_add(count, ord!(INDEX_T1, rmw, AcqRel))
    }

    /// Takes the next `count` tickets, one for each index in hand, and gives the first.
    ///
    /// `None` if the log is closed.
    #[inline(always)]
    pub fn tickets(&self, count: u64) -> Option<u64> {
        let first = self.next(count);
        (first & CLOSED == 0).then_some(first)
    }

    /// The next ticket, which is not taken: whoever gets it or a later one has read from this step.
    pub fn here(&self) -> u64 {
        let tail = self.next(0);
        if tail & CLOSED == 0 { tail } else { self.end().unwrap_or(tail & !CLOSED) }
    }

    /// Refuses every later ticket, and says where the log ends; `None` if it was closed before.
    pub fn close(&self) -> Option<u64> {
        // Relaxed: a ticket comes before or behind the mark by the order of the word alone, and
        // who was refused publishes nothing.
        let tail = self.tail.fetch_or(CLOSED, ord!(INDEX_C1, rmw, Relaxed));
        (tail & CLOSED == 0).then(|| {
            // Release E1, pairs with E2.
            self.end.store(tail, ord!(INDEX_E1, store, Release));
            tail
        })
    }

    /// Where the log ends, if it is closed.
    #[inline]
    pub fn end(&self) -> Option<u64> {
        // Acquire E2, pairs with E1.
        let end = self.end.load(ord!(INDEX_E2, load, Acquire));
        (end != NOWHERE).then_some(end)
    }

    /// The next ticket; that behind the last one if the log is closed.
    ///
    /// A look, to be ordered by a fence of the caller.
    #[inline]
    pub fn tail(&self) -> u64 {
        // Relaxed: the caller's fence orders it.
        let tail = self.tail.load(ord!(INDEX_T2, load, Relaxed));
        if tail & CLOSED == 0 { tail } else { self.end().unwrap_or(tail & !CLOSED) }
    }
}

impl Cursor {
    /// A cursor that begins at `position`.
    pub fn at(position: u64) -> Self {
        Self(CachePadded::new(AtomicU64::new(position)))
    }

    /// The next position that it will pass.
    #[inline(always)]
    pub fn position(&self) -> u64 {
        // Acquire H1, pairs with H2: the entries that were there when the cursor came here, so that
        // an old entry is not taken for nothing.
        self.0.load(ord!(INDEX_H1, load, Acquire))
    }

    /// Makes the positions `from .. to` this thread's, unless another one was first.
    #[inline(always)]
    fn claim(&self, from: u64, to: u64) -> bool {
        self.0
            .compare_exchange_weak(
                from,
                to,
                // Release H2, pairs with H1: custody, from claim to claim; the load that began this
                // one has acquired it.
                ord!(INDEX_H2, cas_ok, Release),
                // Relaxed: only a hint to try again.
                ord!(INDEX_H3, cas_fail, Relaxed),
            )
            .is_ok()
    }

    /// Goes to a position. Nobody takes at this cursor meanwhile.
    pub fn set(&self, position: u64) {
        // Relaxed: whoever takes hears of it in another way.
        self.0.store(position, ord!(INDEX_H4, store, Relaxed));
    }

    /// Takes the next index.
    #[inline]
    pub fn take(&self, log: &Log) -> Option<u32> {
        self.take_where(log, |_| true, |_| true)
    }

    /// Takes the next index, if it is one that `wants` says.
    #[inline]
    pub fn take_if(&self, log: &Log, wants: impl Fn(u32) -> bool) -> Option<u32> {
        self.take_where(log, |_| true, wants)
    }

    /// Takes the next index, if it stands before the position `end`.
    #[inline]
    pub fn take_before(&self, log: &Log, end: u64) -> Option<u32> {
        self.take_where(log, |position| (end.wrapping_sub(position) as i64) > 0, |_| true)
    }

    /// Takes the next index, if the cursor `reaches` so far and it is one that `wants` says. Where
    /// the cursor does not reach, nothing is read: there the log promises nothing.
    #[inline(always)]
    fn take_where(
        &self,
        log: &Log,
        reaches: impl Fn(u64) -> bool,
        wants: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let mut backoff = Backoff::new();
        loop {
            let head = self.position();
            if !reaches(head) {
                return None;
            }
            match log.read(head) {
                Read::Index(index) if !wants(index) => return None,
                Read::Index(index) if self.claim(head, head.wrapping_add(1)) => return Some(index),
                Read::Index(_) => backoff.lost(),
                Read::Nothing => return None,
                Read::Passed => backoff.wait(),
            }
        }
    }

    /// Takes as many indices as are there and `out` has room for, and says how many.
    #[inline]
    pub fn take_n(&self, log: &Log, out: &mut [u32]) -> usize {
        if out.is_empty() {
            return 0;
        }
        let mut backoff = Backoff::new();
        loop {
            let head = self.position();
            let taken = log.read_n(head, out);
            if taken > 0 {
                if self.claim(head, head.wrapping_add(taken as u64)) {
                    return taken;
                }
                backoff.lost();
                continue;
            }
            match log.read(head) {
                // It has come meanwhile.
                Read::Index(_) => {}
                Read::Passed => backoff.wait(),
                Read::Nothing => return 0,
            }
        }
    }
}

/// What a position's entry says to a cursor.
enum Read {
    /// The index of this position.
    Index(u32),
    /// No ticket has reached this position, or its store is under way.
    Nothing,
    /// A later lap: another thread has taken this position.
    Passed,
}
