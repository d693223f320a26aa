//! The checker.
//!
//! # Why it is sound
//!
//! Every operation takes effect at one moment between its stamps, while the clock shows a number of
//! its [`Span`]. Let `k` be such a number.
//!
//! - A value is *certainly inside* while the clock shows `k` if its push was over before and its
//!   pop began after: `push.to < k < pop.from`. So the ring held at least `least(k)` values, the
//!   count of these.
//! - It is *possibly inside* if `push.from <= k <= pop.to`. So the ring held at most `most(k)`.
//! - A thread that saw `n` values is wrong for certain if there is no `k` in its span with `n >=
//!   least(k)`, or none with `n <= most(k)`. For "empty" (`n` = 0) that is: at every moment of the
//!   operation some value was certainly inside. For "full" (`n` = the capacity): at no moment were
//!   there as many values as that, even if every push took effect when it was called and every pop
//!   when it returned.
//!
//! The spans are narrowed first by what the order of a queue implies (`life.rs`), which sharpens
//! all of these: a pop that must have taken effect before another one that has returned no longer
//! counts as pending.
//!
//! The order per producer holds in the order of the thread's calls, and within a batch, where the
//! stamps say nothing.

use std::fmt;

use super::life::{Life, narrow};
use super::range::Greatest;
use super::{Entry, Event, Span};

/// Everything that was done to one ring, from its creation until it was drained.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) capacity: usize,
    /// Each thread's entries, in its order.
    pub(crate) threads: Vec<Vec<Entry>>,
    /// Whether a pop may find nothing while a push is under way, though other values are inside:
    /// the promise of the ring of indices.
    pub(crate) pushes_hide: bool,
}

/// How a history was shown not to be one of a bounded queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NeverPushed(u64),
    PushedTwice(u64),
    PoppedTwice(u64),
    Lost(u64),
    OutOfOrder(u64),
    ProducerOrder(u64),
    WrongCount { seen: usize, least: i64, most: i64, at: Span },
    Overfull { held: i64, at: u64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            |value: &u64| format!("value {} of thread {}", value & ((1 << 40) - 1), value >> 40);
        match self {
            Self::NeverPushed(v) => write!(f, "{} was popped and never pushed", name(v)),
            Self::PushedTwice(v) => {
                write!(f, "{} was pushed twice: the recorder is wrong", name(v))
            }
            Self::PoppedTwice(v) => write!(f, "{} was popped twice", name(v)),
            Self::Lost(v) => write!(f, "{} was accepted and never came out", name(v)),
            Self::OutOfOrder(v) => write!(f, "{} came out before its turn, or too late", name(v)),
            Self::ProducerOrder(v) => {
                write!(f, "{} came out before an earlier one of its thread", name(v))
            }
            Self::WrongCount { seen, least, most, at } => {
                write!(f, "{seen} values were seen at {at:?}, where there were {least} to {most}")
            }
            Self::Overfull { held, at } => write!(f, "there were {held} values or more at {at}"),
        }
    }
}

/// What a history without a fault consisted of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) values: usize,
    pub(crate) empty: usize,
    pub(crate) full: usize,
    pub(crate) counted: usize,
}

impl Tally {
    /// Pushes, pops and observations.
    pub(crate) fn operations(&self) -> usize {
        2 * self.values + self.empty + self.full + self.counted
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.values += other.values;
        self.empty += other.empty;
        self.full += other.full;
        self.counted += other.counted;
    }
}

impl History {
    /// The first fault that is found, or what the history consisted of.
    pub(crate) fn check(&self) -> Result<Tally, Fault> {
        let mut lives = self.lives()?;
        self.check_order_of_calls()?;
        let end = self.entries().map(|entry| entry.span.to).max().unwrap_or(0) + 1;
        let lagging = overtaken(&lives);
        narrow(&mut lives, end);
        if let Some(life) = lives.iter().find(|l| l.push.to < l.push.from || l.pop.to < l.pop.from)
        {
            return Err(Fault::OutOfOrder(life.value));
        }
        if let Some(value) = lagging {
            return Err(Fault::ProducerOrder(value));
        }
        self.check_counts(&lives, end as usize)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.threads.iter().flatten()
    }

