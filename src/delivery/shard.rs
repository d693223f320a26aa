//! One partition of a queue: its slots, the log in which their indices stand, and what each group
//! has of it.
//!
//! # Invariants
//!
//! - I1: there are as many indices as slots, and each is free, in the log, or with the groups that
//!   its message belongs to. So no ring can overflow: each has room for all of them.

mod later;

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use super::content::Content;
use super::labels::Labels;
use super::members::Groups;
use super::shared::Table;
use super::slab::{Of, Slab, Slot};
use super::spread::spread;
use super::track::Track;
use super::word::{State, Word};
use crate::ring::CapacityError;
use crate::ring::index::IndexRing;
use crate::ring::log::Log;
use crate::sync::{OnceLock, fence_after_swap, ord};

/// A partition.
pub struct Shard<C: Content + ?Sized> {
    slab: Slab<C>,
    free: IndexRing,
    log: Log,
    /// Where messages have an order or levels.
    labels: Option<Arc<Labels>>,
    /// That of the group that every queue is born with.
    first: Track,
    /// Those of the groups 1 and up.
    others: Box<[OnceLock<Box<Track>>]>,
    groups: Groups,
}

impl<C: Content + ?Sized> Shard<C> {
    /// A partition of `capacity` free slots, at the time `now`; messages have labels if there are
    /// `levels`: how many, and by how many lower messages about one is overtaken at most. Where there may be several `groups`, all of them have to [join](Self::join) it.
    ///
    /// # Errors
    ///
    /// As [`Slab::new`].
    pub fn new(
        capacity: usize,
        inline: usize,
        now: u64,
        levels: Option<(usize, u32)>,
        groups: usize,
    ) -> Result<Self, CapacityError> {
        let labels =
            levels.map(|(levels, slack)| Labels::new(capacity, levels, slack)).transpose()?;
        let mut others = Vec::new();
        others.resize_with(groups - 1, OnceLock::new);
        let labels = labels.map(Arc::new);
        let shared = groups > 1;
        let (first, groups) = (Self::track(capacity, now, &labels)?, Groups::new());
        let first =
            if shared { first.sharing(Table::new(0, capacity, false)?, false) } else { first };
        Ok(Self {
            slab: Slab::new(capacity, inline, shared)?,
            free: IndexRing::holding(capacity, spread(capacity))?,
            log: Log::starting_at(capacity, 0)?,
            labels,
            first,
            others: others.into_boxed_slice(),
            groups,
        })
    }

    fn track(
        capacity: usize,
        now: u64,
        labels: &Option<Arc<Labels>>,
    ) -> Result<Track, CapacityError> {
        let track = Track::new(capacity, now)?;
        match labels {
            Some(labels) => track.dispatched(labels),
            None => Ok(track),
        }
    }

