//! What becomes of a message.

use crate::message::{Handle, MessageId};

/// What became of a message that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is in the queue.
    Accepted {
        /// Its name.
        id: MessageId,
        /// Finds it as long as it is there.
        handle: Handle,
    },
    /// The queue was full, and lets go of what comes then ([`Overflow::DropNewest`](super::Overflow::DropNewest)).
    Dropped,
    /// It was accepted before: nothing has happened.
    Duplicate {
        /// The name of the one that was accepted, as long as it is remembered.
        id: Option<MessageId>,
    },
}

impl Enqueued {
    /// Its name, if it is or was in the queue.
    pub fn id(self) -> Option<MessageId> {
        match self {
            Self::Accepted { id, .. } => Some(id),
            Self::Dropped => None,
            Self::Duplicate { id } => id,
        }
    }

    /// Its handle, if it has been put into the queue now.
    pub fn handle(self) -> Option<Handle> {
        match self {
            Self::Accepted { handle, .. } => Some(handle),
            Self::Dropped | Self::Duplicate { .. } => None,
        }
    }
}
