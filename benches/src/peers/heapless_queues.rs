//! heapless: mpmc and spsc queues whose capacity is part of their type.

use std::sync::Arc;

use heapless::{mpmc, spsc};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Queue, Rx, Tx, hand, offer, only_ends},
};

impl<T: Payload, const N: usize> Queue<T> for mpmc::Queue<T, N> {
    fn with_capacity(capacity: usize) -> Self {
        assert_eq!(capacity, N, "the capacity is in the type");
        #[expect(deprecated, reason = "deprecated for not being lock-free; still a bar for speed")]
        Self::new()
    }

    #[inline(always)]
    fn push(&self, value: T) -> bool {
        self.enqueue(value).is_ok()
    }

    #[inline(always)]
    fn pop(&self) -> Option<T> {
        self.dequeue()
    }
}

/// `heapless::spsc::Queue<T, N>`, which holds N - 1 messages.
#[derive(Debug)]
pub struct Spsc<const N: usize>;

/// The queue both ends point into.
///
/// Invariant I1: `0` comes from `Box::into_raw` and is freed once, when the last end is gone; until
/// then nobody but the two ends touches it.
struct Home<T, const N: usize>(*mut spsc::Queue<T, N>);

// SAFETY: the pointer is only carried (to be freed); the queue behind it may move between threads
// because its elements may.
unsafe impl<T: Send, const N: usize> Send for Home<T, N> {}
// SAFETY: a shared `Home` gives access to nothing.
unsafe impl<T: Send, const N: usize> Sync for Home<T, N> {}

impl<T, const N: usize> Drop for Home<T, N> {
    fn drop(&mut self) {
        // SAFETY: I1: both ends are gone, the box is freed here only.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// The producing end. Fields drop in order: the borrow ends before its home does.
pub struct Writer<T: 'static, const N: usize> {
    end: spsc::Producer<'static, T>,
    _home: Arc<Home<T, N>>,
}

/// The consuming end.
pub struct Reader<T: 'static, const N: usize> {
    end: spsc::Consumer<'static, T>,
    _home: Arc<Home<T, N>>,
}

impl<T: Payload, const N: usize> Peer<T> for Spsc<N> {
    type Tx = Writer<T, N>;
    type Rx = Reader<T, N>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        assert_eq!(capacity, N, "the capacity is in the type");
        let home = Arc::new(Home(Box::into_raw(Box::new(spsc::Queue::<T, N>::new()))));
        // SAFETY: I1: the box lives as long as `home`, which both ends keep, and this is the only
        // reference ever made from it.
        let (tx, rx) = unsafe { &mut *home.0 }.split();
        let ends = (Writer { end: tx, _home: Arc::clone(&home) }, Reader { end: rx, _home: home });
        only_ends(ends, producers, consumers)
    }
}

impl<T: Payload, const N: usize> Tx<T> for Writer<T, N> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.end.enqueue(value).is_ok())
    }
}

impl<T: Payload, const N: usize> Rx<T> for Reader<T, N> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.end.dequeue(), sink)
    }
}
