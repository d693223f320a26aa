//! flume: `bounded`, mpmc.

use flume::{Receiver, Sender, bounded};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, TaskPeer, TaskRx, TaskTx, Tx, ends_of, hand_ok, offer},
};

/// One message a call.
#[derive(Debug)]
pub struct One;

/// A receiver takes all that is there, after it has waited for the first.
#[derive(Debug)]
pub struct Drain;

/// A receiver that drains.
#[derive(Debug)]
pub struct DrainRx<T>(Receiver<T>);

fn open<T: Message>(
    capacity: usize,
    producers: usize,
    consumers: usize,
) -> Ends<Sender<T>, Receiver<T>> {
    let (tx, rx) = bounded(capacity);
    ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
}

impl<T: Message> Peer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        open(capacity, producers, consumers)
    }
}

impl<T: Message> TaskPeer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        open(capacity, producers, consumers)
    }
}

impl<T: Message> Peer<T> for Drain {
    type Tx = Sender<T>;
    type Rx = DrainRx<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let Ends { producers, consumers } = open(capacity, producers, consumers);
        Ends { producers, consumers: consumers.into_iter().map(DrainRx).collect() }
    }
}

impl<T: Message> Tx<T> for Sender<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.send(value).is_ok())
    }
}

impl<T: Message> Rx<T> for Receiver<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand_ok(self.recv(), sink)
    }
}

impl<T: Message> Rx<T> for DrainRx<T> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let first = hand_ok(self.0.recv(), &mut sink);
        let rest = self.0.drain();
        let count = first + rest.len();
        rest.for_each(|value| sink(&value));
        count
    }
}

impl<T: Message> TaskTx<T> for Sender<T> {
    async fn push(&mut self, values: &mut Values<T>) -> bool {
        let sent = self.send_async(values.peek()).await.is_ok();
        values.advance(usize::from(sent));
        sent
    }
}

impl<T: Message> TaskRx<T> for Receiver<T> {
    async fn pop(&mut self, sink: impl FnMut(&T) + Send) -> bool {
        hand_ok(self.recv_async().await, sink) > 0
    }
}
