//! What a run tells on standard error: a bar for people who watch, lines for files, JSON for programs.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::args::Log;
use crate::input::letters::Letter;

/// A look at a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) read: u64,
    pub(crate) acked: u64,
    pub(crate) dead: u64,
    pub(crate) retried: u64,
    pub(crate) ready: u64,
    pub(crate) delayed: u64,
    pub(crate) running: u64,
    pub(crate) seconds: f64,
    /// Of the input's bytes, if there is an end in sight.
    pub(crate) fraction: Option<f64>,
}

impl Look {
    /// Records that are done with, a second.
    pub(crate) fn rate(&self) -> f64 {
        (self.acked + self.dead) as f64 / self.seconds.max(1e-3)
    }

    /// How long it will take, if it goes on like this.
    fn left(&self) -> Option<Duration> {
        let read = self.fraction.filter(|fraction| *fraction > 0.0)?;
        let total = self.read as f64 / read;
        let seconds = (total - (self.acked + self.dead) as f64).max(0.0) / self.rate().max(1e-9);
        Duration::try_from_secs_f64(seconds).ok()
    }

    pub(crate) fn json(&self, event: &str) -> Value {
        json!({
            "event": event, "read": self.read, "acked": self.acked, "dead": self.dead,
            "retried": self.retried, "ready": self.ready, "delayed": self.delayed,
            "running": self.running, "seconds": (self.seconds * 1e3).round() / 1e3,
            "per_second": self.rate().round(),
        })
    }
}

/// Standard error.
pub(crate) struct Screen {
    log: Log,
    bar: Option<ProgressBar>,
    start: Instant,
}

impl Screen {
    pub(crate) fn new(log: Log) -> Self {
        let bar = (log == Log::Text && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { log, bar, start: Instant::now() }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Whether progress is told all the time, not now and then.
    pub(crate) fn is_watched(&self) -> bool {
        self.bar.is_some()
    }

    /// Does something while no bar is in the way.
    pub(crate) fn beside<T>(&self, f: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(f),
            None => f(),
        }
    }

    fn line(&self, text: &str) {
        // Nobody can be told that standard error is closed.
        self.beside(|| _ = writeln!(stderr().lock(), "{text}"));
    }

    pub(crate) fn progress(&self, look: &Look) {
        if let Some(bar) = &self.bar {
            let left = look.left().map(|left| format!(", {} s left", left.as_secs()));
            bar.set_message(format!(
                "{} done, {:.0}/s, {} running, {} waiting, {} retries, {} dead{}",
                look.acked,
                look.rate(),
                look.running,
                look.ready + look.delayed,
                look.retried,
                look.dead,
                left.unwrap_or_default(),
            ));
            bar.tick();
        } else if self.log == Log::Json {
            self.line(&look.json("progress").to_string());
        }
    }

    /// A record that was not handled, `dead` or `left`; where they are in a file, people read them
    /// there.
    pub(crate) fn letter(&self, event: &str, letter: &Letter<'_>, in_file: bool) {
        let (file, line) = (&letter.source.name, letter.number);
        let Letter { reason, attempts, error, .. } = letter;
        match self.log {
            Log::Json => {
                let key = letter.key.map(String::from_utf8_lossy);
                self.line(
                    &json!({
                        "event": event, "file": file, "line": line, "key": key,
                        "reason": reason, "attempts": attempts, "error": error,
                    })
                    .to_string(),
                );
            }
            Log::Text if !in_file => {
                self.line(&format!("ringmill: {file}:{line}: {reason}: {error}"));
            }
            _ => {}
        }
    }

    /// What processes that did well said on their standard error.
    pub(crate) fn passed_on(&self, text: &[u8]) {
        self.beside(|| _ = stderr().lock().write_all(text));
    }

    pub(crate) fn error(&self, text: &str) {
        if self.log == Log::Json {
            self.line(&json!({ "event": "error", "text": text }).to_string());
        } else {
            self.line(&format!("ringmill: {text}"));
        }
    }

    /// News that are no errors.
    pub(crate) fn note(&self, text: &str) {
        match self.log {
            Log::Json => self.line(&json!({ "event": "note", "text": text }).to_string()),
            Log::Text => self.line(&format!("ringmill: {text}")),
            Log::None => {}
        }
    }

    /// The end.
    pub(crate) fn summary(&self, look: &Look, left: u64, lost: u64) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.log == Log::Json {
            let mut json = look.json("summary");
            json["left"] = json!(left);
            json["lost"] = json!(lost);
            self.line(&json.to_string());
            return;
        }
        let lost = if lost == 0 { String::new() } else { format!(", {lost} LOST") };
        self.note(&format!(
            "{} read: {} done, {} dead, {left} left{lost}; {} retries; {:.1} s, {:.0}/s",
            look.read,
            look.acked,
            look.dead,
            look.retried,
            look.seconds,
            look.rate()
        ));
    }
}
