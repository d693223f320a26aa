//! crossfire: the bounded channels, in the flavour that the numbers of ends allow.

use crossfire::{
    AsyncRx, AsyncTx, MAsyncRx, MAsyncTx, MRx, MTx, Rx as OneRx, Tx as OneTx, mpmc, mpsc, spsc,
};

use crate::{
    payload::{Message, Values},
    shape::{
        Ends, Peer, Rx, TaskPeer, TaskRx, TaskTx, Tx, ends_of, hand_ok, offer, one_consumer,
        only_ends,
    },
};

/// Many to many.
#[derive(Debug)]
pub struct Mpmc;

/// Many to one.
#[derive(Debug)]
pub struct Mpsc;

/// One to one.
#[derive(Debug)]
pub struct Spsc;

impl<T: Message> Peer<T> for Mpmc {
    type Tx = MTx<mpmc::Array<T>>;
    type Rx = MRx<mpmc::Array<T>>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = mpmc::bounded_blocking(capacity);
        ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
    }
}

impl<T: Message> Peer<T> for Mpsc {
    type Tx = MTx<mpsc::Array<T>>;
    type Rx = OneRx<mpsc::Array<T>>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        one_consumer(mpsc::bounded_blocking(capacity), producers, consumers)
    }
}

impl<T: Message> Peer<T> for Spsc {
    type Tx = OneTx<spsc::Array<T>>;
    type Rx = OneRx<spsc::Array<T>>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        only_ends(spsc::bounded_blocking(capacity), producers, consumers)
    }
}

impl<T: Message> TaskPeer<T> for Mpmc {
    type Tx = MAsyncTx<mpmc::Array<T>>;
    type Rx = MAsyncRx<mpmc::Array<T>>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (tx, rx) = mpmc::bounded_async(capacity);
        ends_of(|| tx.clone(), || rx.clone(), producers, consumers)
    }
}

impl<T: Message> TaskPeer<T> for Spsc {
    type Tx = AsyncTx<spsc::Array<T>>;
    type Rx = AsyncRx<spsc::Array<T>>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        only_ends(spsc::bounded_async(capacity), producers, consumers)
    }
}

/// Blocking ends.
macro_rules! blocking {
    ($($tx:ty, $rx:ty;)+) => {
        $(impl<T: Message> Tx<T> for $tx {
            #[inline(always)]
            fn push(&mut self, values: &mut Values<T>) -> usize {
                offer(values, |value| self.send(value).is_ok())
            }
        })+
        $(impl<T: Message> Rx<T> for $rx {
            #[inline(always)]
            fn pop(&mut self, sink: impl FnMut(&T)) -> usize {
                hand_ok(self.recv(), sink)
            }
        })+
    };
}
blocking! {
    MTx<mpmc::Array<T>>, MRx<mpmc::Array<T>>;
    MTx<mpsc::Array<T>>, OneRx<mpsc::Array<T>>;
    OneTx<spsc::Array<T>>, OneRx<spsc::Array<T>>;
}

/// Ends for tasks.
macro_rules! tasks {
    ($($tx:ty, $rx:ty;)+) => {
        $(impl<T: Message> TaskTx<T> for $tx {
            async fn push(&mut self, values: &mut Values<T>) -> bool {
                let sent = self.send(values.peek()).await.is_ok();
        values.advance(usize::from(sent));
        sent
            }
        })+
        $(impl<T: Message> TaskRx<T> for $rx {
            async fn pop(&mut self, sink: impl FnMut(&T) + Send) -> bool {
                hand_ok(self.recv().await, sink) > 0
            }
        })+
    };
}
tasks! {
    MAsyncTx<mpmc::Array<T>>, MAsyncRx<mpmc::Array<T>>;
    AsyncTx<spsc::Array<T>>, AsyncRx<spsc::Array<T>>;
}
