//! Keys that hand out nothing for the time being: paused ones, and those that were parked behind a
//! dead letter.
//!
//! Whoever takes a message out of a ready ring asks first whether its key is held. The message of a
//! paused key is caught then, and keeps its lane busy, so that the others stay behind it. That of a
//! parked key is caught too, and leaves its lane, so that the next one comes, up to a limit; when
//! the key is let go, all that were caught are one run again, before what has come since.
//!
//! # Invariants
//!
//! - I1: an index that was caught is in `caught`, and in the hand of whoever has the lock.
//! - I2: a key is parked before the message whose death parks it leaves its lane. So every message
//!   of it that is out later is caught, and none is with a consumer.
//! - I3: who has the lock may take the dispatch word; who has the word takes no lock.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::{boxed::Box, vec::Vec};

use super::dispatch::{Dispatch, NONE};
use crate::sync::{AtomicU32, Mutex, ord};

/// The keys of a partition that are held.
pub(crate) struct Held {
    /// How many they are.
    count: AtomicU32,
    holds: Mutex<BTreeMap<u128, Hold>>,
}

/// Why a key is held, and what of it was caught.
#[derive(Default)]
struct Hold {
    paused: bool,
    /// The key, if it is parked.
    parked: Option<Box<[u8]>>,
    /// It is parked no more; the next message of it that is caught brings all others along.
    leaving: bool,
    caught: VecDeque<u32>,
}

/// What has become of a message that was taken out of a ready ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caught {
    /// Nothing: it is to be handed out.
    No,
    /// It waits here, or is out again.
    Yes,
    /// It is one too many to be parked; the caller ends it.
    TooMany,
}

impl Held {
    pub(super) fn new() -> Self {
        Self { count: AtomicU32::new(0), holds: Mutex::new(BTreeMap::new()) }
    }
}

impl Dispatch {
    /// Whether any key is held.
    #[inline]
    pub fn holds(&self) -> bool {
        // Relaxed: a key is parked before its next message is sent out, which brings it here; who
        // pauses one waits for nobody.
        self.held.count.load(ord!(HELD_C1, load, Relaxed)) != 0
    }

    /// Changes how a key is held; it is not, if nothing holds it any more and nothing is caught.
    fn change<R>(&self, lane: u128, change: impl FnOnce(&mut Hold) -> R) -> R {
        let mut holds = self.held.holds.lock();
        let hold = holds.entry(lane).or_default();
        let result = change(hold);
        if !hold.paused && hold.parked.is_none() && hold.caught.is_empty() {
            holds.remove(&lane);
        }
        let count = holds.len() as u32;
        // Relaxed: as above.
        self.held.count.store(count, ord!(HELD_C2, store, Relaxed));
        result
    }

    /// Hands out nothing of a key; whether that is news.
    pub fn pause(&self, lane: u128) -> bool {
        self.change(lane, |hold| !core::mem::replace(&mut hold.paused, true))
    }

    /// Hands a key out again that was paused; whether it was. The caller wakes the consumers.
    pub fn resume(&self, lane: u128) -> bool {
        self.change(lane, |hold| {
            if !hold.paused {
                return false;
            }
            hold.paused = false;
            if hold.parked.is_none() && !hold.leaving {
                // Those that kept their lane, and one that never had one.
                hold.caught.drain(..).for_each(|index| self.send(index));
            }
            true
        })
    }

    /// Parks the key of a message that died, and has not left its lane.
    pub fn park(&self, lane: u128, key: &[u8]) {
        self.change(lane, |hold| {
            if !hold.leaving {
                hold.parked.get_or_insert_with(|| key.into());
            }
        });
    }

    /// Lets a parked key go, and says how many of its messages were parked; `None` if it was not.
    /// The caller wakes the consumers.
    pub fn unpark(&self, lane: u128) -> Option<usize> {
        self.change(lane, |hold| {
            hold.parked.take()?;
            let count = hold.caught.len();
            hold.leaving = true;
            self.let_go(lane, hold);
            Some(count)
        })
    }

    /// Lets a key go that is parked no more, unless one of its messages is out: that will bring the
    /// others along when it is caught.
    fn let_go(&self, lane: u128, hold: &mut Hold) {
        let caught = hold.caught.make_contiguous();
        if caught.is_empty() || self.send_run(lane, caught) {
            hold.caught.clear();
            hold.leaving = false;
        }
    }

