//! Memory does not grow with the input.

use std::io::{BufRead, BufReader, Write};
use std::thread;

use crate::support::Place;

/// The most memory that a run had, in KiB, when it has handled so many lines.
fn peak(lines: usize, bytes: usize, args: &[&str]) -> u64 {
    let place = Place::new();
    let mut child = place.start(args);
    let mut input = child.stdin.take().expect("piped");
    let writer = thread::spawn(move || {
        let line = format!("ok {}\n", "x".repeat(bytes));
        for _ in 0..lines {
            input.write_all(line.as_bytes()).expect("it reads");
        }
        input
    });
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = Vec::new();
    for n in 0..lines {
        line.clear();
        assert!(out.read_until(b'\n', &mut line).expect("it answers") > 0, "ended after {n}");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    drop(writer.join().expect("no panic"));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux");
    peak.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// 10^6 lines in a release build; in others they would take too long.
const LINES: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// For 4,096 records of 1 KB, as many results that wait for their turn, and the program, in KiB; the
/// input has 100 MB or more.
const MOST: u64 = 48 << 10;

#[test]
fn memory_does_not_grow_with_the_input() {
    for args in [&["--coprocess", "cat"][..], &["-k", "--coprocess", "cat"]] {
        let args = [args, &["--capacity", "4096"]].concat();
        let (few, many) = (peak(10_000, 996, &args), peak(LINES, 996, &args));
        println!("{few} KiB for 10,000 lines, {many} KiB for {LINES}");
        assert!(many < MOST, "{few} KiB, then {many} KiB");
    }
}

/// There is room for 4,096 of them, but not in memory.
#[test]
fn large_records_are_bounded_by_their_bytes() {
    let most = peak(300, 1 << 20, &["--capacity", "4096", "--memory", "8M", "--coprocess", "cat"]);
    println!("{most} KiB");
    assert!(most < MOST, "{most} KiB");
}
