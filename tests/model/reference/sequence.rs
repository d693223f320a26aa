//! Producers whose messages have numbers.

use super::Model;

/// What is known of a name.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    /// The name is known; it was opened by this epoch at last, of all that there ever were.
    open: Option<u64>,
    /// The messages that were accepted, by number.
    taken: Vec<usize>,
}

/// What becomes of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Next,
    /// This message had it.
    Taken(usize),
    /// Another one comes first.
    Ahead(u64),
    Fenced,
}

impl Model {
    /// Opens a name; the epoch, which no other opening has.
    pub(crate) fn open(&mut self, name: u8) -> u64 {
        self.opened += 1;
        self.sequences.entry(name).or_default().open = Some(self.opened);
        self.opened
    }

    /// Forgets a name; whether it was known.
    pub(crate) fn forget(&mut self, name: u8) -> bool {
        self.sequences.remove(&name).is_some()
    }

    /// The number that comes next.
    pub(crate) fn next(&self, name: u8) -> u64 {
        self.sequences.get(&name).map_or(0, |sequence| sequence.taken.len() as u64)
    }

    pub(crate) fn number(&mut self, name: u8, epoch: u64, number: u64) -> Number {
        let next = self.next(name);
        match self.sequences.get(&name) {
            Some(sequence) if sequence.open == Some(epoch) => {
                match sequence.taken.get(number as usize) {
                    Some(first) => {
                        self.queues[0].totals.duplicates += 1;
                        Number::Taken(*first)
                    }
                    None if number == next => Number::Next,
                    None => Number::Ahead(next),
                }
            }
            _ => Number::Fenced,
        }
    }

    /// Counts a message that was accepted.
    pub(crate) fn count(&mut self, name: u8, message: usize) {
        self.sequences.entry(name).or_default().taken.push(message);
    }
}
