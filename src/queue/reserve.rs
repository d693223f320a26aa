//! Payloads that are written where they will be read.

use core::fmt;
use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

use super::Shared;
use super::crowd::Crowd;
use super::enqueued::Enqueued;
use super::error::{EnqueueError, EnqueueErrorKind};
use super::producer::Producer;
use crate::delivery::Shard;
use crate::message::{Due, Message, Priority, Tag};

/// Room for a payload, in a slot of the queue: to be written, and then committed.
///
/// It dereferences to the bytes, which are zero at first. Dropped without [`commit`](Self::commit),
/// nothing has happened, and the slot is free again.
#[must_use = "a reservation that is dropped leaves nothing"]
pub struct Reserved<'p, M = Shared> {
    producer: &'p Producer<[u8], M>,
    shard: &'p Shard<[u8]>,
    partition: usize,
    index: u32,
    room: Room,
    tag: Tag,
    priority: Priority,
    /// How many bytes it has reserved.
    bytes: usize,
    /// Whom it is counted with.
    crowd: Option<Crowd>,
    /// The slot is this one's.
    held: bool,
}

enum Room {
    /// In the slot.
    Slot { place: *mut u8, len: usize },
    /// Too long for it.
    Buffer(BytesMut),
}

impl<M> Producer<[u8], M> {
    /// Reserves room for a payload of `len` bytes, to be written in place. A payload up to the
    /// queue's [`inline`](super::QueueBuilder::inline) limit stands in the slot; a longer one is
    /// allocated.
    ///
    /// Other producers go on meanwhile: the message takes its place in the order when it is
    /// committed. Its partition is the next in turn, or that of the key given here.
    ///
    /// # Errors
    ///
    /// [`EnqueueErrorKind`]: full, closed, too large.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::queue::Queue;
    ///
    /// let frames = Queue::<[u8]>::builder("frames").build()?;
    /// let producer = frames.producer();
    /// let mut frame = producer.reserve(5, None)?;
    /// frame.copy_from_slice(b"hello");
    /// frame.commit()?;
    /// assert_eq!(&*frames.consumer().try_dequeue()?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reserve(
        &self,
        len: usize,
        key: Option<&[u8]>,
    ) -> Result<Reserved<'_, M>, EnqueueErrorKind> {
        if self.plain && key.is_none() && !self.is_closed() {
            let (partition, shard, index) = self.admit_bare(len)?;
            return Ok(self.reserved(partition, shard, index, len, len, Tag::default(), None));
        }
        let tag = Message::new(());
        let tag = key.map_or(tag.clone(), |key| tag.key(key)).into_parts().1.unwrap_or_default();
        self.core.config.check_size::<[u8]>(len, &tag)?;
        if self.is_closed() {
            return Err(EnqueueErrorKind::Closed);
        }
        let (partition, shard) = self.place(key)?;
        let crowd = self.core.crowd(partition, key);
        self.core.enter(crowd)?;
        let Some(index) = self.claim(partition, shard) else {
            self.core.exit(crowd);
            return Err(self.full());
        };
        let bytes = len + tag.bytes();
        if !self.core.reserve_bytes(|| bytes) {
            self.core.exit(crowd);
            self.core.free(shard, &[index]);
            return Err(EnqueueErrorKind::Full);
        }
        Ok(self.reserved(partition, shard, index, len, bytes, tag, crowd))
    }

    /// Room in a slot that was claimed just now.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn reserved<'p>(
        &'p self,
        partition: usize,
        shard: &'p Shard<[u8]>,
        index: u32,
        len: usize,
        bytes: usize,
        tag: Tag,
        crowd: Option<Crowd>,
    ) -> Reserved<'p, M> {
        // SAFETY: the index was claimed just now.
        let (place, room) = unsafe { shard.at(index).raw_room() };
        let room = if len <= room {
            // SAFETY: the room is this large, and nobody else's.
            unsafe { place.write_bytes(0, len) };
            Room::Slot { place, len }
        } else {
            Room::Buffer(BytesMut::zeroed(len))
        };
        Reserved {
            producer: self,
            shard,
            partition,
            index,
            room,
            tag,
            priority: Priority::NORMAL,
            bytes,
            crowd,
            held: true,
        }
    }
}

