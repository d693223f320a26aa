//! Slots of a queue, as its groups have them: how messages are named, leased and let go of.

use alloc::vec::Vec;

use super::core::Core;
use super::group::Group;
use super::signs::Defer;
use crate::delivery::{Content, Count, Found, Lease, Shard, Slot, State, Track, Tries, Word};
use crate::message::{Handle, MessageId, Priority};
use crate::wait::Panics;

/// A slot of a partition of a queue, as a group has it.
pub(super) struct Seat<'a, C: Content + ?Sized> {
    pub(super) shard: &'a Shard<C>,
    pub(super) track: &'a Track,
    pub(super) partition: u32,
    pub(super) index: u32,
}

impl<C: Content + ?Sized> Clone for Seat<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Content + ?Sized> Copy for Seat<'_, C> {}

impl<'a, C: Content + ?Sized> Seat<'a, C> {
    /// The slot, with the words of the group.
    #[inline(always)]
    pub(super) fn slot(self) -> Slot<'a, C> {
        self.track.at(self.shard, self.index)
    }

    /// Whether a word that this thread brought about makes the slot its own: the group is done with
    /// the message, and so are all others. To be asked once.
    #[inline(always)]
    pub(super) fn owns(self, word: Word) -> bool {
        word.is_owned() && self.shard.completes(self.track, self.index)
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// Drops the content of a slot that the caller owns; `word` is the one that made it the owner.
    #[inline(always)]
    pub(super) fn empty(&self, seat: Seat<'_, C>, word: Word) {
        if word.is_empty() {
            return;
        }
        let slot = seat.slot();
        // SAFETY: the caller owns the slot, and the content is in it.
        unsafe {
            self.uncount(seat);
            slot.discard();
        }
    }

    /// Gives back what a message took that is about to go: its bytes, and its place among those of
    /// its key.
    ///
    /// # Safety
    ///
    /// The content is the caller's, and still in the slot.
    #[inline(always)]
    pub(super) unsafe fn uncount(&self, seat: Seat<'_, C>) {
        // SAFETY: the caller's duty.
        self.release_bytes(|| unsafe { seat.slot().bytes() });
        self.exit_from(seat);
    }

    /// Frees a slot that the caller owns, its content with it.
    pub(super) fn dispose(&self, seat: Seat<'_, C>, word: Word) {
        // Also if a destructor panics.
        let _freed = Defer(|| self.free(seat.shard, &[seat.index]));
        self.empty(seat, word);
    }

    /// Ends a husk that was taken out of the wheel; one that is in a ring, too, is left there.
    #[cold]
    pub(super) fn taken_from_wheel(&self, seat: Seat<'_, C>) {
        if !seat.slot().leave_place() {
            self.taken_out(seat);
        }
    }

    /// Ends a husk that was taken out of a ring; one that is in the wheel, too, is left there. For
    /// the order of its key it ends here, either way.
    #[cold]
    pub(super) fn taken_out(&self, seat: Seat<'_, C>) {
        self.follow(seat);
        if seat.slot().leave_place() {
            return;
        }
        let group = self.group_of(seat);
        match seat.slot().take_out() {
            Ok(owned) => {
                group.common.add(Count::TakenOut, 1);
                if let Some(word) = owned.filter(|word| seat.owns(*word)) {
                    self.dispose(seat, word);
                }
            }
            // Of a group that has left: not its.
            Err(word) if word.state() == State::Settled => {}
            // Revived meanwhile: it is to be handed out.
            Err(_) => {
                seat.track.give_back(seat.index);
                group.ready.notify(1);
            }
        }
    }

    /// Names a message that was accepted just now.
    #[inline(always)]
    pub(super) fn accepted(
        &self,
        partition: u32,
        slot: u32,
        position: u64,
        word: Word,
    ) -> (MessageId, Handle) {
        if self.copy.is_some() {
            self.left_to_nobody(partition, slot, position, word);
        }
        let (id, handle) = self.name_of(partition, slot, position, word);
        self.name(position, handle);
        (id, handle)
    }

    /// The names of a message.
    #[inline(always)]
    pub(super) fn name_of(
        &self,
        partition: u32,
        slot: u32,
        position: u64,
        word: Word,
    ) -> (MessageId, Handle) {
        let generation = word.generation();
        let handle = Handle { queue: self.number, partition, slot, generation };
        (MessageId::new(0, partition, position), handle)
    }

    /// Lets go of a message that was published just now, if no group takes part.
    #[inline(never)]
    fn left_to_nobody(&self, partition: u32, index: u32, position: u64, word: Word) {
        let Some(shard) = self.used(partition as usize) else { return };
        if shard.is_nobodys(index, position, word) {
            self.dispose(Seat { shard, track: shard.first(), partition, index }, word);
        }
    }

    /// As [`taken_out`](Self::taken_out), for several; a destructor that panics loses none of them.
    #[cold]
    pub(super) fn all_taken_out(&self, husks: Vec<Seat<'_, C>>) {
        let mut panics = Panics::default();
        for seat in husks {
            panics.catch(|| self.taken_out(seat));
        }
    }

    /// Says what a message has to do with the order of a partition, where there is one.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand.
    #[inline(always)]
    pub(super) unsafe fn label(
        &self,
        shard: &Shard<C>,
        index: u32,
        priority: Priority,
        key: Option<&[u8]>,
    ) {
        if shard.is_dispatched() {
            let level = u32::from(self.config.levels.nearest(priority));
            // SAFETY: the caller's duty.
            unsafe { shard.label(index, level, self.config.order.lane(key)) };
        }
    }

    /// Lets the follower of a message go on, which is done with for the order of its key. The
    /// caller has its index in hand, or reads it.
    #[inline]
    pub(super) fn follow(&self, seat: Seat<'_, C>) {
        if seat.track.leave(seat.index) {
            self.group_of(seat).ready.notify(1);
        }
    }

    /// Leases the next message of a partition for a group.
    #[inline(always)]
    pub(super) fn lease_next<'a>(
        &self,
        shard: &'a Shard<C>,
        track: &'a Track,
        partition: u32,
    ) -> Option<(Seat<'a, C>, Lease, Tries)> {
        loop {
            if self.simple {
                let index = track.next_in_row(shard)?;
                // One group has the slot: its words are the slot's own.
                match shard.at(index).lease() {
                    Found::Leased(lease, tries) => {
                        return Some((Seat { shard, track, partition, index }, lease, tries));
                    }
                    Found::Husk => self.taken_out(Seat { shard, track, partition, index }),
                }
                continue;
            }
            let index = track.next(shard)?;
            let seat = Seat { shard, track, partition, index };
            if self.holds_back(seat) {
                continue;
            }
            match seat.slot().lease() {
                Found::Leased(lease, tries) => {
                    self.note_wait(lease, || seat.slot().stamped(lease));
                    return Some((seat, lease, tries));
                }
                Found::Husk => self.taken_out(seat),
            }
        }
    }

    /// Takes out the husks that are the next to be handed out, so that their slots are free also
    /// where nobody consumes.
    pub(super) fn sweep(&self) {
        for (partition, shard) in self.all_used() {
            let partition = partition as u32;
            for track in shard.live() {
                let first = Seat { shard, track, partition, index: 0 };
                self.sweep_held(first);
                while let Some(index) = track.next_husk(shard) {
                    let seat = Seat { index, ..first };
                    if !self.holds_back(seat) {
                        self.taken_out(seat);
                    }
                }
            }
        }
    }

    /// Whether no partition has anything to hand out to a group, nor anything on its way.
    pub(super) fn is_idle(&self, group: &Group) -> bool {
        // Also before the look at which partitions there are.
        Track::falling_asleep();
        let idle = |shard: &Shard<C>| {
            shard.of(group.number).is_none_or(|track| track.is_idle(shard.log()))
        };
        self.all_used().all(|(_, shard)| idle(shard))
    }
}
