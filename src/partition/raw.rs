//! Partitions of elements whose size is known at run time: the same rounds, groups and waiting over
//! [`RawRing`]s.

use std::time::Instant;

use super::consumer::Reading;
use super::future::Waits;
use super::{
    Consuming, Lane, Members, PartitionsError, PopError, Producing, PushErrorKind, SetError,
    Shared, Strategy, group,
};
use crate::ring::mpmc::raw::RawRing;
use crate::ring::mpmc::raw::used::{BY_WAITERS, IN_TURN};
use crate::ring::shape::Shape;
use crate::sync::Arc;
use crate::wait::{block, wait};

impl Lane for RawRing {
    #[inline]
    fn seems_filled(&self) -> bool {
        self.seems_filled()
    }

    fn close(&self) -> bool {
        self.close()
    }

    #[inline]
    fn is_closed(&self) -> bool {
        self.is_closed()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Elements are bytes.
    fn drop_values(&self) {}
}

/// Rings as one queue: counts as a producer and as a consumer.
pub(crate) struct RawPartitions {
    shared: Arc<Shared<RawRing>>,
    strategy: Strategy,
}

/// A writing end.
pub(crate) struct RawProducer {
    producing: Producing<RawRing>,
    strategy: Strategy,
}

/// A reading end.
pub(crate) struct RawConsumer {
    reading: Reading<RawRing>,
    strategy: Strategy,
}

/// Readers that share partitions.
pub(crate) struct RawGroup {
    shared: Arc<group::Shared<RawRing>>,
    strategy: Strategy,
}

impl RawPartitions {
    pub(crate) fn new(
        partitions: usize,
        shape: Shape,
        touch: bool,
        strategy: Strategy,
    ) -> Result<Self, PartitionsError> {
        let shared = Shared::new(partitions, || RawRing::new(shape, touch))?;
        Ok(Self { shared: Arc::new(shared), strategy })
    }

    pub(crate) fn producer(&self) -> RawProducer {
        RawProducer { producing: Producing::new(&self.shared), strategy: self.strategy }
    }

    /// A reader of all partitions.
    pub(crate) fn consumer(&self) -> RawConsumer {
        self.consumer_with(Members::all(self.shared.partitions.len()))
    }

    /// A reader of some.
    pub(crate) fn consumer_of(
        &self,
        set: impl IntoIterator<Item = usize>,
    ) -> Result<RawConsumer, SetError> {
        Ok(self.consumer_with(self.shared.members(set)?))
    }

    fn consumer_with(&self, members: Members) -> RawConsumer {
        let reading = Reading::new(Consuming::new(&self.shared), members);
        RawConsumer { reading, strategy: self.strategy }
    }

    pub(crate) fn group(&self) -> RawGroup {
        let shared = group::Shared::new(Consuming::new(&self.shared));
        RawGroup { shared: Arc::new(shared), strategy: self.strategy }
    }

    /// The ring of each partition.
    pub(crate) fn rings(&self) -> impl ExactSizeIterator<Item = &RawRing> {
        self.shared.partitions.iter().map(|place| &place.ring)
    }

    /// Accepts nothing more; false if that was so already.
    pub(crate) fn close(&self) -> bool {
        self.shared.close()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }
}

impl Drop for RawPartitions {
    fn drop(&mut self) {
        self.shared.producer_left();
        self.shared.consumer_left();
    }
}

impl RawGroup {
    /// One more member.
    pub(crate) fn join(&self) -> RawConsumer {
        RawConsumer { reading: group::Shared::join(&self.shared), strategy: self.strategy }
    }
}

impl RawProducer {
    pub(crate) fn partitions(&self) -> usize {
        self.producing.0.partitions.len()
    }

    /// Bytes of an element.
    pub(crate) fn size(&self) -> usize {
        self.producing.0.partitions[0].ring.size()
    }

