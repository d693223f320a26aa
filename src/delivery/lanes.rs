//! Lanes: the messages of one key in their order, and whether one of them is out.
//!
//! Plain data of whoever has the dispatch word. A lane is there from the first message of its key
//! that is passed to the last one that is done. The chain of its messages is in the links of their
//! slots.

use alloc::{boxed::Box, vec::Vec};

use super::dispatch::{Link, NONE};
use crate::ring::CapacityError;
use crate::sync::ord;

/// A lane for each slot, as each message may have a key of its own, and for each message of a
/// chunk, as lanes that became idle since the chunk began are still there.
pub(crate) struct Lanes {
    pool: Box<[Lane]>,
    /// Lanes that are not used, linked by `next`.
    free: u32,
    /// The first lane of each bucket of keys.
    buckets: Box<[u32]>,
    /// Lanes to be looked at at the end of a chunk.
    touched: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Lane {
    key: u128,
    /// The next lane of the bucket, or of those that are free.
    next: u32,
    /// The messages that wait here: the first and the last one.
    first: u32,
    last: u32,
    /// A run of its messages is out.
    busy: bool,
    touched: bool,
}

const EMPTY: Lane =
    Lane { key: 0, next: NONE, first: NONE, last: NONE, busy: false, touched: false };

impl Lanes {
    /// Lanes for `slots` slots, passed on in chunks of `chunk`.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub(crate) fn new(slots: usize, chunk: usize) -> Result<Self, CapacityError> {
        let refused = |_| CapacityError::OutOfMemory { capacity: slots, slot_bytes: 64 };
        let lanes = slots + chunk;
        let mut pool = Vec::new();
        pool.try_reserve_exact(lanes).map_err(refused)?;
        pool.extend((1..=lanes as u32).map(|next| Lane { next, ..EMPTY }));
        if let Some(last) = pool.last_mut() {
            last.next = NONE;
        }
        let mut buckets = Vec::new();
        buckets.try_reserve_exact(slots.next_power_of_two()).map_err(refused)?;
        buckets.resize(slots.next_power_of_two(), NONE);
        let mut touched = Vec::new();
        touched.try_reserve_exact(lanes).map_err(refused)?;
        let (pool, buckets) = (pool.into_boxed_slice(), buckets.into_boxed_slice());
        Ok(Self { pool, free: 0, buckets, touched })
    }

    /// Whether there is a lane for one key more.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.free != NONE
    }

    fn bucket(&self, key: u128) -> usize {
        key as usize & (self.buckets.len() - 1)
    }

    /// The lane of a key, made if need be.
    fn lane_of(&mut self, key: u128) -> u32 {
        let bucket = self.bucket(key);
        let mut lane = self.buckets[bucket];
        while lane != NONE {
            let found = &self.pool[lane as usize];
            if found.key == key {
                return lane;
            }
            lane = found.next;
        }
        let lane = self.free;
        self.free = self.pool[lane as usize].next;
        self.pool[lane as usize] = Lane { key, next: self.buckets[bucket], ..EMPTY };
        self.buckets[bucket] = lane;
        lane
    }

    fn touch(&mut self, lane: u32) {
        if !core::mem::replace(&mut self.pool[lane as usize].touched, true) {
            self.touched.push(lane);
        }
    }

    /// Appends a message to the lane of its key.
    pub(crate) fn append(&mut self, links: &[Link], index: u32, key: u128) {
        let number = self.lane_of(key);
        let lane = &mut self.pool[number as usize];
        let link = &links[index as usize];
        // Relaxed: the ready ring hands the links on.
        link.next.store(NONE, ord!(LANE_N1, store, Relaxed));
        link.lane.store(number, ord!(LANE_N2, store, Relaxed));
        if lane.first == NONE {
            lane.first = index;
        } else {
            // Relaxed: as above.
            links[lane.last as usize].next.store(index, ord!(LANE_N3, store, Relaxed));
        }
        lane.last = index;
        self.touch(number);
    }

    /// The run of a lane is done.
    pub(crate) fn done(&mut self, lane: u32) {
        self.pool[lane as usize].busy = false;
        self.touch(lane);
    }

    /// Makes the lane of a key busy, for a run that comes before what waits there; its number, or
    /// `None` if it is busy.
    pub(crate) fn occupy(&mut self, key: u128) -> Option<u32> {
        let number = self.lane_of(key);
        let busy = core::mem::replace(&mut self.pool[number as usize].busy, true);
        (!busy).then_some(number)
    }

    /// Sends out the waiting messages of every lane that was touched and has none out, as a run
    /// whose first one goes to `out`, the lane that was touched first in front; lanes without
    /// messages go.
    pub(crate) fn send(&mut self, mut out: impl FnMut(u32)) {
        let mut touched = core::mem::take(&mut self.touched);
        for number in touched.drain(..) {
            let lane = &mut self.pool[number as usize];
            lane.touched = false;
            if lane.busy {
                continue;
            }
            if lane.first == NONE {
                self.remove(number);
            } else {
                let first = lane.first;
                (lane.first, lane.last, lane.busy) = (NONE, NONE, true);
                out(first);
            }
        }
        self.touched = touched;
    }

    fn remove(&mut self, number: u32) {
        let Lane { key, next, .. } = self.pool[number as usize];
        let bucket = self.bucket(key);
        let mut at = self.buckets[bucket];
        if at == number {
            self.buckets[bucket] = next;
        } else {
            while self.pool[at as usize].next != number {
                at = self.pool[at as usize].next;
            }
            self.pool[at as usize].next = next;
        }
        self.pool[number as usize] = Lane { next: self.free, ..EMPTY };
        self.free = number;
    }
}
