//! nexus-queue: spsc, mpsc and spmc rings.

use nexus_queue::{mpsc, spmc, spsc};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, hand, offer, only_ends},
};

/// `nexus_queue::spsc`.
#[derive(Debug)]
pub struct Spsc;

/// `nexus_queue::mpsc`.
#[derive(Debug)]
pub struct Mpsc;

/// `nexus_queue::spmc`.
#[derive(Debug)]
pub struct Spmc;

impl<T: Payload> Peer<T> for Spsc {
    type Tx = spsc::Producer<T>;
    type Rx = spsc::Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        only_ends(spsc::ring_buffer(capacity), producers, consumers)
    }
}

impl<T: Payload> Peer<T> for Mpsc {
    type Tx = mpsc::Producer<T>;
    type Rx = mpsc::Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        assert_eq!(consumers, 1, "this queue has one consumer");
        let (tx, rx) = mpsc::ring_buffer(capacity);
        Ends { producers: vec![tx; producers], consumers: vec![rx] }
    }
}

impl<T: Payload> Peer<T> for Spmc {
    type Tx = spmc::Producer<T>;
    type Rx = spmc::Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        assert_eq!(producers, 1, "this queue has one producer");
        let (tx, rx) = spmc::ring_buffer(capacity);
        Ends { producers: vec![tx], consumers: vec![rx; consumers] }
    }
}

impl<T: Payload> Tx<T> for spsc::Producer<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| Self::push(self, value).is_ok())
    }
}

impl<T: Payload> Rx<T> for spsc::Consumer<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(Self::pop(self), sink)
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
