//! `partition`: the bits, who waits for which partition, and partitions that change hands.

use loom::thread;
use ringmill::partition::{Consumer, Partitioned, PopError, Producer};

use crate::wait::Task;
use crate::{check, check_wide, models};

models! { "partition":
    push_against_last_look,
    edge_f1_f2_push_against_sleep,
    push_against_sleep_of_one_partition,
    push_wakes_whoever_waits_for_its_partition,
    cancelled_pop_of_one_wakes_who_waits_for_all,
    close_against_pop,
    last_producer_gone_against_pop,
    what_was_accepted_before_closing_is_taken,
    a_batch_takes_what_was_accepted_before_closing,
    pop_against_push_to_a_full_partition,
    handed_over_while_the_heir_falls_asleep,
    left_while_the_heir_falls_asleep,
}

fn to(partition: usize) -> impl FnMut(&u32, usize) -> usize {
    move |_, _| partition
}

fn queue(partitions: usize) -> Partitioned<u32> {
    Partitioned::new(partitions, 1).unwrap()
}

/// Polls a pop once while another thread does something, and finishes it after.
fn pop_against<R: 'static>(
    consumer: &mut Consumer<u32>,
    other: impl FnOnce() -> R + 'static,
) -> Result<u32, PopError> {
    let other = thread::spawn(other);
    let mut task = Task::new(consumer.pop_async());
    let early = task.poll();
    let kept = other.join().unwrap();
    let result = task.finish(early);
    drop(kept);
    result
}

fn push<P: FnMut(&u32, usize) -> usize>(producer: &mut Producer<u32, P>, value: u32) {
    producer.try_push(value).unwrap();
}

fn push_against_last_look() {
    check(|| {
        let queue = queue(1);
        let mut producer = queue.producer(to(0));
        let mut consumer = queue.consumer();
        push(&mut producer, 1);
        assert_eq!(consumer.try_pop(), Ok(1));
        // The bit is set still, and there is nothing.
        let pusher = thread::spawn(move || {
            push(&mut producer, 2);
            producer
        });
        let early = consumer.try_pop();
        let _producer = pusher.join().unwrap();
        if early.is_err() {
            assert_eq!(consumer.try_pop(), Ok(2), "its bit was cleared, and never set again");
        }
    });
}

fn edge_f1_f2_push_against_sleep() {
    check(|| {
        let queue = queue(2);
        let mut producer = queue.producer(to(1));
        let mut consumer = queue.consumer();
        let popped = pop_against(&mut consumer, move || {
            push(&mut producer, 1);
            producer
        });
        assert_eq!(popped, Ok(1));
    });
}

fn push_against_sleep_of_one_partition() {
    check(|| {
        let queue = queue(2);
        let mut producer = queue.producer(to(1));
        let mut consumer = queue.consumer_of([1]).unwrap();
        let popped = pop_against(&mut consumer, move || {
            push(&mut producer, 1);
            producer
        });
        assert_eq!(popped, Ok(1));
    });
}

fn push_wakes_whoever_waits_for_its_partition() {
    check_wide(1, || {
        let queue = queue(2);
        let mut producer = queue.producer(to(1));
        let mut of_other = queue.consumer_of([0]).unwrap();
        let mut of_this = queue.consumer_of([1]).unwrap();
        let mut other = Task::new(of_other.pop_async());
        assert!(other.poll().is_none());
        let popped = pop_against(&mut of_this, move || {
            push(&mut producer, 1);
            producer
        });
        assert_eq!(popped, Ok(1));
        assert!(!other.was_woken());
    });
}

fn cancelled_pop_of_one_wakes_who_waits_for_all() {
    check_wide(1, || {
        let queue = queue(1);
        let mut producer = queue.producer(to(0));
        let (mut of_one, mut of_all) = (queue.consumer_of([0]).unwrap(), queue.consumer());
        let mut one = Task::new(of_one.pop_async());
        let mut all = Task::new(of_all.pop_async());
        assert!(one.poll().is_none() && all.poll().is_none());
        let pusher = thread::spawn(move || {
            push(&mut producer, 1);
            producer
        });
        drop(one);
        let _producer = pusher.join().unwrap();
        assert_eq!(all.finish(None), Ok(1));
    });
}

