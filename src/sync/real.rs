//! The primitives of a normal build: `core`'s own, with nothing around them at run time.

use alloc::{boxed::Box, vec::Vec};
use core::hint::spin_loop;
use core::mem::MaybeUninit;

pub(crate) use alloc::sync::Arc;
pub(crate) use core::sync::atomic::{AtomicU32, AtomicU64};

use core::sync::atomic::Ordering;

/// A lock that a panic does not poison: what it guards is right at every moment.
#[cfg(feature = "std")]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

#[cfg(feature = "std")]
impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(feature = "queue")]
pub(crate) use std::sync::OnceLock;

/// Threads that sleep, and the wakers that wake them.
#[cfg(feature = "std")]
pub(crate) mod parking {
    use core::cell::Cell;
    use core::sync::atomic::{AtomicBool, Ordering};
    use core::task::Waker;
    use std::sync::Arc;
    use std::task::Wake;
    use std::thread::{self, Thread};
    use std::time::Instant;

    pub(crate) use std::thread::yield_now;

    /// A bed of this thread.
    pub(crate) struct Sleeper {
        shared: Arc<Shared>,
        waker: Waker,
    }

    struct Shared {
        thread: Thread,
        /// Set by a waker. The thread's own token would not do: whatever else makes the thread
        /// sleep takes it away, such as the waker of a task that the thread itself has to wake.
        woken: AtomicBool,
    }

    impl Wake for Shared {
        fn wake(self: Arc<Self>) {
            self.wake_by_ref();
        }

        fn wake_by_ref(self: &Arc<Self>) {
            // Release, pairs with the swap in `park_until`: what was done before the wake-up.
            self.woken.store(true, Ordering::Release);
            self.thread.unpark();
        }
    }

    std::thread_local! {
        static SLEEPER: Cell<Option<Sleeper>> = const { Cell::new(None) };
    }

    /// Lends the sleeper of this thread. It is made once, when the thread sleeps for the first
    /// time; while it is lent, who else sleeps in this thread has one of its own.
    pub(crate) fn with_sleeper<R>(f: impl FnOnce(&Sleeper) -> R) -> R {
        // There is none if the thread is ending, and some destructor waits.
        let kept = SLEEPER.try_with(Cell::take).ok().flatten();
        let sleeper = kept.unwrap_or_else(Sleeper::new);
        let result = f(&sleeper);
        // Let go otherwise.
        let _ = SLEEPER.try_with(|kept| kept.set(Some(sleeper)));
        result
    }

    impl Sleeper {
        fn new() -> Self {
            let woken = AtomicBool::new(false);
            let shared = Arc::new(Shared { thread: thread::current(), woken });
            Self { waker: Arc::clone(&shared).into(), shared }
        }

        pub(crate) fn waker(&self) -> &Waker {
            &self.waker
        }

        /// Sleeps until the waker is woken, or for no reason; not at all if it has been woken since
        /// the last sleep. False if the deadline has passed, at once.
        pub(crate) fn park_until(&self, deadline: Option<Instant>) -> bool {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return false;
            }
            // Acquire, pairs with the store in `wake_by_ref`.
            if !self.shared.woken.swap(false, Ordering::Acquire) {
                match left {
                    None => thread::park(),
                    Some(left) => thread::park_timeout(left),
                }
                // Acquire, as above.
                self.shared.woken.swap(false, Ordering::Acquire);
            }
            true
        }
    }
}

