//! Handles: what a pointer from C refers to.
//!
//! A release build believes every pointer but NULL. A debug build keeps a list of the handles that
//! are alive, with their kinds, and keeps the memory of those that were freed last, so that none of
//! them can be mistaken for a new one.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::{self, NonNull};

use super::barrier::invalid;
use super::ringmill_status as Status;

/// A type that C knows as an opaque pointer.
pub(super) trait Handle: Sized {
    /// What C calls it.
    const KIND: &str;
}

/// Memory for a handle, and what goes with it.
pub(super) fn allocate(layout: Layout) -> Option<NonNull<u8>> {
    debug_assert!(layout.size() > 0);
    // SAFETY: the layout of a handle is not empty.
    NonNull::new(unsafe { alloc(layout) })
}

/// Gives memory back that [`allocate`] gave, or keeps it for a while.
///
/// # Safety
///
/// It was allocated with this layout, and nobody uses it any more.
pub(super) unsafe fn release(memory: NonNull<u8>, layout: Layout) {
    #[cfg(debug_assertions)]
    let Some((memory, layout)) = alive::keep(memory, layout) else {
        return;
    };
    // SAFETY: by the caller, of now or of then.
    unsafe { dealloc(memory.as_ptr(), layout) };
}

/// Makes a handle of a value.
pub(super) fn give<H: Handle>(value: H) -> Result<*mut H, Status> {
    let Some(memory) = allocate(Layout::new::<H>()) else {
        let detail = format_args!("no memory for a {}", H::KIND);
        return Err(super::status::failed(Status::OutOfMemory, detail));
    };
    let handle = memory.cast::<H>();
    // SAFETY: allocated for it.
    unsafe { handle.write(value) };
    born(handle);
    Ok(handle.as_ptr())
}

/// Takes a handle back, if it is not NULL, and drops what it stands for.
///
/// # Safety
///
/// It is NULL, or from [`give`] and used by nobody any more.
pub(super) unsafe fn free<H: Handle>(handle: *mut H) {
    let Some(handle) = NonNull::new(handle) else { return };
    died(handle);
    // SAFETY: by the caller; dropped once, then its memory given back.
    unsafe {
        ptr::drop_in_place(handle.as_ptr());
        release(handle.cast(), Layout::new::<H>());
    }
}

/// What a handle stands for.
///
/// # Safety
///
/// It is NULL or alive, at least for the lifetime that the caller chooses.
#[inline(always)]
pub(super) unsafe fn borrow<'a, H: Handle>(handle: *const H) -> Result<&'a H, Status> {
    if handle.is_null() {
        return invalid(format_args!("{} is NULL", H::KIND));
    }
    #[cfg(debug_assertions)]
    if !alive::is(handle.cast(), H::KIND) {
        return Err(super::status::failed(
            Status::StaleHandle,
            format_args!("{handle:p} is no {} that is alive", H::KIND),
        ));
    }
    // SAFETY: not NULL, and alive by the caller.
    Ok(unsafe { &*handle })
}

/// Notes a new handle.
pub(super) fn born<H: Handle>(_handle: NonNull<H>) {
    #[cfg(debug_assertions)]
    alive::add(_handle.as_ptr().cast(), H::KIND);
}

/// Notes that a handle is freed. A debug build aborts if it is not alive.
pub(super) fn died<H: Handle>(_handle: NonNull<H>) {
    #[cfg(debug_assertions)]
    if !alive::remove(_handle.as_ptr().cast(), H::KIND) {
        std::eprintln!("ringmill: {_handle:p} was freed, and is no {} that is alive", H::KIND);
        std::process::abort();
    }
}

/// The list of a debug build.
#[cfg(debug_assertions)]
mod alive {
    use std::alloc::Layout;
    use std::collections::{BTreeMap, VecDeque};
    use std::ptr::NonNull;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// How many freed handles keep their memory.
    const KEPT: usize = 1_024;

    static HANDLES: Mutex<BTreeMap<usize, &'static str>> = Mutex::new(BTreeMap::new());
    static FREED: Mutex<VecDeque<(usize, Layout)>> = Mutex::new(VecDeque::new());

    fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
        list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(handle: *const u8, kind: &'static str) {
        lock(&HANDLES).insert(handle.addr(), kind);
    }

    pub(super) fn is(handle: *const u8, kind: &str) -> bool {
        lock(&HANDLES).get(&handle.addr()) == Some(&kind)
    }

    pub(super) fn remove(handle: *const u8, kind: &str) -> bool {
        let mut handles = lock(&HANDLES);
        let alive = handles.get(&handle.addr()) == Some(&kind);
        if alive {
            handles.remove(&handle.addr());
        }
        alive
    }

    /// Keeps memory, and gives that of the handle that was freed longest ago if there is too much.
    pub(super) fn keep(memory: NonNull<u8>, layout: Layout) -> Option<(NonNull<u8>, Layout)> {
        let mut freed = lock(&FREED);
        freed.push_back((memory.as_ptr().expose_provenance(), layout));
        if freed.len() <= KEPT {
            return None;
        }
        let (oldest, layout) = freed.pop_front()?;
        Some((NonNull::new(std::ptr::with_exposed_provenance_mut(oldest))?, layout))
    }
}
