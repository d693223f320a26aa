//! S24: ids, offsets and handles.

use ringmill::message::MessageId;
use ringmill::queue::{CancelError, LookupError, MessageState};

use crate::bench::{Backend, Bench, LEASE, says, suite};

/// S24: epoch, partition and offset in 128 bits; sortable inside a partition.
fn s24_an_id_is_epoch_partition_and_offset<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(3));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let ids: Vec<MessageId> = (0..9).map(|number| bench.put(&producer, number).0).collect();
    for id in &ids {
        let whole = (u128::from(id.epoch()) << 96)
            | ((id.partition() as u128) << 64)
            | u128::from(id.offset());
        assert_eq!(id.as_u128(), whole);
    }
    for partition in 0..3 {
        let of: Vec<MessageId> =
            ids.iter().copied().filter(|id| id.partition() == partition).collect();
        assert!(of.iter().map(|id| id.offset()).eq(0..3), "dense");
        assert!(of.is_sorted());
    }
    let mut seen: Vec<MessageId> = (0..9).map(|_| bench.take(&consumer).detach().id()).collect();
    seen.sort_unstable();
    let mut sorted = ids;
    sorted.sort_unstable();
    assert_eq!(seen, sorted, "the delivery has the id that enqueue gave");
}

/// S24: offsets are dense and never used again, whatever becomes of the messages.
fn s24_offsets_are_dense_and_never_used_again<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(2));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for offset in 0..50 {
        let (id, handle) = bench.put(&producer, offset);
        assert_eq!(id.offset(), offset);
        if offset % 3 == 0 {
            queue.cancel(&handle).expect("it is ready");
            bench.nothing(&consumer);
        } else {
            let held = bench.take(&consumer);
            assert_eq!((held.offset(), held.id()), (offset, id));
            held.ack().expect("live");
        }
        assert!(matches!(queue.cancel(&handle), Err(CancelError::NotFound)));
    }
}

/// S24: by the handle that enqueue returns: inspect and cancel.
fn s24_a_handle_inspects_and_cancels_its_message<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let producer = queue.producer();
    let (id, handle) = bench.put(&producer, 1);
    let (_, other) = bench.put(&producer, 2);
    let seen = queue.inspect(&handle).expect("it is there");
    assert_eq!(
        (*seen, seen.id(), seen.state(), seen.deliveries()),
        (1, id, MessageState::Ready, 0)
    );
    drop(seen);
    queue.cancel(&handle).expect("it is ready");
    assert!(queue.inspect(&handle).is_none());
    assert!(matches!(queue.cancel(&handle), Err(CancelError::NotFound)));
    assert!(queue.inspect(&other).is_some());
    assert_eq!(queue.stats().dropped_cancelled, 1);
    assert_eq!(bench.take_all(&queue), [2]);
}

/// S24: what is leased is not cancelled; what waits is.
fn s24_a_leased_message_is_not_cancelled<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (_, handle) = bench.put(&queue.producer(), 1);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    assert_eq!(queue.inspect(&handle).expect("it is there").state(), MessageState::Leased);
    let error = queue.cancel(&handle).expect_err("somebody handles it");
    assert!(!matches!(error, CancelError::NotFound));
    says(&error, &["consumer"]);
    held.nack_after(LEASE).expect("it was not touched");
    assert_eq!(queue.inspect(&handle).expect("it is there").state(), MessageState::Delayed);
    queue.cancel(&handle).expect("it waits for its retry");
    bench.pass(LEASE);
    bench.nothing(&consumer);
    assert_eq!((queue.len(), queue.stats().delayed), (0, 0));
}

/// S24: a handle of an earlier life of the slot finds nothing.
fn s24_a_handle_does_not_reach_the_next_message_in_its_slot<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(1));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let (_, old) = bench.put(&producer, 1);
    bench.take(&consumer).ack().expect("live");
    let (_, new) = bench.put(&producer, 2);
    assert!(queue.inspect(&old).is_none());
    assert!(matches!(queue.cancel(&old), Err(CancelError::NotFound)));
    assert_eq!(*queue.inspect(&new).expect("it is there"), 2);
}

