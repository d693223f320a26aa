//! The primitives of a modelled build: loom's, and the table that weakens one ordering.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::mem::MaybeUninit;
use core::ops::Range;
use std::sync::OnceLock as StdOnceLock;

use loom::sync::atomic::Ordering;
use loom::thread::yield_now;

pub(crate) use loom::cell::UnsafeCell;
pub(crate) use loom::sync::Arc;

/// The bits of a slot's word that are used: two for its state and one for the lap, so that a model
/// meets words that look like those of an earlier lap.
pub(crate) const WORD_BITS: u32 = 0b111;

/// A model gains nothing from looking again: the interleaving in which it pays is run anyway.
pub(crate) const DRY_PAUSES: u32 = 0;

/// Memory is as near as it is.
#[cfg(feature = "queue")]
pub(crate) fn prefetch(_address: usize) {}

/// In a model a pause is a switch to another thread: time is nothing there.
pub(crate) fn pause(_pauses: u32) {
    yield_now();
}

/// Waits for another thread's store, for the `round`th time.
///
/// Two threads that wait for a third could be run in turn for ever. So where one has waited three
/// times in one operation, loom goes on to the end of the run and looks for no variants of it.
pub(crate) fn wait(round: u32) {
    if round >= 3 {
        loom::skip_branch();
    }
    yield_now();
}

/// A word that loom checks, with every access seen as a race with every other one to the same word.
///
/// loom chooses which interleavings to run by remembering, for each word, only the last access. So
/// a thread's own load hides from its compare-and-swap that another thread had read the word
/// before, and the order in which the compare-and-swap comes first is never run: `load;
/// compare_exchange` against a thread that only loads is explored in one order. The beacon is a
/// word of no meaning that each access writes first, relaxed: it orders no memory, and leaves loom
/// no access to overlook.
macro_rules! announced {
    ($name:ident, $value:ty) => {
        pub(crate) struct $name {
            word: loom::sync::atomic::$name,
            beacon: loom::sync::atomic::AtomicU32,
        }

        #[allow(dead_code)]
        impl $name {
            pub(crate) fn new(value: $value) -> Self {
                Self {
                    word: loom::sync::atomic::$name::new(value),
                    beacon: loom::sync::atomic::AtomicU32::new(0),
                }
            }

            fn announced(&self) -> &loom::sync::atomic::$name {
                self.beacon.fetch_add(0, Ordering::Relaxed);
                &self.word
            }

            pub(crate) fn load(&self, ordering: Ordering) -> $value {
                self.announced().load(ordering)
            }

            pub(crate) fn store(&self, value: $value, ordering: Ordering) {
                self.announced().store(value, ordering);
            }

            pub(crate) fn swap(&self, value: $value, ordering: Ordering) -> $value {
                self.announced().swap(value, ordering)
            }

            pub(crate) fn fetch_add(&self, value: $value, ordering: Ordering) -> $value {
                self.announced().fetch_add(value, ordering)
            }

            pub(crate) fn fetch_sub(&self, value: $value, ordering: Ordering) -> $value {
                self.announced().fetch_sub(value, ordering)
            }

            pub(crate) fn fetch_or(&self, value: $value, ordering: Ordering) -> $value {
                self.announced().fetch_or(value, ordering)
            }

            pub(crate) fn fetch_and(&self, value: $value, ordering: Ordering) -> $value {
                self.announced().fetch_and(value, ordering)
            }

            pub(crate) fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.announced().compare_exchange_weak(current, new, success, failure)
            }
        }
    };
}
announced!(AtomicU32, u32);
announced!(AtomicU64, u64);

/// As [`fence`]: a swap is not one of them here.
pub(crate) fn fence_after_swap(ordering: Ordering) {
    fence(ordering);
}

/// As `core`'s fence. Weakened below `Acquire` it is no fence at all; loom would panic at it.
pub(crate) fn fence(ordering: Ordering) {
    if ordering != Ordering::Relaxed {
        loom::sync::atomic::fence(ordering);
    }
}

/// As the lock of a normal build.
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// As that of a normal build, with a word that loom sees: who finds the value sees what was done
/// before it was put there.
pub(crate) struct OnceLock<T> {
    value: StdOnceLock<T>,
    there: AtomicU32,
    lock: Mutex<()>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self { value: StdOnceLock::new(), there: AtomicU32::new(0), lock: Mutex::new(()) }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        // Acquire, with the store in `get_or_init`: the value is seen whole.
        let there = self.there.load(Ordering::Acquire) != 0;
        if there { self.value.get() } else { None }
    }

    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        let _held = self.lock.lock();
        let value = self.value.get_or_init(init);
        // Release, with the load in `get`.
        self.there.store(1, Ordering::Release);
        value
    }
}

/// As in a normal build. There is no time here, so that a deadline never passes.
pub(crate) mod parking {
    use std::sync::Arc;
    use std::task::{Wake, Waker};
    use std::time::Instant;

    use loom::thread::{self, Thread};

    pub(crate) use loom::thread::yield_now;

