//! crossbeam-queue: `ArrayQueue`, mpmc.

use crossbeam_queue::ArrayQueue;

use crate::{payload::Payload, shape::Queue};

impl<T: Payload> Queue<T> for ArrayQueue<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline(always)]
    fn push(&self, value: T) -> bool {
        Self::push(self, value).is_ok()
    }

    #[inline(always)]
    fn pop(&self) -> Option<T> {
        Self::pop(self)
    }
}
