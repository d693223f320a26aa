//! The engine beside the model: every operation is done to both.

use std::time::Duration;

use ringmill::clock::VirtualClock;
use ringmill::message::{Handle, Message, Priority};
use ringmill::partition::{hash_of, partition_of};
use ringmill::queue::{
    AfterDead, Consumer, Delivery, Detached, Engine, EnqueueErrorKind, KeyError, Order, Producer,
    Queue, Retry,
};

use super::reference::{End, Lane, Model, RETRIES};
use super::{Setup, Step};

const LEASE: u64 = 1_000;

struct Side {
    consumer: Consumer<u64>,
    /// The partition behind the one that served it last.
    next: Option<usize>,
}

pub(super) struct World {
    setup: Setup,
    engine: Engine,
    clock: VirtualClock,
    queue: Queue<u64>,
    producer: Producer<u64>,
    sides: [Side; 2],
    held: Vec<Detached<u64>>,
    handles: Vec<(u64, Handle)>,
    model: Model,
    made: u64,
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let clock = VirtualClock::new();
        let engine = Engine::builder().clock(clock.clone()).manual().build();
        let levels: Vec<_> =
            setup.levels.iter().filter_map(|level| Priority::new(*level)).collect();
        let builder = Queue::<u64>::builder("ordered")
            .engine(&engine)
            .partitions(setup.partitions)
            .capacity(1_000)
            .exact_capacity(true)
            .order(Order::Key)
            .levels(&levels)
            .lease(ms(LEASE))
            .retry(Retry::fixed(ms(5)).max(RETRIES))
            .max_deliveries(254);
        let builder = match setup.waiting {
            Some(most) => builder.max_waiting_per_key(most as u32),
            None => builder,
        };
        let builder = if setup.dead { builder.dead_letters("dead") } else { builder };
        let builder = match setup.parks {
            true => builder.after_dead(AfterDead::ParkKey { limit: usize::MAX }),
            false => builder,
        };
        let queue = builder.build().expect("its settings are valid");
        let side = || Side { consumer: queue.consumer(), next: None };
        Self {
            producer: queue.producer(),
            sides: [side(), side()],
            queue,
            engine,
            clock,
            held: Vec::new(),
            handles: Vec::new(),
            model: Model {
                rows: Default::default(),
                waiting: setup.waiting,
                parks: setup.parks,
                dead: 0,
                gaps: Default::default(),
                now: 0,
            },
            made: 0,
            setup: setup.clone(),
        }
    }

    fn lane(&self, key: u8) -> Lane {
        Lane::Key(partition_of(hash_of(&[key]), self.setup.partitions), key)
    }

    pub(super) fn apply(&mut self, step: &Step) {
        match *step {
            Step::Enqueue { key, level } => self.enqueue(key, level),
            Step::Dequeue { who } => self.dequeue(who, None),
            Step::Batch { who, max } => self.dequeue(who, Some(max)),
            Step::Settle { which, end } => self.settle(which, end),
            Step::Cancel { which } => self.cancel(which),
            Step::Purge { modulus } => {
                let all: Vec<u64> = (0..self.made).filter(|n| n % modulus == 0).collect();
                let gone = all.into_iter().filter(|number| self.model.cancel(*number)).count();
                assert_eq!(self.queue.purge(|peeked| **peeked % modulus == 0), gone);
            }
            Step::Pause { key } => self.pause(key),
            Step::Resume { key } => self.resume(key),
            Step::Unpark { key } => self.unpark(key),
            Step::Advance { by } => self.advance(by),
            Step::Expire => self.expire(),
        }
        self.agree();
    }

    fn enqueue(&mut self, key: u8, level: usize) {
        let number = self.made;
        self.made += 1;
        let level = self.setup.levels[level % self.setup.levels.len()];
        let message = Message::new(number).priority(Priority::new(level).expect("below 32"));
        let keyed = key < self.setup.keys;
        let message = if keyed { message.key([key]) } else { message };
        match self.producer.try_enqueue(message) {
            Ok(accepted) => {
                let id = accepted.id().expect("accepted");
                let lane = if keyed { self.lane(key) } else { Lane::Alone(id.partition(), number) };
                assert_eq!(lane.partition(), id.partition());
                assert!(self.model.enqueue(lane, number, level), "its key is full");
                self.handles.push((number, accepted.handle().expect("accepted")));
            }
            Err(refused) => {
                let limit = self.setup.waiting.expect("there is always room");
                assert_eq!(refused.kind(), EnqueueErrorKind::KeyFull { limit });
                assert!(!self.model.enqueue(self.lane(key), number, level), "it is not");
                assert_eq!(refused.into_message().into_payload(), number);
            }
        }
    }

    fn dequeue(&mut self, who: usize, max: Option<usize>) {
        let side = &mut self.sides[who];
        let mut out = Vec::new();
        match max {
            Some(max) => _ = side.consumer.try_dequeue_batch(max, &mut out),
            None => out.extend(side.consumer.try_dequeue()),
        }
        let out: Vec<_> = out.into_iter().map(Delivery::detach).collect();
        let partitions = self.setup.partitions;
        let free: Vec<usize> = (0..partitions).map(|at| self.model.free_in(at)).collect();
        let Some(from) = out.first().map(|delivery| delivery.partition()) else {
            assert_eq!(free.iter().sum::<usize>(), 0, "there is something: {:?}", self.model);
            return;
        };
        if let Some(next) = side.next {
            let mut turns = (0..partitions).map(|step| (next + step) % partitions);
            assert_eq!(turns.find(|at| free[*at] > 0), Some(from), "the next in rotation");
        }
        side.next = Some((from + 1) % partitions);
        assert_eq!(out.len(), free[from].min(max.unwrap_or(1)), "as many as there are");
        for delivery in out {
            assert_eq!(delivery.partition(), from);
            let message = self.model.hand_out(from, *delivery);
            let told = (delivery.priority().get(), delivery.attempts());
            assert_eq!(told, (message.level, message.attempts));
            self.held.push(delivery);
        }
    }

    fn settle(&mut self, which: usize, end: End) {
        if self.held.is_empty() {
            return;
        }
        let delivery = self.held.swap_remove(which % self.held.len());
        self.model.end(*delivery, end);
        let result = match end {
            End::Ack => delivery.ack(),
            End::Nack(by) => delivery.nack_after(ms(by)),
            End::Release => delivery.release(),
            End::Snooze(by) => delivery.snooze(ms(by)),
            End::Reject => delivery.reject("no"),
        };
        result.expect("its lease is live");
    }

    fn cancel(&mut self, which: usize) {
        let Some(at) = self.handles.len().checked_sub(1 + which) else { return };
        let (number, handle) = &self.handles[at];
        assert_eq!(self.queue.cancel(handle).is_ok(), self.model.cancel(*number), "{number}");
    }

    fn pause(&mut self, key: u8) {
        let news = self.model.pause(self.lane(key), true);
        assert_eq!(self.queue.pause_key([key]), Ok(news));
    }

    fn resume(&mut self, key: u8) {
        let was = self.model.pause(self.lane(key), false);
        let expected = if was { Ok(()) } else { Err(KeyError::NotFound) };
        assert_eq!(self.queue.resume_key([key]), expected);
    }

    fn unpark(&mut self, key: u8) {
        let expected = self.model.unpark(self.lane(key));
        match (self.queue.unpark_key([key]), expected) {
            // Those that a consumer has come to.
            (Ok(aside), Some(all)) => assert!(aside <= all),
            (result, expected) => {
                assert_eq!((result, expected), (Err(KeyError::NotFound), None));
            }
        }
    }

    fn advance(&mut self, by: u64) {
        self.clock.advance(ms(by));
        self.model.now += by;
        self.engine.tick();
        self.model.tick();
    }

    fn expire(&mut self) {
        self.engine.tick();
        self.advance(LEASE);
        let over = self.model.expire();
        assert_eq!(over.len(), self.held.len());
        for late in self.held.drain(..) {
            assert!(over.contains(&late));
            assert!(late.ack().is_err());
        }
        // Those that could not become dead letters while they were read.
        self.advance(10);
    }

    fn agree(&mut self) {
        self.queue.check_invariants();
        let stats = self.queue.stats();
        assert_eq!([stats.ready, stats.leased, stats.delayed], self.model.counts());
        assert_eq!((stats.parked, stats.dead), (0, 0));
        let dead = if self.setup.dead {
            stats.dead_lettered
        } else {
            stats.dropped_rejected + stats.dropped_max_attempts
        };
        assert_eq!(dead, self.model.dead);
        let parked = self.queue.parked_keys().into_iter();
        let mut parked: Vec<_> = parked.map(|it| Lane::Key(it.partition, it.key[0])).collect();
        parked.sort_unstable();
        assert_eq!(parked, self.model.parked());
    }

    /// All comes out, in its order, and nothing is left.
    pub(super) fn end(mut self) {
        for key in 0..9 {
            self.resume(key);
        }
        for _ in 0..2_000 {
            while !self.held.is_empty() {
                self.settle(0, End::Ack);
            }
            for lane in self.model.parked() {
                let Lane::Key(_, key) = lane else { unreachable!("only keys are parked") };
                self.unpark(key);
            }
            self.dequeue(0, Some(32));
            self.advance(20);
            self.agree();
            if self.model.counts() == [0; 3] {
                break;
            }
        }
        assert_eq!(self.model.counts(), [0; 3], "{:?}", self.model);
        assert_eq!((self.queue.len(), self.queue.occupancy().taken), (0, 0));
    }
}
