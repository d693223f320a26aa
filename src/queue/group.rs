//! What the consumers of a group share.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};

use super::core::Core;
use super::seat::Seat;
use super::signs::Signs;
use super::sticky::Sticky;
use crate::delivery::{Content, Count, Counters};
use crate::sync::Mutex;
use crate::wait::{Event, Panics};

/// A group of consumers, which share the work.
pub(super) struct Group {
    /// Its number in the queue, from 0.
    pub(super) number: u32,
    /// Its name, and how many groups have had its number.
    name: Mutex<(Arc<str>, u64)>,
    /// There may be a message.
    pub(super) ready: Event,
    pub(super) signs: Signs,
    tallies: Mutex<Vec<Arc<Counters>>>,
    /// What has no consumer counts here, and those that are gone have.
    pub(super) common: Counters,
    /// What was said of parked messages, by partition and slot.
    pub(super) texts: Mutex<BTreeMap<(usize, u32), String>>,
    /// Where partitions belong to consumers.
    pub(super) sticky: Option<Sticky>,
}

impl Group {
    pub(super) fn new(number: u32, name: Arc<str>, sticky: Option<Sticky>) -> Self {
        Self {
            number,
            name: Mutex::new((name, 1)),
            // Who is woken for a partition of another one would be woken for nothing.
            ready: if sticky.is_some() { Event::for_all() } else { Event::new() },
            signs: Signs::new(),
            tallies: Mutex::new(Vec::new()),
            common: Counters::shared(),
            texts: Mutex::new(BTreeMap::new()),
            sticky,
        }
    }

    /// Begins anew, under this name: nobody else is in it.
    pub(super) fn begin(&self, name: Arc<str>) {
        let mut known = self.name.lock();
        *known = (name, known.1 + 1);
        drop(known);
        self.common.reset();
        self.signs.clear(u32::MAX);
    }

    /// Whether it has no consumers.
    pub(super) fn is_deserted(&self) -> bool {
        self.tallies.lock().is_empty()
    }

    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.lock().0)
    }

    /// Which of the groups that had its number it is.
    pub(super) fn life(&self) -> u64 {
        self.name.lock().1
    }

    /// One consumer more.
    pub(super) fn join(&self, tally: &Arc<Counters>) {
        self.tallies.lock().push(Arc::clone(tally));
    }

    /// One consumer less.
    pub(super) fn leave(&self, tally: &Arc<Counters>) {
        let mut tallies = self.tallies.lock();
        tallies.retain(|other| !Arc::ptr_eq(other, tally));
        self.common.absorb(tally);
    }

    /// How often all its consumers together have counted it.
    pub(super) fn count(&self, count: Count) -> u64 {
        let tallies = self.tallies.lock();
        let own = tallies.iter().map(|tally| tally.get(count));
        own.sum::<u64>() + self.common.get(count)
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// A group, if there has ever been one of this number.
    #[inline(always)]
    pub(super) fn group(&self, number: u32) -> Option<&Group> {
        match number.checked_sub(1) {
            None => Some(&self.first),
            Some(other) => self.others.get(other as usize)?.get().map(|group| &**group),
        }
    }

    /// All groups that there have ever been.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        let others = self.others.iter().filter_map(|group| group.get().map(|group| &**group));
        core::iter::once(&self.first).chain(others)
    }

    /// The group of a seat.
    #[inline(always)]
    pub(super) fn group_of(&self, seat: Seat<'_, C>) -> &Group {
        match seat.track.number() {
            0 => &self.first,
            number => self.group(number).expect("a group has tracks"),
        }
    }

    /// Tells those who wait for messages of `n` new ones. A fence stands before it.
    #[inline(always)]
    pub(super) fn tell(&self, n: usize) {
        self.first.ready.notify(n);
        if !self.others.is_empty() {
            self.tell_others(n);
        }
    }

    #[inline(never)]
    fn tell_others(&self, n: usize) {
        let mut panics = Panics::default();
        for group in self.groups().skip(1) {
            if group.ready.is_awaited() {
                panics.catch(|| _ = group.ready.wake(n));
            }
        }
    }

    /// Wakes all who wait for messages.
    pub(super) fn wake_all(&self) {
        Event::notify_all_of(self.groups().map(|group| &group.ready));
    }
}
