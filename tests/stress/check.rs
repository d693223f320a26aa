//! Whether what the threads saw is possible if the queue keeps its promises.
//!
//! No accusation here can be explained by another order of events: two calls are only said to have
//! happened in an order if one had returned before the other began.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use super::history::{Event, History, How, Place, What};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// A message that nobody enqueued.
    FromThinAir(u64),
    /// Another partition or offset than that it was accepted with.
    Misplaced(u64),
    /// One delivery was handed to two.
    HandedTwice(u64, u32),
    /// A later delivery was handed out before an earlier one.
    Backwards(u64),
    /// Leased again while the lease before was live.
    TwoLeases(u64, u32),
    /// A settlement was accepted after the message had been handed out again.
    StaleAccepted(u64, u32),
    /// One delivery was settled twice.
    SettledTwice(u64, u32),
    /// Handed out after its end.
    AfterItsEnd(u64),
    /// Acked, and found elsewhere too; or two ends.
    TwoEnds(u64),
    /// It is nowhere.
    Lost(u64),
    /// So many are nowhere, but so many were counted as dropped.
    Uncounted { missing: u64, counted: u64 },
    /// First deliveries of a partition in another order than that of their offsets.
    OutOfOrder { partition: usize, first: u64, second: u64 },
    /// Later messages of a producer stand before earlier ones.
    ProducerOrder { producer: usize, partition: usize, offset: u64 },
    /// Two messages have the same place.
    SamePlace { partition: usize, offset: u64 },
}

impl Fault {
    /// The message that it is about, if it is about one.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::FromThinAir(number)
            | Self::Misplaced(number)
            | Self::HandedTwice(number, _)
            | Self::Backwards(number)
            | Self::TwoLeases(number, _)
            | Self::StaleAccepted(number, _)
            | Self::SettledTwice(number, _)
            | Self::AfterItsEnd(number)
            | Self::TwoEnds(number)
            | Self::Lost(number) => Some(*number),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[derive(Default)]
struct Life {
    accepted: Option<(usize, u64)>,
    handed: Vec<(u32, Event)>,
    ended: Vec<(u32, How, bool, Event)>,
    places: Vec<Place>,
}

impl History {
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let mut lives: HashMap<u64, Life> = HashMap::new();
        for event in &self.events {
            match event.what {
                What::Accepted { number, partition, offset, .. } => {
                    lives.entry(number).or_default().accepted = Some((partition, offset));
                }
                What::Handed { number, delivery, .. } => {
                    lives.entry(number).or_default().handed.push((delivery, *event));
                }
                What::Ended { number, delivery, how, done } => {
                    lives.entry(number).or_default().ended.push((delivery, how, done, *event));
                }
            }
        }
        for (number, place) in &self.places {
            lives.entry(*number).or_default().places.push(*place);
        }
        let mut missing = Vec::new();
        for (number, life) in &lives {
            life.check(*number, self.lease)?;
            if life.ends() == 0 {
                missing.push(*number);
            }
        }
        match (missing.first(), missing.len() as u64) {
            (Some(lost), _) if self.dropped == 0 => return Err(Fault::Lost(*lost)),
            (_, missing) if missing != self.dropped => {
                return Err(Fault::Uncounted { missing, counted: self.dropped });
            }
            _ => {}
        }
        self.places_in_order()?;
        self.first_deliveries_in_order()
    }

    /// Places are distinct, and those of one producer rise.
    fn places_in_order(&self) -> Result<(), Fault> {
        let mut last: HashMap<(usize, usize), (u64, u64)> = HashMap::new();
        let mut seen: HashMap<(usize, u64), u64> = HashMap::new();
        let mut accepted: Vec<&Event> = self
            .events
            .iter()
            .filter(|event| matches!(event.what, What::Accepted { .. }))
            .collect();
        accepted.sort_by_key(|event| event.from);
        for event in accepted {
            let What::Accepted { number, producer, partition, offset } = event.what else {
                continue;
            };
            if seen.insert((partition, offset), number).is_some() {
                return Err(Fault::SamePlace { partition, offset });
            }
            let before = last.insert((producer, partition), (offset, event.to));
            if before.is_some_and(|(before, to)| to < event.from && before > offset) {
                return Err(Fault::ProducerOrder { producer, partition, offset });
            }
        }
        Ok(())
    }

