//! One partition of a queue: its slots, and the rings in which their indices go round.
//!
//! # Invariants
//!
//! - I1: there are as many indices as slots, and each is in one place. So no ring can overflow:
//!   each has room for all of them.
//! - I2: `due[index]` is written by whoever has the index in hand, before it gives it to `waiting`,
//!   and read by whoever took it from there.

mod later;

use alloc::{boxed::Box, vec::Vec};

use super::content::Content;
use super::dispatch::Dispatch;
use super::house::House;
use super::slab::{Slab, Slot};
use super::spread::spread;
use super::word::{State, Word};
use crate::ring::CapacityError;
use crate::ring::index::IndexRing;
use crate::ring::log::{Cursor, Log};
use crate::sync::{Mutex, UnsafeCell, fence, fence_after_swap, ord};

/// A partition.
pub struct Shard<C: Content + ?Sized> {
    slab: Slab<C>,
    free: IndexRing,
    log: Log,
    cursor: Cursor,
    /// Handed out before, and to be handed out again; where messages have an order, those that have
    /// fallen due and are to join it.
    returns: IndexRing,
    /// On their way to the wheel.
    waiting: IndexRing,
    due: Box<[UnsafeCell<u64>]>,
    house: Mutex<House>,
    /// Where messages have an order or levels: what stands between the log and the consumers, in
    /// place of the returns.
    dispatch: Option<Box<Dispatch>>,
}

// SAFETY: the slab is (see there); `due` is touched by one thread at a time (I2).
unsafe impl<C: Content<Owned: Send> + ?Sized> Sync for Shard<C> {}

impl<C: Content + ?Sized> Shard<C> {
    /// A partition of `capacity` free slots, at the time `now`.
    ///
    /// # Errors
    ///
    /// As [`Slab::new`].
    pub fn new(capacity: usize, inline: usize, now: u64) -> Result<Self, CapacityError> {
        let mut due = Vec::new();
        due.try_reserve_exact(capacity)
            .map_err(|_| CapacityError::OutOfMemory { capacity, slot_bytes: 8 })?;
        due.resize_with(capacity, || UnsafeCell::new(0));
        Ok(Self {
            slab: Slab::new(capacity, inline)?,
            free: IndexRing::holding(capacity, spread(capacity))?,
            log: Log::starting_at(capacity, 0)?,
            cursor: Cursor::at(0),
            returns: IndexRing::new(capacity)?,
            waiting: IndexRing::new(capacity)?,
            due: due.into_boxed_slice(),
            house: Mutex::new(House::new(capacity, now)?),
            dispatch: None,
        })
    }

