//! What producers and consumers do.

use std::collections::BTreeMap;
use std::mem;

use super::{
    AGAIN, Config, DEATHS, End, Entered, Full, Handed, Late, Look, Message, Model, Queue, Reason,
    Saw, State, Stays, Times,
};

impl Model {
    pub(crate) fn new(source: Config, dead: Option<Config>, look: Look) -> Self {
        let queues = std::iter::once(source).chain(dead).map(Queue::new).collect();
        Self { queues, now: 0, look, wave: 0, sequences: BTreeMap::new(), opened: 0 }
    }

    pub(super) fn dead_letters_of(&self, queue: usize) -> Option<usize> {
        (queue == 0 && self.queues.len() > 1).then_some(1)
    }

    /// Takes a message in that has its room.
    pub(super) fn accept(
        &mut self,
        queue: usize,
        partition: usize,
        payload: u64,
        wave: u64,
        times: Times,
    ) -> usize {
        let Times { due, ttl } = times;
        let deadline = if due.is_none() { ttl.map(|ttl| self.now + ttl) } else { None };
        let state = due.map_or(State::Ready, |due| State::Delayed { due, snoozed: true });
        let queue = &mut self.queues[queue];
        let at = queue.messages.len();
        let offset = queue.partitions[partition].next_offset;
        queue.partitions[partition].next_offset += 1;
        queue.partitions[partition].log.push_back((wave, at));
        queue.totals.accepted += 1;
        queue.messages.push(Message {
            payload,
            partition,
            offset: Some(offset),
            state,
            in_log: true,
            ttl,
            deadline,
            deliveries: 0,
            attempts: 0,
            releases: 0,
            readers: 0,
            taken: false,
            seen: None,
            extended: 0,
            again: 0,
            reason: None,
            deaths: Vec::new(),
            home: None,
            husk: false,
        });
        at
    }

    pub(super) fn wave(&mut self) -> u64 {
        self.wave += 1;
        self.wave
    }

    /// A producer's message, by the overflow policy or only if there is room.
    pub(crate) fn enqueue(
        &mut self,
        at: usize,
        partition: usize,
        payload: u64,
        policy: bool,
        times: Times,
        saw: &Saw,
    ) -> Entered {
        let queue = &self.queues[at];
        if queue.closed {
            return Entered::Closed;
        }
        let (capacity, overflow) = (queue.config.capacity, queue.config.overflow);
        let (least, most) = queue.taken(partition);
        // With husks both may be right.
        let took = saw.accepted && !saw.evicted;
        if !(most < capacity || (least < capacity && took)) {
            match overflow {
                _ if !policy => return Entered::Full,
                Full::Fail => return Entered::Full,
                Full::DropNewest => return Entered::Dropped,
                Full::DropOldest if !self.drop_oldest(at, partition, saw) => return Entered::Full,
                Full::DropOldest => {}
            }
        }
        let wave = self.wave();
        let ttl = times.ttl.or(self.queues[at].config.ttl);
        Entered::Accepted(self.accept(at, partition, payload, wave, Times { ttl, ..times }))
    }

    /// Makes room by the oldest ready message: the one that would be handed out next.
    pub(super) fn drop_oldest(&mut self, at: usize, partition: usize, saw: &Saw) -> bool {
        let queue = &self.queues[at];
        let places = &queue.partitions[partition];
        let mut next = places.returns.iter().chain(&places.log).filter(|place| queue.ready(place));
        let Some(&(wave, _)) = next.next() else {
            self.queues[at].take_all_out(partition);
            return false;
        };
        let all = places.returns.iter().chain(&places.log).filter(|place| queue.ready(place));
        let front: Vec<usize> =
            all.filter(|place| place.0 == wave).map(|(_, message)| *message).collect();
        let read = |message: &usize| queue.messages[*message].readers > 0;
        let (least, most) =
            self.dead_letters_of(at).map_or((0, 0), |dead| self.queues[dead].taken(0));
        let capacity = self.dead_letters_of(at).map_or(1, |dead| self.queues[dead].config.capacity);
        let read_front = front.iter().any(read);
        if !saw.evicted {
            assert!(most >= capacity || read_front, "the oldest could go: {front:?}");
            self.queues[at].take_out_before(partition, wave);
            self.pass_over(at, partition, &front);
            return false;
        }
        let gone = |message: &&usize| !(self.look)(at, queue.messages[**message].payload);
        let oldest = front.iter().find(gone).expect("one of these goes");
        let could = least < capacity && !read(oldest);
        assert!(could, "it could not go: {:?}", queue.messages[*oldest]);
        let oldest = *oldest;
        self.queues[at].take_out_before(partition, wave);
        self.kill(at, oldest, Reason::Overflow);
        let places = &mut self.queues[at].partitions[partition];
        places.returns.retain(|place| place.1 != oldest);
        places.log.retain(|place| place.1 != oldest);
        true
    }

