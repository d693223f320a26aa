//! Waiting by a thread: the same attempts and the same list as a task's, and a thread that sleeps
//! between them.

use core::task::{Poll, Waker};
use std::time::Instant;

use super::{Event, Strategy, Waiter};
use crate::sync::{parking, pause};

/// How often a thread looks again before it sleeps, with 1, 2, 4 .. 16 pauses between the looks:
/// 0.8 us where a pause takes 25 ns, which is ten times what a message takes from core to core.
const LOOKS: u32 = 5;

/// How often, after that, it gives its core to another thread before it looks. Where others wait
/// for the core, whole runs of messages are made before it comes back; else it costs some
/// microseconds, less than to be woken.
const YIELDS: u32 = 16;

/// How many looks a thread that never sleeps takes between two looks at the clock.
const LOOKS_A_TICK: u32 = 64;

/// Something that can be waited for.
pub(crate) trait Wait {
    type Output;

    /// Tries once.
    fn attempt(&mut self) -> Option<Self::Output>;

    /// Tries; where that gives nothing, enlists the waker and tries again.
    fn poll(&mut self, waker: &Waker) -> Poll<Self::Output>;
}

/// Tries until that gives something; `None` if the deadline passes before it does.
///
/// It tries at least once, also if the deadline is in the past.
#[inline]
pub(crate) fn block<R>(
    event: &Event,
    strategy: Strategy,
    deadline: Option<Instant>,
    mut attempt: impl FnMut() -> Option<R>,
) -> Option<R> {
    attempt().or_else(|| wait(strategy, deadline, &mut One { attempt, waiter: Waiter::new(event) }))
}

/// [`block`] for whatever can be waited for.
#[cold]
pub(crate) fn wait<W: Wait>(
    strategy: Strategy,
    deadline: Option<Instant>,
    wait: &mut W,
) -> Option<W::Output> {
    match strategy {
        Strategy::Spin => spin(deadline, wait),
        Strategy::Park => park(deadline, wait),
        Strategy::SpinThenPark => look(wait).or_else(|| park(deadline, wait)),
    }
}

fn spin<W: Wait>(deadline: Option<Instant>, wait: &mut W) -> Option<W::Output> {
    loop {
        for _ in 0..LOOKS_A_TICK {
            if let Some(result) = wait.attempt() {
                return Some(result);
            }
            pause(1);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return wait.attempt();
        }
    }
}

fn look<W: Wait>(wait: &mut W) -> Option<W::Output> {
    let soon = (0..LOOKS).find_map(|look| {
        pause(1 << look);
        wait.attempt()
    });
    soon.or_else(|| {
        (0..YIELDS).find_map(|_| {
            parking::yield_now();
            wait.attempt()
        })
    })
}

fn park<W: Wait>(deadline: Option<Instant>, wait: &mut W) -> Option<W::Output> {
    parking::with_sleeper(|sleeper| {
        let mut in_time = true;
        loop {
            if let Poll::Ready(result) = wait.poll(sleeper.waker()) {
                return Some(result);
            }
            if !in_time {
                return None;
            }
            in_time = sleeper.park_until(deadline);
        }
    })
}

/// One attempt that waits for one event.
struct One<'a, F> {
    attempt: F,
    waiter: Waiter<&'a Event>,
}

impl<R, F: FnMut() -> Option<R>> Wait for One<'_, F> {
    type Output = R;

    fn attempt(&mut self) -> Option<R> {
        (self.attempt)()
    }

    fn poll(&mut self, waker: &Waker) -> Poll<R> {
        self.waiter.poll(waker, &mut self.attempt)
    }
}