    /// The same, with so many levels of priority, of which a message is overtaken by about `slack`
    /// lower ones at most, and an order if the messages say so.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub fn dispatched(mut self, levels: usize, slack: u32) -> Result<Self, CapacityError> {
        self.dispatch = Some(Box::new(Dispatch::new(self.slab.count(), levels, slack)?));
        Ok(self)
    }

    /// The slot of an index.
    #[inline(always)]
    pub fn at(&self, index: u32) -> Slot<'_, C> {
        self.slab.at(index)
    }

    pub(crate) fn house(&self) -> &Mutex<House> {
        &self.house
    }

    /// Free slots, into the hand of the caller.
    #[inline]
    pub fn claim_n(&self, out: &mut [u32]) -> usize {
        self.free.pop_n(out)
    }

    /// A free slot, into the hand of the caller.
    #[inline]
    pub fn claim(&self) -> Option<u32> {
        self.free.pop()
    }

    /// Gives free slots back. The caller tells those who wait for room.
    #[inline]
    pub fn free(&self, indices: &[u32]) {
        self.free.push_n(indices);
    }

    /// How many free slots there were, those on their way included.
    pub(crate) fn vacancies(&self) -> usize {
        self.free.len()
    }

    /// Whether there is no free slot, nor one on its way; to be ordered by a fence of the caller.
    pub fn is_exhausted(&self) -> bool {
        self.free.is_empty()
    }

    /// Publishes a filled slot, and says where it stands. `count` is called when it is accepted,
    /// before anybody can see it.
    ///
    /// The caller puts [a fence](Self::published) behind it, before it looks at who waits: whoever
    /// looks for messages afterwards sees the ticket, or its own sign is seen here.
    ///
    /// `None` if the partition is closed: the slot is as it was.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand; the slot is free, and filled.
    #[inline(always)]
    pub unsafe fn publish(&self, index: u32, count: impl FnOnce()) -> Option<(u64, Word)> {
        // SAFETY: the caller's duty.
        unsafe { self.publish_at(self.at(index), index, count) }
    }

    /// As [`publish`](Self::publish), of the index whose slot is `slot`.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub unsafe fn publish_at(
        &self,
        slot: Slot<'_, C>,
        index: u32,
        count: impl FnOnce(),
    ) -> Option<(u64, Word)> {
        let position = self.log.tickets(1)?;
        count();
        // SAFETY: the caller's duty.
        let word = unsafe {
            slot.set_position(position);
            slot.publish(State::Ready)
        };
        self.log.write(position, index);
        Some((position, word))
    }

    /// As [`publish`](Self::publish), for several slots, next to each other; `each` is told of the
    /// position, the slot and the word of each.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub unsafe fn publish_n(
        &self,
        indices: &[u32],
        count: impl FnOnce(),
        mut each: impl FnMut(u64, u32, Word),
    ) -> Option<u64> {
        let first = self.log.tickets(indices.len() as u64)?;
        count();
        for (position, &index) in (first..).zip(indices) {
            let slot = self.at(index);
            // SAFETY: the caller's duty.
            let word = unsafe {
                slot.set_position(position);
                slot.publish(State::Ready)
            };
            self.log.write(position, index);
            each(position, index, word);
        }
        Some(first)
    }

    /// The fence behind a publishing, before the look at who waits.
    #[inline(always)]
    pub fn published() {
        // SeqCst F1, pairs with F2: the ticket, and the partition itself if it was made for it,
        // before the look at the gate.
        fence_after_swap(ord!(SHARD_F1, fence, SeqCst));
    }

    /// An index whose message is to be handed out: returned ones first.
    #[inline(always)]
    pub fn next(&self) -> Option<u32> {
        if let Some(dispatch) = &self.dispatch {
            return self.next_in_order(dispatch);
        }
        if !self.returns.is_empty() {
            if let Some(index) = self.returns.pop() {
                return Some(index);
            }
        }
        self.cursor.take(&self.log)
    }

    /// As [`next`](Self::next), if its message has ended early; others keep their places.
    #[cold]
    pub fn next_husk(&self) -> Option<u32> {
        let is_husk = |index: u32| self.at(index).look().state() == State::Husk;
        if let Some(dispatch) = &self.dispatch {
            loop {
                if let Some(index) = dispatch.take_if(is_husk) {
                    return Some(index);
                }
                // What is out hides what waits behind it.
                if dispatch.backlog() > 0 || !dispatch.pass(|| self.arrival(dispatch)) {
                    return dispatch.take_if(is_husk);
                }
            }
        }
        if self.returns.is_empty() {
            return self.cursor.take_if(&self.log, is_husk);
        }
        self.returns.pop_if(is_husk)
    }

    /// As [`next`](Self::next), where messages have an order: what is out already, else what can
    /// be passed on.
    #[inline(never)]
    fn next_in_order(&self, dispatch: &Dispatch) -> Option<u32> {
        self.hurry(dispatch, 1);
        loop {
            if let Some(index) = dispatch.take() {
                return Some(index);
            }
            if !dispatch.pass(|| self.arrival(dispatch)) {
                return dispatch.take();
            }
        }
    }

    /// As [`next_in_order`](Self::next_in_order), as many as there are and `out` has room for.
    #[inline(never)]
    fn next_n_in_order(&self, dispatch: &Dispatch, out: &mut [u32]) -> usize {
        self.hurry(dispatch, out.len());
        let mut taken = 0;
        loop {
            taken += dispatch.take_n(&mut out[taken..]);
            if taken == out.len() {
                return taken;
            }
            if !dispatch.pass(|| self.arrival(dispatch)) {
                return taken + dispatch.take_n(&mut out[taken..]);
            }
        }
    }

    /// Passes on what waits at this moment, if a dequeue of `wanted` messages must not overlook it.
    #[inline]
    fn hurry(&self, dispatch: &Dispatch, wanted: usize) {
        let waiting = self.log.tail().saturating_sub(self.cursor.position());
        let waiting = waiting + self.returns.len() as u64;
        if dispatch.is_due(waiting, wanted) {
            self.pass_all(dispatch);
        }
    }

    /// Passes on what waits at this moment, unless somebody else does.
    fn pass_all(&self, dispatch: &Dispatch) {
        let tail = self.log.tail();
        while dispatch.pass(|| self.arrival(dispatch)) && self.cursor.position() < tail {}
    }

    /// As [`next`](Self::next), as many as there are and `out` has room for.
    #[inline(always)]
    pub fn next_n(&self, out: &mut [u32]) -> usize {
        if let Some(dispatch) = &self.dispatch {
            return self.next_n_in_order(dispatch, out);
        }
        if !self.returns.is_empty() {
            let returned = self.returns.pop_n(out);
            if returned > 0 {
                return returned;
            }
        }
        self.cursor.take_n(&self.log, out)
    }

    /// The fence of who goes to sleep, before the last look at any partition.
    pub fn falling_asleep() {
        // SeqCst F2, pairs with F1 and F3: the caller's sign before the look.
        fence(ord!(SHARD_F2, fence, SeqCst));
    }

    /// Whether there is nothing to hand out, and nothing on its way; to be ordered by
    /// [`falling_asleep`](Self::falling_asleep).
    pub fn is_idle(&self) -> bool {
        self.returns.is_empty()
            && self.cursor.position() == self.log.tail()
            && self.dispatch.as_ref().is_none_or(|dispatch| dispatch.is_idle())
    }

    /// Lets messages rise by a level that have been out for `step`; those that wait go out first. A
    /// fence stands behind it. Says how many rose, and when to come again.
    pub fn age(&self, now: u64, step: u64) -> (usize, u64) {
        let Some(dispatch) = &self.dispatch else { return (0, u64::MAX) };
        self.pass_all(dispatch);
        let aged = dispatch.age(now, step);
        // SeqCst F12, pairs with F2: what rose, or was passed on, before the look at the gate.
        fence(ord!(SHARD_F12, fence, SeqCst));
        aged
    }

    /// How many messages are to be handed out, nearly.
    pub fn backlog(&self) -> usize {
        let new = self.log.tail().saturating_sub(self.cursor.position());
        let out = self.dispatch.as_ref().map_or(0, |dispatch| dispatch.backlog());
        new as usize + self.returns.len() + out
    }

    /// Says which level a message has, and which lane it is in, if it keeps an order.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand.
    #[inline]
    pub unsafe fn label(&self, index: u32, level: u32, lane: Option<u128>) {
        if let Some(dispatch) = &self.dispatch {
            // SAFETY: the caller's duty.
            unsafe { dispatch.label(index, level, lane) };
        }
    }

    /// The level of a message; the caller has its index in hand, or reads it.
    pub(crate) fn level(&self, index: u32) -> u32 {
        self.dispatch.as_ref().map_or(0, |dispatch| dispatch.level(index))
    }

    /// What a message is in order with, if it keeps one.
    ///
    /// # Safety
    ///
    /// The message's slot is not free, and does not become so meanwhile.
    pub(crate) unsafe fn lane(&self, index: u32) -> Option<u128> {
        // SAFETY: the caller's duty.
        self.dispatch.as_ref().and_then(|dispatch| unsafe { dispatch.key(index) })
    }

    /// Whether messages have an order or levels.
    #[inline(always)]
    pub(crate) fn is_dispatched(&self) -> bool {
        self.dispatch.is_some()
    }

    /// Lets the follower of a message go on: this one is done, for the order of its key. The caller
    /// has its index in hand, or reads it.
    ///
    /// True if somebody may have something to do; a fence stands behind it.
    #[inline]
    pub fn leave(&self, index: u32) -> bool {
        let left = self.dispatch.as_ref().is_some_and(|dispatch| dispatch.leave(index));
        if left {
            // SeqCst F11, pairs with F2: the follower before the look at the gate.
            fence(ord!(SHARD_F11, fence, SeqCst));
        }
        left
    }

    /// The oldest message of the lowest level, if one is to be handed out.
    pub(crate) fn oldest(&self) -> Option<u32> {
        let Some(dispatch) = &self.dispatch else { return self.next() };
        while dispatch.pass(|| self.arrival(dispatch)) {}
        dispatch.take_lowest()
    }

    /// Gives a message back, to be handed out again; a fence stands behind it.
    pub fn give_back(&self, index: u32) {
        match &self.dispatch {
            Some(dispatch) => dispatch.send(index),
            None => self.returns.push(index),
        }
        self.given();
    }

    /// The fence behind an index that was given to be handed out.
    pub(crate) fn given(&self) {
        // SeqCst F3, pairs with F2: the index before the look at the gate.
        fence(ord!(SHARD_F3, fence, SeqCst));
    }

    /// Hands a message to the wheel, to be looked at again at `due`; a fence stands behind it.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand.
    pub unsafe fn wait_until(&self, index: u32, due: u64) {
        // SAFETY: I2.
        self.due[index as usize].with_mut(|place| unsafe { *place = due });
        self.waiting.push(index);
        // SeqCst F4, pairs with F5 in the alarm: the index before the look at when the next pass
        // is.
        fence(ord!(SHARD_F4, fence, SeqCst));
    }

    /// The next message on its way to the wheel, and when it is due.
    pub fn next_waiting(&self) -> Option<(u32, u64)> {
        let index = self.waiting.pop()?;
        // SAFETY: I2: it came from there into this hand.
        Some((index, self.due[index as usize].with(|due| unsafe { *due })))
    }

    /// Refuses all that comes, and says where it ended; `None` if it was closed before.
    pub fn close(&self) -> Option<u64> {
        self.log.close()
    }

    /// The position behind the last message, if closed.
    pub fn end(&self) -> Option<u64> {
        self.log.end()
    }

    /// Drops every message that is still there. For whoever is alone with the partition.
    pub fn drop_all(&mut self) {
        for index in 0..self.slab.count() as u32 {
            let slot = self.at(index);
            let word = slot.look();
            let settled = word.state() == State::Settled && word.readers() == 0;
            if !settled && !word.is_empty() {
                // SAFETY: nobody else has the partition, so the caller owns every slot.
                unsafe { slot.discard() };
            }
        }
    }
}

impl<C: Content + ?Sized> Drop for Shard<C> {
    fn drop(&mut self) {
        self.drop_all();
    }
}
