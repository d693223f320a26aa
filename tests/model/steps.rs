//! Random settings and operations, and how a failing sequence of them is shrunk.

use crate::reference::{BackOff, Config, End, Full, Remembers};
use crate::rng::Rng;

/// The two queues of a run.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) source: Config,
    pub(crate) dead: Option<Config>,
}

/// One operation. Numbers that choose among what is there are taken modulo how many there are, so
/// that a sequence stays one when operations are taken out of it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// By the overflow policy, or only if there is room; with an id, or without.
    Enqueue {
        side: usize,
        key: u8,
        policy: bool,
        after: u64,
        id: Option<u8>,
        ttl: u64,
    },
    /// Opens a name for numbered messages.
    Open {
        name: u8,
    },
    Forget {
        name: u8,
    },
    /// By the overflow policy, with a number near the next one.
    Numbered {
        which: usize,
        key: u8,
        ahead: u64,
    },
    /// All with one key, as far as there is room; every third one waits so long.
    EnqueueBatch {
        side: usize,
        key: u8,
        count: usize,
        after: u64,
    },
    Dequeue {
        side: usize,
    },
    /// Dequeues, and takes the payload out.
    Take {
        side: usize,
    },
    DequeueBatch {
        side: usize,
        max: usize,
    },
    Settle {
        which: usize,
        end: End,
    },
    SettleReceipt {
        which: usize,
        end: End,
    },
    Extend {
        which: usize,
        by: u64,
    },
    Cancel {
        side: usize,
        which: usize,
    },
    Reschedule {
        side: usize,
        which: usize,
        after: u64,
    },
    TakeDeferred {
        side: usize,
        which: usize,
    },
    Purge {
        side: usize,
        modulus: u64,
    },
    Redrive {
        modulus: u64,
    },
    Pause {
        side: usize,
    },
    Resume {
        side: usize,
    },
    Advance {
        by: u64,
    },
    Tick,
    Browse {
        side: usize,
    },
    Close,
}

fn one<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.below(of.len())]
}

fn config(rng: &mut Rng, partitions: usize, overflow: Full) -> Config {
    let base = one(rng, &[5, 10, 20]);
    Config {
        partitions,
        capacity: one(rng, &[1, 1, 2, 3, 4, 8]),
        lease: one(rng, &[20, 40, 100]),
        max_lease: 200,
        back_off: one(
            rng,
            &[BackOff::Fixed(base), BackOff::Linear(base, 7), BackOff::Doubling(base, 60)],
        ),
        max_retries: one(rng, &[0, 1, 3, 3]),
        max_deliveries: one(rng, &[1, 2, 5, 20, 254]),
        release_delay: one(rng, &[5, 10, 100]),
        overflow,
        remembers: Remembers::Nothing,
        ttl: one(rng, &[None, None, None, Some(30), Some(200)]),
    }
}

impl Setup {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let partitions = one(rng, &[1, 1, 2, 3, 8]);
        let overflow = one(rng, &[Full::Fail, Full::Fail, Full::DropNewest, Full::DropOldest]);
        let window = Remembers::Window { time: 30, count: one(rng, &[1, 3, 100]) };
        let remembers = one(rng, &[Remembers::Nothing, window, Remembers::Unique]);
        let source = Config { remembers, ..config(rng, partitions, overflow) };
        // Sometimes without dead letters; they are refused, not dropped, when they are full.
        let dead = (rng.below(4) > 0).then(|| config(rng, 1, Full::Fail));
        Self { source, dead }
    }
}

fn end(rng: &mut Rng) -> End {
    match rng.below(16) {
        0..=4 => End::Ack,
        5..=7 => End::Nack,
        8 => End::NackAfter(one(rng, &[1, 5, 30])),
        9 => End::Invalid,
        10 => End::Release,
        11 | 12 => End::Drop,
        13 if rng.below(2) == 0 => End::Defer,
        13 => End::Snooze(one(rng, &[5, 50])),
        _ => End::Reject,
    }
}

impl Step {
    fn random(rng: &mut Rng) -> Self {
        // The dead letters are worked on less often.
        let side = usize::from(rng.below(4) == 0);
        // Mostly one of the last.
        let spread = one(rng, &[2, 5, 1_000]);
        let which = rng.below(spread);
        let key = rng.below(12) as u8;
        match rng.below(200) {
            0..=43 => {
                // The same keys, mostly: else most repeats would say something else.
                let id = (rng.below(3) == 0).then(|| rng.below(4) as u8);
                let key = id.filter(|_| rng.below(8) > 0).unwrap_or(key);
                let after = one(rng, &[0, 0, 0, 1, 20, 100]);
                let ttl = one(rng, &[0, 0, 0, 0, 10, 50]);
                Self::Enqueue { side, key, policy: rng.below(4) > 0, after, id, ttl }
            }
            44 | 45 => match rng.below(24) {
                0 => Self::Forget { name: rng.below(2) as u8 },
                1..=3 => Self::Open { name: rng.below(2) as u8 },
                _ => Self::Numbered {
                    which: rng.below(3),
                    key,
                    ahead: one(rng, &[0, 1, 2, 2, 2, 3]),
                },
            },
            46 | 47 => {
                Self::EnqueueBatch { side, key, count: rng.below(6), after: one(rng, &[0, 20]) }
            }
            48..=79 => Self::Dequeue { side },
            80..=99 => Self::DequeueBatch { side, max: 1 + rng.below(5) },
            100..=105 => Self::Take { side },
            106..=143 => Self::Settle { which, end: end(rng) },
            144..=149 => Self::SettleReceipt { which, end: end(rng) },
            150..=153 => Self::Extend { which, by: one(rng, &[1, 30, 60, 500]) },
            154..=156 => Self::Cancel { side, which },
            157 => Self::Reschedule { side, which, after: one(rng, &[0, 1, 10, 100]) },
            158 if rng.below(2) == 0 => Self::TakeDeferred { side, which },
            158 => Self::Purge { side, modulus: 1 + rng.below(3) as u64 },
            159..=161 => Self::Redrive { modulus: 1 + rng.below(2) as u64 },
            162 => Self::Pause { side },
            163..=166 => Self::Resume { side },
            167..=180 => Self::Advance { by: one(rng, &[1, 5, 10, 20, 40]) },
            181..=197 => Self::Tick,
            198 => Self::Browse { side },
            // Rare: little is left to do behind it.
            _ if rng.below(10) == 0 => Self::Close,
            _ => Self::Tick,
        }
    }

    pub(crate) fn sequence(rng: &mut Rng, length: usize) -> Vec<Self> {
        (0..length).map(|_| Self::random(rng)).collect()
    }
}

/// A short sequence that fails as well: parts are left out, halves first, until none can be spared.
pub(crate) fn shrink<S: Clone>(mut steps: Vec<S>, fails: impl Fn(&[S]) -> bool) -> Vec<S> {
    let mut part = steps.len().div_ceil(2);
    while part > 0 {
        let mut from = 0;
        let mut shorter = false;
        while from < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(from..(from + part).min(steps.len()));
            if fails(&fewer) {
                (steps, shorter) = (fewer, true);
            } else {
                from += part;
            }
        }
        if !shorter || part > 1 {
            part /= 2;
        }
    }
    steps
}
