//! What a coprocess answers, one line for each record.

use std::time::Duration;

use ringmill::queue::ErrorClass;

use super::verdict::Verdict;
use crate::values;

/// The longest delay that is granted.
const LONGEST_DELAY: Duration = Duration::from_secs(365 * 86_400);

/// An answer: what becomes of the record, and its result. `None` if the line makes no sense.
pub(crate) fn parse(line: &[u8]) -> Option<(Verdict, &[u8])> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let at = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let (word, rest) = (&line[..at], line.get(at + 1..).unwrap_or_default());
    let text = || String::from_utf8_lossy(rest).trim().to_string();
    let verdict = match word {
        b"ok" => return Some((Verdict::Ack, rest)),
        b"dead" => Verdict::Dead(text()),
        b"retry" => {
            let text = text();
            let (first, behind) = text.split_once(' ').unwrap_or((&text, ""));
            let (after, why) = match values::span(first) {
                Ok(after) => (Some(after.min(LONGEST_DELAY)), behind),
                Err(_) => (None, text.as_str()),
            };
            Verdict::Retry {
                class: ErrorClass::Business,
                text: format!("asked for a retry {why}"),
                after,
            }
        }
        _ => return None,
    };
    Some((verdict, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_ok_retry_or_dead() {
        assert_eq!(parse(b"ok"), Some((Verdict::Ack, &b""[..])));
        assert_eq!(parse(b"ok 1 2\r"), Some((Verdict::Ack, &b"1 2"[..])));
        assert_eq!(
            parse(b"dead no such order"),
            Some((Verdict::Dead("no such order".into()), &b""[..]))
        );
        let after = |line| match parse(line) {
            Some((Verdict::Retry { after, .. }, _)) => after,
            other => panic!("{other:?}"),
        };
        assert_eq!(after(b"retry 5s"), Some(Duration::from_secs(5)));
        assert_eq!(after(b"retry 10ms busy"), Some(Duration::from_millis(10)));
        assert_eq!(after(b"retry 999999999h"), Some(LONGEST_DELAY));
        assert_eq!(after(b"retry"), None);
        assert_eq!(after(b"retry later"), None);
    }

    #[test]
    fn anything_else_makes_no_sense() {
        for line in ["", "OK", "okay", "42", " ok", "\u{0}"] {
            assert_eq!(parse(line.as_bytes()), None, "{line:?}");
        }
    }
}
