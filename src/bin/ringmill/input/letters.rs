//! Dead letters as they stand in a file: written by a run, read by a redrive.

use std::io::BufRead;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::lines::{self, Found};
use super::{Input, Sink};
use crate::record::{Malformed, Source};

/// One dead letter.
pub(crate) struct Letter<'l> {
    pub(crate) source: &'l Source,
    pub(crate) number: u64,
    pub(crate) data: &'l [u8],
    pub(crate) key: Option<&'l [u8]>,
    /// `rejected`, `max_attempts`, `malformed`, `left`, …
    pub(crate) reason: &'l str,
    pub(crate) attempts: u32,
    pub(crate) error: &'l str,
}

impl Letter<'_> {
    /// Its line, with the end.
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut object = Map::new();
        put(&mut object, "record", self.data);
        if let Some(key) = self.key {
            put(&mut object, "key", key);
        }
        object.insert("file".into(), json!(self.source.name));
        object.insert("line".into(), json!(self.number));
        object.insert("reason".into(), json!(self.reason));
        object.insert("attempts".into(), json!(self.attempts));
        object.insert("error".into(), json!(self.error));
        if let Some(header) = self.source.header.get() {
            let names: Vec<_> = header.iter().map(|name| String::from_utf8_lossy(name)).collect();
            object.insert("header".into(), json!(names));
        }
        let mut line = Value::Object(object).to_string().into_bytes();
        line.push(b'\n');
        line
    }
}

/// Bytes as text if they are text; else as base64, under another name.
pub(crate) fn put(object: &mut Map<String, Value>, name: &str, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => object.insert(name.into(), json!(text)),
        Err(_) => object.insert(format!("{name}_base64"), json!(STANDARD.encode(bytes))),
    };
}

fn get(object: &Value, name: &str) -> Option<Vec<u8>> {
    if let Some(text) = object.get(name).and_then(Value::as_str) {
        return Some(text.as_bytes().to_vec());
    }
    let text = object.get(format!("{name}_base64"))?.as_str()?;
    STANDARD.decode(text).ok()
}

/// Reads dead letters: the records as they were, with the keys, files and lines that they had.
pub(super) fn read(
    input: &Input,
    name: &str,
    lines: &mut dyn BufRead,
    sink: &mut Sink<'_>,
) -> anyhow::Result<bool> {
    let here = Source::new(name);
    let mut last = Arc::clone(&here);
    // Escapes make a letter longer than its record.
    let longest = input.longest.saturating_mul(6).saturating_add(64 << 10);
    let mut line = Vec::new();
    for number in 1.. {
        let found = match lines::read(lines, b'\n', longest, &mut line)? {
            Found::End => break,
            Found::Record if line.trim_ascii().is_empty() => continue,
            _ => revive(input, &mut last, &line).unwrap_or_else(|| {
                let data = std::mem::take(&mut line);
                let why = "no dead letter of a run".into();
                Err(Malformed { source: Arc::clone(&here), number, data, why })
            }),
        };
        if !sink(found) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The record of a letter; `None` if it is no letter.
fn revive(
    input: &Input,
    last: &mut Arc<Source>,
    line: &[u8],
) -> Option<Result<super::Read, Malformed>> {
    let object: Value = serde_json::from_slice(line).ok()?;
    let data = get(&object, "record")?;
    let file = object.get("file").and_then(Value::as_str)?;
    let number = object.get("line").and_then(Value::as_u64)?;
    let header = object.get("header").and_then(Value::as_array).map(|names| {
        names.iter().filter_map(Value::as_str).map(|name| name.as_bytes().to_vec()).collect()
    });
    if last.name != file || last.header.get() != header.as_ref() {
        *last = Source::new(file);
        if let Some(header) = header {
            let _ = last.header.set(header);
        }
    }
    let mut found = input.describe(last, number, data);
    if let (Ok(read), None) = (&mut found, &input.key) {
        read.key = get(&object, "key");
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were() {
        for bytes in [&b"text \"quoted\" \n"[..], b"", b"\xff\x00\xfe"] {
            let mut object = Map::new();
            put(&mut object, "record", bytes);
            let text = Value::Object(object).to_string();
            let parsed = serde_json::from_str(&text).expect("it is JSON");
            assert_eq!(get(&parsed, "record").as_deref(), Some(bytes));
        }
    }
}
