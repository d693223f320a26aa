//! The slots of a partition: one piece of memory, cut at construction.
//!
//! ```text
//!  0        8          16      20      24         32                    stride - 32     stride
//!  | word   | extension | tries | shape | position | room for the content … | tag (key, …) |
//! ```
//!
//! Word, counts and the first 32 bytes of the content share one cache line; slots are a multiple of
//! 128 bytes apart, so that neighbours do not share a pair of lines.
//!
//! A slab that several groups share has the words that decide for a group (word, extension, tries)
//! once a slot and group, in a [`Table`] of the group; the slot's own word says which life it is
//! then, and which groups are done with it: [`shared`](super::shared).
//!
//! # Invariants
//!
//! - I1: `shape`, the position, the room and the tag are written by whoever has the index of a free
//!   slot in hand, before its word says that there is a message; and emptied by its owner, after
//!   the last reader has gone. In between they do not change.
//! - I2: `tries` is read and written by whoever has the index in hand, and by nobody else.
//! - I3: a tag is there if and only if the shape says so.

use alloc::alloc::{alloc, dealloc};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{align_of, size_of};
use core::ptr::NonNull;

use super::class::ErrorClass;
use super::content::Content;
use super::shared::{LATER, Life, Table};
use super::word::State;
use crate::message::{Reason, Tag};
use crate::ring::CapacityError;
use crate::ring::log::Log;
use crate::sync::{AtomicU64, UnsafeCell, ord};

/// Slots begin at multiples of this: two lines, which some machines fetch together.
const STRIDE: usize = 128;

/// Set in the shape of a slot that has a tag.
const TAGGED: u32 = 1 << 31;

/// What a message has been through: plain data of whoever has its index in hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tries {
    /// How often its handling failed.
    pub attempts: u8,
    /// How often in a row it was given back without an attempt.
    pub releases: u8,
    /// How it failed last.
    pub class: Option<ErrorClass>,
    /// Why it waits, if it does.
    pub why: Why,
}

/// Why a message waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Why {
    /// For its next attempt.
    #[default]
    Retry,
    /// Its holder wants it later.
    Snoozed,
    /// Its producer wants it later.
    Scheduled,
    /// For somebody to ask for it.
    Deferred,
    /// For a place among the dead letters.
    Buried(Reason),
}

const _: () = assert!(size_of::<Tries>() == 4);

/// What decides about a message: of a slot, or of a slot for one of the groups that share it.
#[repr(C)]
pub(crate) struct Words {
    /// See [`word`](super::word).
    pub(crate) word: AtomicU64,
    /// See [`extension`](super::extension).
    pub(super) extension: AtomicU64,
    tries: UnsafeCell<Tries>,
    /// How long the content is; that of a slot alone.
    shape: UnsafeCell<u32>,
}

impl Words {
    pub(super) fn new(word: u64) -> Self {
        Self {
            word: AtomicU64::new(word),
            extension: AtomicU64::new(0),
            tries: UnsafeCell::new(Tries::default()),
            shape: UnsafeCell::new(0),
        }
    }
}

/// The fixed part of a slot.
#[repr(C)]
pub(crate) struct Header {
    pub(super) words: Words,
    pub(super) position: AtomicU64,
    /// Stands for the room and the tag, where somebody checks who touches them when.
    content: UnsafeCell<()>,
}

/// The slots of a partition.
pub struct Slab<C: Content + ?Sized> {
    memory: NonNull<u8>,
    layout: Layout,
    stride: usize,
    /// Where the room begins, and how large it is.
    room: (usize, usize),
    count: usize,
    /// Whether several groups share its slots.
    shared: bool,
    content: PhantomData<C::Owned>,
}

// SAFETY: the memory belongs to the slab alone; its words are atomic, and what else is in it is
// touched by one thread at a time, or read by several (I1, I2). What threads hand to each other by
// it is `C::Owned`; the queue sees to it that one which several read is `Sync`.
unsafe impl<C: Content<Owned: Send> + ?Sized> Send for Slab<C> {}
// SAFETY: as above.
unsafe impl<C: Content<Owned: Send> + ?Sized> Sync for Slab<C> {}

impl<C: Content + ?Sized> Slab<C> {
    /// `count` free slots, for content of up to `inline` bytes in place, which several groups share
    /// or one has.
    pub fn new(count: usize, inline: usize, shared: bool) -> Result<Self, CapacityError> {
        CapacityError::check(count)?;
        let room = C::room(inline);
        let (from, stride, align) = Self::measure(room);
        let out_of_memory = || CapacityError::OutOfMemory { capacity: count, slot_bytes: stride };
        let bytes = count.checked_mul(stride).ok_or_else(out_of_memory)?;
        let layout = Layout::from_size_align(bytes, align).map_err(|_| out_of_memory())?;
        // SAFETY: the layout is not of size zero: there is a slot, and a slot has a header.
        let memory = NonNull::new(unsafe { alloc(layout) }).ok_or_else(out_of_memory)?;
        let tag = stride - size_of::<Tag>();
        let room = (from, tag - from);
        let slab = Self { memory, layout, stride, room, count, shared, content: PhantomData };
        let word = if shared { Life::FREE.0 } else { 0 };
        for index in 0..count {
            let header = Header {
                words: Words::new(word),
                position: AtomicU64::new(0),
                content: UnsafeCell::new(()),
            };
            // SAFETY: slot `index` is inside of the memory, which nobody else has seen.
            unsafe { slab.place(index as u32).cast::<Header>().write(header) };
        }
        Ok(slab)
    }

