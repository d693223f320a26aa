//! Who competes in which workload of channels.
//!
//! Everyone is used through the calls that wait. A channel competes wherever its shape allows, in
//! the flavour made for that shape if it has one. Of ours the first line is the one that is judged.

use super::rows::{BATCH, Bar, Entry, Row, Suite};
use crate::{
    payload::Message,
    peers::channels::{
        async_channel, crossbeam, crossfire, flume, kanal,
        ours::{self, PARK, SPIN},
        std_sync, tokio_mpsc,
    },
    shape::{Peer, TaskPeer},
    workload::{Fault, Sample, Setup, Workload, deliver, tasks, wake},
};

/// The comparison of channels.
pub const SUITE: Suite = Suite {
    name: "channels",
    unit: "ns per message (wake-up: per wake-up)",
    payload_bytes: 64,
    crowded: 8.0,
    crates: &["async-channel", "crossbeam-channel", "crossfire", "flume", "kanal", "tokio"],
    judged,
    further,
};

/// The payload by value.
type Plain = [u8; 64];

/// The payload on the heap.
type Boxed = Vec<u8>;

/// A way to run a peer.
type Run = fn(&Setup) -> Result<Sample, Fault>;

pub(super) fn threads<P: Peer<T>, T: Message>(name: &'static str) -> Entry {
    Entry { name, run: deliver::run::<P, T> }
}

fn in_tasks<P: TaskPeer<Plain>>(name: &'static str) -> Entry {
    Entry { name, run: tasks::run::<P, Plain> }
}

/// Channels of one receiver, with the flavour of crossfire for `producers`.
fn one_consumer<T: Message>(producers: usize) -> Vec<Entry> {
    let crossfire = if producers == 1 {
        threads::<crossfire::Spsc, T>("crossfire spsc")
    } else {
        threads::<crossfire::Mpsc, T>("crossfire mpsc")
    };
    vec![
        crossfire,
        threads::<tokio_mpsc::One, T>("tokio mpsc"),
        threads::<std_sync::One, T>("std sync_channel"),
    ]
}

pub(super) fn peers<T: Message>(producers: usize, consumers: usize) -> Vec<Entry> {
    let mut peers = vec![
        threads::<crossbeam::One, T>("crossbeam-channel"),
        threads::<flume::One, T>("flume"),
        threads::<kanal::One, T>("kanal"),
        threads::<async_channel::One, T>("async-channel"),
    ];
    if consumers == 1 {
        peers.append(&mut one_consumer::<T>(producers));
    } else {
        peers.push(threads::<crossfire::Mpmc, T>("crossfire mpmc"));
    }
    peers
}

fn ours<T: Message>(producers: usize, consumers: usize) -> Vec<Entry> {
    let mut ours =
        vec![threads::<ours::One, T>("ringmill"), threads::<ours::One<PARK>, T>("ringmill park")];
    // Who never sleeps wants a core of its own.
    if (producers, consumers) == (1, 1) {
        ours.push(threads::<ours::One<SPIN>, T>("ringmill spin"));
    }
    ours
}

/// Those that can take several messages at once, that way too.
pub(super) fn batch_peers(producers: usize, consumers: usize) -> Vec<Entry> {
    let mut peers = peers::<Plain>(producers, consumers);
    peers.push(threads::<flume::Drain, Plain>("flume drain"));
    peers.push(threads::<kanal::Drain, Plain>("kanal drain_into"));
    if consumers == 1 {
        peers.push(threads::<tokio_mpsc::Batch<BATCH>, Plain>("tokio mpsc recv_many"));
    }
    peers
}

fn batch_ours(producers: usize, consumers: usize) -> Vec<Entry> {
    let mut ours = vec![
        threads::<ours::Batch<BATCH>, Plain>("ringmill batch 32"),
        threads::<ours::Batch<BATCH, BATCH>, Plain>("ringmill batch 32 of 32"),
    ];
    if (producers, consumers) == (1, 1) {
        ours.push(threads::<ours::Batch<BATCH, 1, SPIN>, Plain>("ringmill batch 32 spin"));
    }
    ours
}

fn task_peers(producers: usize, consumers: usize) -> Vec<Entry> {
    let mut peers = vec![
        in_tasks::<flume::One>("flume"),
        in_tasks::<kanal::One>("kanal"),
        in_tasks::<async_channel::One>("async-channel"),
    ];
    if (producers, consumers) == (1, 1) {
        peers.push(in_tasks::<crossfire::Spsc>("crossfire spsc"));
    } else {
        peers.push(in_tasks::<crossfire::Mpmc>("crossfire mpmc"));
    }
    if consumers == 1 {
        peers.push(in_tasks::<tokio_mpsc::One>("tokio mpsc"));
    }
    peers
}