    /// No first delivery had returned before that of a lower offset began.
    fn first_deliveries_in_order(&self) -> Result<(), Fault> {
        let mut first: HashMap<usize, Vec<(u64, &Event)>> = HashMap::new();
        for event in &self.events {
            if let What::Handed { delivery: 1, partition, offset, .. } = event.what {
                first.entry(partition).or_default().push((offset, event));
            }
        }
        for (partition, mut handed) in first {
            handed.sort_unstable_by_key(|(offset, _)| *offset);
            // From the end: the earliest return among all that stand behind.
            let mut earliest: Option<(u64, u64)> = None;
            for (offset, event) in handed.into_iter().rev() {
                match earliest {
                    Some((to, second)) if to < event.from => {
                        return Err(Fault::OutOfOrder { partition, first: offset, second });
                    }
                    Some((to, _)) if to <= event.to => {}
                    _ => earliest = Some((event.to, offset)),
                }
            }
        }
        Ok(())
    }
}

impl Life {
    /// Whether a settlement of this kind is the last of a message in its queue.
    fn final_end(how: How) -> bool {
        matches!(how, How::Ack | How::Reject | How::Cancel)
    }

    /// In how many places it has come to its end. A rejected one is among the dead letters.
    fn ends(&self) -> usize {
        let ended = |how: &How| matches!(how, How::Ack | How::Cancel);
        self.ended.iter().filter(|(_, how, done, _)| *done && ended(how)).count()
            + self.places.len()
    }

    fn check(&self, number: u64, lease: Duration) -> Result<(), Fault> {
        let Some(place) = self.accepted else { return Err(Fault::FromThinAir(number)) };
        let mut handed = self.handed.clone();
        handed.sort_unstable_by_key(|(delivery, _)| *delivery);
        for (delivery, event) in &handed {
            let What::Handed { partition, offset, .. } = event.what else { continue };
            if (partition, offset) != place {
                return Err(Fault::Misplaced(number));
            }
            if self
                .ended
                .iter()
                .any(|(_, how, done, end)| *done && Self::final_end(*how) && end.to < event.from)
            {
                return Err(Fault::AfterItsEnd(number));
            }
            let _ = delivery;
        }
        for two in handed.windows(2) {
            let [(one, first), (two, second)] = two else { continue };
            if one == two {
                return Err(Fault::HandedTwice(number, *one));
            }
            if second.to < first.from {
                return Err(Fault::Backwards(number));
            }
            // Given back, or tried to be: its lease ended by that, or by something before.
            let given_back = self.ended.iter().any(|(delivery, how, done, end)| {
                delivery == one && end.from < second.to && (*done || *how == How::Drop)
            });
            // It began at its hand-over, which was before the call returned and after it began.
            if !given_back && second.over < first.began + lease {
                return Err(Fault::TwoLeases(number, *two));
            }
        }
        for (at, (delivery, how, done, end)) in self.ended.iter().enumerate() {
            if !*done || *how == How::Cancel {
                continue;
            }
            let again = |other: &(u32, Event)| other.0 > *delivery && other.1.to < end.from;
            if handed.iter().any(again) {
                return Err(Fault::StaleAccepted(number, *delivery));
            }
            let same = |other: &(u32, How, bool, Event)| other.2 && other.0 == *delivery;
            if self.ended[at + 1..].iter().any(|other| same(other) && other.1 != How::Cancel) {
                return Err(Fault::SettledTwice(number, *delivery));
            }
        }
        if self.ends() > 1 { Err(Fault::TwoEnds(number)) } else { Ok(()) }
    }
}
