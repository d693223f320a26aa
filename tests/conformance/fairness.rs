//! S22: no partition waits while others are served, whatever comes to them.

use ringmill::message::Message;
use ringmill::queue::{Consumer, Order, Queue};

use crate::bench::{Backend, Bench, secs, suite};

/// A little generator of whose turn it is.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }
}

/// Queues of each kind, by name, whose producers say where a message goes by its payload.
fn kinds<B: Backend>(bench: &Bench<B>, partitions: usize) -> impl Iterator<Item = Queue<u64>> + '_ {
    let of = move |name: &str| {
        bench.builder::<u64>(&format!("{name} {partitions}")).partitions(partitions)
    };
    let kinds = [("plain", Order::None), ("keys", Order::Key), ("partitions", Order::Partition)];
    kinds.into_iter().map(move |(name, order)| bench.open(of(name).order(order)))
}

fn put<B: Backend>(bench: &Bench<B>, queue: &Queue<u64>, partition: usize) {
    let to = move |_: &Message<u64>, _: usize| partition;
    bench.put(&queue.producer().with_partitioner(to), partition as u64);
}

/// Takes from the queue by `batch`, acks, keeps the partitions filled that are not `alone`, and says
/// how often `consumer` was served before it found that one.
fn serve<B: Backend>(
    bench: &Bench<B>,
    queue: &Queue<u64>,
    consumer: &Consumer<u64>,
    batch: usize,
    alone: usize,
) -> bool {
    let mut out = Vec::new();
    bench.flush();
    let taken = consumer.try_dequeue_batch(batch, &mut out).expect("there is always something");
    assert!(taken > 0);
    let from: Vec<usize> = out.iter().map(|delivery| delivery.partition()).collect();
    assert_eq!(consumer.ack_batch(out).refused, 0);
    from.iter().filter(|from| **from != alone).for_each(|from| put(bench, queue, *from));
    from.contains(&alone)
}

/// S22: with `n` partitions, a single message beside floods is the `n`th that its only consumer
/// gets, or sooner: the bound is a rotation.
fn s22_a_flood_delays_its_neighbours_by_a_rotation<B: Backend>(bench: &Bench<B>) {
    let mut dice = Dice(7);
    for partitions in [2, 3, 8] {
        for queue in kinds(bench, partitions) {
            for batch in [1, 8] {
                let consumer = queue.consumer();
                for _ in 0..20 {
                    let alone = dice.roll(partitions);
                    (0..partitions)
                        .filter(|partition| *partition != alone)
                        .for_each(|partition| (0..12).for_each(|_| put(bench, &queue, partition)));
                    // Somewhere in a rotation.
                    for _ in 0..dice.roll(partitions) {
                        serve(bench, &queue, &consumer, batch, alone);
                    }
                    put(bench, &queue, alone);
                    let before =
                        (0..).find(|_| serve(bench, &queue, &consumer, batch, alone)).expect("");
                    assert!(before < partitions, "{before} before it, of {partitions}");
                    bench.take_all(&queue);
                }
            }
            queue.check_invariants();
        }
    }
}

/// S22: with `c` consumers each of them comes by within a rotation of its own, whoever is faster.
fn s22_the_bound_holds_for_each_consumer<B: Backend>(bench: &Bench<B>) {
    let mut dice = Dice(8);
    for queue in kinds(bench, 5) {
        let consumers: Vec<_> = (0..3).map(|_| queue.consumer()).collect();
        for _ in 0..50 {
            let alone = dice.roll(5);
            (0..5)
                .filter(|partition| *partition != alone)
                .for_each(|partition| (0..5).for_each(|_| put(bench, &queue, partition)));
            for _ in 0..dice.roll(20) {
                serve(bench, &queue, &consumers[dice.roll(3)], 1, alone);
            }
            put(bench, &queue, alone);
            let mut turns = [0; 3];
            loop {
                let who = dice.roll(3);
                turns[who] += 1;
                if serve(bench, &queue, &consumers[who], 1, alone) {
                    break;
                }
            }
            assert!(turns.iter().all(|turns| *turns <= 5), "{turns:?}");
            bench.take_all(&queue);
        }
    }
}

/// S22: where all have work, all get the same.
fn s22_partitions_with_work_share_alike<B: Backend>(bench: &Bench<B>) {
    for queue in kinds(bench, 4) {
        for partition in 0..4 {
            (0..30).for_each(|_| put(bench, &queue, partition));
        }
        let consumer = queue.consumer();
        let mut served = [0; 4];
        for _ in 0..80 {
            let next = bench.take(&consumer);
            served[next.partition()] += 1;
            next.ack().expect("live");
        }
        assert_eq!(served, [20; 4]);
    }
}

/// S22: a partition whose messages fail again and again takes no more turns than the others.
fn s22_returned_messages_take_no_more_turns<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(3).max_deliveries(254));
    for partition in 0..3 {
        (0..30).for_each(|_| put(bench, &queue, partition));
    }
    let consumer = queue.consumer();
    let mut served = [0; 3];
    for _ in 0..60 {
        let next = bench.take(&consumer);
        served[next.partition()] += 1;
        if next.partition() == 0 {
            next.release().expect("live");
        } else {
            next.ack().expect("live");
        }
    }
    assert_eq!(served, [20; 3]);
    bench.pass(secs(1));
}

suite!(
    s22_a_flood_delays_its_neighbours_by_a_rotation,
    s22_the_bound_holds_for_each_consumer,
    s22_partitions_with_work_share_alike,
    s22_returned_messages_take_no_more_turns,
);
