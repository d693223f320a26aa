//! A worker with a process that stays: many records may be on their way to it, answers come in
//! their order. It is started again when it dies or makes no sense.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ringmill::queue::{Consumer, Delivery, ErrorClass};

use super::job::{Job, task};
use super::peer::{News, Peer};
use super::reply;
use super::template::Template;
use super::verdict::Verdict;
use crate::record::Record;

/// How long the records that a peer has in hand should take: enough to make system calls rare, and
/// so little that no record waits for long behind others while another worker has nothing to do.
const IN_HAND: Duration = Duration::from_millis(5);

/// The most records in hand.
const WIDEST: usize = 1_024;

/// The most bytes that are on their way.
const MOST_BYTES: usize = 256 << 10;

/// The longest pause before a peer is started again.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(crate) struct Worker<'w> {
    job: &'w Job,
    template: &'w Template,
    timeout: Option<Duration>,
    number: usize,
    peer: Option<Peer>,
    /// How often in a row a peer was of no use.
    failures: u32,
    /// How long a record takes, lately.
    each: Duration,
    held: VecDeque<Delivery<'w, Record>>,
    /// When the first of them came to be first.
    since: Instant,
    /// When the last answers came.
    heard: Instant,
}

impl<'w> Worker<'w> {
    pub(crate) fn new(
        job: &'w Job,
        template: &'w Template,
        timeout: Option<Duration>,
        number: usize,
    ) -> Self {
        let now = Instant::now();
        let (peer, held) = (None, VecDeque::new());
        let each = IN_HAND;
        Self {
            job,
            template,
            timeout,
            number,
            peer,
            failures: 0,
            each,
            held,
            since: now,
            heard: now,
        }
    }

    /// Works until the queue is done.
    pub(crate) fn work(mut self, consumer: &'w Consumer<Record>) {
        loop {
            if self.held.is_empty() {
                let Ok(delivery) = consumer.dequeue() else { break };
                if self.job.stop.is_draining() {
                    self.job.give_back(delivery);
                    break;
                }
                if self.peer.as_mut().is_some_and(Peer::is_gone) {
                    self.drop_peer();
                }
                self.since = Instant::now();
                self.heard = self.since;
                self.admit(delivery);
            }
            if self.job.pace.is_none() && !self.job.stop.is_draining() {
                self.fill(consumer);
            }
            if !self.held.is_empty() {
                self.exchange();
            }
        }
        if let Some(peer) = self.peer.take() {
            peer.end(!self.job.stop.is_aborted(), &self.job.stop);
        }
    }

    /// Takes as many records as are to be in hand.
    fn fill(&mut self, consumer: &'w Consumer<Record>) {
        let width = (IN_HAND.as_nanos() / self.each.as_nanos().max(1)) as usize;
        let width = width.clamp(1, WIDEST);
        let bytes: usize = self.held.iter().map(|delivery| delivery.data.len()).take(8).sum();
        if self.held.len() > width / 2 || bytes > MOST_BYTES {
            return;
        }
        let mut batch = Vec::with_capacity(width - self.held.len());
        // Nothing there is no error here: there is something in hand.
        let _ = consumer.try_dequeue_batch(width - self.held.len(), &mut batch);
        for delivery in batch {
            self.admit(delivery);
        }
    }

    /// Sends a record on its way, if it can be sent.
    fn admit(&mut self, delivery: Delivery<'w, Record>) {
        if delivery.data.contains(&b'\n') {
            let why = "a record of more than one line; a coprocess takes lines".into();
            return self.job.settle(delivery, Verdict::Dead(why), Vec::new());
        }
        if self.job.pace.as_ref().is_some_and(|pace| !pace.wait(&self.job.stop)) {
            return self.job.give_back(delivery);
        }
        if self.peer.is_none() {
            let mut command = self.template.standing();
            command.env("RINGMILL_WORKER", self.number.to_string());
            match Peer::spawn(command) {
                Ok(peer) => self.peer = Some(peer),
                Err(error) => {
                    self.held.push_back(delivery);
                    return self.fail(ErrorClass::System, format!("no process: {error}"));
                }
            }
        }
        if let Some(peer) = &mut self.peer {
            peer.queue(&delivery.data);
        }
        self.held.push_back(delivery);
    }

    /// Sends, waits for answers, and heeds them.
    fn exchange(&mut self) {
        let Some(peer) = &mut self.peer else { return };
        let deadline = self.timeout.and_then(|timeout| self.since.checked_add(timeout));
        match peer.wait(deadline, &self.job.stop) {
            Ok(News::Some) => self.heed(),
            Ok(News::TimedOut) => {
                let limit = self.timeout.unwrap_or_default();
                self.fail(ErrorClass::TimedOut, format!("killed after {limit:?}"));
            }
            Ok(News::Aborted) => {
                self.drop_peer();
                self.held.drain(..).for_each(|delivery| self.job.give_back(delivery));
            }
            Ok(News::Gone(why)) => {
                self.fail(ErrorClass::System, format!("no answer: {why}"));
            }
            Err(error) => self.fail(ErrorClass::System, format!("no answer: {error}")),
        }
    }

    /// Settles the records whose answers are here.
    fn heed(&mut self) {
        let mut results = Vec::new();
        let mut done = Vec::new();
        let mut nonsense = None;
        let mut answers = 0;
        while let Some(answer) = self.peer.as_mut().and_then(Peer::answer) {
            let Some((verdict, result)) = reply::parse(answer) else {
                nonsense =
                    Some(String::from_utf8_lossy(&answer[..answer.len().min(200)]).into_owned());
                break;
            };
            let Some(delivery) = self.held.pop_front() else {
                nonsense = Some("more answers than records".into());
                break;
            };
            answers += 1;
            if verdict == Verdict::Ack {
                let mut text = Vec::new();
                self.job.output.format(&task(&delivery), result, b"\n", &mut text);
                results.push((delivery.place, text));
                done.push(delivery);
            } else {
                self.job.settle(delivery, verdict, Vec::new());
            }
        }
        self.job.done_with(done, results);
        if answers > 0 {
            self.failures = 0;
            let now = Instant::now();
            self.each = (self.each + (now - self.heard) / answers) / 2;
            (self.since, self.heard) = (now, now);
        }
        if let Some(answer) = nonsense {
            self.fail(ErrorClass::System, format!("answer makes no sense: {answer:?}"));
        }
    }

    /// The peer is of no use: the first record has failed, the others were not handled.
    fn fail(&mut self, class: ErrorClass, why: String) {
        self.drop_peer();
        if let Some(first) = self.held.pop_front() {
            self.job.settle(first, Verdict::failed(class, why), Vec::new());
        }
        self.held.drain(..).for_each(|delivery| self.job.give_back(delivery));
        self.each = IN_HAND;
        self.failures += 1;
        if self.failures > 1 {
            let pause = Duration::from_millis(5 << self.failures.min(8)).min(LONGEST_PAUSE);
            self.job.stop.sleep_until(Instant::now() + pause);
        }
    }

    fn drop_peer(&mut self) {
        if let Some(peer) = self.peer.take() {
            peer.end(false, &self.job.stop);
        }
    }
}
