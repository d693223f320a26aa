//! tokio: `sync::mpsc`.

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, TaskPeer, TaskRx, TaskTx, Tx, hand, offer, one_consumer},
};

/// One message a call.
#[derive(Debug)]
pub struct One;

/// The receiver takes up to `B` messages a call.
#[derive(Debug)]
pub struct Batch<const B: usize>;

/// The receiver and the vector that it empties.
#[derive(Debug)]
pub struct BatchRx<T, const B: usize>(Receiver<T>, Vec<T>);

impl<T: Message> Peer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        one_consumer(channel(capacity), producers, consumers)
    }
}

impl<T: Message> TaskPeer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        one_consumer(channel(capacity), producers, consumers)
    }
}

impl<T: Message, const B: usize> Peer<T> for Batch<B> {
    type Tx = Sender<T>;
    type Rx = BatchRx<T, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = channel(capacity);
        one_consumer((tx, BatchRx(rx, Vec::with_capacity(B))), producers, consumers)
    }
}

impl<T: Message> Tx<T> for Sender<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.blocking_send(value).is_ok())
    }
}

impl<T: Message> Rx<T> for Receiver<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.blocking_recv(), sink)
    }
}

impl<T: Message, const B: usize> Rx<T> for BatchRx<T, B> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        let count = self.0.blocking_recv_many(&mut self.1, B);
        self.1.iter().for_each(sink);
        self.1.clear();
        count
    }
}

impl<T: Message> TaskTx<T> for Sender<T> {
    async fn push(&mut self, values: &mut Values<T>) -> bool {
        let sent = self.send(values.peek()).await.is_ok();
        values.advance(usize::from(sent));
        sent
    }
}

impl<T: Message> TaskRx<T> for Receiver<T> {
    async fn pop(&mut self, sink: impl FnMut(&T) + Send) -> bool {
        hand(self.recv().await, sink) > 0
    }
}
