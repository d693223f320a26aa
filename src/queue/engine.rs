//! The engine: queues by name, one clock, and one housekeeper for all of them.

use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, sync::Weak, vec::Vec};
use core::any::Any;
use core::fmt;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;
use std::thread;

use super::Queue;
use super::alarm::Alarm;
use super::config::BuildError;
use super::core::Core;
use crate::clock::{Clock, SystemClock, nanos};
use crate::delivery::Content;
use crate::sync::Mutex;
use crate::wait::Panics;

/// Queues that share a clock and a housekeeper, and know each other by name.
///
/// A handle: clones are the same engine. When the last one is gone, its queues close; what was
/// accepted can still be consumed. When the last of them is gone too, the housekeeper's thread ends.
///
/// # Cost
///
/// Ten thousand queues are fine: one of up to 8 partitions that nothing has come to takes less than
/// 3.25 KiB, and some microseconds to make; a producer and a consumer of it together less than
/// 1.5 KiB, and 320 bytes for each partition. Memory for messages comes with the first one of a
/// partition: some 200 bytes for each slot of its capacity. A pass of the housekeeper takes a
/// microsecond or two for an empty queue, and comes as often as the shortest lease of all queues
/// wants it: at least four times in it.
///
/// # Examples
///
/// The host owns the time, and no thread is started:
///
/// ```
/// use ringmill::clock::VirtualClock;
/// use ringmill::queue::{Engine, Queue};
/// use std::time::Duration;
///
/// let clock = VirtualClock::new();
/// let engine = Engine::builder().clock(clock.clone()).manual().build();
/// let jobs = Queue::<u32>::builder("jobs").engine(&engine).build()?;
/// jobs.producer().enqueue(7)?;
///
/// let consumer = jobs.consumer();
/// consumer.try_dequeue()?.nack()?; // the first retry comes after a second
/// assert!(consumer.try_dequeue().is_err());
/// clock.advance(Duration::from_secs(1));
/// engine.tick();
/// assert_eq!(*consumer.try_dequeue()?, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    pub(super) shared: Arc<EngineCore>,
    /// Closes all queues when the last handle is gone.
    _owner: Arc<Owner>,
}

