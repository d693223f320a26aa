//! Who waits, oldest first.

use alloc::vec::Vec;
use core::mem;
use core::task::Waker;

/// A place in the list, from enlisting to leaving.
pub(super) type Key = usize;

/// A doubly linked list in a vector, so that leaving from the middle takes no search.
///
/// Entry 0 stands between the last one and the first, and is always there.
pub(super) struct List {
    entries: Vec<Entry>,
    /// The first entry that is not in use, 0 if there is none.
    vacant: Key,
    waiting: u32,
}

struct Entry {
    state: State,
    prev: Key,
    next: Key,
}

enum State {
    /// Not in use; or entry 0.
    Vacant,
    /// Linked.
    Waiting(Waker),
    /// Taken from the list to be woken; kept until its owner comes for it.
    Notified,
}

/// What becomes of a waker that the list has no more use for: the caller drops it, outside the
/// lock.
pub(super) type Unused = Option<Waker>;

impl List {
    pub(super) fn new() -> Self {
        let between = Entry { state: State::Vacant, prev: 0, next: 0 };
        Self { entries: alloc::vec![between], vacant: 0, waiting: 0 }
    }

    /// How many are to be woken still.
    pub(super) fn waiting(&self) -> u32 {
        self.waiting
    }

    /// A new entry behind all others.
    pub(super) fn push_back(&mut self, waker: Waker) -> Key {
        let key = self.vacate();
        self.link(key, self.entries[0].prev, waker);
        key
    }

    /// A new entry before all others.
    pub(super) fn push_front(&mut self, waker: Waker) -> Key {
        let key = self.vacate();
        self.link(key, 0, waker);
        key
    }

    /// Makes sure that the entry waits: one that was notified goes to the front, since it was the
    /// oldest; one that waits takes the new waker.
    pub(super) fn wait_on(&mut self, key: Key, waker: Waker) -> Unused {
        match &mut self.entries[key].state {
            State::Waiting(old) => Some(mem::replace(old, waker)),
            State::Notified => {
                self.link(key, 0, waker);
                None
            }
            State::Vacant => unreachable!("the entry is its owner's until it leaves"),
        }
    }

    /// Whether the entry waits, and for this waker.
    pub(super) fn waits_for(&self, key: Key, waker: &Waker) -> bool {
        matches!(&self.entries[key].state, State::Waiting(old) if old.will_wake(waker))
    }

    /// Takes the oldest from the list, to be woken.
    pub(super) fn notify(&mut self) -> Option<Waker> {
        let key = self.entries[0].next;
        let waker = self.unlink(key);
        if waker.is_some() {
            self.entries[key].state = State::Notified;
        }
        waker
    }

    /// Gives an entry up if it was notified, and says whether it was.
    pub(super) fn answer(&mut self, key: Key) -> bool {
        let notified = matches!(self.entries[key].state, State::Notified);
        if notified {
            self.give_up(key);
        }
        notified
    }

    /// Gives an entry up, and says whether it had been notified.
    pub(super) fn leave(&mut self, key: Key) -> (bool, Unused) {
        let waker = self.unlink(key);
        self.give_up(key);
        (waker.is_none(), waker)
    }

    /// Makes an entry that is not linked one that is not in use.
    fn give_up(&mut self, key: Key) {
        let entry = &mut self.entries[key];
        entry.state = State::Vacant;
        entry.next = mem::replace(&mut self.vacant, key);
    }

    /// An entry that is not in use.
    fn vacate(&mut self) -> Key {
        if self.vacant == 0 {
            self.entries.push(Entry { state: State::Vacant, prev: 0, next: 0 });
            return self.entries.len() - 1;
        }
        let key = self.vacant;
        self.vacant = self.entries[key].next;
        key
    }

    /// Puts an entry behind `prev`.
    fn link(&mut self, key: Key, prev: Key, waker: Waker) {
        let next = self.entries[prev].next;
        self.entries[key] = Entry { state: State::Waiting(waker), prev, next };
        self.entries[prev].next = key;
        self.entries[next].prev = key;
        self.waiting += 1;
    }

    /// Takes an entry out of the list, with its waker; `None` if it is not in it.
    fn unlink(&mut self, key: Key) -> Option<Waker> {
        let entry = &mut self.entries[key];
        let State::Waiting(waker) = mem::replace(&mut entry.state, State::Vacant) else {
            return None;
        };
        let (prev, next) = (entry.prev, entry.next);
        self.entries[prev].next = next;
        self.entries[next].prev = prev;
        self.waiting -= 1;
        Some(waker)
    }
}
