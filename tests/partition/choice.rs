//! Which partition a value goes to, and what is refused.

use proptest::prelude::*;
use ringmill::partition::{
    ByKey, Key, LeastLoaded, Partitioned, PartitionsError, PushErrorKind, RoundRobin, SetError,
    Sticky, hash_of, partition_of,
};

/// Never to be changed: other releases and other languages put the same keys in the same places.
/// The hashes are those of the XXH3-64 of its authors, seed 0.
const GOLDEN: [(&[u8], u64, [usize; 4]); 6] = [
    (b"", 0x2D06_8005_38D3_94C2, [0, 1, 11, 180]),
    (b"a", 0xE6C6_32B6_1E96_4E1F, [0, 7, 57, 923]),
    (b"abc", 0x78AF_5F94_892F_3950, [0, 3, 30, 482]),
    (b"message digest", 0x160D_8E93_29BE_94F9, [0, 0, 5, 88]),
    (b"abcdefghijklmnopqrstuvwxyz", 0x810F_9CA0_67FB_B90C, [0, 4, 32, 516]),
    (
        b"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        0x7F58_AA25_20C6_81F9,
        [0, 3, 31, 509],
    ),
];

#[test]
fn keys_keep_their_partitions_for_ever() {
    for (key, hash, partitions) in GOLDEN {
        assert_eq!(hash_of(key), hash, "{key:?}");
        assert_eq!([1, 8, 64, 1_024].map(|count| partition_of(hash, count)), partitions);
    }
    assert_eq!(7_u32.key_hash(), hash_of(&[7, 0, 0, 0]));
    assert_eq!("abc".key_hash(), [b'a', b'b', b'c'].key_hash());
    assert_eq!("abc".to_string().key_hash(), b"abc"[..].key_hash());
}

proptest! {
    #[test]
    fn a_hash_has_a_partition_that_there_is(hash in any::<u64>(), count in 1_usize..=1 << 16) {
        let partition = partition_of(hash, count);
        prop_assert!(partition < count);
        // More of it, never a lower one.
        prop_assert!(partition_of(hash.saturating_add(1), count) >= partition);
    }
}

fn filled(partitions: usize, capacity: usize) -> Partitioned<u64> {
    Partitioned::new(partitions, capacity).unwrap()
}

fn lengths(queue: &Partitioned<u64>) -> Vec<usize> {
    (0..queue.partitions()).map(|partition| queue.len_of(partition).unwrap()).collect()
}

#[test]
fn round_robin_goes_round() {
    let queue = filled(3, 8);
    let mut producer = queue.producer(RoundRobin::starting_at(1));
    let partitions: Vec<_> = (0..5).map(|n| producer.try_push(n).unwrap()).collect();
    assert_eq!(partitions, [1, 2, 0, 1, 2]);
}

#[test]
fn sticky_stays_for_a_batch() {
    let queue = filled(3, 8);
    let mut producer = queue.producer(Sticky::new(3));
    (0..8).for_each(|n| assert!(producer.try_push(n).is_ok()));
    assert_eq!(lengths(&queue), [3, 3, 2]);
}

#[test]
fn the_least_loaded_gets_the_next() {
    let queue = filled(4, 8);
    let mut anywhere = queue.producer(RoundRobin::new());
    for (partition, len) in [(0, 3), (1, 1), (2, 2)] {
        (0..len).for_each(|n| anywhere.try_push_to(partition, n).unwrap());
    }
    let mut producer = queue.producer(LeastLoaded::new());
    (0..6).for_each(|n| assert!(producer.try_push(n).is_ok()));
    assert_eq!(lengths(&queue), [3, 3, 3, 3]);
}

#[test]
fn a_partition_that_there_is_not_is_refused_with_the_value() {
    let queue = filled(2, 2);
    let mut producer = queue.producer(|value: &u64, _: usize| *value as usize);
    let none = PushErrorKind::NoSuchPartition { partition: 2, partitions: 2 };
    let refused = producer.try_push(2).unwrap_err();
    assert_eq!((refused.kind(), refused.into_inner()), (none, 2));
    assert_eq!(producer.push(2).unwrap_err().kind(), none);
    assert_eq!(producer.try_push_to(9, 1).unwrap_err().into_inner(), 1);
    let mut batch = vec![0, 1, 2];
    assert_eq!(producer.try_push_batch(&mut batch), Err(none));
    assert_eq!((batch, queue.len()), (vec![0, 1, 2], 0), "all or nothing of such a batch");
    assert_eq!(refused_async(&mut producer), none);
}

fn refused_async(
    producer: &mut ringmill::partition::Producer<u64, impl FnMut(&u64, usize) -> usize>,
) -> PushErrorKind {
    pollster::block_on(producer.push_async(2)).unwrap_err().kind()
}

#[test]
fn sets_and_counts_that_cannot_be_are_refused() {
    let queue = filled(3, 1);
    let refused = |set: &[usize]| queue.consumer_of(set.iter().copied()).map(drop).unwrap_err();
    assert_eq!(refused(&[0, 3]), SetError::NoSuchPartition { partition: 3, partitions: 3 });
    assert_eq!(refused(&[1, 2, 1]), SetError::Twice { partition: 1 });
    assert_eq!(refused(&[]), SetError::Empty);
    let count = |count| Partitioned::<u64>::new(count, 1).map(drop).unwrap_err();
    assert_eq!(count(0), PartitionsError::Count { partitions: 0 });
    assert_eq!(count(65_537), PartitionsError::Count { partitions: 65_537 });
    assert!(matches!(Partitioned::<u64>::new(1, 0).map(drop), Err(PartitionsError::Capacity(_))));
}

#[test]
fn a_full_partition_refuses_and_the_others_take() {
    let queue = filled(2, 1);
    let mut producer = queue.producer(ByKey(|value: &u64| value << 63));
    assert_eq!(producer.try_push(0), Ok(0));
    assert!(producer.try_push(2).unwrap_err().is_full());
    assert_eq!(producer.try_push(1), Ok(1));
    let mut batch = vec![4, 5, 6];
    assert_eq!(producer.try_push_batch(&mut batch), Ok(0));
    assert_eq!(queue.consumer().try_pop(), Ok(0));
    assert_eq!(producer.try_push_batch(&mut batch), Ok(1));
    assert_eq!(batch, [6, 5], "by partition, in their order within each");
}
