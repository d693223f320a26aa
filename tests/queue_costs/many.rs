//! Many queues in one engine.

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use ringmill::queue::{Engine, Queue};

use crate::meter::bytes;

const QUEUES: usize = 10_000;
/// As the documentation of `Engine` states.
const QUEUE_BYTES: i64 = 3_328;
const PAIR_BYTES: i64 = 1_536;
const PARTITION_BYTES: i64 = 320;

/// Times are printed (`cargo test --release --test queue_costs -- --nocapture many`), bytes
/// asserted.
#[test]
fn each_of_ten_thousand_empty_queues_takes_the_memory_that_is_stated() {
    makes(1);
    makes(8);
}

fn makes(partitions: usize) {
    let each = |start: Instant| start.elapsed().as_nanos() / QUEUES as u128;
    let engine = Engine::builder().manual().build();
    let names: Vec<_> = (0..QUEUES).map(|n| format!("customers/{n}/orders")).collect();
    let mut queues = Vec::with_capacity(QUEUES);

    let (before, start) = (bytes(), Instant::now());
    for name in &names {
        let queue = Queue::<[u8]>::builder(name).engine(&engine).partitions(partitions);
        queues.push(queue.capacity(65_536).build().expect("names of their own"));
    }
    let (made, took) = ((bytes() - before) / QUEUES as i64, each(start));
    println!("an empty queue of {partitions}: {made} bytes, {took} ns to make");

    let (before, start) = (bytes(), Instant::now());
    let handles: Vec<_> = queues.iter().map(|queue| (queue.producer(), queue.consumer())).collect();
    let (pair, took) = ((bytes() - before) / QUEUES as i64, each(start));
    println!("a producer and a consumer of it: {pair} bytes, {took} ns to make");

    let start = Instant::now();
    engine.tick();
    println!("a pass: {} ns a queue", each(start));

    let start = Instant::now();
    for name in &names {
        black_box(engine.queue::<[u8]>(name)).expect("it is there");
    }
    println!("a queue by its name: {} ns", each(start));
    assert_eq!(engine.names().len(), QUEUES);

    assert!(made <= QUEUE_BYTES, "{made} bytes for an empty queue");
    let stated = PAIR_BYTES + PARTITION_BYTES * partitions as i64;
    assert!(pair <= stated, "{pair} bytes for a producer and a consumer, {stated} are stated");

    // One that is used does not make the others cost more.
    let before = bytes();
    handles[0].0.enqueue(Bytes::from_static(b"order 1")).expect("there is room");
    let used = bytes() - before;
    handles[1].0.enqueue(Bytes::from_static(b"order 1")).expect("there is room");
    assert_eq!(bytes() - before, 2 * used);
    println!("the first message of a partition of 65,536: {used} bytes");

    let held = bytes();
    drop((handles, queues));
    engine.tick();
    assert!(engine.names().is_empty());
    let given_back = held - bytes();
    let owed = (made + pair) * QUEUES as i64 + 2 * used;
    // Nodes of the engine's map of names go when they are empty.
    assert!(given_back >= owed - 4_096, "{given_back} of {owed} bytes came back");
}
