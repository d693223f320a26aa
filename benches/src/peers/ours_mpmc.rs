//! Ringmill's `mpmc::Ring`.

use std::mem::MaybeUninit;

use ringmill::ring::mpmc::Ring;

use crate::{
    payload::{Payload, Values},
    shape::{BatchQueue, Queue},
};

impl<T: Payload> Queue<T> for Ring<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity).expect("benchmarks use capacities the ring has")
    }

    #[inline(always)]
    fn push(&self, value: T) -> bool {
        Self::push(self, value).is_ok()
    }

    #[inline(always)]
    fn pop(&self) -> Option<T> {
        Self::pop(self)
    }
}

impl<T: Payload> BatchQueue<T> for Ring<T> {
    #[inline(always)]
    fn push_batch<const B: usize>(&self, values: &mut Values<T>) -> usize {
        let staged: [T; B] = values.stage();
        let pushed = self.push_n(&staged[..values.left(B)]);
        values.advance(pushed);
        pushed
    }

    #[inline(always)]
    fn pop_batch<const B: usize>(&self, mut sink: impl FnMut(&T)) -> usize {
        let mut room = [MaybeUninit::<T>::uninit(); B];
        let popped = self.pop_n(&mut room);
        for value in &room[..popped] {
            // SAFETY: `pop_n` moved values into the first `popped` places.
            sink(unsafe { value.assume_init_ref() });
        }
        popped
    }
}

/// The same ring, filled from an iterator instead of a slice.
#[derive(Debug)]
pub struct FromIter<T>(Ring<T>);

impl<T: Payload> Queue<T> for FromIter<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Queue::with_capacity(capacity))
    }

    #[inline(always)]
    fn push(&self, value: T) -> bool {
        Queue::push(&self.0, value)
    }

    #[inline(always)]
    fn pop(&self) -> Option<T> {
        Queue::pop(&self.0)
    }
}

impl<T: Payload> BatchQueue<T> for FromIter<T> {
    #[inline(always)]
    fn push_batch<const B: usize>(&self, values: &mut Values<T>) -> usize {
        self.0.push_iter(&mut values.take(B))
    }

    #[inline(always)]
    fn pop_batch<const B: usize>(&self, sink: impl FnMut(&T)) -> usize {
        self.0.pop_batch::<B>(sink)
    }
}
