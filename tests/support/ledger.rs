//! Values that are counted: each must be dropped, once.

// Not every test binary uses all of it.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};

/// How often each value was dropped.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<u32>>);

impl Ledger {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn drops(&self) -> std::sync::MutexGuard<'_, Vec<u32>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A new value.
    pub(crate) fn value(self: &Arc<Self>) -> Counted {
        let mut drops = self.drops();
        drops.push(0);
        Counted { number: Box::new(drops.len() - 1), bomb: false, ledger: Arc::clone(self) }
    }

    /// A new value whose drop panics.
    pub(crate) fn bomb(self: &Arc<Self>) -> Counted {
        let mut value = self.value();
        value.bomb = true;
        value
    }

    /// So many new values.
    pub(crate) fn values(self: &Arc<Self>, count: usize) -> Vec<Counted> {
        (0..count).map(|_| self.value()).collect()
    }

    /// How many values were made and not dropped.
    pub(crate) fn alive(&self) -> usize {
        self.drops().iter().filter(|drops| **drops == 0).count()
    }

    /// How often the how manieth value was dropped.
    pub(crate) fn dropped(&self, number: usize) -> u32 {
        self.drops()[number]
    }

    /// Every value was dropped, and none twice.
    pub(crate) fn settle(&self) {
        let drops = self.drops();
        assert!(drops.iter().all(|drops| *drops == 1), "drops of each value: {drops:?}");
    }
}

/// A value that tells its ledger when it is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    /// On the heap, so that a tool that watches the memory sees a value that is used after it.
    number: Box<usize>,
    bomb: bool,
    ledger: Arc<Ledger>,
}

impl Counted {
    /// The how manieth value of its ledger this is.
    pub(crate) fn number(&self) -> usize {
        *self.number
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.ledger.drops()[*self.number] += 1;
        if self.bomb {
            panic!("a bomb was dropped");
        }
    }
}
