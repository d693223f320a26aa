//! Looking at messages without taking them, and ending them where they stand.

use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use core::fmt;
use core::ops::Deref;

use super::core::Core;
use super::seat::Seat;
use super::signs::Defer;
use crate::code;
use crate::delivery::{Content, Count, State, Word};
use crate::message::{Death, Handle, MessageId, Priority, Tag};

/// A message that somebody looks at: it can be read for as long as this lives, whatever becomes of
/// it. It takes part in nothing: others lease and settle it meanwhile.
///
/// It keeps the message's slot from being used again, so it is to be let go of soon.
pub struct Peeked<C: Content + ?Sized> {
    core: Arc<Core<C>>,
    group: u32,
    partition: u32,
    index: u32,
    word: Word,
}

/// Why a message was not cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelError {
    /// There is no such message any more.
    NotFound,
    /// A consumer has it.
    Leased,
}

impl CancelError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::NotFound => code::NOT_FOUND,
            Self::Leased => code::LEASED,
        }
    }
}

impl fmt::Display for CancelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "message is gone; there is nothing to cancel",
            Self::Leased => "message is with a consumer; it cannot be cancelled now",
        })
    }
}

impl core::error::Error for CancelError {}

/// A pin by reference: lets go when dropped.
pub(super) struct Pin<'a, C: Content + ?Sized> {
    core: &'a Core<C>,
    seat: Seat<'a, C>,
    word: Word,
}

impl<C: Content + ?Sized> Pin<'_, C> {
    pub(super) fn state(&self) -> State {
        self.word.state()
    }

    /// The word without this reader.
    pub(super) fn word(&self) -> Word {
        self.word.left()
    }

    /// The priority that it had before it died.
    pub(super) fn priority(&self) -> Priority {
        // SAFETY: the message is pinned.
        let tag = unsafe { self.seat.slot().tag() };
        tag.map_or(Priority::NORMAL, Tag::priority)
    }

    pub(super) fn key(&self) -> Option<&[u8]> {
        // SAFETY: the message is pinned.
        unsafe { self.seat.slot().tag() }.and_then(Tag::key)
    }

    pub(super) fn history(&self) -> &[Death] {
        // SAFETY: the message is pinned.
        unsafe { self.seat.slot().tag() }.map_or(&[], Tag::history)
    }

    pub(super) fn offset(&self) -> u64 {
        self.seat.slot().position()
    }

    pub(super) fn bytes(&self) -> usize {
        // SAFETY: the message is pinned.
        unsafe { self.seat.slot().bytes() }
    }
}

