//! Medians, ratios, intervals and verdicts.

use serde::{Deserialize, Serialize};

use super::{
    rows::{Bar, Suite},
    sets::{Contest, Plan},
};
use crate::{
    machine::Machine,
    statistics::{interval_95, median, minimum},
};

/// A whole comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Results {
    /// Which comparison.
    #[serde(default = "rings")]
    pub suite: String,
    /// What it was measured on.
    pub machine: Machine,
    /// Seconds since 1970 when it ended.
    pub time: u64,
    /// The command that made it.
    pub command: String,
    /// Messages a queue holds.
    pub capacity: usize,
    /// Bytes of a message; 0 if the rows differ in it, and name it.
    pub payload_bytes: u64,
    /// A set was dropped if the gauge (rings and channels: rtrb, 1P1C; from C: the round trip of a
    /// cache line) read more nanoseconds.
    pub gauge_limit: f64,
    /// One for each workload.
    pub rows: Vec<RowResult>,
}

/// Results without a name are from before there was another suite.
fn rings() -> String {
    super::rings::SUITE.name.into()
}

/// One workload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RowResult {
    /// Short name.
    pub name: String,
    /// For readers.
    pub title: String,
    /// What the first of ours had to reach.
    pub bar: String,
    /// Whether it did.
    pub verdict: Verdict,
    /// Whether the figures come from kept sets; if all were dropped they come from all.
    pub quiet: bool,
    /// The peer with the lowest median.
    pub best_peer: String,
    /// Ours; the first is the one judged.
    pub ours: Vec<Ours>,
    /// The others, fastest first.
    pub peers: Vec<Figures>,
    /// Who was left out, and why.
    pub faults: Vec<(String, String)>,
    /// All sets, dropped ones too.
    pub sets: Vec<SetResult>,
    /// Competitors in the order of the figures in each round of `sets`.
    pub order: Vec<String>,
}

/// Whether a bar was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// There is no bar.
    None,
    /// There is nothing to judge.
    Unmeasured,
}

/// Nanoseconds per message (or round trip) of one competitor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figures {
    /// Who.
    pub name: String,
    /// Median over all rounds that count.
    pub median: f64,
    /// The fastest of them.
    pub min: f64,
}

/// One of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ours {
    /// Time.
    #[serde(flatten)]
    pub figures: Figures,
    /// To the peer with the lowest median, round by round.
    pub ratio: Ratio,
    /// How many nanoseconds more than that peer, round by round; the median.
    #[serde(default)]
    pub more: f64,
    /// To the fastest peer of each round, whoever it was.
    pub ratio_to_round_best: Ratio,
}

/// A ratio of times: under 1 we are faster.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Ratio {
    /// Median of the ratios of all rounds.
    pub median: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
}

/// One set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetResult {
    /// Gauge before and after.
    pub gauge: (f64, f64),
    /// Whether it counts.
    pub kept: bool,
    /// Nanoseconds per message, round by round.
    pub rounds: Vec<Vec<f64>>,
}

impl Ratio {
    fn of(ratios: &[f64]) -> Self {
        let (low, high) = interval_95(ratios);
        Self { median: median(ratios), low, high }
    }
}

impl Results {
    /// Capacity and size of messages, in words.
    #[must_use]
    pub fn sizes(&self) -> String {
        match self.payload_bytes {
            0 => format!("capacity {}", self.capacity),
            bytes => format!("capacity {}, {bytes} bytes a message", self.capacity),
        }
    }
}

