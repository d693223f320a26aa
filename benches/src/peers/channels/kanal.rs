//! kanal: `bounded`, mpmc.

use kanal::{AsyncReceiver, AsyncSender, Receiver, Sender, bounded, bounded_async};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, TaskPeer, TaskRx, TaskTx, Tx, ends_of, hand_ok, offer},
};

/// One message a call.
#[derive(Debug)]
pub struct One;

/// A receiver takes all that is there, and waits for one if that is nothing.
#[derive(Debug)]
pub struct Drain;

/// A receiver and the vector that it empties.
#[derive(Debug)]
pub struct DrainRx<T>(Receiver<T>, Vec<T>);

impl<T: Message> Peer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = bounded(capacity);
        ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
    }
}

impl<T: Message> TaskPeer<T> for One {
    type Tx = AsyncSender<T>;
    type Rx = AsyncReceiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = bounded_async(capacity);
        ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
    }
}

impl<T: Message> Peer<T> for Drain {
    type Tx = Sender<T>;
    type Rx = DrainRx<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = bounded(capacity);
        let drain = || DrainRx(rx.clone(), Vec::with_capacity(capacity));
        ends_of(|| tx.clone(), drain, producers, consumers)
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
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        if self.0.drain_into(&mut self.1) == Ok(0) {
            self.1.extend(self.0.recv());
        }
        let count = self.1.len();
        self.1.iter().for_each(sink);
        self.1.clear();
        count
    }
}

impl<T: Message> TaskTx<T> for AsyncSender<T> {
    async fn push(&mut self, values: &mut Values<T>) -> bool {
        let sent = self.send(values.peek()).await.is_ok();
        values.advance(usize::from(sent));
        sent
    }
}

impl<T: Message> TaskRx<T> for AsyncReceiver<T> {
    async fn pop(&mut self, sink: impl FnMut(&T) + Send) -> bool {
        hand_ok(self.recv().await, sink) > 0
    }
}
