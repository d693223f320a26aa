//! Messages: what goes into a queue, and how one of them is named.
//!
//! ```
//! use ringmill::message::Message;
//!
//! let message = Message::new("pay 10 EUR").key("customer 7").header("source", "web");
//! assert_eq!(message.payload(), &"pay 10 EUR");
//! ```

mod due;
mod history;
mod id;
mod key;
mod priority;

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use core::time::Duration;
use std::time::SystemTime;

use twox_hash::XxHash3_128;

pub use due::{DelayLevel, Due};
pub use history::{Death, Reason};
pub use id::{Handle, MessageId, Receipt};
pub(crate) use key::KeyBytes;
pub use priority::Priority;

/// A payload, and what is said about it.
///
/// A payload alone is a message without a key: `From` makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct Message<P> {
    payload: P,
    tag: Tag,
    priority: Priority,
}

/// All that belongs to a message but its payload.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) key: Option<KeyBytes>,
    pub(crate) more: Option<Box<More>>,
}

/// A name and a value.
pub(crate) type Header = (Box<[u8]>, Box<[u8]>);

/// What few messages have.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct More {
    pub(crate) headers: Vec<Header>,
    pub(crate) history: Vec<Death>,
    /// What a dead letter had before it died.
    pub(crate) priority: Priority,
    /// When it is to be handed out; not in a slot.
    pub(crate) due: Option<Due>,
    pub(crate) dedup_id: Option<DedupId>,
    /// How long it lives; not in a slot.
    pub(crate) ttl: Option<Duration>,
}

/// The hash of the name that its producer gave a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DedupId(pub(crate) [u64; 2]);

impl<P> Message<P> {
    /// A message with this payload, without a key, without headers.
    #[inline]
    pub fn new(payload: P) -> Self {
        Self { payload, tag: Tag { key: None, more: None }, priority: Priority::NORMAL }
    }

    /// Sets the key: messages with one key go to one partition. Any bytes.
    ///
    /// Up to 22 bytes stand in the slot; longer ones are allocated.
    #[inline]
    #[must_use]
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.tag.key = Some(KeyBytes::new(key.as_ref()));
        self
    }

    /// Appends a header. Any bytes; a name may come more than once. Allocates.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let more = self.tag.more.get_or_insert_default();
        more.headers.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// Names the message, so that a queue with [`dedup`](crate::queue::QueueBuilder::dedup) knows it
    /// again if it is sent twice. Any bytes; 128 bits of their hash are kept. Allocates.
    ///
    /// XXH3 is fast, and no defence: who can choose ids at will can find two with the same hash.
    ///
    /// ```
    /// use ringmill::message::Message;
    ///
    /// let payment = Message::new(10).dedup_id("payment 77");
    /// assert!(payment.has_dedup_id());
    /// ```
    #[must_use]
    pub fn dedup_id(mut self, id: impl AsRef<[u8]>) -> Self {
        self.tag.set_dedup_id(id.as_ref());
        self
    }

    /// Whether it has a [`dedup_id`](Self::dedup_id).
    pub fn has_dedup_id(&self) -> bool {
        self.tag.dedup_id().is_some()
    }

    /// Sets the priority, one of those that the queue declares.
    #[inline]
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Not to be handed out before so long after it is accepted: a `Duration` or a
    /// [`DelayLevel`], at most [ten years](Due::LONGEST). Takes the place of an earlier `after` or
    /// `at`. Allocates.
    ///
    /// It has its offset and its slot from the beginning on; the order of a partition, or of its
    /// key, it joins when it falls due.
    #[must_use]
    pub fn after(self, delay: impl Into<Duration>) -> Self {
        self.due(Some(Due::After(delay.into())))
    }

    /// Not to be handed out before this date on the wall clock, at most ten years ahead; one in the
    /// past is now. As [`after`](Self::after) else.
    ///
    /// When somebody sets the clock, the message follows, within a second; it is never handed out
    /// while the clock shows an earlier date.
    #[must_use]
    pub fn at(self, date: SystemTime) -> Self {
        self.due(Some(Due::At(date)))
    }

    /// How long it lives, from when it is due on, in place of the queue's
    /// [`ttl`](crate::queue::QueueBuilder::ttl): then it is given up, wherever it stands, unless a
    /// consumer has it; it goes to the dead letters, or is dropped and counted. Allocates.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.tag.set_ttl(Some(ttl));
        self
    }

    /// How long it lives, if it says so.
    pub fn get_ttl(&self) -> Option<Duration> {
        self.tag.ttl()
    }

    /// When it is to be handed out, if not at once.
    pub fn get_due(&self) -> Option<Due> {
        self.tag.due()
    }

    /// Takes away how long it lives.
    pub(crate) fn take_ttl(&mut self) -> Option<Duration> {
        self.tag.set_ttl(None)
    }

    /// Takes away when it is to be handed out.
    pub(crate) fn take_due(&mut self) -> Option<Due> {
        self.tag.set_due(None)
    }

    /// The same, due then.
    pub(crate) fn due(mut self, due: Option<Due>) -> Self {
        self.tag.set_due(due);
        self
    }

    /// The priority.
    pub fn get_priority(&self) -> Priority {
        self.priority
    }

    /// The payload.
    pub fn payload(&self) -> &P {
        &self.payload
    }

    /// The payload, alone.
    pub fn into_payload(self) -> P {
        self.payload
    }

    /// The key, if there is one.
    pub fn get_key(&self) -> Option<&[u8]> {
        self.tag.key()
    }

    /// The headers, in their order.
    pub fn headers(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        self.tag.headers()
    }

    /// How it died before, oldest first; empty unless it comes from a dead-letter queue.
    pub fn history(&self) -> &[Death] {
        self.tag.history()
    }

    #[inline]
    pub(crate) fn from_parts(payload: P, tag: Option<Tag>) -> Self {
        let tag = tag.unwrap_or_default();
        let priority = tag.priority();
        Self { payload, tag, priority }
    }

    /// Whether there is nothing but the payload.
    #[inline(always)]
    pub(crate) fn is_bare(&self) -> bool {
        let plain = self.tag.key.is_none() && self.tag.more.is_none();
        plain && self.priority == Priority::NORMAL
    }

    /// The payload of a message that is nothing else.
    #[inline(always)]
    pub(crate) fn into_bare(self) -> P {
        debug_assert!(self.is_bare());
        let Self { payload, tag, .. } = self;
        // Nothing is in it, and nothing is asked of it.
        core::mem::forget(tag);
        payload
    }

    /// As [`into_bare`](Self::into_bare), from where it stands.
    ///
    /// # Safety
    ///
    /// It is there, bare, and not used again.
    #[inline(always)]
    pub(crate) unsafe fn take_bare(this: *const Self) -> P {
        // SAFETY: the caller's duty.
        unsafe { (&raw const (*this).payload).read() }
    }

    /// The payload, and the rest if there is any.
    #[inline(always)]
    pub(crate) fn into_parts(self) -> (P, Option<Tag>) {
        let tag = self.tag;
        let tagged = tag.key.is_some() || tag.more.is_some();
        (self.payload, tagged.then_some(tag))
    }

    #[inline]
    pub(crate) fn tag(&self) -> &Tag {
        &self.tag
    }
}

