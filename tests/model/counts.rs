//! The counts of a queue, as the model has them.

use ringmill::queue::Stats;

use crate::reference::{Queue, State};

/// Every count of the engine is the model's, and they add up.
pub(crate) fn agree(queue: &Queue, stats: &Stats) {
    let totals = &queue.totals;
    let in_state = |is: fn(State) -> bool| queue.count(|message| is(message.state));
    let expected = [
        ("accepted", totals.accepted, stats.accepted),
        ("ready", in_state(|state| state == State::Ready), stats.ready),
        ("delayed", in_state(|state| matches!(state, State::Delayed { .. })), stats.delayed),
        ("leased", in_state(|state| state == State::Leased), stats.leased),
        ("parked", in_state(|state| state == State::Parked), stats.parked),
        // One thread never sees a message between two places.
        ("dead", 0, stats.dead),
        ("acked", totals.acked, stats.acked),
        ("dead_lettered", totals.dead_lettered, stats.dead_lettered),
        ("dropped_overflow", totals.overflow, stats.dropped_overflow),
        ("dropped_purged", totals.purged, stats.dropped_purged),
        ("dropped_cancelled", totals.cancelled, stats.dropped_cancelled),
        ("dropped_rejected", totals.rejected, stats.dropped_rejected),
        ("dropped_max_attempts", totals.max_attempts, stats.dropped_max_attempts),
        ("dropped_max_deliveries", totals.max_deliveries, stats.dropped_max_deliveries),
        ("dropped_expired", totals.outlived, stats.dropped_expired),
        ("dropped_retention", 0, stats.dropped_retention),
        ("redriven", totals.redriven, stats.redriven),
        ("given_back", totals.given_back, stats.given_back),
        ("deliveries", totals.deliveries, stats.deliveries),
        ("nacked", totals.nacks, stats.nacked),
        ("expired", totals.expired, stats.expired),
        ("released", totals.released, stats.released),
        ("stale", totals.stale, stats.stale),
        ("duplicates", totals.duplicates, stats.duplicates),
    ];
    for (name, model, engine) in expected {
        assert_eq!(engine, model, "{name}, in {stats:?}");
    }
    let there = stats.ready + stats.delayed + stats.leased + stats.parked + stats.dead;
    let gone = stats.acked + stats.dead_lettered + stats.dropped();
    assert_eq!(stats.accepted, there + gone, "{stats:?}");
}
