//! S11: partitions that belong to one consumer each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use ringmill::message::Message;
use ringmill::queue::{
    Assignment, BuildError, Consumer, Producer, Queue, QueueBuilder, SettleErrorKind,
};

use crate::bench::{Backend, Bench, refused, says, secs, suite};
use crate::tasks::Task;

const DAY: Duration = secs(86_400);

/// So many partitions; no lease ends by itself while a test lasts.
fn sticky<B: Backend>(bench: &Bench<B>, partitions: usize) -> QueueBuilder<u64> {
    let builder = bench.builder::<u64>("q").partitions(partitions).max_lease(DAY * 100);
    builder.lease(DAY * 10).assignment(Assignment::Sticky)
}

/// A producer whose numbers say where they go.
fn by_number(queue: &Queue<u64>) -> Producer<u64> {
    queue.producer().with_partitioner(|message: &Message<u64>, count: usize| {
        *message.payload() as usize % count
    })
}

fn counts(consumers: &[&Consumer<u64>]) -> Vec<usize> {
    consumers.iter().map(|consumer| consumer.partitions().len()).collect()
}

/// All partitions, each once.
#[track_caller]
fn all_are_dealt(queue: &Queue<u64>, consumers: &[&Consumer<u64>]) {
    let mut all: Vec<_> = consumers.iter().flat_map(|consumer| consumer.partitions()).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..queue.partitions()));
}

/// S11: the spread is at most 1, and the fewest move.
fn s11_partitions_are_dealt_evenly_and_few_move<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 8));
    let first = queue.consumer();
    assert_eq!(counts(&[&first]), [8]);
    let second = queue.consumer();
    assert_eq!(counts(&[&first, &second]), [4, 4]);
    let before = [first.partitions(), second.partitions()];
    let third = queue.consumer();
    assert_eq!(counts(&[&first, &second, &third]), [3, 3, 2]);
    for (consumer, before) in [&first, &second].into_iter().zip(before) {
        assert!(consumer.partitions().iter().all(|kept| before.contains(kept)), "none came");
    }
    all_are_dealt(&queue, &[&first, &second, &third]);
    let before = [first.partitions(), third.partitions()];
    drop(second);
    assert_eq!(counts(&[&first, &third]), [4, 4]);
    for (consumer, before) in [&first, &third].into_iter().zip(before) {
        let now = consumer.partitions();
        assert!(before.iter().all(|kept| now.contains(kept)), "none went");
    }
    drop((first, third));
    assert_eq!(counts(&[&queue.consumer()]), [8]);
}

/// S11: who comes when there are no partitions left has none, until somebody goes.
fn s11_more_consumers_than_partitions_are_idle<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 2));
    let (first, second, third) = (queue.consumer(), queue.consumer(), queue.consumer());
    assert_eq!(counts(&[&first, &second, &third]), [1, 1, 0]);
    let producer = by_number(&queue);
    bench.put(&producer, 0);
    bench.put(&producer, 1);
    bench.nothing(&third);
    drop(first);
    assert_eq!(counts(&[&second, &third]), [1, 1]);
    bench.take(&third).ack().expect("live");
}

/// S11: a message goes to the consumer whose partition it is in, and to no other.
fn s11_messages_go_to_the_owner_of_their_partition<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 4));
    let producer = by_number(&queue);
    let (first, second) = (queue.consumer(), queue.consumer());
    for number in 0..40 {
        bench.put(&producer, number);
    }
    let mut out = Vec::new();
    for consumer in [&first, &second] {
        let own = consumer.partitions();
        let mut seen = [0; 4];
        for _ in 0..10 {
            let delivery = bench.take(consumer);
            assert!(own.contains(&delivery.partition()));
            seen[delivery.partition()] += 1;
            delivery.ack().expect("live");
        }
        assert_eq!(seen.iter().max(), Some(&5), "in turn");
        while let Ok(taken) = consumer.try_dequeue_batch(3, &mut out) {
            assert!(taken <= 3);
            assert!(out.iter().all(|delivery| own.contains(&delivery.partition())));
            assert_eq!(consumer.ack_batch(out.drain(..)).acked, taken);
        }
        bench.nothing(consumer);
    }
    assert_eq!(queue.len(), 0);
}

/// S11: a partition that moves rests until what is in flight is settled; others go on.
fn s11_only_what_moves_rests<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 2).revoke_timeout(DAY));
    let producer = by_number(&queue);
    let first = queue.consumer();
    for number in 0..6 {
        bench.put(&producer, number);
    }
    let mut held = [bench.take(&first), bench.take(&first)];
    held.sort_by_key(|delivery| delivery.partition());
    let second = queue.consumer();
    // One of the two moves; neither has it meanwhile.
    assert_eq!(counts(&[&first, &second]), [1, 0]);
    let stays = first.partitions()[0];
    bench.nothing(&second);
    assert_eq!(bench.take(&first).partition(), stays);
    bench.pass(secs(3_600));
    bench.nothing(&second);
    let [zero, one] = held;
    let (stayed, moved) = if stays == 0 { (zero, one) } else { (one, zero) };
    stayed.ack().expect("live");
    bench.tick();
    bench.nothing(&second);
    moved.ack().expect("it had its time");
    bench.tick();
    all_are_dealt(&queue, &[&first, &second]);
    let next = bench.take(&second);
    assert_eq!((next.partition(), next.offset(), next.deliveries()), (1 - stays, 1, 1));
}

