//! `ringmill run` and `ringmill redrive`: one thread reads, the workers handle, and this one waits.

mod coprocess;
mod dead;
mod dry;
mod exec;
mod job;
mod output;
mod pace;
mod peer;
mod plan;
mod process;
mod reader;
mod reply;
mod screen;
mod signals;
mod stop;
mod template;
mod verdict;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ringmill::message::Priority;
use ringmill::queue::{Jitter, Order, Queue, Retry};
use serde_json::{Value, json};

use self::coprocess::Worker;
use self::dead::DeadFile;
use self::exec::Executor;
use self::job::{Counts, Event, Job, task};
use self::output::Output;
use self::pace::Pace;
use self::plan::Work;
use self::screen::{Look, Screen};
use self::stop::Stop;
use crate::input::{Input, letters::Letter, open};
use crate::page::Page;
use crate::record::{Budget, Record, Source};
use crate::values::Backoff;

pub(crate) use self::plan::Plan;

/// Told when some records were not handled.
const UNFINISHED: u8 = 1;

/// As shells tell it of Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Runs a plan.
pub(crate) fn run(plan: Plan) -> Result<ExitCode> {
    if plan.dry_run {
        return dry::run(&plan);
    }
    let (events, news) = channel();
    signals::listen(events.clone())?;
    let Plan { input, work, workers, timeout, ordered, control, .. } = plan;
    let queue = queue(ordered, input.priority.is_some(), &control)?;
    let dead = DeadFile::open(control.dead.as_deref()).with_context(|| describe(&control.dead))?;
    let window = control.keep_order.then_some(u64::from(control.capacity));
    let output = Output::new(control.results.as_deref(), window)
        .with_context(|| describe(&control.results))?;
    let page = control.stats_page.clone().map(Page::new);
    let job = Arc::new(Job {
        queue,
        counts: Counts::default(),
        stop: Stop::new()?,
        pace: control.rate.map(Pace::new),
        dead,
        output,
        screen: Screen::new(control.log),
        retries: control.retries.into(),
        events: events.clone(),
        gate: Mutex::new(()),
    });
    let format = input.shape.format;
    let input = Arc::new(input);
    let budget = Budget::new(control.memory);
    {
        // Not waited for: it may be in the middle of reading from a terminal.
        let (job, input) = (Arc::clone(&job), Arc::clone(&input));
        thread::spawn(move || reader::read(&job, &input, budget));
    }
    let work = Arc::new(work);
    for number in 1..=workers {
        let (job, work) = (Arc::clone(&job), Arc::clone(&work));
        let gone = Gone(events.clone());
        thread::spawn(move || {
            let _gone = gone;
            match &*work {
                Work::Exec(template) => match Executor::new(template, format, timeout, &job.stop) {
                    Ok(executor) => exec_all(&job, executor),
                    Err(error) => job.fail(format!("temporary files: {error}")),
                },
                Work::Coprocess(template) => {
                    let consumer = job.queue.consumer();
                    Worker::new(&job, template, timeout, number).work(&consumer);
                }
            }
        });
    }
    drop(events);
    let watch = Watch { job: &job, input: &input, total: total(&input), page };
    let outcome = watch.until_done(&news, workers);
    watch.close(outcome)
}

fn describe(path: &Option<std::path::PathBuf>) -> String {
    path.as_ref().map_or_else(String::new, |path| path.display().to_string())
}

fn queue(
    ordered: bool,
    leveled: bool,
    control: &crate::args::ControlArgs,
) -> Result<Queue<Record>> {
    let Backoff { first, longest } = control.backoff;
    let retry = Retry::exponential(first, 2.0)
        .cap(longest)
        .max(control.retries.into())
        .jitter(Jitter::Equal);
    let mut builder = Queue::<Record>::builder("run")
        .capacity(control.capacity as usize)
        .order(if ordered { Order::Key } else { Order::None })
        .retry(retry)
        .timestamps(control.stats_page.is_some())
        .max_deliveries(job::MAX_DELIVERIES)
        // A worker ends its processes itself, so that no record is handled twice at a time.
        .no_lease();
    if leveled {
        let levels: Vec<_> = (0..Priority::COUNT as u8).filter_map(Priority::new).collect();
        builder = builder.levels(&levels);
    }
    Ok(builder.build()?)
}

/// Handles records by one process each, until the queue is done.
fn exec_all(job: &Job, mut executor: Executor<'_>) {
    let consumer = job.queue.consumer();
    while let Ok(delivery) = consumer.dequeue() {
        let stopped = job.pace.as_ref().is_some_and(|pace| !pace.wait(&job.stop));
        if stopped || job.stop.is_draining() {
            return job.give_back(delivery);
        }
        let done = executor.run(&task(&delivery));
        let mut result = Vec::new();
        if done.verdict == verdict::Verdict::Ack {
            job.output.format(&task(&delivery), &done.output, b"", &mut result);
            if !done.errors.is_empty() {
                job.screen.passed_on(&done.errors);
            }
        }
        job.settle(delivery, done.verdict, result);
    }
}

/// Tells that a worker has ended, however it did.
struct Gone(Sender<Event>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send(Event::WorkerGone);
    }
}

/// How many bytes all files have, if they are files.
fn total(input: &Input) -> Option<u64> {
    let size = |path: &std::path::PathBuf| {
        let found = (!open::is_stdin(path)).then(|| std::fs::metadata(path).ok()).flatten()?;
        found.is_file().then_some(found.len())
    };
    input.files.iter().map(size).sum::<Option<u64>>().filter(|total| *total > 0)
}

/// How a run ended.
#[derive(Default)]
struct Outcome {
    interrupted: bool,
    failed: bool,
}

