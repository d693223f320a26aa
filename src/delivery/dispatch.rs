//! Who is next where order or priority matters: between the log and the consumers.
//!
//! ```text
//!  log ──cursor──> [ dispatch word ] ──> lane of the key ──run──> ready ring of its level ──> lease
//!                        ^                                            ^                       │
//!                        └───────────── lanes whose run is done <─────┴── the next of the run ┘
//! ```
//!
//! One thread at a time passes messages on, in the order of the log: it appends each to the lane of
//! its key, and sends out the messages of every idle lane as one chain, a **run**, whose first one
//! goes to the ready ring of its level. Whoever is done with a message of a run sends out the next
//! one; with the last, tells that the lane is idle. So at most one message of a key is out, and
//! they are in the order of their offsets, whatever becomes of them.
//!
//! # Progress
//!
//! Consumers pass messages on, when they find nothing to take; nobody waits for the word: who does
//! not get it finds what is out already. A thread that is stopped with the word delays the messages
//! that have not been passed on, and nothing else.
//!
//! # Cost
//!
//! 6 to 28 ns a message where one thread dispatches, more where cores take turns. 48 bytes a slot,
//! and 8 more for each level.
//!
//! # Invariants
//!
//! - I1: the lanes are touched by whoever has the word.
//! - I2: a message's link is written by whoever has its index in hand; `lane` and `next` of a
//!   message that is out do not change until it is done.
//! - I3: a lane has at most one message out, or one entry in `done`. So `done`, which is as large
//!   as there are lanes, cannot overflow.
//! - I4: a lane is in use while a message of its key is in it or out, or its entry is in `done`, or
//!   was taken from there since idle lanes were sent away. The messages have slots; so when `done` is
//!   empty and idle lanes are gone, there are no more in use than slots, and some are free. A chunk
//!   that finds none free sees to both. A thread that is stopped with a ticket of `done` hides the
//!   entries behind its own: then the chunk ends there, and what waits is passed on when it goes on.
//!
//! # Edges
//!
//! - W2, W6 -> W1: what a holder did to the lanes, before the next holder.
//! - W2 -> W4: what a holder sent out, before who goes to sleep looks for it. That the word was taken
//!   is seen by who sees the holder's claims in the log and in `done`.
//!
//! # Source
//!
//! Lanes by key are the message groups of SQS FIFO and ActiveMQ; runs sent out as chains, and the
//! word that consumers take in turn, are our own.

#[cfg(all(test, not(ringmill_loom)))]
mod tests;

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use super::aging::Aging;
use super::held::Held;
use super::labels::Labels;
use super::lanes::Lanes;
use crate::ring::CapacityError;
use crate::ring::index::IndexRing;
use crate::sync::{AtomicU32, AtomicU64, Mutex, UnsafeCell, ord, wait as pause};

/// No index, no lane.
pub(crate) const NONE: u32 = u32::MAX;

/// A slack without end: nobody is overtaken where there is one level.
const NEVER: u32 = u32::MAX;

/// The lane of a message that does not join the order before its time.
const LATER: u32 = NONE - 1;

/// How many messages are passed on before the word is given back.
const CHUNK: usize = 256;

/// What a slot knows of its place in an order.
pub(crate) struct Link {
    /// The message behind it in its run.
    pub(super) next: AtomicU32,
    /// Its lane, while it is in one.
    pub(super) lane: AtomicU32,
}

/// What stands between the log and the consumers of a partition.
pub struct Dispatch {
    /// 1 while somebody passes messages on.
    word: AtomicU32,
    lanes: UnsafeCell<Lanes>,
    pub(super) labels: Arc<Labels>,
    pub(super) links: Box<[Link]>,
    /// By level, the highest first.
    pub(super) ready: Box<[IndexRing]>,
    /// Lanes whose run is done.
    done: IndexRing,
    /// How many messages may be handed out before what waits is passed on, so that no higher one is
    /// overlooked for longer.
    slack: u32,
    /// How many have been since, where that counts.
    handed: AtomicU64,
    /// What the housekeeper knows of how long messages have been out.
    pub(super) aging: Mutex<Aging>,
    /// Keys that hand out nothing for the time being.
    pub(super) held: Held,
}

// SAFETY: the lanes are touched under the word (I1).
unsafe impl Sync for Dispatch {}
// SAFETY: as above; all of it may be dropped anywhere.
unsafe impl Send for Dispatch {}

