//! Memory for elements: at any alignment, watched on both sides.

use std::ffi::c_void;

use crate::arguments::Rng;

/// Bytes that nobody may touch.
const WALL: usize = 64;
const UNTOUCHED: u8 = 0xA5;
/// The most elements that a buffer holds.
pub(crate) const MOST: usize = 80;

/// Room for [`MOST`] elements.
pub(crate) struct Buffer {
    memory: Vec<u8>,
    start: usize,
    size: usize,
}

impl Buffer {
    pub(crate) fn new(rng: &mut Rng, size: usize) -> Self {
        let start = WALL + rng.below(16);
        Self { memory: vec![UNTOUCHED; start + MOST * size + WALL], start, size }
    }

    /// The same, with elements in it.
    pub(crate) fn filled(rng: &mut Rng, size: usize, count: usize) -> Self {
        let mut buffer = Self::new(rng, size);
        for i in 0..count.min(MOST) {
            let number = rng.next();
            let at = buffer.start + i * size;
            fill(&mut buffer.memory[at..at + size], number);
        }
        buffer
    }

    pub(crate) fn as_ptr(&mut self) -> *mut c_void {
        self.memory[self.start..].as_mut_ptr().cast()
    }

    /// The pointer, or NULL now and then.
    pub(crate) fn pointer(&mut self, rng: &mut Rng) -> *mut c_void {
        if rng.one_in(24) { std::ptr::null_mut() } else { self.as_ptr() }
    }

    /// Exactly the first `written` elements were written, all whole if `checked`.
    pub(crate) fn check(&self, written: usize, checked: bool) {
        let end = self.start + written * self.size;
        let untouched = |bytes: &[u8]| bytes.iter().all(|byte| *byte == UNTOUCHED);
        assert!(untouched(&self.memory[..self.start]), "written before the buffer");
        assert!(untouched(&self.memory[end..]), "written behind the {written} elements");
        if checked {
            for elem in self.memory[self.start..end].chunks_exact(self.size) {
                check(elem);
            }
        }
    }
}

/// Writes an element: a number, and bytes that follow from it.
pub(crate) fn fill(elem: &mut [u8], number: u64) {
    let (head, rest) = elem.split_at_mut(8);
    head.copy_from_slice(&number.to_le_bytes());
    for (i, byte) in rest.iter_mut().enumerate() {
        *byte = (number >> (i % 8 * 8)) as u8 ^ i as u8;
    }
}

/// An element is one that was written.
pub(crate) fn check(elem: &[u8]) {
    let (head, rest) = elem.split_at(8);
    let number = u64::from_le_bytes(head.try_into().expect("8 bytes"));
    for (i, byte) in rest.iter().enumerate() {
        assert_eq!(*byte, (number >> (i % 8 * 8)) as u8 ^ i as u8, "a torn element");
    }
}
