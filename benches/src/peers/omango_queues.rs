//! omango: bounded mpmc and spsc channels, used through their `try_` calls.

use omango::queue::{mpmc, spsc};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, ends_of, hand, offer, only_ends},
};

/// `omango::queue::mpmc::bounded`.
#[derive(Debug)]
pub struct Mpmc;

/// `omango::queue::spsc::bounded`.
#[derive(Debug)]
pub struct Spsc;

fn bound(capacity: usize) -> u32 {
    u32::try_from(capacity).expect("benchmarks use small capacities")
}

impl<T: Payload> Peer<T> for Mpmc {
    type Tx = mpmc::BSender<T>;
    type Rx = mpmc::BReceiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = mpmc::bounded(bound(capacity));
        ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
    }
}

impl<T: Payload> Tx<T> for mpmc::BSender<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.try_send(value).is_ok())
    }
}

impl<T: Payload> Rx<T> for mpmc::BReceiver<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.try_recv().ok(), sink)
    }
}

impl<T: Payload> Peer<T> for Spsc {
    type Tx = spsc::BSender<T>;
    type Rx = spsc::BReceiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        only_ends(spsc::bounded(bound(capacity)), producers, consumers)
    }
}

impl<T: Payload> Tx<T> for spsc::BSender<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.try_send(value).is_ok())
    }
}

impl<T: Payload> Rx<T> for spsc::BReceiver<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.try_recv().ok(), sink)
    }
}
