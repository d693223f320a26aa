//! A consumer as a stream, polled by hand.
#![cfg(feature = "async")]

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::{FusedStream, Stream};
use ringmill::clock::VirtualClock;
use ringmill::queue::{DeliveryStream, Detached, Engine, Queue, Unshared};

#[path = "support/tasks.rs"]
mod tasks;

use tasks::Bell;

/// A stream with a bell.
struct Rung<M> {
    stream: DeliveryStream<u32, M>,
    bell: Arc<Bell>,
    waker: Waker,
}

impl<M> Rung<M> {
    fn new(stream: DeliveryStream<u32, M>) -> Self {
        let bell = Bell::new();
        Self { stream, waker: Arc::clone(&bell).into(), bell }
    }

    fn poll(&mut self) -> Poll<Option<Detached<u32>>> {
        Pin::new(&mut self.stream).poll_next(&mut Context::from_waker(&self.waker))
    }

    fn next(&mut self) -> Option<Detached<u32>> {
        match self.poll() {
            Poll::Ready(item) => item,
            Poll::Pending => panic!("it is ready"),
        }
    }
}

/// A queue whose time stands still.
fn queue() -> (Engine, VirtualClock, Queue<u32>) {
    let clock = VirtualClock::new();
    let engine = Engine::builder().clock(clock.clone()).manual().build();
    let queue = Queue::<u32>::builder("stream").engine(&engine).build().expect("a small queue");
    (engine, clock, queue)
}

fn put(queue: &Queue<u32>, n: u32) {
    queue.producer().enqueue(n).expect("there is room");
}

#[test]
fn a_stream_gives_messages_as_they_come_and_ends_when_all_are_settled() {
    let (_engine, _clock, queue) = queue();
    let mut stream = Rung::new(queue.consumer().into_stream());
    assert!(stream.poll().is_pending());
    put(&queue, 1);
    put(&queue, 2);
    assert_eq!(stream.bell.rings(), 1, "it was woken already");
    let (first, second) = (stream.next().expect("a message"), stream.next().expect("a message"));
    assert_eq!((*first, *second), (1, 2));
    queue.close();
    assert!(stream.poll().is_pending(), "one of them may come back");
    first.ack().expect("a lease");
    assert!(!stream.stream.is_terminated(), "the second may come back");
    second.release().expect("a lease");
    stream.next().expect("the second, again").ack().expect("a lease");
    assert!(stream.stream.is_terminated());
    assert!(stream.next().is_none() && stream.next().is_none());
}

#[test]
fn a_stream_wakes_when_a_retry_is_due() {
    let (engine, clock, queue) = queue();
    let mut stream = Rung::new(queue.consumer().into_stream());
    put(&queue, 1);
    stream.next().expect("a message").nack().expect("a lease");
    assert!(stream.poll().is_pending());
    clock.advance(Duration::from_secs(1));
    engine.tick();
    assert_eq!(stream.bell.rings(), 1);
    assert_eq!(stream.next().expect("the retry").attempts(), 1);
}

#[test]
fn the_last_settlement_of_a_closed_queue_ends_a_stream_that_waits() {
    let (_engine, _clock, queue) = queue();
    let mut stream = Rung::new(queue.consumer().into_stream());
    put(&queue, 1);
    let item = stream.next().expect("a message");
    queue.close();
    assert!(stream.poll().is_pending());
    let before = stream.bell.rings();
    item.ack().expect("a lease");
    assert!(stream.bell.rings() > before);
    assert!(stream.next().is_none());
}

#[test]
fn a_stream_that_was_woken_and_goes_wakes_the_next_and_takes_nothing() {
    let (_engine, _clock, queue) = queue();
    for back in [false, true] {
        let mut stream = Rung::new(queue.consumer().into_stream());
        assert!(stream.poll().is_pending());
        let mut other = Rung::new(queue.consumer().into_stream());
        assert!(other.poll().is_pending());
        put(&queue, 1);
        assert_eq!((stream.bell.rings(), other.bell.rings()), (1, 0));
        if back {
            assert_eq!(stream.stream.into_consumer().queue_name(), "stream");
        } else {
            drop(stream);
        }
        assert_eq!(queue.stats().ready, 1, "nothing was taken");
        assert_eq!(other.bell.rings(), 1);
        other.next().expect("a message").ack().expect("a lease");
    }
}

#[test]
fn a_stream_and_its_items_may_go_to_other_threads() {
    fn goes<T: Send + 'static>() {}
    goes::<DeliveryStream<u32>>();
    goes::<DeliveryStream<Cell<u32>, Unshared>>();
    goes::<Detached<Cell<u32>>>();
}

#[test]
fn an_item_outlives_its_stream() {
    let (_engine, _clock, queue) = queue();
    put(&queue, 7);
    let mut stream = Rung::new(queue.consumer().into_stream());
    let item = stream.next().expect("a message");
    drop(stream);
    assert_eq!(*item, 7);
    item.ack().expect("a lease");
    assert_eq!(queue.stats().acked, 1);
}

#[test]
fn a_queue_that_is_aborted_ends_its_streams() {
    let (_engine, _clock, queue) = queue();
    put(&queue, 7);
    let mut stream = Rung::new(queue.consumer().into_stream());
    let item = stream.next().expect("a message");
    assert!(stream.poll().is_pending());
    queue.abort();
    assert_eq!(stream.bell.rings(), 1);
    assert!(stream.stream.is_terminated() && stream.next().is_none());
    assert!(item.ack().is_err());
}

#[test]
fn a_queue_for_what_is_only_send_has_streams_too() {
    let queue = Queue::<Cell<u32>, Unshared>::builder("cells").build().expect("a small queue");
    queue.producer().enqueue(Cell::new(3)).expect("there is room");
    let mut stream = std::pin::pin!(queue.consumer().into_stream());
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(item)) = stream.as_mut().poll_next(&mut context) else {
        panic!("there is a message")
    };
    item.set(item.get() + 1);
    assert_eq!(item.get(), 4);
    item.ack().expect("a lease");
}
