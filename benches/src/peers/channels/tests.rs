//! Every adapter hands over every message once and in order, to threads and to tasks, and its
//! receivers learn that it is over.

use std::time::Duration;

use super::{
    async_channel, crossbeam, crossfire, flume, kanal,
    ours::{self, PARK, SPIN},
    std_sync, tokio_mpsc,
};
use crate::{
    shape::{Peer, TaskPeer},
    workload::{Fault, Sample, Setup, Workload, deliver, tasks, wake},
};

const MESSAGES: u64 = 2_000;

fn passes(run: fn(&Setup) -> Result<Sample, Fault>, workloads: impl IntoIterator<Item = Workload>) {
    for workload in workloads {
        let mut setup = Setup::new(workload, 64, MESSAGES);
        setup.check_order = true;
        setup.limit = Duration::from_secs(60);
        let sample = run(&setup).unwrap_or_else(|fault| panic!("{workload}: {fault}"));
        assert_eq!(sample.messages, MESSAGES);
    }
}

fn streams<P: Peer<[u8; 64]> + Peer<Vec<u8>>>(ends: &[(usize, usize)]) {
    let workloads = || ends.iter().map(|(p, c)| Workload::stream(*p, *c));
    passes(deliver::run::<P, [u8; 64]>, workloads());
    passes(deliver::run::<P, Vec<u8>>, workloads());
}

fn one_to_one<P: Peer<[u8; 64]> + Peer<Vec<u8>>>() {
    streams::<P>(&[(1, 1)]);
}

fn many_to_one<P: Peer<[u8; 64]> + Peer<Vec<u8>>>() {
    streams::<P>(&[(1, 1), (2, 1), (4, 1)]);
}

fn many_to_many<P: Peer<[u8; 64]> + Peer<Vec<u8>>>() {
    streams::<P>(&[(1, 1), (2, 1), (1, 2), (2, 2), (4, 4)]);
}

fn between_tasks<P: TaskPeer<[u8; 64]> + TaskPeer<Vec<u8>>>(ends: &[(usize, usize)]) {
    for workers in [1, 2] {
        let workloads = || ends.iter().map(|(p, c)| Workload::tasks(workers, *p, *c));
        passes(tasks::run::<P, [u8; 64]>, workloads());
        passes(tasks::run::<P, Vec<u8>>, workloads());
    }
}

fn between_many_tasks<P: TaskPeer<[u8; 64]> + TaskPeer<Vec<u8>>>() {
    between_tasks::<P>(&[(1, 1), (2, 1), (1, 2), (4, 4)]);
}

/// A machine that is busy with other tests may keep the receiver from going to sleep in time: then
/// there is nothing to measure, and the run says so. Any other fault is the adapter's.
fn wakes<P: Peer<[u8; 64]>>() {
    let setup = Setup::new(Workload::Wake, 64, 20);
    for run in [wake::median::<P, [u8; 64]>, wake::p99::<P, [u8; 64]>, wake::send::<P, [u8; 64]>] {
        match run(&setup) {
            Ok(_) | Err(Fault::Awake { .. }) => {}
            Err(fault) => panic!("{fault}"),
        }
    }
}

#[test]
fn our_channel_passes() {
    many_to_many::<ours::One>();
    many_to_many::<ours::One<PARK>>();
    many_to_many::<ours::One<SPIN>>();
    between_many_tasks::<ours::One>();
    wakes::<ours::One>();
}

#[test]
fn our_channel_in_batches_passes() {
    many_to_many::<ours::Batch<32>>();
    many_to_many::<ours::Batch<32, 32>>();
    many_to_many::<ours::Batch<32, 1, SPIN>>();
}

#[test]
fn crossbeam_channel_passes() {
    many_to_many::<crossbeam::One>();
    wakes::<crossbeam::One>();
}

#[test]
fn flume_passes() {
    many_to_many::<flume::One>();
    many_to_many::<flume::Drain>();
    between_many_tasks::<flume::One>();
    wakes::<flume::One>();
}

#[test]
fn kanal_passes() {
    many_to_many::<kanal::One>();
    many_to_many::<kanal::Drain>();
    between_many_tasks::<kanal::One>();
    wakes::<kanal::One>();
}

#[test]
fn crossfire_passes() {
    many_to_many::<crossfire::Mpmc>();
    many_to_one::<crossfire::Mpsc>();
    one_to_one::<crossfire::Spsc>();
    between_many_tasks::<crossfire::Mpmc>();
    between_tasks::<crossfire::Spsc>(&[(1, 1)]);
    wakes::<crossfire::Spsc>();
}

#[test]
fn async_channel_passes() {
    many_to_many::<async_channel::One>();
    between_many_tasks::<async_channel::One>();
    wakes::<async_channel::One>();
}

#[test]
fn tokio_mpsc_passes() {
    many_to_one::<tokio_mpsc::One>();
    many_to_one::<tokio_mpsc::Batch<32>>();
    between_tasks::<tokio_mpsc::One>(&[(1, 1), (2, 1), (4, 1)]);
    wakes::<tokio_mpsc::One>();
}

#[test]
fn std_sync_channel_passes() {
    many_to_one::<std_sync::One>();
    wakes::<std_sync::One>();
}
