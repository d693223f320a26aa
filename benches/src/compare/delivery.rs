//! Who competes in which workload of queues with leases.
//!
//! A queue's message has a whole life: put in, leased, read and acked. The peers are channels, which
//! hand a message over and forget it. Of ours the first line is the one that is judged.

use super::{
    channels::{batch_peers, peers, threads},
    rows::{BATCH, Bar, Entry, Row, Suite},
};
use crate::{
    payload::{Kib, Message},
    peers::{
        busy::Busy,
        channels::{async_channel, crossbeam, crossfire, flume, kanal, std_sync, tokio_mpsc},
        queues::{Batch, Detached, InPlace, One, PARK},
    },
    workload::Workload,
};

/// The comparison of queues.
pub const SUITE: Suite = Suite {
    name: "delivery",
    unit: "ns per message",
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

/// A larger one by value.
type Large = [u8; 1024];

/// Steps of a slower end, about 250 ns.
const STEPS: u32 = 200;

const MIXES: [(usize, usize); 4] = [(1, 1), (2, 2), (2, 1), (1, 2)];

fn ours() -> Vec<Entry> {
    vec![
        threads::<One, Plain>("ringmill"),
        threads::<One<PARK>, Plain>("ringmill park"),
        threads::<InPlace, Plain>("ringmill in place"),
    ]
}

fn batch_ours() -> Vec<Entry> {
    vec![
        threads::<Batch<BATCH>, Plain>("ringmill batch 32"),
        threads::<Batch<BATCH, PARK>, Plain>("ringmill batch 32 park"),
    ]
}

/// One slow end, so that the other one parks: by `PRODUCER` and `CONSUMER` steps a message.
fn busy_peers<T: Message, const PRODUCER: u32, const CONSUMER: u32>() -> Vec<Entry> {
    vec![
        threads::<Busy<crossbeam::One, PRODUCER, CONSUMER>, T>("crossbeam-channel"),
        threads::<Busy<flume::One, PRODUCER, CONSUMER>, T>("flume"),
        threads::<Busy<kanal::One, PRODUCER, CONSUMER>, T>("kanal"),
        threads::<Busy<async_channel::One, PRODUCER, CONSUMER>, T>("async-channel"),
        threads::<Busy<crossfire::Spsc, PRODUCER, CONSUMER>, T>("crossfire spsc"),
        threads::<Busy<tokio_mpsc::One, PRODUCER, CONSUMER>, T>("tokio mpsc"),
        threads::<Busy<std_sync::One, PRODUCER, CONSUMER>, T>("std sync_channel"),
    ]
}

fn busy_ours<const PRODUCER: u32, const CONSUMER: u32>() -> Vec<Entry> {
    vec![
        threads::<Busy<One<PARK>, PRODUCER, CONSUMER>, Plain>("ringmill park"),
        threads::<Busy<One, PRODUCER, CONSUMER>, Plain>("ringmill"),
    ]
}

fn busy_batch_ours<const PRODUCER: u32, const CONSUMER: u32>() -> Vec<Entry> {
    vec![
        threads::<Busy<Batch<BATCH, PARK>, PRODUCER, CONSUMER>, Plain>("ringmill batch 32 park"),
        threads::<Busy<Batch<BATCH>, PRODUCER, CONSUMER>, Plain>("ringmill batch 32"),
    ]
}

fn judged() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |name, title, (p, c), bar, ours, peers| {
        rows.push(Row { name, title, workload: Workload::stream(p, c), bar, ours, peers });
    };
    for ((p, c), (name, title)) in MIXES.into_iter().zip([
        ("life-1p1c", "Whole life, 1P1C"),
        ("life-2p2c", "Whole life, 2P2C"),
        ("life-2p1c", "Whole life, 2P1C"),
        ("life-1p2c", "Whole life, 1P2C"),
    ]) {
        row(name, title, (p, c), Bar::NotBehind, ours(), peers::<Boxed>(p, c));
    }
    for ((p, c), (name, title, bar)) in MIXES.into_iter().zip([
        ("life32-1p1c", "Whole life, batches of 32, 1P1C", 0.8),
        ("life32-2p2c", "Whole life, batches of 32, 2P2C", 0.8),
        ("life32-2p1c", "Whole life, batches of 32, 2P1C", 0.8),
        ("life32-1p2c", "Whole life, batches of 32, 1P2C", 1.2),
    ]) {
        row(name, title, (p, c), Bar::AtMost(bar), batch_ours(), batch_peers(p, c));
    }
    let one = (1, 1);
    let (ours, peers_) = (busy_ours::<0, STEPS>(), busy_peers::<Boxed, 0, STEPS>());
    row("slower", "Whole life, consumer slower", one, Bar::NotBehind, ours, peers_);
    let (ours, peers_) = (busy_ours::<STEPS, 0>(), busy_peers::<Boxed, STEPS, 0>());
    row("faster", "Whole life, consumer faster", one, Bar::NotBehind, ours, peers_);
    let (ours, peers_) = (busy_batch_ours::<0, STEPS>(), busy_peers::<Plain, 0, STEPS>());
    row("slower32", "Batches of 32, consumer slower", one, Bar::NotBehind, ours, peers_);
    let (ours, peers_) = (busy_batch_ours::<STEPS, 0>(), busy_peers::<Plain, STEPS, 0>());
    row("faster32", "Batches of 32, consumer faster", one, Bar::NotBehind, ours, peers_);
    for ((p, c), (name, title)) in MIXES.into_iter().zip([
        ("kib-1p1c", "Whole life, 1 KiB, 1P1C"),
        ("kib-2p2c", "Whole life, 1 KiB, 2P2C"),
        ("kib-2p1c", "Whole life, 1 KiB, 2P1C"),
        ("kib-1p2c", "Whole life, 1 KiB, 1P2C"),
    ]) {
        let ours =
            vec![threads::<InPlace, Large>("ringmill in place"), threads::<One, Large>("ringmill")];
        row(name, title, (p, c), Bar::None, ours, peers::<Kib>(p, c));
    }
    let ours = vec![threads::<Detached, Plain>("ringmill detached")];
    let borrowed = vec![threads::<One, Plain>("ringmill borrowed")];
    row("detached", "Detached : borrowed, 1P1C", one, Bar::AtMostMore(25.0), ours, borrowed);
    rows
}

fn further() -> Vec<Row> {
    [("life-4p4c", "Whole life, 4P4C", (4, 4)), ("life-4p1c", "Whole life, 4P1C", (4, 1))]
        .into_iter()
        .map(|(name, title, (p, c))| Row {
            name,
            title,
            workload: Workload::stream(p, c),
            bar: Bar::None,
            ours: ours(),
            peers: peers::<Boxed>(p, c),
        })
        .collect()
}
