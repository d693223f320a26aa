//! Producers whose messages have numbers, so that none is accepted twice and none is left out.
//!
//! The queue knows of each name the next number, how often it was opened (the epoch), and the names
//! of the messages that it accepted last. All of it lasts as long as the queue.
//!
//! # Invariants
//!
//! - I1: a number is compared, its message published, and the number counted under one lock, that of
//!   the name. No code of the user runs meanwhile.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::{boxed::Box, sync::Arc};
use core::cell::Cell;
use core::fmt;

use super::dedup::{Before, Outcome};
use super::enqueued::Enqueued;
use super::error::{EnqueueError, EnqueueErrorKind};
use super::producer::Producer;
use super::{Queue, Shared};
use crate::delivery::{Content, Count};
use crate::message::{Message, MessageId};
use crate::partition::Partitioner;
use crate::sync::Mutex;
use crate::wait::Strategy;

/// How many messages of a producer are remembered by name.
const REMEMBERED: usize = 1_024;

/// The producers that number their messages, by name.
pub(super) type Sequences = Mutex<BTreeMap<Box<[u8]>, Arc<Sequence>>>;

/// What is known of a name.
pub(super) struct Sequence(Mutex<Progress>);

#[derive(Default)]
struct Progress {
    epoch: u64,
    /// The number that comes next.
    next: u64,
    /// What was accepted last: partition and offset, the newest at the end.
    last: VecDeque<(u32, u64)>,
}

impl Progress {
    /// Whether a message with this number is the next one; or the one that had it.
    fn check(&self, epoch: u64, number: u64) -> Result<Option<Enqueued>, EnqueueErrorKind> {
        if epoch != self.epoch {
            return Err(EnqueueErrorKind::Fenced { epoch: self.epoch });
        }
        if number > self.next {
            return Err(EnqueueErrorKind::OutOfOrder { expected: self.next, got: number });
        }
        let Some(back) = (self.next - number).checked_sub(1) else { return Ok(None) };
        let known = usize::try_from(back).ok().and_then(|back| self.last.iter().nth_back(back));
        let id = known.map(|(partition, offset)| MessageId::new(0, *partition, *offset));
        Ok(Some(Enqueued::Duplicate { id }))
    }

    fn step(&mut self, partition: u32, offset: u64) {
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back((partition, offset));
        self.next += 1;
    }
}

/// A producer's turn in its sequence.
pub(super) struct Turn {
    sequence: Arc<Sequence>,
    epoch: u64,
    /// The number of the message that is being enqueued.
    number: Cell<u64>,
}

impl Turn {
    /// As [`Progress::check`], of the message that is being enqueued.
    pub(super) fn check(&self) -> Result<Option<Enqueued>, EnqueueErrorKind> {
        self.sequence.0.lock().check(self.epoch, self.number.get())
    }

    /// Does what makes an outcome of the message, if it is its turn, and counts it (I1).
    pub(super) fn take(
        &self,
        partition: u32,
        outcome: impl FnOnce() -> Outcome,
    ) -> Result<Outcome, Result<Enqueued, EnqueueErrorKind>> {
        let mut progress = self.sequence.0.lock();
        match progress.check(self.epoch, self.number.get()) {
            Ok(None) => {}
            Ok(Some(repeat)) => return Err(Ok(repeat)),
            Err(kind) => return Err(Err(kind)),
        }
        let outcome = outcome();
        match &outcome {
            Outcome::New((offset, _)) => progress.step(partition, *offset),
            // Its id is known: its number is used up all the same.
            Outcome::Known(Before::Same(id)) => {
                progress.step(id.partition() as u32, id.offset());
            }
            _ => {}
        }
        Ok(outcome)
    }

    /// The number that comes next.
    fn next(&self) -> Result<u64, EnqueueErrorKind> {
        let progress = self.sequence.0.lock();
        progress.check(self.epoch, progress.next).map(|_| progress.next)
    }
}

/// A producer whose messages are accepted once each, in the order of their numbers: it can send one
/// again when it does not know whether it was accepted. Used by one thread at a time.
///
/// It is known by its name. Opening the name again, also from another thread, raises the epoch and
/// fences the handle before: nothing that it sends is accepted any more. The numbers go on.
///
/// What is refused ([`Full`](EnqueueErrorKind::Full) for one) or dropped by the overflow policy
/// leaves the sequence where it was. A message that has an id that the queue
/// [remembers](super::Dedup) uses its number up.
///
/// # Cost
///
/// A lock of its own for each message. Of each name the queue keeps the names of the last 1,024
/// messages, 16 KiB, until it is [forgotten](Queue::forget_producer).
///
/// # Examples
///
/// ```
/// use ringmill::queue::{EnqueueErrorKind, Enqueued, Queue};
///
/// let lines = Queue::<String>::builder("lines").build()?;
/// let importer = lines.idempotent_producer("importer");
/// let first = importer.enqueue_sequenced(0, "a,1".to_string())?;
///
/// // The importer dies, and another one begins where the queue says, or before.
/// let importer = lines.idempotent_producer("importer");
/// assert_eq!((importer.epoch(), importer.next_sequence()?), (2, 1));
/// let again = importer.enqueue_sequenced(0, "a,1".to_string())?;
/// assert_eq!(again, Enqueued::Duplicate { id: first.id() });
/// importer.enqueue_sequenced(1, "b,2".to_string())?;
///
/// let gap = importer.enqueue_sequenced(3, "d,4".to_string()).expect_err("2 is missing");
/// assert_eq!(gap.kind(), EnqueueErrorKind::OutOfOrder { expected: 2, got: 3 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct IdempotentProducer<T: Content + ?Sized, M = Shared> {
    producer: Producer<T, M>,
}

