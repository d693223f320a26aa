//! Messages that are sent one by one, with ids and numbers, on both sides.

use ringmill::message::{Message, MessageId};
use ringmill::partition::{hash_of, partition_of};
use ringmill::queue::{EnqueueError, EnqueueErrorKind, Enqueued, IdempotentProducer, Queue};

use super::{World, delayed};
use crate::engine::{Payload, Side, ms, set};
use crate::reference::{Entered, Number, Repeat, Saw, Times};

type Told = Result<Enqueued, EnqueueError<Payload>>;

/// Whoever opened a name, and may be fenced.
pub(super) struct Sender {
    name: u8,
    epoch: u64,
    producer: IdempotentProducer<Payload>,
}

impl World {
    pub(super) fn enqueue(
        &mut self,
        at: usize,
        key: u8,
        policy: bool,
        times: Times,
        id: Option<u8>,
    ) {
        let after = times.due.map_or(0, |due| due - self.model.now);
        let message = delayed(Message::new(self.payload()).key([key]), after);
        let message = if let Some(id) = id { message.dedup_id([id]) } else { message };
        let message = if let Some(ttl) = times.ttl { message.ttl(ms(ttl)) } else { message };
        let number = message.payload().number;
        let (saw, result) = self.send(at, message, |side, message| {
            if policy { side.producer.enqueue(message) } else { side.producer.try_enqueue(message) }
        });
        if let Some(repeat) = id.and_then(|id| self.model.repeat(at, id, key)) {
            return self.repeated(at, repeat, result);
        }
        let partition = self.partition(at, key);
        let expected = self.model.enqueue(at, partition, number, policy, times, &saw);
        if let (Some(id), Entered::Accepted(message)) = (id, expected) {
            self.model.note(at, id, key, message);
        }
        self.entered(at, number, expected, result);
    }

    fn partition(&self, at: usize, key: u8) -> usize {
        partition_of(hash_of(&[key]), self.model.queues[at].config.partitions)
    }

    /// Sends a message, and looks at what else happens.
    fn send(
        &mut self,
        at: usize,
        message: Message<Payload>,
        by: impl FnOnce(&Side, Message<Payload>) -> Told,
    ) -> (Saw, Told) {
        let side = &self.sides[at];
        let made_room = |queue: &Queue<Payload>| {
            let stats = queue.stats();
            stats.dropped_overflow + stats.dead_lettered
        };
        let before = made_room(&side.queue);
        let told = by(side, message);
        let accepted = matches!(told, Ok(Enqueued::Accepted { .. }));
        (Saw { accepted, evicted: made_room(&side.queue) > before }, told)
    }

    /// The same has become of a message on both sides.
    fn entered(&mut self, at: usize, number: u64, expected: Entered, result: Told) {
        match result {
            Ok(Enqueued::Accepted { id, handle }) => {
                let Entered::Accepted(message) = expected else {
                    panic!("{id:?} was accepted, expected: {expected:?}")
                };
                let model = &self.model.queues[at].messages[message];
                let place = (id.partition(), Some(id.offset()));
                assert_eq!(place, (model.partition, model.offset), "offsets are dense");
                set(&mut self.sides[at].handles, message, handle);
            }
            Ok(Enqueued::Dropped) => assert_eq!(expected, Entered::Dropped),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(error.is_full() || error.is_closed());
                let refused = if error.is_full() { Entered::Full } else { Entered::Closed };
                assert_eq!(refused, expected);
                let message = error.into_message();
                assert_eq!(message.payload().number, number, "what is refused comes back");
            }
        }
    }

    /// A message with an id is known, and not accepted.
    fn repeated(&self, at: usize, repeat: Repeat, told: Told) {
        let name = |message: usize| {
            let message = &self.model.queues[at].messages[message];
            Some((message.partition, message.offset?))
        };
        let place = |id: MessageId| (id.partition(), id.offset());
        match (repeat, told) {
            (Repeat::Of(first), Ok(Enqueued::Duplicate { id })) => {
                assert_eq!(id.map(place), name(first));
            }
            (expected, Err(error)) => match (expected, error.kind()) {
                (Repeat::Refused, EnqueueErrorKind::NoDedup) => {}
                (Repeat::Conflict(first), EnqueueErrorKind::DedupConflict { id }) => {
                    assert_eq!(Some(place(id)), name(first));
                }
                (expected, kind) => panic!("{expected:?} was expected, but: {kind:?}"),
            },
            (expected, told) => panic!("{expected:?} was expected, but: {told:?}"),
        }
    }

    /// Opens a name, of the first queue.
    pub(super) fn open(&mut self, name: u8) {
        let producer = self.sides[0].queue.idempotent_producer([name]);
        let epoch = self.model.open(name);
        self.senders.push(Sender { name, epoch, producer });
    }

    pub(super) fn forget(&mut self, name: u8) {
        let forgotten = self.sides[0].queue.forget_producer([name]);
        assert_eq!(forgotten, self.model.forget(name));
    }

    /// Sends a message with a number, by one of the last that opened a name: the next number but
    /// two and `ahead`.
    pub(super) fn numbered(&mut self, which: usize, key: u8, ahead: u64) {
        if self.senders.is_empty() {
            return;
        }
        let which = self.senders.len() - 1 - which % self.senders.len();
        let (name, epoch) = (self.senders[which].name, self.senders[which].epoch);
        let sequence = (self.model.next(name) + ahead).saturating_sub(2);
        let message = Message::new(self.payload()).key([key]);
        let number = message.payload().number;
        let producer = self.senders.swap_remove(which).producer;
        let (saw, told) =
            self.send(0, message, |_, message| producer.enqueue_sequenced(sequence, message));
        self.senders.push(Sender { name, epoch, producer });
        match self.model.number(name, epoch, sequence) {
            Number::Next => {
                let partition = self.partition(0, key);
                let times = Times::default();
                let expected = self.model.enqueue(0, partition, number, true, times, &saw);
                if let Entered::Accepted(message) = expected {
                    self.model.count(name, message);
                }
                self.entered(0, number, expected, told);
            }
            Number::Taken(first) => {
                let first = &self.model.queues[0].messages[first];
                let Ok(Enqueued::Duplicate { id: Some(id) }) = told else {
                    panic!("{sequence} was taken, but {told:?}")
                };
                assert_eq!((id.partition(), Some(id.offset())), (first.partition, first.offset));
            }
            Number::Ahead(expected) => {
                let refused = EnqueueErrorKind::OutOfOrder { expected, got: sequence };
                assert_eq!(told.expect_err("a gap").kind(), refused);
            }
            Number::Fenced => {
                let kind = told.expect_err("it is fenced").kind();
                assert!(matches!(kind, EnqueueErrorKind::Fenced { .. }), "{kind:?}");
            }
        }
    }
}
