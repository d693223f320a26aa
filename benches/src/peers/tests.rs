//! Every adapter hands over every message once and in order.

use std::time::Duration;

use concurrent_queue::ConcurrentQueue;
use crossbeam_queue::ArrayQueue;
use heapless::mpmc::Queue as HeaplessQueue;
use ringmill::ring::mpmc::Ring;
use thingbuf::ThingBuf;

use super::{
    disruptors, heapless_queues, nexus, omango_queues, ours_mpmc::FromIter, ours_sided, ours_spsc,
    rapidfire_queues, ringbuf_ring, rtrb_ring,
};
use crate::{
    payload::Payload,
    shape::{Batch, Mode, Peer, Single},
    workload::{Setup, Workload, run},
};

const CAPACITY: usize = 64;

fn passes<P: Peer<T>, T: Payload>(workloads: &[Workload]) {
    for workload in workloads {
        // A round trip costs several turns of the scheduler where cores are few and busy.
        let messages = if *workload == Workload::PingPong { 100 } else { 2_000 };
        let mut setup = Setup::new(*workload, CAPACITY, messages);
        setup.check_order = true;
        setup.limit = Duration::from_secs(60);
        let sample = run::<P, T>(&setup).unwrap_or_else(|fault| panic!("{workload}: {fault}"));
        assert_eq!(sample.messages, messages);
    }
}

fn one_to_one<P: Peer<u64> + Peer<[u64; 8]>>() {
    let workloads = [Workload::Solo, Workload::stream(1, 1), Workload::PingPong];
    passes::<P, u64>(&workloads);
    passes::<P, [u64; 8]>(&workloads);
}

fn many_to_one<P: Peer<u64> + Peer<[u64; 8]>>() {
    one_to_one::<P>();
    passes::<P, [u64; 8]>(&[Workload::stream(2, 1), Workload::stream(4, 1)]);
}

fn one_to_many<P: Peer<u64> + Peer<[u64; 8]>>() {
    one_to_one::<P>();
    passes::<P, [u64; 8]>(&[Workload::stream(1, 2), Workload::stream(1, 4)]);
}

fn many_to_many<P: Peer<u64> + Peer<[u64; 8]>>() {
    many_to_one::<P>();
    one_to_many::<P>();
    passes::<P, u64>(&[Workload::stream(2, 2), Workload::Pair { threads: 2 }]);
    passes::<P, [u64; 8]>(&[Workload::stream(4, 4), Workload::Pair { threads: 3 }]);
}

/// A type that names a different queue for each payload.
macro_rules! by_payload {
    ($name:ident, $t:ident => $peer:ty) => {
        struct $name;
        impl<$t: Payload> Peer<$t> for $name {
            type Tx = <$peer as Peer<$t>>::Tx;
            type Rx = <$peer as Peer<$t>>::Rx;
            fn open(c: usize, p: usize, r: usize) -> crate::shape::Ends<Self::Tx, Self::Rx> {
                <$peer as Peer<$t>>::open(c, p, r)
            }
        }
    };
}

by_payload!(Ours, T => Single<Ring<T>>);
by_payload!(OursBatch, T => Batch<Ring<T>, 32>);
by_payload!(OursIter, T => Batch<FromIter<T>, 32>);
by_payload!(Crossbeam, T => Single<ArrayQueue<T>>);
by_payload!(Heapless, T => Single<HeaplessQueue<T, CAPACITY>>);
by_payload!(Concurrent, T => Single<ConcurrentQueue<T>>);
by_payload!(Thing, T => Mode<ThingBuf<T>>);

#[test]
fn our_mpmc_ring_passes() {
    many_to_many::<Ours>();
}

#[test]
fn our_mpmc_ring_in_batches_passes() {
    many_to_many::<OursBatch>();
    many_to_many::<OursIter>();
}

#[test]
fn our_spsc_ring_passes() {
    one_to_one::<ours_spsc::One>();
    one_to_one::<ours_spsc::Slices<32>>();
    one_to_one::<ours_spsc::Chunks<32>>();
    one_to_one::<ours_spsc::Iter<32>>();
}

#[test]
fn crossbeam_queue_passes() {
    many_to_many::<Crossbeam>();
}

#[test]
fn heapless_passes() {
    many_to_many::<Heapless>();
    one_to_one::<heapless_queues::Spsc<CAPACITY>>();
}

#[test]
fn omango_passes() {
    many_to_many::<omango_queues::Mpmc>();
    one_to_one::<omango_queues::Spsc>();
}

#[test]
fn rapidfire_passes() {
    many_to_many::<rapidfire_queues::Mpmc>();
    many_to_one::<rapidfire_queues::Mpsc>();
}

#[test]
fn thingbuf_passes() {
    many_to_many::<Thing>();
}

#[test]
fn concurrent_queue_passes() {
    many_to_many::<Concurrent>();
}

#[test]
fn ringmill_sided_passes() {
    many_to_one::<ours_sided::Mpsc>();
    one_to_many::<ours_sided::Spmc>();
}

#[test]
fn nexus_queue_passes() {
    one_to_one::<nexus::Spsc>();
    many_to_one::<nexus::Mpsc>();
    one_to_many::<nexus::Spmc>();
}

#[test]
fn rtrb_passes() {
    one_to_one::<rtrb_ring::One>();
    one_to_one::<rtrb_ring::Chunks<32>>();
    one_to_one::<rtrb_ring::Slices<32>>();
}

#[test]
fn ringbuf_passes() {
    one_to_one::<ringbuf_ring::One>();
    one_to_one::<ringbuf_ring::Slices<32>>();
}

#[test]
fn disruptor_passes() {
    one_to_one::<disruptors::OneProducer<1>>();
    one_to_one::<disruptors::OneProducer<32>>();
    many_to_one::<disruptors::ManyProducers<1>>();
    many_to_one::<disruptors::ManyProducers<32>>();
}
