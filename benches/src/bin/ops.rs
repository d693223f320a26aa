//! `ops OPERATION N`: does one operation N times, for `budget` to count its instructions.
//!
//! Everything runs on one thread, so the path counted is the one without contention. Without
//! arguments it names the operations.

use std::{
    env,
    hint::black_box,
    mem::{self, MaybeUninit},
    process::ExitCode,
};

use ringmill::{
    message::Message,
    queue::{Consumer, Engine, Producer, Queue},
    ring::{mpmc::Ring, spsc},
};

const CAPACITY: usize = 1024;
const BATCH: usize = 32;

type Operation = fn(u64);

const OPERATIONS: [(&str, Operation); 17] = [
    ("mpmc/push_pop", mpmc_push_pop),
    ("mpmc/push_n_pop_n_32", mpmc_push_n_pop_n),
    ("mpmc/force_push_full", mpmc_force_push),
    ("mpmc/pop_empty", mpmc_pop_empty),
    ("spsc/push_pop", spsc_push_pop),
    ("spsc/push_n_pop_n_32", spsc_push_n_pop_n),
    ("spsc/chunks_32", spsc_chunks),
    ("queue/life", life),
    ("queue/life_bytes", life_bytes),
    ("queue/life_detached", life_detached),
    ("queue/life_32", life_32),
    ("queue/enqueue", enqueue),
    ("queue/enqueue_32", enqueue_32),
    ("queue/dequeue", dequeue),
    ("queue/dequeue_ack", dequeue_ack),
    ("queue/dequeue_ack_32", dequeue_ack_32),
    ("queue/dequeue_empty", dequeue_empty),
];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [name, count] = args.as_slice() else {
        for (name, _) in OPERATIONS {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    match (OPERATIONS.iter().find(|(known, _)| known == name), count.parse()) {
        (Some((_, operation)), Ok(count)) => {
            operation(count);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("ops OPERATION N; without arguments it names the operations");
            ExitCode::FAILURE
        }
    }
}

fn mpmc() -> Ring<u64> {
    Ring::new(CAPACITY).expect("a capacity the ring has")
}

fn mpmc_push_pop(count: u64) {
    let ring = mpmc();
    for i in 0..count {
        assert!(ring.push(black_box(i)).is_ok());
        assert!(black_box(ring.pop()).is_some());
    }
}

fn mpmc_push_n_pop_n(count: u64) {
    let ring = mpmc();
    let values = [7; BATCH];
    let mut room = [MaybeUninit::uninit(); BATCH];
    for _ in 0..count {
        assert!(ring.push_n(black_box(&values)) > 0);
        assert!(ring.pop_n(black_box(&mut room)) > 0);
    }
}

fn mpmc_force_push(count: u64) {
    let ring = mpmc();
    for i in 0..CAPACITY as u64 {
        assert!(ring.push(i).is_ok());
    }
    for i in 0..count {
        assert!(black_box(ring.force_push(black_box(i))).is_some());
    }
}

fn mpmc_pop_empty(count: u64) {
    let ring = mpmc();
    for _ in 0..count {
        assert!(black_box(&ring).pop().is_none());
    }
}

fn spsc() -> (spsc::Producer<u64>, spsc::Consumer<u64>) {
    spsc::ring(CAPACITY).expect("a capacity the ring has")
}

fn spsc_push_pop(count: u64) {
    let (mut producer, mut consumer) = spsc();
    for i in 0..count {
        assert!(producer.push(black_box(i)).is_ok());
        assert!(black_box(consumer.pop()).is_some());
    }
}

fn spsc_push_n_pop_n(count: u64) {
    let (mut producer, mut consumer) = spsc();
    let values = [7; BATCH];
    let mut room = [MaybeUninit::uninit(); BATCH];
    for _ in 0..count {
        assert!(producer.push_n(black_box(&values)) > 0);
        assert!(consumer.pop_n(black_box(&mut room)) > 0);
    }
}

fn spsc_chunks(count: u64) {
    let (mut producer, mut consumer) = spsc();
    for i in 0..count {
        let mut chunk = producer.reserve(BATCH);
        let len = chunk.len();
        let (first, second) = chunk.slices_mut();
        for slot in first.iter_mut().chain(second) {
            slot.write(black_box(i));
        }
        // SAFETY: every slot of the chunk has been written.
        unsafe { chunk.commit(len) };
        let chunk = consumer.readable(BATCH);
        let len = chunk.len();
        assert!(len > 0);
        black_box(chunk.slices());
        chunk.release(len);
    }
}

/// As large as the longest run.
const BACKLOG: usize = 1 << 16;

/// Who keeps a queue open.
type Open<T> = (Engine, Queue<T>);

/// A queue without a thread of its own: that would count too.
fn queue<T>(capacity: usize) -> (Open<T>, Producer<T>, Consumer<T>)
where
    T: Send + Sync + 'static,
{
    let engine = Engine::builder().manual().build();
    let queue = Queue::<T>::builder("ops").engine(&engine).capacity(capacity).build();
    let queue = queue.expect("a name and a capacity that a queue has");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    ((engine, queue), producer, consumer)
}

fn filled() -> (Open<[u8; 64]>, Consumer<[u8; 64]>) {
    let (open, producer, consumer) = queue(BACKLOG);
    for _ in 0..BACKLOG - BATCH {
        assert!(producer.try_enqueue([7; 64]).is_ok());
    }
    (open, consumer)
}

fn life(count: u64) {
    let (_queue, producer, consumer) = queue::<[u8; 64]>(CAPACITY);
    for _ in 0..count {
        assert!(producer.try_enqueue(black_box([7; 64])).is_ok());
        let delivery = consumer.try_dequeue().expect("there is a message");
        black_box(&*delivery);
        assert!(delivery.ack().is_ok());
    }
}

fn life_bytes(count: u64) {
    let engine = Engine::builder().manual().build();
    let queue = Queue::<[u8]>::builder("ops").engine(&engine).capacity(CAPACITY).build();
    let queue = queue.expect("a name and a capacity that a queue has");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    for _ in 0..count {
        let mut room = producer.reserve(64, None).expect("there is room");
        room.copy_from_slice(black_box(&[7; 64]));
        assert!(room.commit().is_ok());
        let delivery = consumer.try_dequeue().expect("there is a message");
        black_box(&*delivery);
        assert!(delivery.ack().is_ok());
    }
}

fn life_detached(count: u64) {
    let (_queue, producer, consumer) = queue::<[u8; 64]>(CAPACITY);
    for _ in 0..count {
        assert!(producer.try_enqueue(black_box([7; 64])).is_ok());
        let delivery = consumer.try_dequeue().expect("there is a message").detach();
        black_box(&*delivery);
        assert!(delivery.ack().is_ok());
    }
}

fn life_32(count: u64) {
    let (_queue, producer, consumer) = queue::<[u8; 64]>(CAPACITY);
    let mut messages = Vec::with_capacity(BATCH);
    let mut deliveries = Vec::with_capacity(BATCH);
    for _ in 0..count {
        messages.extend((0..BATCH).map(|_| Message::new(black_box([7; 64]))));
        assert!(producer.try_enqueue_batch(&mut messages).is_ok());
        assert!(consumer.try_dequeue_batch(BATCH, &mut deliveries).is_ok());
        for delivery in &deliveries {
            black_box(&**delivery);
        }
        assert_eq!(consumer.ack_batch(deliveries.drain(..)).refused, 0);
    }
}

fn enqueue(count: u64) {
    let (_queue, producer, _consumer) = queue::<[u8; 64]>(BACKLOG);
    for _ in 0..count {
        assert!(producer.try_enqueue(black_box([7; 64])).is_ok());
    }
}

fn enqueue_32(count: u64) {
    let (_queue, producer, _consumer) = queue::<[u8; 64]>(BACKLOG);
    let mut messages = Vec::with_capacity(BATCH);
    for _ in 0..count / BATCH as u64 {
        messages.extend((0..BATCH).map(|_| Message::new(black_box([7; 64]))));
        assert!(producer.try_enqueue_batch(&mut messages).is_ok());
    }
}

fn dequeue(count: u64) {
    let (_queue, consumer) = filled();
    for _ in 0..count {
        mem::forget(black_box(consumer.try_dequeue().expect("there is a message")));
    }
}

fn dequeue_ack(count: u64) {
    let (_queue, consumer) = filled();
    for _ in 0..count {
        let delivery = consumer.try_dequeue().expect("there is a message");
        assert!(delivery.ack().is_ok());
    }
}

fn dequeue_ack_32(count: u64) {
    let (_queue, consumer) = filled();
    let mut deliveries = Vec::with_capacity(BATCH);
    for _ in 0..count / BATCH as u64 {
        assert!(consumer.try_dequeue_batch(BATCH, &mut deliveries).is_ok());
        assert_eq!(consumer.ack_batch(deliveries.drain(..)).refused, 0);
    }
}

fn dequeue_empty(count: u64) {
    let (_queue, _producer, consumer) = queue::<[u8; 64]>(CAPACITY);
    for _ in 0..count {
        assert!(black_box(&consumer).try_dequeue().is_err());
    }
}