    /// Where the room begins in a slot, how far slots are apart, and how the first is aligned.
    fn measure(room: Layout) -> (usize, usize, usize) {
        let from = size_of::<Header>().next_multiple_of(room.align());
        let tag = (from + room.size()).next_multiple_of(align_of::<Tag>());
        let align = room.align().max(STRIDE);
        (from, (tag + size_of::<Tag>()).next_multiple_of(align), align)
    }

    /// How many slots there are.
    pub fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn place(&self, index: u32) -> *mut u8 {
        debug_assert!((index as usize) < self.count);
        // SAFETY: an index is below the count, so the place is inside of the memory.
        unsafe { self.memory.as_ptr().add(index as usize * self.stride) }
    }

    /// The slot `index`, which there is, with its own words.
    #[inline(always)]
    pub fn at(&self, index: u32) -> Slot<'_, C> {
        let place = self.place(index);
        // SAFETY: every slot begins with a header, which lives as long as the slab.
        let words = unsafe { &(*place.cast::<Header>()).words };
        Slot { slab: self, place, words, table: None }
    }

    /// The slot `index`, which there is, with the words of a group.
    #[inline(always)]
    pub(super) fn at_of<'a>(&'a self, index: u32, of: Of<'a>) -> Slot<'a, C> {
        Slot { words: of.table.words(index), table: Some(of), ..self.at(index) }
    }

    /// Whether several groups share its slots.
    #[inline(always)]
    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }
}

impl<C: Content + ?Sized> Drop for Slab<C> {
    fn drop(&mut self) {
        for index in 0..self.count as u32 {
            // SAFETY: every slot has a header, and nobody else has the slab any more. What is in
            // the rooms was the partition's to drop.
            unsafe { self.place(index).cast::<Header>().drop_in_place() };
        }
        // SAFETY: it was allocated by `new` with this layout.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) };
    }
}

/// One slot of a slab.
pub struct Slot<'a, C: Content + ?Sized> {
    slab: &'a Slab<C>,
    place: *mut u8,
    /// Those that decide for who looks at it.
    pub(super) words: &'a Words,
    /// Whose they are, where groups share the slot.
    pub(super) table: Option<Of<'a>>,
}

/// A group's words, and the log whose messages are its.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) table: &'a Table,
    pub(super) log: &'a Log,
}

impl<C: Content + ?Sized> Clone for Slot<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Content + ?Sized> Copy for Slot<'_, C> {}

