//! Aging: messages rise, level by level, while higher ones go first.
//!
//! The housekeeper notes now and then how far each ready ring has been filled. What stands before
//! that mark when it comes again has waited in its level for all the time in between, and goes to
//! the end of a higher one. So nothing is noted of a message, and consumers do nothing for it.
//!
//! # Invariants
//!
//! - I1: an index that rises is in the housekeeper's hand in between, and in no ring: whoever looks
//!   for work at that moment may miss it, so the housekeeper wakes somebody afterwards.

use alloc::{boxed::Box, vec};

use super::dispatch::Dispatch;

/// Since when messages stand in their levels.
pub(crate) struct Aging {
    /// When the marks were set; `None` before the first time.
    at: Option<u64>,
    /// Of each level, the ticket behind the last one that stood there.
    marks: Box<[u64]>,
}

impl Aging {
    /// For so many levels.
    pub(super) fn new(levels: usize) -> Self {
        Self { at: None, marks: vec![0; levels].into_boxed_slice() }
    }
}

impl Dispatch {
    /// Lets messages that have waited in their level for `step` rise by one, and by one more for
    /// each further `step`. Says how many rose, and when to come again.
    ///
    /// The caller puts a fence behind it, and wakes as many consumers as messages rose.
    pub fn age(&self, now: u64, step: u64) -> (usize, u64) {
        let mut aging = self.aging.lock();
        let Aging { at, marks } = &mut *aging;
        let since = *at.get_or_insert(now);
        let rises = now.saturating_sub(since) / step;
        if rises == 0 && since != now {
            return (0, since.saturating_add(step));
        }
        let mut risen = 0;
        // The higher ones first, so that they stay in front.
        for (level, &mark) in marks.iter().enumerate().skip(1) {
            let to = level.saturating_sub(usize::try_from(rises).unwrap_or(level));
            if to == level {
                break;
            }
            while let Some(index) = self.ready[level].pop_before(mark) {
                self.ready[to].push(index);
                risen += 1;
            }
        }
        for (mark, ring) in marks.iter_mut().zip(&self.ready) {
            *mark = ring.tail();
        }
        *at = Some(now);
        (risen, now.saturating_add(step))
    }
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use super::super::labels::Labels;
    use super::*;
    use alloc::sync::Arc;

    /// A dispatch of four levels, with a message in each but the highest.
    fn filled() -> Dispatch {
        let dispatch =
            Dispatch::new(Arc::new(Labels::new(8, 4, 0).expect("small"))).expect("small");
        for index in 1..4 {
            // SAFETY: one thread, and the index is in its hand.
            unsafe { dispatch.labels.write(index, index, None) };
            dispatch.send(index);
        }
        dispatch
    }

    fn taken(dispatch: &Dispatch) -> alloc::vec::Vec<u32> {
        core::iter::from_fn(|| dispatch.take()).collect()
    }

    #[test]
    fn a_message_rises_by_a_level_each_step() {
        let dispatch = filled();
        assert_eq!(dispatch.age(1_000, 10), (0, 1_010));
        // SAFETY: as above.
        unsafe { dispatch.labels.write(0, 1, None) };
        dispatch.send(0);
        assert_eq!(dispatch.age(1_009, 10), (0, 1_010), "not yet");
        assert_eq!(dispatch.age(1_010, 10), (3, 1_020), "not what came behind the mark");
        assert_eq!(dispatch.age(1_020, 10), (3, 1_030));
        // The first of them came to the highest level when it was alone there.
        assert_eq!(taken(&dispatch), [1, 0, 2, 3]);
    }

    #[test]
    fn who_comes_late_lets_them_rise_by_more() {
        let dispatch = filled();
        dispatch.age(0, 10);
        assert_eq!(dispatch.age(29, 10), (3, 39));
        // SAFETY: as above.
        unsafe { dispatch.labels.write(0, 1, None) };
        dispatch.send(0);
        assert_eq!(taken(&dispatch), [1, 2, 3, 0], "3 rose by two, and stands before 0");
        assert_eq!(dispatch.age(u64::MAX, 10), (0, u64::MAX));
    }

    #[test]
    fn what_was_taken_meanwhile_does_not_rise() {
        let dispatch = filled();
        dispatch.age(0, 10);
        assert_eq!(dispatch.take(), Some(1));
        assert_eq!(dispatch.age(10, 10), (2, 20));
        assert_eq!(taken(&dispatch), [2, 3]);
        assert!(dispatch.is_idle());
    }
}
