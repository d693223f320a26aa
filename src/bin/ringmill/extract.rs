//! Parts of a record: columns, values by JSON pointer, what a regular expression matches.

use std::borrow::Cow;
use std::str::FromStr;

use anyhow::{Context, Error, bail};
use csv::ByteRecord;
use regex::bytes::Regex;
use ringmill::message::Priority;
use serde_json::Value;

use crate::record::Source;

/// How records are told apart and split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Lines,
    Null,
    Csv,
    Json,
}

/// How a record is split.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) format: Format,
    pub(crate) delimiter: u8,
    pub(crate) header: bool,
}

/// Which part of a record.
#[derive(Clone, Debug)]
pub(crate) enum Selector {
    /// From 1.
    Column(usize),
    Name(String),
    Pointer(String),
    Pattern(Regex),
}

impl FromStr for Selector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(pattern) = text.strip_prefix("re:") {
            return Ok(Self::Pattern(Regex::new(pattern).context("regular expression")?));
        }
        if text.starts_with('/') {
            return Ok(Self::Pointer(text.into()));
        }
        match text.parse() {
            Ok(0) => bail!("columns count from 1"),
            Ok(column) => Ok(Self::Column(column)),
            Err(_) if text.is_empty() => bail!("empty"),
            Err(_) => Ok(Self::Name(text.into())),
        }
    }
}

impl Selector {
    /// Why it has no meaning for records of this shape.
    pub(crate) fn check(&self, shape: &Shape) -> Result<(), Error> {
        let json = shape.format == Format::Json;
        match self {
            Self::Column(_) if json => {
                bail!("JSON has no columns; take a pointer like /customer/id")
            }
            Self::Pointer(pointer) if !json => bail!("{pointer} is for JSON; give --jsonl"),
            Self::Name(name) if !shape.header => {
                bail!("{name} is no column's number; names need --csv --header")
            }
            _ => Ok(()),
        }
    }
}

/// A record, split as far as is needed.
pub(crate) struct Fields<'r> {
    shape: Shape,
    source: &'r Source,
    data: &'r [u8],
    columns: Option<Vec<Vec<u8>>>,
    json: Option<Value>,
}

impl<'r> Fields<'r> {
    pub(crate) fn new(shape: Shape, source: &'r Source, data: &'r [u8]) -> Self {
        Self { shape, source, data, columns: None, json: None }
    }

    /// As `new`, of a record whose columns are known.
    pub(crate) fn of_csv(
        shape: Shape,
        source: &'r Source,
        data: &'r [u8],
        record: &ByteRecord,
    ) -> Self {
        let columns = record.iter().map(<[u8]>::to_vec).collect();
        Self { shape, source, data, columns: Some(columns), json: None }
    }

    /// Whether it is JSON, or why not.
    pub(crate) fn is_json(&mut self) -> Result<(), String> {
        if self.json.is_none() {
            let parsed = serde_json::from_slice(self.data);
            self.json = Some(parsed.map_err(|error| format!("no JSON: {error}"))?);
        }
        Ok(())
    }

    /// All columns; none where records have no columns.
    pub(crate) fn columns(&mut self) -> &[Vec<u8>] {
        let (shape, data) = (self.shape, self.data);
        self.columns.get_or_insert_with(|| split(&shape, data))
    }

    /// A part of it, or why it is not there.
    pub(crate) fn get(&mut self, selector: &Selector) -> Result<Cow<'_, [u8]>, String> {
        match selector {
            Selector::Column(column) => self.column(*column),
            Selector::Name(name) => {
                let header = self.source.header.get().map_or(&[][..], Vec::as_slice);
                let at = header.iter().position(|column| column == name.as_bytes());
                let at = at.ok_or_else(|| format!("no column is named {name}"))?;
                self.column(at + 1)
            }
            Selector::Pointer(pointer) => {
                self.is_json()?;
                match self.json.as_ref().and_then(|json| json.pointer(pointer)) {
                    None | Some(Value::Null) => Err(format!("there is nothing at {pointer}")),
                    Some(Value::String(text)) => Ok(Cow::Borrowed(text.as_bytes())),
                    Some(other) => Ok(Cow::Owned(other.to_string().into_bytes())),
                }
            }
            Selector::Pattern(pattern) => {
                let found = pattern.captures(self.data);
                let found = found.and_then(|found| found.get(1).or_else(|| found.get(0)));
                let found = found.ok_or_else(|| format!("nothing matches {pattern}"))?;
                Ok(Cow::Borrowed(found.as_bytes()))
            }
        }
    }

    fn column(&mut self, column: usize) -> Result<Cow<'_, [u8]>, String> {
        let columns = self.columns();
        match columns.get(column - 1) {
            Some(found) => Ok(Cow::Borrowed(found)),
            None => Err(format!("no column {column}; there are {}", columns.len())),
        }
    }
}

