//! What a waiter waits for that keeps the channel alive.

use super::Shared;
use crate::sync::Arc;
use crate::wait::{Awaited, Event};

/// Values of a channel.
pub(super) struct Values<T>(pub(super) Arc<Shared<T>>);

impl<T> AsRef<Event> for Values<T> {
    fn as_ref(&self) -> &Event {
        &self.0.values
    }
}

impl<T> Awaited for Values<T> {}

/// Room in a channel.
#[cfg(feature = "async")]
pub(super) struct Room<T>(pub(super) Arc<Shared<T>>);

#[cfg(feature = "async")]
impl<T> AsRef<Event> for Room<T> {
    fn as_ref(&self) -> &Event {
        &self.0.room
    }
}

#[cfg(feature = "async")]
impl<T> Awaited for Room<T> {}
