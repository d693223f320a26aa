//! Looking at messages without taking them, and ending them where they stand.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use core::ops::Deref;

use super::core::{Core, Seat};
use super::signs::Defer;
use crate::delivery::{Content, Count, State, Word};
use crate::message::{Death, Handle, MessageId, Priority, Tag};

/// A message that somebody looks at: it can be read for as long as this lives, whatever becomes of
/// it. It takes part in nothing: others lease and settle it meanwhile.
///
/// It keeps the message's slot from being used again, so it is to be let go of soon.
pub struct Peeked<C: Content + ?Sized> {
    core: Arc<Core<C>>,
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
        let tag = unsafe { self.seat.shard.at(self.seat.index).tag() };
        tag.map_or(Priority::NORMAL, Tag::priority)
    }

    pub(super) fn key(&self) -> Option<&[u8]> {
        // SAFETY: the message is pinned.
        unsafe { self.seat.shard.at(self.seat.index).tag() }.and_then(Tag::key)
    }

    pub(super) fn history(&self) -> &[Death] {
        // SAFETY: the message is pinned.
        unsafe { self.seat.shard.at(self.seat.index).tag() }.map_or(&[], Tag::history)
    }

    pub(super) fn offset(&self) -> u64 {
        // SAFETY: the message is pinned.
        unsafe { self.seat.shard.at(self.seat.index).position() }
    }

    pub(super) fn bytes(&self) -> usize {
        // SAFETY: the message is pinned.
        unsafe { self.seat.shard.at(self.seat.index).bytes() }
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
        let slot = seat.shard.at(seat.index);
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
        if let Some(word) = seat.shard.at(seat.index).let_go() {
            self.dispose(seat, word);
        }
    }

    pub(super) fn peek_at(self: &Arc<Self>, seat: Seat<'_, C>) -> Option<Peeked<C>> {
        let word = self.pin_word(seat)?;
        let Seat { partition, index, .. } = seat;
        Some(Peeked { core: Arc::clone(self), partition, index, word })
    }

    /// All messages of a partition, in the order of their offsets.
    pub(super) fn peek_all(self: &Arc<Self>, partition: usize) -> Vec<Peeked<C>> {
        let Some(shard) = self.used(partition) else { return Vec::new() };
        let seats = (0..self.config.capacity as u32).map(|index| Seat {
            shard,
            partition: partition as u32,
            index,
        });
        let mut peeked: Vec<_> = seats.filter_map(|seat| self.peek_at(seat)).collect();
        peeked.sort_unstable_by_key(Peeked::offset);
        peeked
    }

    /// Ends a message that nobody has in hand, if it is still as `word` says; counts it.
    pub(super) fn hollow(&self, seat: Seat<'_, C>, word: Word, count: Count) -> bool {
        let slot = seat.shard.at(seat.index);
        let from = match word.state() {
            State::Ready => Count::GoneReady,
            State::Delayed => Count::GoneDelayed,
            State::Parked => Count::GoneParked,
            _ => return false,
        };
        let Ok(mine) = slot.hollow(word) else { return false };
        self.common.add(count, 1);
        self.common.add(from, 1);
        self.common.add(Count::Hollowed, 1);
        if mine {
            let _emptied = Defer(|| {
                if slot.emptied().is_some() {
                    self.free(seat.shard, &[seat.index]);
                }
            });
            // SAFETY: a husk whose only reader is this thread: the content is its to drop.
            unsafe {
                self.release_bytes(|| slot.bytes());
                self.exit_from(seat);
                slot.discard();
            }
        }
        if from != Count::GoneReady {
            self.recall(seat, word.generation());
        }
        self.gone();
        true
    }

    /// The seat of a handle, and its word, while that message is there.
    pub(super) fn find(&self, handle: &Handle) -> Option<(Seat<'_, C>, Word)> {
        if handle.queue != self.number {
            return None;
        }
        let shard = self.used(handle.partition as usize)?;
        let seat = Seat { shard, partition: handle.partition, index: handle.slot };
        let word = shard.at(seat.index).look();
        (word.generation() == handle.generation).then_some((seat, word))
    }

    pub(super) fn cancel(&self, handle: &Handle) -> Result<(), CancelError> {
        loop {
            let (seat, word) = self.find(handle).ok_or(CancelError::NotFound)?;
            match word.state() {
                State::Leased => return Err(CancelError::Leased),
                State::Ready | State::Delayed | State::Parked => {
                    if self.hollow(seat, word, Count::Cancelled) {
                        return Ok(());
                    }
                }
                _ => return Err(CancelError::NotFound),
            }
        }
    }
}

impl<C: Content + ?Sized> Peeked<C> {
    fn seat(&self) -> Option<Seat<'_, C>> {
        let shard = self.core.used(self.partition as usize)?;
        Some(Seat { shard, partition: self.partition, index: self.index })
    }

    fn tag(&self) -> Option<&Tag> {
        // SAFETY: the message is pinned while this lives.
        unsafe { self.seat()?.shard.at(self.index).tag() }
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
        // SAFETY: the message is pinned while this lives.
        self.seat().map_or(0, |seat| unsafe { seat.shard.at(self.index).position() })
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
