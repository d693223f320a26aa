//! The comparison as a table, ratios first.

use std::fmt::Write;

use super::{
    results::{Figures, Ours, Results, RowResult, Verdict},
    rows::Suite,
};

/// Ratios and how they were measured, for a front page.
#[must_use]
pub fn digest(results: &Results) -> String {
    format!("{}\n{}", ratios(results), notes(results))
}

/// The whole report.
#[must_use]
pub fn report(results: &Results) -> String {
    let mut out = ratios(results);
    out.push('\n');
    out.push_str(&times(results));
    out.push('\n');
    out.push_str(&notes(results));
    out
}

fn ratios(results: &Results) -> String {
    let mut out = String::from(
        "| workload | ringmill : best peer [95 %] | bar | | ringmill, ns | best peer, ns |\n\
         |---|---:|---|---|---:|---|\n",
    );
    for row in &results.rows {
        let Some(ours) = row.ours.first() else {
            let _ = writeln!(out, "| {} | - | {} | {} | - | - |", row.title, row.bar, verdict(row));
            continue;
        };
        let best = row.peers.first().map(named).unwrap_or_default();
        let _ = writeln!(
            out,
            "| {} | **{:.2}** [{:.2}, {:.2}] | {} | {} | {} | {best} |",
            row.title,
            ours.ratio.median,
            ours.ratio.low,
            ours.ratio.high,
            row.bar,
            verdict(row),
            pair(&ours.figures),
        );
    }
    out
}

fn times(results: &Results) -> String {
    let unit = Suite::named(&results.suite).map_or("ns", |suite| suite.unit);
    let mut out = format!(
        "| workload | {unit}, median / min; **judged**, *not judged*, (ratio) |\n|---|---|\n"
    );
    for row in &results.rows {
        let mut all: Vec<(&Figures, String)> =
            row.peers.iter().map(|peer| (peer, named(peer))).collect();
        for (at, Ours { figures, ratio, .. }) in row.ours.iter().enumerate() {
            let mark = if at == 0 { "**" } else { "*" };
            all.push((figures, format!("{mark}{}{mark} ({:.2})", named(figures), ratio.median)));
        }
        all.sort_by(|a, b| a.0.median.total_cmp(&b.0.median));
        let cells: Vec<String> = all.into_iter().map(|(_, cell)| cell).collect();
        let _ = writeln!(out, "| {} | {} |", row.title, cells.join(", "));
    }
    out
}

fn notes(results: &Results) -> String {
    let mut out = format!(
        "{}.\nPeers: {}.\nMeasured with {}; rounds interleaved; ratio: median over rounds of \
         ringmill's time to that of the peer with the lowest median, and its 95 % interval. Made \
         by `{}`.\n",
        results.machine.line(),
        results.machine.peers_line(),
        results.sizes(),
        results.command,
    );
    for row in &results.rows {
        let kept = row.sets.iter().filter(|set| set.kept).count();
        let dropped: Vec<String> = row
            .sets
            .iter()
            .filter(|set| !set.kept)
            .map(|set| format!("{:.1} / {:.1}", set.gauge.0, set.gauge.1))
            .collect();
        if !row.quiet {
            let _ = writeln!(
                out,
                "- {}: no quiet set (gauge {} ns, limit {}); figures from all of them.",
                row.title,
                dropped.join(", "),
                results.gauge_limit,
            );
        } else if !dropped.is_empty() {
            let _ = writeln!(
                out,
                "- {}: {kept} sets kept ({} rounds), {} dropped (gauge {} ns, limit {}).",
                row.title,
                row.rounds(),
                dropped.len(),
                dropped.join(", "),
                results.gauge_limit,
            );
        }
        for (who, why) in &row.faults {
            let _ = writeln!(out, "- {}: without {who}: {why}.", row.title);
        }
    }
    out
}

fn verdict(row: &RowResult) -> String {
    let verdict = match row.verdict {
        Verdict::Met => "met",
        Verdict::Missed => "**missed**",
        Verdict::None => return String::new(),
        Verdict::Unmeasured => return "not measured".into(),
    };
    let doubt = if row.quiet { "" } else { ", on a slow machine" };
    format!("{verdict}{doubt}")
}

fn named(figures: &Figures) -> String {
    format!("{} {}", figures.name, pair(figures))
}

fn pair(figures: &Figures) -> String {
    format!("{} / {}", short(figures.median), short(figures.min))
}

/// Two decimals under 10, one under 100, none above.
pub(super) fn short(ns: f64) -> String {
    match ns {
        _ if ns < 9.995 => format!("{ns:.2}"),
        _ if ns < 99.95 => format!("{ns:.1}"),
        _ => format!("{ns:.0}"),
    }
}

/// Replaces what stands between the markers of the comparison `suite` in `document`.
///
/// # Errors
///
/// If a marker is missing.
pub fn replace_between_markers(
    document: &str,
    suite: &str,
    report: &str,
) -> Result<String, String> {
    let first = format!("<!-- bench:{suite}:begin -->");
    let last = format!("<!-- bench:{suite}:end -->");
    let begin = document.find(&first).ok_or_else(|| format!("no line {first}"))? + first.len();
    let length = document[begin..].find(&last).ok_or_else(|| format!("no line {last} after it"))?;
    Ok(format!("{}\n{report}{}", &document[..begin], &document[begin + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let of = |suite: &str, text: &str| {
            format!("a\n<!-- bench:{suite}:begin -->\n{text}<!-- bench:{suite}:end -->\nb\n")
        };
        let old = of("rings", "old\n") + &of("channels", "old\n");
        let new = replace_between_markers(&old, "channels", "new\n").unwrap();
        assert_eq!(new, of("rings", "old\n") + &of("channels", "new\n"));
        assert_eq!(replace_between_markers(&new, "channels", "new\n").unwrap(), new);
        assert!(replace_between_markers(&new, "other", "new").is_err());
    }
}
