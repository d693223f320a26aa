//! ringbuf: `HeapRb`, an spsc ring; single messages and slices.

use std::mem::MaybeUninit;

use ringbuf::{
    HeapCons, HeapProd, HeapRb,
    traits::{Consumer, Producer, Split},
};

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

/// The ends of [`Slices`].
pub struct SliceEnd<E, const B: usize>(E);

impl<T: Payload> Peer<T> for One {
    type Tx = HeapProd<T>;
    type Rx = HeapCons<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        only_ends(HeapRb::new(capacity).split(), producers, consumers)
    }
}

impl<T: Payload> Tx<T> for HeapProd<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.try_push(value).is_ok())
    }
}

impl<T: Payload> Rx<T> for HeapCons<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.try_pop(), sink)
    }
}

impl<T: Payload, const B: usize> Peer<T> for Slices<B> {
    type Tx = SliceEnd<HeapProd<T>, B>;
    type Rx = SliceEnd<HeapCons<T>, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = HeapRb::new(capacity).split();
        only_ends((SliceEnd(tx), SliceEnd(rx)), producers, consumers)
    }
}

impl<T: Payload, const B: usize> Tx<T> for SliceEnd<HeapProd<T>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        let staged: [T; B] = values.stage();
        let pushed = self.0.push_slice(&staged[..values.left(B)]);
        values.advance(pushed);
        pushed
    }
}

impl<T: Payload, const B: usize> Rx<T> for SliceEnd<HeapCons<T>, B> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let mut room = [MaybeUninit::<T>::uninit(); B];
        let popped = self.0.pop_slice_uninit(&mut room);
        for value in &room[..popped] {
            // SAFETY: `pop_slice_uninit` moved values into the first `popped` places.
            sink(unsafe { value.assume_init_ref() });
        }
        popped
    }
}
