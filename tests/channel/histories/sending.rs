//! The ways of sending, each with what it tells the history.

use std::pin::pin;
use std::task::{Context, Poll};

use ringmill::channel::{Select, SendError, SendTimeoutError, Sender, TrySendError};

use super::{Worker, linger};
use crate::history::Span;
use crate::tasks::Bell;

/// What came of one value.
enum Sent {
    Accepted,
    Full,
    Closed,
}

impl Worker<'_> {
    /// Notes what came of a value.
    fn sent(&mut self, sender: &Sender<u64>, value: u64, (sent, span): (Sent, Span)) -> bool {
        match sent {
            Sent::Accepted => self.pushed(&[value], span),
            Sent::Full => self.held(sender.capacity(), span),
            Sent::Closed => self.closings.refused(span),
        }
        !matches!(sent, Sent::Closed)
    }
}

fn new_value(worker: &mut Worker<'_>) -> u64 {
    worker.values(1)[0]
}

fn waiting(sent: Result<(), SendError<u64>>, value: u64) -> Sent {
    match sent {
        Ok(()) => Sent::Accepted,
        Err(SendError(back)) => {
            assert_eq!(back, value, "it comes back");
            Sent::Closed
        }
    }
}

pub(super) fn one(sender: &Sender<u64>, worker: &mut Worker<'_>) -> bool {
    let value = new_value(worker);
    let sent = match worker.rng.below(8) {
        0 => worker
            .log
            .time(|| Select::new().send(sender, value, |sent| waiting(sent, value)).wait()),
        _ => worker.log.time(|| waiting(sender.send(value), value)),
    };
    worker.sent(sender, value, sent)
}

pub(super) fn hasty(sender: &Sender<u64>, worker: &mut Worker<'_>) -> bool {
    let value = new_value(worker);
    let timeout = worker.timeout();
    let sent = match worker.rng.below(8) {
        0 => worker.log.time(|| {
            let choice = Select::new().send(sender, value, |sent| waiting(sent, value));
            choice.wait_timeout(timeout).unwrap_or(Sent::Full)
        }),
        1..=4 => worker.log.time(|| match sender.send_timeout(value, timeout) {
            Ok(()) => Sent::Accepted,
            Err(SendTimeoutError::TimedOut(back)) if back == value => Sent::Full,
            Err(SendTimeoutError::Closed(back)) if back == value => Sent::Closed,
            Err(_) => panic!("another value came back"),
        }),
        _ => worker.log.time(|| match sender.try_send(value) {
            Ok(()) => Sent::Accepted,
            Err(TrySendError::Full(back)) if back == value => Sent::Full,
            Err(TrySendError::Closed(back)) if back == value => Sent::Closed,
            Err(_) => panic!("another value came back"),
        }),
    };
    worker.sent(sender, value, sent)
}

/// A future that is awaited, or polled some times, woken or not, and dropped.
pub(super) fn future(sender: &Sender<u64>, worker: &mut Worker<'_>) -> bool {
    let value = new_value(worker);
    let polls = worker.rng.below(6);
    let choice = worker.rng.below(8) == 0;
    let sent = worker.log.time(|| {
        if polls == 0 {
            return waiting(pollster::block_on(sender.send_async(value)), value);
        }
        if choice {
            let choice = Select::new().send(sender, value, |sent| waiting(sent, value));
            return poll_some(choice.wait_async(), polls).unwrap_or(Sent::Full);
        }
        let sent = poll_some(sender.send_async(value), polls);
        sent.map_or(Sent::Full, |sent| waiting(sent, value))
    });
    worker.sent(sender, value, sent)
}

/// Polls so many times, with and without a reason, and then drops.
pub(super) fn poll_some<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut waker = Bell::new().into();
    for poll in 0..polls {
        if poll % 3 == 2 {
            waker = Bell::new().into();
        }
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(result);
        }
        // At last it waits a little longer, so that it may be woken when it goes.
        linger(if poll == 4 { 0 } else { 3 + poll as u32 });
    }
    None
}

pub(super) fn batch(sender: &Sender<u64>, worker: &mut Worker<'_>) -> bool {
    let len = worker.batch(sender.capacity());
    let values = worker.values(len);
    let mut batch = values.clone();
    let tries = worker.rng.below(2) == 0;
    let (open, span) = worker.log.time(|| match tries {
        true => sender.try_send_batch(&mut batch).map(|sent| assert_eq!(sent + batch.len(), len)),
        false => sender.send_batch(&mut batch),
    });
    let sent = len - batch.len();
    assert_eq!(batch, values[sent..], "what is not sent stays");
    worker.pushed(&values[..sent], span);
    if open.is_err() {
        worker.closings.refused(span);
    } else if sent < len {
        assert!(tries, "all is sent");
        if sent == 0 {
            worker.held(sender.capacity(), span);
        }
    }
    open.is_ok()
}

pub(super) fn any(sender: &Sender<u64>, worker: &mut Worker<'_>) -> bool {
    let send = [one, hasty, future, batch][worker.rng.below(4)];
    send(sender, worker)
}