/// S24: a handle of another queue finds nothing.
fn s24_a_handle_of_another_queue_finds_nothing<B: Backend>(bench: &Bench<B>) {
    let (mine, yours) = (bench.queue("mine"), bench.queue("yours"));
    let (_, handle) = bench.put(&mine.producer(), 1);
    bench.put(&yours.producer(), 2);
    assert!(yours.inspect(&handle).is_none());
    assert!(matches!(yours.cancel(&handle), Err(CancelError::NotFound)));
    assert_eq!((mine.len(), yours.len()), (1, 1));
}

/// S24: a delivery has a handle too.
fn s24_a_delivery_has_its_messages_handle<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    bench.fill(&queue, [1]);
    let consumer = queue.consumer();
    let held = bench.take(&consumer);
    let handle = held.handle();
    held.release().expect("live");
    queue.cancel(&handle).expect("it is ready again");
    bench.nothing(&consumer);
}

/// S24: cancelled messages give their room back.
fn s24_cancelled_messages_give_their_room_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").capacity(4));
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for _ in 0..10 {
        let handles: Vec<_> = (0..4).map(|number| bench.put(&producer, number).1).collect();
        for handle in &handles {
            queue.cancel(handle).expect("it is ready");
        }
        // Whoever looks for messages takes the husks out.
        bench.nothing(&consumer);
        assert_eq!((queue.stats().husks, queue.len()), (0, 0));
    }
}

/// S24: by id, where the queue keeps a table of them.
fn s24_a_message_is_found_by_its_id_if_the_queue_keeps_them<B: Backend>(bench: &Bench<B>) {
    let queue = bench.open(bench.builder::<u64>("q").partitions(2).lookup(true));
    let producer = queue.producer();
    let all: Vec<_> = (0..20).map(|number| (bench.put(&producer, number).0, number)).collect();
    for (id, number) in &all {
        let handle = queue.find(*id).expect("it is there");
        assert_eq!(*queue.inspect(&handle).expect("it is there"), *number);
    }
    queue.cancel(&queue.find(all[7].0).expect("it is there")).expect("it is ready");
    assert_eq!(queue.find(all[7].0), Err(LookupError::NotFound));
    assert_eq!(bench.take_all(&queue).len(), 19);
    for (id, _) in &all {
        assert_eq!(queue.find(*id), Err(LookupError::NotFound), "all are gone");
    }
    let small = bench.open(bench.builder::<u64>("small").capacity(1).lookup(true));
    let (first, _) = bench.put(&small.producer(), 1);
    assert_eq!(bench.take_all(&small), [1]);
    bench.put(&small.producer(), 2);
    assert_eq!(small.find(first), Err(LookupError::NotFound), "another one is in its slot");
}

/// S24: else `Unsupported`.
fn s24_a_queue_without_a_table_of_ids_says_so<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (id, _) = bench.put(&queue.producer(), 1);
    let error = queue.find(id).expect_err("it keeps none");
    assert_eq!(error, LookupError::Unsupported);
    says(&error, &["lookup"]);
}

suite!(
    s24_an_id_is_epoch_partition_and_offset,
    s24_offsets_are_dense_and_never_used_again,
    s24_a_handle_inspects_and_cancels_its_message,
    s24_a_leased_message_is_not_cancelled,
    s24_a_handle_does_not_reach_the_next_message_in_its_slot,
    s24_a_handle_of_another_queue_finds_nothing,
    s24_a_delivery_has_its_messages_handle,
    s24_cancelled_messages_give_their_room_back,
    s24_a_message_is_found_by_its_id_if_the_queue_keeps_them,
    s24_a_queue_without_a_table_of_ids_says_so,
);
