//! rapidfire: bounded mpmc and mpsc channels, used through their `try_` calls.

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, ends_of, hand, offer},
};

/// `rapidfire::bounded`.
#[derive(Debug)]
pub struct Mpmc;

/// `rapidfire::mpsc::bounded`.
#[derive(Debug)]
pub struct Mpsc;

impl<T: Payload> Peer<T> for Mpmc {
    type Tx = rapidfire::Sender<T>;
    type Rx = rapidfire::Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = rapidfire::bounded(capacity);
        ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
    }
}

impl<T: Payload> Peer<T> for Mpsc {
    type Tx = rapidfire::Sender<T>;
    type Rx = rapidfire::mpsc::Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        assert_eq!(consumers, 1, "this queue has one consumer");
        let (tx, rx) = rapidfire::mpsc::bounded(capacity);
        Ends { producers: vec![tx; producers], consumers: vec![rx] }
    }
}

impl<T: Payload> Tx<T> for rapidfire::Sender<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.try_send(value).is_ok())
    }
}

impl<T: Payload> Rx<T> for rapidfire::Receiver<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.try_recv().ok(), sink)
    }
}

impl<T: Payload> Rx<T> for rapidfire::mpsc::Receiver<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.try_recv().ok(), sink)
    }
}
