//! What the benches share: one measurement, and the dimensions of the matrix.

use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use ringmill_benches::{
    payload::Payload,
    shape::Peer,
    workload::{Setup, Workload, run},
};

/// A group of benches that differ only in the queue.
pub(crate) type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Capacities.
pub(crate) const CAPACITIES: [usize; 3] = [64, 1024, 65_536];

/// The capacity at which peers run with every payload and batch.
pub(crate) const BASE_CAPACITY: usize = 1024;

/// Short runs: there are hundreds of them. The command line may ask for more.
pub(crate) fn configuration() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .without_plots()
}

/// Whether the peers run too: everywhere at the base capacity, elsewhere with 8 bytes in single
/// messages and batches of 32. Ours run everywhere.
pub(crate) fn with_peers<T: Payload>(batch: usize, capacity: usize) -> bool {
    capacity == BASE_CAPACITY || (T::BYTES == 8 && (batch == 1 || batch == 32))
}

/// `ring/2p2c/batch32/64B/1024`: all queues in it run the same.
pub(crate) fn in_group<T: Payload>(
    criterion: &mut Criterion,
    prefix: &str,
    workload: Workload,
    batch: usize,
    capacity: usize,
    benches: impl FnOnce(&mut Group<'_>),
) {
    let batching = if batch == 1 { "single".to_owned() } else { format!("batch{batch}") };
    let name = format!("{prefix}/{workload}/{batching}/{}B/{capacity}", T::BYTES);
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    benches(&mut group);
    group.finish();
}

/// One queue; an iteration is a message, or a round trip.
pub(crate) fn bench<P: Peer<T>, T: Payload>(
    group: &mut Group<'_>,
    name: &str,
    workload: Workload,
    capacity: usize,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|messages| {
            let mut setup = Setup::new(workload, capacity, messages);
            setup.limit = Duration::from_secs(60);
            match run::<P, T>(&setup) {
                Ok(sample) => sample.elapsed,
                Err(fault) => panic!("{name}: {fault}"),
            }
        });
    });
}
