//! Bounds of delays, and what is refused.

use std::string::ToString;
use std::time::Duration;
use std::vec::Vec;

use proptest::prelude::*;

use super::{Invalid, Jitter, LONGEST, Retry};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn delays(policy: &Retry) -> Vec<Duration> {
    (1..=4).map(|retry| policy.delay(retry, 0)).collect()
}

#[test]
fn the_default_is_three_retries_after_1_2_and_4_seconds() {
    let policy = Retry::default();
    assert_eq!(policy.validate(), Ok(()));
    assert_eq!(policy.retries(), 3);
    assert_eq!(delays(&policy), [ms(1_000), ms(2_000), ms(4_000), ms(8_000)]);
    assert_eq!(policy.delay(u32::MAX, u64::MAX), ms(3_600_000));
}

#[test]
fn each_policy_grows_as_its_table_says() {
    assert_eq!(Retry::none().retries(), 0);
    assert_eq!(delays(&Retry::fixed(ms(7))), [ms(7); 4]);
    assert_eq!(delays(&Retry::linear(ms(1), ms(2))), [ms(1), ms(3), ms(5), ms(7)]);
    assert_eq!(delays(&Retry::exponential(ms(1), 3.0)), [ms(1), ms(3), ms(9), ms(27)]);
    assert_eq!(delays(&Retry::exponential(ms(100), 1.1))[1], ms(110));
    assert_eq!(Retry::fixed(ms(1)).delay(0, 0), ms(1));
}

#[test]
fn a_delay_stops_at_the_cap_and_the_default_cap_is_never_below_the_first_delay() {
    let policy = Retry::exponential(ms(100), 2.0).cap(ms(250));
    assert_eq!(delays(&policy), [ms(100), ms(200), ms(250), ms(250)]);
    assert_eq!(Retry::linear(ms(100), ms(100)).cap(ms(250)).delay(3, 0), ms(250));
    assert_eq!(Retry::fixed(2 * LONGEST / 4).delay(9, 0), LONGEST / 2);
}

#[test]
fn jitter_reaches_both_ends_of_its_range() {
    let range = |jitter| {
        let policy = Retry::fixed(ms(100)).cap(ms(120)).jitter(jitter);
        (policy.delay(1, 0), policy.delay(1, u64::MAX))
    };
    assert_eq!(range(Jitter::None), (ms(100), ms(100)));
    assert_eq!(range(Jitter::Full), (ms(0), ms(100)));
    assert_eq!(range(Jitter::Equal), (ms(50), ms(100)));
    assert_eq!(range(Jitter::PlusMinus(0.1)), (ms(90), ms(110)));
    assert_eq!(range(Jitter::PlusMinus(0.5)), (ms(50), ms(120)));
    assert_eq!(range(Jitter::PlusMinus(1.0)), (ms(0), ms(120)));
}

#[test]
fn full_jitter_is_even() {
    let policy = Retry::fixed(ms(1_000)).jitter(Jitter::Full);
    let mut random = Retry::random(1, 0);
    let mut tenths = [0_u32; 10];
    for _ in 0..10_000 {
        let delay = policy.delay(1, random.next());
        tenths[(delay.as_nanos() * 10 / 1_000_000_001) as usize] += 1;
    }
    // 1,000 each; six standard deviations are 180.
    assert!(tenths.iter().all(|&count| (820..1_180).contains(&count)), "{tenths:?}");
}

#[test]
fn the_same_seed_gives_the_same_delays_and_each_handle_its_own() {
    let policy = Retry::default().jitter(Jitter::Equal).seed(42);
    let of_handle = |policy: &Retry, handle| {
        let mut random = Retry::random(policy.seed_or_any(), handle);
        [1, 2, 3].map(|retry| policy.delay(retry, random.next()))
    };
    assert_eq!(of_handle(&policy, 0), of_handle(&policy.clone(), 0));
    assert_ne!(of_handle(&policy, 0), of_handle(&policy, 1));
    assert_ne!(of_handle(&policy, 0), of_handle(&policy.clone().seed(43), 0));
    let unseeded = Retry::default().jitter(Jitter::Equal);
    assert_ne!(of_handle(&unseeded, 0), of_handle(&unseeded, 0));
}

