//! How a look is drawn.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Sparkline};

use super::figures::History;

/// Draws states, rates, waiting times, and how the rate went.
pub(crate) fn draw(frame: &mut Frame<'_>, name: &str, history: &History) {
    let rows = [Constraint::Length(1), Constraint::Length(8), Constraint::Min(3)];
    let [title, numbers, rates] = Layout::vertical(rows).areas(frame.area());
    let figures = &history.last;
    let state = if figures.has_ended() { "ended" } else { "running" };
    let text = format!("ringmill  {name}  {state} for {:.0} s", figures.seconds());
    frame.render_widget(Paragraph::new(text).bold(), title);

    let halves = [Constraint::Percentage(50), Constraint::Percentage(50)];
    let [left, right] = Layout::horizontal(halves).areas(numbers);
    let line = |label: &str, value: String| Line::from(format!("{label:<10}{value:>12}"));
    let count = |name: &str| line(name, grouped(figures.count(name)));
    let depth = ["ready", "delayed", "running", "retried"].map(count);
    let title = Block::bordered().title("in the queue");
    frame.render_widget(Paragraph::new(depth.to_vec()).block(title), left);
    let rate = history.rates.back().copied().unwrap_or(figures.count("per_second"));
    let mut done = ["read", "acked", "dead"].map(count).to_vec();
    done.push(line("a second", grouped(rate)));
    for quantile in ["p50", "p99"] {
        let micros = figures.waited(quantile);
        done.push(line(&format!("waits {quantile}"), format!("{} us", grouped(micros))));
    }
    frame.render_widget(Paragraph::new(done).block(Block::bordered().title("records")), right);

    let width = usize::from(rates.width.saturating_sub(2));
    let skipped = history.rates.len().saturating_sub(width);
    let data: Vec<_> = history.rates.iter().skip(skipped).copied().collect();
    let most = data.iter().max().copied().unwrap_or(0);
    let block = Block::bordered().title(format!("records a second, at most {}", grouped(most)));
    let line = Sparkline::default().block(block).data(&data).style(Style::new().cyan());
    frame.render_widget(line, rates);
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::figures::Figures;
    use super::*;

    fn page(acked: u64, seconds: u64) -> Figures {
        let text = format!(
            r#"{{"event":"page","read":20000,"acked":{acked},"dead":7,"retried":12,"ready":1234567,
            "delayed":3,"running":2,"seconds":{seconds},"waited_us":{{"p50":15,"p99":2300}}}}"#
        );
        Figures::parse(&text).expect("a page")
    }

    fn drawn(width: u16, history: &History) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, 13)).expect("a screen");
        terminal.draw(|frame| draw(frame, "page", history)).expect("drawn");
        let buffer = terminal.backend().buffer();
        let symbol = |x, y| buffer[(x, y)].symbol();
        (0..13).map(|y| (0..width).map(|x| symbol(x, y)).collect()).collect()
    }

    #[test]
    fn the_screen_shows_states_rates_and_waiting_times() {
        let mut history = History::new(page(1_000, 1));
        history.add(page(2_000, 2));
        history.add(page(9_000, 3));
        let lines = drawn(60, &history);
        assert!(lines[0].starts_with("ringmill  page  running for 3 s"), "{lines:#?}");
        let all = lines.join("\n");
        for text in [
            "ready        1,234,567",
            "delayed              3",
            "running              2",
            "acked            9,000",
            "dead                 7",
            "a second         7,000",
            "waits p99     2,300 us",
            "records a second, at most 7,000",
            "█",
        ] {
            assert!(all.contains(text), "{text}\n{all}");
        }
    }

    #[test]
    fn a_screen_of_any_size_is_drawn() {
        let history = History::new(page(1, 1));
        for width in [1, 5, 300] {
            assert_eq!(drawn(width, &history).len(), 13);
        }
    }
}
