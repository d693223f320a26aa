//! Priorities.

use core::fmt;

/// How urgent a message is: 0 to 31, of which a queue declares the levels that it has.
///
/// ```
/// use ringmill::message::Priority;
///
/// assert!(Priority::CRITICAL > Priority::NORMAL);
/// assert_eq!(Priority::new(24), Some(Priority::HIGH));
/// assert_eq!(Priority::new(32), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u8);

impl Priority {
    /// 8.
    pub const LOW: Self = Self(8);
    /// 16: what a message has that says nothing.
    pub const NORMAL: Self = Self(16);
    /// 24.
    pub const HIGH: Self = Self(24);
    /// 31.
    pub const CRITICAL: Self = Self(31);

    /// How many there are.
    pub const COUNT: usize = 32;

    /// A level of 0 to 31; `None` above.
    #[must_use]
    pub const fn new(level: u8) -> Option<Self> {
        if (level as usize) < Self::COUNT { Some(Self(level)) } else { None }
    }

    /// The level.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::NORMAL
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Priority({self})")
    }
}
