//! Queues: what their handles share, and who waits for what.

use loom::thread;
use ringmill::clock::VirtualClock;
use ringmill::queue::{DequeueError, Engine, Queue, QueueBuilder};

use crate::wait::Task;
use crate::{check, check_wide, models};

models! { "queue":
    enqueue_against_sleep,
    release_against_sleep,
    ack_against_a_producer_asleep,
    bytes_against_a_producer_asleep,
    a_producer_without_bytes_sleeps,
    close_against_sleep,
    partition_made_while_closing,
    closed_is_told_when_all_is_done,
    the_last_ack_tells_who_sleeps,
}

/// An engine, which closes with its last handle, and a queue of it that is being made.
fn builder() -> (Engine, QueueBuilder<u64>) {
    let engine = Engine::builder().clock(VirtualClock::new()).manual().build();
    let builder = Queue::builder("q").engine(&engine).capacity(1);
    (engine, builder)
}

fn queue() -> (Engine, Queue<u64>) {
    let (engine, builder) = builder();
    (engine, builder.build().unwrap())
}

fn enqueue_against_sleep() {
    check_wide(1, || {
        let (_engine, queue) = queue();
        let (producer, mut consumer) = (queue.producer(), queue.consumer());
        let other = thread::spawn(move || {
            let _accepted = producer.enqueue(1).unwrap();
            producer
        });
        let mut task = Task::new(consumer.dequeue_async());
        let early = task.poll();
        let _producer = other.join().unwrap();
        assert_eq!(*task.finish(early).unwrap(), 1);
    });
}

fn release_against_sleep() {
    check_wide(1, || {
        let (_engine, queue) = queue();
        let (producer, mut consumer, other) =
            (queue.producer(), queue.consumer(), queue.consumer());
        let _accepted = producer.enqueue(1).unwrap();
        let delivery = other.try_dequeue().unwrap().detach();
        let releaser = thread::spawn(move || delivery.release().unwrap());
        let mut task = Task::new(consumer.dequeue_async());
        let early = task.poll();
        releaser.join().unwrap();
        assert_eq!(*task.finish(early).unwrap(), 1);
    });
}

/// Acks a message while a producer falls asleep that wants its room.
fn room_against_sleep(queue: &Queue<u64>) {
    let (mut producer, consumer) = (queue.producer(), queue.consumer());
    let _accepted = producer.enqueue(1).unwrap();
    let delivery = consumer.try_dequeue().unwrap().detach();
    let acker = thread::spawn(move || delivery.ack().unwrap());
    let mut task = Task::new(producer.enqueue_async(2));
    let early = task.poll();
    acker.join().unwrap();
    assert!(task.finish(early).unwrap().id().is_some());
}

fn ack_against_a_producer_asleep() {
    check_wide(1, || {
        let (_engine, queue) = queue();
        room_against_sleep(&queue);
    });
}

fn bytes_against_a_producer_asleep() {
    check_wide(1, || {
        let (_engine, builder) = builder();
        room_against_sleep(&builder.capacity(2).max_bytes(8).build().unwrap());
    });
}

/// Trying in vain is no news for those who wait, the trier least of all.
fn a_producer_without_bytes_sleeps() {
    check(|| {
        let (_engine, builder) = builder();
        let queue = builder.capacity(2).max_bytes(8).build().unwrap();
        let mut producer = queue.producer();
        let _accepted = producer.enqueue(1).unwrap();
        let mut task = Task::new(producer.enqueue_async(2));
        assert!(task.poll().is_none());
        assert!(!task.was_woken(), "woken by itself, for ever");
    });
}

fn close_against_sleep() {
    check_wide(1, || {
        let (_engine, queue) = queue();
        let mut consumer = queue.consumer();
        let other = queue.clone();
        let closer = thread::spawn(move || {
            other.close();
        });
        let mut task = Task::new(consumer.dequeue_async());
        let early = task.poll();
        closer.join().unwrap();
        assert_eq!(task.finish(early).unwrap_err(), DequeueError::Closed);
    });
}

/// A partition that is made while the queue closes is closed too.
fn partition_made_while_closing() {
    check_wide(1, || {
        let (_engine, builder) = builder();
        let queue = builder.capacity(2).build().unwrap();
        let (producer, late) = (queue.producer(), queue.producer());
        let other = queue.clone();
        let closer = thread::spawn(move || {
            other.close();
        });
        let accepted = producer.try_enqueue(1).is_ok();
        closer.join().unwrap();
        assert!(late.try_enqueue(2).is_err(), "accepted by a closed queue");
        let consumer = queue.consumer();
        assert_eq!(consumer.try_dequeue().is_ok(), accepted);
    });
}

/// Who is told that it is over has missed nothing.
fn closed_is_told_when_all_is_done() {
    check_wide(1, || {
        let (_engine, queue) = queue();
        let (producer, consumer) = (queue.producer(), queue.consumer());
        let enqueuer = thread::spawn(move || producer.try_enqueue(1).is_ok());
        let other = queue.clone();
        let closer = thread::spawn(move || {
            other.close();
        });
        let over = consumer.try_dequeue().is_err_and(|error| error == DequeueError::Closed);
        let accepted = enqueuer.join().unwrap();
        closer.join().unwrap();
        assert!(!(over && accepted), "accepted and stranded");
    });
}

/// The one who waits for the last message of a closed queue is told that it has gone.
fn the_last_ack_tells_who_sleeps() {
    check_wide(1, || {
        let (_engine, queue) = queue();
        let (producer, mut consumer, other) =
            (queue.producer(), queue.consumer(), queue.consumer());
        let _accepted = producer.enqueue(1).unwrap();
        let delivery = other.try_dequeue().unwrap().detach();
        queue.close();
        let acker = thread::spawn(move || delivery.ack().unwrap());
        let mut task = Task::new(consumer.dequeue_async());
        let early = task.poll();
        acker.join().unwrap();
        assert_eq!(task.finish(early).unwrap_err(), DequeueError::Closed);
    });
}
