//! Batches: a whole range of positions for one contended operation.

use alloc::vec::Vec;
use core::mem::MaybeUninit;

use super::claim::{Claim, SHARED, Use};
use super::position::Position;
use super::{Backoff, Ring};

impl<T> Ring<T> {
    /// Appends as many of `values` as fit, in order, and says how many that was.
    ///
    /// What does not fit, `values[n..]`, stays with the caller. The values of one call stand next
    /// to each other in the ring; no other producer's come between them.
    ///
    /// # Cost
    ///
    /// One contended compare-and-swap a call, O(n), no allocation.
    ///
    /// # Progress
    ///
    /// As [`push`](Self::push).
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::mpmc::Ring;
    /// let ring = Ring::new(3)?;
    /// let values = [1, 2, 3, 4];
    /// let n = ring.push_n(&values);
    /// assert_eq!((n, &values[n..]), (3, &[4][..]));
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    pub fn push_n(&self, values: &[T]) -> usize
    where
        T: Copy,
    {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.push_n_as::<SHARED>(values) }
    }

    /// Moves as many values as fit from the front of `values`, and says how many that was.
    ///
    /// What does not fit stays in `values`, in order. The values of one call stand next to each
    /// other in the ring.
    ///
    /// # Cost
    ///
    /// As [`push_n`](Self::push_n), and moving what is left to the front of the vector.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::mpmc::Ring;
    /// let ring = Ring::new(2)?;
    /// let mut lines = vec!["a".to_string(), "b".to_string(), "c".to_string()];
    /// assert_eq!(ring.push_drain(&mut lines), 2);
    /// assert_eq!(lines, ["c"]);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    pub fn push_drain(&self, values: &mut Vec<T>) -> usize {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.push_drain_as::<SHARED>(values) }
    }

    /// Appends as many values of the iterator as fit, and says how many that was.
    ///
    /// What does not fit stays in the iterator. The values of one call stand next to each other in
    /// the ring.
    ///
    /// The positions are claimed before the iterator runs, so that one compare-and-swap serves the
    /// batch: a slow iterator delays the consumers that have come to its slots. If it panics, or
    /// ends before its [`len`](ExactSizeIterator::len), what it gave is in the ring and the rest of
    /// the claim is passed over by the consumers; until they do, it counts in [`len`](Self::len).
    ///
    /// # Deadlocks
    ///
    /// The iterator must not take from this ring, nor `force_push` to it, nor wait for a thread
    /// that does: such a call may come to the slots that it has yet to fill, and wait for them for
    /// ever. Pushing to it is allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::mpmc::Ring;
    /// let ring = Ring::new(2)?;
    /// let mut squares = [1, 2, 3].into_iter().map(|n| n * n);
    /// assert_eq!(ring.push_iter(&mut squares), 2);
    /// assert_eq!(squares.next(), Some(9));
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    #[inline]
    pub fn push_iter<I>(&self, values: &mut I) -> usize
    where
        I: ExactSizeIterator<Item = T>,
    {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.push_iter_as::<_, SHARED>(values) }
    }

    /// Takes as many values as are there and `out` has room for, oldest first, and says how many.
    ///
    /// The first `n` elements of `out` are then initialised. The values were next to each other in
    /// the ring.
    ///
    /// # Cost
    ///
    /// One contended compare-and-swap a call, O(n), no allocation.
    ///
    /// # Progress
    ///
    /// As [`pop`](Self::pop).
    pub fn pop_n(&self, out: &mut [MaybeUninit<T>]) -> usize {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.pop_n_as::<SHARED>(out) }
    }

    /// Takes as many values as are there, at most `max`, to the end of `out`, and says how many.
    ///
    /// Allocates only if `out` lacks room for the smaller of `max` and the capacity, and does so
    /// before it takes anything.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::ring::mpmc::Ring;
    /// let ring = Ring::new(8)?;
    /// ring.push_n(&[1, 2, 3]);
    /// let mut batch = Vec::with_capacity(8);
    /// assert_eq!(ring.pop_into(&mut batch, 2), 2);
    /// assert_eq!(batch, [1, 2]);
    /// # Ok::<(), ringmill::ring::CapacityError>(())
    /// ```
    pub fn pop_into(&self, out: &mut Vec<T>, max: usize) -> usize {
        // SAFETY: a shared end asks for nothing.
        unsafe { self.pop_into_as::<SHARED>(out, max) }
    }
}

/// The same for an end that may be used by one thread alone.
impl<T> Ring<T> {
    /// [`Ring::push_n`], from an end that is shared or used alone.
    ///
    /// # Safety
    ///
    /// If it is used [`ALONE`](super::claim::ALONE), no other thread pushes meanwhile.
    pub(in crate::ring) unsafe fn push_n_as<const USE: Use>(&self, values: &[T]) -> usize
    where
        T: Copy,
    {
        // SAFETY: by the caller.
        let claim = unsafe { self.shared.claim_free::<USE>(1, values.len(), Backoff::new()) };
        let Some(claim) = claim else { return 0 };
        let mut values = values.iter();
        for (lap, range) in self.shared.runs(claim) {
            for (slot, value) in self.shared.slots.range(range).zip(&mut values) {
                // SAFETY: I1: the claim owns the position of this slot and lap.
                unsafe { slot.fill(lap, *value) };
            }
        }
        claim.len
    }