impl<T: Content + ?Sized, M> IdempotentProducer<T, M> {
    /// As [`Producer::with_partitioner`].
    #[must_use]
    pub fn with_partitioner(
        mut self,
        partitioner: impl Partitioner<Message<T::Owned>> + Send + 'static,
    ) -> Self {
        self.producer = self.producer.with_partitioner(partitioner);
        self
    }

    /// As [`Producer::with_strategy`].
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.producer = self.producer.with_strategy(strategy);
        self
    }

    fn turn(&self) -> &Turn {
        self.producer.turn_in_sequence.as_ref().expect("it was opened with one")
    }

    /// How often its name had been opened, this time included.
    pub fn epoch(&self) -> u64 {
        self.turn().epoch
    }

    /// The number that its next message has; 0 at first.
    ///
    /// # Errors
    ///
    /// `Fenced`: its name was opened again.
    pub fn next_sequence(&self) -> Result<u64, EnqueueErrorKind> {
        self.turn().next()
    }

    /// Puts a message into the queue under the next number, as [`Producer::enqueue`] does.
    ///
    /// # Errors
    ///
    /// [`EnqueueError`], with the message: as there, and `Fenced` if its name was opened again.
    pub fn enqueue(
        &self,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        match self.next_sequence() {
            Ok(number) => self.enqueue_sequenced(number, message),
            Err(kind) => Err(EnqueueError::new(kind, message.into())),
        }
    }

    /// As [`enqueue`](Self::enqueue), under a number of the caller's: 0, 1, 2, … A number that was
    /// accepted before gives the name of the message that had it, and drops this one; `None` if
    /// more than 1,024 were accepted since.
    ///
    /// # Errors
    ///
    /// [`EnqueueError`], with the message: as there, and `OutOfOrder` if numbers were left out.
    pub fn enqueue_sequenced(
        &self,
        number: u64,
        message: impl Into<Message<T::Owned>>,
    ) -> Result<Enqueued, EnqueueError<T::Owned>> {
        let turn = self.turn();
        turn.number.set(number);
        match turn.check() {
            Ok(None) => self.producer.enqueue(message),
            Ok(Some(repeat)) => {
                self.producer.tally.add(Count::Duplicates, 1);
                Ok(repeat)
            }
            Err(kind) => Err(EnqueueError::new(kind, message.into())),
        }
    }

    /// As [`Producer::flush`].
    pub fn flush(&self) {
        self.producer.flush();
    }
}

impl<T: Content + ?Sized, M> Queue<T, M> {
    /// Opens the producer of this name, any bytes: see [`IdempotentProducer`]. Whoever had it before
    /// is fenced.
    pub fn idempotent_producer(&self, name: impl AsRef<[u8]>) -> IdempotentProducer<T, M> {
        let sequence = {
            let mut sequences = self.core.sequences.lock();
            let of_name = sequences.entry(Box::from(name.as_ref()));
            let new = || Arc::new(Sequence(Mutex::new(Progress::default())));
            Arc::clone(of_name.or_insert_with(new))
        };
        let epoch = {
            let mut progress = sequence.0.lock();
            progress.epoch += 1;
            progress.epoch
        };
        if epoch > 1 {
            // Whoever was there before may wait for room.
            self.core.room.wake(usize::MAX);
        }
        let mut producer = self.producer();
        producer.plain = false;
        producer.turn_in_sequence = Some(Turn { sequence, epoch, number: Cell::new(0) });
        IdempotentProducer { producer }
    }

    /// Forgets the producer of this name: whoever has it is fenced, and who opens it again begins at
    /// 0. False if there was none.
    pub fn forget_producer(&self, name: impl AsRef<[u8]>) -> bool {
        let forgotten = self.core.sequences.lock().remove(name.as_ref());
        if let Some(sequence) = &forgotten {
            sequence.0.lock().epoch += 1;
            self.core.room.wake(usize::MAX);
        }
        forgotten.is_some()
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for IdempotentProducer<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotentProducer")
            .field("queue", &self.producer.queue_name())
            .field("epoch", &self.epoch())
            .finish_non_exhaustive()
    }
}
