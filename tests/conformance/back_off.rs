//! S26: how long a message waits for its retry.

use std::time::Duration;

use ringmill::queue::{Jitter, Retry};

use crate::bench::{Backend, Bench, ms, secs, suite};

/// Nacks a message until it is dead, and says how long it waited each time, to the millisecond.
fn waits<B: Backend>(bench: &Bench<B>, name: &str, retry: Retry, times: u32) -> Vec<u64> {
    let builder = bench.builder::<u64>(name).retry(retry.max(times)).max_deliveries(254);
    let queue = bench.open(builder);
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let mut waits = Vec::new();
    for _ in 0..times {
        bench.take(&consumer).nack().expect("live");
        let mut waited = 0;
        while queue.stats().ready == 0 {
            bench.pass(ms(1));
            waited += 1;
            assert!(waited <= 100_000, "it never comes");
        }
        waits.push(waited);
    }
    bench.take(&consumer).nack().expect("live");
    assert_eq!(queue.len(), 0, "dead");
    waits
}

/// S26: fixed, linear, exponential, each with its cap.
fn s26_each_policy_waits_as_long_as_it_says<B: Backend>(bench: &Bench<B>) {
    assert_eq!(waits(bench, "a", Retry::fixed(ms(7)), 3), [7, 7, 7]);
    assert_eq!(waits(bench, "b", Retry::linear(ms(5), ms(3)), 4), [5, 8, 11, 14]);
    assert_eq!(waits(bench, "c", Retry::linear(ms(5), ms(3)).cap(ms(9)), 4), [5, 8, 9, 9]);
    assert_eq!(waits(bench, "d", Retry::exponential(ms(3), 2.0), 5), [3, 6, 12, 24, 48]);
    let capped = Retry::exponential(ms(10), 3.0).cap(ms(50));
    assert_eq!(waits(bench, "e", capped, 4), [10, 30, 50, 50]);
}

/// S26: the default starts at 1 s.
fn s26_the_default_starts_at_one_second<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    bench.take(&consumer).nack().expect("live");
    bench.pass(secs(1) - Duration::from_nanos(1));
    bench.nothing(&consumer);
    bench.pass(Duration::from_nanos(1));
    bench.take(&consumer).ack().expect("live");
}

/// S26: never early, to the nanosecond.
fn s26_a_retry_is_never_early<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let consumer = queue.consumer();
    for delay in [1, 999_999, 1_000_001, 123_456_789, 7_777_777_777, 3_600_000_000_001] {
        bench.fill(&queue, [1]);
        bench.clock.advance(Duration::from_nanos(delay / 3));
        bench.take(&consumer).nack_after(Duration::from_nanos(delay)).expect("live");
        bench.pass(Duration::from_nanos(delay - 1));
        bench.nothing(&consumer);
        bench.pass(ms(2));
        bench.take(&consumer).ack().expect("live");
    }
}

/// S26: never overflowing: the longest wait is long, not short.
fn s26_the_largest_delays_do_not_overflow<B: Backend>(bench: &Bench<B>) {
    let years = secs(10 * 365 * 86_400);
    let retry = Retry::exponential(years, 1_000.0).max(253);
    let queue = bench.open(bench.builder::<u64>("q").retry(retry).capacity(8));
    bench.fill(&queue, [1, 2, 3]);
    let consumer = queue.consumer();
    bench.take(&consumer).nack().expect("live");
    bench.take(&consumer).nack_after(Duration::MAX).expect("live");
    bench.take(&consumer).snooze(Duration::MAX).expect("live");
    for _ in 0..9 {
        bench.pass(years / 10);
        bench.nothing(&consumer);
    }
    assert_eq!(queue.stats().delayed, 3);
}

/// S26: full jitter is anywhere below, equal jitter in the upper half, ± around, from a seed.
fn s26_jitter_stays_in_its_bounds_and_repeats<B: Backend>(bench: &Bench<B>) {
    let kinds =
        [(Jitter::Full, 0, 100), (Jitter::Equal, 50, 100), (Jitter::PlusMinus(0.2), 80, 120)];
    for (turn, (jitter, low, high)) in kinds.into_iter().enumerate() {
        let run = |name: &str, seed| {
            let retry = Retry::fixed(ms(100)).jitter(jitter).seed(seed);
            waits(bench, &format!("{name}{turn}"), retry, 100)
        };
        let first = run("first", 7);
        assert!(first.iter().all(|wait| (low..=high).contains(wait)), "{jitter:?}: {first:?}");
        let (least, most) = (first.iter().min(), first.iter().max());
        assert!(most > least, "it varies");
        assert_eq!(run("again", 7), first, "from the same seed");
        assert_ne!(run("other", 8), first, "from another seed");
    }
}

/// S26: a delay keeps no consumer waiting.
fn s26_a_retry_holds_nothing_else_up<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, 0..3);
    let consumer = queue.consumer();
    bench.take(&consumer).nack().expect("live");
    assert_eq!(bench.take_all(&queue), [1, 2]);
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [0]);
}

suite!(
    s26_each_policy_waits_as_long_as_it_says,
    s26_the_default_starts_at_one_second,
    s26_a_retry_is_never_early,
    s26_the_largest_delays_do_not_overflow,
    s26_jitter_stays_in_its_bounds_and_repeats,
    s26_a_retry_holds_nothing_else_up,
);
