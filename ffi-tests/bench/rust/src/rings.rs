//! The rings, and one thread's end of each.

use std::{mem::MaybeUninit, sync::Mutex};

use ringmill::ring::{
    mpmc::Ring,
    spsc::{self, Consumer, Producer},
};

use crate::harness::CAPACITY;

/// A message: one number, repeated.
pub(crate) type Message<const W: usize> = [u64; W];

/// A queue whose ends are taken by the threads that use them.
pub(crate) trait Queue<const W: usize>: Sized {
    type Tx<'a>: Tx<W>
    where
        Self: 'a;
    type Rx<'a>: Rx<W>
    where
        Self: 'a;

    fn open() -> Option<Self>;
    fn tx(&self) -> Self::Tx<'_>;
    fn rx(&self) -> Self::Rx<'_>;
}

/// A producing end: single messages, and as many of a slice as fit.
pub(crate) trait Tx<const W: usize> {
    fn push(&mut self, message: Message<W>) -> bool;
    fn push_n(&mut self, messages: &[Message<W>]) -> usize;
}

/// A consuming end.
pub(crate) trait Rx<const W: usize> {
    fn pop(&mut self) -> Option<Message<W>>;
    fn pop_n(&mut self, out: &mut [MaybeUninit<Message<W>>]) -> usize;
}

pub(crate) struct Mpmc<const W: usize>(Ring<Message<W>>);

impl<const W: usize> Queue<W> for Mpmc<W> {
    type Tx<'a> = &'a Ring<Message<W>>;
    type Rx<'a> = &'a Ring<Message<W>>;

    fn open() -> Option<Self> {
        Ring::new(CAPACITY).ok().map(Self)
    }

    fn tx(&self) -> Self::Tx<'_> {
        &self.0
    }

    fn rx(&self) -> Self::Rx<'_> {
        &self.0
    }
}

impl<const W: usize> Tx<W> for &Ring<Message<W>> {
    #[inline(always)]
    fn push(&mut self, message: Message<W>) -> bool {
        Ring::push(self, message).is_ok()
    }

    #[inline(always)]
    fn push_n(&mut self, messages: &[Message<W>]) -> usize {
        Ring::push_n(self, messages)
    }
}

impl<const W: usize> Rx<W> for &Ring<Message<W>> {
    #[inline(always)]
    fn pop(&mut self) -> Option<Message<W>> {
        Ring::pop(self)
    }

    #[inline(always)]
    fn pop_n(&mut self, out: &mut [MaybeUninit<Message<W>>]) -> usize {
        Ring::pop_n(self, out)
    }
}

/// Its ends live here until a thread takes one onto its own stack.
pub(crate) struct Spsc<const W: usize> {
    producer: Mutex<Option<Producer<Message<W>>>>,
    consumer: Mutex<Option<Consumer<Message<W>>>>,
}

fn take<T>(end: &Mutex<Option<T>>) -> T {
    let end = end.lock().ok().and_then(|mut end| end.take());
    end.expect("the harness gives an end to one thread only")
}

impl<const W: usize> Queue<W> for Spsc<W> {
    type Tx<'a> = Producer<Message<W>>;
    type Rx<'a> = Consumer<Message<W>>;

    fn open() -> Option<Self> {
        let (producer, consumer) = spsc::ring(CAPACITY).ok()?;
        Some(Self { producer: Mutex::new(Some(producer)), consumer: Mutex::new(Some(consumer)) })
    }

    fn tx(&self) -> Self::Tx<'_> {
        take(&self.producer)
    }

    fn rx(&self) -> Self::Rx<'_> {
        take(&self.consumer)
    }
}

impl<const W: usize> Tx<W> for Producer<Message<W>> {
    #[inline(always)]
    fn push(&mut self, message: Message<W>) -> bool {
        Self::push(self, message).is_ok()
    }

    #[inline(always)]
    fn push_n(&mut self, messages: &[Message<W>]) -> usize {
        Self::push_n(self, messages)
    }
}

impl<const W: usize> Rx<W> for Consumer<Message<W>> {
    #[inline(always)]
    fn pop(&mut self) -> Option<Message<W>> {
        Self::pop(self)
    }

    #[inline(always)]
    fn pop_n(&mut self, out: &mut [MaybeUninit<Message<W>>]) -> usize {
        Self::pop_n(self, out)
    }
}