/// S11: after the limit it moves all the same: what was in flight cannot be settled any more.
fn s11_a_fenced_consumer_cannot_settle<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 1).revoke_timeout(secs(10)));
    bench.fill(&queue, [7]);
    let first = queue.consumer();
    let held = bench.take(&first).detach();
    drop(first);
    let second = queue.consumer();
    bench.pass(secs(10) - Duration::from_nanos(1));
    bench.nothing(&second);
    assert!(second.partitions().is_empty());
    bench.pass(Duration::from_nanos(1));
    let again = bench.take(&second);
    assert_eq!((*again, again.deliveries(), again.attempts()), (7, 2, 0), "no attempt is spent");
    assert_eq!(*held, 7, "who had it reads on");
    assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
    again.ack().expect("live");
    assert_eq!((queue.len(), queue.stats().stale), (0, 1));
}

/// S11: a limit of nothing takes it back at once.
fn s11_without_a_limit_it_moves_at_once<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 2).revoke_timeout(Duration::ZERO));
    let producer = by_number(&queue);
    let first = queue.consumer();
    bench.put(&producer, 0);
    bench.put(&producer, 1);
    let held = [bench.take(&first), bench.take(&first)];
    let second = queue.consumer();
    assert_eq!(counts(&[&first, &second]), [1, 1]);
    let moved = second.partitions()[0];
    assert_eq!(bench.take(&second).partition(), moved);
    for delivery in held {
        let expected = delivery.partition() != moved;
        assert_eq!(delivery.ack().is_ok(), expected);
    }
}

/// S11: who neither asks nor extends loses what it has, at once; when it asks again, it is in again.
fn s11_a_silent_consumer_is_fenced<B: Backend>(bench: &Bench<B>) {
    let builder = sticky(bench, 2).consumer_timeout(secs(60)).revoke_timeout(DAY);
    let queue = bench.open(builder);
    let producer = by_number(&queue);
    let (silent, other) = (queue.consumer(), queue.consumer());
    let own = silent.partitions();
    bench.put(&producer, own[0] as u64);
    let held = bench.take(&silent);
    bench.tick();
    for _ in 0..3 {
        bench.nothing(&other);
        bench.pass(secs(20) - Duration::from_nanos(1));
    }
    bench.nothing(&other);
    assert_eq!(silent.partitions(), own);
    bench.pass(secs(1));
    assert_eq!(counts(&[&silent, &other]), [0, 2]);
    assert_eq!(refused(held.ack()), SettleErrorKind::StaleReceipt);
    assert_eq!(bench.take(&other).deliveries(), 2);
    bench.nothing(&silent);
    assert_eq!(counts(&[&silent, &other]), [1, 1], "it is in again");
    drop(other);
    bench.nothing(&silent);
    assert_eq!(counts(&[&silent]), [2]);
}

/// S11: a slow one that extends what it has is not.
fn s11_a_slow_consumer_that_lives_is_not_fenced<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 2).consumer_timeout(secs(60)));
    let producer = by_number(&queue);
    let (slow, other) = (queue.consumer(), queue.consumer());
    let own = slow.partitions();
    bench.put(&producer, own[0] as u64);
    let held = bench.take(&slow);
    for _ in 0..30 {
        bench.nothing(&other);
        bench.pass(secs(59));
        held.extend(DAY).expect("it is live");
        assert_eq!(slow.partitions(), own);
    }
    held.ack().expect("it is live");
}

/// S11: nor is one that waits while there is nothing for it; but one that is woken and does nothing.
fn s11_who_waits_for_messages_lives<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 2).consumer_timeout(secs(60)));
    let producer = by_number(&queue);
    let (mut waiting, other) = (queue.consumer(), queue.consumer());
    let own = waiting.partitions();
    let mut task = Task::waiting(waiting.dequeue_async());
    for _ in 0..30 {
        bench.nothing(&other);
        bench.pass(secs(59));
    }
    bench.put(&producer, own[0] as u64);
    drop(task.ready());
    drop(task);
    assert_eq!(waiting.partitions(), own);
    // The delivery was released, and waits for its consumer, who does not come.
    let task = Task::waiting(waiting.dequeue_async());
    for _ in 0..3 {
        bench.nothing(&other);
        bench.pass(secs(59));
    }
    drop(task);
    assert_eq!(counts(&[&waiting, &other]), [0, 2]);
}

