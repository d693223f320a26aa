//! What a group has of a partition: how far it has come in the log, and what it is to be handed out
//! again.
//!
//! # Invariants
//!
//! - I1: of each slot's index a track has one at most, in one place (custody, as [`slot`](super::slot)
//!   says). So no ring can overflow: each has room for all of them.
//! - I2: `due[index]` is written by whoever has the index in hand, before it gives it to `waiting`,
//!   and read by whoever took it from there.

mod held;
mod later;

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use super::content::Content;
use super::dispatch::Dispatch;
use super::house::House;
use super::labels::Labels;
use super::shard::Shard;
use super::shared::{Life, Table};
use super::slab::Slot;
use super::ttl::Ttl;
use super::word::State;
use crate::ring::CapacityError;
use crate::ring::index::IndexRing;
use crate::ring::log::{Cursor, Log};
use crate::sync::{AtomicU32, Mutex, OnceLock, UnsafeCell, fence, ord};

/// A group's part of a partition.
pub struct Track {
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
    /// Its words of the slots, where it shares them with others.
    table: Option<Box<Table>>,
    /// 1 while the group takes part.
    live: AtomicU32,
    /// Until when messages live, made with the first that does not live for ever.
    ttl: OnceLock<Box<Ttl>>,
}

// SAFETY: `due` is touched by one thread at a time (I2).
unsafe impl Sync for Track {}