impl<C: Content + ?Sized> Drop for Pin<'_, C> {
    fn drop(&mut self) {
        self.core.let_go(self.seat);
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// Becomes a reader of whatever message is in a slot, if one is.
    pub(super) fn pin<'a>(&'a self, seat: Seat<'a, C>) -> Option<Pin<'a, C>> {
        let word = self.pin_word(seat)?;
        Some(Pin { core: self, seat, word })
    }

    fn pin_word(&self, seat: Seat<'_, C>) -> Option<Word> {
        let slot = seat.slot();
        let mut word = slot.look();
        // Each delivery that is still permitted may add a reader: there has to be room for them.
        let reserved = |word: Word| self.config.max_deliveries.saturating_sub(word.deliveries());
        let is_full = |word: Word| word.readers() >= Word::MAX_READERS - reserved(word);
        while word.is_readable() {
            if is_full(word) {
                return None;
            }
            match slot.pin(word) {
                Ok(pinned) => return Some(pinned),
                Err(found) => word = found,
            }
        }
        None
    }

    /// Stops reading a slot's message.
    #[inline]
    pub(super) fn let_go(&self, seat: Seat<'_, C>) {
        if let Some(word) = seat.slot().let_go().filter(|word| seat.owns(*word)) {
            self.dispose(seat, word);
        }
    }

    pub(super) fn peek_at(self: &Arc<Self>, seat: Seat<'_, C>) -> Option<Peeked<C>> {
        let word = self.pin_word(seat)?;
        let Seat { partition, index, track, .. } = seat;
        let group = track.number();
        Some(Peeked { core: Arc::clone(self), group, partition, index, word })
    }

    /// All messages of a partition that a group has, in the order of their offsets.
    pub(super) fn peek_all(self: &Arc<Self>, group: u32, partition: usize) -> Vec<Peeked<C>> {
        let Some(shard) = self.used(partition) else { return Vec::new() };
        let Some(track) = shard.of(group) else { return Vec::new() };
        let partition = partition as u32;
        let seats =
            (0..self.config.capacity as u32).map(|index| Seat { shard, track, partition, index });
        let mut peeked: Vec<_> = seats.filter_map(|seat| self.peek_at(seat)).collect();
        peeked.sort_unstable_by_key(Peeked::offset);
        peeked
    }

    /// Ends a message that nobody has in hand, if it is still as `word` says; counts it.
    pub(super) fn hollow(&self, seat: Seat<'_, C>, word: Word, count: Count) -> bool {
        let slot = seat.slot();
        let from = match word.state() {
            State::Ready => Count::GoneReady,
            State::Delayed => Count::GoneDelayed,
            State::Parked => Count::GoneParked,
            _ => return false,
        };
        let Ok(mine) = slot.hollow(word) else { return false };
        for count in [count, from, Count::Hollowed] {
            self.group_of(seat).common.add(count, 1);
        }
        if mine && self.copy.is_some() {
            // Others may need the content.
            if let Some(word) = slot.emptied().filter(|word| seat.owns(*word)) {
                self.dispose(seat, word);
            }
        } else if mine {
            let _emptied = Defer(|| {
                if slot.emptied().is_some_and(|word| seat.owns(word)) {
                    self.free(seat.shard, &[seat.index]);
                }
            });
            // SAFETY: a husk whose only reader is this thread: the content is its to drop.
            unsafe {
                self.uncount(seat);
                slot.discard();
            }
        }
        if from != Count::GoneReady {
            self.recall(seat, word.generation());
        }
        self.gone(seat);
        true
    }

    pub(super) fn purge(self: &Arc<Self>, mut filter: impl FnMut(&Peeked<C>) -> bool) -> usize {
        let mut purged = BTreeSet::new();
        for (group, partition) in self.groups().flat_map(|group| {
            (0..self.partitions()).map(move |partition| (group.number, partition))
        }) {
            for peeked in self.peek_all(group, partition) {
                if peeked.state() == State::Leased || !filter(&peeked) {
                    continue;
                }
                let handle = peeked.handle();
                drop(peeked);
                let seat = self.find(&handle).find(|(seat, _)| seat.track.number() == group);
                if seat.is_some_and(|(seat, word)| self.hollow(seat, word, Count::Purged)) {
                    purged.insert(handle);
                }
            }
        }
        if !purged.is_empty() {
            self.sweep();
        }
        purged.len()
    }

    /// The seats of a handle, as each group has it, and their words, while that message is there.
    pub(super) fn find<'a>(
        &'a self,
        handle: &Handle,
    ) -> impl Iterator<Item = (Seat<'a, C>, Word)> + use<'a, C> {
        let Handle { partition, slot: index, generation, .. } = *handle;
        let ours = handle.queue == self.number;
        let shard = ours.then(|| self.used(partition as usize)).flatten();
        shard.into_iter().flat_map(move |shard| {
            let seats = shard.tracks().map(move |track| Seat { shard, track, partition, index });
            let words = seats.map(|seat| (seat, seat.slot().look()));
            words.filter(move |(_, word)| word.generation() == generation)
        })
    }

    /// Ends a message for all groups that have not handed it out.
    pub(super) fn cancel(&self, handle: &Handle) -> Result<(), CancelError> {
        let (mut ended, mut leased) = (false, false);
        for (seat, mut word) in self.find(handle) {
            while word.generation() == handle.generation {
                match word.state() {
                    State::Leased => leased = true,
                    State::Ready | State::Delayed | State::Parked => {
                        if !self.hollow(seat, word, Count::Cancelled) {
                            word = seat.slot().look();
                            continue;
                        }
                        ended = true;
                    }
                    _ => {}
                }
                break;
            }
        }
        match (ended, leased) {
            (_, true) => Err(CancelError::Leased),
            (true, false) => Ok(()),
            (false, false) => Err(CancelError::NotFound),
        }
    }
}

impl<C: Content + ?Sized> Peeked<C> {
    fn seat(&self) -> Option<Seat<'_, C>> {
        let shard = self.core.used(self.partition as usize)?;
        let track = shard.of(self.group)?;
        Some(Seat { shard, track, partition: self.partition, index: self.index })
    }

    fn tag(&self) -> Option<&Tag> {
        // SAFETY: the message is pinned while this lives.
        unsafe { self.seat()?.slot().tag() }
    }

    /// Its name.
    pub fn id(&self) -> MessageId {
        MessageId::new(0, self.partition, self.offset())
    }

    /// Its partition.
    pub fn partition(&self) -> usize {
        self.partition as usize
    }

    /// Its place in the partition.
    pub fn offset(&self) -> u64 {
        self.seat().map_or(0, |seat| seat.slot().position())
    }

    /// Where it was in its life when it was looked at.
    pub fn state(&self) -> State {
        self.word.state()
    }

    /// How often it had been handed out.
    pub fn deliveries(&self) -> u32 {
        u32::from(self.word.deliveries())
    }

    /// Its key.
    pub fn key(&self) -> Option<&[u8]> {
        self.tag()?.key()
    }

    /// Its priority: one of those that the queue declares.
    pub fn priority(&self) -> Priority {
        self.seat().map_or(Priority::NORMAL, |seat| self.core.priority(seat))
    }

    /// Its headers, in their order.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.tag().into_iter().flat_map(Tag::headers)
    }

    /// How it died before, oldest first.
    pub fn history(&self) -> &[Death] {
        self.tag().map_or(&[], Tag::history)
    }

    /// Finds it again.
    pub fn handle(&self) -> Handle {
        Handle {
            queue: self.core.number,
            partition: self.partition,
            slot: self.index,
            generation: self.word.generation(),
        }
    }
}

impl<C: Content + ?Sized> Deref for Peeked<C> {
    type Target = C;

    fn deref(&self) -> &C {
        let shard = self.core.used(self.partition as usize).expect("a message was pinned in it");
        // SAFETY: the message is pinned while this lives.
        unsafe { shard.at(self.index).content() }
    }
}

impl<C: Content + ?Sized> Drop for Peeked<C> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat() {
            self.core.let_go(seat);
        }
    }
}

impl<C: Content + ?Sized> fmt::Debug for Peeked<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peeked")
            .field("id", &self.id())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
