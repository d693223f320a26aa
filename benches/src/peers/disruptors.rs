//! disruptor: one or many producers, one consumer with an event poller.
//!
//! The consumer always takes everything published since its last look: that is how a disruptor is
//! meant to be read, and its fastest way. A batch is published whole or not at all.

use disruptor::{
    BusySpin, EventPoller, MultiProducer, MultiProducerBarrier, Producer, SingleConsumerBarrier,
    SingleProducer, SingleProducerBarrier, build_multi_producer, build_single_producer,
};

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Peer, Rx, Tx, only_ends},
};

/// One producer, up to `B` messages a publication.
#[derive(Debug)]
pub struct OneProducer<const B: usize>;

/// Many producers, up to `B` messages a publication.
#[derive(Debug)]
pub struct ManyProducers<const B: usize>;

/// A producer that publishes up to `B` messages at once.
pub struct Publisher<P, const B: usize>(P);

impl<T: Payload, const B: usize> Peer<T> for OneProducer<B> {
    type Tx = Publisher<SingleProducer<T, SingleConsumerBarrier>, B>;
    type Rx = EventPoller<T, SingleProducerBarrier>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        let (rx, builder) =
            build_single_producer(capacity, T::default, BusySpin).new_event_poller();
        only_ends((Publisher(builder.build()), rx), producers, consumers)
    }
}

impl<T: Payload, const B: usize> Peer<T> for ManyProducers<B> {
    type Tx = Publisher<MultiProducer<T, SingleConsumerBarrier>, B>;
    type Rx = EventPoller<T, MultiProducerBarrier>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<Self::Tx, Self::Rx> {
        assert_eq!(consumers, 1, "each consumer of a disruptor would see every message");
        let (rx, builder) = build_multi_producer(capacity, T::default, BusySpin).new_event_poller();
        let tx = builder.build();
        Ends {
            producers: (0..producers).map(|_| Publisher(tx.clone())).collect(),
            consumers: vec![rx],
        }
    }
}

#[inline(always)]
fn publish<T: Payload, const B: usize>(tx: &mut impl Producer<T>, values: &mut Values<T>) -> usize {
    if B == 1 {
        let value = values.peek();
        let accepted = usize::from(tx.try_publish(|slot| *slot = value).is_ok());
        values.advance(accepted);
        return accepted;
    }
    let wanted = values.left(B);
    let staged = &mut *values;
    let published = tx.try_batch_publish(wanted, |slots| {
        for (slot, value) in slots.zip(staged) {
            *slot = value;
        }
    });
    if published.is_ok() { wanted } else { 0 }
}

impl<T: Payload, const B: usize> Tx<T> for Publisher<SingleProducer<T, SingleConsumerBarrier>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        publish::<T, B>(&mut self.0, values)
    }
}

impl<T: Payload, const B: usize> Tx<T> for Publisher<MultiProducer<T, SingleConsumerBarrier>, B> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        publish::<T, B>(&mut self.0, values)
    }
}

impl<T: Payload> Rx<T> for EventPoller<T, SingleProducerBarrier> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let Ok(mut events) = self.poll() else { return 0 };
        let events = &mut events;
        let count = events.len();
        for event in events {
            sink(event);
        }
        count
    }
}

impl<T: Payload> Rx<T> for EventPoller<T, MultiProducerBarrier> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        let Ok(mut events) = self.poll() else { return 0 };
        let events = &mut events;
        let count = events.len();
        for event in events {
            sink(event);
        }
        count
    }
}
