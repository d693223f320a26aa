//! Ctrl-C, once and twice.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command};

use crate::support::{Place, Sum, await_file, await_that, is_alive};

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status().expect("it runs");
    assert!(sent.success());
}

/// Reads the log until a line has `text`.
fn read_until(log: &mut impl BufRead, text: &str) -> String {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(log.read_line(&mut line).expect("text") > 0, "the log ended before {text:?}");
    }
    line
}

/// A run of one worker that is at its first record; its standard input is not at its end.
fn begin(place: &Place, args: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = place.start(&[&["-w", "1", "--dead", "dead"], args].concat());
    let input = child.stdin.as_mut().expect("piped");
    input.write_all(b"a\nb\nc\n").expect("it reads");
    await_file(&place.path("page"));
    await_that(|| place.read("page").contains("\"read\":3") && place.path("begun").exists());
    let log = BufReader::new(child.stderr.take().expect("piped"));
    (child, log)
}

const STEADY: [&str; 4] = ["--shell", "--stats-page", "page", "--exec"];

#[test]
fn ctrl_c_waits_for_what_runs_and_says_what_is_left() {
    for name in ["-INT", "-TERM"] {
        let place = Place::new();
        let exec = "touch begun; until test -e go; do sleep 0.01; done; cat";
        let (mut child, mut log) = begin(&place, &[&STEADY[..], &[exec]].concat());
        signal(&child, name);
        read_until(&mut log, "waiting for what runs");
        place.write("go", "");
        let sum = Sum::of(&read_until(&mut log, "summary")).expect("a summary");
        assert_eq!(sum.fates(), [3, 1, 0, 2]);
        assert_eq!(child.wait().expect("it ends").code(), Some(130));
        let args = ["redrive", "dead", "--log", "json", "-w", "1", "--exec", "cat"];
        let ran = place.command(&args, "");
        assert_eq!((ran.out.as_str(), ran.code), ("b\nc\n", 0), "what was left is taken up");
    }
}

#[test]
fn ctrl_c_twice_kills_what_runs() {
    for work in ["--exec", "--coprocess"] {
        let place = Place::new();
        let script = "echo $$ > pid; touch begun; sleep 1000";
        let steady = ["--shell", "--stats-page", "page", work, script];
        let (mut child, mut log) = begin(&place, &steady);
        signal(&child, "-INT");
        read_until(&mut log, "waiting for what runs");
        signal(&child, "-INT");
        let sum = Sum::of(&read_until(&mut log, "summary")).expect("a summary");
        assert_eq!(sum.fates(), [3, 0, 0, 3]);
        assert_eq!(child.wait().expect("it ends").code(), Some(130));
        await_that(|| !is_alive(&place.read("pid")));
        assert_eq!(place.letters("dead").len(), 3);
    }
}

#[test]
fn ctrl_c_does_not_wait_for_retries() {
    let place = Place::new();
    let mut child = place.start(&["--backoff", "1h", "--dead", "dead", "--exec", "false"]);
    child.stdin.as_mut().expect("piped").write_all(b"a\n").expect("it reads");
    let mut log = BufReader::new(child.stderr.take().expect("piped"));
    read_until(&mut log, "\"retried\":1");
    signal(&child, "-INT");
    let sum = Sum::of(&read_until(&mut log, "summary")).expect("a summary");
    assert_eq!(sum.fates(), [1, 0, 0, 1]);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn without_a_file_what_is_left_is_named() {
    let place = Place::new();
    let mut child = place.start(&["--backoff", "1h", "--exec", "false"]);
    child.stdin.as_mut().expect("piped").write_all(b"a\n").expect("it reads");
    let mut log = BufReader::new(child.stderr.take().expect("piped"));
    read_until(&mut log, "\"retried\":1");
    signal(&child, "-HUP");
    let named = read_until(&mut log, "\"left\"");
    assert!(named.contains("standard input") && named.contains("\"line\":1"), "{named}");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}
