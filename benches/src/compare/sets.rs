//! Rounds and sets.
//!
//! In a round every competitor of a row runs once, in turn, starting with another one each time. A
//! set is some rounds with a gauge before and after; if the machine was slow then (a noisy
//! neighbour, a moved virtual core), the whole set is dropped for everyone, and another one is run.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::rows::{CAPACITY, Entry, Row, gauge};
use crate::{
    place::Powers,
    statistics::median,
    workload::{Fault, Setup, Workload, wake},
};

/// How much to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Sets to keep.
    pub sets: usize,
    /// Rounds in a set.
    pub rounds: usize,
    /// Length of one competitor's run in a round.
    pub run: Duration,
    /// How many times as long it takes with more threads than cores.
    pub crowded: f64,
    /// A set is dropped if the gauge reads more nanoseconds.
    pub gauge_limit: f64,
    /// Sets to try at most.
    pub tries: usize,
    /// How long to wait, in all, for a slow machine to recover before a set.
    pub patience: Duration,
}

impl Plan {
    /// Messages in a run of a competitor that takes `ns` nanoseconds for one.
    ///
    /// Wake-ups are few and far between, so they run ten times as long.
    fn messages(&self, workload: Workload, ns: f64) -> u64 {
        let run = self.run.as_secs_f64();
        match workload {
            Workload::Wake => (10.0 * run / wake::PERIOD.as_secs_f64()).clamp(20.0, 1e4) as u64,
            _ => {
                let crowded = workload.threads() > Powers::of_this_process().cores.len();
                let run = if crowded { self.crowded * run } else { run };
                (run * 1e9 / ns).clamp(1_000.0, 1e9) as u64
            }
        }
    }
}

/// One set of one row.
#[derive(Debug, Clone)]
pub struct Set {
    /// Gauge before and after, nanoseconds per message.
    pub gauge: (f64, f64),
    /// Whether it counts.
    pub kept: bool,
    /// `rounds[r][c]`: nanoseconds per message of competitor `c` in round `r`.
    pub rounds: Vec<Vec<f64>>,
}

/// A row in the course of being measured.
#[derive(Debug)]
pub struct Contest {
    /// The row.
    pub row: Row,
    /// Its sets so far.
    pub sets: Vec<Set>,
    /// Competitors that failed.
    pub faults: Vec<(&'static str, Fault)>,
    /// Last figure of each competitor, to choose the length of its next run.
    pace: Vec<f64>,
}

/// Messages in a first, checked run.
const CHECKED: u64 = 20_000;

/// The same, if each is a wake-up.
const CHECKED_WAKES: u64 = 50;

impl Contest {
    /// Checks every competitor, order included, and removes those that fail.
    #[must_use]
    pub fn new(mut row: Row) -> Self {
        let mut faults = Vec::new();
        let mut pace = Vec::new();
        let workload = row.workload;
        let mut passes = |entry: &Entry| match checked(*entry, workload) {
            Ok(ns) => {
                pace.push(ns);
                true
            }
            Err(fault) => {
                faults.push((entry.name, fault));
                false
            }
        };
        row.ours.retain(&mut passes);
        row.peers.retain(&mut passes);
        Self { row, sets: Vec::new(), faults, pace }
    }

    /// Ours, then the peers.
    pub fn competitors(&self) -> impl Iterator<Item = &Entry> {
        self.row.ours.iter().chain(&self.row.peers)
    }

    /// Sets that count so far.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.sets.iter().filter(|set| set.kept).count()
    }

    /// Whether enough has been measured, or nothing more can be.
    #[must_use]
    pub fn is_done(&self, plan: &Plan) -> bool {
        self.kept() >= plan.sets
            || self.sets.len() >= plan.tries
            || self.row.ours.is_empty()
            || self.row.peers.is_empty()
    }