impl Tag {
    pub(crate) fn key(&self) -> Option<&[u8]> {
        self.key.as_ref().map(KeyBytes::as_bytes)
    }

    pub(crate) fn headers(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        let headers = self.more.as_ref().map_or(&[][..], |more| &more.headers);
        headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many bytes key and headers have.
    pub(crate) fn bytes(&self) -> usize {
        self.key().map_or(0, <[u8]>::len) + self.header_bytes()
    }

    /// How many bytes the headers have.
    pub(crate) fn header_bytes(&self) -> usize {
        self.headers().map(|(name, value)| name.len() + value.len()).sum()
    }

    pub(crate) fn set_dedup_id(&mut self, id: &[u8]) {
        let hash = XxHash3_128::oneshot(id);
        let more = self.more.get_or_insert_default();
        more.dedup_id = Some(DedupId([hash as u64, (hash >> 64) as u64]));
    }

    pub(crate) fn dedup_id(&self) -> Option<DedupId> {
        self.more.as_ref()?.dedup_id
    }

    pub(crate) fn history(&self) -> &[Death] {
        self.more.as_ref().map_or(&[], |more| &more.history)
    }

    /// The priority that it had before it died.
    pub(crate) fn priority(&self) -> Priority {
        self.more.as_ref().map_or(Priority::NORMAL, |more| more.priority)
    }

    /// When it is to be handed out, if not at once.
    #[inline]
    pub(crate) fn due(&self) -> Option<Due> {
        self.more.as_ref().and_then(|more| more.due)
    }

    /// Says when it is to be handed out; and what was said before.
    pub(crate) fn set_due(&mut self, due: Option<Due>) -> Option<Due> {
        self.set(due, |more| &mut more.due)
    }

    /// How long it lives, if it says so.
    #[inline]
    pub(crate) fn ttl(&self) -> Option<Duration> {
        self.more.as_ref().and_then(|more| more.ttl)
    }

    /// Says how long it lives; and what was said before.
    pub(crate) fn set_ttl(&mut self, ttl: Option<Duration>) -> Option<Duration> {
        self.set(ttl, |more| &mut more.ttl)
    }

    fn set<V>(
        &mut self,
        value: Option<V>,
        place: impl FnOnce(&mut More) -> &mut Option<V>,
    ) -> Option<V> {
        if value.is_none() && self.more.is_none() {
            return None;
        }
        let more = self.more.get_or_insert_default();
        let before = core::mem::replace(place(more), value);
        if **more == More::default() {
            self.more = None;
        }
        before
    }

    /// Adds how it died, and which priority it had.
    pub(crate) fn died(&mut self, death: Death, priority: Priority) {
        let more = self.more.get_or_insert_default();
        more.history.push(death);
        more.priority = priority;
    }

    /// Takes the last death away.
    pub(crate) fn undo_death(&mut self) {
        if let Some(more) = &mut self.more {
            more.history.pop();
        }
    }
}

impl<P> From<P> for Message<P> {
    #[inline]
    fn from(payload: P) -> Self {
        Self::new(payload)
    }
}

impl<P: fmt::Debug> fmt::Debug for Message<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("payload", &self.payload)
            .field("key", &self.get_key())
            .field("headers", &self.headers().len())
            .finish_non_exhaustive()
    }
}
