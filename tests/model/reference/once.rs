//! Messages that are sent twice: what is remembered of which.

use super::{Model, State};

/// Which ids a queue remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Remembers {
    Nothing,
    /// The last so many, for so many milliseconds.
    Window {
        time: u64,
        count: usize,
    },
    /// Those of the messages that are there.
    Unique,
}

/// An id that was accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    id: u8,
    key: u8,
    at: u64,
    message: usize,
}

/// What a producer is told of a message with an id that is not new.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Repeat {
    /// The queue remembers no ids.
    Refused,
    /// It is a repeat of this message.
    Of(usize),
    /// This message has the id, and another key.
    Conflict(usize),
}

impl Model {
    /// What is known of a message; `None` if it is new.
    pub(crate) fn repeat(&mut self, at: usize, id: u8, key: u8) -> Option<Repeat> {
        let queue = &mut self.queues[at];
        let there = |noted: &&Noted| queue.messages[noted.message].state != State::Gone;
        let found = match queue.config.remembers {
            Remembers::Nothing => return Some(Repeat::Refused),
            Remembers::Window { time, count } => {
                let mut last = queue.noted.iter().rev().take(count);
                last.find(|noted| noted.id == id).filter(|noted| self.now - noted.at < time)
            }
            Remembers::Unique => {
                queue.noted.iter().rev().find(|noted| noted.id == id).filter(there)
            }
        }?;
        if found.key != key {
            return Some(Repeat::Conflict(found.message));
        }
        queue.totals.duplicates += 1;
        Some(Repeat::Of(found.message))
    }

    /// Notes the id of a message that was accepted.
    pub(crate) fn note(&mut self, at: usize, id: u8, key: u8, message: usize) {
        self.queues[at].noted.push(Noted { id, key, at: self.now, message });
    }
}
