//! How a message came to the dead letters.

use alloc::{string::String, sync::Arc};
use core::fmt;
use std::time::SystemTime;

use crate::delivery::class::ErrorClass;

/// Why a message was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// Its handler said so, or its error was of class Validation.
    Rejected = 1,
    /// Its handling failed once more than the policy retries.
    MaxAttempts = 2,
    /// It was handed out as often as is allowed.
    MaxDeliveries = 3,
    /// Its time to live was over.
    Expired = 4,
    /// The queue was full, and it was the oldest.
    Overflow = 5,
    /// Its key was parked behind another dead letter, and so were as many others as may be.
    KeyParked = 6,
}

impl fmt::Display for Reason {
    /// As in the field: `rejected`, `max_attempts`, …
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "rejected",
            Self::MaxAttempts => "max_attempts",
            Self::MaxDeliveries => "max_deliveries",
            Self::Expired => "expired",
            Self::Overflow => "overflow",
            Self::KeyParked => "key_parked",
        })
    }
}

/// One entry of a dead letter's history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Death {
    /// The queue that gave it up.
    pub queue: Arc<str>,
    /// The group whose handling failed.
    pub group: Arc<str>,
    /// Why.
    pub reason: Reason,
    /// The class of the last error, if it failed by one.
    pub class: Option<ErrorClass>,
    /// What the handler said, at most 1 KiB.
    pub text: String,
    /// How often its handling had failed.
    pub attempts: u32,
    /// How often it had been handed out.
    pub deliveries: u32,
    /// The number of the consumer that had it last; 0 if none had.
    pub consumer: u64,
    /// When it was given up.
    pub at: SystemTime,
}

impl Death {
    /// How often a message may die: then it stays parked where it is.
    pub(crate) const KEPT: usize = 16;

    /// The longest text that is kept, in bytes.
    pub const MAX_TEXT_BYTES: usize = 1_024;

    /// As much of a text as is kept, cut between two characters.
    pub(crate) fn cut(text: &str) -> &str {
        let mut end = text.len().min(Self::MAX_TEXT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[..end]
    }
}
