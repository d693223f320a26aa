//! Futures polled by hand, with wakers that count, or that do worse.

// Not every test binary uses all of it.
#![allow(dead_code)]

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

/// A waker that counts how often it is woken.
#[derive(Debug, Default)]
pub(crate) struct Bell(AtomicUsize);

impl Bell {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// How often it has rung so far.
    pub(crate) fn rings(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future, and the waker that it is polled with.
pub(crate) struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    waker: Waker,
    bell: Arc<Bell>,
}

impl<'a, T> Task<'a, T> {
    /// A task that nobody has polled yet.
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        let bell = Bell::new();
        Self { future: Box::pin(future), waker: Arc::clone(&bell).into(), bell }
    }

    /// The same with a waker of the caller's.
    pub(crate) fn with_waker(future: impl Future<Output = T> + Send + 'a, waker: Waker) -> Self {
        Self { future: Box::pin(future), waker, bell: Bell::new() }
    }

    /// A task that has been polled once, and waits.
    pub(crate) fn waiting(future: impl Future<Output = T> + Send + 'a) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending(), "it has to wait");
        task
    }

    pub(crate) fn poll(&mut self) -> Poll<T> {
        self.future.as_mut().poll(&mut Context::from_waker(&self.waker))
    }

    /// Gives it a waker of the caller's, and leaves its counter.
    pub(crate) fn set_waker(&mut self, waker: Waker) {
        self.waker = waker;
    }

    /// Gives it a new waker, which counts from 0, and returns the old one.
    pub(crate) fn move_elsewhere(&mut self) -> Waker {
        self.bell = Bell::new();
        mem::replace(&mut self.waker, Arc::clone(&self.bell).into())
    }

    /// Polls with a new waker, which counts from 0.
    pub(crate) fn poll_elsewhere(&mut self) -> Poll<T> {
        self.move_elsewhere();
        self.poll()
    }

    /// What the future gives; it must have it.
    pub(crate) fn ready(&mut self) -> T {
        match self.poll() {
            Poll::Ready(result) => result,
            Poll::Pending => panic!("it is ready"),
        }
    }

    /// How often its waker has been woken so far.
    pub(crate) fn rings(&self) -> usize {
        self.bell.rings()
    }

    /// Its counter, which outlives it.
    pub(crate) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }
}

type Hook = Mutex<Option<Box<dyn FnOnce() + Send>>>;

/// A waker that runs code of the test, once, when it is next cloned, woken or dropped.
#[derive(Default)]
pub(crate) struct Hooks {
    clone: Hook,
    wake: Hook,
    drop: Hook,
    wakes: AtomicUsize,
}

impl Hooks {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn on_clone(&self, run: impl FnOnce() + Send + 'static) {
        *self.clone.lock().unwrap() = Some(Box::new(run));
    }

    pub(crate) fn on_wake(&self, run: impl FnOnce() + Send + 'static) {
        *self.wake.lock().unwrap() = Some(Box::new(run));
    }

    pub(crate) fn on_drop(&self, run: impl FnOnce() + Send + 'static) {
        *self.drop.lock().unwrap() = Some(Box::new(run));
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(Ordering::SeqCst)
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        let data = Arc::into_raw(Arc::clone(self)).cast();
        // SAFETY: the functions of the table take the pointer for what it is, an `Arc<Hooks>`, and
        // each waker owns one count of it; `Hooks` is `Send` and `Sync`.
        unsafe { Waker::from_raw(RawWaker::new(data, &TABLE)) }
    }
}

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// Runs the hook outside its lock: it may come here again.
fn run(hook: &Hook) {
    let hook = hook.lock().unwrap().take();
    if let Some(hook) = hook {
        hook();
    }
}

/// # Safety
///
/// `data` is from [`Hooks::waker`], and its waker lives.
unsafe fn hooks<'a>(data: *const ()) -> &'a Hooks {
    // SAFETY: by the caller.
    unsafe { &*data.cast::<Hooks>() }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the waker is being cloned, so it lives.
    run(&unsafe { hooks(data) }.clone);
    // SAFETY: as above; the clone gets a count of its own.
    unsafe { Arc::increment_strong_count(data.cast::<Hooks>()) };
    RawWaker::new(data, &TABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker gives its count to this call.
    let hooks = unsafe { Arc::from_raw(data.cast::<Hooks>()) };
    hooks.wakes.fetch_add(1, Ordering::SeqCst);
    run(&hooks.wake);
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker is being woken, so it lives.
    let hooks = unsafe { hooks(data) };
    hooks.wakes.fetch_add(1, Ordering::SeqCst);
    run(&hooks.wake);
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the waker gives its count to this call.
    let hooks = unsafe { Arc::from_raw(data.cast::<Hooks>()) };
    run(&hooks.drop);
}
