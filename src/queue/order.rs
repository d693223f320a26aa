//! What a queue keeps in order, and which levels of priority it has.

use twox_hash::XxHash3_128;

use super::config::{BuildError, invalid};
use crate::message::Priority;

/// What comes one after the other: the next message only when the one before is done with, through
/// all its retries.
///
#[doc = include_str!("orders.md")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// Nothing: messages are handed out in the order of their offsets, to as many consumers as
    /// there are.
    #[default]
    None,
    /// The messages of one key. At most one of them is with a consumer; others go on meanwhile.
    /// Messages without a key are in no order. Keys are told apart by 128 bits of their hash.
    Key,
    /// All messages of a partition.
    Partition,
}

/// What becomes of the messages behind one that has become a dead letter, or was dropped in its
/// place, as its handling failed for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterDead {
    /// They are handed out.
    #[default]
    Continue,
    /// They are set aside, since they may make no sense without it, until
    /// [`unpark_key`](super::Queue::unpark_key).
    ParkKey {
        /// How many of them; further ones become dead letters, as
        /// [`KeyParked`](crate::message::Reason::KeyParked).
        limit: usize,
    },
}

/// The levels that a queue has, by priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Levels {
    /// Of each priority, which level it is, the highest first.
    of: [Option<u8>; Priority::COUNT],
    count: usize,
    /// By about how many lower ones a message may be overtaken.
    slack: u32,
}

impl Levels {
    /// The one that is there if none is declared.
    pub(crate) fn normal() -> Self {
        let mut of = [None; Priority::COUNT];
        of[usize::from(Priority::NORMAL.get())] = Some(0);
        Self { of, count: 1, slack: 0 }
    }

    /// Those of `priorities`.
    pub(crate) fn new(priorities: &[Priority]) -> Result<Self, BuildError> {
        let mut sorted = priorities.to_vec();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let twice = sorted.windows(2).any(|pair| pair[0] == pair[1]);
        if sorted.is_empty() || twice {
            let value = alloc::format!("{priorities:?}");
            return Err(invalid("levels", value, "1 to 32 priorities, each once"));
        }
        let mut of = [None; Priority::COUNT];
        for (level, priority) in (0..).zip(&sorted) {
            of[usize::from(priority.get())] = Some(level);
        }
        Ok(Self { of, count: sorted.len(), slack: 0 })
    }

    /// The same, of which a message may be overtaken by about `overtakes` lower ones.
    pub(crate) fn relaxed(self, overtakes: u32) -> Result<Self, BuildError> {
        if overtakes == 0 {
            return Err(invalid("relaxed_levels", overtakes, "1 or more; `levels` takes none"));
        }
        Ok(Self { slack: overtakes, ..self })
    }

    /// By about how many lower ones a message may be overtaken.
    pub(crate) fn slack(&self) -> u32 {
        self.slack
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The level of a priority, if it was declared.
    #[inline]
    pub(crate) fn of(&self, priority: Priority) -> Option<u8> {
        self.of[usize::from(priority.get())]
    }

    /// The level of a priority, or else the next one below, or else above.
    pub(crate) fn nearest(&self, priority: Priority) -> u8 {
        let at = usize::from(priority.get());
        let below = self.of[..=at].iter().rev().find_map(|level| *level);
        below.or_else(|| self.of[at..].iter().find_map(|level| *level)).unwrap_or(0)
    }

    /// The priority of a level.
    pub(crate) fn priority(&self, level: u32) -> Priority {
        let found = self.of.iter().position(|of| of.map(u32::from) == Some(level));
        found.and_then(|at| Priority::new(at as u8)).unwrap_or_default()
    }
}

impl Order {
    /// What a message of this key is in order with; `None` if with nothing.
    pub(crate) fn lane(self, key: Option<&[u8]>) -> Option<u128> {
        match self {
            Self::None => None,
            Self::Key => key.map(XxHash3_128::oneshot),
            Self::Partition => Some(0),
        }
    }
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use super::*;

    const LEVELS: [Priority; 3] = [Priority::LOW, Priority::CRITICAL, Priority::NORMAL];

    #[test]
    fn levels_are_the_declared_ones_the_highest_first() {
        let levels = Levels::new(&LEVELS).expect("three levels");
        assert_eq!(levels.count(), 3);
        assert_eq!(LEVELS.map(|level| levels.of(level)), [Some(2), Some(0), Some(1)]);
        assert_eq!(levels.of(Priority::HIGH), None);
        assert_eq!(
            [0, 1, 2].map(|level| levels.priority(level)),
            [Priority::CRITICAL, Priority::NORMAL, Priority::LOW]
        );
    }

    #[test]
    fn a_priority_that_is_not_declared_counts_as_the_next_below() {
        let levels = Levels::new(&LEVELS).expect("three levels");
        assert_eq!(levels.nearest(Priority::HIGH), 1);
        assert_eq!(levels.nearest(Priority::new(0).expect("a level")), 2);
    }

    #[test]
    fn levels_are_declared_once() {
        assert!(Levels::new(&[]).is_err());
        assert!(Levels::new(&[Priority::LOW, Priority::LOW]).is_err());
    }
}
