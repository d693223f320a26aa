//! A ring as an iterator over what is in it.

use core::fmt;

use super::Ring;

/// The values that were in a [`Ring`], oldest first.
pub struct IntoIter<T>(Ring<T>);

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoIter").field(&self.0).finish()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // A slot that its producer gave up counts until it is passed, so the length is no lower
        // bound.
        (0, Some(self.0.len()))
    }
}

impl<T> core::iter::FusedIterator for IntoIter<T> {}

impl<T> IntoIterator for Ring<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}
