//! `--exec`: one process a record.

use std::time::{Duration, Instant};

use crate::support::{Place, await_that, is_alive};

#[test]
fn a_record_is_on_standard_input_in_arguments_and_in_the_environment() {
    let place = Place::new();
    place.write("in.csv", "a b,2\n");
    let script =
        "cat; printf '%s|' \"$@\" $RINGMILL_KEY $RINGMILL_2 $RINGMILL_NUMBER $RINGMILL_FILE";
    place.write("show.sh", script);
    let exec = "sh show.sh {line} {1} x{2}y {key} {number} {file} {attempt}";
    let ran = place.run(&["--key", "2", "--exec", exec, "in.csv"], "");
    assert_eq!(ran.out, "a b,2\na b,2|a b|x2y|2|1|in.csv|1|2|2|1|in.csv|");
    assert_eq!((ran.code, ran.sum().fates()), (0, [1, 1, 0, 0]));
}

#[test]
fn the_exit_status_decides() {
    let place = Place::new();
    let exec = ["--shell", "--retries", "2", "--dead", "dead", "--exec", "echo why >&2; exit $1"];
    let ran = place.run(&exec, "0\n65\n75\n7\n");
    assert_eq!((ran.code, ran.sum().fates()), (1, [4, 1, 3, 0]));
    assert_eq!(ran.sum().retried, 4);
    let mut letters: Vec<_> = place
        .letters("dead")
        .iter()
        .map(|letter| {
            let text = |name: &str| letter[name].as_str().expect("text").to_owned();
            (text("record"), text("reason"), letter["attempts"].as_u64(), text("error"))
        })
        .collect();
    letters.sort();
    let letter = |record: &str, reason: &str, attempts| {
        (record.into(), reason.into(), Some(attempts), format!("exit status {record}: why"))
    };
    assert_eq!(
        letters,
        [
            letter("65", "rejected", 1),
            letter("7", "max_attempts", 3),
            letter("75", "max_attempts", 3)
        ]
    );
}

#[test]
fn a_record_that_fails_is_tried_again_until_it_succeeds() {
    let place = Place::new();
    let exec = "echo $RINGMILL_ATTEMPT; test $RINGMILL_ATTEMPT = 3";
    let ran = place.run(&["--shell", "--exec", exec], "a\nb\n");
    assert_eq!((ran.code, ran.sum().fates(), ran.sum().retried), (0, [2, 2, 0, 0], 4));
    assert_eq!(ran.out, "3\n3\n", "what failed attempts print is no result");
}

#[test]
fn a_record_never_becomes_a_command() {
    let place = Place::new();
    let evil =
        "$(touch pwned)`touch pwned`;touch pwned|touch pwned&\"'\n'; touch pwned; '\n--help\n";
    for args in [
        &["-k", "--delimiter", "\\t", "--exec", "printf '%s\\n' {1}"][..],
        &["-k", "--delimiter", "\\t", "--shell", "--exec", "printf '%s\\n' \"$1\""],
        &["-k", "--shell", "--exec", "printf '%s\\n' \"$RINGMILL_LINE\""],
    ] {
        let ran = place.run(args, evil);
        assert_eq!((ran.out.as_str(), ran.code), (evil, 0), "{args:?}");
        assert!(!place.path("pwned").exists(), "{args:?}");
    }
}

#[test]
fn a_process_that_hangs_is_killed_with_its_group() {
    let place = Place::new();
    let exec = "sleep 1000 & echo $! > pid; trap '' TERM; wait; sleep 1000";
    let args = ["--shell", "--timeout", "300ms", "--retries", "0", "--dead", "dead"];
    let ran = place.run(&[&args, &["--exec", exec][..]].concat(), "a\n");
    assert_eq!((ran.code, ran.sum().fates()), (1, [1, 0, 1, 0]));
    assert_eq!(place.letters("dead")[0]["error"], "killed after 300ms");
    await_that(|| !is_alive(&place.read("pid")));
}

#[test]
fn a_process_that_is_killed_is_tried_again() {
    let place = Place::new();
    let exec = "test $RINGMILL_ATTEMPT = 2 || kill -9 $$";
    let ran = place.run(&["--shell", "--exec", exec], "a\n");
    assert_eq!((ran.code, ran.sum().fates(), ran.sum().retried), (0, [1, 1, 0, 0], 1));
}

#[test]
fn what_a_process_leaves_behind_keeps_nobody_waiting() {
    let place = Place::new();
    let exec = "sleep 1000 & echo $! >> pids; echo ok";
    let ran = place.run(&["--shell", "-w", "1", "--exec", exec], "a\nb\n");
    assert_eq!((ran.out.as_str(), ran.code), ("ok\nok\n", 0));
    for pid in place.read("pids").lines() {
        assert!(is_alive(pid), "it was left alone");
        let killed = std::process::Command::new("kill").arg(pid).status();
        assert!(killed.expect("it runs").success());
    }
}

