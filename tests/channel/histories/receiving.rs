//! The ways of receiving, each with what it tells the history.

use std::time::Instant;

use ringmill::channel::{Receiver, RecvError, RecvTimeoutError, Select, TryRecvError};

use super::Worker;
use super::sending::poll_some;
use crate::history::Span;

/// What a call got.
type Got = Result<u64, TryRecvError>;

impl Worker<'_> {
    /// Notes what a call got; whether there may be more.
    fn got(&mut self, (got, span): (Got, Span)) -> bool {
        match got {
            Ok(value) => self.popped(&[value], span),
            Err(TryRecvError::Empty) => self.held(0, span),
            Err(TryRecvError::Closed) => self.closings.ended(span),
        }
        got != Err(TryRecvError::Closed)
    }
}

fn waiting(got: Result<u64, RecvError>) -> Got {
    got.map_err(TryRecvError::from)
}

fn in_time(got: Result<u64, RecvTimeoutError>) -> Got {
    got.map_err(|error| match error {
        RecvTimeoutError::TimedOut => TryRecvError::Empty,
        RecvTimeoutError::Closed => TryRecvError::Closed,
    })
}

pub(super) fn one(receiver: &Receiver<u64>, worker: &mut Worker<'_>) -> bool {
    let got = match worker.rng.below(8) {
        0 => worker.log.time(|| Select::new().recv(receiver, waiting).wait()),
        1 => worker.log.time(|| receiver.iter().next().ok_or(TryRecvError::Closed)),
        _ => worker.log.time(|| waiting(receiver.recv())),
    };
    worker.got(got)
}

pub(super) fn hasty(receiver: &Receiver<u64>, worker: &mut Worker<'_>) -> bool {
    let timeout = worker.timeout();
    let got = match worker.rng.below(8) {
        0 => worker.log.time(|| {
            let choice = Select::new().recv(receiver, waiting);
            choice.wait_timeout(timeout).unwrap_or(Err(TryRecvError::Empty))
        }),
        1..=4 => worker.log.time(|| in_time(receiver.recv_timeout(timeout))),
        _ => worker.log.time(|| receiver.try_recv()),
    };
    worker.got(got)
}

/// A future that is awaited, or polled some times, woken or not, and dropped.
pub(super) fn future(receiver: &Receiver<u64>, worker: &mut Worker<'_>) -> bool {
    let polls = worker.rng.below(6);
    let choice = worker.rng.below(8) == 0;
    let got = worker.log.time(|| {
        if polls == 0 {
            return waiting(pollster::block_on(receiver.recv_async()));
        }
        let got = if choice {
            poll_some(Select::new().recv(receiver, |got| got).wait_async(), polls)
        } else {
            poll_some(receiver.recv_async(), polls)
        };
        got.map_or(Err(TryRecvError::Empty), waiting)
    });
    worker.got(got)
}

pub(super) fn batch(receiver: &Receiver<u64>, worker: &mut Worker<'_>) -> bool {
    let min = worker.batch(receiver.capacity()) - 1;
    let max = worker.batch(receiver.capacity());
    let timeout = worker.timeout();
    let kind = worker.rng.below(4);
    let mut out = Vec::new();
    let (got, span) = worker.log.time(|| match kind {
        0 => receiver.try_recv_batch(&mut out, max).map_err(RecvTimeoutError::from),
        1 => receiver.recv_batch(&mut out, min, max, Some(Instant::now() + timeout)),
        _ => receiver.recv_batch(&mut out, min, max, None),
    });
    assert_eq!(got.unwrap_or(0), out.len());
    assert!(out.len() <= max);
    worker.popped(&out, span);
    match got {
        Ok(0) | Err(RecvTimeoutError::TimedOut) => worker.held(0, span),
        Ok(_) => {}
        Err(RecvTimeoutError::Closed) => worker.closings.ended(span),
    }
    got != Err(RecvTimeoutError::Closed)
}

pub(super) fn any(receiver: &Receiver<u64>, worker: &mut Worker<'_>) -> bool {
    let receive = [one, hasty, future, batch][worker.rng.below(4)];
    receive(receiver, worker)
}
