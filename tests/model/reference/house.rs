//! What the housekeeper does, and the end.

use std::mem;

use super::{AGAIN, DEATHS, Message, Model, Reason, State, Times};

impl Model {
    /// One pass of the housekeeper.
    pub(crate) fn tick(&mut self) {
        let wave = self.wave();
        // The dead letters first: what they give up makes room for others.
        for at in (0..self.queues.len()).rev() {
            for message in 0..self.queues[at].messages.len() {
                self.fall_due(at, message, wave);
            }
            self.end_lives(at);
            self.move_parked(at, wave);
            for message in 0..self.queues[at].messages.len() {
                self.pass(at, message, wave);
            }
        }
    }

    fn move_parked(&mut self, at: usize, wave: u64) {
        let (now, again) = (self.now, self.now + AGAIN);
        let mut waiting = Vec::new();
        for (number, message) in self.queues[at].messages.iter_mut().enumerate() {
            if message.state == State::Parked && message.again <= now {
                message.again = again;
                if message.readers == 0 && message.deaths.len() < DEATHS {
                    waiting.push(number);
                }
            }
        }
        let going = self.go(at, &waiting, self.dead_letters_of(at), 0);
        for message in going {
            self.pass_on(at, message, wave);
            if let Some(dead) = self.dead_letters_of(at) {
                let moved = self.queues[dead].messages.last_mut().expect("it was moved");
                moved.offset = None;
            }
        }
    }

    /// Which of these messages have gone to a partition of another queue: as many as there is room
    /// for.
    fn go(&self, at: usize, waiting: &[usize], to: Option<usize>, partition: usize) -> Vec<usize> {
        let Some(to) = to else { return waiting.to_vec() };
        let (least, most) = self.queues[to].taken(partition);
        let capacity = self.queues[to].config.capacity;
        let (surely, perhaps) = (capacity - most.min(capacity), capacity - least);
        if waiting.len() <= surely {
            return waiting.to_vec();
        }
        let gone = |message: &&usize| !(self.look)(at, self.queues[at].messages[**message].payload);
        let going: Vec<usize> = waiting.iter().filter(gone).copied().collect();
        assert!((surely..=perhaps).contains(&going.len()), "{going:?} of {waiting:?}");
        going
    }

    /// Dead letters with numbers that `matches` go back to the source: how many matched, moved,
    /// and were refused.
    pub(crate) fn redrive(&mut self, matches: impl Fn(u64) -> bool) -> (usize, usize, usize) {
        let wave = self.wave();
        let dead = &self.queues[1];
        let is = |message: &&Message| message.state == State::Ready && matches(message.payload);
        let matched = dead.messages.iter().filter(is).count();
        let mut moved = 0;
        for partition in 0..self.queues[0].config.partitions {
            let all = self.queues[1].messages.iter().enumerate();
            let waiting: Vec<usize> = all
                .filter(|(_, message)| is(message) && message.readers == 0)
                .filter(|(_, message)| message.home == Some(partition))
                .map(|(number, _)| number)
                .collect();
            if self.queues[0].closed {
                continue;
            }
            for message in self.go(1, &waiting, Some(0), partition) {
                let slot = &mut self.queues[1].messages[message];
                (slot.state, slot.husk) = (State::Gone, true);
                let (payload, deaths) = (slot.payload, mem::take(&mut slot.deaths));
                self.queues[1].totals.redriven += 1;
                let ttl = self.queues[0].config.ttl;
                let at = self.accept(0, partition, payload, wave, Times { due: None, ttl });
                let slot = &mut self.queues[0].messages[at];
                (slot.deaths, slot.offset) = (deaths, None);
                moved += 1;
            }
        }
        (matched, moved, matched - moved)
    }

    fn fall_due(&mut self, at: usize, message: usize, wave: u64) {
        match self.queues[at].messages[message].state {
            State::Delayed { due, .. } if due <= self.now => {
                Self::due(&mut self.queues[at], message, due, wave);
            }
            _ => {}
        }
    }

    /// What has lived its time is given up wherever it stands, unless somebody has it.
    fn end_lives(&mut self, at: usize) {
        let now = self.now;
        let queue = &mut self.queues[at];
        for number in 0..queue.messages.len() {
            let message = &queue.messages[number];
            let open = matches!(message.state, State::Ready | State::Delayed { .. })
                || message.is_deferred();
            if open && message.deadline.is_some_and(|deadline| deadline <= now) {
                let message = &mut queue.messages[number];
                (message.state, message.again) = (State::Parked, now);
                message.reason = Some(Reason::Expired);
            }
        }
    }

    fn pass(&mut self, at: usize, message: usize, wave: u64) {
        let now = self.now;
        let lease = self.queues[at].config.lease;
        let slot = &mut self.queues[at].messages[message];
        if slot.state != State::Leased {
            return;
        }
        let seen = *slot.seen.get_or_insert(now);
        if now < seen + lease || now < slot.extended {
            return;
        }
        slot.taken = true;
        slot.attempts += 1;
        slot.releases = 0;
        let dead = slot.attempts > self.queues[at].config.max_retries;
        self.queues[at].totals.expired += 1;
        if dead {
            self.kill(at, message, Reason::MaxAttempts);
        } else {
            self.give_back_in(at, message, None, wave);
        }
    }

    /// Takes the engine's word for how many husks are left, if it can be right.
    pub(crate) fn husks(&mut self, at: usize, husks: u64) {
        let queue = &mut self.queues[at];
        let most = queue.count(|message| message.husk);
        assert!(husks <= most, "{husks} husks, at most {most} are possible");
        if husks == 0 {
            queue.messages.iter_mut().for_each(|message| message.husk = false);
        }
    }

    /// What is snoozed, delayed by its producer or parked at the end is the caller's again.
    pub(crate) fn close(&mut self, at: usize) -> (Vec<u64>, Vec<u64>) {
        let queue = &mut self.queues[at];
        queue.closed = true;
        let (mut delayed, mut parked) = (Vec::new(), Vec::new());
        // What somebody reads cannot be given away.
        for number in 0..queue.messages.len() {
            let has_place = queue.has_place(number);
            let message = &mut queue.messages[number];
            if message.readers > 0 {
                continue;
            }
            match message.state {
                State::Delayed { snoozed: true, .. } => delayed.push(message.payload),
                State::Parked => parked.push(message.payload),
                _ => continue,
            }
            (message.state, message.husk) = (State::Gone, has_place);
            queue.totals.given_back += 1;
        }
        (delayed, parked)
    }
}
