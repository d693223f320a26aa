//! One queue: what is where, and who may settle it.

use std::collections::VecDeque;

use super::{Config, Handed, Late, Message, Partition, Place, Queue, State, Totals};

impl Queue {
    pub(super) fn new(config: Config) -> Self {
        let partition =
            || Partition { returns: VecDeque::new(), log: VecDeque::new(), next_offset: 0 };
        let partitions = (0..config.partitions).map(|_| partition()).collect();
        Self {
            config,
            messages: Vec::new(),
            partitions,
            totals: Totals::default(),
            noted: Vec::new(),
            paused: false,
            closed: false,
            // The first consumer of a queue is its second handle, and begins there.
            served: Some(1),
        }
    }

    pub(crate) fn count(&self, is: impl Fn(&Message) -> bool) -> u64 {
        self.messages.iter().filter(|message| is(message)).count() as u64
    }

    /// How many slots of a partition are taken at least, and at most.
    pub(super) fn taken(&self, partition: usize) -> (usize, usize) {
        let of = |is: &dyn Fn(&Message) -> bool| {
            self.count(|message| message.partition == partition && is(message)) as usize
        };
        let least = of(&|message| message.state != State::Gone || message.readers > 0);
        (least, least + of(&|message| message.husk && message.readers == 0))
    }

    /// Whether a closed queue has to wait for something, and whether it may.
    pub(crate) fn unfinished(&self) -> (bool, bool) {
        let has_to = |message: &Message| {
            matches!(message.state, State::Ready | State::Leased)
                || matches!(message.state, State::Delayed { snoozed: false, .. })
        };
        let may = |message: &Message| {
            matches!(message.state, State::Parked | State::Delayed { snoozed: true, .. })
        };
        (self.messages.iter().any(has_to), self.messages.iter().any(may))
    }

    pub(super) fn ready(&self, place: &Place) -> bool {
        self.messages[place.1].state == State::Ready
    }

    pub(super) fn ready_in(&self, partition: usize) -> usize {
        let partition = &self.partitions[partition];
        partition.returns.iter().chain(&partition.log).filter(|place| self.ready(place)).count()
    }

    /// Forgets places of which nobody will get anything now. What is delayed waits elsewhere.
    pub(super) fn take_out(&mut self, partition: usize, upto: usize, from_log: bool) {
        let partition = &mut self.partitions[partition];
        let places = if from_log { &mut partition.log } else { &mut partition.returns };
        for (_, at) in places.drain(..upto) {
            let message = &mut self.messages[at];
            message.in_log &= !from_log;
            message.husk = false;
        }
    }

    /// Whether a message has a place in the log or among those that were given back.
    pub(super) fn has_place(&self, message: usize) -> bool {
        let places = &self.partitions[self.messages[message].partition];
        places.returns.iter().chain(&places.log).any(|place| place.1 == message)
    }

    /// Somebody has come by all places of a partition.
    pub(super) fn take_all_out(&mut self, partition: usize) {
        let places = &self.partitions[partition];
        let (returns, log) = (places.returns.len(), places.log.len());
        self.take_out(partition, returns, false);
        self.take_out(partition, log, true);
    }

    /// Somebody has come to the place of a message of this wave.
    pub(super) fn take_out_before(&mut self, partition: usize, wave: u64) {
        let places = &self.partitions[partition];
        let is = |place: &Place| place.0 == wave;
        if let Some(at) = places.returns.iter().position(is) {
            return self.take_out(partition, at, false);
        }
        if let Some(at) = places.log.iter().position(is) {
            let returns = places.returns.len();
            self.take_out(partition, returns, false);
            self.take_out(partition, at, true);
        }
    }

    /// Takes the message that the engine has handed out from the front of its partition.
    pub(super) fn take_front(&mut self, handed: &Handed) -> usize {
        let places = &self.partitions[handed.partition];
        let from_log = !places.returns.iter().any(|place| self.ready(place));
        if from_log {
            let husks = places.returns.len();
            self.take_out(handed.partition, husks, false);
        }
        let places = &self.partitions[handed.partition];
        let places = if from_log { &places.log } else { &places.returns };
        let first = places.iter().position(|place| self.ready(place)).expect("something is ready");
        let wave = places[first].0;
        let begin = places.iter().position(|place| place.0 == wave).expect("it is there");
        let at = (first..places.len())
            .take_while(|at| places[*at].0 == wave)
            .find(|at| {
                let message = &self.messages[places[*at].1];
                message.state == State::Ready && message.payload == handed.payload
            })
            .unwrap_or_else(|| {
                let next = &self.messages[places[first].1];
                panic!("{handed:?} was handed out, but this is in front: {next:?}")
            });
        let message = places[at].1;
        let partition = &mut self.partitions[handed.partition];
        let places = if from_log { &mut partition.log } else { &mut partition.returns };
        places.remove(at);
        self.messages[message].in_log = false;
        self.take_out(handed.partition, begin.min(at), from_log);
        message
    }

    pub(super) fn receipt(&self, at: usize, delivery: u32) -> Result<(), Late> {
        let message = &self.messages[at];
        if message.deliveries == delivery && message.taken && message.state != State::Ready {
            return Err(Late::Either);
        }
        if message.deliveries != delivery || message.taken {
            Err(Late::Stale)
        } else if message.state == State::Leased {
            Ok(())
        } else if message.readers > 0 || message.state != State::Gone {
            Err(Late::Already)
        } else {
            Err(Late::Either)
        }
    }

    /// Checks a receipt for a settlement and counts the failure.
    pub(super) fn settles(&mut self, at: usize, delivery: u32) -> Result<(), Late> {
        let result = self.receipt(at, delivery);
        self.totals.stale += u64::from(result.is_err());
        result
    }
}
