//! Several acks in one call.

use super::consumer::Consumer;
use super::delivery::Delivery;
use crate::delivery::Content;

/// What [`Consumer::ack_batch`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Acked {
    /// How many were acked.
    pub acked: usize,
    /// How many were not this consumer's any more.
    pub refused: usize,
}

impl<T: Content + ?Sized, M> Consumer<T, M> {
    /// Acks all of them, and says how many; those that are not this consumer's any more are
    /// counted apart.
    pub fn ack_batch<'c>(
        &'c self,
        deliveries: impl IntoIterator<Item = Delivery<'c, T, M>>,
    ) -> Acked {
        let mut acked = Acked::default();
        for delivery in deliveries {
            match delivery.ack() {
                Ok(()) => acked.acked += 1,
                Err(_) => acked.refused += 1,
            }
        }
        acked
    }
}
