//! Ringmill's `spsc::ring`: single messages, slices, iterators, and chunks in place.

use std::mem::MaybeUninit;

use ringmill::ring::spsc::{self, Consumer, Producer};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, hand, offer, only_ends},
};

/// One message a call.
#[derive(Debug)]
pub struct One;

/// Up to `B` messages a call, copied from and to slices.
#[derive(Debug)]
pub struct Slices<const B: usize>;

/// Up to `B` messages a call, written and read in place.
#[derive(Debug)]
pub struct Chunks<const B: usize>;

/// Up to `B` messages a call, from an iterator, read in place.
#[derive(Debug)]
pub struct Iter<const B: usize>;

/// The ends of [`Slices`].
#[derive(Debug)]
pub struct SliceEnd<E, const B: usize>(E);

/// The ends of [`Chunks`], and the consuming one of [`Iter`].
#[derive(Debug)]
pub struct ChunkEnd<E, const B: usize>(E);

/// The producing end of [`Iter`].
#[derive(Debug)]
pub struct IterEnd<E, const B: usize>(E);

fn open<T: Payload>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    spsc::ring(capacity).expect("benchmarks use capacities the ring has")
}

impl<T: Payload> Peer<T> for One {
    type Tx = Producer<T>;
    type Rx = Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        only_ends(open(capacity), producers, consumers)
    }
}

impl<T: Payload> Tx<T> for Producer<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| Self::push(self, value).is_ok())
    }
}

impl<T: Payload> Rx<T> for Consumer<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(Self::pop(self), sink)
    }
}

impl<T: Payload, const B: usize> Peer<T> for Slices<B> {
    type Tx = SliceEnd<Producer<T>, B>;
    type Rx = SliceEnd<Consumer<T>, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = open(capacity);
        only_ends((SliceEnd(tx), SliceEnd(rx)), producers, consumers)
    }
}

impl<T: Payload, const B: usize> Tx<T> for SliceEnd<Producer<T>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        let staged: [T; B] = values.stage();
        let pushed = self.0.push_n(&staged[..values.left(B)]);
        values.advance(pushed);
        pushed
    }
}

impl<T: Payload, const B: usize> Rx<T> for SliceEnd<Consumer<T>, B> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let mut room = [MaybeUninit::<T>::uninit(); B];
        let popped = self.0.pop_n(&mut room);
        for value in &room[..popped] {
            // SAFETY: `pop_n` moved values into the first `popped` places.
            sink(unsafe { value.assume_init_ref() });
        }
        popped
    }
}

impl<T: Payload, const B: usize> Peer<T> for Chunks<B> {
    type Tx = ChunkEnd<Producer<T>, B>;
    type Rx = ChunkEnd<Consumer<T>, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = open(capacity);
        only_ends((ChunkEnd(tx), ChunkEnd(rx)), producers, consumers)
    }
}

impl<T: Payload, const B: usize> Tx<T> for ChunkEnd<Producer<T>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        let mut chunk = self.0.reserve(values.left(B));
        let len = chunk.len();
        let (first, second) = chunk.slices_mut();
        for (slot, value) in first.iter_mut().chain(second).zip(values) {
            slot.write(value);
        }
        // SAFETY: there are at least `len` values, and each slot has been written.
        unsafe { chunk.commit(len) };
        len
    }
}

impl<T: Payload, const B: usize> Rx<T> for ChunkEnd<Consumer<T>, B> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let chunk = self.0.readable(B);
        let len = chunk.len();
        let (first, second) = chunk.slices();
        for value in first {
            sink(value);
        }
        for value in second {
            sink(value);
        }
        chunk.release(len);
        len
    }
}

impl<T: Payload, const B: usize> Peer<T> for Iter<B> {
    type Tx = IterEnd<Producer<T>, B>;
    type Rx = ChunkEnd<Consumer<T>, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = open(capacity);
        only_ends((IterEnd(tx), ChunkEnd(rx)), producers, consumers)
    }
}

impl<T: Payload, const B: usize> Tx<T> for IterEnd<Producer<T>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        self.0.push_iter(&mut values.take(B))
    }
}