impl Dispatch {
    /// For slots with these labels.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub fn new(labels: Arc<Labels>) -> Result<Self, CapacityError> {
        let (slots, (levels, slack)) = (labels.slots(), labels.levels());
        let mut links = Vec::new();
        links
            .try_reserve_exact(slots)
            .map_err(|_| CapacityError::OutOfMemory { capacity: slots, slot_bytes: 48 })?;
        links
            .resize_with(slots, || Link { next: AtomicU32::new(NONE), lane: AtomicU32::new(NONE) });
        let ready: Result<Vec<_>, _> = (0..levels).map(|_| IndexRing::new(slots)).collect();
        Ok(Self {
            word: AtomicU32::new(0),
            lanes: UnsafeCell::new(Lanes::new(slots, CHUNK)?),
            labels,
            links: links.into_boxed_slice(),
            ready: ready?.into_boxed_slice(),
            done: IndexRing::new(slots + CHUNK)?,
            slack: if levels > 1 { slack } else { NEVER },
            handed: AtomicU64::new(0),
            aging: Mutex::new(Aging::new(levels)),
            held: Held::new(),
        })
    }

    /// Says that a message does not join the order before its time. The caller has the index in
    /// hand.
    pub(crate) fn joins_later(&self, index: u32) {
        // Relaxed: the ring hands it on.
        self.links[index as usize].lane.store(LATER, ord!(DISPATCH_L4, store, Relaxed));
    }

    /// Whether a message that came out of the log may have to wait for its time.
    #[inline]
    pub(crate) fn is_later(&self, index: u32) -> bool {
        // Relaxed: it came with the index.
        self.links[index as usize].lane.load(ord!(DISPATCH_L5, load, Relaxed)) == LATER
    }

    /// Has a message join the order, whose index is in hand; whether it had not.
    #[inline]
    pub(crate) fn joins(&self, index: u32) -> bool {
        let later = self.is_later(index);
        if later {
            // Relaxed: the ring hands it on.
            self.links[index as usize].lane.store(NONE, ord!(DISPATCH_L6, store, Relaxed));
        }
        later
    }

    /// The message that is next, if one is out.
    #[inline]
    pub fn take(&self) -> Option<u32> {
        let taken = self.ready.iter().find_map(IndexRing::pop)?;
        self.hand_out(1);
        Some(taken)
    }

    /// The messages that are next, as many as are out and `out` has room for.
    pub fn take_n(&self, out: &mut [u32]) -> usize {
        let mut taken = 0;
        for ring in &self.ready {
            taken += ring.pop_n(&mut out[taken..]);
            if taken == out.len() {
                break;
            }
        }
        self.hand_out(taken);
        taken
    }

    /// Counts messages that are handed out.
    #[inline]
    fn hand_out(&self, count: usize) {
        if self.slack != 0 && self.slack != NEVER && count > 0 {
            // Relaxed: a count.
            self.handed.fetch_add(count as u64, ord!(DISPATCH_H1, rmw, Relaxed));
        }
    }

    /// A message that is next in its level, if `wants` says so; others keep their places.
    pub fn take_if(&self, wants: impl Fn(u32) -> bool) -> Option<u32> {
        self.ready.iter().find_map(|ring| ring.pop_if(&wants))
    }

    /// As [`take`](Self::take), from the lowest level that has one.
    pub fn take_lowest(&self) -> Option<u32> {
        self.ready.iter().rev().find_map(IndexRing::pop)
    }

    /// Whether nothing is out, nor being passed on, and no lane has become idle; to be ordered by a
    /// fence of the caller, who has looked at the log before.
    pub fn is_idle(&self) -> bool {
        // What the holder of the word has in hand came from the log or out of `done`: who sees that
        // it is gone from there sees the word taken, or what has become of it in the rings.
        self.done.is_empty() && self.is_free() && self.ready.iter().all(IndexRing::is_empty)
    }

    /// Whether nobody passes messages on.
    fn is_free(&self) -> bool {
        // Acquire W4, pairs with W2 and W6: what the last holder has sent out.
        self.word.load(ord!(DISPATCH_W4, load, Acquire)) == 0
    }

    /// Whether a dequeue of `wanted` messages has to pass on first the `waiting` ones: a higher one
    /// among them would be overlooked for too long.
    #[inline]
    pub fn is_due(&self, waiting: u64, wanted: usize) -> bool {
        if self.slack == NEVER {
            return false;
        }
        // Behind a lane that has become idle a message may wait, too.
        let waiting = waiting + self.done.len() as u64;
        if waiting == 0 {
            return false;
        }
        // Relaxed: a count; consumers that are in the middle are not in it.
        let handed = || self.handed.load(ord!(DISPATCH_H2, load, Relaxed));
        let slack = u64::from(self.slack);
        waiting > slack || handed() + wanted as u64 > slack
    }

    /// How many messages are out, nearly.
    pub fn backlog(&self) -> usize {
        self.ready.iter().map(IndexRing::len).sum()
    }

    /// Passes messages on, those that `next` gives, in their order, and says whether there may be
    /// more. Not if somebody else does so at this moment.
    ///
    /// `next` runs no code of the user: a panic would leave the word taken.
    pub fn pass(&self, mut next: impl FnMut() -> Option<u32>) -> bool {
        if !self.take_word() {
            return false;
        }
        if self.slack != 0 && self.slack != NEVER {
            // Relaxed: what waits now goes out now.
            self.handed.store(0, ord!(DISPATCH_H3, store, Relaxed));
        }
        let mut passed = 0;
        self.lanes.with_mut(|lanes| {
            // SAFETY: I1.
            let lanes = unsafe { &mut *lanes };
            self.take_in(lanes);
            while passed < CHUNK {
                if !lanes.has_room() && !self.make_room(lanes) {
                    break;
                }
                let Some(index) = next() else { break };
                passed += 1;
                // SAFETY: it came out of the log into this hand.
                match unsafe { self.labels.key(index) } {
                    Some(key) => lanes.append(&self.links, index, key),
                    None => {
                        // Relaxed: whoever gets the index next reads it.
                        let lane = &self.links[index as usize].lane;
                        lane.store(NONE, ord!(DISPATCH_L2, store, Relaxed));
                        self.send(index);
                    }
                }
            }
            lanes.send(|first| self.send(first));
        });
        // Release W2, pairs with W1 and W4.
        self.word.store(0, ord!(DISPATCH_W2, store, Release));
        passed == CHUNK
    }

    /// Takes the word, unless somebody has it.
    #[inline]
    fn take_word(&self) -> bool {
        let taken = self.word.compare_exchange_weak(
            0,
            1,
            // Acquire W1, pairs with W2 and W6.
            ord!(DISPATCH_W1, cas_ok, Acquire),
            // Relaxed: nothing is done.
            ord!(DISPATCH_W3, cas_fail, Relaxed),
        );
        taken.is_ok()
    }

    /// Hears which lanes' runs are done.
    fn take_in(&self, lanes: &mut Lanes) {
        while let Some(lane) = self.done.pop() {
            lanes.done(lane);
        }
    }

    /// Has lanes that are idle go; whether there is one for one key more (I4).
    #[cold]
    fn make_room(&self, lanes: &mut Lanes) -> bool {
        self.take_in(lanes);
        lanes.send(|first| self.send(first));
        lanes.has_room()
    }

    /// Puts messages of one key out, as a run, before all others of the key; false, and nothing is
    /// done, if one of those is out. The caller has the indices in hand; no lane has them.
    pub(super) fn send_run(&self, key: u128, run: &[u32]) -> bool {
        let mut round = 0;
        while !self.take_word() {
            // Who has it gives it back soon.
            pause(round);
            round += 1;
        }
        let lane = self.lanes.with_mut(|lanes| {
            // SAFETY: I1.
            let lanes = unsafe { &mut *lanes };
            // Others that have become idle go on too.
            let lane = self.make_room(lanes).then(|| lanes.occupy(key)).flatten();
            lanes.send(|first| self.send(first));
            lane
        });
        // Release W6, pairs with W1 and W4.
        self.word.store(0, ord!(DISPATCH_W6, store, Release));
        if let (Some(lane), Some((&last, before))) = (lane, run.split_last()) {
            self.link(before, lane, last);
            // Relaxed: the ready ring hands the links on.
            self.links[last as usize].lane.store(lane, ord!(DISPATCH_N1, store, Relaxed));
            // Relaxed: as above.
            self.links[last as usize].next.store(NONE, ord!(DISPATCH_N2, store, Relaxed));
            self.send(run[0]);
        }
        lane.is_some()
    }

    /// Links messages in a lane, one behind the other, and `last` behind them. The caller has all of
    /// them in hand.
    pub(super) fn link(&self, before: &[u32], lane: u32, last: u32) {
        let next = before.iter().skip(1).chain([&last]);
        for (&index, &next) in before.iter().zip(next) {
            let link = &self.links[index as usize];
            // Relaxed: the ready ring hands the links on.
            link.lane.store(lane, ord!(DISPATCH_N3, store, Relaxed));
            // Relaxed: as above.
            link.next.store(next, ord!(DISPATCH_N4, store, Relaxed));
        }
    }

    /// Puts a message out, at its level.
    pub fn send(&self, index: u32) {
        self.ready[self.labels.level(index) as usize].push(index);
    }

    /// A message is done, for the order of its key: the next one goes out. Not twice.
    ///
    /// The caller has the index in hand, or reads the slot, so that it is not free before this has
    /// returned. True if somebody may have something to do.
    pub fn leave(&self, index: u32) -> bool {
        let link = &self.links[index as usize];
        // Relaxed: it came with the index, or with the lease.
        let lane = link.lane.load(ord!(DISPATCH_P1, load, Relaxed));
        if lane >= LATER {
            return false;
        }
        // Relaxed: whoever gets the index next reads it.
        link.lane.store(NONE, ord!(DISPATCH_P2, store, Relaxed));
        // Relaxed: as the lane.
        match link.next.load(ord!(DISPATCH_P3, load, Relaxed)) {
            NONE => self.done.push(lane),
            next => self.send(next),
        }
        true
    }
}