    /// Appends at least one and at most `count` elements, and says how many; `None` if there is no
    /// room.
    ///
    /// # Panics
    ///
    /// If there is no such partition.
    ///
    /// # Safety
    ///
    /// `elems` can be read for `count` elements, which is 1 at least.
    #[inline]
    pub(crate) unsafe fn try_push(
        &self,
        partition: usize,
        elems: *const u8,
        count: usize,
    ) -> Option<Result<usize, PushErrorKind>> {
        let shared = &*self.producing.0;
        let ring = &shared.partitions[partition].ring;
        let pushed = if count == 1 {
            // SAFETY: by the caller.
            usize::from(unsafe { ring.push::<BY_WAITERS, false>(elems) })
        } else {
            // SAFETY: by the caller.
            unsafe { ring.push_n::<BY_WAITERS>(elems, 1, count) }
        };
        if pushed > 0 {
            shared.announce(partition, pushed);
            return Some(Ok(pushed));
        }
        if ring.is_closed() { Some(Err(PushErrorKind::Closed)) } else { None }
    }

    /// Appends all elements as room comes up, until the deadline: how many, and why these are not
    /// all.
    ///
    /// # Panics
    ///
    /// As [`try_push`](Self::try_push).
    ///
    /// # Safety
    ///
    /// As for [`try_push`](Self::try_push).
    pub(crate) unsafe fn push(
        &self,
        partition: usize,
        elems: *const u8,
        count: usize,
        deadline: Option<Instant>,
    ) -> (usize, Result<(), PushErrorKind>) {
        let shared = &*self.producing.0;
        let size = self.size();
        let mut pushed = 0;
        let ended = block(shared.room(partition), self.strategy, deadline, || {
            // SAFETY: by the caller; what was pushed is left out.
            match unsafe { self.try_push(partition, elems.add(pushed * size), count - pushed) }? {
                Ok(n) => {
                    pushed += n;
                    (pushed == count).then_some(Ok(()))
                }
                Err(error) => Some(Err(error)),
            }
        });
        (pushed, ended.unwrap_or(Err(PushErrorKind::TimedOut)))
    }
}

impl RawConsumer {
    /// Bytes of an element.
    pub(crate) fn size(&self) -> usize {
        self.reading.consuming.0.partitions[0].ring.size()
    }

    /// The partition that was taken from last.
    pub(crate) fn last_partition(&self) -> Option<usize> {
        self.reading.walk.last
    }

    /// Takes at least one and at most `max` elements of the next partition that has any, and says
    /// how many; `None` if there is none now.
    ///
    /// # Safety
    ///
    /// `out` can be written for `max` elements, which is 1 at least.
    #[inline]
    pub(crate) unsafe fn try_pop(
        &mut self,
        out: *mut u8,
        max: usize,
    ) -> Option<Result<usize, PopError>> {
        // SAFETY: by the caller.
        unsafe { self.reading.try_pop(out, max) }
    }

    /// As [`try_pop`](Self::try_pop); waits while there is none, until the deadline.
    ///
    /// # Safety
    ///
    /// As for [`try_pop`](Self::try_pop).
    pub(crate) unsafe fn pop(
        &mut self,
        out: *mut u8,
        max: usize,
        deadline: Option<Instant>,
    ) -> Result<usize, PopError> {
        // SAFETY: by the caller.
        let attempt = |reading: &mut Reading<RawRing>| unsafe { reading.try_pop(out, max) };
        wait(self.strategy, deadline, &mut Waits::new(&mut self.reading, attempt))
            .unwrap_or(Err(PopError::TimedOut))
    }
}

impl Reading<RawRing> {
    /// # Safety
    ///
    /// As for [`RawConsumer::try_pop`].
    #[inline]
    unsafe fn try_pop(&mut self, out: *mut u8, max: usize) -> Option<Result<usize, PopError>> {
        let take = |ring: &RawRing| {
            if max == 1 {
                // SAFETY: by the caller.
                usize::from(unsafe { ring.pop::<IN_TURN, false>(out) })
            } else {
                // SAFETY: by the caller.
                unsafe { ring.pop_n::<IN_TURN>(out, 1, max) }
            }
        };
        let (walk, shared) = (&mut self.walk, &self.consuming.0);
        let taken = walk.take(shared, take);
        if taken > 0 {
            return Some(Ok(taken));
        }
        match walk.last_look(shared, take)? {
            0 => Some(Err(PopError::Closed)),
            taken => Some(Ok(taken)),
        }
    }
}