    /// [`Ring::push_drain`], from an end that is shared or used alone.
    ///
    /// # Safety
    ///
    /// If it is used [`ALONE`](super::claim::ALONE), no other thread pushes meanwhile.
    pub(in crate::ring) unsafe fn push_drain_as<const USE: Use>(
        &self,
        values: &mut Vec<T>,
    ) -> usize {
        // SAFETY: by the caller.
        let claim = unsafe { self.shared.claim_free::<USE>(1, values.len(), Backoff::new()) };
        let Some(claim) = claim else { return 0 };
        let mut values = values.drain(..claim.len);
        for (lap, range) in self.shared.runs(claim) {
            for (slot, value) in self.shared.slots.range(range).zip(&mut values) {
                // SAFETY: I1: the claim owns the position of this slot and lap.
                unsafe { slot.fill(lap, value) };
            }
        }
        claim.len
    }

    /// [`Ring::push_iter`], from an end that is shared or used alone.
    ///
    /// # Safety
    ///
    /// If it is used [`ALONE`](super::claim::ALONE), no other thread pushes meanwhile.
    #[inline]
    pub(in crate::ring) unsafe fn push_iter_as<I, const USE: Use>(&self, values: &mut I) -> usize
    where
        I: ExactSizeIterator<Item = T>,
    {
        // SAFETY: by the caller.
        let claim = unsafe { self.shared.claim_free::<USE>(1, values.len(), Backoff::new()) };
        let Some(claim) = claim else { return 0 };
        let mut unfilled = Unfilled { ring: self, claim };
        for value in values.take(claim.len) {
            unfilled.fill(value);
        }
        claim.len - unfilled.claim.len
    }

    /// [`Ring::pop_n`], from an end that is shared or used alone.
    ///
    /// # Safety
    ///
    /// If it is used [`ALONE`](super::claim::ALONE), no other thread pops or force-pushes
    /// meanwhile.
    pub(in crate::ring) unsafe fn pop_n_as<const USE: Use>(
        &self,
        out: &mut [MaybeUninit<T>],
    ) -> usize {
        // SAFETY: by the caller.
        let claim = unsafe { self.shared.claim_full::<USE>(out.len(), Backoff::new()) };
        let Some(claim) = claim else { return 0 };
        let mut out = out.iter_mut();
        for (lap, range) in self.shared.runs(claim) {
            for (slot, place) in self.shared.slots.range(range).zip(&mut out) {
                // SAFETY: I2: the claim owns the position of this slot and lap, and saw it full.
                place.write(unsafe { slot.take_and_free(lap) });
            }
        }
        claim.len
    }

    /// [`Ring::pop_into`], from an end that is shared or used alone.
    ///
    /// # Safety
    ///
    /// If it is used [`ALONE`](super::claim::ALONE), no other thread pops or force-pushes
    /// meanwhile.
    pub(in crate::ring) unsafe fn pop_into_as<const USE: Use>(
        &self,
        out: &mut Vec<T>,
        max: usize,
    ) -> usize {
        let max = max.min(self.capacity());
        out.reserve(max);
        // SAFETY: by the caller.
        let taken = unsafe { self.pop_n_as::<USE>(&mut out.spare_capacity_mut()[..max]) };
        // SAFETY: `pop_n` has initialised the `taken` elements behind the old length.
        unsafe { out.set_len(out.len() + taken) };
        taken
    }
}

/// The part of a claim that has no value yet: what is left of it when this is dropped is abandoned.
struct Unfilled<'a, T> {
    ring: &'a Ring<T>,
    claim: Claim,
}

impl<T> Unfilled<'_, T> {
    /// Fills the first position that is left.
    fn fill(&mut self, value: T) {
        let at = self.step();
        // SAFETY: I1: the claim owned this position, and it has just left the claim.
        unsafe { self.ring.slot(at).fill(self.ring.shared.geometry.lap(at), value) };
    }

    fn step(&mut self) -> Position {
        let at = self.claim.at;
        debug_assert!(self.claim.len > 0);
        self.claim = Claim { at: self.ring.shared.geometry.next(at), len: self.claim.len - 1 };
        at
    }
}

impl<T> Drop for Unfilled<'_, T> {
    fn drop(&mut self) {
        while self.claim.len > 0 {
            let at = self.step();
            // SAFETY: I1: the claim owned this position, and it has just left the claim.
            unsafe { self.ring.slot(at).turn.abandon(self.ring.shared.geometry.lap(at)) };
        }
    }
}