    /// Tries again to let keys go, and says how many there were, and how many still wait for a
    /// message that is out. It may have ended elsewhere, without being caught.
    pub fn let_all_go(&self) -> (usize, usize) {
        let leaving = |(lane, hold): (&u128, &Hold)| hold.leaving.then_some(*lane);
        let lanes: Vec<_> = self.held.holds.lock().iter().filter_map(leaving).collect();
        let try_again = |lane| {
            self.change(lane, |hold| {
                if hold.leaving {
                    self.let_go(lane, hold);
                }
                hold.leaving
            })
        };
        (lanes.len(), lanes.into_iter().filter(|lane| try_again(*lane)).count())
    }

    /// Asks about a message that was taken out of a ready ring, and is in the caller's hand. A husk
    /// is not caught: it gives way. No more than `limit` are parked.
    ///
    /// The caller wakes a consumer in any case: another message may be out.
    pub fn catch(&self, index: u32, is_husk: bool, limit: usize) -> Caught {
        // SAFETY: the index is in the caller's hand.
        let Some(lane) = (unsafe { self.labels.key(index) }) else { return Caught::No };
        let mut holds = self.held.holds.lock();
        let Some(hold) = holds.get_mut(&lane) else { return Caught::No };
        if hold.leaving {
            hold.caught.push_back(index);
            if let Some(first) = self.chain_to(hold.caught.make_contiguous()) {
                hold.leaving = false;
                hold.caught.clear();
                if !hold.paused {
                    holds.remove(&lane);
                }
                let count = holds.len() as u32;
                // Relaxed: as above.
                self.held.count.store(count, ord!(HELD_C3, store, Relaxed));
                self.send(first);
            }
            return Caught::Yes;
        }
        if hold.parked.is_none() {
            if is_husk {
                return Caught::No;
            }
            hold.caught.push_back(index);
            return Caught::Yes;
        }
        // Under the lock: who lets the key go finds it in no lane.
        self.leave(index);
        if is_husk {
            return Caught::No;
        }
        if hold.caught.len() >= limit {
            return Caught::TooMany;
        }
        hold.caught.push_back(index);
        Caught::Yes
    }

    /// Makes caught messages one run that ends with the last of them, and goes on as that one does;
    /// the first of them. `None` if the last is in no lane.
    fn chain_to(&self, caught: &[u32]) -> Option<u32> {
        let (&last, before) = caught.split_last()?;
        // Relaxed: all indices are in this hand.
        let lane = self.links[last as usize].lane.load(ord!(HELD_L1, load, Relaxed));
        if lane == NONE {
            return None;
        }
        self.link(before, lane, last);
        Some(caught[0])
    }

    /// Takes what was caught and `wants` says so; the keys stay held.
    pub fn take_held(&self, wants: impl Fn(u32) -> bool) -> Vec<u32> {
        self.take_from(|hold| !hold.leaving, wants)
    }

    /// Takes what was caught of parked keys; they stay parked.
    pub fn take_parked(&self) -> Vec<u32> {
        self.take_from(|hold| hold.parked.is_some(), |_| true)
    }

    fn take_from(&self, of: impl Fn(&Hold) -> bool, wants: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut taken = Vec::new();
        for hold in self.held.holds.lock().values_mut().filter(|hold| of(hold)) {
            hold.caught.retain(|&index| {
                let goes = wants(index);
                if goes {
                    taken.push(index);
                }
                !goes
            });
        }
        taken
    }

    /// Holds nothing any more; what was caught.
    pub fn release_all(&self) -> Vec<u32> {
        let holds = core::mem::take(&mut *self.held.holds.lock());
        // Relaxed: whoever holds a key next says so.
        self.held.count.store(0, ord!(HELD_C4, store, Relaxed));
        holds.into_values().flat_map(|hold| hold.caught).collect()
    }

    /// The keys that are parked, and how many messages of each were caught.
    pub fn parked(&self) -> Vec<(Box<[u8]>, usize)> {
        let holds = self.held.holds.lock();
        let parked =
            holds.values().filter_map(|hold| Some((hold.parked.clone()?, hold.caught.len())));
        parked.collect()
    }
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use alloc::{sync::Arc, vec};

    use super::super::labels::Labels;
    use super::*;

    const KEY: u128 = 7;

    fn dispatch(slots: u32) -> Dispatch {
        let labels = Labels::new(slots as usize, 1, 0).expect("small");
        for index in 0..slots {
            // SAFETY: one thread, and the index is in its hand.
            unsafe { labels.write(index, 0, Some(KEY)) };
        }
        Dispatch::new(Arc::new(labels)).expect("small")
    }

