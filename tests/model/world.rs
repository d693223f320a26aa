//! The engine and the model side by side: every operation is done to both, and both must agree.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringmill::clock::VirtualClock;
use ringmill::message::{Message, Receipt};
use ringmill::partition::{hash_of, partition_of};
use ringmill::queue::{
    DequeueError, Detached, Engine, ErrorClass, Redrive, RescheduleError, Settlement, TakeError,
};

use crate::engine::{Payload, Side, handed, ms, reason, same, seen, set, side};
use crate::reference::{End, Entered, Handed, Look, Model, Saw, State, Stays, Times, Untaken};
use crate::steps::{Setup, Step};

/// A delivery, as both know it.
struct Held {
    side: usize,
    message: usize,
    number: u32,
    delivery: Detached<Payload>,
}

/// A receipt, of a delivery that may have ended.
struct Kept {
    side: usize,
    message: usize,
    number: u32,
    receipt: Receipt,
}

fn delayed(message: Message<Payload>, after: u64) -> Message<Payload> {
    if after > 0 { message.after(ms(after)) } else { message }
}

#[path = "sending.rs"]
mod sending;

use sending::Sender;

pub(crate) struct World {
    sides: Vec<Side>,
    held: Vec<Held>,
    kept: Vec<Kept>,
    model: Model,
    senders: Vec<Sender>,
    clock: VirtualClock,
    engine: Engine,
    payloads: u64,
    alive: Arc<AtomicUsize>,
}

impl World {
    pub(crate) fn new(setup: &Setup) -> Self {
        let clock = VirtualClock::new();
        let engine = Engine::builder().clock(clock.clone()).manual().build();
        // The dead-letter queue is there first, so that it keeps its own settings.
        let dead = setup.dead.as_ref().map(|config| side(&engine, "dead", config, None));
        let source = side(&engine, "source", &setup.source, dead.as_ref().map(|_| "dead"));
        let sides: Vec<Side> = std::iter::once(source).chain(dead).collect();
        let queues: Vec<_> = sides.iter().map(|side| side.queue.clone()).collect();
        let look: Look =
            Box::new(move |at, number| !queues[at].browse(|seen| seen.number == number).is_empty());
        Self {
            sides,
            held: Vec::new(),
            kept: Vec::new(),
            senders: Vec::new(),
            model: Model::new(setup.source.clone(), setup.dead.clone(), look),
            clock,
            engine,
            payloads: 0,
            alive: Arc::default(),
        }
    }

    fn payload(&mut self) -> Payload {
        self.payloads += 1;
        Payload::new(self.payloads, &self.alive)
    }

    pub(crate) fn apply(&mut self, step: &Step) {
        match *step {
            Step::Enqueue { side, key, policy, after, id, ttl } => {
                self.enqueue(side % self.sides.len(), key, policy, self.times(after, ttl), id);
            }
            Step::Open { name } => self.open(name),
            Step::Forget { name } => self.forget(name),
            Step::Numbered { which, key, ahead } => self.numbered(which, key, ahead),
            Step::EnqueueBatch { side, key, count, after } => {
                self.enqueue_batch(side % self.sides.len(), key, count, after);
            }
            Step::Dequeue { side } => self.dequeue(side % self.sides.len(), None),
            Step::Take { side } => self.take(side % self.sides.len()),
            Step::DequeueBatch { side, max } => self.dequeue(side % self.sides.len(), Some(max)),
            Step::Settle { which, end } => self.settle(which, end),
            Step::SettleReceipt { which, end } => self.settle_receipt(which, end),
            Step::Extend { which, by } => self.extend(which, by),
            Step::Cancel { side, which } => self.cancel(side % self.sides.len(), which),
            Step::Reschedule { side, which, after } => {
                self.reschedule(side % self.sides.len(), which, after);
            }
            Step::TakeDeferred { side, which } => {
                self.take_deferred(side % self.sides.len(), which);
            }
            Step::Purge { side, modulus } => self.purge(side % self.sides.len(), modulus),
            Step::Pause { side } => self.pause(side % self.sides.len(), true),
            Step::Resume { side } => self.pause(side % self.sides.len(), false),
            Step::Advance { by } => {
                self.clock.advance(ms(by));
                self.model.now += by;
            }
            Step::Tick => self.tick(),
            Step::Redrive { modulus } => self.redrive(modulus),
            Step::Browse { side } => self.browse(side % self.sides.len()),
            Step::Close => self.close(),
        }
        self.agree();
    }

