//! What all threads of a run share, and how a record leaves it.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use ringmill::queue::{Delivery, Queue, SettleError};

use super::dead::DeadFile;
use super::output::Output;
use super::pace::Pace;
use super::screen::Screen;
use super::stop::Stop;
use super::template::Task;
use super::verdict::Verdict;
use crate::input::letters::Letter;
use crate::record::{Malformed, Record};

/// How often a record is handed out at most, retries and interrupted hand-outs together.
pub(crate) const MAX_DELIVERIES: u8 = 254;

/// What happens in a run.
#[derive(Debug)]
pub(crate) enum Event {
    Signal,
    /// The run cannot go on.
    Failed(String),
    WorkerGone,
}

/// How many records came to what.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) read: AtomicU64,
    pub(crate) acked: AtomicU64,
    pub(crate) dead: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) unreadable: AtomicU64,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A run.
pub(crate) struct Job {
    pub(crate) queue: Queue<Record>,
    pub(crate) counts: Counts,
    pub(crate) stop: Stop,
    pub(crate) pace: Option<Pace>,
    pub(crate) dead: DeadFile,
    pub(crate) output: Output,
    pub(crate) screen: Screen,
    pub(crate) retries: u32,
    pub(crate) events: Sender<Event>,
    /// Held while a record goes in and is counted.
    pub(crate) gate: Mutex<()>,
}

/// What is to be done with a delivery.
pub(crate) fn task<'d>(delivery: &'d Delivery<'_, Record>) -> Task<'d> {
    Task { record: delivery, key: delivery.key(), attempt: delivery.attempts() + 1 }
}

impl Job {
    /// Ends the run for a reason.
    pub(crate) fn fail(&self, why: String) {
        self.stop.drain();
        // Whoever started the run hears it, or has ended.
        let _ = self.events.send(Event::Failed(why));
    }

    fn check(&self, settled: Result<(), SettleError>) {
        if let Err(error) = settled {
            self.fail(format!("queue: {error}"));
        }
    }

    /// Ends a delivery; `result` is what it gave, formatted.
    pub(crate) fn settle(&self, delivery: Delivery<'_, Record>, verdict: Verdict, result: Vec<u8>) {
        let last = u32::from(MAX_DELIVERIES) <= delivery.deliveries();
        match verdict {
            Verdict::Ack => {
                let results = vec![(delivery.place, result)];
                self.done_with(vec![delivery], results);
            }
            Verdict::Retry { class, text, after }
                if delivery.attempts() < self.retries && !last =>
            {
                count(&self.counts.retried);
                self.check(match after {
                    Some(after) => delivery.nack_after(after),
                    None => delivery.nack_with(class, text),
                });
            }
            Verdict::Retry { text, .. } => self.bury(delivery, "max_attempts", &text),
            Verdict::Dead(text) => self.bury(delivery, "rejected", &text),
            Verdict::Left => self.give_back(delivery),
        }
    }

    /// Ends deliveries that were handled, with their results, formatted, by their places.
    ///
    /// A result that cannot be written leaves its record in the queue; but where results are in
    /// order, it may have been another record's.
    pub(crate) fn done_with(&self, done: Vec<Delivery<'_, Record>>, results: Vec<(u64, Vec<u8>)>) {
        let written = self.output.put(results);
        if written.is_ok() || self.output.is_ordered() {
            self.counts.acked.fetch_add(done.len() as u64, Ordering::Relaxed);
            done.into_iter().for_each(|delivery| self.check(delivery.ack()));
        } else {
            done.into_iter().for_each(|delivery| self.give_back(delivery));
        }
        self.heed(written);
    }

    fn heed(&self, written: io::Result<()>) {
        if let Err(error) = written {
            self.fail(format!("results: {error}"));
        }
    }

    /// Not handled, without an attempt.
    pub(crate) fn give_back(&self, delivery: Delivery<'_, Record>) {
        if u32::from(MAX_DELIVERIES) <= delivery.deliveries() {
            return self.bury(delivery, "max_deliveries", "handed out too often");
        }
        self.check(delivery.release());
    }

    /// Given up: first it is in the file, then it leaves the queue.
    fn bury(&self, delivery: Delivery<'_, Record>, reason: &str, error: &str) {
        let task = task(&delivery);
        let letter = Letter {
            source: &task.record.source,
            number: task.record.number,
            data: &task.record.data,
            key: task.key,
            reason,
            attempts: task.attempt,
            error,
        };
        let place = task.record.place;
        if let Err(error) = self.write(&letter) {
            self.fail(error);
            self.check(delivery.release());
            return;
        }
        self.check(delivery.reject(error));
        self.heed(self.output.put(vec![(place, Vec::new())]));
    }

    /// A record that is none.
    pub(crate) fn bury_malformed(&self, place: u64, malformed: &Malformed) -> bool {
        let written = self.write(&Letter {
            source: &malformed.source,
            number: malformed.number,
            data: &malformed.data,
            key: None,
            reason: "malformed",
            attempts: 0,
            error: &malformed.why,
        });
        match written {
            Ok(()) => self.heed(self.output.put(vec![(place, Vec::new())])),
            Err(error) => {
                self.fail(error);
                return false;
            }
        }
        true
    }

    fn write(&self, letter: &Letter<'_>) -> Result<(), String> {
        self.dead.write(letter).map_err(|error| format!("dead letters: {error}"))?;
        count(&self.counts.dead);
        self.screen.letter("dead", letter, self.dead.is_there());
        Ok(())
    }
}
