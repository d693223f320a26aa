//! `tail`: latency of single operations beside threads that are stopped in the middle of theirs.

use std::{fmt::Write, fs, path::PathBuf, process::ExitCode, time::Duration};

use concurrent_queue::ConcurrentQueue;
use crossbeam_queue::ArrayQueue;
use heapless::mpmc::Queue as HeaplessQueue;
use ringmill::ring::mpmc::Ring;
use ringmill_benches::{
    machine::Machine,
    peers::{omango_queues, queues, rapidfire_queues},
    shape::{Mode, Single},
    workload::{
        Fault,
        stall::{Latencies, Latency, Setup, measure},
    },
};
use serde::Serialize;
use thingbuf::ThingBuf;

const HELP: &str = "\
tail: latency of push and pop beside threads that are stopped in the middle of theirs

  --stalled N     such threads (16)
  --seconds S     time for each queue in a round (1)
  --rounds N      rounds, in which every queue has its turn (5)
  --only A,B      only queues whose name contains A or B
  --out DIR       write tail.json and tail.md there
";

const CAPACITY: usize = 1024;

/// The crates of the peers.
const PEERS: &[&str] =
    &["concurrent-queue", "crossbeam-queue", "heapless", "omango", "rapidfire", "thingbuf"];

#[derive(Clone, Copy)]
struct Queue {
    name: &'static str,
    run: fn(&Setup) -> Result<Latencies, Fault>,
}

/// A queue, a kind of measured thread, and what came of it so far.
struct Contest {
    queue: Queue,
    urgent: bool,
    merged: Result<Latencies, Fault>,
}

fn queues() -> Vec<Queue> {
    vec![
        Queue { name: "ringmill mpmc", run: measure::<Single<Ring<u64>>, u64> },
        Queue { name: "ringmill queue", run: measure::<queues::Try, u64> },
        Queue { name: "crossbeam-queue", run: measure::<Single<ArrayQueue<u64>>, u64> },
        Queue { name: "heapless mpmc", run: measure::<Single<HeaplessQueue<u64, CAPACITY>>, u64> },
        Queue { name: "omango mpmc", run: measure::<omango_queues::Mpmc, u64> },
        Queue { name: "rapidfire mpmc", run: measure::<rapidfire_queues::Mpmc, u64> },
        Queue { name: "thingbuf", run: measure::<Mode<ThingBuf<u64>>, u64> },
        Queue { name: "concurrent-queue", run: measure::<Single<ConcurrentQueue<u64>>, u64> },
    ]
}

/// Nanoseconds.
#[derive(Serialize)]
struct Percentiles {
    samples: u64,
    p50: u64,
    p99: u64,
    p99_9: u64,
    p99_99: u64,
    max: u64,
}

#[derive(Serialize)]
struct Operation {
    call: Percentiles,
    success: Percentiles,
    refused_share: f64,
}

#[derive(Serialize)]
struct QueueResult {
    name: String,
    /// Whether the measured thread was urgent.
    urgent: bool,
    push: Option<Operation>,
    pop: Option<Operation>,
    fault: Option<String>,
}

#[derive(Serialize)]
struct TailResults {
    machine: Machine,
    stalled_threads: usize,
    capacity: usize,
    queues: Vec<QueueResult>,
}

fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<(), Box<dyn std::error::Error>> {
    use lexopt::prelude::*;
    let mut setup =
        Setup { stalled: 16, capacity: CAPACITY, time: Duration::from_secs(1), urgent: false };
    let (mut rounds, mut only, mut out) = (5, None::<String>, None::<PathBuf>);
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("stalled") => setup.stalled = parser.value()?.parse()?,
            Long("seconds") => setup.time = Duration::try_from_secs_f64(parser.value()?.parse()?)?,
            Long("rounds") => rounds = parser.value()?.parse()?,
            Long("only") => only = Some(parser.value()?.string()?),
            Long("out") => out = Some(parser.value()?.into()),
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    let mut queues = queues();
    if let Some(only) = only {
        queues.retain(|queue| only.split(',').any(|name| queue.name.contains(name)));
    }

    let mut contests: Vec<Contest> = Vec::new();
    for urgent in [false, true] {
        contests.extend(queues.iter().map(|queue| Contest {
            queue: *queue,
            urgent,
            merged: Ok(Latencies::default()),
        }));
    }
    for round in 1..=rounds {
        for contest in &mut contests {
            let Ok(sum) = &mut contest.merged else { continue };
            setup.urgent = contest.urgent;
            match (contest.queue.run)(&setup) {
                Ok(latencies) => sum.add(&latencies),
                Err(fault) => contest.merged = Err(fault),
            }
        }
        eprintln!("round {round} of {rounds} done");
    }

    let results = TailResults {
        machine: Machine::this(PEERS),
        stalled_threads: setup.stalled,
        capacity: CAPACITY,
        queues: contests.iter().map(result_of).collect(),
    };
    let table = table(&results);
    println!("{table}");
    if let Some(dir) = out {
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("tail.json"), serde_json::to_string_pretty(&results)? + "\n")?;
        fs::write(dir.join("tail.md"), table)?;
    }
    Ok(())
}

fn result_of(contest: &Contest) -> QueueResult {
    let latencies = contest.merged.as_ref().ok();
    QueueResult {
        name: contest.queue.name.into(),
        urgent: contest.urgent,
        push: latencies.map(|latencies| operation(&latencies.push)),
        pop: latencies.map(|latencies| operation(&latencies.pop)),
        fault: contest.merged.as_ref().err().map(ToString::to_string),
    }
}

fn operation(latency: &Latency) -> Operation {
    let percentiles = |histogram: &hdrhistogram::Histogram<u64>| Percentiles {
        samples: histogram.len(),
        p50: histogram.value_at_quantile(0.5),
        p99: histogram.value_at_quantile(0.99),
        p99_9: histogram.value_at_quantile(0.999),
        p99_99: histogram.value_at_quantile(0.9999),
        max: histogram.max(),
    };
    Operation {
        call: percentiles(&latency.call),
        success: percentiles(&latency.success),
        refused_share: latency.refused(),
    }
}

fn table(results: &TailResults) -> String {
    let mut out = String::new();
    for (urgent, title) in
        [(false, "the measured thread is one among many"), (true, "it is urgent")]
    {
        let _ = write!(
            out,
            "| {title} | | samples | one call: p50 | p99.9 | p99.99 | max | until success: p99.9 \
             | p99.99 | max | refused |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        );
        for queue in results.queues.iter().filter(|queue| queue.urgent == urgent) {
            lines(&mut out, queue);
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "{} threads push and pop beside the measured one; capacity {}, half full, 8 bytes a \
         message; each time includes a reading of the clock.\n{}.\nPeers: {}.",
        results.stalled_threads,
        results.capacity,
        results.machine.line(),
        results.machine.peers_line(),
    );
    out
}

fn lines(out: &mut String, queue: &QueueResult) {
    for (name, operation) in [("push", &queue.push), ("pop", &queue.pop)] {
        let Some(Operation { call, success, refused_share }) = operation else { continue };
        let times = [
            call.p50,
            call.p99_9,
            call.p99_99,
            call.max,
            success.p99_9,
            success.p99_99,
            success.max,
        ];
        let _ = writeln!(
            out,
            "| {} | {name} | {} | {} | {:.3} % |",
            queue.name,
            success.samples,
            times.map(time).join(" | "),
            refused_share * 100.0,
        );
    }
    if let Some(fault) = &queue.fault {
        let _ = writeln!(out, "| {} | {fault} | | | | | | | | | |", queue.name);
    }
}

/// Three digits and a unit.
fn time(ns: u64) -> String {
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{:.1} us", ns as f64 / 1e3),
        _ => format!("{:.1} ms", ns as f64 / 1e6),
    }
}
