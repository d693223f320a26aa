//! Who competes in which workload of rings.
//!
//! A queue competes wherever its shape allows: an mpmc queue also in fan-in and fan-out, never the
//! other way round. To add a candidate of our own, add a line to `ours`: the first line is the one
//! that is judged, the others are printed beside it.

use concurrent_queue::ConcurrentQueue;
use crossbeam_queue::ArrayQueue;
use heapless::mpmc::Queue as HeaplessQueue;
use ringmill::ring::mpmc::Ring;
use thingbuf::ThingBuf;

use super::rows::{BATCH, Bar, CAPACITY, Entry, Row, Suite, entry};
use crate::{
    peers::{
        disruptors, heapless_queues, nexus, omango_queues, ours_mpmc::FromIter, ours_sided,
        ours_spsc, partitions, rapidfire_queues, ringbuf_ring, rtrb_ring,
    },
    shape::{Batch, Mode, Single},
    workload::Workload,
};

/// The comparison of rings.
pub const SUITE: Suite = Suite {
    name: "rings",
    unit: "ns per message (ping-pong: per round trip)",
    payload_bytes: 8,
    crowded: 2.0,
    crates: &[
        "concurrent-queue",
        "crossbeam-queue",
        "disruptor",
        "heapless",
        "nexus-queue",
        "omango",
        "rapidfire",
        "ringbuf",
        "rtrb",
        "thingbuf",
    ],
    judged,
    further,
};

fn ring() -> Entry {
    entry::<Single<Ring<u64>>, u64>("ringmill mpmc")
}

fn ring_batch() -> Vec<Entry> {
    vec![
        entry::<Batch<Ring<u64>, BATCH>, u64>("ringmill mpmc push_n 32"),
        entry::<Batch<FromIter<u64>, BATCH>, u64>("ringmill mpmc push_iter 32"),
    ]
}

fn mpmc_peers() -> Vec<Entry> {
    vec![
        entry::<Single<ArrayQueue<u64>>, u64>("crossbeam-queue"),
        entry::<Single<HeaplessQueue<u64, CAPACITY>>, u64>("heapless mpmc"),
        entry::<omango_queues::Mpmc, u64>("omango mpmc"),
        entry::<rapidfire_queues::Mpmc, u64>("rapidfire mpmc"),
        entry::<Mode<ThingBuf<u64>>, u64>("thingbuf"),
        entry::<Single<ConcurrentQueue<u64>>, u64>("concurrent-queue"),
    ]
}

fn mpsc_peers() -> Vec<Entry> {
    let mut peers = vec![
        entry::<nexus::Mpsc, u64>("nexus-queue mpsc"),
        entry::<rapidfire_queues::Mpsc, u64>("rapidfire mpsc"),
        entry::<disruptors::ManyProducers<1>, u64>("disruptor multi"),
    ];
    peers.append(&mut mpmc_peers());
    peers
}

fn spmc_peers() -> Vec<Entry> {
    let mut peers = vec![entry::<nexus::Spmc, u64>("nexus-queue spmc")];
    peers.append(&mut mpmc_peers());
    peers
}

fn mpmc_batch_peers() -> Vec<Entry> {
    let mut peers =
        vec![entry::<disruptors::ManyProducers<BATCH>, u64>("disruptor multi, batch 32")];
    peers.append(&mut mpmc_peers());
    peers
}

fn fan_in() -> Vec<Entry> {
    vec![entry::<ours_sided::Mpsc, u64>("ringmill mpsc"), ring()]
}

fn fan_out() -> Vec<Entry> {
    vec![entry::<ours_sided::Spmc, u64>("ringmill spmc"), ring()]
}

fn spsc() -> Entry {
    entry::<ours_spsc::One, u64>("ringmill spsc")
}

fn spsc_peers() -> Vec<Entry> {
    vec![
        entry::<rtrb_ring::One, u64>("rtrb"),
        entry::<ringbuf_ring::One, u64>("ringbuf"),
        entry::<nexus::Spsc, u64>("nexus-queue spsc"),
        entry::<omango_queues::Spsc, u64>("omango spsc"),
        entry::<heapless_queues::Spsc<CAPACITY>, u64>("heapless spsc"),
        entry::<disruptors::OneProducer<1>, u64>("disruptor single"),
    ]
}

fn spsc_batch() -> Vec<Entry> {
    vec![
        entry::<ours_spsc::Chunks<BATCH>, u64>("ringmill spsc chunks 32"),
        entry::<ours_spsc::Slices<BATCH>, u64>("ringmill spsc push_n 32"),
        entry::<ours_spsc::Iter<BATCH>, u64>("ringmill spsc push_iter 32"),
    ]
}