impl Track {
    /// That of a group which has not come to anything yet, for `slots` slots, at the time `now`.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub(super) fn new(slots: usize, now: u64) -> Result<Self, CapacityError> {
        let mut due = Vec::new();
        due.try_reserve_exact(slots)
            .map_err(|_| CapacityError::OutOfMemory { capacity: slots, slot_bytes: 8 })?;
        due.resize_with(slots, || UnsafeCell::new(0));
        Ok(Self {
            cursor: Cursor::at(0),
            returns: IndexRing::new(slots)?,
            waiting: IndexRing::new(slots)?,
            due: due.into_boxed_slice(),
            house: Mutex::new(House::new(slots, now)?),
            dispatch: None,
            table: None,
            live: AtomicU32::new(1),
            ttl: OnceLock::new(),
        })
    }

    /// The same, for messages with an order or levels, as their labels say.
    pub(super) fn dispatched(mut self, labels: &Arc<Labels>) -> Result<Self, CapacityError> {
        self.dispatch = Some(Box::new(Dispatch::new(Arc::clone(labels))?));
        Ok(self)
    }

    /// The same, for a group that shares the slots with others.
    pub(super) fn sharing(mut self, table: Table, joined: bool) -> Self {
        self.table = Some(Box::new(table));
        self.live = AtomicU32::new(u32::from(joined));
        self
    }

    /// Whether the group takes part: it has joined, and not left.
    pub(super) fn is_live(&self) -> bool {
        // Acquire L2, pairs with L1: where its cursor is.
        self.live.load(ord!(TRACK_L2, load, Acquire)) == 1
    }

    /// Takes part from now on: of what `log` gets, to slots that have these lives.
    pub(super) fn join(&self, log: &Log, life: impl Fn(u32) -> Life) {
        if let Some(table) = &self.table {
            self.cursor.set(table.join(log, life));
        }
        // Release L1, pairs with L2.
        self.live.store(1, ord!(TRACK_L1, store, Release));
    }

    /// Takes part no more: what `log` gets from now on is not the group's.
    pub(super) fn quit(&self, log: &Log) {
        // Relaxed: who still takes finds that nothing is the group's.
        self.live.store(0, ord!(TRACK_L3, store, Relaxed));
        if let Some(table) = &self.table {
            table.leave(log);
        }
    }

    /// An index that is anywhere in the hands of a group that has left.
    pub fn next_left(&self, log: &Log) -> Option<u32> {
        let end = self.table.as_ref().map_or(0, |table| table.left_at());
        if let Some(index) = self.returns.pop().or_else(|| self.waiting.pop()) {
            return Some(index);
        }
        match &self.dispatch {
            None => self.cursor.take_before(log, end),
            Some(dispatch) => {
                while dispatch.pass(|| self.cursor.take_before(log, end)) {}
                dispatch.take()
            }
        }
    }

    /// Whether the group that has left has passed all that was its.
    pub fn has_passed_all(&self) -> bool {
        self.table.as_ref().is_none_or(|table| self.cursor.position() >= table.left_at())
    }

    /// Whether the group has a part in the message of a slot that is still to be done.
    pub fn owes<C: Content + ?Sized>(&self, shard: &Shard<C>, index: u32) -> bool {
        self.table.as_ref().is_some_and(|table| table.owes(shard.at(index)))
    }

    /// Has no part in anything any more.
    pub fn clear(&self) {
        if let Some(table) = &self.table {
            table.clear();
        }
    }

    /// The slot of an index, as this group has it.
    #[inline(always)]
    pub fn at<'a, C: Content + ?Sized>(&'a self, shard: &'a Shard<C>, index: u32) -> Slot<'a, C> {
        match &self.table {
            None => shard.at(index),
            Some(table) => shard.at_of(index, table),
        }
    }

    /// Its words of the slots, where it shares them.
    pub(super) fn table(&self) -> Option<&Table> {
        self.table.as_deref()
    }

    /// The number of its group.
    #[inline(always)]
    pub fn number(&self) -> u32 {
        self.table.as_ref().map_or(0, |table| table.number())
    }

    /// The position from which on messages are the group's.
    pub fn joined_at(&self) -> u64 {
        self.table.as_ref().map_or(0, |table| table.joined_at())
    }

    /// Until when messages live, if any of them does not live for ever.
    #[inline]
    pub(crate) fn ttl(&self) -> Option<&Ttl> {
        self.ttl.get().map(|ttl| &**ttl)
    }

    /// Has it note until when messages live; it is `now`.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    #[cold]
    pub(crate) fn make_ttl(&self, now: u64) -> Result<(), CapacityError> {
        let made = Box::new(Ttl::new(self.due.len(), now)?);
        self.ttl.get_or_init(|| made);
        Ok(())
    }

    /// What the housekeeper knows.
    pub(crate) fn house(&self) -> &Mutex<House> {
        &self.house
    }

    /// An index whose message is to be handed out: returned ones first.
    #[inline(always)]
    pub fn next<C: Content + ?Sized>(&self, shard: &Shard<C>) -> Option<u32> {
        if let Some(dispatch) = &self.dispatch {
            return self.next_in_order(dispatch, shard);
        }
        self.next_in_row(shard)
    }

    /// As [`next`](Self::next), where messages have no order.
    #[inline(always)]
    pub fn next_in_row<C: Content + ?Sized>(&self, shard: &Shard<C>) -> Option<u32> {
        if !self.returns.is_empty() {
            if let Some(index) = self.returns.pop() {
                return Some(index);
            }
        }
        self.cursor.take(shard.log())
    }

    /// As [`next`](Self::next), if its message has ended early; others keep their places.
    #[cold]
    pub fn next_husk<C: Content + ?Sized>(&self, shard: &Shard<C>) -> Option<u32> {
        let is_husk = |index: u32| self.at(shard, index).look().state() == State::Husk;
        self.next_if(shard, is_husk)
    }

    /// As [`next`](Self::next), if its message is one that `wants` says; others keep their places.
    #[cold]
    pub fn next_if<C: Content + ?Sized>(
        &self,
        shard: &Shard<C>,
        wants: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        if let Some(dispatch) = &self.dispatch {
            loop {
                if let Some(index) = dispatch.take_if(&wants) {
                    return Some(index);
                }
                // What is out hides what waits behind it.
                if dispatch.backlog() > 0 || !dispatch.pass(|| self.arrival(dispatch, shard)) {
                    return dispatch.take_if(&wants);
                }
            }
        }
        if self.returns.is_empty() {
            return self.cursor.take_if(shard.log(), wants);
        }
        self.returns.pop_if(wants)
    }

    /// As [`next`](Self::next), where messages have an order: what is out already, else what can
    /// be passed on.
    #[inline(never)]
    fn next_in_order<C: Content + ?Sized>(
        &self,
        dispatch: &Dispatch,
        shard: &Shard<C>,
    ) -> Option<u32> {
        self.hurry(dispatch, shard, 1);
        loop {
            if let Some(index) = dispatch.take() {
                return Some(index);
            }
            if !dispatch.pass(|| self.arrival(dispatch, shard)) {
                return dispatch.take();
            }
        }
    }

    /// As [`next_in_order`](Self::next_in_order), as many as there are and `out` has room for.
    #[inline(never)]
    fn next_n_in_order<C: Content + ?Sized>(
        &self,
        dispatch: &Dispatch,
        shard: &Shard<C>,
        out: &mut [u32],
    ) -> usize {
        self.hurry(dispatch, shard, out.len());
        let mut taken = 0;
        loop {
            taken += dispatch.take_n(&mut out[taken..]);
            if taken == out.len() {
                return taken;
            }
            if !dispatch.pass(|| self.arrival(dispatch, shard)) {
                return taken + dispatch.take_n(&mut out[taken..]);
            }
        }
    }

    /// Passes on what waits at this moment, if a dequeue of `wanted` messages must not overlook it.
    #[inline]
    fn hurry<C: Content + ?Sized>(&self, dispatch: &Dispatch, shard: &Shard<C>, wanted: usize) {
        let waiting = shard.log().tail().saturating_sub(self.cursor.position());
        let waiting = waiting + self.returns.len() as u64;
        if dispatch.is_due(waiting, wanted) {
            self.pass_all(dispatch, shard);
        }
    }

    /// Passes on what waits at this moment, unless somebody else does.
    fn pass_all<C: Content + ?Sized>(&self, dispatch: &Dispatch, shard: &Shard<C>) {
        let tail = shard.log().tail();
        while dispatch.pass(|| self.arrival(dispatch, shard)) && self.cursor.position() < tail {}
    }

    /// Lets messages rise by a level that have been out for `step`; those that wait go out first. A
    /// fence stands behind it. Says how many rose, and when to come again.
    pub fn age<C: Content + ?Sized>(&self, shard: &Shard<C>, now: u64, step: u64) -> (usize, u64) {
        let Some(dispatch) = &self.dispatch else { return (0, u64::MAX) };
        self.pass_all(dispatch, shard);
        let aged = dispatch.age(now, step);
        // SeqCst F12, pairs with F2: what rose, or was passed on, before the look at the gate.
        fence(ord!(SHARD_F12, fence, SeqCst));
        aged
    }

    /// As [`next`](Self::next), as many as there are and `out` has room for.
    #[inline(always)]
    pub fn next_n<C: Content + ?Sized>(&self, shard: &Shard<C>, out: &mut [u32]) -> usize {
        if let Some(dispatch) = &self.dispatch {
            return self.next_n_in_order(dispatch, shard, out);
        }
        if !self.returns.is_empty() {
            let returned = self.returns.pop_n(out);
            if returned > 0 {
                return returned;
            }
        }
        self.cursor.take_n(shard.log(), out)
    }

    /// The fence of who goes to sleep, before the last look at any partition.
    pub fn falling_asleep() {
        // SeqCst F2, pairs with F1 and F3: the caller's sign before the look.
        fence(ord!(SHARD_F2, fence, SeqCst));
    }

    /// Whether there is nothing to hand out, and nothing on its way; to be ordered by
    /// [`falling_asleep`](Self::falling_asleep).
    pub fn is_idle(&self, log: &Log) -> bool {
        self.returns.is_empty()
            && self.cursor.position() == log.tail()
            && self.dispatch.as_ref().is_none_or(|dispatch| dispatch.is_idle())
    }

    /// How many messages are to be handed out, nearly.
    pub fn backlog(&self, log: &Log) -> usize {
        let new = log.tail().saturating_sub(self.cursor.position());
        let out = self.dispatch.as_ref().map_or(0, |dispatch| dispatch.backlog());
        new as usize + self.returns.len() + out
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
    pub(crate) fn oldest<C: Content + ?Sized>(&self, shard: &Shard<C>) -> Option<u32> {
        let Some(dispatch) = &self.dispatch else { return self.next(shard) };
        while dispatch.pass(|| self.arrival(dispatch, shard)) {}
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
}
