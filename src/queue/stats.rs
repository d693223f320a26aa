//! What has happened in a queue, and what is in it.

use super::core::Core;
use super::group::Group;
use crate::delivery::{Content, Count, Shard, State, Track};

/// Counts of a queue, of one moment or nearly so: while messages flow, a message on its way between
/// two counts may be in neither.
///
/// At rest, `accepted` is the sum of `ready`, `delayed`, `leased`, `parked`, `dead`, `acked`,
/// `dead_lettered` and [`dropped`](Self::dropped).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages that were accepted.
    pub accepted: u64,
    /// Messages to be handed out.
    pub ready: u64,
    /// Messages that wait for a time.
    pub delayed: u64,
    /// Messages that consumers have.
    pub leased: u64,
    /// Messages that were set aside: deferred, or the dead-letter queue is full, or somebody reads
    /// them.
    pub parked: u64,
    /// Messages on their way to the dead letters.
    pub dead: u64,
    /// Messages that were acked.
    pub acked: u64,
    /// Messages that went to the dead-letter queue.
    pub dead_lettered: u64,
    /// Rejected messages that were dropped, as there is no queue for dead letters.
    pub dropped_rejected: u64,
    /// Messages that failed too often and were dropped, as there is no queue for dead letters.
    pub dropped_max_attempts: u64,
    /// Messages that were handed out too often and were dropped, as there is no queue for dead
    /// letters.
    pub dropped_max_deliveries: u64,
    /// Messages whose key was parked, too many for that, that were dropped, as there is no queue for
    /// dead letters.
    pub dropped_key_parked: u64,
    /// Messages whose time was over and that were dropped, as there is no queue for dead letters.
    pub dropped_expired: u64,
    /// Messages that were cancelled.
    pub dropped_cancelled: u64,
    /// Messages that were purged.
    pub dropped_purged: u64,
    /// Oldest messages that made room for new ones.
    pub dropped_overflow: u64,
    /// Dead letters beyond what is kept.
    pub dropped_retention: u64,
    /// Dead letters that went back to the queue that they came from.
    pub redriven: u64,
    /// Messages that the report of closing took along.
    pub given_back: u64,
    /// Messages that a subscriber was too slow for.
    pub missed: u64,
    /// New messages that were let go of, as there was no room; never accepted.
    pub refused_newest: u64,
    /// Repeats of messages that were accepted before; never accepted.
    pub duplicates: u64,
    /// Times that a message was handed out.
    pub deliveries: u64,
    /// Settlements by nack or reject.
    pub nacked: u64,
    /// Leases that were taken back.
    pub expired: u64,
    /// Leases that were given back without an attempt.
    pub released: u64,
    /// Settlements that came too late, or twice.
    pub stale: u64,
    /// Slots whose message has ended early, until whoever comes by frees them.
    pub husks: u64,
}

/// Where the slots of a queue are; see [`Queue::occupancy`](super::Queue::occupancy).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occupancy {
    /// Slots of the partitions that have been used.
    pub slots: u64,
    /// Slots with a message, husks included.
    pub taken: u64,
    /// Free slots that a producer may have at once.
    pub free: u64,
    /// Free slots that handles keep, or that are on their way.
    pub kept: u64,
    /// Readers beside the holders of leases: browsers, and consumers whose lease was taken back.
    pub other_readers: u64,
}

impl Stats {
    /// Messages that are gone without having been acked or become dead letters.
    pub fn dropped(&self) -> u64 {
        self.dropped_rejected
            + self.dropped_max_attempts
            + self.dropped_max_deliveries
            + self.dropped_key_parked
            + self.dropped_expired
            + self.dropped_cancelled
            + self.dropped_purged
            + self.dropped_overflow
            + self.dropped_retention
            + self.redriven
            + self.given_back
            + self.missed
    }
}

