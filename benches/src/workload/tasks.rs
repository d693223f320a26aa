//! Tasks of a tokio runtime on both sides of a queue.
//!
//! One worker means a current-thread runtime, more a multi-thread one, whose workers are placed
//! like the threads of other workloads. Runtime and queue are there before the clock starts; it
//! runs from the first spawn to the end of the last task.

use std::{
    io,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::runtime::{Builder, Runtime};

use super::{
    Fault, Sample, Setup, Workload,
    crew::{self, Job, Received},
    stream::{Order, judge, shares},
};
use crate::{
    payload::{Message, Values},
    place::{Place, Powers},
    shape::{Ends, TaskPeer, TaskRx, TaskTx},
};

/// Runs one round of `setup` with peer `P`.
///
/// # Errors
///
/// What the peer did wrong.
///
/// # Panics
///
/// If the workload is not one of tasks, or the system gives no threads.
pub fn run<P: TaskPeer<T>, T: Message>(setup: &Setup) -> Result<Sample, Fault> {
    let Workload::Tasks { workers, producers, consumers } = setup.workload else {
        panic!("{} has no tasks", setup.workload);
    };
    let places = Powers::of_this_process().places(workers);
    // The thread of a current-thread runtime works itself, that of another one waits.
    let place = if workers == 1 { places[0] } else { Place::ANYWHERE };
    let runtime = Arc::new(runtime(places).expect("a runtime"));
    let ends = runtime.block_on(open::<P, T>(setup, producers, consumers));
    let shares = shares(setup.messages, producers);
    let (check_order, inside) = (setup.check_order, Arc::clone(&runtime));
    let job: Job = {
        let shares = shares.clone();
        Box::new(move |_| match check_order {
            true => inside.block_on(exchange::<P, T, true>(ends, shares)),
            false => inside.block_on(exchange::<P, T, false>(ends, shares)),
        })
    };
    let result = crew::work(vec![job], 0, &[place], setup.limit);
    if let (Err(_), Some(runtime)) = (&result, Arc::into_inner(runtime)) {
        // A task may never end.
        runtime.shutdown_background();
    }
    let (elapsed, received) = result?;
    judge::<T>(&shares, received, elapsed)
}

/// A runtime with a worker in each of `places`, all of which are there.
fn runtime(places: Vec<Place>) -> io::Result<Runtime> {
    let workers = places.len();
    if workers == 1 {
        return Builder::new_current_thread().build();
    }
    let all_here = Arc::new(Barrier::new(workers + 1));
    let (next, barrier) = (AtomicUsize::new(0), Arc::clone(&all_here));
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .on_thread_start(move || {
            // Relaxed: nothing hangs on it but the place.
            if let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                place.take();
                barrier.wait();
            }
        })
        .build()?;
    all_here.wait();
    Ok(runtime)
}

/// A fresh queue whose memory has been touched once from end to end.
async fn open<P: TaskPeer<T>, T: Message>(
    setup: &Setup,
    producers: usize,
    consumers: usize,
) -> Ends<P::Tx, P::Rx> {
    let mut ends = P::open(setup.capacity, producers, consumers);
    let mut values = Values::of_producer(0, setup.capacity as u64);
    while !values.is_done() && ends.producers[0].push(&mut values).await {}
    for _ in values.left(usize::MAX)..setup.capacity {
        ends.consumers[0].pop(|_| ()).await;
    }
    ends
}

async fn exchange<P: TaskPeer<T>, T: Message, const CHECK: bool>(
    ends: Ends<P::Tx, P::Rx>,
    shares: Vec<u64>,
) -> Received {
    let mut tasks = Vec::with_capacity(ends.producers.len() + ends.consumers.len());
    for rx in ends.consumers {
        tasks.push(tokio::spawn(consume::<T, CHECK>(rx)));
    }
    for (producer, tx) in ends.producers.into_iter().enumerate() {
        tasks.push(tokio::spawn(produce(tx, Values::of_producer(producer, shares[producer]))));
    }
    let mut received = Received::default();
    for task in tasks {
        received.add(task.await.expect("a task that does not panic"));
    }
    received
}

async fn produce<T: Message>(mut tx: impl TaskTx<T>, mut values: Values<T>) -> Received {
    while !values.is_done() && tx.push(&mut values).await {}
    Received::default()
}

async fn consume<T: Message, const CHECK: bool>(mut rx: impl TaskRx<T>) -> Received {
    let mut received = Received::default();
    let mut order = Order::default();
    while rx
        .pop(|value| {
            received.note(value);
            if CHECK {
                received.disorder |= !order.admits(value.number());
            }
        })
        .await
    {}
    received
}