    fn times(&self, after: u64, ttl: u64) -> Times {
        let due = (after > 0).then(|| self.model.now + after);
        Times { due, ttl: (ttl > 0).then_some(ttl) }
    }

    fn enqueue_batch(&mut self, at: usize, key: u8, count: usize, after: u64) {
        let payloads: Vec<Payload> = (0..count).map(|_| self.payload()).collect();
        let numbers: Vec<u64> = payloads.iter().map(|payload| payload.number).collect();
        let after_of = |nth: usize| if nth % 3 == 2 { after } else { 0 };
        let message = |(nth, payload)| delayed(Message::new(payload).key([key]), after_of(nth));
        let mut batch: Vec<_> = payloads.into_iter().enumerate().map(message).collect();
        let partition = partition_of(hash_of(&[key]), self.model.queues[at].config.partitions);
        let accepted = self.sides[at].producer.try_enqueue_batch(&mut batch);
        let taken = accepted.unwrap_or(0);
        assert!(accepted.is_ok() || count > 0, "no message, no error");
        let left = batch.iter().map(|message| message.payload().number);
        assert!(left.eq(numbers[taken..].iter().copied()), "the rest stays in its order");
        // Behind the first that is refused none is tried.
        for (nth, number) in numbers.into_iter().enumerate().take(taken + 1) {
            let saw = Saw { accepted: nth < taken, evicted: false };
            let times = self.times(after_of(nth), 0);
            let expected = self.model.enqueue(at, partition, number, false, times, &saw);
            assert_eq!(matches!(expected, Entered::Accepted(_)), nth < taken, "{expected:?}");
        }
    }

    fn take(&mut self, at: usize) {
        let side = &mut self.sides[at];
        let Ok(delivery) = side.consumer.try_dequeue() else { return self.dequeue(at, None) };
        let seen = handed!(delivery);
        let messages = self.model.dequeue(at, 1, Some(&[seen]));
        let message = messages[0];
        set(&mut side.handles, message, delivery.handle());
        match delivery.into_inner() {
            Ok(payload) => {
                assert_eq!(payload.number, seen.payload);
                assert!(self.model.take(at, message), "somebody else reads it");
            }
            Err(error) => {
                assert_eq!(error.kind(), None);
                assert!(!self.model.take(at, message), "nobody else reads it");
                let delivery = error.into_delivery().detach();
                let number = seen.deliveries;
                self.held.push(Held { side: at, message, number, delivery });
            }
        }
    }

    fn dequeue(&mut self, at: usize, max: Option<usize>) {
        let side = &mut self.sides[at];
        let mut got = Vec::new();
        let result = match max {
            None => side.consumer.try_dequeue().map(|delivery| {
                got.push(delivery.detach());
                1
            }),
            Some(max) => {
                let mut out = Vec::new();
                let result = side.consumer.try_dequeue_batch(max, &mut out);
                got.extend(out.into_iter().map(|delivery| delivery.detach()));
                result
            }
        };
        let handed: Vec<Handed> = got.iter().map(|delivery| handed!(delivery)).collect();
        let said = match result {
            Ok(count) => {
                assert_eq!(count, handed.len());
                Some(&handed[..])
            }
            Err(DequeueError::Empty) => Some(&[][..]),
            Err(DequeueError::Closed) => None,
            Err(error) => panic!("{error}"),
        };
        let messages = self.model.dequeue(at, max.unwrap_or(1), said);
        for (message, delivery) in messages.into_iter().zip(got) {
            let number = delivery.deliveries();
            let died: Vec<_> = delivery.history().iter().map(|death| death.reason).collect();
            let deaths = self.model.queues[at].messages[message].deaths.iter().copied();
            assert!(died.iter().copied().eq(deaths.map(reason)), "{died:?}");
            set(&mut side.handles, message, delivery.handle());
            let receipt = delivery.receipt();
            self.kept.push(Kept { side: at, message, number, receipt });
            self.held.push(Held { side: at, message, number, delivery });
        }
    }