    /// Runs one set.
    pub fn run_set(&mut self, plan: &Plan, patience: &mut Duration) -> &Set {
        let before = await_quiet(plan, patience);
        let mut rounds = Vec::with_capacity(plan.rounds);
        let mut first = 0;
        while rounds.len() < plan.rounds && !self.pace.is_empty() {
            match self.run_round(plan, first) {
                Some(round) => rounds.push(round),
                // Someone failed and is out: what was measured with it has another shape.
                None => rounds.clear(),
            }
            first += 1;
        }
        let gauge = (before, read_gauge());
        let kept = gauge.0 <= plan.gauge_limit && gauge.1 <= plan.gauge_limit;
        self.sets.push(Set { gauge, kept, rounds });
        self.sets.last().expect("just pushed")
    }

    fn run_round(&mut self, plan: &Plan, first: usize) -> Option<Vec<f64>> {
        let entries: Vec<Entry> = self.competitors().copied().collect();
        let mut round = vec![f64::NAN; entries.len()];
        for i in 0..entries.len() {
            let at = (first + i) % entries.len();
            let messages = plan.messages(self.row.workload, self.pace[at]);
            let setup = Setup::new(self.row.workload, CAPACITY, messages);
            match (entries[at].run)(&setup) {
                Ok(sample) => {
                    round[at] = sample.ns();
                    // Half way to the new figure: one outlier does not make the next run short.
                    self.pace[at] = (self.pace[at] * sample.ns()).sqrt();
                }
                Err(fault) => {
                    self.expel(at, fault);
                    return None;
                }
            }
            rest();
        }
        Some(round)
    }

    fn expel(&mut self, at: usize, fault: Fault) {
        self.pace.remove(at);
        for set in &mut self.sets {
            for round in &mut set.rounds {
                round.remove(at);
            }
        }
        let ours = self.row.ours.len();
        let entry =
            if at < ours { self.row.ours.remove(at) } else { self.row.peers.remove(at - ours) };
        self.faults.push((entry.name, fault));
    }
}

/// A run with order check, then a timed one.
fn checked(entry: Entry, workload: Workload) -> Result<f64, Fault> {
    let messages = if workload == Workload::Wake { CHECKED_WAKES } else { CHECKED };
    let mut setup = Setup::new(workload, CAPACITY, messages);
    setup.check_order = true;
    (entry.run)(&setup)?;
    setup.check_order = false;
    Ok((entry.run)(&setup)?.ns())
}

/// Real-time threads must leave the system a little of each second, or it takes it in one piece.
fn rest() {
    if Powers::of_this_process().fifo {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Reads the gauge, again and again while it reads too much and patience lasts.
fn await_quiet(plan: &Plan, patience: &mut Duration) -> f64 {
    loop {
        let start = Instant::now();
        let gauge = read_gauge();
        if gauge <= plan.gauge_limit || patience.is_zero() {
            return gauge;
        }
        thread::sleep(Duration::from_secs(1));
        *patience = patience.saturating_sub(start.elapsed());
    }
}

/// Nanoseconds per message of the gauge; the median of three short runs.
#[must_use]
pub fn read_gauge() -> f64 {
    let setup = Setup::new(Workload::stream(1, 1), CAPACITY, 500_000);
    let runs = [0; 3].map(|_| {
        let ns = (gauge().run)(&setup).map_or(f64::MAX, |sample| sample.ns());
        rest();
        ns
    });
    median(&runs)
}

/// Runs all rows: one set of each in turn, so that every row sees the machine at several times,
/// then further sets of those that had some dropped. `note` hears of each set.
pub fn run_all(
    rows: Vec<Row>,
    plan: &Plan,
    mut note: impl FnMut(&Contest, &Set, Duration),
) -> Vec<Contest> {
    let mut contests: Vec<Contest> = rows.into_iter().map(Contest::new).collect();
    let mut patience = plan.patience;
    loop {
        let mut worked = false;
        for contest in &mut contests {
            if contest.is_done(plan) {
                continue;
            }
            worked = true;
            let start = Instant::now();
            let set = contest.run_set(plan, &mut patience).clone();
            note(contest, &set, start.elapsed());
        }
        if !worked {
            return contests;
        }
    }
}
