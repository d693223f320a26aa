//! Clocks: what a queue takes for the time, so that a test can own it.
//!
//! Take [`SystemClock`] (the default everywhere), and [`VirtualClock`] in tests that would
//! otherwise sleep. A [`Clock`] of your own is two functions.
//!
//! It is not: a scheduler. A clock tells the time; it wakes nobody.
//!
//! | time | used for | steps |
//! |---|---|---|
//! | [`now`](Clock::now), monotonic | leases, back-off, relative delays, time to live | never |
//! | [`wall`](Clock::wall), wall clock | absolute due times, what people read | forward and back, when it is set |
//!
//! # Examples
//!
//! ```
//! use ringmill::clock::{Clock, VirtualClock};
//! use std::time::Duration;
//!
//! const DAY: Duration = Duration::from_secs(86_400);
//!
//! let clock = VirtualClock::new();
//! let held_by_the_code_under_test = clock.clone(); // both show one time
//!
//! let (now, wall) = (clock.now(), clock.wall());
//! clock.advance(DAY);
//! assert_eq!(held_by_the_code_under_test.now(), now + DAY);
//! assert_eq!(held_by_the_code_under_test.wall(), wall + DAY);
//!
//! // Somebody sets the date back: what is counted from now on is not touched.
//! clock.step_wall_back(DAY);
//! assert_eq!(clock.wall(), wall);
//! assert_eq!(clock.now(), now + DAY);
//! ```
//!
//! # Guarantees
//!
//! The monotonic time of one clock never goes back, whichever thread or clone reads it. Times of
//! two clocks have nothing to do with each other.
//!
//! # Cost
//!
//! [`SystemClock`]: what `Instant::now` and `SystemTime::now` cost, on Linux some tens of
//! nanoseconds and no system call. [`VirtualClock`]: a lock. Nothing allocates but
//! [`VirtualClock::new`].

use core::time::Duration;
use std::time::{Instant, SystemTime};

use alloc::sync::Arc;

use crate::sync;

/// What tells the time.
///
/// Both functions are called by several threads at once, and must not block or panic.
pub trait Clock: Send + Sync + 'static {
    /// The time since an origin that is the clock's own; never goes back.
    fn now(&self) -> Duration;

    /// The date, which may be set forward or back at any moment.
    fn wall(&self) -> SystemTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Duration {
        (**self).now()
    }

    fn wall(&self) -> SystemTime {
        (**self).wall()
    }
}

/// The clocks of the operating system. Its origin is the moment it was made.
///
/// Whether the monotonic time goes on while the machine is suspended is the system's affair; on
/// Linux it does not.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock that shows zero now.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still until it is told otherwise. Clones share one time.
///
/// Advancing it wakes nobody: who waits for a time has to look again.
#[derive(Clone)]
pub struct VirtualClock {
    times: Arc<sync::Mutex<Times>>,
}

#[derive(Clone, Copy)]
struct Times {
    now: Duration,
    wall: SystemTime,
}

impl VirtualClock {
    /// A clock whose monotonic time is zero, and whose date is 9 September 2001, 01:46:40 UTC: a
    /// thousand million seconds after the Unix epoch, far enough from it to step back.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
    }

    /// A clock whose monotonic time is zero, with a date of your own.
    #[must_use]
    pub fn starting_at(wall: SystemTime) -> Self {
        Self { times: Arc::new(sync::Mutex::new(Times { now: Duration::ZERO, wall })) }
    }

    /// Lets time pass: both times go forward.
    ///
    /// The monotonic time stops at `Duration::MAX`. A date that the system cannot show is not
    /// taken on: the wall clock then stays where it is, here and in the two steps below.
    pub fn advance(&self, by: Duration) {
        let mut times = self.times.lock();
        times.now = times.now.saturating_add(by);
        times.wall = times.wall.checked_add(by).unwrap_or(times.wall);
    }

    /// Sets the date forward; the monotonic time stays.
    pub fn step_wall_forward(&self, by: Duration) {
        let mut times = self.times.lock();
        times.wall = times.wall.checked_add(by).unwrap_or(times.wall);
    }

    /// Sets the date back; the monotonic time stays.
    pub fn step_wall_back(&self, by: Duration) {
        let mut times = self.times.lock();
        times.wall = times.wall.checked_sub(by).unwrap_or(times.wall);
    }

    fn times(&self) -> Times {
        *self.times.lock()
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.times().now
    }

    fn wall(&self) -> SystemTime {
        self.times().wall
    }
}

impl core::fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Times { now, wall } = self.times();
        f.debug_struct("VirtualClock").field("now", &now).field("wall", &wall).finish()
    }
}

/// The engine's own measure: nanoseconds of [`Clock::now`], which last for 584 years and stop there.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use super::*;
    use std::thread;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn the_system_clock_never_goes_back_in_any_thread() {
        let clock = SystemClock::new();
        let before = clock.now();
        let inside = thread::spawn(move || clock.now()).join().expect("reading it cannot panic");
        assert!(before <= inside && inside <= clock.now());
    }

    #[test]
    fn the_system_clock_shows_the_date() {
        let before = SystemTime::now();
        let shown = SystemClock::default().wall();
        // Wide enough for a machine whose date is being corrected.
        let off = shown.duration_since(before).unwrap_or_else(|early| early.duration());
        assert!(off < DAY);
    }

    #[test]
    fn a_virtual_clock_stands_still_until_it_is_advanced() {
        let clock = VirtualClock::new();
        assert_eq!((clock.now(), clock.now()), (Duration::ZERO, Duration::ZERO));
        let wall = clock.wall();
        clock.advance(Duration::from_nanos(1));
        assert_eq!(clock.now(), Duration::from_nanos(1));
        assert_eq!(clock.wall(), wall + Duration::from_nanos(1));
    }

    #[test]
    fn clones_show_one_time() {
        let clock = VirtualClock::new();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        clock.advance(DAY);
        assert_eq!(shared.now(), DAY);
        let through_two = Arc::new(shared);
        assert_eq!(through_two.wall(), clock.wall());
    }

    #[test]
    fn stepping_the_wall_leaves_the_monotonic_time() {
        let clock = VirtualClock::starting_at(SystemTime::UNIX_EPOCH + DAY);
        clock.advance(DAY);
        clock.step_wall_back(DAY);
        assert_eq!((clock.now(), clock.wall()), (DAY, SystemTime::UNIX_EPOCH + DAY));
        clock.step_wall_forward(2 * DAY);
        assert_eq!((clock.now(), clock.wall()), (DAY, SystemTime::UNIX_EPOCH + 3 * DAY));
    }

    #[test]
    fn times_stop_at_their_ends() {
        let clock = VirtualClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        clock.step_wall_forward(Duration::MAX);
        clock.step_wall_back(Duration::MAX);
        assert_eq!(clock.now(), Duration::MAX);
        assert_eq!(nanos(clock.now()), u64::MAX);
        assert_eq!(nanos(Duration::from_nanos(7)), 7);
    }
}