    /// The first of these could not go, and is returned once more.
    fn pass_over(&mut self, at: usize, partition: usize, front: &[usize]) {
        let wave = self.wave();
        let places = &mut self.queues[at].partitions[partition];
        if let [first] = *front {
            places.returns.retain(|place| place.1 != first);
            places.log.retain(|place| place.1 != first);
            places.returns.push_back((wave, first));
        } else {
            // Which of them it was is not known.
            places.returns.iter_mut().for_each(|place| place.0 = wave);
        }
    }

    /// What the engine handed out for at most `max`; `None` where it said that the queue is closed.
    pub(crate) fn dequeue(
        &mut self,
        at: usize,
        max: usize,
        handed: Option<&[Handed]>,
    ) -> Vec<usize> {
        let queue = &mut self.queues[at];
        let (surely, perhaps) = queue.unfinished();
        let Some(handed) = handed else {
            assert!(queue.closed && !surely, "closed, with {surely} {perhaps} left");
            return Vec::new();
        };
        let partitions = queue.config.partitions;
        let after = queue.served.map_or(0, |served| served + 1);
        let next = (0..partitions)
            .map(|step| (after + step) % partitions)
            .find(|partition| !queue.paused && queue.ready_in(*partition) > 0);
        let Some(next) = next else {
            assert!(handed.is_empty(), "nothing is ready, but {handed:?}");
            assert!(!queue.closed || queue.paused || surely || perhaps, "it is closed");
            if !queue.paused {
                (0..partitions).for_each(|partition| queue.take_all_out(partition));
            }
            return Vec::new();
        };
        let partition = handed.first().map(|handed| handed.partition);
        assert_eq!(partition, Some(next), "the next partition in rotation with something ready");
        assert_eq!(handed.len(), max.min(queue.ready_in(next)), "as many as there are");
        queue.served = Some(next);
        // Those before it were looked through, and so is this one if there was not enough.
        for partition in (after..).map(|turn| turn % partitions).take_while(|turn| *turn != next) {
            queue.take_all_out(partition);
        }
        let messages = handed.iter().map(|handed| Self::hand(queue, next, handed)).collect();
        if handed.len() < max {
            queue.take_all_out(next);
        }
        messages
    }

    pub(super) fn hand(queue: &mut Queue, partition: usize, handed: &Handed) -> usize {
        assert_eq!(handed.partition, partition, "a batch is of one partition");
        let at = queue.take_front(handed);
        let message = &mut queue.messages[at];
        message.state = State::Leased;
        message.deliveries += 1;
        message.readers += 1;
        message.taken = false;
        (message.seen, message.extended) = (None, 0);
        let offset = *message.offset.get_or_insert(handed.offset);
        let expected = (offset, message.deliveries, message.attempts);
        assert_eq!((handed.offset, handed.deliveries, handed.attempts), expected);
        assert!(message.deliveries <= queue.config.max_deliveries);
        queue.totals.deliveries += 1;
        at
    }

    /// Gives a leased message back to its queue, if it has deliveries left.
    pub(super) fn give_back(&mut self, at: usize, message: usize, due: Option<(u64, bool)>) {
        let wave = self.wave();
        self.give_back_in(at, message, due, wave);
    }