fn split(shape: &Shape, data: &[u8]) -> Vec<Vec<u8>> {
    let owned = |part: &[u8]| part.to_vec();
    match shape.format {
        Format::Json => Vec::new(),
        Format::Csv => {
            let mut reader = csv_reader(shape, data);
            let mut record = ByteRecord::new();
            // One record is one record: it was written by the same rules.
            let _ = reader.read_byte_record(&mut record);
            record.iter().map(owned).collect()
        }
        _ if shape.delimiter == b' ' => {
            let blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
            data.split(blank).filter(|part| !part.is_empty()).map(owned).collect()
        }
        _ => data.split(|byte| *byte == shape.delimiter).map(owned).collect(),
    }
}

/// A reader of CSV in this shape. Headers are read as records.
pub(crate) fn csv_reader<R: std::io::Read>(shape: &Shape, input: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(shape.delimiter).has_headers(false).from_reader(input)
}

/// A record as CSV, without its line's end.
pub(crate) fn csv_text(shape: &Shape, record: &ByteRecord) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(shape.delimiter).from_writer(Vec::new());
    // A vector takes all that is written.
    let _ = writer.write_byte_record(record);
    let mut text = writer.into_inner().unwrap_or_default();
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    text
}

/// A priority as people write it.
pub(crate) fn priority(text: &[u8]) -> Result<Priority, String> {
    let trimmed = text.trim_ascii().to_ascii_lowercase();
    let named = match trimmed.as_slice() {
        b"low" => Some(Priority::LOW),
        b"normal" => Some(Priority::NORMAL),
        b"high" => Some(Priority::HIGH),
        b"critical" => Some(Priority::CRITICAL),
        digits => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .and_then(Priority::new),
    };
    named.ok_or_else(|| format!("{:?} is no priority", String::from_utf8_lossy(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(format: Format, delimiter: u8, data: &str, selector: &str) -> Result<String, String> {
        let shape = Shape { format, delimiter, header: true };
        let source = Source::new("test");
        source.header.set(vec![b"id".to_vec(), b"name".to_vec()]).expect("first");
        let selector = selector.parse().expect("a selector");
        let mut fields = Fields::new(shape, &source, data.as_bytes());
        fields.get(&selector).map(|found| String::from_utf8_lossy(&found).into_owned())
    }

    #[test]
    fn parts_are_found_by_column_name_pointer_and_pattern() {
        assert_eq!(get(Format::Lines, b',', "a,b,c", "2"), Ok("b".into()));
        assert_eq!(get(Format::Lines, b' ', "  a \t b", "2"), Ok("b".into()));
        assert_eq!(get(Format::Csv, b',', "7,\"x, \"\"y\"\"\"", "name"), Ok("x, \"y\"".into()));
        assert_eq!(get(Format::Json, b',', r#"{"a":{"b":[1,"é"]}}"#, "/a/b/1"), Ok("é".into()));
        assert_eq!(get(Format::Json, b',', r#"{"a":{"b":2}}"#, "/a"), Ok(r#"{"b":2}"#.into()));
        assert_eq!(get(Format::Lines, b',', "x id=42;", r"re:id=(\d+)"), Ok("42".into()));
    }

    #[test]
    fn what_is_not_there_is_told() {
        assert!(get(Format::Lines, b',', "a", "2").is_err());
        assert!(get(Format::Json, b',', "{", "/a").is_err());
        assert!(get(Format::Json, b',', r#"{"a":null}"#, "/a").is_err());
        assert!(get(Format::Lines, b',', "a", "re:b").is_err());
        assert!("0".parse::<Selector>().is_err());
        assert!("re:(".parse::<Selector>().is_err());
    }

    #[test]
    fn priorities_have_numbers_and_names() {
        assert_eq!(priority(b" High "), Ok(Priority::HIGH));
        assert_eq!(priority(b"31"), Ok(Priority::CRITICAL));
        assert!(priority(b"32").is_err());
        assert!(priority(b"urgent").is_err());
    }
}
