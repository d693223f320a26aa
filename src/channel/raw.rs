//! A channel of elements whose size is known at run time: the same waiting over [`RawRing`].
//!
//! One handle stands for both ends, and is closed by hand.

use std::time::Instant;

use super::{RecvTimeoutError, Strategy};
use crate::ring::CapacityError;
use crate::ring::mpmc::raw::RawRing;
use crate::ring::mpmc::raw::used::BY_WAITERS;
use crate::ring::shape::Shape;
use crate::wait::{Event, block};

/// A bounded channel of elements.
pub(crate) struct RawChannel {
    ring: RawRing,
    /// There may be an element, or the channel is closed.
    values: Event,
    /// There may be room, or the channel is closed.
    room: Event,
    strategy: Strategy,
}

/// Nothing more is accepted, or nothing more will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl RawChannel {
    pub(crate) fn new(
        shape: Shape,
        touch: bool,
        strategy: Strategy,
    ) -> Result<Self, CapacityError> {
        let ring = RawRing::new(shape, touch)?;
        Ok(Self { ring, values: Event::new(), room: Event::new(), strategy })
    }

    /// The elements that wait to be received.
    pub(crate) fn ring(&self) -> &RawRing {
        &self.ring
    }

    /// What is to be waited for when there is no element.
    pub(crate) fn values(&self) -> &Event {
        &self.values
    }

    /// Accepts nothing more; false if that was so already.
    pub(crate) fn close(&self) -> bool {
        let closed = self.ring.close();
        if closed {
            Event::notify_all_of([&self.values, &self.room]);
        }
        closed
    }

    /// Sends an element; `None` if there is no room.
    ///
    /// # Safety
    ///
    /// `elem` can be read for the size of an element.
    #[inline]
    pub(crate) unsafe fn try_send(&self, elem: *const u8) -> Option<Result<(), Closed>> {
        // SAFETY: by the caller.
        if unsafe { self.ring.push::<BY_WAITERS, false>(elem) } {
            self.values.notify(1);
            return Some(Ok(()));
        }
        if self.ring.is_closed() { Some(Err(Closed)) } else { None }
    }

    /// As [`try_send`](Self::try_send); waits while there is no room, until the deadline.
    ///
    /// # Safety
    ///
    /// As for [`try_send`](Self::try_send).
    #[inline]
    pub(crate) unsafe fn send(
        &self,
        elem: *const u8,
        deadline: Option<Instant>,
    ) -> Option<Result<(), Closed>> {
        // SAFETY: by the caller.
        block(&self.room, self.strategy, deadline, || unsafe { self.try_send(elem) })
    }

    /// Sends as many elements as there is room for, and says how many.
    ///
    /// # Safety
    ///
    /// `elems` can be read for `count` elements.
    pub(crate) unsafe fn try_send_batch(
        &self,
        elems: *const u8,
        count: usize,
    ) -> Result<usize, Closed> {
        // SAFETY: by the caller.
        let sent = unsafe { self.ring.push_n::<BY_WAITERS>(elems, 1, count) };
        if sent > 0 {
            self.values.notify(sent);
        } else if self.ring.is_closed() {
            return Err(Closed);
        }
        Ok(sent)
    }

    /// Sends all elements as room comes up, until the deadline: how many were sent, and `None` if
    /// the deadline passed first.
    ///
    /// # Safety
    ///
    /// As for [`try_send_batch`](Self::try_send_batch).
    pub(crate) unsafe fn send_batch(
        &self,
        elems: *const u8,
        count: usize,
        deadline: Option<Instant>,
    ) -> (usize, Option<Result<(), Closed>>) {
        let mut sent = 0;
        let ended = block(&self.room, self.strategy, deadline, || {
            // SAFETY: by the caller; what was sent is left out.
            let tried =
                unsafe { self.try_send_batch(elems.add(sent * self.ring.size()), count - sent) };
            match tried {
                Ok(n) => {
                    sent += n;
                    (sent == count).then_some(Ok(()))
                }
                Err(closed) => Some(Err(closed)),
            }
        });
        (sent, ended)
    }

    /// Takes the oldest element; `None` if there is none, and may be.
    ///
    /// # Safety
    ///
    /// `out` can be written for the size of an element.
    #[inline]
    pub(crate) unsafe fn try_recv(&self, out: *mut u8) -> Option<Result<(), Closed>> {
        // SAFETY: by the caller.
        if unsafe { self.pop(out) } {
            return Some(Ok(()));
        }
        // What was accepted before it was closed is there still.
        // SAFETY: by the caller.
        self.ring.is_closed().then(|| if unsafe { self.pop(out) } { Ok(()) } else { Err(Closed) })
    }

    /// # Safety
    ///
    /// As for [`try_recv`](Self::try_recv).
    #[inline]
    unsafe fn pop(&self, out: *mut u8) -> bool {
        // SAFETY: by the caller.
        let popped = unsafe { self.ring.pop::<BY_WAITERS, false>(out) };
        if popped {
            self.room.notify(1);
        }
        popped
    }

    /// As [`try_recv`](Self::try_recv); waits while there is none, until the deadline.
    ///
    /// # Safety
    ///
    /// As for [`try_recv`](Self::try_recv).
    #[inline]
    pub(crate) unsafe fn recv(
        &self,
        out: *mut u8,
        deadline: Option<Instant>,
    ) -> Option<Result<(), Closed>> {
        // SAFETY: by the caller.
        block(&self.values, self.strategy, deadline, || unsafe { self.try_recv(out) })
    }

    /// Takes what is there, at most `max` elements, and says how many.
    ///
    /// # Safety
    ///
    /// `out` can be written for `max` elements.
    pub(crate) unsafe fn try_recv_batch(&self, out: *mut u8, max: usize) -> Result<usize, Closed> {
        // Asked first: what is found to be empty after it was closed stays empty.
        let closed = self.ring.is_closed();
        // SAFETY: by the caller.
        let received = unsafe { self.ring.pop_n::<BY_WAITERS>(out, 1, max) };
        if received > 0 {
            self.room.notify(received);
        } else if closed && max > 0 {
            return Err(Closed);
        }
        Ok(received)
    }

    /// Takes at least `min` and at most `max` elements; waits while there are fewer than `min`. As
    /// [`Receiver::recv_batch`](super::Receiver::recv_batch).
    ///
    /// # Safety
    ///
    /// As for [`try_recv_batch`](Self::try_recv_batch).
    pub(crate) unsafe fn recv_batch(
        &self,
        out: *mut u8,
        min: usize,
        max: usize,
        deadline: Option<Instant>,
    ) -> Result<usize, RecvTimeoutError> {
        let min = min.min(max);
        let mut received = 0;
        let ended = block(&self.values, self.strategy, deadline, || {
            // Until nothing is found: what was found last may have been the last of a closed
            // channel, of which nobody will tell.
            loop {
                // SAFETY: by the caller; what was received is left out.
                let tried = unsafe {
                    self.try_recv_batch(out.add(received * self.ring.size()), max - received)
                };
                match tried {
                    Ok(n) => {
                        received += n;
                        if received >= min || n == 0 {
                            return (received >= min).then_some(Ok(()));
                        }
                    }
                    Err(closed) => return Some(Err(closed)),
                }
            }
        });
        match ended {
            Some(Ok(())) => Ok(received),
            _ if received > 0 => Ok(received),
            Some(Err(Closed)) => Err(RecvTimeoutError::Closed),
            None => Err(RecvTimeoutError::TimedOut),
        }
    }
}