    pub(super) fn give_back_in(
        &mut self,
        at: usize,
        message: usize,
        due: Option<(u64, bool)>,
        wave: u64,
    ) {
        let queue = &mut self.queues[at];
        let slot = &mut queue.messages[message];
        if slot.deliveries >= queue.config.max_deliveries {
            return self.kill(at, message, Reason::MaxDeliveries);
        }
        if slot.deadline.is_some_and(|deadline| deadline <= self.now) {
            return self.kill(at, message, Reason::Expired);
        }
        match due {
            Some((due, snoozed)) if due > self.now => slot.state = State::Delayed { due, snoozed },
            _ => {
                slot.state = State::Ready;
                queue.partitions[slot.partition].returns.push_back((wave, message));
            }
        }
    }

    pub(super) fn failed(&mut self, at: usize, message: usize, delay: Option<u64>) {
        let queue = &mut self.queues[at];
        let slot = &mut queue.messages[message];
        slot.attempts += 1;
        slot.releases = 0;
        if slot.attempts > queue.config.max_retries {
            return self.kill(at, message, Reason::MaxAttempts);
        }
        let delay = delay.unwrap_or_else(|| queue.config.back_off.delay(slot.attempts));
        self.give_back(at, message, Some((self.now + delay, false)));
    }

    /// Sends a message to the dead letters; it waits where it is while it cannot go.
    pub(super) fn kill(&mut self, at: usize, message: usize, reason: Reason) {
        self.queues[at].messages[message].reason = Some(reason);
        let wave = self.wave();
        let again = self.now + AGAIN;
        let read = self.queues[at].messages[message].readers > 0;
        if read || !self.move_dead(at, message, wave) {
            let slot = &mut self.queues[at].messages[message];
            (slot.state, slot.again) = (State::Parked, again);
        }
    }

    /// Moves a message to the dead letters, if there is room for it.
    fn move_dead(&mut self, at: usize, message: usize, wave: u64) -> bool {
        if let Some(dead) = self.dead_letters_of(at) {
            let slot = &self.queues[at].messages[message];
            let (least, most) = self.queues[dead].taken(0);
            let capacity = self.queues[dead].config.capacity;
            // With husks there both may be right.
            let went = || !(self.look)(at, slot.payload);
            let room = most < capacity || (least < capacity && went());
            if !room || slot.deaths.len() == DEATHS {
                return false;
            }
        }
        self.pass_on(at, message, wave);
        true
    }

    /// A message goes to the dead letters, or to nobody.
    pub(super) fn pass_on(&mut self, at: usize, message: usize, wave: u64) {
        let has_place = self.queues[at].has_place(message);
        let slot = &mut self.queues[at].messages[message];
        let reason = slot.reason.take().expect("it was given up");
        // Its time over, it goes from where it stands, and leaves its place.
        slot.husk |= reason == Reason::Expired && has_place;
        slot.state = State::Gone;
        let (payload, home) = (slot.payload, slot.partition);
        let mut deaths = mem::take(&mut slot.deaths);
        if let Some(dead) = self.dead_letters_of(at) {
            let moved = self.accept(dead, 0, payload, wave, Times::default());
            let moved = &mut self.queues[dead].messages[moved];
            deaths.push(reason);
            (moved.deaths, moved.home) = (deaths, Some(home));
            self.queues[at].totals.dead_lettered += 1;
            return;
        }
        let totals = &mut self.queues[at].totals;
        match reason {
            Reason::Rejected => totals.rejected += 1,
            Reason::MaxAttempts => totals.max_attempts += 1,
            Reason::MaxDeliveries => totals.max_deliveries += 1,
            Reason::Overflow => totals.overflow += 1,
            Reason::Expired => totals.outlived += 1,
        }
    }

    /// Settles a delivery that somebody holds, who lets go of it by that.
    pub(crate) fn settle(
        &mut self,
        at: usize,
        message: usize,
        delivery: u32,
        end: End,
    ) -> Result<(), Late> {
        let queue = &mut self.queues[at];
        let live = match end {
            // Letting go is no settlement that could be late.
            End::Drop => queue.receipt(message, delivery),
            _ => queue.settles(message, delivery),
        };
        queue.messages[message].readers -= 1;
        if live.is_ok() {
            self.end(at, message, end);
        }
        live
    }

    /// Acks a message by taking its payload out, if its holder is the only reader.
    pub(crate) fn take(&mut self, at: usize, message: usize) -> bool {
        let alone = self.queues[at].messages[message].readers == 1;
        if alone {
            self.queues[at].messages[message].readers = 0;
            self.end(at, message, End::Ack);
        }
        alone
    }

