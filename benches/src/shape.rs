//! What a workload needs from a queue: a producing end and a consuming end.
//!
//! An end decides how many messages one call moves, so a single operation, a batch of 32 and a
//! disruptor's "everything that is there" run through the very same loop. Nothing here is dynamic:
//! each loop is compiled for each peer.

use std::{marker::PhantomData, sync::Arc};

use crate::payload::{Message, Payload, Values};

/// The producing end, used by one thread.
pub trait Tx<T: Message>: Send + 'static {
    /// Offers the next messages of `values` and takes from it those the queue accepted.
    ///
    /// Returns how many; 0 means full, or, if the end waits for room itself, closed. `values` is
    /// not empty.
    fn push(&mut self, values: &mut Values<T>) -> usize;
}

/// The consuming end, used by one thread.
pub trait Rx<T: Message>: Send + 'static {
    /// Hands messages to `sink`. Returns how many; 0 means empty, or, if the end waits for messages
    /// itself, empty and closed.
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize;
}

/// The ends of one fresh queue.
#[derive(Debug)]
pub struct Ends<P, C> {
    /// One for each producing thread.
    pub producers: Vec<P>,
    /// One for each consuming thread.
    pub consumers: Vec<C>,
}

/// A queue of some shape, with one way of using it.
pub trait Peer<T: Message>: 'static {
    /// Whether each consumer gets the messages of a producer in the order in which they were sent.
    const ORDERED: bool = true;
    /// Its producing end.
    type Tx: Tx<T>;
    /// Its consuming end.
    type Rx: Rx<T>;

    /// A fresh queue and its ends. Panics if the queue cannot have so many ends.
    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx>;
}

/// The producing end, used by one task.
pub trait TaskTx<T: Message>: Send + 'static {
    /// Sends the next of `values`, which is not empty, as soon as there is room. False if the queue
    /// is closed.
    fn push(&mut self, values: &mut Values<T>) -> impl Future<Output = bool> + Send;
}

/// The consuming end, used by one task.
pub trait TaskRx<T: Message>: Send + 'static {
    /// Hands a message to `sink` as soon as there is one. False if the queue is empty and closed.
    fn pop(&mut self, sink: impl FnMut(&T) + Send) -> impl Future<Output = bool> + Send;
}

/// A queue whose ends are used by tasks.
pub trait TaskPeer<T: Message>: 'static {
    /// Its producing end.
    type Tx: TaskTx<T>;
    /// Its consuming end.
    type Rx: TaskRx<T>;

    /// A fresh queue and its ends. Panics if the queue cannot have so many ends.
    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx>;
}

/// A queue used through a shared reference by any number of threads.
pub trait Queue<T>: Send + Sync + Sized + 'static {
    /// An empty queue.
    fn with_capacity(capacity: usize) -> Self;
    /// False if it is full. The value is a copy: nothing is lost.
    fn push(&self, value: T) -> bool;
    /// None if it is empty.
    fn pop(&self) -> Option<T>;
}

/// A [`Queue`] that moves several messages in one call.
pub trait BatchQueue<T: Payload>: Queue<T> {
    /// Offers up to `B` of `values`; returns how many were taken.
    fn push_batch<const B: usize>(&self, values: &mut Values<T>) -> usize;
    /// Hands up to `B` messages to `sink`; returns how many.
    fn pop_batch<const B: usize>(&self, sink: impl FnMut(&T)) -> usize;
}

/// Peer: a [`Queue`], one message a call.
#[derive(Debug)]
pub struct Single<Q>(Arc<Q>);

/// Peer: a [`BatchQueue`], up to `B` messages a call.
#[derive(Debug)]
pub struct Batch<Q, const B: usize>(Arc<Q>);

impl<T: Payload, Q: Queue<T>> Peer<T> for Single<Q> {
    type Tx = Self;
    type Rx = Self;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self, Self> {
        let queue = Arc::new(Q::with_capacity(capacity));
        ends_of(|| Self(Arc::clone(&queue)), || Self(Arc::clone(&queue)), producers, consumers)
    }
}

impl<T: Payload, Q: Queue<T>> Tx<T> for Single<Q> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        offer(values, |value| self.0.push(value))
    }
}

impl<T: Payload, Q: Queue<T>> Rx<T> for Single<Q> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        hand(self.0.pop(), sink)
    }
}

impl<T: Payload, Q: BatchQueue<T>, const B: usize> Peer<T> for Batch<Q, B> {
    type Tx = Self;
    type Rx = Self;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self, Self> {
        let queue = Arc::new(Q::with_capacity(capacity));
        ends_of(|| Self(Arc::clone(&queue)), || Self(Arc::clone(&queue)), producers, consumers)
    }
}

impl<T: Payload, Q: BatchQueue<T>, const B: usize> Tx<T> for Batch<Q, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        self.0.push_batch::<B>(values)
    }
}

impl<T: Payload, Q: BatchQueue<T>, const B: usize> Rx<T> for Batch<Q, B> {
    #[inline(always)]
    fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
        self.0.pop_batch::<B>(sink)
    }
}

/// Names a way of using a queue whose ends are types of their own.
#[derive(Debug)]
pub struct Mode<Q, const B: usize = 1>(PhantomData<Q>);

/// Offers one message with a push that says whether it was accepted.
#[inline(always)]
pub fn offer<T: Message>(values: &mut Values<T>, push: impl FnOnce(T) -> bool) -> usize {
    let accepted = usize::from(push(values.peek()));
    values.advance(accepted);
    accepted
}

/// Hands one message, or none, to `sink`.
#[inline(always)]
pub fn hand<T>(value: Option<T>, mut sink: impl FnMut(&T)) -> usize {
    match value {
        Some(value) => {
            sink(&value);
            1
        }
        None => 0,
    }
}

/// [`hand`] without the copy that it may take to make an option of a result.
#[inline(always)]
pub fn hand_ok<T, E>(value: Result<T, E>, mut sink: impl FnMut(&T)) -> usize {
    match value {
        Ok(value) => {
            sink(&value);
            1
        }
        Err(_) => 0,
    }
}

/// As many ends as asked for, from what makes one.
pub fn ends_of<P, C>(
    mut producer: impl FnMut() -> P,
    mut consumer: impl FnMut() -> C,
    producers: usize,
    consumers: usize,
) -> Ends<P, C> {
    Ends {
        producers: (0..producers).map(|_| producer()).collect(),
        consumers: (0..consumers).map(|_| consumer()).collect(),
    }
}

/// As many producing ends as asked for, and the one consuming end.
///
/// # Panics
///
/// If another number of consuming ends was asked for.
pub fn one_consumer<P: Clone, C>(ends: (P, C), producers: usize, consumers: usize) -> Ends<P, C> {
    assert_eq!(consumers, 1, "this queue has one consumer");
    Ends { producers: vec![ends.0; producers], consumers: vec![ends.1] }
}

/// The two ends of a queue that has one of each.
///
/// # Panics
///
/// If another number of ends was asked for.
pub fn only_ends<P, C>(ends: (P, C), producers: usize, consumers: usize) -> Ends<P, C> {
    assert_eq!((producers, consumers), (1, 1), "this queue has one producer and one consumer");
    Ends { producers: vec![ends.0], consumers: vec![ends.1] }
}
