//! Messages that are sent twice, and accepted once.
//!
//! A producer gives a message an [id](crate::message::Message::dedup_id). The queue remembers the
//! ids that it has accepted, as its [`Dedup`] says; for a repeat it gives the first one's name,
//! [`Enqueued::Duplicate`](super::Enqueued::Duplicate), and takes nothing in.
//!
//! # Guarantees
//!
//! Of several that come at once with one id, one is accepted. What is refused, for whatever reason,
//! is not remembered: it can be sent again. A repeat that says something else than the first is
//! refused as `DedupConflict`: see [`fingerprint`](super::QueueBuilder::fingerprint).
//!
//! # Progress
//!
//! An enqueue with an id holds one of 16 locks while it publishes; ids that fall to one lock wait
//! for each other. Messages without an id do not notice.
//!
//! # Cost
//!
//! A lock, 0.1 us; with 10^6 ids up to 0.3 us, as two places in memory are in no cache then. 70 to 110
//! bytes for each id. A window reads the clock. Making room moves the ids of a shard now and then.
//!
//! # Invariants
//!
//! - I1: an id is looked up, its message published, and the id noted under one lock, that of the
//!   id's shard.

mod publish;
mod table;

use core::time::Duration;

use alloc::boxed::Box;
use crossbeam_utils::CachePadded;
use twox_hash::XxHash3_128;

use self::table::{Entry, Table};
use super::core::Core;
use crate::clock::nanos;
use crate::delivery::{Content, Word};
use crate::message::{DedupId, Handle, MessageId, Tag};
use crate::sync::{AtomicU64, Mutex, ord};

/// Which ids a queue remembers.
///
/// # Examples
///
/// ```
/// use ringmill::message::Message;
/// use ringmill::queue::{Dedup, Enqueued, Queue};
/// use std::time::Duration;
///
/// let payments = Queue::<[u8]>::builder("payments")
///     .dedup(Dedup::window(Duration::from_secs(600), 1_000_000))
///     .build()?;
/// let producer = payments.producer();
/// let payment = Message::new("10 EUR".into()).dedup_id("payment 77");
/// let first = producer.enqueue(payment.clone())?;
///
/// // The confirmation got lost, so it is sent once more.
/// assert_eq!(producer.enqueue(payment)?, Enqueued::Duplicate { id: first.id() });
/// assert_eq!(payments.stats().accepted, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dedup(pub(super) Rule);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Window { time: Duration, count: usize },
    UntilSettled,
}

impl Dedup {
    /// The last `count` ids, each for `time` since its message was accepted, whatever has become of
    /// it since. 1 to 2^31 of them, for 1 ms to 10 years.
    pub const fn window(time: Duration, count: usize) -> Self {
        Self(Rule::Window { time, count })
    }

    /// The ids of the messages that are in the queue: ready, delayed, with a consumer, or parked.
    /// One that was acked, cancelled, purged, dropped or went to the dead letters can be sent again.
    ///
    /// At most twice as many ids are kept as the queue has slots.
    pub const fn unique_until_settled() -> Self {
        Self(Rule::UntilSettled)
    }
}

/// What tells a payload from others.
pub(super) type Fingerprint<C> = Box<dyn Fn(&C) -> u128 + Send + Sync>;

/// How many locks there are.
const SHARDS: usize = 16;

/// The ids that a queue remembers.
pub(super) struct Known {
    rule: Rule,
    shards: Box<[CachePadded<Shard>]>,
    /// How many ids have come.
    noted: CachePadded<AtomicU64>,
}

struct Shard {
    table: Mutex<Table>,
    /// Where the index was when somebody looked last, and how many lines it had: it is asked for
    /// before the lock is taken.
    index: [AtomicU64; 2],
}

/// A message that is to be accepted once.
pub(super) struct Once<'a> {
    known: &'a Known,
    id: DedupId,
    print: [u64; 2],
}

/// What a look for an id finds.
enum Found {
    Nothing,
    Known(Entry),
    /// Its message is settled.
    Gone(usize),
}

/// What became of a message that is to be accepted once.
pub(super) enum Outcome {
    /// Nothing: it was accepted before.
    Known(Before),
    /// It was accepted, with this position.
    New((u64, Word)),
    /// It was not: the partition is closed.
    Closed,
    /// It was not: there is no memory for the id.
    OutOfMemory,
}

/// What is known of it.
pub(super) enum Before {
    /// It was accepted before, under this name.
    Same(MessageId),
    /// Another one was, under this name.
    Other(MessageId),
}

impl Known {
    pub(super) fn new(dedup: Dedup) -> Self {
        let shard = || Shard {
            table: Mutex::new(Table::default()),
            index: [AtomicU64::new(0), AtomicU64::new(0)],
        };
        let shards = (0..SHARDS).map(|_| CachePadded::new(shard()));
        let noted = CachePadded::new(AtomicU64::new(0));
        Self { rule: dedup.0, shards: shards.collect(), noted }
    }

    fn shard(&self, id: DedupId) -> &Shard {
        &self.shards[(id.0[1] >> 60) as usize]
    }

    /// Asks for what a look at an id touches.
    fn will_look(&self, id: DedupId) {
        // Relaxed, both: a hint.
        let [at, lines] = &self.shard(id).index;
        let at = at.load(ord!(DEDUP_H1, load, Relaxed));
        let lines = lines.load(ord!(DEDUP_H2, load, Relaxed));
        Table::will_find(id, (at as usize, lines as usize));
    }

