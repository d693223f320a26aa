//! What the housekeeper knows of a partition, and nobody else touches: who waits for a time, and
//! since when each lease lasts.
//!
//! A hand-over writes nothing but the slot's word. The housekeeper looks at the words now and then,
//! and notes in memory of its own when it saw a lease first; so a lease lasts at least as long as
//! was asked for, and at most two passes longer.

use alloc::{boxed::Box, vec::Vec};

use super::wheel::Wheel;
use super::word::{Lease, State, Word};
use crate::ring::CapacityError;

/// A partition's house.
pub(crate) struct House {
    /// Who waits for a time.
    pub(crate) wheel: Wheel,
    watched: Box<[Watched]>,
}

/// A lease, and when it was seen first.
#[derive(Clone, Copy, Default)]
struct Watched {
    lease: Option<Lease>,
    since: u64,
}

impl House {
    /// A house for `capacity` slots, at the time `now`.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub(crate) fn new(capacity: usize, now: u64) -> Result<Self, CapacityError> {
        let mut watched = Vec::new();
        watched.try_reserve_exact(capacity).map_err(|_| CapacityError::OutOfMemory {
            capacity,
            slot_bytes: size_of::<Watched>(),
        })?;
        watched.resize(capacity, Watched::default());
        Ok(Self { wheel: Wheel::new(capacity, now)?, watched: watched.into_boxed_slice() })
    }

    /// Looks at a slot's word: the lease, if it has lasted for `lease` at the time `now`. One that
    /// is seen for the first time began before the time that `clock` tells.
    #[inline]
    pub(crate) fn watch(
        &mut self,
        index: u32,
        word: Word,
        now: u64,
        lease: u64,
        clock: impl FnOnce() -> u64,
    ) -> Option<Lease> {
        if word.state() != State::Leased {
            return None;
        }
        let watched = &mut self.watched[index as usize];
        if watched.lease != Some(word.lease()) {
            *watched = Watched { lease: Some(word.lease()), since: clock() };
        }
        (now.saturating_sub(watched.since) >= lease).then(|| word.lease())
    }
}
