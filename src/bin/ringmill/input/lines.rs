//! Records that end with a byte: lines, and what ends with NUL.

use std::io::{self, BufRead};

/// What was found.
pub(crate) enum Found {
    Record,
    /// It is longer than allowed: the beginning is there, the rest was skipped.
    TooLong,
    End,
}

/// Reads up to `end`, which is not part of the record; of a line, neither is a carriage return.
pub(crate) fn read(
    input: &mut dyn BufRead,
    end: u8,
    longest: usize,
    record: &mut Vec<u8>,
) -> io::Result<Found> {
    record.clear();
    let mut seen = false;
    let mut too_long = false;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            break;
        }
        seen = true;
        let at = memchr::memchr(end, buffer);
        let part = &buffer[..at.unwrap_or(buffer.len())];
        // One more, which may be a carriage return.
        let room = longest.saturating_add(1).saturating_sub(record.len());
        too_long |= part.len() > room;
        record.extend_from_slice(&part[..part.len().min(room)]);
        let used = at.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if at.is_some() {
            break;
        }
    }
    if !seen {
        return Ok(Found::End);
    }
    if end == b'\n' && !too_long && record.last() == Some(&b'\r') {
        record.pop();
    }
    if too_long || record.len() > longest {
        return Ok(Found::TooLong);
    }
    Ok(Found::Record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], end: u8, longest: usize) -> Vec<Result<String, usize>> {
        let mut input = io::BufReader::with_capacity(3, text);
        let (mut found, mut record) = (Vec::new(), Vec::new());
        loop {
            match read(&mut input, end, longest, &mut record).expect("memory has no errors") {
                Found::Record => found.push(Ok(String::from_utf8_lossy(&record).into_owned())),
                Found::TooLong => found.push(Err(record.len())),
                Found::End => return found,
            }
        }
    }

    fn ok(text: &str) -> Result<String, usize> {
        Ok(text.into())
    }

    #[test]
    fn lines_end_with_either_line_end_or_the_input() {
        assert_eq!(all(b"a\nbcd\r\n\nlast", b'\n', 9), [ok("a"), ok("bcd"), ok(""), ok("last")]);
        assert_eq!(all(b"", b'\n', 9), []);
        assert_eq!(all(b"\n", b'\n', 9), [ok("")]);
    }

    #[test]
    fn with_nul_a_line_end_is_like_any_byte() {
        assert_eq!(all(b"a\nb\r\0c\0", 0, 9), [ok("a\nb\r"), ok("c")]);
    }

    #[test]
    fn what_is_too_long_is_cut_and_the_next_record_is_whole() {
        assert_eq!(all(b"12345\r\nok\n", b'\n', 5), [ok("12345"), ok("ok")]);
        let found = all(b"1234567890\nok\n", b'\n', 5);
        assert!(matches!(found[0], Err(kept) if kept <= 6), "{found:?}");
        assert_eq!(found[1..], [ok("ok")]);
    }
}
