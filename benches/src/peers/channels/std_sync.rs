//! The standard library: `mpsc::sync_channel`.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, Tx, hand_ok, offer, one_consumer},
};

/// One message a call.
#[derive(Debug)]
pub struct One;

impl<T: Message> Peer<T> for One {
    type Tx = SyncSender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        one_consumer(sync_channel(capacity), producers, consumers)
    }
}

impl<T: Message> Tx<T> for SyncSender<T> {
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
