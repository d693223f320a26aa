//! The event count: a gate before a list of wakers.

use alloc::boxed::Box;
use core::any::Any;
use core::mem;
use core::panic::AssertUnwindSafe;
use core::task::{Poll, Waker};
use std::panic::{catch_unwind, resume_unwind};

use crossbeam_utils::CachePadded;

use super::list::{Key, List};
use crate::sync::{AtomicU32, Mutex, ord};

/// "There may be something now."
pub(crate) struct Event {
    /// How many wait and have not been woken. Written under the lock alone.
    gate: CachePadded<AtomicU32>,
    list: Mutex<List>,
    /// All are woken whenever one is.
    all: bool,
}

impl Event {
    pub(crate) fn new() -> Self {
        let gate = CachePadded::new(AtomicU32::new(0));
        Self { gate, list: Mutex::new(List::new()), all: false }
    }

    /// One that wakes all who wait whenever one is to be woken: not each of them has a use for each
    /// change.
    #[cfg(feature = "queue")]
    pub(crate) fn for_all() -> Self {
        Self { all: true, ..Self::new() }
    }

    /// Wakes up to `n` of those who have waited longest. If a waker panics, this does too, behind
    /// the last one.
    ///
    /// To be called after the change that they wait for, with a fence between the two; it pairs
    /// with the fence of a try that finds nothing.
    #[inline]
    pub(crate) fn notify(&self, n: usize) {
        if self.is_awaited() {
            self.wake(n);
        }
    }

    /// Whether anyone waits. To be called as [`notify`](Self::notify).
    #[inline(always)]
    pub(crate) fn is_awaited(&self) -> bool {
        // Relaxed: ordered by the fence.
        self.gate.load(ord!(WAIT_G1, load, Relaxed)) != 0
    }

    /// Wakes all who wait for any of them.
    pub(crate) fn notify_all_of<'a>(events: impl IntoIterator<Item = &'a Self>) {
        let mut panics = Panics::default();
        for event in events {
            panics.catch(|| _ = event.wake(usize::MAX));
        }
    }

    /// Wakes up to `n`, and says how many that was.
    ///
    /// Needs no fence before it: who enlists later does so under the same lock, and sees the
    /// change.
    #[cold]
    pub(crate) fn wake(&self, n: usize) -> usize {
        let mut panics = Panics::default();
        let mut woken = 0;
        while woken < n || self.all {
            let oldest = self.with_list(List::notify);
            // Outside the lock: a waker is the user's code.
            let Some(waker) = oldest else { break };
            panics.catch(|| waker.wake());
            woken += 1;
        }
        woken
    }

    /// Changes the list, and the gate with it.
    fn with_list<R>(&self, change: impl FnOnce(&mut List) -> R) -> R {
        let mut list = self.list.lock();
        let result = change(&mut list);
        // Relaxed: the lock orders the writes; a reader's fence does the rest.
        self.gate.store(list.waiting(), ord!(WAIT_G2, store, Relaxed));
        result
    }
}

/// Does both, also if the first one panics.
pub(crate) fn both(first: impl FnOnce(), second: impl FnOnce()) {
    let mut panics = Panics::default();
    panics.catch(first);
    panics.catch(second);
}

/// Panics of the user's code, which keep nothing from the others: the last one goes on when all has
/// been done, and this is dropped.
#[derive(Default)]
pub(crate) struct Panics(Option<Box<dyn Any + Send>>);

impl Panics {
    pub(crate) fn catch(&mut self, what: impl FnOnce()) {
        if let Err(why) = catch_unwind(AssertUnwindSafe(what)) {
            self.0 = Some(why);
        }
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if let Some(why) = self.0.take() {
            resume_unwind(why);
        }
    }
}

/// What a waiter waits for.
pub(crate) trait Awaited: AsRef<Event> {
    /// Hands a wake-up on, for a change that its receiver has not used.
    fn pass_on(&self) {
        self.as_ref().wake(1);
    }
}

impl Awaited for &Event {}

/// One who waits for an event, now and then. Dropping it leaves the list.
pub(crate) struct Waiter<E: Awaited> {
    event: E,
    key: Option<Key>,
    /// A wake-up was taken from the list, and no try has answered it yet. There is no key then.
    woken: bool,
}

impl<E: Awaited> Waiter<E> {
    pub(crate) fn new(event: E) -> Self {
        Self { event, key: None, woken: false }
    }

    /// What it waits for.
    pub(crate) fn event(&self) -> &E {
        &self.event
    }

    /// Tries; where that gives nothing, sees to it that `waker` is woken when it may give
    /// something.
    ///
    /// A try that gives nothing must have put a fence before its last look.
    #[inline]
    pub(crate) fn poll<R>(
        &mut self,
        waker: &Waker,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        self.answer();
        let mut result = attempt();
        if result.is_none() {
            self.enlist(waker);
            result = attempt();
        }
        match result {
            Some(result) => {
                self.done();
                Poll::Ready(result)
            }
            None => Poll::Pending,
        }
    }

    /// Takes the wake-up that has come, and says whether one has: the next try answers it.
    ///
    /// To be called before the first try of a poll. A wake-up that comes later may be for another
    /// value than the one that this try finds.
    #[inline]
    pub(crate) fn answer(&mut self) -> bool {
        let Some(key) = self.key else { return false };
        // The gate stays as it is: an entry that was notified is not counted.
        let woken = self.event.as_ref().list.lock().answer(key);
        if woken {
            (self.key, self.woken) = (None, true);
        }
        woken
    }

    /// Waits from now on, if it does not yet. Who has enlisted must try again before it sleeps,
    /// with a try that puts a fence before "nothing there", as those of the rings do.
    ///
    /// Who was woken for nothing goes to the front, since it was the oldest.
    pub(crate) fn enlist(&mut self, waker: &Waker) {
        let event = self.event.as_ref();
        match self.key {
            None => {
                let waker = waker.clone();
                let key = event.with_list(|list| {
                    if self.woken { list.push_front(waker) } else { list.push_back(waker) }
                });
                (self.key, self.woken) = (Some(key), false);
            }
            Some(key) => {
                if !event.list.lock().waits_for(key, waker) {
                    let waker = waker.clone();
                    drop(event.with_list(|list| list.wait_on(key, waker)));
                }
            }
        }
    }

    /// Waits no more, having got what it waited for: that answers the wake-up that came before the
    /// poll. One that came during the poll goes to the next, like that of a
    /// [`cancel`](Self::cancel): what was got may have been there before, and have woken nobody.
    #[inline]
    pub(crate) fn done(&mut self) {
        self.woken = false;
        self.cancel();
    }

    /// Waits no more, having got nothing: a wake-up that came for it goes to the next.
    #[inline]
    pub(crate) fn cancel(&mut self) {
        if self.leave() || mem::take(&mut self.woken) {
            self.event.pass_on();
        }
    }

    /// Leaves the list, and says whether a wake-up had come.
    #[inline]
    fn leave(&mut self) -> bool {
        let Some(key) = self.key.take() else { return false };
        let (notified, unused) = self.event.as_ref().with_list(|list| list.leave(key));
        drop(unused);
        notified
    }
}

impl<E: Awaited> Drop for Waiter<E> {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl AsRef<Event> for Event {
    fn as_ref(&self) -> &Event {
        self
    }
}
