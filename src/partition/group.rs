//! Consumers that share partitions out among them.

use alloc::vec::Vec;
use core::fmt;

use super::consumer::{Consumer, Reading};
use super::{Consuming, Lane, Members};
use crate::ring::mpmc::Ring;
use crate::sync::{Arc, AtomicU64, Mutex, ord};
use crate::wait::Event;

/// Consumers of which each partition has exactly one.
///
/// Whoever joins is dealt partitions, and whoever is dropped leaves its own to the others: shares
/// differ by one at most, and as few partitions as possible move. A partition moves when its holder
/// asks for the next value, and not before: by then it has done with the last one. So values of a
/// partition are handled in order, by one member after the other. A member that does not ask keeps
/// what it has. When the queue is closed, members learn that it is over once all partitions are
/// empty, so that somebody is there for those of a member that leaves before its own are.
///
/// # Cost
///
/// A member pays one load for each take. Joining and leaving take a lock and O(partitions).
///
/// # Examples
///
/// ```
/// use ringmill::partition::Partitioned;
///
/// let queue = Partitioned::<String>::new(4, 16)?;
/// let group = queue.group();
/// let mut first = group.join();
/// assert_eq!(first.partitions().count(), 4);
///
/// let mut second = group.join();
/// assert_eq!(second.partitions().count(), 0, "the first has yet to hand over");
/// let _ = first.try_pop();
/// let _ = second.try_pop();
/// assert_eq!(first.partitions().count(), 2);
/// assert_eq!(second.partitions().count(), 2);
///
/// drop(first);
/// let _ = second.try_pop();
/// assert_eq!(second.partitions().count(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Group<T> {
    shared: Arc<Shared<Ring<T>>>,
}

pub(super) struct Shared<R: Lane> {
    consuming: Consuming<R>,
    deal: Mutex<Deal>,
    /// Steps with each change of who holds what.
    changes: AtomicU64,
    /// There was one.
    changed: Event,
}

/// What a member has of its group.
pub(super) struct Membership<R: Lane> {
    group: Arc<Shared<R>>,
    id: Id,
    /// The changes that this member knows of.
    seen: u64,
}

type Id = u64;

impl<T> Group<T> {
    pub(super) fn new(consuming: Consuming<Ring<T>>) -> Self {
        Self { shared: Arc::new(Shared::new(consuming)) }
    }

    /// One more member. It gets its partitions as their holders hand them over.
    pub fn join(&self) -> Consumer<T> {
        Consumer::reading(Shared::join(&self.shared))
    }

    /// How many members there are.
    pub fn members(&self) -> usize {
        self.shared.deal.lock().members.len()
    }
}

impl<R: Lane> Shared<R> {
    pub(super) fn new(consuming: Consuming<R>) -> Self {
        let deal = Deal::new(consuming.0.partitions.len());
        Self {
            consuming,
            deal: Mutex::new(deal),
            changes: AtomicU64::new(0),
            changed: Event::new(),
        }
    }

    /// One more member.
    pub(super) fn join(shared: &Arc<Self>) -> Reading<R> {
        let id = shared.change(Deal::join);
        let members = Members::none(shared.consuming.0.partitions.len());
        let mut reading = Reading::new(Consuming::new(&shared.consuming.0), members);
        // What it has not seen yet is the change that brought it in.
        let mut membership = Membership { group: Arc::clone(shared), id, seen: u64::MAX };
        membership.refresh(&mut reading.walk.members);
        reading.walk.membership = Some(membership);
        reading
    }

    /// Changes the deal, and tells all members.
    fn change<A>(&self, change: impl FnOnce(&mut Deal) -> A) -> A {
        let result = {
            let mut deal = self.deal.lock();
            let result = change(&mut deal);
            self.step();
            result
        };
        self.changed.wake(usize::MAX);
        result
    }

    /// Notes a change. The deal is locked.
    fn step(&self) {
        // Relaxed: a sign to look at the deal, which its lock orders; a waiter's fence does the
        // rest.
        self.changes.fetch_add(1, ord!(PARTITION_G1, rmw, Relaxed));
    }

    fn changes(&self) -> u64 {
        // Relaxed: as above.
        self.changes.load(ord!(PARTITION_G2, load, Relaxed))
    }
}

