//! Taking values out of a vector from the front: what is not taken stays, in its order, also if
//! somebody panics.
//!
//! # Invariants
//!
//! - I1: the vector's length is 0 meanwhile; the values at `next .. len` are there, and this one's.

use alloc::vec::Vec;
use core::ptr;

/// A vector whose values are taken out from the front.
pub(super) struct Front<'a, T> {
    values: &'a mut Vec<T>,
    next: usize,
    len: usize,
}

impl<'a, T> Front<'a, T> {
    pub(super) fn of(values: &'a mut Vec<T>) -> Self {
        let len = values.len();
        // SAFETY: 0 is not beyond the capacity, and nothing needs to be there.
        unsafe { values.set_len(0) };
        Self { values, next: 0, len }
    }

    /// What has not been taken.
    #[inline(always)]
    pub(super) fn rest(&self) -> &[T] {
        // SAFETY: I1.
        unsafe {
            let first = self.values.as_ptr().add(self.next);
            core::slice::from_raw_parts(first, self.len - self.next)
        }
    }

    /// The next one.
    #[inline(always)]
    pub(super) fn take(&mut self) -> Option<T> {
        if self.next == self.len {
            return None;
        }
        // SAFETY: I1: it is there, and not this one's any more.
        let value = unsafe { self.values.as_ptr().add(self.next).read() };
        self.next += 1;
        Some(value)
    }

    /// As [`take`](Self::take), by whatever moves it out of its place. There is a next one.
    ///
    /// # Safety
    ///
    /// `take` moves all of it out that needs a destructor.
    #[inline(always)]
    pub(super) unsafe fn take_by<R>(&mut self, take: impl FnOnce(*const T) -> R) -> R {
        debug_assert!(self.next < self.len);
        // SAFETY: I1: it is there, and not this one's any more.
        let place = unsafe { self.values.as_ptr().add(self.next) };
        self.next += 1;
        take(place)
    }

    /// Puts the one that was taken last back.
    ///
    /// # Panics
    ///
    /// If more come back than were taken.
    pub(super) fn put_back(&mut self, value: T) {
        assert!(self.next > 0, "what comes back was taken");
        self.next -= 1;
        // SAFETY: the place is below `len`, and nothing is there (I1).
        unsafe { self.values.as_mut_ptr().add(self.next).write(value) };
    }
}

impl<T> Drop for Front<'_, T> {
    fn drop(&mut self) {
        let rest = self.len - self.next;
        // SAFETY: I1: `rest` values move to the beginning, and are the vector's again.
        unsafe {
            let first = self.values.as_mut_ptr();
            ptr::copy(first.add(self.next), first, rest);
            self.values.set_len(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{boxed::Box, vec, vec::Vec};

    use super::Front;

    #[test]
    fn what_is_not_taken_stays_in_its_order() {
        let mut values: Vec<Box<u32>> = (0..5).map(Box::new).collect();
        let mut front = Front::of(&mut values);
        assert_eq!(front.take().as_deref(), Some(&0));
        let second = front.take().unwrap();
        assert_eq!(front.rest().len(), 3);
        front.put_back(second);
        drop(front);
        assert_eq!(values, [1, 2, 3, 4].map(Box::new));
    }

    #[test]
    fn when_all_are_taken_the_memory_stays() {
        let mut values = vec![1, 2, 3];
        let mut front = Front::of(&mut values);
        while front.take().is_some() {}
        drop(front);
        assert!(values.is_empty() && values.capacity() >= 3);
    }
}
