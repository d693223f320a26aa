//! Every value is dropped exactly once, whatever panics, ends early, goes away or lies; and what
//! the types promise about threads.

mod chunks;
mod every;
mod kinds;
#[path = "../support/ledger.rs"]
mod ledger;
mod markers;
mod mpmc;
mod refusals;
#[path = "../support/rings.rs"]
mod rings;
mod spsc;
mod threads;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what must panic.
fn panics<R>(f: impl FnOnce() -> R) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err(), "this panics");
}

/// An iterator that gives what `f` gives, and says that it has `says` more values.
struct Says<F> {
    says: usize,
    f: F,
}

impl<T, F: FnMut() -> Option<T>> Iterator for Says<F> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        (self.f)()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.says, Some(self.says))
    }
}

impl<T, F: FnMut() -> Option<T>> ExactSizeIterator for Says<F> {}