    /// Settles by receipt: whoever holds the delivery still reads it.
    pub(crate) fn settle_receipt(
        &mut self,
        at: usize,
        message: usize,
        delivery: u32,
        end: End,
    ) -> Result<(), Late> {
        self.queues[at].settles(message, delivery)?;
        self.end(at, message, end);
        Ok(())
    }

    pub(super) fn end(&mut self, at: usize, message: usize, end: End) {
        let queue = &mut self.queues[at];
        let (config, totals) = (&queue.config, &mut queue.totals);
        let slot = &mut queue.messages[message];
        match end {
            End::Ack => {
                slot.state = State::Gone;
                totals.acked += 1;
            }
            End::Nack | End::NackAfter(_) => {
                totals.nacks += 1;
                let after = if let End::NackAfter(after) = end { Some(after) } else { None };
                self.failed(at, message, after);
            }
            End::Invalid => {
                totals.nacks += 1;
                slot.attempts += 1;
                self.kill(at, message, Reason::Rejected);
            }
            End::Reject => {
                totals.nacks += 1;
                self.kill(at, message, Reason::Rejected);
            }
            End::Release => {
                totals.released += 1;
                slot.releases += 1;
                self.give_back(at, message, None);
            }
            End::Drop => {
                totals.released += 1;
                let delay = (config.release_delay << slot.releases.min(30)).min(config.lease);
                slot.releases += 1;
                self.give_back(at, message, Some((self.now + delay, false)));
            }
            End::Defer => self.defer(at, message),
            End::Snooze(after) => {
                totals.released += 1;
                slot.releases = 0;
                self.give_back(at, message, Some((self.now + after, true)));
            }
        }
    }

    pub(crate) fn extend(
        &mut self,
        at: usize,
        message: usize,
        delivery: u32,
        by: u64,
    ) -> Result<(), Late> {
        let queue = &mut self.queues[at];
        queue.receipt(message, delivery)?;
        let slot = &mut queue.messages[message];
        slot.extended = slot.extended.max(self.now + by.min(queue.config.max_lease));
        Ok(())
    }

    /// Ends a message that nobody has leased. Whether it did.
    pub(crate) fn cancel(&mut self, at: usize, message: usize) -> bool {
        let queue = &mut self.queues[at];
        let has_place = queue.has_place(message);
        let slot = &mut queue.messages[message];
        if !matches!(slot.state, State::Ready | State::Delayed { .. } | State::Parked) {
            return false;
        }
        // What waits for a time is taken from there, and has perhaps another place besides.
        (slot.husk, slot.state) = (has_place, State::Gone);
        true
    }

    /// Has a message that waits for a time wait for another one.
    pub(crate) fn reschedule(
        &mut self,
        at: usize,
        message: usize,
        after: u64,
    ) -> Result<(), Stays> {
        let wave = self.wave();
        let queue = &mut self.queues[at];
        let slot = &mut queue.messages[message];
        match slot.state {
            State::Delayed { snoozed, .. } if after > 0 => {
                slot.state = State::Delayed { due: self.now + after, snoozed };
            }
            State::Delayed { .. } => Self::due(queue, message, self.now, wave),
            State::Leased => return Err(Stays::Leased),
            State::Ready | State::Parked => return Err(Stays::NotDelayed),
            State::Gone => return Err(Stays::Gone),
        }
        Ok(())
    }

    /// A message is ready; in its place in the log, if nobody has come there.
    pub(super) fn due(queue: &mut Queue, message: usize, at: u64, wave: u64) {
        let slot = &mut queue.messages[message];
        slot.state = State::Ready;
        slot.deadline = slot.deadline.or(slot.ttl.map(|ttl| at + ttl));
        if !slot.in_log {
            let partition = slot.partition;
            queue.partitions[partition].returns.push_back((wave, message));
        }
    }

    pub(crate) fn purge(&mut self, at: usize, matches: impl Fn(u64) -> bool) -> u64 {
        let all = 0..self.queues[at].messages.len();
        let matched = all.filter(|message| {
            matches(self.queues[at].messages[*message].payload) && self.cancel(at, *message)
        });
        let count = matched.count() as u64;
        self.queues[at].totals.purged += count;
        count
    }
}
