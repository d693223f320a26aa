//! thingbuf: `ThingBuf`, mpmc. Its slots are written and read in place, which is its fastest way.

use thingbuf::ThingBuf;

use crate::{
    payload::{Payload, Values},
    shape::{Ends, Mode, Peer, Rx, Tx, ends_of},
};
use std::sync::Arc;

/// One end of a shared `ThingBuf`.
#[derive(Debug)]
pub struct End<T>(Arc<ThingBuf<T>>);

impl<T: Payload> Peer<T> for Mode<ThingBuf<T>> {
    type Tx = End<T>;
    type Rx = End<T>;

    fn open(capacity: usize, producers: usize, consumers: usize) -> Ends<End<T>, End<T>> {
        let queue = Arc::new(ThingBuf::new(capacity));
        ends_of(|| End(Arc::clone(&queue)), || End(Arc::clone(&queue)), producers, consumers)
    }
}

impl<T: Payload> Tx<T> for End<T> {
    #[inline(always)]
    fn push(&mut self, values: &mut Values<T>) -> usize {
        match self.0.push_ref() {
            Ok(mut slot) => {
                *slot = values.peek();
                values.advance(1);
                1
            }
            Err(_) => 0,
        }
    }
}

impl<T: Payload> Rx<T> for End<T> {
    #[inline(always)]
    fn pop(&mut self, mut sink: impl FnMut(&T)) -> usize {
        match self.0.pop_ref() {
            Some(slot) => {
                sink(&slot);
                1
            }
            None => 0,
        }
    }
}
