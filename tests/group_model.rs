//! Groups do what a plain model of them does: random operations on both, and after each of them
//! every result, every count and every slot is the same. `RINGMILL_SEED` asks for one seed alone.
#![cfg(feature = "queue")]

#[path = "support/rng.rs"]
mod rng;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use ringmill::clock::VirtualClock;
use ringmill::message::Handle;
use ringmill::queue::{
    CancelError, Consumer, Detached, Engine, Enqueued, GroupError, Queue, Retry, SettleErrorKind,
};
use rng::Rng;

const LEASE: Duration = Duration::from_secs(10);
const GROUPS: usize = 4;
const RUNS: u64 = if cfg!(miri) {
    1
} else if cfg!(debug_assertions) {
    150
} else {
    3_000
};
const STEPS: usize = if cfg!(miri) { 60 } else { 400 };

/// Where a message is for a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    /// In the row, or on its way back.
    Ready,
    Leased,
    /// Cancelled, and still in the row.
    Husk,
    /// Given up, and somebody reads it.
    Parked,
    Gone,
}

/// What a group has, in the model.
#[derive(Default)]
struct Member {
    /// To be handed out again, before what is new.
    returns: VecDeque<u64>,
    new: VecDeque<u64>,
    at: BTreeMap<u64, At>,
    attempts: BTreeMap<u64, u32>,
    /// Who reads what has gone on without him.
    readers: BTreeMap<u64, usize>,
    accepted: u64,
    acked: u64,
    rejected: u64,
    cancelled: u64,
    expired: u64,
}

impl Member {
    fn count(&self, at: At) -> u64 {
        self.at.values().filter(|found| **found == at).count() as u64
    }

    /// Whether it keeps the message's slot.
    fn holds(&self, number: u64) -> bool {
        let there = self.at.get(&number).is_some_and(|at| *at != At::Gone);
        there || self.readers.get(&number).is_some_and(|readers| *readers > 0)
    }

    /// The next one to be handed out; the husks before it are gone then.
    fn next(&mut self) -> Option<u64> {
        loop {
            let number = self.returns.pop_front().or_else(|| self.new.pop_front())?;
            match self.at.get_mut(&number) {
                Some(at) if *at == At::Ready => {
                    *at = At::Leased;
                    return Some(number);
                }
                Some(at) => *at = At::Gone,
                None => panic!("{number} was never its"),
            }
        }
    }

    fn back(&mut self, number: u64) {
        self.at.insert(number, At::Ready);
        self.returns.push_back(number);
    }
}

/// A delivery that the test holds.
struct Held {
    group: u64,
    number: u64,
    /// Whether its lease is live.
    live: bool,
    delivery: Detached<u64>,
}

struct World {
    engine: Engine,
    clock: VirtualClock,
    queue: Queue<u64>,
    capacity: usize,
    /// By the number that the model gives them.
    members: BTreeMap<u64, (String, Member, Consumer<u64>)>,
    /// Of groups that are gone: what their readers still read.
    ghosts: BTreeMap<u64, Member>,
    held: Vec<Held>,
    handles: Vec<(u64, Handle)>,
    made: u64,
    groups_made: u64,
}

impl World {
    fn new(capacity: usize) -> Self {
        let clock = VirtualClock::new();
        let engine = Engine::builder().clock(clock.clone()).manual().build();
        let queue = Queue::builder("q").engine(&engine).capacity(capacity).exact_capacity(true);
        let queue =
            queue.lease(LEASE).max_groups(GROUPS).retry(Retry::fixed(Duration::ZERO).max(2));
        let queue = queue.build().expect("valid");
        let consumer = queue.consumer();
        let first = (String::from("default"), Member::default(), consumer);
        Self {
            engine,
            clock,
            queue,
            capacity,
            members: BTreeMap::from([(0, first)]),
            ghosts: BTreeMap::new(),
            held: Vec::new(),
            handles: Vec::new(),
            made: 0,
            groups_made: 0,
        }
    }

    /// The messages that keep a slot.
    fn taken(&self) -> BTreeSet<u64> {
        let members =
            self.members.values().map(|(_, member, _)| member).chain(self.ghosts.values());
        let holds = |number: u64| members.clone().any(|member| member.holds(number));
        (0..self.made).filter(|number| holds(*number)).collect()
    }

