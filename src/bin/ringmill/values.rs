//! Values on the command line: spans of time, rates, sizes, delimiters.

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A span like `100ms`, `5s` or `1h 30m`.
pub(crate) fn span(text: &str) -> Result<Duration> {
    let span: jiff::SignedDuration =
        text.parse().with_context(|| format!("{text:?} is no span of time like 100ms, 5s, 2m"))?;
    Duration::try_from(span).with_context(|| format!("{text:?} is below zero"))
}

/// The first and the longest delay between attempts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

/// A range like `100ms..30s`, or one span for a fixed delay.
pub(crate) fn backoff(text: &str) -> Result<Backoff> {
    let (first, longest) = text.split_once("..").unwrap_or((text, text));
    let (first, longest) = (span(first)?, span(longest)?);
    if first > longest {
        bail!("the first delay is longer than the longest");
    }
    Ok(Backoff { first, longest })
}

/// A rate like `50/s`, `600/m` or `50`; in events a second.
pub(crate) fn rate(text: &str) -> Result<f64> {
    let (count, unit) = text.split_once('/').unwrap_or((text, "s"));
    let count: f64 = count.parse().with_context(|| format!("{count:?} is no number"))?;
    let seconds = match unit {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => bail!("{unit:?} is none of s, m, h"),
    };
    let rate = count / seconds;
    if !(rate.is_finite() && rate > 0.0) {
        bail!("a rate is above zero");
    }
    Ok(rate)
}

/// A size in bytes like `4096`, `64K`, `16M`, `1G`; units of 1,024.
pub(crate) fn size(text: &str) -> Result<usize> {
    let digits = text.trim_end_matches("iB").trim_end_matches('B');
    let (digits, shift) = match digits.char_indices().last() {
        Some((at, 'K' | 'k')) => (&digits[..at], 10),
        Some((at, 'M')) => (&digits[..at], 20),
        Some((at, 'G')) => (&digits[..at], 30),
        _ => (digits, 0),
    };
    let count: usize = digits.parse().with_context(|| format!("{text:?} is no size like 64K"))?;
    let bytes = count.checked_mul(1 << shift).filter(|bytes| *bytes > 0);
    bytes.with_context(|| format!("{text:?} is out of range"))
}

/// One byte that separates columns: a character, `\t`, or `space`.
pub(crate) fn delimiter(text: &str) -> Result<u8> {
    match text {
        "\\t" | "tab" => Ok(b'\t'),
        "space" => Ok(b' '),
        _ if text.len() == 1 && text != "\n" && text != "\"" => Ok(text.as_bytes()[0]),
        _ => bail!("{text:?} is not one ASCII character, \\t or space"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_write_them() {
        let range = backoff("100ms..30s").expect("valid");
        assert_eq!(range.first, Duration::from_millis(100));
        assert_eq!(range.longest, Duration::from_secs(30));
        assert_eq!(rate("600/m").expect("valid"), 10.0);
        assert_eq!(size("64K").expect("valid"), 65_536);
        assert_eq!(size("16MiB").expect("valid"), 16 << 20);
        assert_eq!(delimiter("\\t").expect("valid"), b'\t');
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["", "5", "-5s", "soon"] {
            assert!(span(text).is_err(), "{text:?}");
        }
        assert!(backoff("2s..1s").is_err());
        for text in ["0/s", "-1", "5/y", "inf"] {
            assert!(rate(text).is_err(), "{text:?}");
        }
        for text in ["", "0", "K", "99999999999G"] {
            assert!(size(text).is_err(), "{text:?}");
        }
        assert!(delimiter("ab").is_err());
    }
}
