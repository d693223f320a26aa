//! What every end of a ring that is split in two can tell.

/// Gives an end its counts and its `Debug`.
macro_rules! end {
    ($name:ident) => {
        impl<T> $name<T> {
            /// How many slots there are.
            pub fn capacity(&self) -> usize {
                self.0.capacity()
            }

            /// How many values are in the ring.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there is no value in the ring.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// Whether a push would be refused.
            pub fn is_full(&self) -> bool {
                self.0.is_full()
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("capacity", &self.capacity())
                    .field("len", &self.len())
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(in crate::ring) use end;
