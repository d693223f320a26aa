//! crossbeam-channel: `bounded`, mpmc.

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, Tx, ends_of, hand_ok, offer},
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
