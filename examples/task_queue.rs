//! Workers that share a queue of tasks. A task that fails is tried again after a back-off, which no
//! worker sleeps through: others are handled meanwhile. A task that no retry can mend goes to the
//! dead letters at once, one that keeps failing when its retries are spent; the rest ends acked,
//! and `close` lets the workers go when the last retry is done with.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use ringmill::queue::{ErrorClass, Jitter, Queue, Retry};

const TASKS: u32 = 1_000;

enum Failure {
    /// Worth another try.
    Unreachable,
    /// Wrong for ever.
    Nonsense,
}

/// Every tenth task fails at first, task 500 always; task 13 makes no sense.
fn handle(task: u32, attempts: u32) -> Result<(), Failure> {
    match task {
        13 => Err(Failure::Nonsense),
        500 => Err(Failure::Unreachable),
        _ if task % 10 == 0 && attempts < 2 => Err(Failure::Unreachable),
        _ => Ok(()),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let retry = Retry::exponential(Duration::from_millis(2), 2.0).max(3).jitter(Jitter::Equal);
    let tasks = Queue::<u32>::builder("tasks").retry(retry).dead_letters("tasks.dead").build()?;
    let done = AtomicU32::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let consumer = tasks.consumer();
                let done = &done;
                scope.spawn(move || {
                    while let Ok(task) = consumer.dequeue() {
                        match handle(*task, task.attempts()) {
                            Ok(()) => {
                                done.fetch_add(1, Ordering::Relaxed);
                                task.ack()?;
                            }
                            Err(Failure::Unreachable) => {
                                task.nack_with(ErrorClass::System, "service unreachable")?;
                            }
                            Err(Failure::Nonsense) => task.reject("no such task")?,
                        }
                    }
                    Ok::<(), ringmill::queue::SettleError>(())
                })
            })
            .collect();
        let producer = tasks.producer();
        for task in 0..TASKS {
            producer.enqueue_blocking(task)?;
        }
        tasks.close();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panics"))?;
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;

    let stats = tasks.stats();
    println!("{} done, {} failures, {} dead", stats.acked, stats.nacked, stats.dead_lettered);
    assert_eq!((stats.acked, stats.dead_lettered), (u64::from(TASKS) - 2, 2));
    assert_eq!(u64::from(done.into_inner()), stats.acked, "each once");
    // 99 tasks failed twice; task 500 in all four attempts; task 13 once.
    assert_eq!(stats.nacked, 99 * 2 + 4 + 1);
    Ok(())
}
