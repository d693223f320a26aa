//! `ringmill bench` and `ringmill top`.

use crate::support::Place;

#[test]
fn a_bench_tells_throughput_and_latencies() {
    let place = Place::new();
    let ran = place.command(&["bench", "--messages", "5000"], "");
    assert!(ran.code == 0 && ran.out.starts_with("5000 messages of 64 bytes in"), "{}", ran.out);
    for args in [
        &["--producers", "2", "--consumers", "3", "--batch", "32", "--ack", "batch"][..],
        &["--order", "key", "--keys", "7", "--levels", "4", "--ack", "detached"],
        &["--order", "partition", "--partitions", "4", "--payload", "5K", "--capacity", "1"],
        &["--rate", "100000/s", "--batch", "8"],
    ] {
        let args = [&["bench", "--messages", "5000", "--json", "--svg", "l.svg"], args].concat();
        let ran = place.command(&args, "");
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
        let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        assert!(json["per_second"].as_f64().is_some_and(|rate| rate > 0.0), "{json}");
        let latency = |name: &str| json["latency_ns"][name].as_u64().expect("a number");
        assert!(0 < latency("p50") && latency("p50") <= latency("max"), "{json}");
        assert!(place.read("l.svg").contains("</svg>"));
    }
    assert_eq!(place.command(&["bench", "--payload", "7"], "").code, 2);
}

#[test]
fn the_page_of_a_run_can_be_looked_at() {
    let place = Place::new();
    place.run(&["--stats-page", "page", "--exec", "true"], "a\nb\n");
    let ran = place.command(&["top", "--once", "page"], "");
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((json["acked"].as_u64(), json["ended"].as_bool()), (Some(2), Some(true)));
    assert!(json["waited_us"]["p99"].is_u64(), "{json}");
    place.write("page", "{}");
    assert_eq!(place.command(&["top", "--once", "page"], "").code, 2);
    assert_eq!(place.command(&["top", "none"], "").code, 2);
}
