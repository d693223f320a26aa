use super::*;
use alloc::collections::{BTreeMap, VecDeque};
use proptest::prelude::*;

fn dispatch(slots: usize, levels: usize) -> Dispatch {
    let labels = Labels::new(slots, levels, 0).expect("small");
    Dispatch::new(Arc::new(labels)).expect("small")
}

/// What a queue would do with its dispatch, in one thread.
struct Queue {
    dispatch: Dispatch,
    free: Vec<u32>,
    log: VecDeque<u32>,
    /// Key, level and number of the message in a slot.
    messages: Vec<(Option<u8>, u32, u64)>,
    made: u64,
}

impl Queue {
    fn new(slots: u32, levels: usize) -> Self {
        Self {
            dispatch: dispatch(slots as usize, levels),
            free: (0..slots).collect(),
            log: VecDeque::new(),
            messages: alloc::vec![(None, 0, 0); slots as usize],
            made: 0,
        }
    }

    fn publish(&mut self, key: Option<u8>, level: u32) {
        let Some(index) = self.free.pop() else { return };
        // SAFETY: one thread, and the index is in its hand.
        unsafe { self.dispatch.labels.write(index, level, key.map(u128::from)) };
        self.messages[index as usize] = (key, level, self.made);
        self.made += 1;
        self.log.push_back(index);
    }

    fn take(&mut self) -> Option<u32> {
        let log = &mut self.log;
        if self.dispatch.is_due(log.len() as u64, 1) {
            while self.dispatch.pass(|| log.pop_front()) {}
        }
        self.dispatch.take().or_else(|| {
            while self.dispatch.pass(|| log.pop_front()) {}
            self.dispatch.take()
        })
    }

    fn ack(&mut self, index: u32) {
        self.dispatch.leave(index);
        self.free.push(index);
    }
}

proptest! {
    /// Whatever is published, taken, acked and given back: of each key at most one message is
    /// out, in the order of publishing, and the end finds everything done.
    #[test]
    fn keys_keep_their_order(
        slots in 1..40_u32,
        steps in proptest::collection::vec((0..6_u8, any::<prop::sample::Index>()), 0..600),
    ) {
        let mut queue = Queue::new(slots, 1);
        let mut out: Vec<u32> = Vec::new();
        let mut last: BTreeMap<u8, u64> = BTreeMap::new();
        let check_out = |queue: &Queue, out: &mut Vec<u32>, index: u32| {
            let key = queue.messages[index as usize].0;
            let clash = |other: &u32| queue.messages[*other as usize].0 == key;
            assert!(key.is_none() || !out.iter().any(clash), "two of one key are out");
            out.push(index);
        };
        for (what, which) in steps {
            match what {
                0..=2 => queue.publish(which.index(5).checked_sub(1).map(|key| key as u8), 0),
                3 => {
                    if let Some(index) = queue.take() {
                        check_out(&queue, &mut out, index);
                    }
                }
                _ if out.is_empty() => {}
                4 => {
                    let index = out.swap_remove(which.index(out.len()));
                    if let (Some(key), _, number) = queue.messages[index as usize] {
                        let before = last.insert(key, number);
                        prop_assert!(before < Some(number), "key {key} out of order");
                    }
                    queue.ack(index);
                }
                _ => {
                    let index = out.swap_remove(which.index(out.len()));
                    queue.dispatch.send(index);
                }
            }
        }
        out.into_iter().for_each(|index| queue.ack(index));
        while let Some(index) = queue.take() {
            queue.ack(index);
        }
        prop_assert_eq!(queue.free.len(), slots as usize);
        prop_assert!(!queue.dispatch.pass(|| None) && queue.dispatch.is_idle());
    }
}

#[test]
fn the_highest_level_goes_first_and_each_in_its_order() {
    let mut queue = Queue::new(300, 3);
    (0..300).for_each(|n| queue.publish(None, n % 3));
    let indices: Vec<_> = core::iter::from_fn(|| queue.take()).collect();
    let of = |index: u32| queue.messages[index as usize];
    let taken: Vec<_> = indices.into_iter().map(|index| (of(index).1, of(index).2)).collect();
    assert!(taken.is_sorted());
    assert_eq!(taken.len(), 300);
}

/// Lanes that are done while others pass messages on in their slots, chunk after chunk.
#[test]
fn idle_lanes_make_room_for_new_ones() {
    const SLOTS: u32 = 700;
    let mut queue = Queue::new(SLOTS, 1);
    let mut key = 0_u128;
    let mut label = |queue: &Queue, index| {
        key += 1;
        // SAFETY: one thread, and the index is in its hand.
        unsafe { queue.dispatch.labels.write(index, 0, Some(key)) };
    };
    let mut waiting: VecDeque<u32> = queue.free.drain(..).collect();
    waiting.iter().for_each(|index| label(&queue, *index));
    for _ in 0..20 {
        let mut out = Vec::new();
        while let Some(index) = queue.dispatch.take() {
            out.push(index);
        }
        // All that were out are acked and published anew while the word is taken.
        queue.dispatch.pass(|| {
            for index in out.drain(..) {
                queue.dispatch.leave(index);
                label(&queue, index);
                waiting.push_back(index);
            }
            waiting.pop_front()
        });
        while queue.dispatch.pass(|| waiting.pop_front()) {}
        assert!(waiting.is_empty());
    }
    while let Some(index) = queue.dispatch.take() {
        queue.ack(index);
    }
    queue.dispatch.pass(|| None);
    assert_eq!(queue.free.len(), SLOTS as usize);
}

#[test]
fn one_key_more_than_slots_finds_a_lane_again_and_again() {
    let mut queue = Queue::new(2, 1);
    for key in (0..=255).cycle().take(3_000) {
        queue.publish(Some(key), 0);
        if key % 2 == 1 {
            let index = queue.take().expect("two are there");
            queue.ack(index);
            let index = queue.take().expect("one is there");
            queue.ack(index);
        }
    }
    assert_eq!(queue.free.len(), 2);
}
