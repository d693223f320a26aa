//! How threads and tasks wait for a ring without burning a core.
//!
//! One protocol for everything that waits: blocking calls, deadlines, futures, selections and
//! descriptors all try, enlist, try again, and only then go to sleep.
//!
//! It is not: a lock, a semaphore (nothing is counted), or a queue of values.
//!
//! # How it works
//!
//! An [`Event`] stands for "there may be something now": a value in a ring, or room in it. It keeps
//! a list of who waits, under a lock, and beside the list a **gate**: how many wait.
//!
//! ```text
//!   who waits                              who changes the ring
//!
//!   1  try: nothing there                  1  push a value
//!   2  enlist; gate := 1                   2  fence
//!   3  try again: fence, nothing there     3  gate is 0? done
//!   4  sleep                               4  else take one from the list and wake it
//!   5  woken: take the wake-up, go to 1
//! ```
//!
//! The two fences make it impossible that both miss the other: either the second try finds the
//! value, or the gate shows the waiter. So a change that nobody waits for costs a load of a line
//! that nobody writes, and a fence; the rings have one where it costs next to nothing, right behind
//! the swap that claims a slot.
//!
//! # Guarantees
//!
//! - **None lost.** While anyone waits, each value pushed has woken someone: of the waiters that
//!   enlisted before it, the one who has waited longest. Who is woken and goes away without having
//!   tried (a future dropped, a deadline passed) passes the wake-up on. So does who got a value by
//!   a try that began before the wake-up: it may have got one that woke nobody, as nobody waited
//!   when it came.
//! - **Few.** One waiter a value, and one more where a wake-up was passed on; none if nobody has
//!   enlisted, and whoever still spins has not.
//! - **Not by a panic.** A waker that panics does so in the thread that wakes it, when all others
//!   have been woken.
//! - **Fair.** First come, first woken. Whoever finds, once woken, that a thread that never slept
//!   was faster, waits on at the head of the list.
//!
//! # Progress
//!
//! A change that nobody waits for takes no lock. Enlisting and waking take the list's lock for some
//! instructions, in which no code of the user runs: wakers are cloned, woken and dropped outside.
//!
//! # Cost
//!
//! Waking a sleeping thread is a system call: some microseconds to the waker, tens to the sleeper.
//! Nothing is allocated but the list, which grows to the most that ever waited at once, and a waker
//! for each thread that has ever slept.
//!
//! # Edges
//!
//! - The change comes before the look at the gate, by the fences F4 and F5 of
//!   [`mpmc`](crate::ring::mpmc). They pair with F1 and F2, which stand between enlisting and the
//!   answer "nothing there".
//!
//! # Source
//!
//! D. Vyukov's event count, and the rule of `event-listener`: check, listen, check again. Changed:
//! threads wait by wakers as tasks do, so that there is one list and one path.

#[cfg(feature = "std")]
mod event;
#[cfg(feature = "std")]
mod list;
#[cfg(not(feature = "std"))]
mod nobody;
#[cfg(feature = "std")]
mod park;

#[cfg(feature = "queue")]
pub(crate) use self::event::Panics;
#[cfg(feature = "std")]
pub(crate) use self::event::{Awaited, Event, Waiter, both};
#[cfg(not(feature = "std"))]
pub(crate) use self::nobody::{Event, both};
#[cfg(feature = "std")]
pub(crate) use self::park::{Wait, block, wait};

/// How a blocking call waits before it sleeps.
///
/// Futures are not concerned: they wait as their runtime does.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// Sleep at once. For threads that wait long, or where there are more threads than cores.
    Park,
    /// Look again for a few microseconds, then sleep: less than a wake-up costs, so that a message
    /// that comes soon is taken at once.
    #[default]
    SpinThenPark,
    /// Never sleep. For a thread that has a core of its own: a message is seen after some tens of
    /// nanoseconds, and nobody ever pays for waking it.
    Spin,
}
