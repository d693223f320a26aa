//! Ringmill's channel.

use ringmill::channel::{Receiver, Sender, Strategy, channel};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, TaskPeer, TaskRx, TaskTx, Tx, ends_of, hand_ok, offer},
};

/// How threads wait.
pub const SPIN_THEN_PARK: u8 = 0;
/// How threads wait.
pub const PARK: u8 = 1;
/// How threads wait.
pub const SPIN: u8 = 2;

/// One message a call.
#[derive(Debug)]
pub struct One<const STRATEGY: u8 = SPIN_THEN_PARK>;

/// Up to `B` messages a call; a receiver waits until there are `MIN`.
#[derive(Debug)]
pub struct Batch<const B: usize, const MIN: usize = 1, const STRATEGY: u8 = SPIN_THEN_PARK>;

fn open<T: Message>(
    strategy: u8,
    capacity: usize,
    producers: usize,
    consumers: usize,
) -> Ends<Sender<T>, Receiver<T>> {
    let strategy = match strategy {
        PARK => Strategy::Park,
        SPIN => Strategy::Spin,
        _ => Strategy::SpinThenPark,
    };
    let (tx, rx) = channel(capacity).expect("benchmarks use capacities the channel has");
    let (tx, rx) = (tx.with_strategy(strategy), rx.with_strategy(strategy));
    ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
}

impl<T: Message, const STRATEGY: u8> Peer<T> for One<STRATEGY> {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        open(STRATEGY, capacity, producers, consumers)
    }
}

impl<T: Message> TaskPeer<T> for One {
    type Tx = Sender<T>;
    type Rx = Receiver<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        open(SPIN_THEN_PARK, capacity, producers, consumers)
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

/// A sender and the vector that it fills.
#[derive(Debug)]
pub struct BatchTx<T, const B: usize>(Sender<T>, Vec<T>);

/// A receiver and the vector that it empties.
#[derive(Debug)]
pub struct BatchRx<T, const B: usize, const MIN: usize>(Receiver<T>, Vec<T>);

impl<T: Message, const B: usize, const MIN: usize, const STRATEGY: u8> Peer<T>
    for Batch<B, MIN, STRATEGY>
{
    type Tx = BatchTx<T, B>;
    type Rx = BatchRx<T, B, MIN>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let ends = open(STRATEGY, capacity, producers, consumers);
        let room = || Vec::with_capacity(B);
        Ends {
            producers: ends.producers.into_iter().map(|tx| BatchTx(tx, room())).collect(),
            consumers: ends.consumers.into_iter().map(|rx| BatchRx(rx, room())).collect(),
        }
    }
}

impl<T: Message, const B: usize> Tx<T> for BatchTx<T, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        self.1.extend(values.take(B));
        let count = self.1.len();
        if self.0.send_batch(&mut self.1).is_ok() { count } else { 0 }
    }
}

impl<T: Message, const B: usize, const MIN: usize> Rx<T> for BatchRx<T, B, MIN> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        let count = self.0.recv_batch(&mut self.1, MIN, B, None).unwrap_or_default();
        self.1.iter().for_each(sink);
        self.1.clear();
        count
    }
}