    /// Nothing else makes a thread of a model sleep, so that its own token is enough.
    pub(crate) struct Sleeper(Waker);

    struct Shared(Thread);

    impl Wake for Shared {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    pub(crate) fn with_sleeper<R>(f: impl FnOnce(&Sleeper) -> R) -> R {
        f(&Sleeper(Arc::new(Shared(thread::current())).into()))
    }

    impl Sleeper {
        pub(crate) fn waker(&self) -> &Waker {
            &self.0
        }

        pub(crate) fn park_until(&self, _deadline: Option<Instant>) -> bool {
            thread::park();
            true
        }
    }
}

/// In a model the same at each call: its runs must repeat exactly.
pub(crate) fn turn() -> u64 {
    0
}

/// Names an ordering; see the module.
macro_rules! ord {
    ($label:ident, $kind:ident, $ordering:ident) => {
        $crate::sync::ordering(
            stringify!($label),
            stringify!($kind),
            ::loom::sync::atomic::Ordering::$ordering,
        )
    };
}
pub(crate) use ord;

/// Names a place where a fault can be planted; see the module.
macro_rules! planted {
    ($label:ident) => {
        $crate::sync::is_planted(stringify!($label))
    };
}
pub(crate) use planted;

/// Whether the table plants the fault `label`: its entry is `LABEL=planted` then.
pub(crate) fn is_planted(label: &str) -> bool {
    entry().is_some_and(|(name, what)| name == label && what == "planted")
}

/// What the table names, and what becomes of it.
fn entry() -> Option<&'static (String, String)> {
    static ENTRY: StdOnceLock<Option<(String, String)>> = StdOnceLock::new();
    let read = || {
        let entry = std::env::var("RINGMILL_WEAKEN").ok()?;
        let (label, what) = entry.split_once('=').expect("LABEL=Ordering");
        Some((label.into(), what.into()))
    };
    ENTRY.get_or_init(read).as_ref()
}

/// The ordering of the place `label`: `written`, unless the table weakens this one.
///
/// The table is the variable `RINGMILL_WEAKEN`, of the form `LABEL=Ordering`.
///
/// # Panics
///
/// If the ordering is one that `core` refuses for this kind of access: loom would take it.
pub(crate) fn ordering(label: &str, kind: &str, written: Ordering) -> Ordering {
    static CHOSEN: StdOnceLock<Ordering> = StdOnceLock::new();
    let chosen = match entry() {
        Some((name, ordering)) if name == label => *CHOSEN.get_or_init(|| parse(ordering)),
        _ => written,
    };
    let refused = match kind {
        "load" | "cas_fail" => matches!(chosen, Ordering::Release | Ordering::AcqRel),
        "store" => matches!(chosen, Ordering::Acquire | Ordering::AcqRel),
        "rmw" | "cas_ok" | "fence" => false,
        _ => panic!("{label}: there is no kind of access named {kind}"),
    };
    assert!(!refused, "{label}: a {kind} cannot be {chosen:?}");
    chosen
}

fn parse(name: &str) -> Ordering {
    match name {
        "Relaxed" => Ordering::Relaxed,
        "Acquire" => Ordering::Acquire,
        "Release" => Ordering::Release,
        "AcqRel" => Ordering::AcqRel,
        "SeqCst" => Ordering::SeqCst,
        _ => panic!("there is no ordering named {name}"),
    }
}

/// A contiguous row of uninitialised cells; each has a shadow in which loom sees the accesses.
pub(crate) struct Cells<T> {
    memory: Box<[core::cell::UnsafeCell<MaybeUninit<T>>]>,
    shadows: Box<[UnsafeCell<()>]>,
}

/// A claim on a range of [`Cells`]: loom checks it against every other while it lives.
pub(crate) enum Access {
    Reading { _cells: Vec<loom::cell::ConstPtr<()>> },
    Writing { _cells: Vec<loom::cell::MutPtr<()>> },
}

impl<T> Cells<T> {
    pub(crate) fn try_new(len: usize) -> Option<Self> {
        Some(Self {
            memory: (0..len).map(|_| core::cell::UnsafeCell::new(MaybeUninit::uninit())).collect(),
            shadows: (0..len).map(|_| UnsafeCell::new(())).collect(),
        })
    }

    pub(crate) fn as_ptr(&self) -> *mut MaybeUninit<T> {
        self.memory.as_ptr().cast_mut().cast()
    }

    /// The shadows to be checked: none while a failed model unwinds, since that would panic again.
    fn shadows(&self, range: Range<usize>) -> impl Iterator<Item = &UnsafeCell<()>> {
        let range = if std::thread::panicking() { 0..0 } else { range };
        self.shadows[range].iter()
    }

    pub(crate) fn reading(&self, first: usize, len: usize) -> Access {
        let cells = self.shadows(first..first + len).map(UnsafeCell::get);
        Access::Reading { _cells: cells.collect() }
    }

    pub(crate) fn writing(&self, first: usize, len: usize) -> Access {
        let cells = self.shadows(first..first + len).map(UnsafeCell::get_mut);
        Access::Writing { _cells: cells.collect() }
    }
}