    fn pass(dispatch: &Dispatch, indices: impl IntoIterator<Item = u32>) {
        let mut indices = indices.into_iter();
        while dispatch.pass(|| indices.next()) {}
    }

    /// Takes what is out, asks about it, and has what is free leave; which that was.
    fn take_all(dispatch: &Dispatch, limit: usize) -> Vec<u32> {
        let mut free = Vec::new();
        loop {
            pass(dispatch, []);
            let Some(index) = dispatch.take() else { return free };
            match dispatch.catch(index, false, limit) {
                Caught::Yes => {}
                Caught::No => {
                    free.push(index);
                    dispatch.leave(index);
                }
                Caught::TooMany => {
                    free.push(100 + index);
                    dispatch.leave(index);
                }
            }
        }
    }

    #[test]
    fn a_paused_key_stays_where_it_is() {
        let dispatch = dispatch(4);
        assert!(dispatch.pause(KEY) && !dispatch.pause(KEY));
        pass(&dispatch, 0..3);
        assert_eq!(take_all(&dispatch, 0), []);
        pass(&dispatch, 3..4);
        assert_eq!(take_all(&dispatch, 0), []);
        assert!(dispatch.resume(KEY) && !dispatch.resume(KEY));
        assert!(!dispatch.holds());
        assert_eq!(take_all(&dispatch, 0), [0, 1, 2, 3]);
    }

    #[test]
    fn a_parked_key_comes_back_in_its_order() {
        for (early, late) in [(1, 4), (3, 4), (4, 6), (6, 6)] {
            let dispatch = dispatch(8);
            pass(&dispatch, 0..early);
            let dead = dispatch.take().expect("it is out");
            dispatch.park(KEY, b"a");
            dispatch.leave(dead);
            assert_eq!(take_all(&dispatch, 10), []);
            pass(&dispatch, early..late);
            assert_eq!(take_all(&dispatch, 10), []);
            assert_eq!(dispatch.parked(), [(b"a"[..].into(), late as usize - 1)]);
            pass(&dispatch, late..8);
            // Whether or not one of those is out already.
            assert_eq!(dispatch.unpark(KEY), Some(late as usize - 1));
            assert_eq!(take_all(&dispatch, 0), Vec::from_iter(1..8), "{early} {late}");
            assert!(!dispatch.holds());
            assert_eq!(dispatch.unpark(KEY), None);
        }
    }

    #[test]
    fn more_than_the_limit_are_not_parked() {
        let dispatch = dispatch(6);
        pass(&dispatch, 0..6);
        let dead = dispatch.take().expect("it is out");
        dispatch.park(KEY, b"a");
        dispatch.leave(dead);
        assert_eq!(take_all(&dispatch, 2), [103, 104, 105]);
        assert_eq!(dispatch.unpark(KEY), Some(2));
        assert_eq!(take_all(&dispatch, 2), [1, 2]);
    }

    #[test]
    fn a_key_may_be_parked_and_paused() {
        let dispatch = dispatch(4);
        pass(&dispatch, 0..3);
        let dead = dispatch.take().expect("it is out");
        dispatch.park(KEY, b"a");
        dispatch.pause(KEY);
        dispatch.leave(dead);
        assert_eq!(take_all(&dispatch, 10), []);
        assert_eq!(dispatch.unpark(KEY), Some(2));
        assert_eq!(take_all(&dispatch, 10), [], "it is paused still");
        pass(&dispatch, 3..4);
        assert!(dispatch.resume(KEY));
        assert_eq!(take_all(&dispatch, 10), [1, 2, 3]);
        assert!(!dispatch.holds());
    }

    #[test]
    fn husks_give_way() {
        let dispatch = dispatch(4);
        dispatch.pause(KEY);
        pass(&dispatch, 0..2);
        let husk = dispatch.take().expect("it is out");
        assert_eq!(dispatch.catch(husk, true, 0), Caught::No);
        dispatch.leave(husk);
        assert_eq!(take_all(&dispatch, 0), []);
        assert_eq!(dispatch.take_held(|index| index == 1), vec![1]);
        dispatch.leave(1);
        pass(&dispatch, 2..4);
        dispatch.resume(KEY);
        assert_eq!(take_all(&dispatch, 0), [2, 3]);
    }
}
