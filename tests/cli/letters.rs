//! Dead letters: kept, and taken up again.

use std::process::{Command, Stdio};

use crate::support::{Place, Sum};

#[test]
fn a_redrive_brings_records_keys_and_lines_back() {
    let place = Place::new();
    place.write("in", b"a,\xff\xfe\nb,2\nc,3\n");
    let args = ["--key", "1", "--retries", "0", "--dead", "dead", "--exec", "false", "in"];
    assert_eq!(place.run(&args, "").sum().fates(), [3, 0, 3, 0]);
    let args = ["redrive", "dead", "--log", "json", "-k", "--results", "out", "--exec", "cat"];
    let ran = place.command(&args, "");
    assert_eq!((ran.code, ran.sum().fates()), (0, [3, 3, 0, 0]));
    let mut found: Vec<_> = place
        .letters("out")
        .iter()
        .map(|r| format!("{} {} {} {}", r["file"], r["line"], r["key"], r["result"]))
        .collect();
    found.sort();
    assert_eq!(found[1..], ["\"in\" 2 \"b\" \"b,2\\n\"", "\"in\" 3 \"c\" \"c,3\\n\""]);
    assert!(place.read("out").contains("result_base64"), "bytes that are no text come back too");
}

#[test]
fn a_redrive_knows_the_names_of_columns() {
    let place = Place::new();
    place.write("in", "id,name\n1,anna\n");
    let csv = ["--csv", "--header"];
    let first = ["--retries", "0", "--dead", "dead", "--exec", "false", "in"];
    place.run(&[&csv[..], &first].concat(), "");
    let again = ["redrive", "dead", "--log", "json", "--exec", "echo {name}"];
    assert_eq!(place.command(&[&again[..], &csv].concat(), "").out, "anna\n");
}

#[test]
fn what_is_no_dead_letter_is_malformed() {
    let place = Place::new();
    place.write("dead", "{\"a\":1}\nno\n");
    let ran = place.command(&["redrive", "dead", "--log", "json", "--exec", "cat"], "");
    assert_eq!((ran.code, ran.sum().fates()), (1, [2, 0, 2, 0]));
}

#[test]
fn dead_letters_are_appended_and_half_a_line_spoils_none() {
    let place = Place::new();
    place.write("dead", "{\"record\":\"cut o");
    for _ in 0..2 {
        place.run(&["--retries", "0", "--dead", "dead", "--exec", "false"], "a\n");
    }
    let text = place.read("dead");
    let whole = text.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    assert_eq!((text.lines().count(), whole.count()), (3, 2));
}

#[test]
fn a_full_disk_for_dead_letters_ends_the_run_and_loses_nothing() {
    let place = Place::new();
    for work in [["--exec", "false"], ["--coprocess", "true"]] {
        let args = ["--retries", "0", "--dead", "/dev/full"];
        let ran = place.run(&[&args[..], &work].concat(), "a\nb\nc\n");
        let sum = ran.sum();
        assert_eq!((ran.code, sum.dead, sum.left), (1, 0, sum.read), "{}", ran.err);
        assert!(ran.err.contains("No space left"), "{}", ran.err);
    }
}

#[test]
fn a_full_disk_for_results_ends_the_run_and_loses_nothing() {
    let place = Place::new();
    for work in [["--exec", "cat"], ["--coprocess", "cat"]] {
        let args = ["--results", "/dev/full", "--dead", "dead"];
        let ran = place.run(&[&args[..], &work].concat(), "ok a\nok b\n");
        assert_eq!((ran.code, ran.sum().done, ran.sum().dead), (1, 0, 0), "{}", ran.err);
    }
}

#[test]
fn a_closed_output_ends_the_run_and_loses_nothing() {
    let place = Place::new();
    let input: String = (0..50_000).map(|n| format!("ok {n}\n")).collect();
    place.write("in", input);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringmill"))
        .current_dir(place.0.path())
        .args(["run", "--log", "json", "--dead", "dead", "--coprocess", "cat", "in"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let err = String::from_utf8(output.stderr).expect("text");
    let sum = err.lines().find_map(Sum::of).expect("a summary");
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert_eq!(sum.read, sum.done + sum.left, "{err}");
    // Those that were left, and those that were not read.
    let args = ["redrive", "dead", "--log", "json", "--coprocess", "cat"];
    assert_eq!(place.command(&args, "").sum().done, sum.left);
    let skip = sum.read.to_string();
    let rest = place.run(&["--skip", &skip, "--coprocess", "cat", "in"], "");
    assert_eq!(rest.sum().done, 50_000 - sum.read);
}