impl<'a, C: Content + ?Sized> Slot<'a, C> {
    #[inline(always)]
    pub(super) fn header(self) -> &'a Header {
        // SAFETY: every slot begins with a header, which lives as long as the slab.
        unsafe { &*self.place.cast::<Header>() }
    }

    #[inline(always)]
    fn room(self) -> *mut u8 {
        // SAFETY: the room is inside of the slot.
        unsafe { self.place.add(self.slab.room.0) }
    }

    #[inline(always)]
    fn tag_place(self) -> *mut Tag {
        // SAFETY: the tag is the end of the slot, whose size is a multiple of its alignment.
        unsafe { self.place.add(self.slab.stride - size_of::<Tag>()).cast() }
    }

    #[inline(always)]
    fn shape(self) -> u32 {
        // SAFETY: I1: it does not change while the caller may look.
        self.header().words.shape.with(|shape| unsafe { *shape })
    }

    /// Fills a free slot.
    ///
    /// # Safety
    ///
    /// The caller has its index in hand, and the slot is free and empty (I1).
    #[inline(always)]
    pub(crate) unsafe fn fill(self, value: C::Value, tag: Option<Tag>) {
        // SAFETY: I1: nobody else looks at a free slot's room, and there is nothing in it.
        unsafe { self.refill(value, tag) };
        // SAFETY: I2.
        unsafe { self.set_tries(Tries::default()) };
    }

    /// Puts content back that was taken out of it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot, or is the only reader of a husk; and it is empty.
    #[inline(always)]
    pub(crate) unsafe fn refill(self, value: C::Value, tag: Option<Tag>) {
        self.header().content.with_mut(|_| {
            // SAFETY: I1: the caller is alone with it, and there is nothing in the room.
            unsafe {
                let len = C::put(self.room(), self.slab.room.1, value);
                self.label(len, tag);
            }
        });
    }

    /// The room of a free slot, to be written in place.
    ///
    /// # Safety
    ///
    /// As [`fill`](Self::fill); what is written has to be told to [`filled`](Self::filled).
    pub unsafe fn raw_room(self) -> (*mut u8, usize) {
        (self.room(), self.slab.room.1)
    }

    /// Says that content whose shape is `len` has been written in place.
    ///
    /// # Safety
    ///
    /// As [`fill`](Self::fill); that content is in the room.
    pub(crate) unsafe fn filled(self, len: u32, tag: Option<Tag>) {
        self.header().content.with_mut(|_| {
            // SAFETY: the caller's duty.
            unsafe { self.label(len, tag) };
        });
        // SAFETY: I2.
        unsafe { self.set_tries(Tries::default()) };
    }

    /// Writes the tag and the shape.
    ///
    /// # Safety
    ///
    /// The caller is alone with the slot, in which content of this length and no tag is.
    #[inline(always)]
    unsafe fn label(self, len: u32, tag: Option<Tag>) {
        let tagged = if tag.is_some() { TAGGED } else { 0 };
        if let Some(tag) = tag {
            // SAFETY: I1.
            unsafe { self.tag_place().write(tag) };
        }
        // SAFETY: I1.
        self.header().words.shape.with_mut(|shape| unsafe { *shape = len | tagged });
    }

    /// The message's position. It is that of the caller's message if he reads the slot: if he is
    /// counted in the word, or has the index in hand (I1).
    #[inline(always)]
    pub fn position(self) -> u64 {
        // Relaxed: who reads the slot has seen it published.
        self.header().position.load(ord!(SLAB_Q1, load, Relaxed)) & !LATER
    }

    /// What the message has been through.
    ///
    /// # Safety
    ///
    /// The caller has the index in hand (I2).
    #[inline(always)]
    pub unsafe fn tries(self) -> Tries {
        if self.table.is_some() && self.is_new() {
            let later = self.peek().state() == State::Delayed;
            let why = if later { Why::Scheduled } else { Why::Retry };
            return Tries { why, ..Tries::default() };
        }
        // SAFETY: I2.
        self.words.tries.with(|tries| unsafe { *tries })
    }

    /// Changes what the message has been through.
    ///
    /// # Safety
    ///
    /// As [`tries`](Self::tries).
    #[inline(always)]
    pub unsafe fn set_tries(self, to: Tries) {
        // SAFETY: the caller's duty.
        unsafe { self.note(to) };
        if self.table.is_some() {
            self.not_new();
        }
    }

    /// As [`set_tries`](Self::set_tries), where the word is about to say so.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    pub(super) unsafe fn note(self, to: Tries) {
        // SAFETY: I2.
        self.words.tries.with_mut(|tries| unsafe { *tries = to });
    }

    /// Whether several groups share it.
    #[inline(always)]
    pub(super) fn is_shared(self) -> bool {
        self.slab.is_shared()
    }

    /// The message.
    ///
    /// # Safety
    ///
    /// The caller reads the slot, for as long as the reference lives: he is counted in the word, or
    /// has the index in hand (I1). And it is not [`EMPTY`](super::word::Word::EMPTY).
    #[inline(always)]
    pub unsafe fn content(self) -> &'a C {
        self.header().content.with(|_| {
            // SAFETY: I1: there is content, and it stays while somebody reads.
            unsafe { C::get(self.room(), self.slab.room.1, self.shape() & !TAGGED) }
        })
    }

    /// The message's key and what else it has.
    ///
    /// # Safety
    ///
    /// As [`content`](Self::content).
    #[inline(always)]
    pub(crate) unsafe fn tag(self) -> Option<&'a Tag> {
        // SAFETY: I1, I3.
        self.header().content.with(|_| unsafe {
            if self.shape() & TAGGED == 0 { None } else { Some(&*self.tag_place()) }
        })
    }

    /// How many bytes the message counts for: content, key and headers.
    ///
    /// # Safety
    ///
    /// As [`content`](Self::content).
    pub unsafe fn bytes(self) -> usize {
        // SAFETY: the caller's duty.
        let tag = unsafe { self.tag() }.map_or(0, Tag::bytes);
        // SAFETY: as above.
        tag + unsafe { self.content() }.len_bytes()
    }

    /// Takes the message out.
    ///
    /// # Safety
    ///
    /// The caller owns the slot, and it is not empty.
    #[inline(always)]
    pub(crate) unsafe fn take(self) -> (C::Value, Option<Tag>) {
        self.header().content.with_mut(|_| {
            let shape = self.shape();
            // SAFETY: I1, I3: the owner is alone with it.
            unsafe {
                let tag = (shape & TAGGED != 0).then(|| self.tag_place().read());
                (C::take(self.room(), self.slab.room.1, shape & !TAGGED), tag)
            }
        })
    }

    /// Drops the message in place.
    ///
    /// # Safety
    ///
    /// As [`take`](Self::take).
    #[inline(always)]
    pub unsafe fn discard(self) {
        self.header().content.with_mut(|_| {
            let shape = self.shape();
            // SAFETY: I1, I3: the owner is alone with it.
            unsafe {
                if shape & TAGGED != 0 {
                    self.tag_place().drop_in_place();
                }
                C::discard(self.room(), self.slab.room.1, shape & !TAGGED);
            }
        });
    }
}