    /// Every value with its push and its pop, sorted by value.
    fn lives(&self) -> Result<Vec<Life>, Fault> {
        let (mut pushes, mut pops) = (Vec::new(), Vec::new());
        for entry in self.entries() {
            match entry.event {
                Event::Pushed(value) => pushes.push((value, entry.span)),
                Event::Popped(value) => pops.push((value, entry.span)),
                Event::Held(_) => {}
            }
        }
        pushes.sort_unstable_by_key(|(value, _)| *value);
        pops.sort_unstable_by_key(|(value, _)| *value);
        if let Some(pair) = pushes.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Fault::PushedTwice(pair[0].0));
        }
        if let Some(pair) = pops.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Fault::PoppedTwice(pair[0].0));
        }
        let mut pops = pops.into_iter().peekable();
        let mut lives = Vec::with_capacity(pushes.len());
        for (value, push) in pushes {
            match pops.peek() {
                Some((other, _)) if *other < value => return Err(Fault::NeverPushed(*other)),
                Some((other, pop)) if *other == value => {
                    lives.push(Life { value, push, pop: *pop })
                }
                _ => return Err(Fault::Lost(value)),
            }
            pops.next();
        }
        match pops.next() {
            Some((value, _)) => Err(Fault::NeverPushed(value)),
            None => Ok(lives),
        }
    }

    /// Each thread gets the values of one producer in their order.
    fn check_order_of_calls(&self) -> Result<(), Fault> {
        let mut last: Vec<Option<u64>> = Vec::new();
        for thread in &self.threads {
            last.clear();
            for entry in thread {
                let Event::Popped(value) = entry.event else { continue };
                let producer = (value >> 40) as usize;
                if producer >= last.len() {
                    last.resize(producer + 1, None);
                }
                if last[producer].is_some_and(|last| last > value) {
                    return Err(Fault::ProducerOrder(value));
                }
                last[producer] = Some(value);
            }
        }
        Ok(())
    }

    /// Every observation of how many values there were, and the capacity.
    fn check_counts(&self, lives: &[Life], end: usize) -> Result<Tally, Fault> {
        let inside = |count: &mut Vec<i64>, from: u64, behind: u64| {
            if from < behind {
                count[from as usize] += 1;
                count[behind as usize] -= 1;
            }
        };
        let (mut least, mut most) = (vec![0; end + 1], vec![0; end + 1]);
        for life in lives {
            inside(&mut least, life.push.to + 1, life.pop.from);
            inside(&mut most, life.push.from, life.pop.to + 1);
        }
        accumulate(&mut least);
        accumulate(&mut most);
        if let Some(at) = least.iter().position(|count| *count > self.capacity as i64) {
            return Err(Fault::Overfull { held: least[at], at: at as u64 });
        }
        if self.pushes_hide {
            self.hide_during_pushes(&mut least);
        }

        let fewest = Greatest::new(&least.iter().map(|count| -count).collect::<Vec<_>>());
        let greatest = Greatest::new(&most);
        let mut tally = Tally { values: lives.len(), ..Tally::default() };
        for entry in self.entries() {
            let Event::Held(seen) = entry.event else { continue };
            let (from, to) = (entry.span.from as usize, entry.span.to as usize);
            let (least, most) = (-fewest.of(from, to), greatest.of(from, to));
            if (seen as i64) < least || (seen as i64) > most {
                return Err(Fault::WrongCount { seen, least, most, at: entry.span });
            }
            match seen {
                0 => tally.empty += 1,
                _ if seen == self.capacity => tally.full += 1,
                _ => tally.counted += 1,
            }
        }
        Ok(tally)
    }

    /// Nothing is certain while any push is under way.
    fn hide_during_pushes(&self, least: &mut [i64]) {
        let mut pushing = vec![0; least.len() + 1];
        for entry in self.entries() {
            if let Event::Pushed(_) = entry.event {
                pushing[entry.span.from as usize] += 1;
                pushing[entry.span.to as usize + 1] -= 1;
            }
        }
        accumulate(&mut pushing);
        for (count, pushing) in least.iter_mut().zip(pushing) {
            if pushing > 0 {
                *count = 0;
            }
        }
    }
}

fn accumulate(steps: &mut [i64]) {
    let mut sum = 0;
    for step in steps {
        sum += *step;
        *step = sum;
    }
}

/// A value that was certainly popped before an earlier one of its producer; `lives` are by value.
fn overtaken(lives: &[Life]) -> Option<u64> {
    let mut latest = Span { from: 0, to: 0 };
    let mut producer = u64::MAX;
    for life in lives {
        if life.value >> 40 != producer {
            producer = life.value >> 40;
            latest = Span { from: 0, to: 0 };
        }
        if life.pop.before(latest) {
            return Some(life.value);
        }
        latest.from = latest.from.max(life.pop.from);
    }
    None
}