    fn settle(&mut self, which: usize, end: End) {
        if self.held.is_empty() {
            return;
        }
        let which = which % self.held.len();
        let Held { side, message, number, delivery } = self.held.swap_remove(which);
        let result = match end {
            End::Ack => delivery.ack(),
            End::Nack => delivery.nack(),
            End::NackAfter(after) => delivery.nack_after(ms(after)),
            End::Invalid => delivery.nack_with(ErrorClass::Validation, "not a number"),
            End::Release => delivery.release(),
            End::Snooze(after) => delivery.snooze(ms(after)),
            End::Defer => delivery.defer().map(|_| ()),
            End::Reject => delivery.reject("never seen before"),
            End::Drop => {
                drop(delivery);
                // It has no result, and the model's is only that it had no effect.
                let _ = self.model.settle(side, message, number, end);
                return;
            }
        };
        same(result, self.model.settle(side, message, number, end));
    }

    fn settle_receipt(&mut self, which: usize, end: End) {
        if self.kept.is_empty() {
            return;
        }
        // Mostly one of the last.
        let which = self.kept.len() - 1 - which % self.kept.len();
        let Kept { side, message, number, receipt } = &self.kept[which];
        let settlement = match end {
            End::Ack => Settlement::Ack,
            End::Reject => Settlement::Reject,
            End::Release => Settlement::Release,
            _ => Settlement::Nack,
        };
        let end = match end {
            End::Ack | End::Reject | End::Release => end,
            _ => End::Nack,
        };
        let result = self.sides[*side].queue.settle(receipt, settlement);
        same(result, self.model.settle_receipt(*side, *message, *number, end));
    }

    fn extend(&mut self, which: usize, by: u64) {
        if self.held.is_empty() {
            return;
        }
        let which = which % self.held.len();
        let Held { side, message, number, delivery } = &self.held[which];
        let result = delivery.extend(ms(by));
        same(result, self.model.extend(*side, *message, *number, by));
    }

    fn cancel(&mut self, at: usize, which: usize) {
        let side = &self.sides[at];
        if side.handles.is_empty() {
            return;
        }
        let message = side.handles.len() - 1 - which % side.handles.len();
        let Some(handle) = &side.handles[message] else { return };
        let ends = self.model.cancel(at, message);
        self.model.queues[at].totals.cancelled += u64::from(ends);
        assert_eq!(
            side.queue.cancel(handle).is_ok(),
            ends,
            "{:?}",
            self.model.queues[at].messages[message]
        );
    }

    fn take_deferred(&mut self, at: usize, which: usize) {
        let side = &self.sides[at];
        if side.handles.is_empty() {
            return;
        }
        let message = side.handles.len() - 1 - which % side.handles.len();
        let Some(handle) = &side.handles[message] else { return };
        let taken = side.consumer.take(handle).map(|delivery| delivery.detach());
        match (taken, self.model.take_deferred(at, message)) {
            (Ok(delivery), Ok(number)) => {
                let model = &self.model.queues[at].messages[message];
                assert_eq!((delivery.number, delivery.deliveries()), (model.payload, number));
                assert_eq!(delivery.attempts(), model.attempts);
                let receipt = delivery.receipt();
                self.kept.push(Kept { side: at, message, number, receipt });
                self.held.push(Held { side: at, message, number, delivery });
            }
            (Err(TakeError::NotFound | TakeError::AlreadySettled), Err(Untaken::Gone)) => {}
            (Err(TakeError::AlreadySettled), Err(Untaken::Taken)) => {}
            (Err(TakeError::NotDeferred), Err(Untaken::NotDeferred)) => {}
            (told, expected) => panic!("{:?}, but expected: {expected:?}", told.err()),
        }
    }

    /// Asks for all that was set aside.
    fn take_all_deferred(&mut self, at: usize) {
        let all = 0..self.model.queues[at].messages.len();
        let deferred: Vec<_> =
            all.filter(|message| self.model.queues[at].messages[*message].is_deferred()).collect();
        for message in deferred {
            let from_the_end = self.sides[at].handles.len() - 1 - message;
            self.take_deferred(at, from_the_end);
        }
    }

    fn reschedule(&mut self, at: usize, which: usize, after: u64) {
        let side = &self.sides[at];
        if side.handles.is_empty() {
            return;
        }
        let message = side.handles.len() - 1 - which % side.handles.len();
        let Some(handle) = &side.handles[message] else { return };
        let result = side.queue.reschedule(handle, ms(after)).map_err(|error| match error {
            RescheduleError::NotFound => Stays::Gone,
            RescheduleError::Leased => Stays::Leased,
            RescheduleError::NotDelayed => Stays::NotDelayed,
            error => panic!("{error}"),
        });
        assert_eq!(result, self.model.reschedule(at, message, after));
    }

