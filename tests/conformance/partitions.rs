//! S27: which partition a message goes to, and in which order they are served.

use ringmill::message::Message;
use ringmill::partition::{LeastLoaded, Sticky, hash_of, partition_of};
use ringmill::queue::{EnqueueErrorKind, Queue};

use crate::bench::{Backend, Bench, ms, says, suite};

fn of<B: Backend>(bench: &Bench<B>, partitions: usize) -> Queue<u64> {
    bench.open(bench.builder(&format!("of {partitions}")).partitions(partitions))
}

/// S27: golden, never to be changed: the same in every release and language.
const GOLDEN: [(&str, [usize; 3]); 4] =
    [("", [0, 1, 11]), ("a", [0, 7, 57]), ("abc", [0, 3, 30]), ("message digest", [0, 0, 5])];

/// S27: by key: XXH3-64, high bits times the count.
fn s27_a_key_has_its_partition_for_ever<B: Backend>(bench: &Bench<B>) {
    for (at, partitions) in [1, 8, 64].into_iter().enumerate() {
        let queue = of(bench, partitions);
        for (key, golden) in GOLDEN {
            for _ in 0..3 {
                let (id, _) = bench.put(&queue.producer(), Message::new(1).key(key));
                assert_eq!(id.partition(), golden[at], "{key:?} of {partitions}");
            }
        }
    }
    let queue = of(bench, 7);
    for key in 0..200_u64 {
        let (id, _) = bench.put(&queue.producer(), Message::new(key).key(key.to_be_bytes()));
        assert_eq!(id.partition(), partition_of(hash_of(&key.to_be_bytes()), 7));
    }
}

/// S27: no key: round robin.
fn s27_messages_without_a_key_go_round<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 3);
    let producer = queue.producer();
    let partitions: Vec<usize> =
        (0..9).map(|number| bench.put(&producer, number).0.partition()).collect();
    for round in partitions.windows(3) {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, [0, 1, 2], "{partitions:?}");
    }
}

/// S27: a consumer takes from all partitions, one after the other.
fn s27_a_consumer_takes_from_the_partitions_in_turn<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 4);
    bench.fill(&queue, 0..20);
    let consumer = queue.consumer();
    let turns: Vec<usize> = (0..20).map(|_| bench.take(&consumer).detach().partition()).collect();
    for round in turns.windows(4) {
        let mut round = round.to_vec();
        round.sort_unstable();
        assert_eq!(round, [0, 1, 2, 3], "{turns:?}");
    }
}

/// S27: empty ones are left out.
fn s27_only_partitions_with_messages_are_served<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 32);
    for number in 0..100 {
        bench.put(&queue.producer(), Message::new(number).key("one key"));
    }
    let consumer = queue.consumer();
    for number in 0..100 {
        assert_eq!(*bench.take(&consumer).detach(), number);
    }
}

/// S27: a batch is of one partition, in its order.
fn s27_a_batch_is_of_one_partition<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 3);
    bench.fill(&queue, 0..30);
    let consumer = queue.consumer();
    let mut seen = 0;
    while seen < 30 {
        let mut batch = Vec::new();
        let taken = consumer.try_dequeue_batch(4, &mut batch).expect("there is more");
        assert!(taken == batch.len() && (1..=4).contains(&taken));
        assert!(batch.windows(2).all(
            |two| two[0].partition() == two[1].partition() && two[0].offset() < two[1].offset()
        ));
        seen += taken;
        let acked = consumer.ack_batch(batch);
        assert_eq!((acked.acked, acked.refused), (taken, 0));
    }
    assert_eq!(queue.stats().acked, 30);
}

/// S27: first deliveries come in the order of their offsets; what returns comes before.
fn s27_returned_messages_come_before_new_ones<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 1);
    bench.fill(&queue, 0..6);
    let consumer = queue.consumer();
    let held: Vec<_> = (0..3).map(|_| bench.take(&consumer).detach()).collect();
    let mut held = held.into_iter();
    let mut next = || held.next().expect("three are held");
    let (zero, one, two) = (next(), next(), next());
    two.release().expect("live");
    zero.nack_after(ms(5)).expect("live");
    one.release().expect("live");
    assert_eq!(*bench.take(&consumer).detach(), 2);
    bench.pass(ms(5));
    assert_eq!(bench.take_all(&queue)[..4], [1, 0, 3, 4]);
}

/// S27: of one's own; a partition that there is not is refused, with the message.
fn s27_a_partitioner_of_ones_own_decides<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 5);
    let by_payload = |message: &Message<u64>, _: usize| *message.payload() as usize;
    let producer = queue.producer().with_partitioner(by_payload);
    for number in 0..5 {
        let (id, _) = bench.put(&producer, Message::new(number).key("one key"));
        assert_eq!(id.partition() as u64, number);
    }
    let error = producer.try_enqueue(5).expect_err("there are five");
    assert!(matches!(error.kind(), EnqueueErrorKind::NoSuchPartition { .. }));
    says(&error, &["5", "4"]);
    assert_eq!(*error.into_message().payload(), 5);
}

/// S27: sticky: a run for one partition, then one for the next.
fn s27_a_sticky_producer_fills_one_partition_after_the_other<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 3);
    let producer = queue.producer().with_partitioner(Sticky::new(4));
    let partitions: Vec<usize> =
        (0..12).map(|number| bench.put(&producer, number).0.partition()).collect();
    for run in partitions.chunks(4) {
        assert!(run.iter().all(|partition| *partition == run[0]), "{partitions:?}");
    }
    let mut runs: Vec<usize> = partitions.chunks(4).map(|run| run[0]).collect();
    runs.sort_unstable();
    assert_eq!(runs, [0, 1, 2]);
}

/// S27: least loaded: where the fewest are.
fn s27_the_least_loaded_partition_gets_the_next<B: Backend>(bench: &Bench<B>) {
    let queue = of(bench, 3);
    let by_payload = |message: &Message<u64>, _: usize| *message.payload() as usize;
    let chosen = queue.producer().with_partitioner(by_payload);
    for partition in [0, 0, 0, 1, 2, 2] {
        bench.put(&chosen, partition);
    }
    let producer = queue.producer().with_partitioner(LeastLoaded::new());
    for _ in 0..3 {
        bench.put(&producer, 9);
    }
    let lengths = [0, 1, 2].map(|partition| queue.peek(partition, 99).len());
    assert_eq!(lengths, [3, 3, 3]);
}

suite!(
    s27_a_key_has_its_partition_for_ever,
    s27_messages_without_a_key_go_round,
    s27_a_consumer_takes_from_the_partitions_in_turn,
    s27_only_partitions_with_messages_are_served,
    s27_a_batch_is_of_one_partition,
    s27_returned_messages_come_before_new_ones,
    s27_a_partitioner_of_ones_own_decides,
    s27_a_sticky_producer_fills_one_partition_after_the_other,
    s27_the_least_loaded_partition_gets_the_next,
);
