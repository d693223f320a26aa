//! Elements whose size is known at run time: what they are like, and how they are copied.

use core::ptr;

/// What the elements of a ring are like, and how many there shall be.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Bytes of an element: a multiple of `align`, 1 at least.
    pub size: usize,
    /// A power of two.
    pub align: usize,
    /// 1 to [`MAX_CAPACITY`](super::MAX_CAPACITY).
    pub capacity: usize,
}

/// Slots that were lent to a caller: those up to the end of the ring, then those from its beginning.
#[derive(Clone, Copy, Debug)]
pub struct Lent {
    /// Where the first one is among all that ever were: the name of the loan.
    pub at: u64,
    /// The first elements of both runs (NULL if there is none), and how many these are.
    pub runs: [(*mut u8, usize); 2],
}

impl Shape {
    /// The alignment that every type of this size without one of its own has at most.
    pub(crate) fn natural_align(size: usize) -> usize {
        const MOST: usize = 16;
        (size & size.wrapping_neg()).clamp(1, MOST)
    }
}

/// Whether elements of this size are copied by a few instructions, without a call and without a
/// table of jumps: the sizes that most are of.
#[inline(always)]
pub(crate) fn is_small(size: usize) -> bool {
    matches!(size, 8 | 16 | 64)
}

/// Copies an element. `SMALL` if it [is](is_small) known to be: a function that copies no others
/// needs no frame.
///
/// # Safety
///
/// `from` can be read and `to` written for `size` bytes, which do not overlap. Both may be
/// unaligned. If `SMALL`, the size is.
#[inline(always)]
pub(crate) unsafe fn copy<const SMALL: bool>(from: *const u8, to: *mut u8, size: usize) {
    debug_assert!(!SMALL || is_small(size));
    // SAFETY: by the caller, in every arm.
    unsafe {
        match size {
            8 => ptr::copy_nonoverlapping(from, to, 8),
            16 => ptr::copy_nonoverlapping(from, to, 16),
            _ if SMALL => ptr::copy_nonoverlapping(from, to, 64),
            64 => ptr::copy_nonoverlapping(from, to, 64),
            4 => ptr::copy_nonoverlapping(from, to, 4),
            32 => ptr::copy_nonoverlapping(from, to, 32),
            _ => ptr::copy_nonoverlapping(from, to, size),
        }
    }
}

/// Does the same for every size, with a constant in the place of those that [`copy`] knows: so the
/// loop in it has no choice to make for each element.
macro_rules! for_size {
    ($size:expr, |$constant:ident| $does:expr) => {
        match $size {
            8 => {
                let $constant = 8;
                $does
            }
            4 => {
                let $constant = 4;
                $does
            }
            16 => {
                let $constant = 16;
                $does
            }
            32 => {
                let $constant = 32;
                $does
            }
            64 => {
                let $constant = 64;
                $does
            }
            $constant => $does,
        }
    };
}
pub(crate) use for_size;
