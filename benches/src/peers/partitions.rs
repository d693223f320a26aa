//! Eight partitions by key: Ringmill's `Partitioned`, and eight `ArrayQueue`s picked by the same
//! hash. Each consumer has partitions of its own, so that a key has one consumer.

use std::sync::Arc;

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::CachePadded;
use ringmill::partition::{ByKey, Consumer, Key, Partitioned, Producer, partition_of};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, hand, offer},
};

const PARTITIONS: usize = 8;

fn key<T: Payload>(value: &T) -> u64 {
    value.number().key_hash()
}

/// The partitions of one of several consumers.
fn share(consumer: usize, consumers: usize) -> impl Iterator<Item = usize> {
    (consumer..PARTITIONS).step_by(consumers)
}

/// `Partitioned`, up to `B` messages a call.
#[derive(Debug)]
pub struct Ours<const B: usize>;

type ByNumber<T> = ByKey<fn(&T) -> u64>;

/// The producing end of [`Ours`].
#[derive(Debug)]
pub struct OursTx<T, const B: usize> {
    producer: Producer<T, ByNumber<T>>,
    batch: Vec<T>,
}

/// The consuming end of [`Ours`].
#[derive(Debug)]
pub struct OursRx<T, const B: usize> {
    consumer: Consumer<T>,
    batch: Vec<T>,
}

impl<T: Payload, const B: usize> Peer<T> for Ours<B> {
    const ORDERED: bool = false;
    type Tx = OursTx<T, B>;
    type Rx = OursRx<T, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let queue = Partitioned::new(PARTITIONS, capacity).expect("few, and of a size rings have");
        let tx = |_| OursTx {
            producer: queue.producer(ByKey(key::<T> as fn(&T) -> u64)),
            batch: Vec::with_capacity(B),
        };
        let rx = |consumer| OursRx {
            consumer: queue.consumer_of(share(consumer, consumers)).expect("they are there"),
            batch: Vec::with_capacity(B),
        };
        Ends {
            producers: (0..producers).map(tx).collect(),
            consumers: (0..consumers).map(rx).collect(),
        }
    }
}

impl<T: Payload, const B: usize> Tx<T> for OursTx<T, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        if B == 1 {
            return offer(values, |value| self.producer.try_push(value).is_ok());
        }
        self.batch.extend(values.take(B));
        let pushed = self.batch.len();
        // A batch that is taken apart has no prefix that was accepted: all of it goes in.
        while !self.batch.is_empty() {
            if self.producer.try_push_batch(&mut self.batch).expect("it is open") == 0 {
                std::thread::yield_now();
            }
        }
        pushed
    }
}

impl<T: Payload, const B: usize> Rx<T> for OursRx<T, B> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        if B == 1 {
            return hand(self.consumer.try_pop().ok(), sink);
        }
        let popped = self.consumer.try_pop_batch(&mut self.batch, B).unwrap_or(0);
        self.batch.drain(..).for_each(|value| sink(&value));
        popped
    }
}

/// Eight `ArrayQueue`s.
#[derive(Debug)]
pub struct ArrayQueues;

type Queues<T> = Arc<[CachePadded<ArrayQueue<T>>]>;

/// The producing end of [`ArrayQueues`].
#[derive(Debug)]
pub struct QueuesTx<T>(Queues<T>);

/// The consuming end of [`ArrayQueues`], on its rounds.
#[derive(Debug)]
pub struct QueuesRx<T> {
    queues: Queues<T>,
    mine: Vec<usize>,
    next: usize,
}

impl<T: Payload> Peer<T> for ArrayQueues {
    const ORDERED: bool = false;
    type Tx = QueuesTx<T>;
    type Rx = QueuesRx<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let queues: Queues<T> =
            (0..PARTITIONS).map(|_| CachePadded::new(ArrayQueue::new(capacity))).collect();
        let rx = |consumer| QueuesRx {
            queues: queues.clone(),
            mine: share(consumer, consumers).collect(),
            next: 0,
        };
        Ends {
            producers: (0..producers).map(|_| QueuesTx(queues.clone())).collect(),
            consumers: (0..consumers).map(rx).collect(),
        }
    }
}

impl<T: Payload> Tx<T> for QueuesTx<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.0[partition_of(key(&value), PARTITIONS)].push(value).is_ok())
    }
}

impl<T: Payload> Rx<T> for QueuesRx<T> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        for _ in 0..self.mine.len() {
            let queue = &self.queues[self.mine[self.next]];
            self.next = (self.next + 1) % self.mine.len();
            if let Some(value) = queue.pop() {
                return hand(Some(value), sink);
            }
        }
        0
    }
}