impl<R: Lane> Membership<R> {
    /// Hands over what this member shall not have any more, and takes what it has been given.
    ///
    /// To be called when the values taken so far are done with.
    #[inline]
    pub(super) fn refresh(&mut self, members: &mut Members) {
        if self.group.changes() != self.seen {
            self.deal(members);
        }
    }

    #[cold]
    fn deal(&mut self, members: &mut Members) {
        let group = &*self.group;
        let handed_over = {
            let mut deal = group.deal.lock();
            let handed_over = deal.hand_over(self.id);
            if handed_over {
                group.step();
            }
            self.seen = group.changes();
            members.clear();
            deal.held_by(self.id).for_each(|partition| members.insert(partition));
            handed_over
        };
        if handed_over {
            group.changed.wake(usize::MAX);
        }
    }

    /// The changes that this member knows of.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }
}

impl<R: Lane> Drop for Membership<R> {
    fn drop(&mut self) {
        self.group.change(|deal| deal.leave(self.id));
    }
}

/// What tells a member that its partitions have changed.
pub(super) struct Changed<R: Lane>(Arc<Shared<R>>);

impl<R: Lane> Changed<R> {
    pub(super) fn of(membership: &Membership<R>) -> Self {
        Self(Arc::clone(&membership.group))
    }
}

impl<R: Lane> AsRef<Event> for Changed<R> {
    fn as_ref(&self) -> &Event {
        &self.0.changed
    }
}

/// Who holds which partition, and who shall.
struct Deal {
    members: Vec<Id>,
    next: Id,
    partitions: Vec<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    /// Who takes from it now.
    holder: Option<Id>,
    /// Who shall, when the holder hands it over.
    heir: Option<Id>,
}

impl Deal {
    fn new(partitions: usize) -> Self {
        let nobody = Place { holder: None, heir: None };
        Self { members: Vec::new(), next: 0, partitions: alloc::vec![nobody; partitions] }
    }

    fn join(&mut self) -> Id {
        let id = self.next;
        self.next += 1;
        self.members.push(id);
        self.settle();
        id
    }

    fn leave(&mut self, id: Id) {
        self.members.retain(|member| *member != id);
        for place in &mut self.partitions {
            place.heir = place.heir.filter(|heir| *heir != id);
            place.holder = place.holder.filter(|holder| *holder != id);
        }
        self.settle();
    }

    /// Gives what `id` shall not have any more to its heirs; whether there was any.
    fn hand_over(&mut self, id: Id) -> bool {
        let mut any = false;
        for place in &mut self.partitions {
            if place.holder == Some(id) && place.heir != Some(id) {
                place.holder = place.heir;
                any = true;
            }
        }
        any
    }

    fn held_by(&self, id: Id) -> impl Iterator<Item = usize> + '_ {
        let held = move |(at, place): (usize, &Place)| (place.holder == Some(id)).then_some(at);
        self.partitions.iter().enumerate().filter_map(held)
    }

    /// Chooses an heir for each partition, and gives them those that nobody holds.
    fn settle(&mut self) {
        let (share, mut larger) = match self.members.len() {
            0 => return,
            members => (self.partitions.len() / members, self.partitions.len() % members),
        };
        let mut counts: Vec<(usize, Id)> = self
            .members
            .iter()
            .map(|id| (self.partitions.iter().filter(|p| p.heir == Some(*id)).count(), *id))
            .collect();
        // The larger shares go to those that have the most: so the fewest partitions move.
        counts.sort_by_key(|(count, id)| (usize::MAX - count, *id));
        let mut wanting = Vec::new();
        for (count, id) in counts {
            let share = share + usize::from(larger > 0);
            larger = larger.saturating_sub(1);
            for _ in share..count {
                let last = self.partitions.iter().rposition(|place| place.heir == Some(id));
                self.partitions[last.expect("it has more than its share")].heir = None;
            }
            wanting.extend((count..share).map(|_| id));
        }
        let without = self.partitions.iter_mut().filter(|place| place.heir.is_none());
        for (place, id) in without.zip(wanting) {
            place.heir = Some(id);
        }
        for place in &mut self.partitions {
            place.holder = place.holder.or(place.heir);
        }
    }
}

impl<T> Clone for Group<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for Group<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("members", &self.members()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
