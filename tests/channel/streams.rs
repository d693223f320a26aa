//! A receiver as a stream and a sender as a sink, polled by hand.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use ringmill::channel::{RecvStream, SendError, SendSink, TryRecvError, channel};

use crate::tasks::{Bell, Task};

/// Something with a bell.
struct Rung<S> {
    inner: S,
    bell: Arc<Bell>,
    waker: Waker,
}

impl<S> Rung<S> {
    fn new(inner: S) -> Self {
        let bell = Bell::new();
        Self { inner, waker: Arc::clone(&bell).into(), bell }
    }
}

impl<T> Rung<RecvStream<T>> {
    fn next(&mut self) -> Poll<Option<T>> {
        Pin::new(&mut self.inner).poll_next(&mut Context::from_waker(&self.waker))
    }
}

impl<T> Rung<SendSink<T>> {
    fn start(&mut self, value: T) -> Result<(), SendError<T>> {
        Pin::new(&mut self.inner).start_send(value)
    }

    fn ready(&mut self) -> Poll<Result<(), SendError<T>>> {
        Pin::new(&mut self.inner).poll_ready(&mut Context::from_waker(&self.waker))
    }

    fn flush(&mut self) -> Poll<Result<(), SendError<T>>> {
        Pin::new(&mut self.inner).poll_flush(&mut Context::from_waker(&self.waker))
    }

    fn close(&mut self) -> Poll<Result<(), SendError<T>>> {
        Pin::new(&mut self.inner).poll_close(&mut Context::from_waker(&self.waker))
    }
}

const DONE: Poll<Result<(), SendError<u32>>> = Poll::Ready(Ok(()));

#[test]
fn a_stream_gives_the_values_and_ends() {
    let (sender, receiver) = channel(2).unwrap();
    let mut stream = Rung::new(receiver.into_stream());
    assert!(stream.next().is_pending());
    sender.try_send(1).unwrap();
    sender.try_send(2).unwrap();
    assert_eq!(stream.bell.rings(), 1, "it was woken already");
    sender.close();
    assert!(!stream.inner.is_terminated(), "there are values");
    assert_eq!([stream.next(), stream.next()], [Poll::Ready(Some(1)), Poll::Ready(Some(2))]);
    assert!(stream.inner.is_terminated());
    assert_eq!([stream.next(), stream.next()], [Poll::Ready(None); 2]);
}

#[test]
fn a_stream_is_terminated_only_if_closed_and_empty() {
    let (sender, receiver) = channel(1).unwrap();
    let stream = receiver.clone().into_stream();
    assert!(!stream.is_terminated(), "empty");
    sender.try_send(1).unwrap();
    drop(sender);
    assert!(!stream.is_terminated(), "closed");
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(stream.is_terminated());
}

#[test]
fn a_stream_that_was_woken_and_goes_wakes_the_next() {
    let (sender, receiver) = channel(1).unwrap();
    for back in [false, true] {
        let mut stream = Rung::new(receiver.clone().into_stream());
        assert!(stream.next().is_pending());
        let mut other = Task::waiting(receiver.recv_async());
        sender.try_send(1).unwrap();
        assert_eq!((stream.bell.rings(), other.rings()), (1, 0));
        if back {
            let receiver = stream.inner.into_receiver();
            assert_eq!(receiver.len(), 1, "it has taken nothing");
        } else {
            drop(stream);
        }
        assert_eq!((other.rings(), other.ready()), (1, Ok(1)));
    }
}

#[test]
fn a_stream_is_an_end_of_its_channel() {
    let (sender, receiver) = channel::<u32>(1).unwrap();
    let mut stream = Rung::new(receiver.into_stream());
    assert!(stream.next().is_pending());
    assert!(!sender.is_closed());
    drop(stream.inner);
    assert!(sender.is_closed());
    assert_eq!(stream.bell.rings(), 0, "it waited no more when it closed the channel");
    assert_eq!(Arc::strong_count(&stream.bell), 2, "the list has no waker of it");
}

#[test]
fn a_sink_sends_what_it_is_given() {
    let (sender, receiver) = channel(1).unwrap();
    let mut sink = Rung::new(sender.into_sink());
    assert_eq!(sink.ready(), DONE);
    sink.start(1).unwrap();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty), "not before it is flushed");
    assert_eq!(sink.ready(), DONE);
    sink.start(2).unwrap();
    assert!(sink.ready().is_pending() && sink.flush().is_pending());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(sink.bell.rings(), 1);
    assert_eq!(sink.flush(), DONE);
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(sink.bell.rings(), 1, "nothing waits to be sent");
}

#[test]
#[should_panic(expected = "before the sink was ready")]
fn a_sink_that_is_not_ready_takes_nothing() {
    let (sender, _receiver) = channel(1).unwrap();
    let mut sink = Rung::new(sender.into_sink());
    sink.start(1).unwrap();
    let _ = sink.start(2);
}

#[test]
fn closing_a_sink_flushes_it_and_lets_its_sender_go() {
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let mut sink = Rung::new(sender.into_sink());
    sink.start(1).unwrap();
    assert!(sink.close().is_pending());
    assert!(!receiver.is_closed(), "there is one value to be sent still");
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!([sink.close(), sink.close()], [DONE; 2]);
    assert!(receiver.is_closed(), "that was the last sender");
    assert_eq!(sink.start(2), Err(SendError(2)));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn a_sink_of_a_closed_channel_gives_the_value_back() {
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let mut sink = Rung::new(sender.into_sink());
    sink.start(1).unwrap();
    assert!(sink.flush().is_pending());
    drop(receiver);
    assert_eq!(sink.bell.rings(), 1);
    assert_eq!(sink.flush(), Poll::Ready(Err(SendError(1))));
    assert_eq!(sink.inner.take_unsent(), None);
    sink.start(2).unwrap();
    assert_eq!(sink.close(), Poll::Ready(Err(SendError(2))));
}

#[test]
fn a_sink_that_was_woken_and_goes_wakes_the_next() {
    let (sender, receiver) = channel(1).unwrap();
    sender.try_send(0).unwrap();
    let mut sink = Rung::new(sender.clone().into_sink());
    sink.start(1).unwrap();
    assert!(sink.flush().is_pending());
    let mut other = Task::waiting(sender.send_async(2));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((sink.bell.rings(), other.rings()), (1, 0));
    drop(sink.inner);
    assert_eq!((other.rings(), other.ready()), (1, Ok(())));
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn a_sink_whose_value_was_taken_back_waits_no_more() {
    let (sender, receiver) = channel(1).unwrap();
    for woken_before in [false, true] {
        sender.try_send(0).unwrap();
        let mut sink = Rung::new(sender.clone().into_sink());
        sink.start(1).unwrap();
        assert!(sink.flush().is_pending());
        let mut other = Task::waiting(sender.send_async(2));
        if woken_before {
            assert_eq!(receiver.try_recv(), Ok(0));
        }
        assert_eq!(sink.inner.take_unsent(), Some(1));
        assert_eq!(sink.flush(), DONE);
        if !woken_before {
            assert_eq!(receiver.try_recv(), Ok(0));
        }
        assert_eq!(sink.bell.rings(), usize::from(woken_before));
        assert_eq!(other.rings(), 1, "there is room, and it waits");
        assert_eq!(other.ready(), Ok(()));
        assert_eq!(receiver.try_recv(), Ok(2));
    }
}