/// S11: a message wakes the one whose it is, however many wait.
fn s11_the_owner_is_woken<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 4));
    let producer = by_number(&queue);
    let mut consumers: Vec<_> = (0..4).map(|_| queue.consumer()).collect();
    let own: Vec<usize> = consumers.iter().map(|consumer| consumer.partitions()[0]).collect();
    for (nth, partition) in own.into_iter().enumerate() {
        let mut tasks: Vec<_> =
            consumers.iter_mut().map(|consumer| Task::waiting(consumer.dequeue_async())).collect();
        let before = tasks[nth].rings();
        bench.put(&producer, partition as u64);
        assert!(tasks[nth].rings() > before);
        for (other, task) in tasks.iter_mut().enumerate() {
            if other != nth {
                assert!(task.poll().is_pending());
            }
        }
        tasks[nth].ready().expect("it is there").ack().expect("live");
    }
}

/// S11: and when a partition comes to it, too.
fn s11_who_gets_a_partition_is_woken<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 1));
    let (first, mut second) = (queue.consumer(), queue.consumer());
    bench.fill(&queue, [1]);
    let mut task = Task::waiting(second.dequeue_async());
    let before = task.rings();
    drop(first);
    assert!(task.rings() > before);
    assert_eq!(*task.ready().expect("it is there"), 1);
}

/// S11: each group deals for itself.
fn s11_groups_are_dealt_apart<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(sticky(bench, 4).group("other"));
    let group = queue.group("other").expect("it was declared");
    let (first, second) = (queue.consumer(), queue.consumer());
    let other = group.consumer().expect("it is there");
    assert_eq!(counts(&[&first, &second, &other]), [2, 2, 4]);
    let producer = by_number(&queue);
    for number in 0..8 {
        bench.put(&producer, number);
    }
    for _ in 0..8 {
        bench.take(&other).ack().expect("live");
    }
    for _ in 0..4 {
        bench.take(&first).ack().expect("live");
        bench.take(&second).ack().expect("live");
    }
    assert_eq!(queue.len(), 0);
}

/// S11: consumers come and go, and no two ever have one partition.
fn s11_no_two_have_a_partition<B: Backend>(bench: &Bench<B>) {
    const PARTITIONS: usize = 8;
    let (rounds, each) = if cfg!(miri) { (2, 20) } else { (40, 100) };
    let builder = sticky(bench, PARTITIONS).capacity(rounds * each);
    let queue = bench.open(builder.revoke_timeout(DAY).max_deliveries(254));
    let producer = queue.producer();
    for number in 0..(rounds * each * 3) as u64 {
        bench.put(&producer, number);
    }
    let holders: Vec<AtomicU64> = (0..PARTITIONS).map(|_| AtomicU64::new(0)).collect();
    let consume = || {
        for round in 0..rounds {
            let consumer = queue.consumer();
            let (mut out, mut handled) = (Vec::new(), 0);
            while handled < each {
                let max = 1 + round % 5;
                let Ok(taken) = consumer.try_dequeue_batch(max, &mut out) else {
                    if queue.is_empty() {
                        return;
                    }
                    thread::yield_now();
                    continue;
                };
                let holder = &holders[out[0].partition()];
                assert_eq!(holder.swap(consumer.number(), Ordering::SeqCst), 0, "it is alone");
                handled += taken;
                thread::yield_now();
                assert_eq!(holder.swap(0, Ordering::SeqCst), consumer.number());
                for delivery in out.drain(..) {
                    delivery.ack().expect("nobody takes it back");
                }
            }
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(consume)).collect();
        while !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
            bench.tick();
            thread::yield_now();
        }
    });
    assert_eq!(queue.stats().acked + queue.len(), (rounds * each * 3) as u64);
    queue.check_invariants();
}

/// S11: times out of range are refused, by name.
fn s11_times_are_checked<B: Backend>(bench: &Bench<B>) {
    let decades = Duration::from_secs(315_360_001);
    let builders = [
        (sticky(bench, 1).consumer_timeout(Duration::ZERO), "consumer_timeout"),
        (sticky(bench, 1).consumer_timeout(decades), "consumer_timeout"),
        (sticky(bench, 1).revoke_timeout(decades), "revoke_timeout"),
    ];
    for (builder, name) in builders {
        match bench.try_open(builder).expect_err("it is out of range") {
            error @ BuildError::InvalidConfig { field, .. } => {
                assert_eq!(field, name);
                says(&error, &[name, "10 years"]);
            }
            other => panic!("{other}"),
        }
    }
}

suite!(
    s11_partitions_are_dealt_evenly_and_few_move,
    s11_more_consumers_than_partitions_are_idle,
    s11_messages_go_to_the_owner_of_their_partition,
    s11_only_what_moves_rests,
    s11_a_fenced_consumer_cannot_settle,
    s11_without_a_limit_it_moves_at_once,
    s11_a_silent_consumer_is_fenced,
    s11_a_slow_consumer_that_lives_is_not_fenced,
    s11_who_waits_for_messages_lives,
    s11_the_owner_is_woken,
    s11_who_gets_a_partition_is_woken,
    s11_groups_are_dealt_apart,
    s11_no_two_have_a_partition,
    s11_times_are_checked,
);
