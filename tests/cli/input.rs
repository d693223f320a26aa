//! What is read: formats, keys, priorities, and what cannot be read.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::Place;

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).expect("memory");
    packed.finish().expect("memory")
}

#[test]
fn records_end_with_nul_if_asked() {
    let place = Place::new();
    let ran = place.run(&["-0", "-k", "--exec", "printf '<%s>' {line}"], "a\nb\0c\0");
    assert_eq!(ran.out, "<a\nb><c>");
}

#[test]
fn csv_columns_may_hold_anything() {
    let place = Place::new();
    let input = "id,name\n1,\"Smith, Anna\"\n2,\"two\nlines \"\"x\"\"\"\n";
    let args = ["--csv", "--header", "-k", "--key", "id", "--exec", "printf '%s %s;' {key} {name}"];
    let ran = place.run(&args, input);
    assert_eq!((ran.out.as_str(), ran.code), ("1 Smith, Anna;2 two\nlines \"x\";", 0));
    // The record itself is CSV again.
    let ran = place.run(&["--csv", "-k", "--exec", "cat"], input);
    assert_eq!(ran.out, input);
}

#[test]
fn json_is_taken_apart_by_pointers() {
    let place = Place::new();
    let input = "{\"a\":{\"b\":\"x y\"},\"n\":1}\n\n{\"a\":{\"b\":[1,2]},\"n\":2}\n";
    let args = ["--jsonl", "-k", "--key", "/n", "--exec", "printf '%s=%s;' {key} {/a/b}"];
    assert_eq!(place.run(&args, input).out, "1=x y;2=[1,2];");
}

#[test]
fn a_key_may_be_what_a_pattern_matches() {
    let place = Place::new();
    let args = ["-k", "--key", "re:user=(\\w+)", "--dead", "dead", "--exec", "echo {key}"];
    let ran = place.run(&args, "x user=anna y\nuser=bert\nnobody\n");
    assert_eq!((ran.out.as_str(), ran.code), ("anna\nbert\n", 1));
    assert_eq!(place.letters("dead")[0]["line"], 3);
}

#[test]
fn malformed_records_are_dead_letters_with_file_and_line_and_the_run_goes_on() {
    let place = Place::new();
    place.write("a.csv", "1,x\n2\n3,z\n");
    place.write("b.csv", "4,u\n5,v,w\n");
    let ran = place.run(&["--csv", "--dead", "dead", "--exec", "cat", "a.csv", "b.csv"], "");
    assert_eq!((ran.sorted(), ran.code), (vec!["1,x", "3,z", "4,u"], 1));
    let found: Vec<_> = place
        .letters("dead")
        .iter()
        .map(|letter| format!("{} {} {}", letter["file"], letter["line"], letter["reason"]))
        .collect();
    assert_eq!(found, ["\"a.csv\" 2 \"malformed\"", "\"b.csv\" 2 \"malformed\""]);

    let input = "{\"k\":1}\nno\n{\"j\":1}\n{\"k\":2}\n";
    let ran = place.run(&["--jsonl", "--key", "/k", "--exec", "cat"], input);
    assert_eq!((ran.sum().fates(), ran.code), ([4, 2, 2, 0], 1));
    assert!(ran.err.contains("\"line\":2") && ran.err.contains("\"line\":3"), "{}", ran.err);
}

#[test]
fn gzip_is_recognised_on_both_ways_in() {
    let place = Place::new();
    let halves = [gzip("a\n"), gzip("b\n")].concat();
    place.write("in.gz", &halves);
    let ran = place.run(&["-k", "--exec", "cat", "in.gz", "-"], halves);
    assert_eq!(ran.out, "a\nb\na\nb\n");
}

#[test]
fn what_cannot_be_read_is_told_and_the_next_file_is_read() {
    let place = Place::new();
    place.write("cut.gz", &gzip("a\nb\n")[..12]);
    place.write("in", "c\n");
    let ran = place.run(&["--exec", "cat", "none", ".", "cut.gz", "in"], "");
    assert!(ran.out.ends_with("c\n"), "{}", ran.out);
    assert_eq!(ran.code, 1);
    for name in ["none: ", ".: ", "cut.gz: "] {
        assert!(ran.err.contains(name), "{name}: {}", ran.err);
    }
}

#[test]
fn nothing_is_read_from_nothing() {
    let place = Place::new();
    place.write("empty", "");
    for args in [&["--exec", "true", "empty"][..], &["--exec", "true"], &["--coprocess", "cat"]] {
        let ran = place.run(args, "");
        assert_eq!((ran.code, ran.sum().fates()), (0, [0; 4]));
    }
}

#[test]
fn a_record_that_is_too_long_is_a_dead_letter() {
    let place = Place::new();
    let input = ["x".repeat(100_000).as_str(), "\nshort\n"].concat();
    let ran = place.run(&["--max-record", "64K", "--dead", "dead", "--exec", "cat"], input);
    assert_eq!((ran.out.as_str(), ran.sum().fates()), ("short\n", [2, 1, 1, 0]));
    assert_eq!(place.letters("dead")[0]["record"].as_str().map(str::len), Some(1_024));
}

#[test]
fn the_first_records_can_be_left_alone() {
    let place = Place::new();
    let ran = place.run(&["--skip", "2", "-k", "--exec", "cat"], "1\n2\n3\n4\n");
    assert_eq!((ran.out.as_str(), ran.sum().fates()), ("3\n4\n", [2, 2, 0, 0]));
}

#[test]
fn the_most_urgent_goes_first() {
    let place = Place::new();
    // The first one keeps the only worker until all are read.
    let exec = "test $1 != gate || until grep -q '\"read\":5' page; do sleep 0.01; done; echo $1";
    let args = ["-w", "1", "--priority", "2", "--stats-page", "page", "--shell", "--exec", exec];
    let ran = place.run(&args, "gate,critical\na,low\nb,normal\nc,31\nd,17\n");
    assert_eq!(ran.out, "gate\nc\nd\nb\na\n");
    let ran = place.run(&["--priority", "1", "--exec", "cat"], "32\n");
    assert_eq!(ran.sum().fates(), [1, 0, 1, 0]);
}

#[test]
fn a_dry_run_shows_and_runs_nothing() {
    let place = Place::new();
    place.write("in", "a b,1\nc\n");
    let args = ["run", "--dry-run", "--key", "1", "--exec", "touch {1} x{2}", "in"];
    let ran = place.command(&args, "");
    let expected =
        "in:1: key a b: touch 'a b' x1\nin:2: key c: malformed: no column 2; there are 1\n";
    assert_eq!((ran.out.as_str(), ran.code), (expected, 1));
    assert!(!place.path("x1").exists());
}