impl RowResult {
    /// What a contest came to.
    #[must_use]
    pub fn of(contest: &Contest) -> Self {
        let names: Vec<String> = contest.competitors().map(|entry| entry.name.into()).collect();
        let ours_count = contest.row.ours.len();
        let quiet = contest.kept() > 0;
        let counted = contest.sets.iter().filter(|set| set.kept || !quiet);
        let rounds: Vec<&Vec<f64>> = counted.flat_map(|set| &set.rounds).collect();
        let column = |at: usize| rounds.iter().map(|round| round[at]).collect::<Vec<f64>>();
        let figures = |at: usize| {
            let times = column(at);
            Figures { name: names[at].clone(), median: median(&times), min: minimum(&times) }
        };

        // Without rounds nobody has figures.
        let competitors = if rounds.is_empty() { 0 } else { names.len() };
        let mut peers: Vec<Figures> = (ours_count..competitors).map(figures).collect();
        let best = (ours_count..competitors)
            .min_by(|a, b| median(&column(*a)).total_cmp(&median(&column(*b))));
        peers.sort_by(|a, b| a.median.total_cmp(&b.median));
        let ours: Vec<Ours> = (0..ours_count)
            .filter_map(|at| {
                let best = best?;
                let to_best: Vec<f64> = rounds.iter().map(|r| r[at] / r[best]).collect();
                let more: Vec<f64> = rounds.iter().map(|r| r[at] - r[best]).collect();
                let to_round_best: Vec<f64> =
                    rounds.iter().map(|r| r[at] / minimum(&r[ours_count..])).collect();
                Some(Ours {
                    figures: figures(at),
                    ratio: Ratio::of(&to_best),
                    more: median(&more),
                    ratio_to_round_best: Ratio::of(&to_round_best),
                })
            })
            .collect();
        let judged = ours.first().map(|ours| (ours.ratio, ours.more));
        Self {
            name: contest.row.name.into(),
            title: contest.row.title.into(),
            bar: contest.row.bar.text(),
            verdict: contest.row.bar.judge(judged),
            quiet,
            best_peer: best.map(|at| names[at].clone()).unwrap_or_default(),
            ours,
            peers,
            faults: contest
                .faults
                .iter()
                .map(|(who, why)| ((*who).into(), why.to_string()))
                .collect(),
            sets: contest
                .sets
                .iter()
                .map(|set| SetResult {
                    gauge: (rounded(set.gauge.0), rounded(set.gauge.1)),
                    kept: set.kept,
                    rounds: set
                        .rounds
                        .iter()
                        .map(|round| round.iter().copied().map(rounded).collect())
                        .collect(),
                })
                .collect(),
            order: names,
        }
    }

    /// Rounds that count.
    #[must_use]
    pub fn rounds(&self) -> usize {
        let counted = self.sets.iter().filter(|set| set.kept || !self.quiet);
        counted.map(|set| set.rounds.len()).sum()
    }
}

impl Results {
    /// What all contests came to.
    #[must_use]
    pub fn of(suite: &Suite, contests: &[Contest], plan: &Plan, command: String) -> Self {
        let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Self {
            suite: suite.name.into(),
            machine: Machine::this(suite.crates),
            time: since_1970.as_secs(),
            command,
            capacity: super::rows::CAPACITY,
            payload_bytes: suite.payload_bytes,
            gauge_limit: plan.gauge_limit,
            rows: contests.iter().map(RowResult::of).collect(),
        }
    }
}

impl Bar {
    fn text(self) -> String {
        match self {
            Self::AtMost(limit) => format!("at most {limit}"),
            Self::NotBehind => "not behind".into(),
            Self::AtMostMore(ns) => format!("at most {ns} ns more"),
            Self::None => String::new(),
        }
    }

    fn judge(self, found: Option<(Ratio, f64)>) -> Verdict {
        let met = match (self, found) {
            (Self::None, _) => return Verdict::None,
            (_, None) => return Verdict::Unmeasured,
            (Self::AtMost(limit), Some((ratio, _))) => ratio.median <= limit,
            (Self::NotBehind, Some((ratio, _))) => ratio.low <= 1.0,
            (Self::AtMostMore(limit), Some((_, more))) => more <= limit,
        };
        if met { Verdict::Met } else { Verdict::Missed }
    }
}

/// Three decimals are more than the clock gives.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_judged_by_median_by_the_reach_of_the_interval_or_by_the_difference() {
        let ratio = Ratio { median: 1.1, low: 0.99, high: 1.3 };
        assert_eq!(Bar::AtMost(1.05).judge(Some((ratio, 9.0))), Verdict::Missed);
        assert_eq!(Bar::AtMost(1.1).judge(Some((ratio, 9.0))), Verdict::Met);
        assert_eq!(Bar::NotBehind.judge(Some((ratio, 9.0))), Verdict::Met);
        let behind = Ratio { low: 1.01, ..ratio };
        assert_eq!(Bar::NotBehind.judge(Some((behind, 9.0))), Verdict::Missed);
        assert_eq!(Bar::AtMostMore(9.0).judge(Some((ratio, 9.0))), Verdict::Met);
        assert_eq!(Bar::AtMostMore(8.9).judge(Some((ratio, 9.0))), Verdict::Missed);
        assert_eq!(Bar::NotBehind.judge(None), Verdict::Unmeasured);
        assert_eq!(Bar::None.judge(Some((ratio, 9.0))), Verdict::None);
    }
}
