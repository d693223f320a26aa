//! What each operation of a queue costs beside its time: allocations, looks at the clock, system
//! calls. The table in the documentation of `ringmill::queue` is what this test measures.
#![cfg(feature = "queue")]

mod many;
mod meter;
mod rows;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use meter::{MARK, Meter, per};
use rows::{ROUND, ROWS};

const OPERATIONS: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
/// Set for the process that is traced.
const TRACED: &str = "RINGMILL_COSTS_TRACED";
/// Set by who wants the table written, not compared.
const WRITE: &str = "RINGMILL_COSTS_WRITE";

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/queue/costs.md")
}

/// If this fails because a cost has changed: is it meant to be so? Then run it with
/// `RINGMILL_COSTS_WRITE=1`.
#[test]
fn the_table_of_costs_is_what_was_measured() {
    let traced = env::var_os(TRACED).is_some();
    let tracer = if traced { None } else { Tracer::start() };
    let measure = |(row, (_, run)): (usize, &rows::Row)| {
        let mut meter = Meter::new(OPERATIONS, traced.then_some(row));
        run(&mut meter);
        meter.costs()
    };
    let costs: Vec<_> = ROWS.iter().enumerate().map(measure).collect();
    if traced {
        return control();
    }
    let calls = tracer.map(Tracer::calls);
    let written = fs::read_to_string(table()).unwrap_or_default().replace('\r', "");
    let mut text =
        String::from("| operation | allocations | clock | system calls |\n|---|---|---|---|\n");
    for (row, (name, _)) in ROWS.iter().enumerate() {
        let [allocations, looks] = &costs[row];
        let calls = match &calls {
            Some(calls) => calls[row].clone(),
            // Not to be had on this machine: what stands there is taken for granted.
            None => written_calls(&written, name),
        };
        writeln!(text, "| {name} | {allocations} | {looks} | {calls} |").expect("a string grows");
    }
    if env::var_os(WRITE).is_some() {
        fs::write(table(), &text).expect("the table can be written");
    }
    let written = fs::read_to_string(table()).expect("there is a table").replace('\r', "");
    for (line, (now, then)) in text.lines().zip(written.lines()).enumerate() {
        assert_eq!(now, then, "line {} of {}", line + 1, table().display());
    }
    assert_eq!(text.lines().count(), written.lines().count());
}

/// The last column of the row of this name.
fn written_calls(written: &str, name: &str) -> String {
    let row = written.lines().find(|line| line.starts_with(&format!("| {name} |")));
    let row = row.unwrap_or_else(|| panic!("a row for {name}"));
    row.rsplit('|').nth(1).unwrap_or_default().trim().to_string()
}

/// One system call for each operation, to see that they are counted.
fn control() {
    let mut meter = Meter::new(OPERATIONS, Some(ROWS.len()));
    while meter.more() {
        meter.section(ROUND, || (0..ROUND).for_each(|_| drop(fs::metadata("/"))));
    }
}

/// A tracer that watches this test do it all again.
struct Tracer {
    process: Child,
    log: PathBuf,
}

impl Tracer {
    /// `None` if there is no tracer, or it may not trace.
    fn start() -> Option<Self> {
        let mut command = Command::new("strace");
        let quiet = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
        };
        let works = quiet(command.args(["-f", "-o", "/dev/null", "true"]));
        if !works.is_ok_and(|mut process| process.wait().is_ok_and(|status| status.success())) {
            println!("no system calls counted: `strace` is missing, or may not trace here");
            return None;
        }
        let log = env::temp_dir().join(format!("ringmill-costs-{}", std::process::id()));
        let mut command = Command::new("strace");
        // How the allocator gets memory is its own affair.
        command.args(["-f", "-e", "trace=!brk,mmap,munmap,mremap,madvise", "-o"]).arg(&log);
        command.arg(env::current_exe().expect("a name of its own"));
        command.args(["--exact", "the_table_of_costs_is_what_was_measured"]).env(TRACED, "1");
        Some(Self { process: quiet(&mut command).expect("it worked before"), log })
    }

    /// System calls for each operation, row by row.
    fn calls(mut self) -> Vec<String> {
        let status = self.process.wait().expect("a tracer that ends");
        assert!(status.success(), "the test passes without a tracer");
        let text = fs::read_to_string(&self.log).expect("a log");
        let _ = fs::remove_file(&self.log);
        let mut counts = vec![None; ROWS.len() + 1];
        // The row that is being measured, and who does it.
        let mut within: Option<(usize, &str)> = None;
        for line in text.lines() {
            let thread = line.split_whitespace().next().unwrap_or_default();
            if let Some((_, mark)) = line.split_once(MARK) {
                let mark = mark.split('"').next().unwrap_or_default();
                let row = mark.strip_prefix("begin ").map(|row| row.parse().expect("a row"));
                within = row.map(|row| (row, thread));
                if let Some(row) = row {
                    counts[row].get_or_insert(0);
                }
            } else if let Some((row, _)) = within.filter(|(_, other)| *other == thread) {
                // Signals, and the second halves of calls that were interrupted, are no calls.
                let call = line.trim_start_matches(thread).trim_start();
                if call.starts_with(|first: char| first.is_ascii_alphabetic()) {
                    *counts[row].get_or_insert(0) += 1;
                }
            }
        }
        let done = OPERATIONS.next_multiple_of(ROUND);
        let mut each = counts.iter().map(|n| per(n.expect("each row has marks"), done));
        let control = each.next_back();
        assert_eq!(control.as_deref(), Some("1"), "the tracer sees what is called");
        each.collect()
    }
}
