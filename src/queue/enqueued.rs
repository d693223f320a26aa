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
}

impl Enqueued {
    /// Its name, if it is in the queue.
    pub fn id(self) -> Option<MessageId> {
        match self {
            Self::Accepted { id, .. } => Some(id),
            Self::Dropped => None,
        }
    }

    /// Its handle, if it is in the queue.
    pub fn handle(self) -> Option<Handle> {
        match self {
            Self::Accepted { handle, .. } => Some(handle),
            Self::Dropped => None,
        }
    }
}
