//! When the channel was closed, as far as the threads can tell, and whether they agree.
//!
//! A channel is closed at one moment. It lies behind the beginning of the call that closes it, and
//! before the end of every call that says so. Nothing is accepted by a call that begins later; and
//! when it is said to be closed and empty, nothing is received by one.

use crate::history::{Event, History, Span};

/// What the threads have seen of the close.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closings {
    /// Calls that close.
    calls: Vec<Span>,
    /// Where each sender went: the last one closes.
    senders: Vec<Span>,
    /// Calls that refused a value.
    refusals: Vec<Span>,
    /// Calls that said that it is closed and empty.
    ends: Vec<Span>,
}

/// How the threads contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contradiction {
    ClosedByNobody(Span),
    AcceptedAfterClose(u64, Span),
    ReceivedAfterEnd(u64, Span),
}

impl std::fmt::Display for Contradiction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ClosedByNobody(at) => write!(f, "it was closed at {at:?}, before anybody closed"),
            Self::AcceptedAfterClose(v, at) => write!(f, "{v:x} was accepted at {at:?}, closed"),
            Self::ReceivedAfterEnd(v, at) => write!(f, "{v:x} was received at {at:?}, at the end"),
        }
    }
}

impl Closings {
    pub(crate) fn closed(&mut self, span: Span) {
        self.calls.push(span);
    }

    pub(crate) fn sender_gone(&mut self, span: Span) {
        self.senders.push(span);
    }

    pub(crate) fn refused(&mut self, span: Span) {
        self.refusals.push(span);
    }

    pub(crate) fn ended(&mut self, span: Span) {
        self.ends.push(span);
    }

    pub(crate) fn add(&mut self, mut other: Self) {
        self.calls.append(&mut other.calls);
        self.senders.append(&mut other.senders);
        self.refusals.append(&mut other.refusals);
        self.ends.append(&mut other.ends);
    }

    pub(crate) fn check(&self, history: &History) -> Result<(), Contradiction> {
        // The last sender to begin to go may be the one that closed.
        let last_gone = self.senders.iter().map(|gone| gone.from).max();
        let begun = self.calls.iter().map(|call| call.from).chain(last_gone).min();
        let told = || self.refusals.iter().chain(&self.ends);
        if let Some(early) = told().find(|told| begun.is_none_or(|begun| told.to < begun)) {
            return Err(Contradiction::ClosedByNobody(*early));
        }
        let all_gone = self.senders.iter().map(|gone| gone.to).max();
        let over = self.calls.iter().chain(told()).map(|span| span.to).chain(all_gone).min();
        let end = self.ends.iter().map(|span| span.to).min();
        let begins_after =
            |span: Span, moment: Option<u64>| moment.is_some_and(|moment| moment < span.from);
        for entry in history.threads.iter().flatten() {
            match entry.event {
                Event::Pushed(value) if begins_after(entry.span, over) => {
                    return Err(Contradiction::AcceptedAfterClose(value, entry.span));
                }
                Event::Popped(value) if begins_after(entry.span, end) => {
                    return Err(Contradiction::ReceivedAfterEnd(value, entry.span));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[test]
fn contradictions_are_found() {
    use crate::history::Entry;
    let at = |from, to| Span { from, to };
    let history = |entries: &[(Event, Span)]| {
        let entries = entries.iter().map(|&(event, span)| Entry { event, span }).collect();
        History { capacity: 4, threads: vec![entries], pushes_hide: false }
    };
    let pushed = |span| history(&[(Event::Pushed(7), span)]);
    let popped = |span| history(&[(Event::Popped(7), span)]);
    let nothing = history(&[]);

    let mut closings = Closings::default();
    assert_eq!(closings.check(&pushed(at(9, 9))), Ok(()), "it was never closed");
    closings.refused(at(5, 6));
    assert_eq!(closings.check(&nothing), Err(Contradiction::ClosedByNobody(at(5, 6))));
    closings.sender_gone(at(1, 2));
    assert_eq!(closings.check(&nothing), Ok(()));
    closings.sender_gone(at(7, 8));
    assert_eq!(closings.check(&nothing), Err(Contradiction::ClosedByNobody(at(5, 6))));
    closings.closed(at(6, 9));
    assert_eq!(closings.check(&nothing), Ok(()));

    assert_eq!(closings.check(&pushed(at(6, 9))), Ok(()));
    let late = at(7, 9);
    assert_eq!(closings.check(&pushed(late)), Err(Contradiction::AcceptedAfterClose(7, late)));
    assert_eq!(closings.check(&popped(late)), Ok(()));
    closings.ended(at(6, 8));
    assert_eq!(closings.check(&popped(at(8, 9))), Ok(()));
    let late = at(9, 9);
    assert_eq!(closings.check(&popped(late)), Err(Contradiction::ReceivedAfterEnd(7, late)));
    // Whoever closes, and goes, is done with it.
    let mut closings = Closings::default();
    closings.closed(at(2, 3));
    assert_eq!(
        closings.check(&pushed(at(4, 4))),
        Err(Contradiction::AcceptedAfterClose(7, at(4, 4)))
    );
    let mut closings = Closings::default();
    closings.sender_gone(at(2, 3));
    closings.sender_gone(at(1, 5));
    assert_eq!(closings.check(&pushed(at(5, 5))), Ok(()));
    let late = at(6, 6);
    assert_eq!(closings.check(&pushed(late)), Err(Contradiction::AcceptedAfterClose(7, late)));
}
