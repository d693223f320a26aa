//! The bytes of a key: short ones in place, long ones allocated.

use alloc::boxed::Box;

/// How many bytes stand in place.
const IN_PLACE: usize = 22;

#[derive(Clone)]
pub(crate) enum KeyBytes {
    Short { len: u8, bytes: [u8; IN_PLACE] },
    Long(Box<[u8]>),
}

impl KeyBytes {
    #[inline]
    pub(crate) fn new(key: &[u8]) -> Self {
        if key.len() > IN_PLACE {
            return Self::Long(key.into());
        }
        let mut bytes = [0; IN_PLACE];
        bytes[..key.len()].copy_from_slice(key);
        Self::Short { len: key.len() as u8, bytes }
    }

    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => &bytes[..usize::from(*len)],
            Self::Long(bytes) => bytes,
        }
    }
}

impl PartialEq for KeyBytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for KeyBytes {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Tag;

    #[test]
    fn a_key_is_what_was_given_however_long() {
        for len in [0, 1, 21, 22, 23, 1_000] {
            let key: alloc::vec::Vec<u8> = (0..len).map(|n| n as u8).collect();
            assert_eq!(KeyBytes::new(&key).as_bytes(), key);
        }
    }

    #[test]
    fn a_tag_takes_32_bytes_of_a_slot() {
        assert_eq!(size_of::<Tag>(), 32);
    }
}
