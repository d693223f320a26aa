//! What a slot holds: a value of any type, or bytes.

use alloc::vec::Vec;
use core::alloc::Layout;
use core::mem::{align_of, size_of};

use bytes::Bytes;
use twox_hash::XxHash3_128;

/// What a queue's messages carry: every `T`, moved without serialisation, or `[u8]`.
///
/// A message's owned form is what goes in and comes out ([`Content::Owned`]); in between it is read
/// in place, as `&T` or `&[u8]`. Bytes up to the queue's inline limit are in the slot itself, longer
/// ones in a buffer with a count of references.
///
/// This trait is sealed: it is there for every type that can be.
pub trait Content: sealed::Slot<Value = Self::Owned> + 'static {
    /// What is put in and taken out: `T`, or [`Bytes`] for `[u8]`.
    type Owned: 'static;
}

impl<T: 'static> Content for T {
    type Owned = T;
}

impl Content for [u8] {
    type Owned = Bytes;
}

/// Content that can be copied, for several groups to have it.
pub trait Copied: Content {
    /// A copy of it, as it goes in and comes out.
    fn copied(&self) -> Self::Owned;
}

impl<T: Clone + 'static> Copied for T {
    fn copied(&self) -> T {
        self.clone()
    }
}

impl Copied for [u8] {
    fn copied(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}

pub(crate) mod sealed {
    use super::{Bytes, Layout, Vec, XxHash3_128, align_of, size_of};

    /// How content lies in a slot's room.
    pub trait Slot {
        /// What is put in and taken out.
        type Value: 'static;

        /// Whether a queue bounds the length of one message.
        const MEASURED: bool;

        /// The room for content of up to `inline` bytes in place.
        fn room(inline: usize) -> Layout;

        /// How many bytes a message of this content counts for.
        fn len_of(value: &Self::Value) -> usize;

        /// The value as it is read.
        fn of(value: &Self::Value) -> &Self;

        /// What tells this content from other; 0 where nothing is known of it.
        fn print(&self) -> u128;

        /// As [`Slot::len_of`], of a value in its room.
        fn len_bytes(&self) -> usize;

        /// Puts a value into the room, and says what has to be known to find it again.
        ///
        /// # Safety
        ///
        /// `place` is the beginning of `room` writable bytes, laid out as [`Slot::room`] says, in
        /// which there is nothing.
        unsafe fn put(place: *mut u8, room: usize, value: Self::Value) -> u32;

        /// The value in the room.
        ///
        /// # Safety
        ///
        /// `put` has put it there and given `len`; for as long as the reference lives, nobody takes
        /// it away or writes to the room.
        unsafe fn get<'a>(place: *const u8, room: usize, len: u32) -> &'a Self;

        /// Takes the value out of the room.
        ///
        /// # Safety
        ///
        /// As `get`; and there is nothing in the room afterwards.
        unsafe fn take(place: *mut u8, room: usize, len: u32) -> Self::Value;

        /// Drops what is in the room.
        ///
        /// # Safety
        ///
        /// As `take`.
        unsafe fn discard(place: *mut u8, room: usize, len: u32);
    }

    impl<T: 'static> Slot for T {
        type Value = T;

        const MEASURED: bool = false;

        fn room(_inline: usize) -> Layout {
            Layout::new::<T>()
        }

        #[inline(always)]
        fn len_of(_value: &T) -> usize {
            size_of::<T>()
        }

        #[inline(always)]
        fn of(value: &T) -> &T {
            value
        }

        fn print(&self) -> u128 {
            0
        }

        #[inline(always)]
        fn len_bytes(&self) -> usize {
            size_of::<T>()
        }

        #[inline(always)]
        unsafe fn put(place: *mut u8, _room: usize, value: T) -> u32 {
            // SAFETY: the room is that of a `T`.
            unsafe { place.cast::<T>().write(value) };
            0
        }

        #[inline(always)]
        unsafe fn get<'a>(place: *const u8, _room: usize, _len: u32) -> &'a T {
            // SAFETY: there is a `T`, which the caller keeps there.
            unsafe { &*place.cast::<T>() }
        }

        #[inline(always)]
        unsafe fn take(place: *mut u8, _room: usize, _len: u32) -> T {
            // SAFETY: there is a `T`, and it is the caller's.
            unsafe { place.cast::<T>().read() }
        }

        #[inline(always)]
        unsafe fn discard(place: *mut u8, _room: usize, _len: u32) {
            // SAFETY: as above.
            unsafe { place.cast::<T>().drop_in_place() };
        }
    }

    /// In place up to the room's size; else the buffer that holds them is.
    impl Slot for [u8] {
        type Value = Bytes;

        const MEASURED: bool = true;

        fn room(inline: usize) -> Layout {
            let size = inline.max(size_of::<Bytes>());
            // The size is that of a slot's room: far below where a layout ends.
            Layout::from_size_align(size, align_of::<Bytes>()).unwrap_or(Layout::new::<Bytes>())
        }

        #[inline(always)]
        fn len_of(value: &Bytes) -> usize {
            value.len()
        }

        #[inline(always)]
        fn of(value: &Bytes) -> &[u8] {
            value
        }

        fn print(&self) -> u128 {
            XxHash3_128::oneshot(self)
        }

        #[inline(always)]
        fn len_bytes(&self) -> usize {
            self.len()
        }

        #[inline(always)]
        unsafe fn put(place: *mut u8, room: usize, value: Bytes) -> u32 {
            let len = value.len();
            if len <= room {
                // SAFETY: the room has `room` bytes, and no buffer of the caller's is in it.
                unsafe { place.copy_from_nonoverlapping(value.as_ptr(), len) };
            } else {
                // SAFETY: the room is at least that of a `Bytes`.
                unsafe { place.cast::<Bytes>().write(value) };
            }
            len as u32
        }

        #[inline(always)]
        unsafe fn get<'a>(place: *const u8, room: usize, len: u32) -> &'a [u8] {
            let len = len as usize;
            if len <= room {
                // SAFETY: that many bytes were written in place.
                unsafe { core::slice::from_raw_parts(place, len) }
            } else {
                // SAFETY: a buffer was put there.
                unsafe { &*place.cast::<Bytes>() }
            }
        }

        unsafe fn take(place: *mut u8, room: usize, len: u32) -> Bytes {
            if len as usize <= room {
                // SAFETY: that many bytes were written in place.
                let bytes = unsafe { <Self as Slot>::get(place, room, len) };
                Bytes::from(Vec::from(bytes))
            } else {
                // SAFETY: a buffer was put there, and it is the caller's.
                unsafe { place.cast::<Bytes>().read() }
            }
        }

        #[inline(always)]
        unsafe fn discard(place: *mut u8, room: usize, len: u32) {
            if len as usize > room {
                // SAFETY: as above.
                unsafe { place.cast::<Bytes>().drop_in_place() };
            }
        }
    }
}
