//! Any peer, with something else to do between its calls: one end is slower than the other, so that
//! the faster one has to wait.

use std::hint::black_box;

use crate::{
    payload::{Message, Values},
    shape::{Ends, Peer, Rx, Tx},
};

/// A peer one of whose ends is busy with something else between its calls.
#[derive(Debug)]
pub struct Busy<P, const PRODUCER: u32, const CONSUMER: u32>(P);

/// An end that is busy: so many steps a message.
#[derive(Debug)]
pub struct BusyEnd<E, const STEPS: u32>(E);

impl<T: Message, P: Peer<T>, const PRODUCER: u32, const CONSUMER: u32> Peer<T>
    for Busy<P, PRODUCER, CONSUMER>
{
    const ORDERED: bool = P::ORDERED;
    type Tx = BusyEnd<P::Tx, PRODUCER>;
    type Rx = BusyEnd<P::Rx, CONSUMER>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let ends = P::open(capacity, producers, consumers);
        Ends {
            producers: ends.producers.into_iter().map(BusyEnd).collect(),
            consumers: ends.consumers.into_iter().map(BusyEnd).collect(),
        }
    }
}

/// Some arithmetic, each step of which waits for the one before it.
#[inline(always)]
fn work(steps: u32) {
    let mut x = black_box(1_u64);
    for _ in 0..steps {
        x = black_box(x.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
}

impl<T: Message, E: Tx<T>, const STEPS: u32> Tx<T> for BusyEnd<E, STEPS> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        let sent = self.0.push(values);
        work(STEPS * sent as u32);
        sent
    }
}

impl<T: Message, E: Rx<T>, const STEPS: u32> Rx<T> for BusyEnd<E, STEPS> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        self.0.pop(|value| {
            sink(value);
            work(STEPS);
        })
    }
}
