//! Order by key: one message of a key is out, none is forgotten, and nobody sleeps beside one.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use ringmill::internal::delivery::{Dispatch, Ending, Found, Labels, Shard, Track, fill};

use crate::{check, models};

models! { "dispatch":
    lane_two_pass_on,
    lane_done_against_a_pass,
    lane_follower_against_a_pass,
    shard_follower_against_sleep,
    shard_idle_lane_against_sleep,
    dispatch_lost_wakeup,
    dispatch_lost_wakeup_of_a_lane,
    shard_aging_against_sleep,
}

const KEY: Option<u128> = Some(7);

/// Two messages of one key.
fn two_of_a_key() -> Arc<Dispatch> {
    let labels = Labels::new(2, 1, 0).unwrap();
    for index in [0, 1] {
        // SAFETY: nobody else has them yet.
        unsafe { labels.write(index, 0, KEY) };
    }
    Arc::new(Dispatch::new(labels.into()).unwrap())
}

/// Passes what is left in `hand` on, if nobody else has the word.
fn pass(dispatch: &Dispatch, hand: &mut Option<u32>) {
    dispatch.pass(|| hand.take());
}

/// Both messages come out, one when the other has left.
fn assert_both(dispatch: &Dispatch, hands: [Option<u32>; 2]) {
    for mut hand in hands {
        pass(dispatch, &mut hand);
        assert_eq!(hand, None, "nobody else has the word");
    }
    let first = dispatch.take().expect("one is out");
    assert_eq!(dispatch.take(), None, "two of a key are out");
    dispatch.leave(first);
    pass(dispatch, &mut None);
    let second = dispatch.take().expect("its follower is out");
    assert_ne!(first, second);
    dispatch.leave(second);
    pass(dispatch, &mut None);
    assert!(dispatch.is_idle());
}

/// Whoever has the word has the lanes.
fn lane_two_pass_on() {
    check(|| {
        let dispatch = two_of_a_key();
        let other = {
            let dispatch = dispatch.clone();
            thread::spawn(move || {
                let mut hand = Some(1);
                pass(&dispatch, &mut hand);
                hand
            })
        };
        let mut hand = Some(0);
        pass(&dispatch, &mut hand);
        let other = other.join().unwrap();
        assert_both(&dispatch, [hand, other]);
    });
}

/// The first leaves while the second is passed on: it goes out, once.
fn lane_done_against_a_pass() {
    check(|| {
        let dispatch = two_of_a_key();
        pass(&dispatch, &mut Some(0));
        let first = dispatch.take().expect("it is out");
        let other = {
            let dispatch = dispatch.clone();
            thread::spawn(move || dispatch.leave(first))
        };
        let mut hand = Some(1);
        pass(&dispatch, &mut hand);
        assert!(other.join().unwrap(), "it was in a lane");
        pass(&dispatch, &mut hand);
        assert_eq!(dispatch.take(), Some(1));
        assert_eq!(dispatch.take(), None);
        dispatch.leave(1);
        pass(&dispatch, &mut None);
        assert!(dispatch.is_idle());
    });
}

/// The first of a run leaves while somebody passes on: its follower goes out, once.
fn lane_follower_against_a_pass() {
    check(|| {
        let dispatch = two_of_a_key();
        let mut run = [0, 1].into_iter();
        dispatch.pass(|| run.next());
        let first = dispatch.take().expect("it is out");
        let other = {
            let dispatch = dispatch.clone();
            thread::spawn(move || dispatch.leave(first))
        };
        pass(&dispatch, &mut None);
        let early = dispatch.take();
        assert!(other.join().unwrap(), "it was in a lane");
        let late = dispatch.take();
        assert_eq!(early.or(late), Some(1));
        assert!(early.is_none() || late.is_none(), "it is out twice");
    });
}

/// A partition with `messages` of one key, the first of them leased.
fn ordered(messages: u32) -> (Arc<Shard<u64>>, u32) {
    let shard = Shard::<u64>::new(2, 0, 0, Some((1, 0)), 1).unwrap();
    for number in 0..messages {
        let index = shard.claim().expect("there is room");
        // SAFETY: the index is in this hand.
        unsafe {
            shard.label(index, 0, KEY);
            fill(shard.at(index), u64::from(number));
            shard.publish(index, || ()).expect("open");
        }
    }
    let index = shard.first().next(&shard).expect("the first is out");
    assert!(matches!(shard.at(index).lease(), Found::Leased(..)));
    (Arc::new(shard), index)
}

