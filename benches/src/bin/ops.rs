//! `ops OPERATION N`: does one operation N times, for `budget` to count its instructions.
//!
//! Everything runs on one thread, so the path counted is the one without contention. Without
//! arguments it names the operations.

use std::{env, hint::black_box, mem::MaybeUninit, process::ExitCode};

use ringmill::ring::{mpmc::Ring, spsc};

const CAPACITY: usize = 1024;
const BATCH: usize = 32;

type Operation = fn(u64);

const OPERATIONS: [(&str, Operation); 7] = [
    ("mpmc/push_pop", mpmc_push_pop),
    ("mpmc/push_n_pop_n_32", mpmc_push_n_pop_n),
    ("mpmc/force_push_full", mpmc_force_push),
    ("mpmc/pop_empty", mpmc_pop_empty),
    ("spsc/push_pop", spsc_push_pop),
    ("spsc/push_n_pop_n_32", spsc_push_n_pop_n),
    ("spsc/chunks_32", spsc_chunks),
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