    fn enqueue(&mut self) {
        let number = self.made;
        let room = self.taken().len() < self.capacity;
        match self.queue.producer().try_enqueue(number) {
            Ok(Enqueued::Accepted { handle, .. }) => {
                assert!(room, "{number} was accepted without room");
                self.made += 1;
                self.handles.push((number, handle));
                for (_, member, _) in self.members.values_mut() {
                    member.new.push_back(number);
                    member.at.insert(number, At::Ready);
                    member.accepted += 1;
                }
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(!room && error.is_full(), "{number}: {error}"),
        }
    }

    fn pick(&self, rng: &mut Rng) -> Option<u64> {
        let all: Vec<u64> = self.members.keys().copied().collect();
        (!all.is_empty()).then(|| all[rng.below(all.len())])
    }

    fn dequeue(&mut self, rng: &mut Rng) {
        let Some(group) = self.pick(rng) else { return };
        let (_, member, consumer) = self.members.get_mut(&group).expect("picked");
        let next = member.next();
        let delivery = consumer.try_dequeue().ok();
        assert_eq!(delivery.as_deref().copied(), next, "group {group}");
        let Some(delivery) = delivery else { return };
        let number = *delivery;
        let attempts = member.attempts.get(&number).copied().unwrap_or(0);
        assert_eq!(delivery.attempts(), attempts, "{number} of group {group}");
        self.held.push(Held { group, number, live: true, delivery: delivery.detach() });
    }

    fn settle(&mut self, rng: &mut Rng) {
        if self.held.is_empty() {
            return;
        }
        let held = self.held.swap_remove(rng.below(self.held.len()));
        assert_eq!(*held.delivery, held.number, "another content was read");
        let how = rng.below(3);
        let result = match how {
            0 => held.delivery.ack(),
            1 => held.delivery.nack(),
            _ => held.delivery.reject("no"),
        };
        if !held.live {
            let error = result.expect_err("its lease was taken back");
            assert_eq!(error.kind(), SettleErrorKind::StaleReceipt);
            let member = match self.members.get_mut(&held.group) {
                Some((_, member, _)) => Some(member),
                None => self.ghosts.get_mut(&held.group),
            };
            member.expect("somebody reads").leave(held.number);
            return;
        }
        result.expect("its lease is live");
        let (_, member, _) = self.members.get_mut(&held.group).expect("its lease is live");
        match how {
            0 => {
                member.acked += 1;
                member.at.insert(held.number, At::Gone);
            }
            1 => member.fail(held.number),
            _ => member.die(held.number),
        }
    }

    fn cancel(&mut self, rng: &mut Rng) {
        if self.handles.is_empty() {
            return;
        }
        let (number, handle) = self.handles[rng.below(self.handles.len())];
        let (mut ended, mut leased) = (false, false);
        for (_, member, _) in self.members.values_mut() {
            match member.at.get_mut(&number) {
                Some(at) if *at == At::Ready => {
                    *at = At::Husk;
                    member.cancelled += 1;
                    ended = true;
                }
                Some(at) if *at == At::Parked => {
                    *at = At::Gone;
                    member.rejected -= 1;
                    member.cancelled += 1;
                    ended = true;
                }
                Some(At::Leased) => leased = true,
                _ => {}
            }
        }
        let expected = match (ended, leased) {
            (_, true) => Err(CancelError::Leased),
            (true, false) => Ok(()),
            (false, false) => Err(CancelError::NotFound),
        };
        assert_eq!(self.queue.cancel(&handle), expected, "cancelling {number}");
    }

    fn create(&mut self) {
        self.groups_made += 1;
        let name = format!("group {}", self.groups_made);
        // A place is free when those who read for its last group have gone.
        let waits = self.ghosts.values().filter(|ghost| ghost.readers.values().any(|n| *n > 0));
        let room = self.members.len() + waits.count() < GROUPS;
        self.engine.tick();
        match self.queue.create_group(&name) {
            Ok(group) => {
                assert!(room, "one group too many");
                let consumer = group.consumer().expect("it is there");
                self.members.insert(self.groups_made, (name, Member::default(), consumer));
            }
            Err(error) => {
                assert!(!room, "{error}");
                assert_eq!(error, GroupError::QuotaExceeded { limit: GROUPS });
            }
        }
    }

    fn remove(&mut self, rng: &mut Rng) {
        let Some(group) = self.pick(rng) else { return };
        let (name, mut member, consumer) = self.members.remove(&group).expect("picked");
        self.queue.remove_group(&name).expect("it is there");
        assert!(self.queue.group(&name).is_err());
        drop(consumer);
        for held in self.held.iter_mut().filter(|held| held.group == group && held.live) {
            held.live = false;
            *member.readers.entry(held.number).or_default() += 1;
        }
        member.at.clear();
        self.ghosts.insert(group, member);
        self.engine.tick();
    }

    /// Every lease that is live expires.
    fn expire(&mut self) {
        self.engine.tick();
        self.clock.advance(LEASE);
        // In the order of the slots: what comes back at once has no order that counts.
        self.engine.tick();
        for held in self.held.iter_mut().filter(|held| held.live) {
            held.live = false;
            let (_, member, _) = self.members.get_mut(&held.group).expect("its lease was live");
            *member.readers.entry(held.number).or_default() += 1;
            member.expired += 1;
            member.fail(held.number);
        }
    }

    fn check(&self) {
        // What was given up while somebody read it goes some milliseconds after he has left.
        self.clock.advance(Duration::from_millis(10));
        self.engine.tick();
        for (name, member, _) in self.members.values() {
            let stats = self.queue.group(name).expect("it is there").stats();
            let dead = member.rejected;
            assert_eq!(
                (stats.accepted, stats.ready, stats.leased, stats.acked, stats.husks),
                (
                    member.accepted,
                    member.count(At::Ready),
                    member.count(At::Leased),
                    member.acked,
                    member.count(At::Husk)
                ),
                "{name}: {stats:?}"
            );
            // One that is read waits for its reader.
            let dropped = stats.dropped_rejected + stats.dropped_max_attempts + stats.parked;
            assert_eq!((dropped, stats.dropped_cancelled), (dead, member.cancelled), "{name}");
            assert_eq!(stats.expired, member.expired, "{name}");
        }
        assert_eq!(self.queue.occupancy().taken, self.taken().len() as u64);
        self.queue.check_invariants();
    }
}

impl Member {
    /// One attempt more: it comes back, or is given up.
    fn fail(&mut self, number: u64) {
        let attempts = self.attempts.entry(number).or_default();
        *attempts += 1;
        if *attempts > 2 {
            self.die(number);
        } else {
            self.back(number);
        }
    }

