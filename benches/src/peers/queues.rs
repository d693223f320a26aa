//! Ringmill's queues: each message is leased, read in place, and acked.

use std::time::{Duration, Instant};

use ringmill::{
    message::Message as Envelope,
    queue::{Consumer, Content, Delivery, Engine, Producer, Queue, Strategy},
};

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, Tx, ends_of, offer},
};

/// How threads wait.
pub const SPIN_THEN_PARK: u8 = 0;
/// How threads wait.
pub const PARK: u8 = 1;

/// One value a call, moved in.
#[derive(Debug)]
pub struct One<const STRATEGY: u8 = SPIN_THEN_PARK>;

/// One a call, written into room that was reserved in the slot.
#[derive(Debug)]
pub struct InPlace;

/// One a call, acked by a delivery that does not borrow its consumer.
#[derive(Debug)]
pub struct Detached;

/// Up to `B` values a call.
#[derive(Debug)]
pub struct Batch<const B: usize, const STRATEGY: u8 = SPIN_THEN_PARK>;

/// One a call, which does not wait.
#[derive(Debug)]
pub struct Try;

/// A producer, and a part in engine and queue: they close when the last one is gone.
pub struct Sender<T: Content + ?Sized>(Producer<T>, #[expect(dead_code)] (Engine, Queue<T>));

const LISTED: &str = "benchmarks use capacities the queue has";

fn strategy(strategy: u8) -> Strategy {
    if strategy == PARK { Strategy::Park } else { Strategy::SpinThenPark }
}

fn ends<T: Content + ?Sized>(
    (engine, queue): (Engine, Queue<T>),
    strategy: Strategy,
    producers: usize,
    consumers: usize,
) -> Ends<Sender<T>, Consumer<T>> {
    let keeps = || (engine.clone(), queue.clone());
    let tx = || Sender(queue.producer().with_strategy(strategy), keeps());
    ends_of(tx, || queue.consumer().with_strategy(strategy), producers, consumers)
}

fn of_values<T: Message + Sync>(capacity: usize) -> (Engine, Queue<T>) {
    let engine = Engine::new();
    let queue = Queue::<T>::builder("bench").engine(&engine).capacity(capacity).build();
    (engine, queue.expect(LISTED))
}

impl<T: Message + Sync, const STRATEGY: u8> Peer<T> for One<STRATEGY> {
    type Tx = Sender<T>;
    type Rx = Consumer<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        ends(of_values(capacity), strategy(STRATEGY), producers, consumers)
    }
}

impl<T: Message + Sync> Tx<T> for Sender<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.0.enqueue_blocking(value).is_ok())
    }
}

impl<T: Message + Sync> Rx<T> for Consumer<T> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let Ok(delivery) = self.dequeue() else { return 0 };
        sink(&delivery);
        usize::from(delivery.ack().is_ok())
    }
}

/// A consumer whose deliveries are detached.
pub struct Detaching<T: Content + ?Sized>(Consumer<T>);

impl<T: Message + Sync> Peer<T> for Detached {
    type Tx = Sender<T>;
    type Rx = Detaching<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let ends = ends(of_values(capacity), strategy(SPIN_THEN_PARK), producers, consumers);
        let consumers = ends.consumers.into_iter().map(Detaching).collect();
        Ends { producers: ends.producers, consumers }
    }
}

impl<T: Message + Sync> Rx<T> for Detaching<T> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let Ok(delivery) = self.0.dequeue() else { return 0 };
        let delivery = delivery.detach();
        sink(&delivery);
        usize::from(delivery.ack().is_ok())
    }
}

/// A consumer of bytes.
pub struct Reader(Consumer<[u8]>);

impl<const N: usize> Peer<[u8; N]> for InPlace {
    type Tx = Sender<[u8]>;
    type Rx = Reader;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let engine = Engine::new();
        let queue = Queue::<[u8]>::builder("bench").engine(&engine);
        let queue = queue.capacity(capacity).inline(N).build().expect(LISTED);
        let ends = ends((engine, queue), strategy(SPIN_THEN_PARK), producers, consumers);
        let consumers = ends.consumers.into_iter().map(Reader).collect();
        Ends { producers: ends.producers, consumers }
    }
}

