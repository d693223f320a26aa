//! `ringmill bench`: how many messages a second the queue carries on this machine, and how long they
//! take from one end to the other.

mod load;
mod svg;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::json;

use self::load::Measured;
use crate::values;

/// What is kept in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ordering {
    None,
    Key,
    Partition,
}

/// How messages are acked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ack {
    /// One by one.
    Each,
    /// As many at once as were dequeued at once.
    Batch,
    /// By a detached delivery, which could go to another thread.
    Detached,
}

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct BenchArgs {
    /// Threads that enqueue
    #[arg(short, long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) producers: u16,
    /// Threads that dequeue
    #[arg(short, long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) consumers: u16,
    /// How many messages are enqueued and dequeued at once
    #[arg(short, long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) batch: u16,
    /// Bytes of a message, 8 or more
    #[arg(long, value_name = "SIZE", default_value = "64", value_parser = payload)]
    pub(crate) payload: usize,
    /// What is kept in order
    #[arg(long, default_value = "none")]
    pub(crate) order: Ordering,
    /// How many keys there are
    #[arg(long, value_name = "N", default_value_t = 1_000,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keys: u32,
    /// How many levels of priority there are; messages have one after the other
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) levels: u8,
    /// How messages are acked
    #[arg(long, default_value = "each")]
    pub(crate) ack: Ack,
    /// How many partitions the queue has
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) partitions: u16,
    /// How many messages a partition has room for
    #[arg(long, value_name = "N", default_value_t = 1_024,
        value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    pub(crate) capacity: u32,
    /// How many messages there are
    #[arg(short, long, value_name = "N", default_value_t = 2_000_000,
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) messages: u64,
    /// How many are enqueued a second; as many as possible if it is not given, and then latency is
    /// the time that messages wait in a full queue
    #[arg(long, value_name = "N/s", value_parser = values::rate)]
    pub(crate) rate: Option<f64>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Draws the latencies into a file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

const HELP: &str = "\
Latency is taken of one message in 64, from when it was to be enqueued to when it was dequeued.

Examples:
  ringmill bench --producers 2 --consumers 2 --batch 32
  ringmill bench --order key --rate 100000/s --messages 500000 --svg latency.svg";

fn payload(text: &str) -> Result<usize> {
    let bytes = values::size(text)?;
    let fits = (8..=ringmill::queue::MAX_PAYLOAD).contains(&bytes);
    fits.then_some(bytes).context("8 bytes to 16M")
}

/// The quantiles that are told.
pub(crate) const QUANTILES: [(&str, f64); 6] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999), ("max", 1.0)];

/// Runs it.
pub(crate) fn run(args: &BenchArgs) -> Result<ExitCode> {
    let measured = load::run(args)?;
    if args.json {
        println!("{}", as_json(args, &measured));
    } else {
        print_text(args, &measured);
    }
    if let Some(path) = &args.svg {
        svg::draw(path, args, &measured).with_context(|| path.display().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(args: &BenchArgs, measured: &Measured) -> serde_json::Value {
    let quantiles = QUANTILES
        .map(|(name, at)| (name.to_string(), json!(measured.latency.value_at_quantile(at))));
    json!({
        "producers": args.producers, "consumers": args.consumers, "batch": args.batch,
        "payload_bytes": args.payload, "order": format!("{:?}", args.order).to_lowercase(),
        "keys": args.keys, "levels": args.levels, "ack": format!("{:?}", args.ack).to_lowercase(),
        "partitions": args.partitions, "capacity": args.capacity, "messages": args.messages,
        "rate": args.rate, "seconds": measured.time.as_secs_f64(),
        "per_second": measured.per_second(args),
        "latency_ns": serde_json::Map::from_iter(quantiles),
    })
}

fn print_text(args: &BenchArgs, measured: &Measured) {
    println!(
        "{} messages of {} bytes in {:.3} s: {:.0}/s, {:.0} ns each",
        args.messages,
        args.payload,
        measured.time.as_secs_f64(),
        measured.per_second(args),
        measured.time.as_nanos() as f64 / args.messages as f64,
    );
    for (name, at) in QUANTILES {
        let latency = Duration::from_nanos(measured.latency.value_at_quantile(at));
        println!("{name:>7} {latency:>12.1?}");
    }
}
