//! Results: as they come, or in the order of the input.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::stop::Stop;
use super::template::Task;
use crate::input::letters;

/// Where results go.
#[derive(Debug)]
pub(crate) struct Output {
    /// Standard output if there is none.
    file: Option<File>,
    line: Mutex<Line>,
    moved: Condvar,
    /// How many places results may be ahead of the first that is missing; as they come if `None`.
    window: Option<u64>,
}

/// Results that wait for earlier ones.
#[derive(Debug, Default)]
struct Line {
    next: u64,
    waiting: BTreeMap<u64, Vec<u8>>,
}

impl Output {
    pub(crate) fn new(path: Option<&Path>, window: Option<u64>) -> io::Result<Self> {
        let file = path.map(File::create).transpose()?;
        Ok(Self { file, line: Mutex::default(), moved: Condvar::new(), window })
    }

    /// Whether results wait for those before them.
    pub(crate) fn is_ordered(&self) -> bool {
        self.window.is_some()
    }

    /// Appends the result of a task to `text`, in the form in which it is written; as plain text it
    /// ends with `end`, unless it is empty.
    pub(crate) fn format(&self, task: &Task<'_>, result: &[u8], end: &[u8], text: &mut Vec<u8>) {
        if self.file.is_none() {
            text.extend_from_slice(result);
            text.extend_from_slice(if result.is_empty() { b"" } else { end });
            return;
        }
        let mut object = Map::new();
        object.insert("file".into(), json!(task.record.source.name));
        object.insert("line".into(), json!(task.record.number));
        if let Some(key) = task.key {
            letters::put(&mut object, "key", key);
        }
        object.insert("attempts".into(), json!(task.attempt));
        letters::put(&mut object, "result", result);
        text.extend_from_slice(Value::Object(object).to_string().as_bytes());
        text.push(b'\n');
    }

    /// Writes formatted results at once.
    fn write(&self, text: &[u8]) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        match &self.file {
            Some(file) => (&*file).write_all(text),
            None => {
                let mut out = io::stdout().lock();
                out.write_all(text)?;
                out.flush()
            }
        }
    }

    /// Writes formatted results, in order when all before them are written; an empty one for a
    /// record that has none.
    pub(crate) fn put(&self, results: Vec<(u64, Vec<u8>)>) -> io::Result<()> {
        let mut ready = Vec::new();
        if self.window.is_none() {
            results.into_iter().for_each(|(_, text)| ready.extend_from_slice(&text));
            return self.write(&ready);
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.waiting.extend(results);
        loop {
            let next = line.next;
            let Some(text) = line.waiting.remove(&next) else { break };
            ready.extend_from_slice(&text);
            line.next += 1;
        }
        self.moved.notify_all();
        // In the lock: the next ones come behind.
        self.write(&ready)
    }

    /// Writes what waits for places that will not come.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = std::mem::take(&mut line.waiting);
        self.write(&waiting.into_values().flatten().collect::<Vec<_>>())
    }

    /// Waits until a place is near enough to what is written; `false` if the run is stopped.
    pub(crate) fn wait_for_room(&self, place: u64, stop: &Stop) -> bool {
        let Some(window) = self.window else { return true };
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        while place >= line.next + window {
            if stop.is_draining() {
                return false;
            }
            // The run may be stopped without anything being written.
            let waited = self.moved.wait_timeout(line, Duration::from_millis(100));
            line = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