struct Owner(Arc<EngineCore>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// How an engine is to be.
#[must_use]
pub struct EngineBuilder {
    clock: Box<dyn Clock>,
    manual: bool,
}

/// What all handles share.
pub(crate) struct EngineCore {
    clock: Box<dyn Clock>,
    /// No thread: the host calls [`Engine::tick`].
    manual: bool,
    alarm: Alarm,
    queues: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    queues: BTreeMap<Arc<str>, Weak<dyn Kept>>,
    closed: bool,
}

/// How many queues there have been, of all engines: a receipt or a handle of one is of no other.
static MADE: std::sync::Mutex<u64> = std::sync::Mutex::new(0);

fn next_number() -> u64 {
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *made += 1;
    *made
}

/// A queue, of whatever type its messages are.
pub(crate) trait Kept: Send + Sync {
    /// Does what is due at `now`, and says when to come again at the latest. A pass that somebody
    /// `asks` for looks at all leases.
    fn pass(&self, now: u64, asks: bool) -> u64;
    /// Refuses all that comes.
    fn shut(&self);
    /// Itself, to find out its type.
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl Engine {
    /// An engine on the system's clocks, with a housekeeper's thread.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// An engine with a clock of one's own, or without a thread.
    pub fn builder() -> EngineBuilder {
        EngineBuilder { clock: Box::new(SystemClock::new()), manual: false }
    }

    /// Does what is due: takes expired leases back, hands out again what has waited long enough,
    /// tries again what could not go to the dead letters. Says how long nothing will be due; a
    /// lease may be taken by a consumer meanwhile, so that this is never longer than a quarter of
    /// the shortest one.
    ///
    /// The housekeeper's thread does so by itself; without one, the host calls this. Where messages
    /// fall due every moment the thread looks at the leases, which takes longest, only four times in
    /// the length of one.
    ///
    /// # Cost
    ///
    /// O(slots) of the partitions that have been used, and O(log) of what is due.
    pub fn tick(&self) -> Duration {
        self.shared.tick(true)
    }

    /// A queue by name, if there is one with messages of this type.
    pub fn queue<T>(&self, name: &str) -> Option<Queue<T>>
    where
        T: Content<Owned: Send> + Sync + ?Sized,
    {
        let core = self.shared.find(name)?.any().downcast::<Core<T>>().ok()?;
        Queue::of_live(core)
    }

    /// The names of its queues, sorted.
    pub fn names(&self) -> Vec<String> {
        let registry = self.shared.queues.lock();
        let live = registry.queues.iter().filter(|(_, queue)| queue.strong_count() > 0);
        live.map(|(name, _)| String::from(&**name)).collect()
    }

    /// Closes every queue, and refuses to make others. What was accepted can still be consumed.
    pub fn close(&self) {
        self.shared.close();
    }

    /// What it takes for the time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("queues", &self.names()).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Another clock than the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// No thread: the host calls [`Engine::tick`].
    pub fn manual(mut self) -> Self {
        self.manual = true;
        self
    }

    /// Makes it. The thread is started with the first queue.
    pub fn build(self) -> Engine {
        let shared = self.core();
        Engine { _owner: Arc::new(Owner(Arc::clone(&shared))), shared }
    }

    /// One that nobody has a handle of.
    pub(super) fn core(self) -> Arc<EngineCore> {
        Arc::new(EngineCore {
            clock: self.clock,
            manual: self.manual,
            alarm: Alarm::default(),
            queues: Mutex::new(Registry::default()),
        })
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("manual", &self.manual).finish_non_exhaustive()
    }
}

impl EngineCore {
    /// Closes every queue, and refuses others.
    fn close(&self) {
        let queues = {
            let mut registry = self.queues.lock();
            registry.closed = true;
            registry.queues.values().filter_map(Weak::upgrade).collect::<Vec<_>>()
        };
        queues.iter().for_each(|queue| queue.shut());
    }

    /// Nanoseconds of the clock.
    pub(crate) fn now(&self) -> u64 {
        nanos(self.clock.now())
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Sees to it that a pass comes at `due` at the latest. A fence stands before it.
    #[inline]
    pub(crate) fn due_at(&self, due: u64) {
        if self.alarm.is_late_for(due) {
            self.alarm.ring();
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<Arc<dyn Kept>> {
        self.queues.lock().queues.get(name)?.upgrade()
    }

    /// Adds a queue that `make` makes of its number, unless the name is taken.
    pub(crate) fn add<K: Kept + 'static>(
        self: &Arc<Self>,
        name: &Arc<str>,
        make: impl FnOnce(u64) -> Result<K, BuildError>,
    ) -> Result<Arc<K>, BuildError> {
        let mut registry = self.queues.lock();
        if registry.closed {
            return Err(BuildError::Closed);
        }
        if registry.queues.get(name).is_some_and(|queue| queue.strong_count() > 0) {
            return Err(BuildError::NameConflict { name: String::from(&**name) });
        }
        let queue = Arc::new(make(next_number())?);
        let weak: Weak<dyn Kept> = Arc::downgrade(&(Arc::clone(&queue) as Arc<dyn Kept>));
        registry.queues.insert(Arc::clone(name), weak);
        drop(registry);
        self.start();
        // It may want a pass sooner than the others did.
        self.alarm.ring();
        Ok(queue)
    }

    /// Starts the housekeeper's thread, if it is to be and is not.
    fn start(self: &Arc<Self>) {
        if self.manual {
            return;
        }
        self.alarm.thread.get_or_init(|| {
            let engine = Arc::downgrade(self);
            let keep = move || {
                while let Some(engine) = engine.upgrade() {
                    // The user's code may panic; the others' messages are looked after all the same.
                    let nap = catch_unwind(AssertUnwindSafe(|| engine.tick(false)));
                    _ = catch_unwind(AssertUnwindSafe(|| drop(engine)));
                    thread::park_timeout(nap.unwrap_or(SOON));
                }
            };
            let named = thread::Builder::new().name("ringmill".into()).spawn(keep);
            // Where the system refuses a thread, nothing expires until the host calls `tick`.
            named.ok().map(|thread| thread.thread().clone())
        });
        // A new queue may want a pass sooner than the others did; and whoever rang while the thread
        // was being started was not heard.
        self.alarm.ring();
    }

    fn tick(&self, asks: bool) -> Duration {
        let queues: Vec<_> = {
            let mut registry = self.queues.lock();
            registry.queues.retain(|_, queue| queue.strong_count() > 0);
            registry.queues.values().filter_map(Weak::upgrade).collect()
        };
        self.alarm.passing();
        let now = self.now();
        let mut panics = Panics::default();
        let mut next = now.saturating_add(LONGEST_NAP);
        for queue in queues {
            panics.catch(|| next = next.min(queue.pass(now, asks)));
            panics.catch(|| drop(queue)); // The last handle of it, perhaps.
        }
        self.alarm.passed(next);
        Duration::from_nanos(next.saturating_sub(self.now()))
    }
}

/// How soon a pass comes after one in which the user's code panicked.
const SOON: Duration = Duration::from_millis(10);

/// The longest time between two passes: a minute. There may be nothing to do then, but a clock that
/// somebody stepped shall not keep a message for ever.
const LONGEST_NAP: u64 = 60_000_000_000;

impl Drop for EngineCore {
    fn drop(&mut self) {
        self.alarm.ring();
    }
}
