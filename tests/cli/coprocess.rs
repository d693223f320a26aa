//! `--coprocess`: a process that stays, and what may go wrong with it.

use crate::support::{Place, await_that, is_alive};

const ECHO: &str = "while read -r x; do echo \"ok $x\"; done";

#[test]
fn each_answer_is_for_its_record() {
    let place = Place::new();
    let script = "while read -r x; do case $x in \
        d*) echo dead $x;; r*) if test -e $x; then echo ok $x; else touch $x; echo retry 2ms; fi;; \
        *) echo ok $x;; esac; done";
    let args = ["--shell", "--dead", "dead", "--coprocess", script];
    let ran = place.run(&args, "a\nd1\nr1\nb\nr2\nd2\nc\n");
    assert_eq!(ran.sorted(), ["a", "b", "c", "r1", "r2"]);
    assert_eq!((ran.code, ran.sum().fates(), ran.sum().retried), (1, [7, 5, 2, 0], 2));
    let mut texts: Vec<_> = place.letters("dead").iter().map(|l| l["error"].to_string()).collect();
    texts.sort();
    assert_eq!(texts, ["\"d1\"", "\"d2\""]);
}

#[test]
fn an_answer_without_a_result_prints_nothing() {
    let place = Place::new();
    let ran = place.run(&["--shell", "--coprocess", "while read -r x; do echo ok; done"], "a\nb\n");
    assert_eq!((ran.out.as_str(), ran.sum().fates()), ("", [2, 2, 0, 0]));
}

#[test]
fn a_worker_that_is_killed_in_the_middle_is_started_again_and_nothing_is_lost() {
    let place = Place::new();
    let script = "while read -r x; do if test $x = 500 -a ! -e died; then touch died; kill -9 $$; fi; \
        echo ok $x; done";
    let input: String = (0..2_000).map(|n| format!("{n}\n")).collect();
    let ran = place.run(&["-k", "--shell", "--coprocess", script], input.as_str());
    assert_eq!((ran.out.as_str(), ran.code), (input.as_str(), 0));
    assert_eq!(ran.sum().retried, 1, "only the record that it died of");
}

#[test]
fn a_worker_that_always_dies_ends_in_dead_letters() {
    let place = Place::new();
    let args = ["--retries", "1", "--dead", "dead", "--coprocess", "true"];
    let ran = place.run(&args, "a\nb\n");
    assert_eq!((ran.code, ran.sum().fates(), ran.sum().retried), (1, [2, 0, 2, 0], 2));
}

#[test]
fn a_worker_that_makes_no_sense_is_started_again() {
    let place = Place::new();
    let script = "while read -r x; do if test $x = b -a ! -e once; then touch once; echo what?; \
        else echo ok $x; fi; done";
    let ran = place.run(&["-w", "1", "--shell", "--coprocess", script], "a\nb\nc\n");
    assert_eq!((ran.sorted(), ran.sum().retried), (vec!["a", "b", "c"], 1));
    // More answers than records.
    let script = "while read -r x; do echo ok; echo ok; done";
    let ran = place.run(&["-w", "1", "--shell", "--coprocess", script], "a\n");
    assert_eq!(ran.sum().fates(), [1, 1, 0, 0]);
}

#[test]
fn a_worker_that_hangs_is_killed_with_its_group_and_started_again() {
    let place = Place::new();
    let script = "while read -r x; do if test $x = b -a ! -e pid; then sleep 1000 & echo $! > pid; \
        wait; fi; echo ok $x; done";
    let args = ["-w", "1", "--timeout", "500ms", "--shell", "--coprocess", script];
    let ran = place.run(&args, "a\nb\nc\n");
    assert_eq!((ran.sorted(), ran.sum().retried), (vec!["a", "b", "c"], 1));
    await_that(|| !is_alive(&place.read("pid")));
}

#[test]
fn a_record_of_more_than_one_line_is_not_for_a_coprocess() {
    let place = Place::new();
    let ran = place.run(&["-0", "--shell", "--coprocess", ECHO], "a\nb\0c\0");
    assert_eq!((ran.out.as_str(), ran.sum().fates()), ("c\n", [2, 1, 1, 0]));
}

#[test]
fn answers_longer_than_a_pipe_pass_while_records_are_sent() {
    let place = Place::new();
    let line = "x".repeat(300_000);
    let input = format!("ok {line}\n").repeat(20);
    let ran = place.run(&["-w", "2", "--coprocess", "cat"], input);
    assert_eq!((ran.out.len(), ran.code), (20 * 300_001, 0));
}

#[test]
fn a_rate_holds_for_a_coprocess_too() {
    let place = Place::new();
    let start = std::time::Instant::now();
    let ran = place.run(&["--rate", "20/s", "--shell", "--coprocess", ECHO], "1\n2\n3\n4\n5\n");
    assert_eq!(ran.code, 0);
    assert!(
        start.elapsed() >= std::time::Duration::from_millis(200),
        "five starts, four times 50 ms"
    );
}