impl<const N: usize> Tx<[u8; N]> for Sender<[u8]> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<[u8; N]>) -> usize {
        let sent = match self.0.reserve(N, None) {
            Ok(mut room) => {
                room.copy_from_slice(&values.peek());
                room.commit().is_ok()
            }
            // There is no waiting for room to write into: what waits is copied in.
            Err(_) => self.0.enqueue_blocking(Envelope::new(values.peek().to_vec().into())).is_ok(),
        };
        values.advance(usize::from(sent));
        usize::from(sent)
    }
}

impl<const N: usize> Rx<[u8; N]> for Reader {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&[u8; N])) -> usize {
        let Ok(delivery) = self.0.dequeue() else { return 0 };
        // Another length shows as a wrong sum.
        if let Some(payload) = delivery.first_chunk() {
            sink(payload);
        }
        usize::from(delivery.ack().is_ok())
    }
}

/// A producer and the vector that it fills.
pub struct BatchTx<T: Content<Owned = T>, const B: usize>(Sender<T>, Vec<Envelope<T>>);

/// A consumer, the memory of the vector that it empties, and a time that does not come.
pub struct BatchRx<T: Content, const B: usize>(Consumer<T>, Vec<Delivery<'static, T>>, Instant);

// SAFETY: the vector is empty between calls.
unsafe impl<T: Message + Sync, const B: usize> Send for BatchRx<T, B> {}

impl<T: Message + Sync, const B: usize, const STRATEGY: u8> Peer<T> for Batch<B, STRATEGY> {
    type Tx = BatchTx<T, B>;
    type Rx = BatchRx<T, B>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let ends = ends(of_values(capacity), strategy(STRATEGY), producers, consumers);
        let tx = |sender| BatchTx(sender, Vec::with_capacity(B));
        let never = Instant::now() + Duration::from_secs(86_400);
        let rx = |consumer| BatchRx(consumer, Vec::with_capacity(B), never);
        Ends {
            producers: ends.producers.into_iter().map(tx).collect(),
            consumers: ends.consumers.into_iter().map(rx).collect(),
        }
    }
}

impl<T: Message + Sync, const B: usize> Tx<T> for BatchTx<T, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        let producer = &self.0.0;
        self.1.extend(values.take(B).map(Envelope::new));
        let count = self.1.len();
        while !self.1.is_empty() {
            if producer.try_enqueue_batch(&mut self.1).is_err() {
                // Full: wait for the room of one.
                let next = self.1.remove(0);
                if producer.enqueue_blocking(next).is_err() {
                    return 0;
                }
            }
        }
        count
    }
}

/// The same memory, for deliveries of another borrow.
fn recycle<'to, T: Content>(mut empty: Vec<Delivery<'_, T>>) -> Vec<Delivery<'to, T>> {
    empty.clear();
    empty.into_iter().map(|_| unreachable!("it is empty")).collect()
}

impl<T: Message + Sync, const B: usize> Rx<T> for BatchRx<T, B> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let mut batch = recycle(std::mem::take(&mut self.1));
        let _ = self.0.dequeue_batch(1, B, self.2, &mut batch);
        for delivery in &batch {
            sink(delivery);
        }
        let acked = self.0.ack_batch(batch.drain(..)).acked;
        self.1 = recycle(batch);
        acked
    }
}

/// An end that tries.
pub struct Trying<E>(E);

impl<T: Message + Sync> Peer<T> for Try {
    type Tx = Trying<Sender<T>>;
    type Rx = Trying<Consumer<T>>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let ends = ends(of_values(capacity), strategy(PARK), producers, consumers);
        Ends {
            producers: ends.producers.into_iter().map(Trying).collect(),
            consumers: ends.consumers.into_iter().map(Trying).collect(),
        }
    }
}

impl<T: Message + Sync> Tx<T> for Trying<Sender<T>> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.0.0.try_enqueue(value).is_ok())
    }
}

impl<T: Message + Sync> Rx<T> for Trying<Consumer<T>> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let Ok(delivery) = self.0.try_dequeue() else { return 0 };
        sink(&delivery);
        usize::from(delivery.ack().is_ok())
    }
}

#[cfg(test)]
mod tests;
