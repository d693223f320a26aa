//! All rings behind one trait, so that one test can ask each of them.

// Not every test binary uses all of it.
#![allow(dead_code)]

use std::mem::MaybeUninit;
use std::sync::Arc;

use ringmill::ring::{CapacityError, Full, mpmc, mpsc, spmc, spsc};

/// What one end says of its ring: capacity, length, whether it is empty, whether it is full.
pub(crate) type Told = (usize, usize, bool, bool);

/// A ring as its two ends.
pub(crate) trait Fifo<T>: Sized {
    /// Whether what a batch has claimed and not filled counts until a consumer passes it.
    const HOLES: bool;

    fn try_new(capacity: usize) -> Result<Self, CapacityError>;
    fn push(&mut self, value: T) -> Result<(), Full<T>>;
    fn push_n(&mut self, values: &[T]) -> usize
    where
        T: Copy;
    fn push_drain(&mut self, values: &mut Vec<T>) -> usize;
    fn push_iter(&mut self, values: &mut impl ExactSizeIterator<Item = T>) -> usize;
    fn pop(&mut self) -> Option<T>;
    fn pop_n(&mut self, out: &mut [MaybeUninit<T>]) -> usize;
    fn pop_into(&mut self, out: &mut Vec<T>, max: usize) -> usize;
    fn told(&self) -> [Told; 2];

    /// What pushes a value and what pops one, for a thread each.
    fn ends(
        self,
    ) -> (impl FnMut(T) -> Result<(), Full<T>> + Send, impl FnMut() -> Option<T> + Send)
    where
        T: Send;

    fn new(capacity: usize) -> Self {
        Self::try_new(capacity).expect("a small ring")
    }

    /// The length, which both ends agree about while nobody else is at work.
    fn len(&self) -> usize {
        let [writer, reader] = self.told();
        assert_eq!(writer, reader);
        assert_eq!((writer.2, writer.3), (writer.1 == 0, writer.1 == writer.0));
        writer.1
    }
}

macro_rules! rings {
    ($($ring:ident, $writer:ty, $reader:ty, $holes:literal, $new:expr;)*) => {$(
        pub(crate) type $ring<T> = ($writer, $reader);

        impl<T> Fifo<T> for $ring<T> {
            const HOLES: bool = $holes;

            fn try_new(capacity: usize) -> Result<Self, CapacityError> {
                $new(capacity)
            }
            fn push(&mut self, value: T) -> Result<(), Full<T>> {
                self.0.push(value)
            }
            fn push_n(&mut self, values: &[T]) -> usize
            where
                T: Copy,
            {
                self.0.push_n(values)
            }
            fn push_drain(&mut self, values: &mut Vec<T>) -> usize {
                self.0.push_drain(values)
            }
            fn push_iter(&mut self, values: &mut impl ExactSizeIterator<Item = T>) -> usize {
                self.0.push_iter(values)
            }
            fn pop(&mut self) -> Option<T> {
                self.1.pop()
            }
            fn pop_n(&mut self, out: &mut [MaybeUninit<T>]) -> usize {
                self.1.pop_n(out)
            }
            fn pop_into(&mut self, out: &mut Vec<T>, max: usize) -> usize {
                self.1.pop_into(out, max)
            }
            fn told(&self) -> [Told; 2] {
                let (writer, reader) = self;
                [
                    (writer.capacity(), writer.len(), writer.is_empty(), writer.is_full()),
                    (reader.capacity(), reader.len(), reader.is_empty(), reader.is_full()),
                ]
            }
            #[allow(unused_mut)]
            fn ends(
                self,
            ) -> (impl FnMut(T) -> Result<(), Full<T>> + Send, impl FnMut() -> Option<T> + Send)
            where
                T: Send,
            {
                let (mut writer, mut reader) = self;
                (move |value| writer.push(value), move || reader.pop())
            }
        }
    )*};
}
rings! {
    Mpmc, Arc<mpmc::Ring<T>>, Arc<mpmc::Ring<T>>, true, |capacity| {
        let ring = Arc::new(mpmc::Ring::new(capacity)?);
        Ok((Arc::clone(&ring), ring))
    };
    Mpsc, mpsc::Producer<T>, mpsc::Consumer<T>, true, mpsc::ring;
    Spmc, spmc::Producer<T>, spmc::Consumer<T>, true, spmc::ring;
    Spsc, spsc::Producer<T>, spsc::Consumer<T>, false, spsc::ring;
}