    /// The slot of an index.
    #[inline(always)]
    pub fn at(&self, index: u32) -> Slot<'_, C> {
        self.slab.at(index)
    }

    #[inline(always)]
    pub(super) fn at_of<'a>(&'a self, index: u32, table: &'a Table) -> Slot<'a, C> {
        self.slab.at_of(index, Of { table, log: &self.log })
    }

    /// The log.
    #[inline(always)]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// What the group has that every queue is born with.
    #[inline(always)]
    pub fn first(&self) -> &Track {
        &self.first
    }

    /// What a group has, if it has ever joined.
    #[inline(always)]
    pub fn of(&self, group: u32) -> Option<&Track> {
        match group.checked_sub(1) {
            None => Some(&self.first),
            Some(other) => self.others.get(other as usize)?.get().map(|track| &**track),
        }
    }

    /// Whether a message that was published just now belongs to no group: the slot is the caller's
    /// then, with the content.
    #[cold]
    pub fn is_nobodys(&self, index: u32, position: u64, word: Word) -> bool {
        let all = self.tracks().filter_map(Track::table);
        self.groups.leave_to(self.at(index), word.generation(), position, &self.log, all)
    }

    /// Whether the slot of an index would be free if the groups of these `bits` were done with it; a
    /// look.
    pub fn would_be_free(&self, index: u32, bits: u32) -> bool {
        let all = self.tracks().filter_map(Track::table);
        self.slab.is_shared() && self.at(index).would_be_done(bits, all)
    }

    /// Has a group take part in what comes from now on. Nobody else joins or leaves meanwhile.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub fn join(&self, group: u32, now: u64) -> Result<(), CapacityError> {
        let track = match self.of(group) {
            Some(track) => track,
            None => {
                let slots = self.slab.count();
                let track = Self::track(slots, now, &self.labels)?;
                let track = track.sharing(Table::new(group, slots, false)?, false);
                self.others[group as usize - 1].get_or_init(|| Box::new(track))
            }
        };
        track.join(&self.log, |index| self.at(index).life());
        Ok(())
    }

    /// As [`join`](Self::join), for a partition that nobody else has seen.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn begin(&self, group: u32, now: u64) -> Result<(), CapacityError> {
        self.join(group, now)?;
        if let Some(table) = self.of(group).and_then(Track::table) {
            self.groups.begin(table);
        }
        Ok(())
    }

    /// Has a group take part no more: what comes from now on is not its. What it has is to be
    /// [taken](Track::next_left) and ended.
    pub fn quit(&self, group: u32) {
        let Some(track) = self.of(group) else { return };
        if let Some(table) = track.table() {
            self.groups.end(table);
        }
        track.quit(&self.log);
    }

    /// How many messages are to be handed out, nearly, to the group that has most of them.
    pub fn backlog(&self) -> usize {
        self.live().map(|track| track.backlog(&self.log)).max().unwrap_or(0)
    }

    /// The groups that take part.
    pub fn live(&self) -> impl Iterator<Item = &Track> {
        self.tracks().filter(|track| track.is_live())
    }

    /// All groups that have ever joined.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        let others = self.others.iter().filter_map(|track| track.get().map(|track| &**track));
        core::iter::once(&self.first).chain(others)
    }

    /// Whether the group of `track`, which is done with the message of a slot, was the last one:
    /// the slot is the caller's then. To be asked once by each group, by whoever its word made the
    /// owner.
    #[inline(always)]
    pub fn completes(&self, track: &Track, index: u32) -> bool {
        match track.table() {
            None => true,
            Some(table) => {
                let all = self.tracks().filter_map(Track::table);
                self.groups.done(self.at_of(index, table), table, &self.log, all)
            }
        }
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
        let word = unsafe { slot.publish(position, State::Ready) };
        self.log.write(position, index);
        Some((position, word))
    }

    /// As [`publish_at`](Self::publish_at), where one group has the slots.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub unsafe fn publish_alone(
        &self,
        slot: Slot<'_, C>,
        index: u32,
        count: impl FnOnce(),
    ) -> Option<(u64, Word)> {
        debug_assert!(!self.slab.is_shared());
        let position = self.log.tickets(1)?;
        count();
        // SAFETY: the caller's duty.
        let word = unsafe { slot.publish_alone(position, State::Ready) };
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
            let word = unsafe { slot.publish(position, State::Ready) };
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

    /// Says which level a message has, and which lane it is in, if it keeps an order.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand, and the slot is free.
    #[inline]
    pub unsafe fn label(&self, index: u32, level: u32, lane: Option<u128>) {
        if let Some(labels) = &self.labels {
            // SAFETY: the caller's duty.
            unsafe { labels.write(index, level, lane) };
        }
    }

    /// The level of a message; the caller has its index in hand, or reads it.
    pub(crate) fn level(&self, index: u32) -> u32 {
        self.labels.as_ref().map_or(0, |labels| labels.level(index))
    }

    /// What a message is in order with, if it keeps one.
    ///
    /// # Safety
    ///
    /// The message's slot is not free, and does not become so meanwhile.
    pub(crate) unsafe fn lane(&self, index: u32) -> Option<u128> {
        // SAFETY: the caller's duty.
        self.labels.as_ref().and_then(|labels| unsafe { labels.key(index) })
    }

    /// Whether messages have an order or levels.
    #[inline(always)]
    pub(crate) fn is_dispatched(&self) -> bool {
        self.labels.is_some()
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
            if slot.holds_content() {
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
