//! async-channel: `bounded`, mpmc.

use async_channel::{Receiver, Sender, bounded};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, TaskPeer, TaskRx, TaskTx, Tx, ends_of, hand_ok, offer},
};

/// One message a call.
#[derive(Debug)]
pub struct One;

impl<T: Message> Peer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = bounded(capacity);
        ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
    }
}

impl<T: Message> TaskPeer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        <Self as Peer<T>>::open(capacity, producers, consumers)
    }
}

impl<T: Message> Tx<T> for Sender<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.send_blocking(value).is_ok())
    }
}

impl<T: Message> Rx<T> for Receiver<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand_ok(self.recv_blocking(), sink)
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
        hand_ok(self.recv().await, sink) > 0
    }
}
