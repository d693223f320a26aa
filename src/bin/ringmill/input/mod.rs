//! From files to records: one source after the other, each record with its key, or why it is none.

pub(crate) mod letters;
pub(crate) mod lines;
pub(crate) mod open;

use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use csv::ByteRecord;
use ringmill::message::Priority;

use self::lines::Found;
use crate::extract::{Fields, Format, Selector, Shape, csv_reader, csv_text, priority};
use crate::record::{Malformed, Source};

/// What is read, and how.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) shape: Shape,
    pub(crate) key: Option<Selector>,
    pub(crate) priority: Option<Selector>,
    pub(crate) longest: usize,
    pub(crate) skip: u64,
    /// Whether the files are dead letters.
    pub(crate) letters: bool,
    /// How many bytes have been read.
    pub(crate) bytes: Arc<AtomicU64>,
}

/// A record as it was read.
pub(crate) struct Read {
    pub(crate) source: Arc<Source>,
    pub(crate) number: u64,
    pub(crate) data: Vec<u8>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) priority: Option<Priority>,
}

/// What takes records; it says whether it wants more.
pub(crate) type Sink<'s> = dyn FnMut(Result<Read, Malformed>) -> bool + 's;

impl Input {
    /// Reads all files. What cannot be read is told to `unreadable`, and the next file goes on.
    pub(crate) fn read(&self, sink: &mut Sink<'_>, unreadable: &mut dyn FnMut(String)) {
        for path in &self.files {
            let stdin = open::is_stdin(path);
            let name =
                if stdin { "standard input".into() } else { path.to_string_lossy().into_owned() };
            let result = open::open(path, &self.bytes)
                .map_err(anyhow::Error::from)
                .and_then(|mut input| self.read_one(&name, &mut *input, sink));
            match result {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => unreadable(format!("{name}: {error:#}")),
            }
        }
    }

    fn read_one(
        &self,
        name: &str,
        input: &mut dyn BufRead,
        sink: &mut Sink<'_>,
    ) -> anyhow::Result<bool> {
        if self.letters {
            return letters::read(self, name, input, sink);
        }
        let source = Source::new(name);
        if self.shape.format == Format::Csv {
            return self.read_csv(&source, input, sink);
        }
        let end = if self.shape.format == Format::Null { 0 } else { b'\n' };
        let mut record = Vec::new();
        for number in 1.. {
            let found = match lines::read(input, end, self.longest, &mut record)? {
                Found::End => break,
                Found::TooLong => {
                    record.truncate(1_024);
                    let why = format!("longer than {} bytes; see --max-record", self.longest);
                    let data = std::mem::take(&mut record);
                    Err(Malformed { source: Arc::clone(&source), number, data, why })
                }
                Found::Record if self.shape.format == Format::Json && is_blank(&record) => continue,
                Found::Record => self.describe(&source, number, std::mem::take(&mut record)),
            };
            if !sink(found) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Finds the key and the priority of a record.
    pub(crate) fn describe(
        &self,
        source: &Arc<Source>,
        number: u64,
        data: Vec<u8>,
    ) -> Result<Read, Malformed> {
        let described = {
            let mut fields = Fields::new(self.shape, source, &data);
            if self.shape.format == Format::Json { fields.is_json() } else { Ok(()) }
                .and_then(|()| self.labels(&mut fields))
        };
        let source = Arc::clone(source);
        match described {
            Ok((key, priority)) => Ok(Read { source, number, data, key, priority }),
            Err(why) => Err(Malformed { source, number, data, why }),
        }
    }

    fn labels(
        &self,
        fields: &mut Fields<'_>,
    ) -> Result<(Option<Vec<u8>>, Option<Priority>), String> {
        let key = match &self.key {
            Some(selector) => {
                Some(fields.get(selector).map_err(|why| format!("key: {why}"))?.into_owned())
            }
            None => None,
        };
        let level = match &self.priority {
            Some(selector) => {
                let found = fields.get(selector).and_then(|text| priority(&text));
                Some(found.map_err(|why| format!("priority: {why}"))?)
            }
            None => None,
        };
        Ok((key, level))
    }

    fn read_csv(
        &self,
        source: &Arc<Source>,
        input: &mut dyn BufRead,
        sink: &mut Sink<'_>,
    ) -> anyhow::Result<bool> {
        let mut reader = csv_reader(&self.shape, input);
        let mut record = ByteRecord::new();
        loop {
            let number = reader.position().line();
            let found = match reader.read_byte_record(&mut record) {
                Ok(false) => return Ok(true),
                Ok(true) if self.shape.header && source.header.get().is_none() => {
                    let names = record.iter().map(<[u8]>::to_vec).collect();
                    let _ = source.header.set(names);
                    continue;
                }
                Ok(true) => self.describe_csv(source, number, &record),
                Err(error) if matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. }) => {
                    let data = csv_text(&self.shape, &record);
                    let why = format!("{error}");
                    Err(Malformed { source: Arc::clone(source), number, data, why })
                }
                Err(error) => return Err(error.into()),
            };
            if !sink(found) {
                return Ok(false);
            }
        }
    }

    fn describe_csv(
        &self,
        source: &Arc<Source>,
        number: u64,
        record: &ByteRecord,
    ) -> Result<Read, Malformed> {
        let data = csv_text(&self.shape, record);
        let why = if data.len() > self.longest {
            format!("longer than {} bytes; see --max-record", self.longest)
        } else {
            let labels = match (&self.key, &self.priority) {
                (None, None) => Ok((None, None)),
                _ => self.labels(&mut Fields::of_csv(self.shape, source, &data, record)),
            };
            let source = Arc::clone(source);
            match labels {
                Ok((key, priority)) => return Ok(Read { source, number, data, key, priority }),
                Err(why) => why,
            }
        };
        Err(Malformed { source: Arc::clone(source), number, data, why })
    }
}

fn is_blank(record: &[u8]) -> bool {
    record.trim_ascii().is_empty()
}