fn close_against_pop() {
    check(|| {
        let queue = queue(2);
        let mut consumer = queue.consumer();
        let popped = pop_against(&mut consumer, move || {
            assert!(queue.close());
            queue
        });
        assert_eq!(popped, Err(PopError::Closed));
    });
}

fn last_producer_gone_against_pop() {
    check(|| {
        let queue = queue(1);
        let producer = queue.producer(to(0));
        let mut consumer = queue.consumer();
        drop(queue);
        assert_eq!(pop_against(&mut consumer, move || drop(producer)), Err(PopError::Closed));
    });
}

fn what_was_accepted_before_closing_is_taken() {
    check_wide(1, || {
        let queue = queue(2);
        let mut producer = queue.producer(to(0));
        let mut consumer = queue.consumer();
        let pusher = thread::spawn(move || producer.try_push(1).is_ok());
        let closer = thread::spawn(move || {
            queue.close();
            queue
        });
        let first = consumer.try_pop();
        let accepted = pusher.join().unwrap();
        let _queue = closer.join().unwrap();
        match first {
            Ok(_) => assert!(accepted),
            // Told that it is over: then nothing was accepted, and nothing will be.
            Err(PopError::Closed) => assert!(!accepted),
            Err(_) => assert_eq!(consumer.try_pop().is_ok(), accepted),
        }
    });
}

fn a_batch_takes_what_was_accepted_before_closing() {
    check_wide(1, || {
        let queue = queue(2);
        let mut producer = queue.producer(to(0));
        let mut consumer = queue.consumer();
        let pusher = thread::spawn(move || producer.try_push(1).is_ok());
        let closer = thread::spawn(move || {
            queue.close();
            queue
        });
        let mut taken = Vec::new();
        let first = consumer.try_pop_batch(&mut taken, 2);
        let accepted = pusher.join().unwrap();
        let _queue = closer.join().unwrap();
        if first.is_ok() {
            let _ = consumer.try_pop_batch(&mut taken, 2);
        }
        assert_eq!(taken.len(), usize::from(accepted));
    });
}

fn pop_against_push_to_a_full_partition() {
    check(|| {
        let queue = queue(1);
        let mut producer = queue.producer(to(0));
        let mut consumer = queue.consumer();
        push(&mut producer, 0);
        let popper = thread::spawn(move || {
            assert_eq!(consumer.try_pop(), Ok(0));
            consumer
        });
        let mut task = Task::new(producer.push_async(1));
        let early = task.poll();
        let _consumer = popper.join().unwrap();
        assert_eq!(task.finish(early).unwrap(), 0);
    });
}

fn handed_over_while_the_heir_falls_asleep() {
    check_wide(1, || {
        let queue = queue(2);
        let group = queue.group();
        let mut producer = queue.producer(to(1));
        push(&mut producer, 1);
        let mut holder = group.join();
        let mut heir = group.join();
        assert_eq!(heir.partitions().count(), 0);
        // The holder asks again: with that it hands partition 1 over, and the value with it.
        let popped = pop_against(&mut heir, move || {
            assert_eq!(holder.try_pop(), Err(PopError::Empty));
            holder
        });
        assert_eq!(popped, Ok(1));
    });
}

fn left_while_the_heir_falls_asleep() {
    check_wide(1, || {
        let queue = queue(1);
        let group = queue.group();
        let mut producer = queue.producer(to(0));
        push(&mut producer, 1);
        let holder = group.join();
        let mut heir = group.join();
        assert_eq!(pop_against(&mut heir, move || drop(holder)), Ok(1));
    });
}
