//! concurrent-queue: the bounded `ConcurrentQueue`, mpmc.

use concurrent_queue::ConcurrentQueue;

use crate::{payload::Payload, shape::Queue};

impl<T: Payload> Queue<T> for ConcurrentQueue<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::bounded(capacity)
    }

    #[inline(always)]
    fn push(&self, value: T) -> bool {
        Self::push(self, value).is_ok()
    }

    #[inline(always)]
    fn pop(&self) -> Option<T> {
        Self::pop(self).ok()
    }
}