    /// Where an id is that is to be remembered, or was.
    fn look<C: Content + ?Sized>(
        &self,
        core: &Core<C>,
        table: &mut Table,
        id: DedupId,
        now: u64,
    ) -> Found {
        let Some(place) = table.find(id) else { return Found::Nothing };
        let entry = table.get(place);
        match self.rule {
            Rule::Window { .. } if self.counts(&entry, now) => Found::Known(entry),
            Rule::Window { .. } => {
                // It goes, and with it all that came before it.
                self.forget(table, now);
                Found::Nothing
            }
            Rule::UntilSettled if core.has(&handle(core, &entry)) => Found::Known(entry),
            Rule::UntilSettled => Found::Gone(place),
        }
    }

    /// Whether a window still has an entry.
    fn counts(&self, entry: &Entry, now: u64) -> bool {
        let Rule::Window { time, count } = self.rule else { return true };
        // Relaxed: a count; what comes to other shards meanwhile comes later.
        let noted = self.noted.load(ord!(DEDUP_N1, load, Relaxed));
        let since = noted.saturating_sub(entry.number);
        since <= count as u64 && now.saturating_sub(entry.stamp) < nanos(time)
    }

    /// Forgets what a window has no longer.
    fn forget(&self, table: &mut Table, now: u64) {
        while table.oldest().is_some_and(|oldest| !self.counts(oldest, now)) {
            table.pop();
        }
    }

    /// Makes room for an id; false if there is no memory.
    fn make_room<C: Content + ?Sized>(
        &self,
        core: &Core<C>,
        shard: &Shard,
        table: &mut Table,
    ) -> bool {
        if !table.is_full() {
            return true;
        }
        if self.rule == Rule::UntilSettled {
            let before = table.len();
            table.retain(|entry| core.has(&handle(core, entry)));
            // With half of it free, it takes as many ids again until the next look.
            if table.len() <= before / 2 && !table.is_full() {
                return true;
            }
        }
        let grown = table.grow().is_ok();
        let (at, lines) = table.index();
        // Relaxed, both: a hint.
        shard.index[0].store(at as u64, ord!(DEDUP_H3, store, Relaxed));
        shard.index[1].store(lines as u64, ord!(DEDUP_H4, store, Relaxed));
        grown
    }

    /// What the clock has to say.
    fn now<C: Content + ?Sized>(&self, core: &Core<C>) -> u64 {
        if self.rule == Rule::UntilSettled { 0 } else { core.engine.now() }
    }

    /// Forgets what is too old, and gives memory back.
    pub(super) fn tidy(&self, now: u64) {
        for shard in &self.shards {
            let mut table = shard.table.lock();
            self.forget(&mut table, now);
            table.shrink();
        }
    }
}

/// Where the message of an entry is, as long as it is there.
fn handle<C: Content + ?Sized>(core: &Core<C>, entry: &Entry) -> Handle {
    let Entry { partition, slot, stamp, .. } = *entry;
    Handle { queue: core.number, partition, slot, generation: stamp }
}

impl<C: Content + ?Sized> Core<C> {
    /// What there is to compare of a message with an id, where the queue remembers them. Runs the
    /// user's code.
    pub(super) fn once(&self, content: &C, tag: &Tag) -> Option<Once<'_>> {
        let id = tag.dedup_id()?;
        let known = self.known.as_ref()?;
        known.will_look(id);
        let payload = self.fingerprint.as_ref().map_or_else(|| content.print(), |f| f(content));
        let mut print = payload;
        if let Some(key) = tag.key() {
            print = mix(print, key);
        }
        for (name, value) in tag.headers() {
            print = mix(mix(print.rotate_left(1), name), value);
        }
        Some(Once { known, id, print: [print as u64, (print >> 64) as u64] })
    }
}

/// The hash of these bytes, and of those that are in `print`.
fn mix(print: u128, bytes: &[u8]) -> u128 {
    let seed = print as u64 ^ (print >> 64) as u64;
    print.rotate_left(31) ^ XxHash3_128::oneshot_with_seed(seed.wrapping_add(1), bytes)
}

impl Once<'_> {
    /// What is known of it.
    fn before<C: Content + ?Sized>(&self, core: &Core<C>) -> Option<Before> {
        let mut table = self.known.shard(self.id).table.lock();
        match self.known.look(core, &mut table, self.id, self.known.now(core)) {
            Found::Known(entry) => Some(self.compare(&entry)),
            Found::Gone(_) | Found::Nothing => None,
        }
    }

    /// Publishes it by `publish`, unless it is known, and notes it (I1). No code of the user runs
    /// meanwhile.
    fn publish<C: Content + ?Sized>(
        &self,
        core: &Core<C>,
        (partition, slot): (u32, u32),
        publish: impl FnOnce() -> Option<(u64, Word)>,
    ) -> Outcome {
        let Self { known, id, print } = *self;
        let shard = known.shard(id);
        let mut table = shard.table.lock();
        let now = known.now(core);
        let gone = match known.look(core, &mut table, id, now) {
            Found::Known(entry) => return Outcome::Known(self.compare(&entry)),
            Found::Gone(place) => Some(place),
            Found::Nothing if known.make_room(core, shard, &mut table) => None,
            Found::Nothing => return Outcome::OutOfMemory,
        };
        let Some((offset, word)) = publish() else { return Outcome::Closed };
        // Relaxed: a count; those of one shard grow under its lock.
        let number = known.noted.fetch_add(1, ord!(DEDUP_N2, rmw, Relaxed));
        let stamp = if known.rule == Rule::UntilSettled { word.generation() } else { now };
        let entry = Entry { id, print, offset, partition, slot, stamp, number };
        match gone {
            Some(place) => table.replace(place, entry),
            None => table.push(entry),
        }
        known.forget(&mut table, now);
        table.look_ahead();
        Outcome::New((offset, word))
    }

    fn compare(&self, first: &Entry) -> Before {
        let id = MessageId::new(0, first.partition, first.offset);
        if first.print == self.print { Before::Same(id) } else { Before::Other(id) }
    }
}
