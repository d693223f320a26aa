//! What a ring refuses, and why.

use core::fmt;

use crate::code;

/// The largest capacity of a ring: 2^31 values.
pub const MAX_CAPACITY: usize = 1 << 31;

/// The ring was full. The value is inside: nothing is lost.
///
/// ```
/// use ringmill::ring::{Full, mpmc::Ring};
///
/// let ring = Ring::new(1)?;
/// assert_eq!(ring.push("a"), Ok(()));
/// let Err(Full(refused)) = ring.push("b") else { panic!("the ring has one slot") };
/// assert_eq!(refused, "b");
/// # Ok::<(), ringmill::ring::CapacityError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<T> Full<T> {
    /// The value that was refused.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        code::FULL
    }
}

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full(..)")
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ring is full; wait, drop the value or make the ring larger")
    }
}

impl<T> core::error::Error for Full<T> {}

/// Why a ring was not made.
///
/// ```
/// use ringmill::ring::{CapacityError, mpmc::Ring};
///
/// let error = Ring::<u64>::new(0).unwrap_err();
/// assert_eq!(error, CapacityError::Zero);
/// assert_eq!(error.to_string(), "capacity 0 is not possible; take 1 to 2147483648");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CapacityError {
    /// A ring of no slots could pass nothing on.
    Zero,
    /// More than [`MAX_CAPACITY`] values.
    TooLarge {
        /// What was asked for.
        capacity: usize,
    },
    /// The system has no memory for that many slots, or the address space no room.
    OutOfMemory {
        /// What was asked for.
        capacity: usize,
        /// The size of one slot.
        slot_bytes: usize,
    },
}

impl CapacityError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Zero | Self::TooLarge { .. } => code::CAPACITY,
            Self::OutOfMemory { .. } => code::OUT_OF_MEMORY,
        }
    }

    /// Takes `capacity` if a ring can have it.
    pub(crate) fn check(capacity: usize) -> Result<(), Self> {
        match capacity {
            0 => Err(Self::Zero),
            1..=MAX_CAPACITY => Ok(()),
            _ => Err(Self::TooLarge { capacity }),
        }
    }
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => write!(f, "capacity 0 is not possible; take 1 to {MAX_CAPACITY}"),
            Self::TooLarge { capacity } => {
                write!(f, "capacity {capacity} is too large; take 1 to {MAX_CAPACITY}")
            }
            Self::OutOfMemory { capacity, slot_bytes } => write!(
                f,
                "no memory for {capacity} slots of {slot_bytes} bytes; \
                 take fewer, or put large values behind a pointer"
            ),
        }
    }
}

impl core::error::Error for CapacityError {}
