//! Dead letters, sent back to the queues that gave them up.

use alloc::{boxed::Box, sync::Arc};
use core::fmt;
use core::time::Duration;
use std::thread;

use super::browse::Peeked;
use super::core::Core;
use super::seat::Seat;
use crate::delivery::{Content, Count, Shard, State};
use crate::message::{Handle, Tag};
use crate::wait::both;

/// Which dead letters go back, and how fast.
#[must_use]
pub struct Redrive<T: Content + ?Sized> {
    filter: Option<Filter<T>>,
    max: usize,
    per_second: Option<u32>,
    dry_run: bool,
}

/// Chooses messages.
type Filter<T> = Box<dyn FnMut(&Peeked<T>) -> bool>;

/// What a redrive did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedriveReport {
    /// How many were chosen.
    pub matched: usize,
    /// How many went back.
    pub moved: usize,
    /// How many stay: their queue is full, closed, or not there.
    pub refused: usize,
}

impl<T: Content + ?Sized> Redrive<T> {
    /// All of them, as fast as it goes.
    pub fn new() -> Self {
        Self { filter: None, max: usize::MAX, per_second: None, dry_run: false }
    }

    /// Only those for which `filter` says so.
    pub fn filter(mut self, filter: impl FnMut(&Peeked<T>) -> bool + 'static) -> Self {
        self.filter = Some(Box::new(filter));
        self
    }

    /// At most so many.
    pub fn max(mut self, messages: usize) -> Self {
        self.max = messages;
        self
    }

    /// At most so many a second. The calling thread sleeps in between.
    pub fn rate(mut self, per_second: u32) -> Self {
        self.per_second = Some(per_second.max(1));
        self
    }

    /// Says what would be done, and does nothing.
    pub fn dry_run(mut self, dry: bool) -> Self {
        self.dry_run = dry;
        self
    }
}

impl<T: Content + ?Sized> Default for Redrive<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Content + ?Sized> fmt::Debug for Redrive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redrive")
            .field("max", &self.max)
            .field("per_second", &self.per_second)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

impl<T: Content<Owned: Send> + Sync + ?Sized> Core<T> {
    pub(super) fn redrive(self: &Arc<Self>, mut redrive: Redrive<T>) -> RedriveReport {
        let mut report = RedriveReport::default();
        // What is there now: what dies again meanwhile is not sent round and round.
        for partition in 0..self.partitions() {
            for peeked in self.peek_all(0, partition) {
                if report.matched >= redrive.max {
                    return report;
                }
                let chosen = redrive.filter.as_mut().is_none_or(|filter| filter(&peeked));
                if !chosen || peeked.state() != State::Ready {
                    continue;
                }
                report.matched += 1;
                if redrive.dry_run {
                    continue;
                }
                let home = peeked.history().last().map(|death| Arc::clone(&death.queue));
                let handle = peeked.handle();
                drop(peeked);
                let home = home.and_then(|name| self.engine.find(&name)?.any().downcast().ok());
                match home {
                    Some(home) if self.send(&handle, &*home) => report.moved += 1,
                    _ => report.refused += 1,
                }
                if let Some(rate) = redrive.per_second {
                    thread::sleep(Duration::from_secs(1) / rate);
                }
            }
        }
        report
    }

    /// Moves one message to another queue, if there is room and nobody reads it.
    fn send(&self, handle: &Handle, home: &Core<T>) -> bool {
        // What several groups have is not one message to move.
        if self.copy.is_some() {
            return false;
        }
        let Some((seat, word)) = self.find(handle).next() else { return false };
        if word.state() != State::Ready || word.readers() != 0 {
            return false;
        }
        let Some(pin) = self.pin(seat) else { return false };
        let (bytes, priority) = (pin.bytes(), pin.priority());
        let partition = home.choose(pin.key(), || seat.partition as usize);
        let crowd = home.crowd(partition, pin.key());
        drop(pin);
        let Ok(target) = home.shard(partition) else { return false };
        // What it had of its own is gone; the queue's is for all that come.
        let span = home.span_of(&Tag::default());
        if home.check_ttl(target, &Tag::default()).is_err() || home.enter(crowd).is_err() {
            return false;
        }
        let Some(index) = home.room_for(target, partition as u32, bytes) else {
            home.exit(crowd);
            return false;
        };
        let slot = seat.slot();
        if slot.hollow(word).is_err() {
            home.exit(crowd);
            home.release_bytes(|| bytes);
            home.free(target, &[index]);
            return false;
        }
        // SAFETY: a husk that nobody read: the content is this thread's; and so is the slot that
        // was claimed.
        let published = unsafe {
            let (value, tag) = slot.take();
            let key = tag.as_ref().and_then(Tag::key);
            home.label(target, index, priority, key);
            target.at(index).fill(value, tag);
            if let Some(span) = span {
                home.grant(target, target.at(index), index, span);
            }
            target.publish(index, || home.common.add(Count::Accepted, 1))
        };
        let Some((position, word)) = published else {
            // Closed meanwhile: back to where it was.
            // SAFETY: as above.
            unsafe {
                let (value, tag) = target.at(index).take();
                slot.refill(value, tag);
            }
            home.exit(crowd);
            home.release_bytes(|| bytes);
            home.free(target, &[index]);
            self.revive(seat);
            return false;
        };
        home.accepted(partition as u32, index, position, word);
        self.release_bytes(|| bytes);
        self.exit_from(seat);
        for count in [Count::Redriven, Count::GoneReady, Count::Hollowed] {
            self.first.common.add(count, 1);
        }
        let free = slot.emptied().is_some_and(|word| seat.owns(word));
        // Wakers may panic: both slots are as they are to be.
        let tell = || {
            Shard::<T>::published();
            home.tell(1);
        };
        both(tell, || {
            if free {
                self.free(seat.shard, &[seat.index]);
            }
            self.gone(seat);
        });
        true
    }

    /// Makes a husk whose content was put back a message again.
    fn revive(&self, seat: Seat<'_, T>) {
        let Seat { shard, index, .. } = seat;
        let slot = seat.slot();
        if slot.revive() {
            return;
        }
        // Taken out meanwhile, which makes this thread the owner: it takes a new place.
        let common = &self.first.common;
        common.add(Count::Hollowed, 1);
        let word = slot.let_go().filter(|word| seat.owns(*word));
        // SAFETY: the index is in this hand, and the content in the slot.
        let published = unsafe { shard.publish(index, || self.common.add(Count::Accepted, 1)) };
        // It has left its old place either way.
        common.add(Count::GoneReady, 1);
        if let Some((position, word)) = published {
            self.accepted(seat.partition, index, position, word);
            common.add(Count::Redriven, 1);
            Shard::<T>::published();
            self.tell(1);
        } else if let Some(word) = word {
            common.add(Count::Expunged, 1);
            self.dispose(seat, word);
        }
    }
}
