//! One to one: `spsc/<workload>/<batch>/<payload>/<capacity>`.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

mod matrix;

use criterion::{Criterion, criterion_group, criterion_main};
use matrix::{CAPACITIES, bench, configuration, in_group, with_peers};
use ringmill_benches::{
    payload::Payload,
    peers::{disruptors::OneProducer, nexus, ours_spsc, ringbuf_ring, rtrb_ring},
    workload::Workload,
};

fn matrix(criterion: &mut Criterion) {
    for workload in [Workload::Solo, Workload::stream(1, 1), Workload::PingPong] {
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
    in_group::<T>(criterion, "spsc", workload, 1, capacity, |group| {
        bench::<ours_spsc::One, T>(group, "ringmill", workload, capacity);
        if with_peers::<T>(1, capacity) {
            bench::<rtrb_ring::One, T>(group, "rtrb", workload, capacity);
            bench::<ringbuf_ring::One, T>(group, "ringbuf", workload, capacity);
            bench::<nexus::Spsc, T>(group, "nexus-queue", workload, capacity);
            bench::<OneProducer<1>, T>(group, "disruptor single", workload, capacity);
        }
    });
}

fn batches<T: Payload, const B: usize>(
    criterion: &mut Criterion,
    workload: Workload,
    capacity: usize,
) {
    in_group::<T>(criterion, "spsc", workload, B, capacity, |group| {
        bench::<ours_spsc::Slices<B>, T>(group, "ringmill", workload, capacity);
        bench::<ours_spsc::Chunks<B>, T>(group, "ringmill chunks", workload, capacity);
        if with_peers::<T>(B, capacity) {
            bench::<rtrb_ring::Slices<B>, T>(group, "rtrb slices", workload, capacity);
            bench::<rtrb_ring::Chunks<B>, T>(group, "rtrb chunks", workload, capacity);
            bench::<ringbuf_ring::Slices<B>, T>(group, "ringbuf slices", workload, capacity);
            // A disruptor publishes a batch whole: it must fit.
            if capacity >= 2 * B {
                bench::<OneProducer<B>, T>(group, "disruptor single", workload, capacity);
            }
        }
    });
}

criterion_group! {
    name = spsc;
    config = configuration();
    targets = matrix
}
criterion_main!(spsc);
