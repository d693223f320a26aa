//! When a message is to be handed out.

use core::time::Duration;
use std::time::SystemTime;

/// Before when a message is not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// So long after it was accepted, on the monotonic clock.
    After(Duration),
    /// At this date, whatever becomes of the wall clock until then. A date in the past is now.
    At(SystemTime),
}

impl Due {
    /// The longest time that a message waits for: ten years of 365 days.
    pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);
}

/// The 18 delays that RocketMQ has by name.
///
/// ```
/// use ringmill::message::{DelayLevel, Due, Message};
/// use std::time::Duration;
///
/// assert_eq!(DelayLevel::M10.delay(), Duration::from_secs(600));
/// assert_eq!(DelayLevel::from_number(14), Some(DelayLevel::M10)); // as RocketMQ counts them
/// let message = Message::new("reminder").after(DelayLevel::H2);
/// assert_eq!(message.get_due(), Some(Due::After(Duration::from_secs(7_200))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // the number and the unit
pub enum DelayLevel {
    S1 = 1,
    S5,
    S10,
    S30,
    M1,
    M2,
    M3,
    M4,
    M5,
    M6,
    M7,
    M8,
    M9,
    M10,
    M20,
    M30,
    H1,
    H2,
}

impl DelayLevel {
    /// All of them, the shortest first.
    pub const ALL: [Self; 18] = {
        use DelayLevel::*;
        [S1, S5, S10, S30, M1, M2, M3, M4, M5, M6, M7, M8, M9, M10, M20, M30, H1, H2]
    };

    /// The delay.
    #[must_use]
    pub const fn delay(self) -> Duration {
        let seconds = match self {
            Self::S1 => 1,
            Self::S5 => 5,
            Self::S10 => 10,
            Self::S30 => 30,
            Self::M1 => 60,
            Self::M2 => 120,
            Self::M3 => 180,
            Self::M4 => 240,
            Self::M5 => 300,
            Self::M6 => 360,
            Self::M7 => 420,
            Self::M8 => 480,
            Self::M9 => 540,
            Self::M10 => 600,
            Self::M20 => 1_200,
            Self::M30 => 1_800,
            Self::H1 => 3_600,
            Self::H2 => 7_200,
        };
        Duration::from_secs(seconds)
    }

    /// The level of a number, 1 to 18.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get((number as usize).checked_sub(1)?).copied()
    }
}

impl From<DelayLevel> for Duration {
    fn from(level: DelayLevel) -> Self {
        level.delay()
    }
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use super::*;

    #[test]
    fn levels_grow_and_their_numbers_find_them() {
        assert!(DelayLevel::ALL.windows(2).all(|pair| pair[0].delay() < pair[1].delay()));
        for (number, level) in (1..).zip(DelayLevel::ALL) {
            assert_eq!(DelayLevel::from_number(number), Some(level));
            assert_eq!(level as u32, number);
        }
        assert_eq!([0, 19].map(DelayLevel::from_number), [None, None]);
    }
}
