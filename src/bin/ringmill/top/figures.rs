//! The figures of a page, and how they changed.

use std::collections::VecDeque;

use serde_json::Value;

/// One look at a page.
#[derive(Clone, Debug)]
pub(crate) struct Figures(Value);

impl Figures {
    /// `None` if it is no page.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        (value.get("event")? == "page").then_some(Self(value))
    }

    pub(crate) fn json(&self) -> &Value {
        &self.0
    }

    /// A count.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap_or(0)
    }

    /// How long records wait until they are handed out, in microseconds.
    pub(crate) fn waited(&self, quantile: &str) -> u64 {
        self.0["waited_us"][quantile].as_u64().unwrap_or(0)
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.0["seconds"].as_f64().unwrap_or(0.0)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0["ended"] == true
    }

    /// Records that are done with.
    fn handled(&self) -> u64 {
        self.count("acked") + self.count("dead")
    }
}

/// The last look, and the rates before.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) last: Figures,
    /// Records a second, the newest last.
    pub(crate) rates: VecDeque<u64>,
}

impl History {
    const KEPT: usize = 240;

    pub(crate) fn new(first: Figures) -> Self {
        Self { last: first, rates: VecDeque::new() }
    }

    /// Adds a look. One at a page that has not changed adds no rate.
    pub(crate) fn add(&mut self, next: Figures) {
        let seconds = next.seconds() - self.last.seconds();
        if seconds > 0.0 {
            let handled = next.handled().saturating_sub(self.last.handled());
            self.rates.push_back((handled as f64 / seconds).round() as u64);
            if self.rates.len() > Self::KEPT {
                self.rates.pop_front();
            }
        } else if seconds < 0.0 {
            // Another run.
            self.rates.clear();
        }
        self.last = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(acked: u64, seconds: f64) -> Figures {
        let text = format!(r#"{{"event":"page","acked":{acked},"dead":1,"seconds":{seconds}}}"#);
        Figures::parse(&text).expect("a page")
    }

    #[test]
    fn rates_come_from_what_changed() {
        let mut history = History::new(page(100, 1.0));
        history.add(page(150, 1.5));
        history.add(page(150, 1.5));
        history.add(page(151, 2.5));
        assert_eq!(history.rates, [100, 1]);
        history.add(page(0, 0.1));
        assert!(history.rates.is_empty(), "another run");
    }

    #[test]
    fn what_is_no_page_is_none() {
        for text in ["", "{}", "[]", r#"{"event":"summary"}"#] {
            assert!(Figures::parse(text).is_none(), "{text}");
        }
    }
}
