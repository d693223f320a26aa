//! The file of dead letters: appended to, one write a letter.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::input::letters::Letter;

/// Where dead letters go; nowhere if there is no file.
#[derive(Debug)]
pub(crate) struct DeadFile(Option<Mutex<File>>);

impl DeadFile {
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        // What was cut off by a full disk is not to spoil the next letter.
        let is_file = file.metadata()?.is_file();
        if is_file && file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        Ok(Self(Some(Mutex::new(file))))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a letter. It is with the system when this returns.
    pub(crate) fn write(&self, letter: &Letter<'_>) -> io::Result<()> {
        if self.is_there() { self.write_line(&letter.line()) } else { Ok(()) }
    }

    /// Writes a letter's line.
    pub(crate) fn write_line(&self, line: &[u8]) -> io::Result<()> {
        let Some(file) = &self.0 else { return Ok(()) };
        file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line)
    }
}