/// A fraction of 2^64, another one at each call of a thread, for taking turns: steps of the golden
/// ratio, so that every share of the calls, such as each second one, gets fractions from
/// everywhere.
#[cfg(feature = "std")]
pub(crate) fn turn() -> u64 {
    std::thread_local! {
        static TURN: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
    }
    let step =
        |turn: &core::cell::Cell<u64>| turn.replace(turn.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
    TURN.try_with(step).unwrap_or_default()
}

/// Names an ordering; see the module.
macro_rules! ord {
    ($label:ident, $kind:ident, $ordering:ident) => {
        ::core::sync::atomic::Ordering::$ordering
    };
}
pub(crate) use ord;

/// Whether a fault is planted here; see [`sync`](super). Never in a normal build.
#[cfg(feature = "queue")]
macro_rules! planted {
    ($label:ident) => {
        false
    };
}
#[cfg(feature = "queue")]
pub(crate) use planted;

/// As `core`'s fence; a sequentially consistent one is cheaper than the compiler's on x86.
///
/// There `mfence` also waits for what no fence of the language needs (writes to memory of other
/// types); an instruction with the prefix `lock` orders all that is ordered at all, at half the
/// price.
#[inline(always)]
pub(crate) fn fence(ordering: Ordering) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if ordering == Ordering::SeqCst {
        // SAFETY: it writes a word of the stack with what is in it, and changes nothing but flags;
        // as `asm` may touch any memory, the compiler moves no access across it.
        unsafe { core::arch::asm!("lock or dword ptr [rsp], 0") };
        return;
    }
    core::sync::atomic::fence(ordering);
}

/// A [`fence`] for who has just succeeded in a swap.
///
/// On x86 that was one already: no instruction is needed, and the compiler moves no access across
/// an `asm` that may touch memory.
#[inline(always)]
pub(crate) fn fence_after_swap(ordering: Ordering) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        debug_assert!(ordering == Ordering::SeqCst);
        // SAFETY: no instruction at all.
        unsafe { core::arch::asm!("") };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    fence(ordering);
}

/// The bits of a slot's word that are used: all of them.
pub(crate) const WORD_BITS: u32 = u32::MAX;

/// How many pauses to spend on a place where there is nothing yet: 0.2 us where a pause takes 25
/// ns, which is what a value takes from core to core and a little.
pub(crate) const DRY_PAUSES: u32 = 8;

/// Stays away for `pauses` pauses.
#[inline]
pub(crate) fn pause(pauses: u32) {
    for _ in 0..pauses {
        spin_loop();
    }
}

/// Waits for another thread's store, for the `round`th time: 1, 2, 4 .. 32 pauses, then gives the
/// core away, where there is a system to ask.
pub(crate) fn wait(round: u32) {
    #[cfg(feature = "std")]
    if round >= 6 {
        return std::thread::yield_now();
    }
    pause(1 << round.min(6));
}

/// Asks for a line of memory before it is needed, on machines that can be asked. There may be
/// nothing at that address any more.
#[cfg(feature = "queue")]
#[inline(always)]
pub(crate) fn prefetch(address: usize) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint, which every x86-64 has: nothing is read, and no address is a fault.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(core::ptr::without_provenance(address));
    }
    #[cfg(any(not(target_arch = "x86_64"), miri))]
    let _ = address;
}

/// `core`'s cell behind the closures that loom checks.
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// A contiguous row of uninitialised cells, so that a range of them can be lent as a slice.
pub(crate) struct Cells<T>(Box<[core::cell::UnsafeCell<MaybeUninit<T>>]>);

/// A claim on a range of [`Cells`], held while its memory is touched. Nothing at run time.
pub(crate) struct Access;

impl<T> Cells<T> {
    /// A row of `len` cells, or `None` if there is no memory for them.
    pub(crate) fn try_new(len: usize) -> Option<Self> {
        let mut cells = Vec::new();
        cells.try_reserve_exact(len).ok()?;
        cells.resize_with(len, || core::cell::UnsafeCell::new(MaybeUninit::uninit()));
        Some(Self(cells.into_boxed_slice()))
    }

    /// The first cell.
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut MaybeUninit<T> {
        // A cell has the layout of what is in it, and a slice of cells that of an array.
        self.0.as_ptr().cast_mut().cast()
    }

    /// Says that the caller reads the cells `first .. first + len`.
    #[inline(always)]
    pub(crate) fn reading(&self, _first: usize, _len: usize) -> Access {
        Access
    }

    /// Says that the caller writes the cells `first .. first + len`.
    #[inline(always)]
    pub(crate) fn writing(&self, _first: usize, _len: usize) -> Access {
        Access
    }
}