impl<C: Content + ?Sized> Core<C> {
    /// Reads the end of a message's path before its beginning, so that nothing derived is negative.
    pub(super) fn stats(&self, group: &Group) -> Stats {
        let get = |count| group.count(count);
        let acked = get(Count::Acked);
        let dead_lettered = get(Count::DeadLettered);
        let dropped_rejected = get(Count::Rejected);
        let dropped_max_attempts = get(Count::MaxAttempts);
        let dropped_max_deliveries = get(Count::MaxDeliveries);
        let dropped_key_parked = get(Count::KeyParked);
        let dropped_expired = get(Count::Outlived);
        let dropped_cancelled = get(Count::Cancelled);
        let dropped_purged = get(Count::Purged);
        let dropped_overflow = get(Count::Overflowed);
        let dropped_retention = get(Count::Expunged);
        let redriven = get(Count::Redriven);
        let given_back = get(Count::GivenBack);
        let missed = get(Count::Missed);
        let gone_parked = get(Count::GoneParked);
        let gone_delayed = get(Count::GoneDelayed);
        let gone_ready = get(Count::GoneReady);
        let taken_out = get(Count::TakenOut);
        let hollowed = get(Count::Hollowed);
        let exhumed = get(Count::Exhumed);
        let parked = get(Count::Parked);
        let retaken = get(Count::Retaken);
        let buried = get(Count::Buried);
        let buried_ready = get(Count::BuriedReady);
        let given_up = dropped_rejected
            + dropped_max_attempts
            + dropped_max_deliveries
            + dropped_key_parked
            + dropped_expired;
        let due = get(Count::Due);
        let scheduled = get(Count::Scheduled);
        let delayed = get(Count::Delayed);
        let returned = get(Count::Returned);
        let leased = get(Count::Leased);
        let accepted = self.accepted_by(group);
        Stats {
            accepted,
            ready: (accepted + returned + due + retaken)
                .saturating_sub(leased + gone_ready + buried_ready + scheduled),
            delayed: (delayed + scheduled).saturating_sub(due + gone_delayed),
            leased: leased.saturating_sub(acked + returned + delayed + buried),
            parked: parked.saturating_sub(exhumed + gone_parked + retaken),
            dead: (buried + buried_ready + exhumed)
                .saturating_sub(parked + dead_lettered + given_up),
            acked,
            dead_lettered,
            dropped_rejected,
            dropped_max_attempts,
            dropped_max_deliveries,
            dropped_key_parked,
            dropped_expired,
            dropped_cancelled,
            dropped_purged,
            dropped_overflow,
            dropped_retention,
            redriven,
            given_back,
            missed,
            refused_newest: self.count(Count::DroppedNewest),
            duplicates: self.count(Count::Duplicates),
            deliveries: leased,
            nacked: get(Count::Nacked),
            expired: get(Count::Expired),
            released: get(Count::Released),
            stale: get(Count::Stale),
            husks: hollowed.saturating_sub(taken_out),
        }
    }

    /// How many messages were accepted since the group has joined.
    fn accepted_by(&self, group: &Group) -> u64 {
        if self.copy.is_none() {
            return self.count(Count::Accepted);
        }
        let here = |shard: &Shard<C>| {
            let joined = shard.of(group.number).map_or(u64::MAX, Track::joined_at);
            shard.log().tail().saturating_sub(joined)
        };
        self.all_used().map(|(_, shard)| here(shard)).sum()
    }

    pub(super) fn occupancy(&self) -> Occupancy {
        let mut seen = Occupancy::default();
        for (_, shard) in self.all_used() {
            seen.slots += self.config.capacity as u64;
            seen.free += shard.vacancies() as u64;
            for index in 0..self.config.capacity as u32 {
                seen.taken += u64::from(!shard.at(index).is_free());
                for track in shard.tracks() {
                    let word = track.at(shard, index).peek();
                    let holder = u8::from(word.state() == State::Leased);
                    seen.other_readers += u64::from(word.readers().saturating_sub(holder));
                }
            }
        }
        seen.kept = seen.slots.saturating_sub(seen.taken + seen.free);
        seen
    }

    /// Compares the counts with a walk over all slots.
    ///
    /// # Panics
    ///
    /// If they differ. To be called while nothing else happens.
    pub(super) fn check(&self, group: &Group) {
        let stats = self.stats(group);
        let mut seen = Stats::default();
        for (_, shard) in self.all_used() {
            let Some(track) = shard.of(group.number) else { continue };
            for index in 0..self.config.capacity as u32 {
                match track.at(shard, index).peek().state() {
                    State::Settled => {}
                    State::Ready => seen.ready += 1,
                    State::Leased => seen.leased += 1,
                    State::Husk => seen.husks += 1,
                    State::Delayed => seen.delayed += 1,
                    State::Parked => seen.parked += 1,
                    State::Dead => seen.dead += 1,
                }
            }
        }
        let counts = |s: &Stats| [s.ready, s.delayed, s.leased, s.parked, s.dead, s.husks];
        assert_eq!(
            counts(&stats),
            counts(&seen),
            "ready, delayed, leased, parked, dead and husks of {stats:?} are not what the slots say"
        );
        let there = stats.ready + stats.delayed + stats.leased + stats.parked + stats.dead;
        let gone = stats.acked + stats.dead_lettered + stats.dropped();
        assert_eq!(stats.accepted, there + gone, "{stats:?} does not add up");
    }
}
