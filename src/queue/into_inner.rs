//! Payloads that could not be taken out.

use core::fmt;

use super::Shared;
use super::delivery::Delivery;
use super::error::SettleErrorKind;
use crate::delivery::Content;

/// Why a payload was not taken out. The delivery is inside: nothing is lost.
pub struct IntoInnerError<'c, T: Content + ?Sized, M = Shared> {
    pub(super) kind: Option<SettleErrorKind>,
    pub(super) delivery: Delivery<'c, T, M>,
}

impl<'c, T: Content + ?Sized, M> IntoInnerError<'c, T, M> {
    /// The error of the settlement; `None` if somebody else reads the message.
    pub fn kind(&self) -> Option<SettleErrorKind> {
        self.kind
    }

    /// The delivery, as it was.
    pub fn into_delivery(self) -> Delivery<'c, T, M> {
        self.delivery
    }
}

impl<T: Content + ?Sized, M> fmt::Display for IntoInnerError<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Some(kind) => kind.fmt(f),
            None => f.write_str("somebody else reads the message; clone the payload instead"),
        }
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for IntoInnerError<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoInnerError").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl<T: Content + ?Sized, M> core::error::Error for IntoInnerError<'_, T, M> {}
