//! Many to many, many to one and one to many: `ring/<workload>/<batch>/<payload>/<capacity>`.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

mod matrix;

use criterion::{Criterion, criterion_group, criterion_main};
use crossbeam_queue::ArrayQueue;
use matrix::{CAPACITIES, bench, configuration, in_group, with_peers};
use ringmill::ring::mpmc::Ring;
use ringmill_benches::{
    payload::Payload,
    peers::{disruptors::ManyProducers, nexus, omango_queues, rapidfire_queues},
    shape::{Batch, Single},
    workload::Workload,
};

const WORKLOADS: [Workload; 9] = [
    Workload::Solo,
    Workload::stream(1, 1),
    Workload::stream(2, 2),
    Workload::stream(4, 4),
    Workload::stream(2, 1),
    Workload::stream(4, 1),
    Workload::stream(1, 2),
    Workload::stream(1, 4),
    Workload::PingPong,
];

fn matrix(criterion: &mut Criterion) {
    for workload in WORKLOADS {
        for capacity in CAPACITIES {
            by_batch::<u64>(criterion, workload, capacity);
            by_batch::<[u64; 8]>(criterion, workload, capacity);
            by_batch::<[u64; 32]>(criterion, workload, capacity);
        }
    }
}

fn by_batch<T: Payload>(criterion: &mut Criterion, workload: Workload, capacity: usize) {
    singles::<T>(criterion, workload, capacity);
    if workload != Workload::PingPong {
        batches::<T, 8>(criterion, workload, capacity);
        batches::<T, 32>(criterion, workload, capacity);
        batches::<T, 256>(criterion, workload, capacity);
    }
}

fn singles<T: Payload>(criterion: &mut Criterion, workload: Workload, capacity: usize) {
    in_group::<T>(criterion, "ring", workload, 1, capacity, |group| {
        bench::<Single<Ring<T>>, T>(group, "ringmill", workload, capacity);
        if !with_peers::<T>(1, capacity) {
            return;
        }
        bench::<Single<ArrayQueue<T>>, T>(group, "crossbeam-queue", workload, capacity);
        bench::<omango_queues::Mpmc, T>(group, "omango", workload, capacity);
        bench::<rapidfire_queues::Mpmc, T>(group, "rapidfire", workload, capacity);
        match workload {
            Workload::Stream { consumers: 1, producers } if producers > 1 => {
                bench::<nexus::Mpsc, T>(group, "nexus-queue mpsc", workload, capacity);
            }
            Workload::Stream { producers: 1, consumers } if consumers > 1 => {
                bench::<nexus::Spmc, T>(group, "nexus-queue spmc", workload, capacity);
            }
            _ => {}
        }
    });
}

fn batches<T: Payload, const B: usize>(
    criterion: &mut Criterion,
    workload: Workload,
    capacity: usize,
) {
    in_group::<T>(criterion, "ring", workload, B, capacity, |group| {
        bench::<Batch<Ring<T>, B>, T>(group, "ringmill", workload, capacity);
        let one_consumer =
            matches!(workload, Workload::Solo | Workload::Stream { consumers: 1, .. });
        // A disruptor publishes a batch whole: it must fit, whatever the consumer has left.
        if with_peers::<T>(B, capacity) && one_consumer && capacity >= 2 * B {
            bench::<ManyProducers<B>, T>(group, "disruptor multi", workload, capacity);
        }
    });
}

criterion_group! {
    name = mpmc;
    config = configuration();
    targets = matrix
}
criterion_main!(mpmc);
