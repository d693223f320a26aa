//! What becomes of a record.

use std::time::Duration;

use ringmill::queue::ErrorClass;

/// What is known when a record was handled, or was not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ack,
    /// After a delay of its own, or the policy's.
    Retry {
        class: ErrorClass,
        text: String,
        after: Option<Duration>,
    },
    /// Never again.
    Dead(String),
    /// It was not handled; the run is stopped.
    Left,
}

impl Verdict {
    pub(crate) fn failed(class: ErrorClass, text: impl Into<String>) -> Self {
        Self::Retry { class, text: text.into(), after: None }
    }
}
