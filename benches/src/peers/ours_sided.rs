//! Ringmill's `mpsc` and `spmc`.

use ringmill::ring::{mpsc, spmc};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, hand, offer},
};

/// `ringmill::ring::mpsc`.
#[derive(Debug)]
pub struct Mpsc;

/// `ringmill::ring::spmc`.
#[derive(Debug)]
pub struct Spmc;

impl<T: Payload> Peer<T> for Mpsc {
    type Tx = mpsc::Producer<T>;
    type Rx = mpsc::Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        assert_eq!(consumers, 1, "this ring has one consumer");
        let (tx, rx) = mpsc::ring(capacity).expect("benchmarks use capacities the ring has");
        Ends { producers: vec![tx; producers], consumers: vec![rx] }
    }
}

impl<T: Payload> Peer<T> for Spmc {
    type Tx = spmc::Producer<T>;
    type Rx = spmc::Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        assert_eq!(producers, 1, "this ring has one producer");
        let (tx, rx) = spmc::ring(capacity).expect("benchmarks use capacities the ring has");
        Ends { producers: vec![tx], consumers: vec![rx; consumers] }
    }
}

impl<T: Payload> Tx<T> for mpsc::Producer<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| Self::push(self, value).is_ok())
    }
}

impl<T: Payload> Rx<T> for mpsc::Consumer<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(Self::pop(self), sink)
    }
}

impl<T: Payload> Tx<T> for spmc::Producer<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| Self::push(self, value).is_ok())
    }
}

impl<T: Payload> Rx<T> for spmc::Consumer<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(Self::pop(self), sink)
    }
}
