//! The threads of one round: started together, timed together, and stopped if the round hangs.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::Fault;
use crate::{
    pace::Gate,
    payload::Message,
    place::{Place, banish, own_thread_number},
};

/// What a thread received.
#[derive(Debug, Default, Clone, Copy)]
pub struct Received {
    /// Messages.
    pub count: u64,
    /// Sum of their digests.
    pub sum: u64,
    /// Whether an order check failed.
    pub disorder: bool,
}

impl Received {
    /// Takes note of one message.
    #[inline(always)]
    pub fn note<T: Message>(&mut self, value: &T) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(value.digest());
    }

    /// Takes in what another thread received.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum = self.sum.wrapping_add(other.sum);
        self.disorder |= other.disorder;
    }
}

/// What one thread does between start and end. It looks at the gate when it waits.
pub type Job = Box<dyn FnOnce(&Gate) -> Received + Send>;

struct Report {
    result: Result<Received, Fault>,
    end: Instant,
}

/// After being called off, threads have this long to come back from the queue.
const GRACE: Duration = Duration::from_secs(2);

/// Runs the jobs, one thread each, and returns the time from the common start to the last end and
/// what they received together.
///
/// A thread that does not come back is left behind at the lowest priority.
///
/// # Errors
///
/// If the round hung, a thread panicked, or an order check failed.
pub fn work(
    jobs: Vec<Job>,
    producers: usize,
    places: &[Place],
    limit: Duration,
) -> Result<(Duration, Received), Fault> {
    let threads = jobs.len();
    let gate = Arc::new(Gate::new(threads, producers));
    let (send_number, numbers) = mpsc::channel();
    let (send_report, reports) = mpsc::channel();
    for (job, place) in jobs.into_iter().zip(places.iter().copied()) {
        let (gate, send_number, send_report) =
            (Arc::clone(&gate), send_number.clone(), send_report.clone());
        thread::spawn(move || {
            let _ = send_number.send(own_thread_number());
            place.take();
            gate.arrive();
            let result = catch_unwind(AssertUnwindSafe(|| job(&gate)));
            let end = Instant::now();
            let result = result.map_err(|panic| {
                gate.call_off();
                Fault::Panic(text_of(&*panic))
            });
            let _ = send_report.send(Report { result, end });
        });
    }
    drop((send_number, send_report));

    let mut deadline = Instant::now() + limit;
    let mut called_off = false;
    let mut done = Vec::with_capacity(threads);
    while done.len() < threads {
        match reports.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(report) => done.push(report),
            Err(_) if !called_off => {
                called_off = true;
                gate.call_off();
                deadline = Instant::now() + GRACE;
            }
            Err(_) => {
                numbers.try_iter().for_each(banish);
                return Err(Fault::Hung(limit));
            }
        }
    }
    summary(done, &gate, called_off.then_some(limit))
}

fn summary(
    done: Vec<Report>,
    gate: &Gate,
    stuck: Option<Duration>,
) -> Result<(Duration, Received), Fault> {
    let mut total = Received::default();
    let mut last = None;
    for report in done {
        total.add(report.result?);
        last = last.max(Some(report.end));
    }
    if let Some(limit) = stuck {
        return Err(Fault::Stuck(limit));
    }
    if total.disorder {
        return Err(Fault::Order);
    }
    match (gate.started(), last) {
        (Some(start), Some(end)) => Ok((end - start, total)),
        _ => unreachable!("every thread has arrived and reported"),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".into())
}
