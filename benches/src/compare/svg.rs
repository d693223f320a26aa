//! The comparison as a picture: one panel for each workload, the fastest on top, shorter is better.
//!
//! Written by hand: it stays small, reads well in a diff, and follows the reader's colour scheme.

use std::fmt::Write;

use super::{
    markdown::short,
    results::{Figures, Results, RowResult, Verdict},
};

const COLUMNS: usize = 2;
const WIDTH: usize = 900;
const MARGIN: usize = 24;
const GAP: usize = 36;
const PANEL_WIDTH: usize = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS;
const HEADER: usize = 76;
const FOOTER: usize = 44;
const TITLE: usize = 26;
const BAR_STEP: usize = 21;
const BAR: usize = 15;
const NAME_WIDTH: usize = 184;
const VALUE_WIDTH: usize = 46;
/// Peers shown in a panel; the table has them all.
const PEERS: usize = 4;
const PANEL_HEIGHT: usize = TITLE + (PEERS + 1) * BAR_STEP + 26;

const STYLE: &str = "\
text { font: 12px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #57606a }
.h { font-size: 18px; font-weight: 600; fill: #1f2328 }
.t { font-size: 13px; font-weight: 600; fill: #1f2328 }
.o { font-weight: 600; fill: #0b6e99 }
.lost { fill: #b3401f }
.bar { fill: #c9d1d9 } .us { fill: #1490c4 } .rule { stroke: #d8dee4 }
.paper { fill: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .h, .t { fill: #f0f6fc } .o { fill: #4cb7e6 } .lost { fill: #f0885f }
.bar { fill: #3d444d } .us { fill: #2a9fd6 } .rule { stroke: #3d444d } .paper { fill: #0d1117 }
}
";

/// Draws it.
#[must_use]
pub fn draw(results: &Results) -> String {
    let rows: Vec<&RowResult> =
        results.rows.iter().filter(|row| !row.ours.is_empty() && row.rounds() > 0).collect();
    let height = HEADER + rows.len().div_ceil(COLUMNS) * PANEL_HEIGHT + FOOTER;
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Nanoseconds per message: ringmill and its fastest peers\">\n\
         <style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n\
         <text class=\"h\" x=\"{MARGIN}\" y=\"36\">Nanoseconds per message, shorter is better</text>\n\
         <text x=\"{MARGIN}\" y=\"56\">Ringmill and its {PEERS} fastest peers; \
         medians; {}; at the right ringmill : best peer, red: missed the mark</text>\n",
        results.sizes(),
    );
    for (i, row) in rows.iter().enumerate() {
        let x = MARGIN + i % COLUMNS * (PANEL_WIDTH + GAP);
        let y = HEADER + i / COLUMNS * PANEL_HEIGHT;
        panel(&mut out, row, x, y);
    }
    let machine = &results.machine;
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"{}\">{}</text>\n</svg>",
        height - 20,
        escaped(&format!(
            "{}, {} cores, {}, {}",
            machine.cpu, machine.cores, machine.system, machine.rustc
        )),
    );
    out
}

fn panel(out: &mut String, row: &RowResult, x: usize, y: usize) {
    let ours = &row.ours[0];
    let mut bars: Vec<(&Figures, bool)> = vec![(&ours.figures, true)];
    bars.extend(row.peers.iter().take(PEERS).map(|peer| (peer, false)));
    bars.sort_by(|a, b| a.0.median.total_cmp(&b.0.median));
    let longest = bars.iter().map(|bar| bar.0.median).fold(f64::MIN_POSITIVE, f64::max);

    let right = x + PANEL_WIDTH;
    let missed = match row.verdict {
        Verdict::None => ours.ratio.low > 1.0,
        verdict => verdict == Verdict::Missed,
    };
    let lost = if missed { " lost" } else { "" };
    let _ = write!(
        out,
        "<line class=\"rule\" x1=\"{x}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\"/>\n\
         <text class=\"t\" x=\"{x}\" y=\"{}\">{}</text>\n\
         <text class=\"o{lost}\" x=\"{right}\" y=\"{}\" text-anchor=\"end\">\u{d7} {:.2}</text>\n",
        y + 20,
        escaped(&row.title),
        y + 20,
        ours.ratio.median,
    );
    let room = (PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH) as f64;
    for (i, (figures, is_ours)) in bars.iter().enumerate() {
        let top = y + TITLE + 6 + i * BAR_STEP;
        let base = top + BAR - 3;
        let length = (figures.median / longest * room).max(1.0);
        let start = x + NAME_WIDTH;
        let (text, bar) = if *is_ours { (" class=\"o\"", "bar us") } else { ("", "bar") };
        let _ = writeln!(
            out,
            "<text{text} x=\"{}\" y=\"{base}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{bar}\" x=\"{start}\" y=\"{top}\" width=\"{length:.1}\" \
             height=\"{BAR}\" rx=\"2\"/>\
             <text{text} x=\"{:.1}\" y=\"{base}\">{}</text>",
            start - 8,
            escaped(&figures.name),
            start as f64 + length + 6.0,
            short(figures.median),
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
