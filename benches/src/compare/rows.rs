//! What a comparison is made of: suites, rows, competitors, bars.

use crate::{
    payload::Payload,
    peers::rtrb_ring,
    shape::Peer,
    workload::{Fault, Sample, Setup, Workload, run},
};

/// A comparison: its rows, and how its figures are called.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    /// Names its files and its markers.
    pub name: &'static str,
    /// What a figure is, for readers.
    pub unit: &'static str,
    /// Bytes of a message.
    pub payload_bytes: u64,
    /// How many times as long a run takes with more threads than cores: it must see several turns
    /// of the scheduler, and if threads sleep, more than one way in which it places them.
    pub crowded: f64,
    /// The crates compared.
    pub crates: &'static [&'static str],
    /// The rows with a bar, in the order they are printed.
    pub judged: fn() -> Vec<Row>,
    /// Further rows, for information.
    pub further: fn() -> Vec<Row>,
}

/// All of them.
pub const SUITES: [Suite; 3] =
    [super::rings::SUITE, super::channels::SUITE, super::delivery::SUITE];

impl Suite {
    /// The suite of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        SUITES.iter().find(|suite| suite.name == name)
    }
}

/// Capacity of all rows.
pub const CAPACITY: usize = 1024;

/// Messages a call in the batch rows.
pub const BATCH: usize = 32;

/// One competitor in a row.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// As printed; begins with the crate's name.
    pub name: &'static str,
    /// One round of it.
    pub run: fn(&Setup) -> Result<Sample, Fault>,
}

/// Peer `P` under `name`.
#[must_use]
pub fn entry<P: Peer<T>, T: Payload>(name: &'static str) -> Entry {
    Entry { name, run: run::<P, T> }
}

/// What the first of ours must reach, as a ratio to the best peer of the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// The median ratio is at most this.
    AtMost(f64),
    /// The interval of the ratio reaches 1.0.
    NotBehind,
    /// The median difference is at most this, in nanoseconds.
    AtMostMore(f64),
    /// Only for information.
    None,
}

/// A workload and its competitors.
#[derive(Debug, Clone)]
pub struct Row {
    /// Short, for the command line.
    pub name: &'static str,
    /// For readers.
    pub title: &'static str,
    /// The traffic.
    pub workload: Workload,
    /// What must be reached.
    pub bar: Bar,
    /// Ours; the first is judged.
    pub ours: Vec<Entry>,
    /// The others.
    pub peers: Vec<Entry>,
}

/// The gauge: a ring known to be near the machine's floor; slow means a slow machine.
#[must_use]
pub fn gauge() -> Entry {
    entry::<rtrb_ring::One, u64>("rtrb")
}
