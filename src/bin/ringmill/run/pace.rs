//! How many attempts begin in a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::stop::Stop;

/// A limit of the rate, shared by all workers. What was not used is not saved up, but for ten
/// milliseconds' worth: sleeping is not exact.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    const SAVED: Duration = Duration::from_millis(10);

    pub(crate) fn new(per_second: f64) -> Self {
        let interval = Duration::from_secs_f64((1.0 / per_second).min(1e9));
        Self { interval, next: Mutex::new(Instant::now()) }
    }

    /// When the next attempt may begin, asked at `now`.
    fn turn(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let saved = if self.interval < Self::SAVED { Self::SAVED } else { Duration::ZERO };
        let turn = (*next).max(now.checked_sub(saved).unwrap_or(now));
        *next = turn + self.interval;
        turn
    }

    /// Waits for a turn; `false` if the run is stopped before it has come.
    pub(crate) fn wait(&self, stop: &Stop) -> bool {
        let now = Instant::now();
        let turn = self.turn(now);
        turn <= now || stop.sleep_until(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_an_interval_apart_and_nothing_is_saved_up() {
        let pace = Pace::new(10.0);
        let start = Instant::now() + Duration::from_secs(1);
        let tenth = Duration::from_millis(100);
        let turns = [0; 3].map(|_| pace.turn(start) - start);
        assert_eq!(turns, [Duration::ZERO, tenth, tenth * 2]);
        let later = start + Duration::from_secs(10);
        assert_eq!([0; 2].map(|_| pace.turn(later) - later), [Duration::ZERO, tenth]);
    }
}