    fn purge(&mut self, at: usize, modulus: u64) {
        let purged = self.sides[at].queue.purge(|peeked| peeked.number % modulus == 0);
        assert_eq!(purged as u64, self.model.purge(at, |number| number % modulus == 0));
    }

    fn pause(&mut self, at: usize, pause: bool) {
        let queue = &self.sides[at].queue;
        if pause {
            queue.pause()
        } else {
            queue.resume()
        }
        assert_eq!(queue.is_paused(), pause);
        self.model.queues[at].paused = pause;
    }

    fn tick(&mut self) {
        self.engine.tick();
        self.model.tick();
    }

    fn redrive(&mut self, modulus: u64) {
        if self.sides.len() < 2 {
            return;
        }
        let redrive = Redrive::<Payload>::new().filter(move |letter| letter.number % modulus == 0);
        let report = self.sides[1].queue.redrive(redrive);
        let expected = self.model.redrive(|number| number % modulus == 0);
        assert_eq!((report.matched, report.moved, report.refused), expected);
    }

    /// Everything that is there is seen, once, in its state; and nothing else.
    fn browse(&mut self, at: usize) {
        let mut all: Vec<_> = self.sides[at]
            .queue
            .browse(|_| true)
            .iter()
            .map(|peeked| (peeked.number, peeked.state(), peeked.deliveries()))
            .collect();
        let there = |state| state != State::Gone;
        let mut expected: Vec<_> = self.model.queues[at]
            .messages
            .iter()
            .filter(|message| there(message.state))
            .map(|message| (message.payload, seen(message.state), message.deliveries))
            .collect();
        all.sort_by_key(|seen| seen.0);
        expected.sort_by_key(|seen| seen.0);
        assert_eq!(all, expected);
    }

    fn close(&mut self) {
        let report = self.sides[0].queue.close();
        let (mut delayed, parked) = self.model.close(0);
        assert_eq!((report.delayed(), report.parked()), (delayed.len(), parked.len()));
        let mut messages: Vec<u64> =
            report.into_messages().map(|message| message.payload().number).collect();
        delayed.extend(parked);
        delayed.sort_unstable();
        messages.sort_unstable();
        assert_eq!(messages, delayed);
    }

    /// Every count is what the model counts, and a walk over the slots finds the same.
    fn agree(&mut self) {
        for (at, side) in self.sides.iter().enumerate() {
            side.queue.check_invariants();
            let stats = side.queue.stats();
            let queue = &self.model.queues[at];
            crate::counts::agree(queue, &stats);
            self.model.husks(at, stats.husks);
        }
    }

    /// What ended early has left no trace.
    fn every_slot_is_free(&mut self) {
        // Husks that waited for a time are met by then.
        self.clock.advance(ms(500));
        self.model.now += 500;
        self.tick();
        for at in 0..self.sides.len() {
            self.dequeue(at, Some(64));
            assert_eq!(self.sides[at].queue.stats().husks, 0);
            self.agree();
            // The model has room for all of them.
            for _ in 0..self.model.queues[at].config.capacity {
                self.enqueue(at, 0, true, Times::default(), None);
            }
        }
    }

    /// Everything comes out once more, and nothing is left.
    pub(crate) fn end(mut self) {
        while !self.held.is_empty() {
            self.settle(0, End::Ack);
        }
        for at in 0..self.sides.len() {
            self.pause(at, false);
        }
        for _ in 0..200 {
            for at in 0..self.sides.len() {
                self.dequeue(at, Some(64));
                self.take_all_deferred(at);
                while !self.held.is_empty() {
                    self.settle(0, End::Ack);
                }
            }
            self.agree();
            if self.model.queues.iter().all(|queue| queue.count(|m| m.state != State::Gone) == 0) {
                break;
            }
            self.clock.advance(ms(500));
            self.model.now += 500;
            self.tick();
        }
        let left = self.model.queues.iter().map(|queue| queue.count(|m| m.state != State::Gone));
        assert_eq!(left.sum::<u64>(), 0, "all come to an end");
        self.every_slot_is_free();
        let Self { sides, engine, alive, model, senders, .. } = self;
        drop((sides, engine, model, senders));
        assert_eq!(alive.load(Ordering::Relaxed), 0, "every payload was dropped once");
    }
}
