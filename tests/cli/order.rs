//! The records of one key, one after the other, through failures.

use std::collections::HashMap;

use crate::support::Place;

/// Every twentieth attempt fails. An answer is printed before the next record of its key is handed
/// out, so what is printed is in the order of handling.
const SCRIPT: &str = "n=0; while read -r x; do n=$((n+1)); \
    if test $((n % 20)) = 0; then echo retry 1ms; else echo ok $x; fi; done";

fn input(records: usize) -> String {
    (0..records).map(|n| format!("k{},{n}\n", n * n % 997)).collect()
}

/// How many records came before an earlier one of their key.
fn overtaking(out: &str, records: usize) -> usize {
    let mut last = HashMap::new();
    let mut seen = vec![false; records];
    let mut count = 0;
    for line in out.lines() {
        let (key, number) = line.split_once(',').expect("a key and a number");
        let number: usize = number.parse().expect("a number");
        assert!(!std::mem::replace(&mut seen[number], true), "{line} twice");
        count += usize::from(last.insert(key, number).is_some_and(|last| last > number));
    }
    assert!(seen.iter().all(|seen| *seen), "all are there");
    count
}

#[test]
fn the_records_of_a_key_keep_their_order_through_retries() {
    let records = 100_000;
    let place = Place::new();
    let args = ["-w", "4", "--key", "1", "--retries", "200", "--shell", "--coprocess", SCRIPT];
    let ran = place.run(&args, input(records));
    assert_eq!((ran.code, overtaking(&ran.out, records)), (0, 0));
    assert!(ran.sum().retried >= records as u64 / 20, "{:?}", ran.sum());
}

#[test]
fn without_order_a_key_does_not_wait_for_its_retries() {
    let records = 10_000;
    let place = Place::new();
    let args = [
        "-w",
        "4",
        "--key",
        "1",
        "--order",
        "none",
        "--retries",
        "200",
        "--shell",
        "--coprocess",
        SCRIPT,
    ];
    let ran = place.run(&args, input(records));
    assert_eq!(ran.code, 0);
    assert!(overtaking(&ran.out, records) > 0);
}

#[test]
fn processes_keep_the_order_of_a_key_too() {
    let place = Place::new();
    let exec = "test $((($2 + RINGMILL_ATTEMPT) % 4)) != 0 && echo \"$1,$2\"";
    let ran = place.run(&["-w", "4", "--key", "1", "--shell", "--exec", exec], input(200));
    assert_eq!((ran.code, overtaking(&ran.out, 200)), (0, 0));
}