/// What the main thread does meanwhile.
struct Watch<'w> {
    job: &'w Arc<Job>,
    input: &'w Input,
    total: Option<u64>,
    page: Option<Page>,
}

impl Watch<'_> {
    fn until_done(&self, news: &Receiver<Event>, workers: usize) -> Outcome {
        let mut outcome = Outcome::default();
        let mut working = workers;
        let mut drain = None;
        let every = if self.job.screen.is_watched() || self.page.is_some() { 100 } else { 1_000 };
        let every = Duration::from_millis(every);
        let mut next = Instant::now() + every;
        while working > 0 {
            match news.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Event::WorkerGone) => working -= 1,
                Ok(Event::Signal) if outcome.interrupted => {
                    self.job.screen.note("interrupted again: what runs is killed");
                    self.job.stop.abort();
                }
                Ok(Event::Signal) => {
                    outcome.interrupted = true;
                    self.job.screen.note("interrupted: waiting for what runs; again to kill it");
                    self.drain(&mut drain);
                }
                Ok(Event::Failed(why)) => {
                    // One reason is enough: the same befalls all workers.
                    if !std::mem::replace(&mut outcome.failed, true) {
                        self.job.screen.error(&why);
                    }
                    self.drain(&mut drain);
                }
                Err(RecvTimeoutError::Timeout) => {
                    next = Instant::now() + every;
                    let look = self.look();
                    self.job.screen.progress(&look);
                    if let Some(page) = &self.page {
                        page.write(&self.figures(&look, false));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some(drain) = drain.and_then(|drain: thread::JoinHandle<()>| drain.join().err()) {
            std::panic::resume_unwind(drain);
        }
        outcome
    }

    /// Stops reading and handing out, once.
    fn drain(&self, drain: &mut Option<thread::JoinHandle<()>>) {
        self.job.stop.drain();
        let queue = self.job.queue.clone();
        drain.get_or_insert_with(|| {
            thread::spawn(move || {
                queue.drain(Duration::MAX);
            })
        });
    }

    fn look(&self) -> Look {
        // Relaxed: counts to show while the run goes on; the summary comes after their last event.
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (counts, stats) = (&self.job.counts, self.job.queue.stats());
        Look {
            read: get(&counts.read),
            acked: get(&counts.acked),
            dead: get(&counts.dead),
            retried: get(&counts.retried),
            ready: stats.ready,
            delayed: stats.delayed,
            running: stats.leased,
            seconds: self.job.screen.seconds(),
            fraction: self.total.map(|total| get(&self.input.bytes) as f64 / total as f64),
        }
    }

    /// What is on the page.
    fn figures(&self, look: &Look, ended: bool) -> Value {
        let mut figures = look.json("page");
        figures["ended"] = json!(ended);
        if let Some(waited) = self.job.queue.latency() {
            let micros = |time: Duration| time.as_micros() as u64;
            figures["waited_us"] = json!({
                "p50": micros(waited.p50), "p99": micros(waited.p99), "max": micros(waited.max),
            });
        }
        figures
    }

    /// Sees to what is left, and sums up.
    fn close(self, mut outcome: Outcome) -> Result<ExitCode> {
        let screen = &self.job.screen;
        // Nothing is on its way in any more.
        let gate = self.job.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.left(&mut outcome);
        if let Err(error) = self.job.output.finish() {
            outcome.failed = true;
            screen.error(&format!("results: {error}"));
        }
        let look = self.look();
        let lost = look.read.abs_diff(look.acked + look.dead + left);
        if let Some(page) = &self.page {
            page.write(&self.figures(&look, true));
        }
        screen.summary(&look, left, lost);
        if outcome.interrupted || outcome.failed {
            if left > 0 && self.job.dead.is_there() {
                screen
                    .note("what was left is with the dead letters; `ringmill redrive` takes it up");
            }
            let read = self.input.skip + look.read;
            screen.note(&format!("`--skip {read}` goes on with what was not read"));
        }
        drop(gate);
        // Relaxed: the end of the reader and of the workers came through the lock and the channel.
        let whole = look.dead + left + lost == 0
            && !outcome.failed
            && self.job.counts.unreadable.load(Ordering::Relaxed) == 0;
        Ok(match (outcome.interrupted, whole) {
            (true, _) => ExitCode::from(INTERRUPTED),
            (false, true) => ExitCode::SUCCESS,
            (false, false) => ExitCode::from(UNFINISHED),
        })
    }

    /// Takes what was read and not handled out of the queue, to the dead letters if there is a file,
    /// or else names it, in the order of the input; and says how many there were.
    fn left(&self, outcome: &mut Outcome) -> u64 {
        let (dead, screen) = (&self.job.dead, &self.job.screen);
        let mut in_file = dead.is_there();
        let mut left = BTreeMap::new();
        let purged = self.job.queue.purge(|record| {
            let letter = left_letter(&record.source, record.number, &record.data, record.key());
            let line = if in_file { letter.line() } else { Vec::new() };
            left.insert(record.place, (Arc::clone(&record.source), record.number, line));
            true
        });
        for (source, number, line) in left.values() {
            if let Err(error) = dead.write_line(line) {
                // One reason is enough; where they stand is told of all.
                if std::mem::replace(&mut in_file, false) {
                    screen.error(&format!("what was left: {error}"));
                }
                outcome.failed = true;
            }
            screen.letter("left", &left_letter(source, *number, &[], None), in_file);
        }
        purged as u64
    }
}

fn left_letter<'l>(
    source: &'l Source,
    number: u64,
    data: &'l [u8],
    key: Option<&'l [u8]>,
) -> Letter<'l> {
    let error = "the run was stopped";
    Letter { source, number, data, key, reason: "left", attempts: 0, error }
}