impl<M> Reserved<'_, M> {
    /// Appends a header. Allocates.
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        let more = self.tag.more.get_or_insert_default();
        more.headers.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// Names the message: see [`Message::dedup_id`].
    pub fn dedup_id(mut self, id: impl AsRef<[u8]>) -> Self {
        self.tag.set_dedup_id(id.as_ref());
        self
    }

    /// Sets the priority, one of those that the queue declares.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Not to be handed out before so long after the commit, at most ten years: as
    /// [`Message::after`].
    pub fn after(mut self, delay: impl Into<Duration>) -> Self {
        self.tag.set_due(Some(Due::After(delay.into())));
        self
    }

    /// How long it lives, from when it is due on: as [`Message::ttl`].
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.tag.set_ttl(Some(ttl));
        self
    }

    /// Not to be handed out before this date: as [`Message::at`].
    pub fn at(mut self, date: SystemTime) -> Self {
        self.tag.set_due(Some(Due::At(date)));
        self
    }

    /// Whether the queue asks nothing of a payload alone.
    fn is_plain(&self) -> bool {
        self.producer.plain && self.priority == Priority::NORMAL
    }

    /// Whether the queue takes it, now that its headers and its priority are known; the headers are
    /// counted then.
    fn check(&self, tag: &Tag) -> Result<(), EnqueueErrorKind> {
        let core = &self.producer.core;
        core.config.check_tag(self.priority, tag)?;
        core.config.check_size::<[u8]>(self.len(), tag)?;
        tag.due().map_or(Ok(()), |due| core.check_due(due))?;
        core.check_ttl(self.shard, tag)?;
        let counted = core.reserve_bytes(|| tag.header_bytes());
        if counted { Ok(()) } else { Err(EnqueueErrorKind::Full) }
    }

    /// Puts the message into the queue.
    ///
    /// # Errors
    ///
    /// [`EnqueueError`], with the message, if the queue has been closed meanwhile, or does not take
    /// such headers, such a priority or its id.
    pub fn commit(mut self) -> Result<Enqueued, EnqueueError<Bytes>> {
        let bare = self.tag.key.is_none() && self.tag.more.is_none();
        if let (true, Room::Slot { len, .. }) = (self.is_plain() && bare, &self.room) {
            self.held = false;
            let slot = self.shard.at(self.index);
            // SAFETY: the slot is this one's, and the payload stands in its room as bytes do.
            return unsafe {
                slot.filled(*len as u32, None);
                self.producer.publish_bare(self.partition, self.shard, slot, self.index)
            };
        }
        let mut tag = core::mem::take(&mut self.tag);
        let Self { shard, partition, index, .. } = self;
        if let Err(kind) = self.check(&tag) {
            let payload = Bytes::copy_from_slice(&self);
            let message = Message::from_parts(payload, Some(tag)).priority(self.priority);
            return Err(EnqueueError::new(kind, message));
        }
        let once = self.producer.core.once(&self, &tag);
        self.held = false;
        let due = tag.set_due(None);
        let slot = shard.at(index);
        if let Some(span) = self.producer.core.span_of(&tag) {
            tag.set_ttl(None);
            self.producer.core.grant(shard, slot, index, span);
        }
        // SAFETY: the slot is this one's, and the payload stands in its room as bytes do.
        unsafe {
            self.producer.core.label(shard, index, self.priority, tag.key());
            let tag = (tag != Tag::default()).then_some(tag);
            match &mut self.room {
                Room::Slot { len, .. } => slot.filled(*len as u32, tag),
                Room::Buffer(buffer) => slot.fill(core::mem::take(buffer).freeze(), tag),
            }
            self.producer.publish_filled_once(partition, shard, index, once, due)
        }
    }
}

impl<M> Deref for Reserved<'_, M> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.room {
            // SAFETY: that many bytes were written there, and the slot is this one's.
            Room::Slot { place, len } => unsafe { core::slice::from_raw_parts(*place, *len) },
            Room::Buffer(buffer) => buffer,
        }
    }
}

impl<M> DerefMut for Reserved<'_, M> {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.room {
            // SAFETY: as above.
            Room::Slot { place, len } => unsafe { core::slice::from_raw_parts_mut(*place, *len) },
            Room::Buffer(buffer) => buffer,
        }
    }
}

impl<M> Drop for Reserved<'_, M> {
    fn drop(&mut self) {
        if self.held {
            self.producer.core.release_bytes(|| self.bytes);
            self.producer.core.exit(self.crowd);
            self.producer.core.free(self.shard, &[self.index]);
        }
    }
}

impl<M> fmt::Debug for Reserved<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserved").field("len", &self.len()).finish_non_exhaustive()
    }
}
