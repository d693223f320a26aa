//! How often each function was called, and how often it did what it is for.

use std::ffi::CStr;
use std::fmt;

use ringmill::ffi::{
    ringmill_hash, ringmill_last_message, ringmill_partition_of, ringmill_status,
    ringmill_status_text, ringmill_version, ringmill_version_number,
};

use crate::arguments::Rng;

/// Calls and successes of the functions that were called so far.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    functions: Vec<(&'static str, u64, u64)>,
}

impl Counts {
    /// Notes a call.
    pub(crate) fn note(&mut self, name: &'static str, success: bool) {
        self.calls += 1;
        self.more(name, 1, u64::from(success));
    }

    /// Notes a call that answered with a status: one of `expected`.
    pub(crate) fn status(
        &mut self,
        name: &'static str,
        status: ringmill_status,
        expected: &[ringmill_status],
    ) -> bool {
        let ok = status == ringmill_status::Ok;
        assert!(ok || expected.contains(&status), "{name}: {status:?}: {}", message());
        self.note(name, ok);
        ok
    }

    fn more(&mut self, name: &'static str, calls: u64, successes: u64) {
        match self.functions.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, all, good)) => {
                *all += calls;
                *good += successes;
            }
            None => self.functions.push((name, calls, successes)),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        for (name, calls, successes) in &other.functions {
            self.more(name, *calls, *successes);
        }
    }

    /// The functions of the library that succeeded less often, those that were not called included.
    pub(crate) fn rarer_than(&self, successes: u64) -> Vec<&'static str> {
        let symbols = include_str!("../../../abi/symbols.txt").lines();
        let good = |symbol: &str| {
            let known = self.functions.iter().find(|(name, ..)| *name == symbol);
            known.map_or(0, |(_, _, good)| *good)
        };
        symbols.filter(|symbol| good(symbol) < successes).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut functions = self.functions.clone();
        functions.sort_unstable();
        for (name, calls, successes) in functions {
            writeln!(f, "{name:34} {calls:10} calls {successes:10} successes")?;
        }
        Ok(())
    }
}

/// What the last failure said.
pub(crate) fn message() -> String {
    // SAFETY: a text that lives until the next failure in this thread.
    unsafe { CStr::from_ptr(ringmill_last_message()) }.to_string_lossy().into_owned()
}

/// Texts and numbers, which have no status.
pub(crate) fn words(rng: &mut Rng, counts: &mut Counts) {
    // SAFETY: texts that live for ever, and a key that is as long as it says.
    unsafe {
        match rng.below(6) {
            0 => {
                let text = CStr::from_ptr(ringmill_status_text(rng.next() as u32 % 40));
                counts.note("ringmill_status_text", !text.is_empty());
            }
            1 => counts.note("ringmill_last_message", message().len() < 1_000),
            2 => counts.note("ringmill_version_number", ringmill_version_number() > 0),
            3 => {
                let text = CStr::from_ptr(ringmill_version());
                counts.note("ringmill_version", !text.is_empty());
            }
            4 => {
                let key = rng.next().to_le_bytes();
                let len = rng.below(9);
                let hash = ringmill_hash(key.as_ptr().cast(), len);
                assert_eq!(hash, ringmill::partition::hash_of(&key[..len]));
                let wild = rng.pick(&[usize::MAX, 1 << 63, 0]);
                assert_ne!(ringmill_hash(std::ptr::null(), wild), 0);
                counts.note("ringmill_hash", true);
            }
            _ => {
                let partitions = rng.pick(&[0, 1, 7, 65_536, usize::MAX]);
                let partition = ringmill_partition_of(rng.next(), partitions);
                assert!(partition < partitions.max(1));
                counts.note("ringmill_partition_of", true);
            }
        }
    }
}