/// Acks the first message while another thread goes to sleep; whether that sleeps on, unseen.
fn asleep_against_an_ack(messages: u32) -> (Arc<Shard<u64>>, bool) {
    let (shard, index) = ordered(messages);
    let gate = Arc::new(AtomicU32::new(0));
    let other = {
        let (shard, gate) = (shard.clone(), gate.clone());
        thread::spawn(move || {
            let slot = shard.at(index);
            let lease = slot.look().lease();
            slot.settle(lease, Ending::Ack, false).expect("leased");
            let left = shard.first().leave(index);
            left && gate.load(Ordering::Relaxed) == 1
        })
    };
    gate.store(1, Ordering::Relaxed);
    Track::falling_asleep();
    let idle = shard.first().is_idle(shard.log());
    let woken = other.join().unwrap();
    (shard, idle && !woken)
}

pub(crate) fn shard_follower_against_sleep() {
    check(|| {
        let (shard, asleep) = asleep_against_an_ack(2);
        assert!(!asleep, "asleep, and the follower is out");
        assert!(shard.first().next(&shard).is_some());
    });
}

/// A lane that became idle is somebody's to look at, since more may have been passed to it.
pub(crate) fn shard_idle_lane_against_sleep() {
    check(|| {
        let (shard, asleep) = asleep_against_an_ack(1);
        assert!(!asleep, "asleep, and a lane has become idle");
        assert!(shard.first().next(&shard).is_none());
    });
}

/// A partition with as many messages as `keys`, of these keys and of the lower of two levels.
fn filled(keys: &[Option<u128>]) -> Arc<Shard<u64>> {
    let shard = Shard::<u64>::new(2, 0, 0, Some((2, 0)), 1).unwrap();
    for (number, key) in (0..).zip(keys) {
        let index = shard.claim().expect("there is room");
        // SAFETY: the index is in this hand.
        unsafe {
            shard.label(index, 1, *key);
            fill(shard.at(index), number);
            shard.publish(index, || ()).expect("open");
        }
    }
    Arc::new(shard)
}

/// Whether somebody who goes to sleep while `other` works finds nothing to do.
fn sleeps_beside(shard: &Arc<Shard<u64>>, other: fn(&Shard<u64>) -> bool) -> bool {
    let gate = Arc::new(AtomicU32::new(0));
    let other = {
        let (shard, gate) = (shard.clone(), gate.clone());
        thread::spawn(move || other(&shard) && gate.load(Ordering::Relaxed) == 1)
    };
    gate.store(1, Ordering::Relaxed);
    Track::falling_asleep();
    let idle = shard.first().is_idle(shard.log());
    let woken = other.join().unwrap();
    idle && !woken
}

/// One passes two messages on, and takes one: who falls asleep meanwhile does not miss the other,
/// which is in the log, in the hand of the one, or out.
pub(crate) fn dispatch_lost_wakeup() {
    check(|| {
        let shard = filled(&[KEY, Some(8)]);
        let asleep = sleeps_beside(&shard, |shard| {
            assert!(shard.first().next(shard).is_some());
            false
        });
        assert!(!asleep, "asleep, and one is out");
        assert!(shard.first().next(&shard).is_some());
    });
}

/// The same, of the second message of a key, which waits in its lane until that is told to be idle.
pub(crate) fn dispatch_lost_wakeup_of_a_lane() {
    check(|| {
        let shard = filled(&[KEY]);
        let first = shard.first().next(&shard).expect("it is there");
        let index = shard.claim().expect("there is room");
        // SAFETY: the index is in this hand.
        unsafe {
            shard.label(index, 1, KEY);
            fill(shard.at(index), 1);
            shard.publish(index, || ()).expect("open");
        }
        assert_eq!(shard.first().next(&shard), None, "its key is busy");
        shard.first().leave(first);
        // Nobody slept until now.
        let asleep = sleeps_beside(&shard, |shard| {
            shard.first().next_husk(shard);
            false
        });
        assert!(!asleep, "asleep, and the follower is out");
        assert!(shard.first().next(&shard).is_some());
    });
}

/// What rises is nowhere for a moment.
pub(crate) fn shard_aging_against_sleep() {
    check(|| {
        let shard = filled(&[None, KEY]);
        assert_eq!(shard.first().age(&shard, 0, 1), (0, 1));
        let first = shard.first().next(&shard).expect("it is out");
        let asleep = sleeps_beside(&shard, |shard| shard.first().age(shard, 1, 1).0 > 0);
        assert!(!asleep, "asleep, and one is out");
        assert_ne!(shard.first().next(&shard), None);
        assert_ne!(shard.first().next(&shard), Some(first));
    });
}
