//! rtrb: an spsc ring; single messages, chunks written and read in place, and slices.

use std::mem::MaybeUninit;

use rtrb::{Consumer, Producer, RingBuffer};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, hand, offer, only_ends},
};

/// One message a call.
#[derive(Debug)]
pub struct One;

/// Up to `B` messages a call, written and read in place.
#[derive(Debug)]
pub struct Chunks<const B: usize>;

/// Up to `B` messages a call, copied from and to slices.
#[derive(Debug)]
pub struct Slices<const B: usize>;

/// The ends of [`Chunks`].
#[derive(Debug)]
pub struct ChunkEnd<E, const B: usize>(E);

/// The ends of [`Slices`].
#[derive(Debug)]
pub struct SliceEnd<E, const B: usize>(E);

impl<T: Payload> Peer<T> for One {
    type Tx = Producer<T>;
    type Rx = Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        only_ends(RingBuffer::new(capacity), producers, consumers)
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
        hand(Self::pop(self).ok(), sink)
    }
}

impl<T: Payload, const B: usize> Peer<T> for Chunks<B> {
    type Tx = ChunkEnd<Producer<T>, B>;
    type Rx = ChunkEnd<Consumer<T>, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = RingBuffer::new(capacity);
        only_ends((ChunkEnd(tx), ChunkEnd(rx)), producers, consumers)
    }
}

/// How many of `wanted` there are; the cached count first, as the slice functions of rtrb do.
#[inline(always)]
fn granted(cached: usize, fresh: impl FnOnce() -> usize, wanted: usize) -> usize {
    if cached < wanted { fresh().min(wanted) } else { wanted }
}

impl<T: Payload, const B: usize> Tx<T> for ChunkEnd<Producer<T>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        let wanted = values.left(B);
        let n = granted(self.0.cached_slots(), || self.0.slots(), wanted);
        match self.0.write_chunk_uninit(n) {
            Ok(chunk) => chunk.fill_from_iter(values),
            Err(_) => 0,
        }
    }
}

impl<T: Payload, const B: usize> Rx<T> for ChunkEnd<Consumer<T>, B> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let n = granted(self.0.cached_slots(), || self.0.slots(), B);
        let Ok(chunk) = self.0.read_chunk(n) else { return 0 };
        let (first, second) = chunk.as_slices();
        for value in first {
            sink(value);
        }
        for value in second {
            sink(value);
        }
        chunk.commit_all();
        n
    }
}

impl<T: Payload, const B: usize> Peer<T> for Slices<B> {
    type Tx = SliceEnd<Producer<T>, B>;
    type Rx = SliceEnd<Consumer<T>, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = RingBuffer::new(capacity);
        only_ends((SliceEnd(tx), SliceEnd(rx)), producers, consumers)
    }
}

impl<T: Payload, const B: usize> Tx<T> for SliceEnd<Producer<T>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        let staged: [T; B] = values.stage();
        let pushed = self.0.push_partial_slice(&staged[..values.left(B)]).0.len();
        values.advance(pushed);
        pushed
    }
}

impl<T: Payload, const B: usize> Rx<T> for SliceEnd<Consumer<T>, B> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let mut room = [MaybeUninit::<T>::uninit(); B];
        let (popped, _) = self.0.pop_partial_slice_uninit(&mut room);
        for value in popped.iter() {
            sink(value);
        }
        popped.len()
    }
}
