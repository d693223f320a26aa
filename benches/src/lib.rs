//! Ringmill beside its peers: the same generic loop for everyone, in one process, in turn.
//!
//! | module | holds |
//! |---|---|
//! | [`payload`] | what travels: 8, 64 or 256 bytes, made from a number that is checked on arrival |
//! | [`shape`] | what a workload needs from a queue: a producing and a consuming end |
//! | [`peers`] | one small file for each queue |
//! | [`workload`] | one file for each pattern of traffic |
//! | [`statistics`] | medians and their intervals |
//! | [`compare`] | rows, rounds, sets, and the table, JSON and picture made from them |
//!
//! To add a candidate: implement [`shape::Queue`] (or [`shape::Tx`], [`shape::Rx`] and
//! [`shape::Peer`]) in a file under `peers/`, and add one line to `compare/rows.rs`.

pub mod compare;
pub mod machine;
pub mod pace;
pub mod payload;
pub mod peers;
pub mod place;
pub mod shape;
pub mod statistics;
pub mod workload;