    fn die(&mut self, number: u64) {
        self.rejected += 1;
        let read = self.readers.get(&number).is_some_and(|readers| *readers > 0);
        self.at.insert(number, if read { At::Parked } else { At::Gone });
    }

    /// Somebody reads it no more.
    fn leave(&mut self, number: u64) {
        let readers = self.readers.entry(number).or_default();
        *readers -= 1;
        if *readers == 0 && self.at.get(&number) == Some(&At::Parked) {
            self.at.insert(number, At::Gone);
        }
    }
}

fn run(seed: u64) {
    let mut rng = Rng::new(seed);
    let mut world = World::new([1, 2, 3, 5, 8][rng.below(5)]);
    for _ in 0..STEPS {
        match rng.below(20) {
            0..=6 => world.enqueue(),
            7..=11 => world.dequeue(&mut rng),
            12..=15 => world.settle(&mut rng),
            16 => world.cancel(&mut rng),
            17 => world.create(),
            18 if rng.below(3) == 0 => world.remove(&mut rng),
            // Which of several comes back first is not said.
            19 if world.held.iter().filter(|held| held.live).count() == 1 => world.expire(),
            _ => {}
        }
        world.check();
    }
}

#[test]
fn groups_do_what_their_model_does() {
    if let Ok(seed) = std::env::var("RINGMILL_SEED") {
        return run(seed.parse().expect("a number"));
    }
    for seed in 0..RUNS {
        let failed = std::panic::catch_unwind(|| run(seed)).is_err();
        assert!(!failed, "RINGMILL_SEED={seed}");
    }
}
