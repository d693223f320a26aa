//! Where a thread runs, and with which priority.
//!
//! Threads that do not outnumber the cores are pinned, one to a core, and where the system lets us
//! (root) run under `SCHED_FIFO`, so that nothing else takes their core in the middle of a round.
//! More threads than cores are never pinned: the scheduler is then part of what is measured; where
//! allowed they run at nice -20, to keep strangers out.

use std::{fmt, sync::OnceLock, thread};

use core_affinity::CoreId;

/// Scheduling of one thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// As the thread was born.
    Normal,
    /// Normal class, nice -20.
    Nice,
    /// Real time, first in first out.
    Fifo,
}

/// Core and priority of one thread.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    core: Option<CoreId>,
    priority: Priority,
}

impl Place {
    /// No pinning, no priority.
    pub const ANYWHERE: Self = Self { core: None, priority: Priority::Normal };

    /// Pinned to `core` with `priority`.
    #[must_use]
    pub fn pinned(core: CoreId, priority: Priority) -> Self {
        Self { core: Some(core), priority }
    }

    /// Unpinned with `priority`.
    #[must_use]
    pub fn floating(priority: Priority) -> Self {
        Self { core: None, priority }
    }

    /// Puts the calling thread there. What the system refuses is left as it is: [`Powers`] has
    /// tried it and tells the reader.
    pub fn take(self) {
        if let Some(core) = self.core {
            core_affinity::set_for_current(core);
        }
        match self.priority {
            Priority::Normal => {}
            Priority::Nice => drop(sys::nice_20()),
            Priority::Fifo => drop(sys::fifo()),
        }
    }
}

/// Cores, and what the system allows.
#[derive(Debug, Clone)]
pub struct Powers {
    /// The cores to pin to, in order.
    pub cores: Vec<CoreId>,
    /// Whether threads may become real time.
    pub fifo: bool,
    /// Whether threads may become more urgent.
    pub nice: bool,
}

/// Found out once a process.
static POWERS: OnceLock<Powers> = OnceLock::new();

impl Powers {
    /// Pins to these cores, in this order: say, to one hardware thread of each core. False if the
    /// cores were in use already.
    pub fn choose_cores(ids: &[usize]) -> bool {
        let cores = ids.iter().map(|id| CoreId { id: *id }).collect();
        POWERS.set(Self { cores, ..Self::found() }).is_ok()
    }

    /// What this process may do.
    #[must_use]
    pub fn of_this_process() -> &'static Self {
        POWERS.get_or_init(Self::found)
    }

    fn found() -> Self {
        // Tests run beside each other: none may take a core from the others.
        if cfg!(test) {
            return Self { cores: Vec::new(), fifo: false, nice: false };
        }
        let probe = |f: fn() -> bool| thread::spawn(f).join().unwrap_or(false);
        Self {
            cores: core_affinity::get_core_ids().unwrap_or_default(),
            fifo: probe(|| sys::fifo().is_ok()),
            nice: probe(|| sys::nice_20().is_ok()),
        }
    }

    /// For one thread among many: a core it gets whenever it wants to, if the system permits.
    #[must_use]
    pub fn front_seat(&self) -> Place {
        let priority = if self.fifo { Priority::Fifo } else { Priority::Normal };
        match self.cores.first() {
            Some(core) => Place::pinned(*core, priority),
            None => Place::floating(priority),
        }
    }

    /// One place for each of `threads` threads.
    #[must_use]
    pub fn places(&self, threads: usize) -> Vec<Place> {
        if threads <= self.cores.len() {
            let priority = if self.fifo { Priority::Fifo } else { Priority::Normal };
            self.cores[..threads].iter().map(|core| Place::pinned(*core, priority)).collect()
        } else {
            let priority = if self.nice { Priority::Nice } else { Priority::Normal };
            vec![Place::floating(priority); threads]
        }
    }
}

impl fmt::Display for Powers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pinned = if self.fifo { "pinned, SCHED_FIFO" } else { "pinned, normal priority" };
        let floating = if self.nice { "unpinned, nice -20" } else { "unpinned, normal priority" };
        write!(f, "threads <= cores: {pinned}; more threads than cores: {floating}")
    }
}

/// The thread's number in the system, to reach it from outside.
#[must_use]
pub fn own_thread_number() -> i32 {
    sys::thread_number()
}

/// How often the calling thread has given its core away to wait for something. None if the system
/// does not say.
#[must_use]
pub fn times_slept() -> Option<i64> {
    sys::times_slept()
}

/// Lets a thread that will never end run only when nobody else wants to.
pub fn banish(thread: i32) {
    sys::idle(thread);
}

#[cfg(target_os = "linux")]
mod sys {
    use std::{io, mem::MaybeUninit};

    fn answer(code: i32) -> io::Result<()> {
        if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    pub(super) fn fifo() -> io::Result<()> {
        let param = libc::sched_param { sched_priority: 1 };
        // SAFETY: 0 is the calling thread; `param` is a valid, initialised struct for the call.
        answer(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &param) })
    }

    pub(super) fn nice_20() -> io::Result<()> {
        // SAFETY: no pointers; the call changes the priority of the calling thread only.
        answer(unsafe { libc::setpriority(libc::PRIO_PROCESS, thread_number() as u32, -20) })
    }

    pub(super) fn idle(thread: i32) {
        let param = libc::sched_param { sched_priority: 0 };
        // SAFETY: `param` is a valid, initialised struct; a stale number makes the call fail.
        let _ = unsafe { libc::sched_setscheduler(thread, libc::SCHED_IDLE, &param) };
    }

    pub(super) fn thread_number() -> i32 {
        // SAFETY: no arguments; it cannot fail.
        unsafe { libc::gettid() }
    }

    pub(super) fn times_slept() -> Option<i64> {
        let mut usage = MaybeUninit::<libc::rusage>::uninit();
        // SAFETY: `usage` is valid for the write of one struct.
        let code = unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
        // SAFETY: a successful call has written all of it.
        (code == 0).then(|| unsafe { usage.assume_init() }.ru_nvcsw)
    }
}

#[cfg(not(target_os = "linux"))]
mod sys {
    use std::io;

    fn refused() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn fifo() -> io::Result<()> {
        refused()
    }

    pub(super) fn nice_20() -> io::Result<()> {
        refused()
    }

    pub(super) fn idle(_thread: i32) {}

    pub(super) fn thread_number() -> i32 {
        0
    }

    pub(super) fn times_slept() -> Option<i64> {
        None
    }
}