/// The channels of a wake-up row, each run by what `run` makes of its type.
macro_rules! wakers {
    ($run:ident) => {{
        fn entry(name: &'static str, run: Run) -> Entry {
            Entry { name, run }
        }
        let ours = vec![
            entry("ringmill", wake::$run::<ours::One, Plain>),
            entry("ringmill park", wake::$run::<ours::One<PARK>, Plain>),
        ];
        let peers = vec![
            entry("crossbeam-channel", wake::$run::<crossbeam::One, Plain>),
            entry("flume", wake::$run::<flume::One, Plain>),
            entry("kanal", wake::$run::<kanal::One, Plain>),
            entry("async-channel", wake::$run::<async_channel::One, Plain>),
            entry("crossfire spsc", wake::$run::<crossfire::Spsc, Plain>),
            entry("tokio mpsc", wake::$run::<tokio_mpsc::One, Plain>),
            entry("std sync_channel", wake::$run::<std_sync::One, Plain>),
        ];
        (ours, peers)
    }};
}

fn judged() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |name, title, workload, bar, (ours, peers)| {
        rows.push(Row { name, title, workload, bar: Bar::AtMost(bar), ours, peers });
    };
    for (name, title, (p, c), bar) in [
        ("value-1p1c", "64 bytes, 1P1C", (1, 1), 0.8),
        ("value-2p2c", "64 bytes, 2P2C", (2, 2), 0.8),
        ("value-2p1c", "64 bytes, 2P1C", (2, 1), 0.8),
        ("value-1p2c", "64 bytes, 1P2C", (1, 2), 1.0),
    ] {
        row(name, title, Workload::stream(p, c), bar, (ours::<Plain>(p, c), peers::<Plain>(p, c)));
    }
    for (name, title, (p, c)) in [
        ("heap-1p1c", "64 bytes on the heap, 1P1C", (1, 1)),
        ("heap-2p2c", "64 bytes on the heap, 2P2C", (2, 2)),
        ("heap-2p1c", "64 bytes on the heap, 2P1C", (2, 1)),
        ("heap-1p2c", "64 bytes on the heap, 1P2C", (1, 2)),
    ] {
        row(name, title, Workload::stream(p, c), 1.05, (ours::<Boxed>(p, c), peers::<Boxed>(p, c)));
    }
    for (name, title, (p, c)) in [
        ("batch32-1p1c", "64 bytes, batches of 32, 1P1C", (1, 1)),
        ("batch32-2p2c", "64 bytes, batches of 32, 2P2C", (2, 2)),
        ("batch32-2p1c", "64 bytes, batches of 32, 2P1C", (2, 1)),
        ("batch32-1p2c", "64 bytes, batches of 32, 1P2C", (1, 2)),
    ] {
        row(name, title, Workload::stream(p, c), 0.4, (batch_ours(p, c), batch_peers(p, c)));
    }
    for (name, title, workers, (p, c)) in [
        ("tasks-one-thread-1p1c", "Tasks on one thread, 1P1C", 1, (1, 1)),
        ("tasks-one-thread-4p4c", "Tasks on one thread, 4P4C", 1, (4, 4)),
        ("tasks-two-threads-1p1c", "Tasks on two threads, 1P1C", 2, (1, 1)),
        ("tasks-two-threads-4p4c", "Tasks on two threads, 4P4C", 2, (4, 4)),
    ] {
        let ours = vec![in_tasks::<ours::One>("ringmill")];
        row(name, title, Workload::tasks(workers, p, c), 0.8, (ours, task_peers(p, c)));
    }
    row("wake-median", "Wake-up, median", Workload::Wake, 1.15, wakers!(median));
    row("wake-p99", "Wake-up, 99th percentile", Workload::Wake, 1.15, wakers!(p99));
    row("wake-send", "The send that wakes, median", Workload::Wake, 1.15, wakers!(send));
    rows
}

fn further() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, title, (p, c)) in
        [("value-4p4c", "64 bytes, 4P4C", (4, 4)), ("value-4p1c", "64 bytes, 4P1C", (4, 1))]
    {
        rows.push(Row {
            name,
            title,
            workload: Workload::stream(p, c),
            bar: Bar::None,
            ours: ours::<Plain>(p, c),
            peers: peers::<Plain>(p, c),
        });
    }
    rows
}