#[test]
fn what_is_out_of_range_is_named() {
    let long = LONGEST + Duration::from_nanos(1);
    let ok = Retry::default();
    for (policy, field, value) in [
        (Retry::fixed(long), "retry.first", "315360000.000000001s"),
        (Retry::exponential(long, 2.0), "retry.first", "315360000.000000001s"),
        (Retry::linear(ms(1), long), "retry.step", "315360000.000000001s"),
        (Retry::exponential(ms(1), 0.99), "retry.factor", "0.99"),
        (Retry::exponential(ms(1), 1_000.5), "retry.factor", "1000.5"),
        (Retry::exponential(ms(1), f64::NAN), "retry.factor", "NaN"),
        (ok.clone().max(254), "retry.max", "254"),
        (ok.clone().cap(ms(999)), "retry.cap", "999ms"),
        (ok.clone().cap(long), "retry.cap", "315360000.000000001s"),
        (ok.clone().jitter(Jitter::PlusMinus(-0.1)), "retry.jitter", "-0.1"),
        (ok.clone().jitter(Jitter::PlusMinus(1.1)), "retry.jitter", "1.1"),
        (ok.clone().jitter(Jitter::PlusMinus(f64::NAN)), "retry.jitter", "NaN"),
    ] {
        let Err(Invalid { field: named, value: shown, allowed }) = policy.validate() else {
            panic!("{policy:?} was taken");
        };
        assert_eq!((named, shown), (field, value.to_string()));
        assert!(!allowed.is_empty());
    }
    for policy in [
        Retry::none(),
        Retry::fixed(Duration::ZERO),
        Retry::linear(LONGEST, LONGEST).max(253).cap(LONGEST),
        Retry::exponential(ms(1_000), 1.0).cap(ms(1_000)).jitter(Jitter::PlusMinus(0.0)),
        Retry::exponential(LONGEST, 1_000.0).jitter(Jitter::PlusMinus(1.0)),
    ] {
        assert_eq!(policy.validate(), Ok(()));
    }
}

/// Any duration, often a short one, sometimes out of range.
fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0_u64..2_000).prop_map(ms),
        any::<u64>().prop_map(Duration::from_nanos),
        Just(LONGEST),
        Just(Duration::MAX),
    ]
}

fn jitter() -> impl Strategy<Value = Jitter> {
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        prop_oneof![0.0..=1.0, any::<f64>()].prop_map(Jitter::PlusMinus),
    ]
}

/// Any policy at all; most of them would be refused, and must do no harm all the same.
fn policy() -> impl Strategy<Value = Retry> {
    policy_of(duration().boxed(), prop_oneof![1.0..4.0, any::<f64>()].boxed(), jitter().boxed())
}

/// A policy that is taken.
fn valid() -> impl Strategy<Value = Retry> {
    let longest = LONGEST.as_nanos() as u64;
    let duration = prop_oneof![
        (0_u64..2_000).prop_map(ms),
        (0..=longest).prop_map(Duration::from_nanos),
        (0_u32..59).prop_map(move |bits| Duration::from_nanos(longest >> bits)),
    ];
    let factor = prop_oneof![Just(1.0), Just(2.0), 1.0..1.1, 1.0..=1_000.0];
    policy_of(duration.boxed(), factor.boxed(), jitter().boxed())
        .prop_map(|policy| match policy.cap {
            Some(cap) if cap < policy.first() => policy.cap(LONGEST),
            _ => policy,
        })
        .prop_filter("a jitter out of range", |policy| policy.validate().is_ok())
}

fn policy_of(
    duration: BoxedStrategy<Duration>,
    factor: BoxedStrategy<f64>,
    jitter: BoxedStrategy<Jitter>,
) -> impl Strategy<Value = Retry> {
    let backoff = prop_oneof![
        duration.clone().prop_map(Retry::fixed),
        (duration.clone(), duration.clone()).prop_map(|(first, step)| Retry::linear(first, step)),
        (duration.clone(), factor).prop_map(|(first, factor)| Retry::exponential(first, factor)),
    ];
    (backoff, prop::option::of(duration), jitter).prop_map(|(policy, cap, jitter)| match cap {
        Some(cap) => policy.cap(cap).jitter(jitter),
        None => policy.jitter(jitter),
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_delay_is_never_over_the_cap(policy in policy(), retry: u32, random: u64) {
        let cap = policy.cap.unwrap_or(LONGEST).min(LONGEST);
        for retry in [retry, retry % 254] {
            let delay = policy.delay(retry, random);
            prop_assert!(delay <= cap, "{delay:?}");
        }
    }

    #[test]
    fn delays_never_shrink_without_jitter(policy in valid()) {
        let policy = policy.jitter(Jitter::None);
        let mut last = policy.delay(1, 0);
        prop_assert_eq!(last, policy.first());
        for retry in 2..=255 {
            let delay = policy.delay(retry, 0);
            prop_assert!(last <= delay, "{last:?}, then {delay:?} before retry {retry}");
            last = delay;
        }
    }

    #[test]
    fn jitter_keeps_its_range(policy in valid(), retry in 1_u32..254, random: u64) {
        let plain = policy.clone().jitter(Jitter::None).delay(retry, 0);
        let delay = policy.delay(retry, random);
        let (least, most) = match policy.jitter {
            Jitter::None => (plain, plain),
            Jitter::Full => (Duration::ZERO, plain),
            Jitter::Equal => (plain / 2, plain),
            Jitter::PlusMinus(fraction) => {
                let off = plain.mul_f64(fraction) + Duration::from_micros(1);
                (plain.saturating_sub(off), plain + off)
            }
        };
        prop_assert!((least..=most).contains(&delay), "{least:?} <= {delay:?} <= {most:?}");
    }
}
