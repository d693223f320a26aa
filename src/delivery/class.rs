//! Classes of failed handling.

use core::fmt;

/// What kind of failure a message met: it decides what becomes of the message.
///
/// Matching is by class, never by the text of an error.
///
/// | class | means | what becomes of the message |
/// |---|---|---|
/// | [`Validation`](Self::Validation) | the message itself is wrong | dead letter now: no retry makes it right |
/// | [`Business`](Self::Business) | it is refused for now, by a rule of the application | retried by the policy |
/// | [`System`](Self::System) | something it needs failed | retried by the policy, with its back-off; counts as a failure of what was called |
/// | [`TimedOut`](Self::TimedOut) | handling took too long | retried by the policy; counted apart |
/// | [`Panic`](Self::Panic) | the handler panicked | as `System` |
///
/// Every one of them spends an attempt, and after the last one that the policy permits the message
/// becomes a dead letter.
///
/// ```
/// use ringmill::queue::ErrorClass;
///
/// assert!(!ErrorClass::Validation.is_retried());
/// assert!(ErrorClass::System.is_retried());
/// assert_eq!(ErrorClass::TimedOut.to_string(), "timed out");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The message can never be handled: it does not parse, or asks for what cannot be.
    Validation,
    /// The application says no, and may say yes later.
    Business,
    /// A service, a disk or a network failed.
    System,
    /// Handling took longer than it was given.
    TimedOut,
    /// The handler panicked.
    Panic,
}

impl ErrorClass {
    /// Whether a message that failed so is tried again, if the policy has retries left.
    #[must_use]
    pub const fn is_retried(self) -> bool {
        !matches!(self, Self::Validation)
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Validation => "validation",
            Self::Business => "business",
            Self::System => "system",
            Self::TimedOut => "timed out",
            Self::Panic => "panic",
        })
    }
}