fn spsc_batch_peers() -> Vec<Entry> {
    vec![
        entry::<disruptors::OneProducer<BATCH>, u64>("disruptor single, batch 32"),
        entry::<rtrb_ring::Chunks<BATCH>, u64>("rtrb chunks 32"),
        entry::<rtrb_ring::Slices<BATCH>, u64>("rtrb slices 32"),
        entry::<ringbuf_ring::Slices<BATCH>, u64>("ringbuf slices 32"),
    ]
}

fn judged() -> Vec<Row> {
    let row =
        |name, title, workload, bar, ours, peers| Row { name, title, workload, bar, ours, peers };
    let near = Bar::AtMost(1.05);
    vec![
        row(
            "mpmc-solo",
            "MPMC, one thread, push then pop",
            Workload::Solo,
            near,
            vec![ring()],
            mpmc_peers(),
        ),
        row("mpmc-1p1c", "MPMC, 1P1C", Workload::stream(1, 1), near, vec![ring()], mpmc_peers()),
        row(
            "mpmc-2p2c",
            "MPMC, 2P2C",
            Workload::stream(2, 2),
            Bar::NotBehind,
            vec![ring()],
            mpmc_peers(),
        ),
        row(
            "fan-in-2p1c",
            "Fan-in, 2P1C",
            Workload::stream(2, 1),
            Bar::NotBehind,
            fan_in(),
            mpsc_peers(),
        ),
        row(
            "fan-out-1p2c",
            "Fan-out, 1P2C",
            Workload::stream(1, 2),
            Bar::NotBehind,
            fan_out(),
            spmc_peers(),
        ),
        row(
            "mpmc-1p1c-batch32",
            "MPMC, 1P1C, batches of 32",
            Workload::stream(1, 1),
            near,
            ring_batch(),
            mpmc_batch_peers(),
        ),
        row(
            "mpmc-2p2c-batch32",
            "MPMC, 2P2C, ours in batches of 32",
            Workload::stream(2, 2),
            Bar::AtMost(0.4),
            ring_batch(),
            mpmc_peers(),
        ),
        row("spsc", "SPSC", Workload::stream(1, 1), near, vec![spsc()], spsc_peers()),
        row(
            "spsc-batch32",
            "SPSC, batches of 32",
            Workload::stream(1, 1),
            near,
            spsc_batch(),
            spsc_batch_peers(),
        ),
        row(
            "ping-pong-spsc",
            "SPSC, ping-pong, round trip",
            Workload::PingPong,
            Bar::AtMost(1.1),
            vec![spsc()],
            spsc_peers(),
        ),
        row(
            "ping-pong-mpmc",
            "MPMC, ping-pong, round trip",
            Workload::PingPong,
            Bar::AtMost(1.1),
            vec![ring()],
            mpmc_peers(),
        ),
        row(
            "partitions-2p2c",
            "8 partitions by key, 2P2C",
            Workload::stream(2, 2),
            Bar::AtMost(0.8),
            vec![entry::<partitions::Ours<1>, u64>("ringmill Partitioned")],
            array_queues(),
        ),
        row(
            "partitions-2p2c-batch32",
            "8 partitions by key, 2P2C, ours in batches of 32",
            Workload::stream(2, 2),
            Bar::AtMost(0.3),
            vec![entry::<partitions::Ours<BATCH>, u64>("ringmill Partitioned, 32")],
            array_queues(),
        ),
    ]
}

fn array_queues() -> Vec<Entry> {
    vec![entry::<partitions::ArrayQueues, u64>("8 ArrayQueues")]
}

fn further() -> Vec<Row> {
    let row = |name, title, workload, ours, peers| Row {
        name,
        title,
        workload,
        bar: Bar::None,
        ours,
        peers,
    };
    vec![
        row(
            "mpmc-pair",
            "MPMC, 2 threads, push and pop each",
            Workload::Pair { threads: 2 },
            vec![ring()],
            mpmc_peers(),
        ),
        row(
            "mpmc-pair-batch32",
            "MPMC, 2 threads, batches of 32 each",
            Workload::Pair { threads: 2 },
            ring_batch(),
            mpmc_peers(),
        ),
        row("mpmc-4p4c", "MPMC, 4P4C", Workload::stream(4, 4), vec![ring()], mpmc_peers()),
        row("fan-in-4p1c", "Fan-in, 4P1C", Workload::stream(4, 1), fan_in(), mpsc_peers()),
        row("fan-out-1p4c", "Fan-out, 1P4C", Workload::stream(1, 4), fan_out(), spmc_peers()),
        row("spsc-solo", "SPSC, one thread, push then pop", Workload::Solo, vec![spsc()], {
            spsc_peers()
        }),
    ]
}
