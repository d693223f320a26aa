//! Ending on a signal: workers are busy, SIGTERM or SIGINT comes, the queue is drained with a
//! deadline. Nothing more is accepted or handed out, what is in hand is finished, and what is left
//! is reported and taken out, to be kept elsewhere. To have an end, the example sends the signal to
//! itself.

use std::thread;
use std::time::Duration;

use ringmill::queue::{Queue, SettleError};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

const JOBS: u32 = 10_000;

/// Takes jobs until the queue hands out no more.
fn work(jobs: &Queue<u32>) -> Result<(), SettleError> {
    let consumer = jobs.consumer();
    while let Ok(job) = consumer.dequeue() {
        thread::sleep(Duration::from_millis(1)); // the work
        if *job == 20 {
            signal_hook::low_level::raise(SIGTERM).expect("a signal that is handled");
        }
        job.ack()?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let jobs = Queue::<u32>::builder("jobs").capacity(JOBS as usize).build()?;
    let producer = jobs.producer();
    for job in 0..JOBS {
        producer.enqueue(job)?;
    }

    let report = thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(|| work(&jobs)));
        let signal = signals.forever().next();
        println!("signal {signal:?}: draining");
        let report = jobs.drain(Duration::from_secs(10));
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panics"))?;
        Ok::<_, SettleError>(report)
    })?;

    let stats = jobs.stats();
    println!("{} done, {} taken back, {} left", stats.acked, report.released, report.left);
    assert_eq!(report.released, 0, "this is enough for what takes a millisecond");
    assert_eq!(stats.acked + report.left, u64::from(JOBS), "none is lost");
    assert!(stats.acked >= 20 && report.left > 0);
    assert!(producer.enqueue(0).is_err_and(|error| error.is_closed()));
    // What is left can be looked at, and written down.
    let left = jobs.browse(|_| true);
    assert_eq!(left.len() as u64, report.left);
    assert!(left.iter().all(|job| job.deliveries() == 0));
    Ok(())
}
