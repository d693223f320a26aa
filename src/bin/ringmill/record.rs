//! A record: some bytes of the input, and where they stood.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

/// What records come from: a file, or a stream.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    /// The names of its columns, once they are read.
    pub(crate) header: OnceLock<Vec<Vec<u8>>>,
}

impl Source {
    pub(crate) fn new(name: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), header: OnceLock::new() })
    }
}

/// A record that was read.
#[derive(Debug)]
pub(crate) struct Record {
    /// Its place in the input, from 0; no two have the same.
    pub(crate) place: u64,
    pub(crate) source: Arc<Source>,
    /// The number of its first line, from 1; of the record, where records are no lines.
    pub(crate) number: u64,
    pub(crate) data: Box<[u8]>,
    /// What it takes of the memory that there is, if it is large.
    pub(crate) _room: Option<Room>,
}

/// A record that cannot be handled: why, and as much of it as there is.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) source: Arc<Source>,
    pub(crate) number: u64,
    pub(crate) data: Vec<u8>,
    pub(crate) why: String,
}

/// How many bytes of large records may be in memory.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

/// A part of a budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    /// What is not longer is bounded by the number of records.
    const SMALL: usize = 1_024;

    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: Mutex::new(0), freed: Condvar::new() })
    }

    /// Room for a record; waits for it. A record that is longer than all there is waits until it
    /// is alone.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Room> {
        if bytes <= Self::SMALL {
            return None;
        }
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |used: &mut usize| *used > 0 && *used + bytes > self.limit;
        let mut used = self.freed.wait_while(used, full).unwrap_or_else(PoisonError::into_inner);
        *used += bytes;
        Some(Room { budget: Arc::clone(self), bytes })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *self.budget.used.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_exceeded_but_by_one_that_is_alone() {
        let budget = Budget::new(4_096);
        let first = budget.take(4_096).expect("large");
        let (took, told) = std::sync::mpsc::channel();
        let other = Arc::clone(&budget);
        let waiter = std::thread::spawn(move || {
            let _room = other.take(1_000_000);
            took.send(*other.used.lock().expect("nobody panics")).expect("is heard");
        });
        assert!(told.try_recv().is_err(), "there is no room yet");
        drop(first);
        assert_eq!(told.recv(), Ok(1_000_000));
        waiter.join().expect("no panic");
        assert!(budget.take(10).is_none(), "small records need none");
    }
}
