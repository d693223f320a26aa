//! What a queue in order by key, with levels, shall do: plain data, no cleverness.
//!
//! Of each key the messages stand in a row, and only the first one may be handed out. Among those
//! that may, the level decides; among those of one level the model takes the engine's choice.

use std::collections::{BTreeMap, BTreeSet};

/// A partition and a key, or a message that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    Key(usize, u8),
    Alone(usize, u64),
}

impl Lane {
    pub(super) fn partition(self) -> usize {
        match self {
            Self::Key(partition, _) | Self::Alone(partition, _) => partition,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Ready,
    Leased,
    /// Until then.
    Delayed(u64),
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) number: u64,
    pub(super) level: u8,
    pub(super) state: State,
    pub(super) attempts: u32,
}

/// One key's messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) messages: Vec<Message>,
    paused: bool,
    parked: bool,
    /// Let go, and nothing of it handed out since: one of its messages that is out already may stand
    /// at its own level instead of that of the first one.
    loose: bool,
}

/// How often a message is tried again.
pub(super) const RETRIES: u32 = 2;

/// A settlement. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Ack,
    Nack(u64),
    Release,
    Snooze(u64),
    Reject,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) rows: BTreeMap<Lane, Row>,
    /// How many may wait behind the first one of a key.
    pub(super) waiting: Option<usize>,
    /// A dead letter parks its key.
    pub(super) parks: bool,
    pub(super) dead: u64,
    /// Where one was cancelled: the one behind it is handed out when somebody has come to that place,
    /// which is of the other's level.
    pub(super) gaps: BTreeSet<Lane>,
    pub(super) now: u64,
}

impl Model {
    /// Whether a message comes in.
    pub(super) fn enqueue(&mut self, lane: Lane, number: u64, level: u8) -> bool {
        let keyed = matches!(lane, Lane::Key(..));
        let row = self.rows.entry(lane).or_default();
        if keyed && self.waiting.is_some_and(|most| row.messages.len() > most) {
            return false;
        }
        row.messages.push(Message { number, level, state: State::Ready, attempts: 0 });
        true
    }

    fn free(row: &Row) -> Option<&Message> {
        let first = row.messages.first()?;
        let held = row.paused || row.parked;
        (first.state == State::Ready && !held).then_some(first)
    }

    /// How many messages of a partition may be handed out.
    pub(super) fn free_in(&self, partition: usize) -> usize {
        let here = self.rows.iter().filter(|(lane, _)| lane.partition() == partition);
        here.filter(|(_, row)| Self::free(row).is_some()).count()
    }

    /// The engine hands out this message.
    pub(super) fn hand_out(&mut self, partition: usize, number: u64) -> &Message {
        let here = || self.rows.iter().filter(|(lane, _)| lane.partition() == partition);
        let found = here().find(|(_, row)| row.messages.iter().any(|m| m.number == number));
        let (&lane, row) = found.unwrap_or_else(|| panic!("there is no {number}"));
        let first = Self::free(row).unwrap_or_else(|| panic!("{number} is to stay: {row:?}"));
        assert_eq!(first.number, number, "the first of its row: {row:?}");
        let sure = here().filter(|(lane, row)| !row.loose && !self.gaps.contains(lane));
        let highest = sure.filter_map(|(_, row)| Self::free(row)).map(|m| m.level).max();
        let level = first.level;
        assert!(highest.is_none_or(|highest| level >= highest), "{number} before {highest:?}");
        let row = self.rows.get_mut(&lane).expect("it was found");
        row.loose = false;
        row.messages[0].state = State::Leased;
        &row.messages[0]
    }

    fn row_of(&mut self, number: u64) -> Option<(Lane, usize)> {
        self.rows.iter().find_map(|(lane, row)| {
            Some((*lane, row.messages.iter().position(|message| message.number == number)?))
        })
    }

    fn remove(&mut self, lane: Lane, at: usize) {
        let row = self.rows.get_mut(&lane).expect("it is there");
        row.messages.remove(at);
        let held = row.paused || row.parked;
        if row.messages.is_empty() && !held {
            self.rows.remove(&lane);
        }
    }

    pub(super) fn end(&mut self, number: u64, end: End) {
        let (lane, at) = self.row_of(number).expect("it is leased");
        let now = self.now;
        let message = &mut self.rows.get_mut(&lane).expect("it is there").messages[at];
        assert_eq!((at, message.state), (0, State::Leased));
        let wait = |by| if by == 0 { State::Ready } else { State::Delayed(now + by) };
        match end {
            End::Ack => self.remove(lane, at),
            End::Nack(_) if message.attempts == RETRIES => self.die(lane, at),
            End::Nack(by) => {
                message.attempts += 1;
                message.state = wait(by);
            }
            End::Release => message.state = State::Ready,
            End::Snooze(by) => message.state = wait(by),
            End::Reject => self.die(lane, at),
        }
    }

    fn die(&mut self, lane: Lane, at: usize) {
        self.dead += 1;
        if self.parks && matches!(lane, Lane::Key(..)) {
            self.rows.get_mut(&lane).expect("it is there").parked = true;
        }
        self.remove(lane, at);
    }

    /// Every lease is over.
    pub(super) fn expire(&mut self) -> Vec<u64> {
        let all = self.rows.values().flat_map(|row| &row.messages);
        let leased: Vec<u64> =
            all.filter(|m| m.state == State::Leased).map(|message| message.number).collect();
        leased.iter().for_each(|number| self.end(*number, End::Nack(0)));
        leased
    }

    /// What is due is ready.
    pub(super) fn tick(&mut self) {
        for message in self.rows.values_mut().flat_map(|row| &mut row.messages) {
            if matches!(message.state, State::Delayed(due) if due <= self.now) {
                message.state = State::Ready;
            }
        }
    }

    /// Ends a message that nobody has; whether it was there.
    pub(super) fn cancel(&mut self, number: u64) -> bool {
        let Some((lane, at)) = self.row_of(number) else { return false };
        let leased = self.rows[&lane].messages[at].state == State::Leased;
        if !leased {
            self.gaps.insert(lane);
            self.remove(lane, at);
        }
        !leased
    }

    /// Whether that is news.
    pub(super) fn pause(&mut self, lane: Lane, pause: bool) -> bool {
        let row = self.rows.entry(lane).or_default();
        let news = row.paused != pause;
        row.paused = pause;
        if row.messages.is_empty() && !row.paused && !row.parked {
            self.rows.remove(&lane);
        }
        news
    }

    /// How many messages may have been set aside, if the key was parked.
    pub(super) fn unpark(&mut self, lane: Lane) -> Option<usize> {
        let row = self.rows.get_mut(&lane).filter(|row| row.parked)?;
        (row.parked, row.loose) = (false, true);
        let count = row.messages.len();
        if count == 0 && !row.paused {
            self.rows.remove(&lane);
        }
        Some(count)
    }

    /// The keys that are parked.
    pub(super) fn parked(&self) -> Vec<Lane> {
        self.rows.iter().filter(|(_, row)| row.parked).map(|(lane, _)| *lane).collect()
    }

    /// How many messages are ready, with consumers, and waiting.
    pub(super) fn counts(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for message in self.rows.values().flat_map(|row| &row.messages) {
            counts[match message.state {
                State::Ready => 0,
                State::Leased => 1,
                State::Delayed(_) => 2,
            }] += 1;
        }
        counts
    }
}
