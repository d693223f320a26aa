//! Finding messages by their names.

use alloc::collections::BTreeMap;
use core::fmt;

use super::core::Core;
use crate::code;
use crate::delivery::Content;
use crate::message::{Handle, MessageId};
use crate::sync::Mutex;

/// Why a message was not found by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupError {
    /// The queue was not built with [`lookup`](super::QueueBuilder::lookup).
    Unsupported,
    /// There is no such message any more, or there never was.
    NotFound,
}

impl LookupError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Unsupported => code::UNSUPPORTED,
            Self::NotFound => code::NOT_FOUND,
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsupported => "queue keeps no names; build it with `lookup(true)`",
            Self::NotFound => "message is gone, or of another queue",
        })
    }
}

impl core::error::Error for LookupError {}

/// Where the messages of a partition are, by offset. Names of messages that are gone stay until
/// there are twice as many as slots.
pub(super) type Names = Mutex<BTreeMap<u64, Handle>>;

impl<C: Content + ?Sized> Core<C> {
    /// Keeps the name of an accepted message, if the queue does.
    #[inline(always)]
    pub(super) fn name(&self, offset: u64, handle: Handle) {
        if let Some(names) = &self.names {
            self.keep_name(&names[handle.partition as usize], offset, handle);
        }
    }

    #[cold]
    fn keep_name(&self, names: &Names, offset: u64, handle: Handle) {
        let mut names = names.lock();
        if names.len() >= 2 * self.config.capacity {
            // There are at most as many messages as slots: half of the names go, at least.
            names.retain(|_, handle| self.has(handle));
        }
        names.insert(offset, handle);
    }

    pub(super) fn look_up(&self, id: MessageId) -> Result<Handle, LookupError> {
        let names = self.names.as_ref().ok_or(LookupError::Unsupported)?;
        let names = names.get(id.partition()).ok_or(LookupError::NotFound)?;
        let handle = names.lock().get(&id.offset()).copied();
        handle.filter(|handle| id.epoch() == 0 && self.has(handle)).ok_or(LookupError::NotFound)
    }
}