#[test]
fn results_are_in_the_order_of_the_input_if_asked() {
    let place = Place::new();
    // The first ones fail at first, and come last.
    let exec = "test $1 -gt 5 -o $RINGMILL_ATTEMPT = 3 && echo $1";
    let input: String = (1..=20).map(|n| format!("{n}\n")).collect();
    let ran = place.run(&["-k", "-w", "3", "--shell", "--exec", exec], input.as_str());
    assert_eq!(ran.out, input);
    // Those that die leave a gap, and hold up nobody.
    let exec = "test $1 != 2 || exit 65; echo $1";
    let ran = place.run(&["-k", "-w", "3", "--shell", "--exec", exec], "1\n2\n3\n");
    assert_eq!((ran.out.as_str(), ran.code), ("1\n3\n", 1));
}

#[test]
fn results_go_to_a_file_with_where_they_come_from() {
    let place = Place::new();
    place.write("in", "a,1\nb,2\n");
    let args = ["--results", "out", "-k", "--key", "1", "--exec", "echo {2}", "in"];
    assert_eq!(place.run(&args, "").out, "");
    let first = &place.letters("out")[0];
    let found = ["file", "line", "key", "attempts", "result"].map(|name| first[name].to_string());
    assert_eq!(found, ["\"in\"", "1", "\"a\"", "1", "\"1\\n\""]);
    assert_eq!(place.letters("out").len(), 2);
}

#[test]
fn a_rate_is_not_exceeded() {
    let place = Place::new();
    let start = Instant::now();
    let ran = place.run(&["--rate", "20/s", "--exec", "true"], "1\n2\n3\n4\n5\n6\n");
    assert_eq!(ran.code, 0);
    assert!(start.elapsed() >= Duration::from_millis(250), "six starts, five times 50 ms");
}

#[test]
fn a_record_of_16_mebibytes_and_one_that_is_no_text_pass() {
    let place = Place::new();
    let mut input = vec![b'x'; 16 << 20];
    input.extend_from_slice(b"\n\xff\xfe\n");
    let ran = place.run(&["-k", "--exec", "wc -c"], input);
    assert_eq!((ran.out.as_str(), ran.code), ("16777217\n3\n", 0));
}

#[test]
fn what_no_process_can_take_is_a_dead_letter() {
    let place = Place::new();
    let ran = place.run(&["--dead", "dead", "--exec", "echo {2}"], "a\nb,c\nd,\0\n");
    assert_eq!((ran.out.as_str(), ran.sum().fates()), ("c\n", [3, 1, 2, 0]));
    let long = [&vec![b'x'; 3 << 20][..], b"\n"].concat();
    let ran = place.run(&["--dead", "long", "--exec", "echo {line}"], long);
    assert_eq!(ran.sum().fates(), [1, 0, 1, 0]);
    let error = place.letters("long")[0]["error"].to_string();
    assert!(error.contains("too long for arguments"), "{error}");
}

#[test]
fn usage_is_told_and_nothing_begins() {
    let place = Place::new();
    place.write("in", "a\n");
    for args in [
        &["run", "in"][..],
        &["run", "--exec", "true", "--coprocess", "cat", "in"],
        &["run", "--exec", "no-such-program-here", "in"],
        &["run", "--exec", "{1}", "in"],
        &["run", "--exec", "touch '", "in"],
        &["run", "--exec", "touch began", "--key", "/a", "in"],
        &["run", "--exec", "touch began", "--key", "name", "in"],
        &["run", "--exec", "touch began", "--key", "0", "in"],
        &["run", "--exec", "touch began", "--jsonl", "--key", "1", "in"],
        &["run", "--exec", "touch began", "--order", "key", "in"],
        &["run", "--exec", "touch began", "--backoff", "2s..1s", "in"],
        &["run", "--exec", "touch began", "--rate", "0/s", "in"],
        &["run", "--exec", "touch began", "--workers", "0", "in"],
        &["run", "--exec", "touch began", "--retries", "254", "in"],
        &["run", "--exec", "touch began", "--dead", "in", "in"],
        &["run", "--exec", "touch began", "--dead", "none/dead", "in"],
        &["run", "--coprocess", "cat {1}", "in"],
        &["redrive", "--exec", "touch began"],
        &["nonsense"],
    ] {
        let ran = place.command(args, "a\n");
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(!ran.err.is_empty(), "{args:?}");
        assert!(!place.path("began").exists(), "{args:?}");
    }
}
