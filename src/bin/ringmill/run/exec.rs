//! One process a record.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ringmill::queue::ErrorClass;
use rustix::pipe::{PipeFlags, pipe_with};

use super::process::{self, Waited};
use super::stop::Stop;
use super::template::{Task, Template};
use super::verdict::Verdict;
use crate::extract::Format;

/// What every pipe has room for.
const PIPE: usize = 4_096;

/// The longest output of a process that is kept.
const LONGEST_OUTPUT: u64 = 64 << 20;

/// How much of what a process says of its errors is kept.
const LONGEST_ERROR: u64 = 1_024;

/// `EX_DATAERR` of `sysexits.h`.
const DATA_ERROR: i32 = 65;

/// `EX_TEMPFAIL` of `sysexits.h`.
const TRANSIENT: i32 = 75;

/// Runs processes, one at a time. Their outputs go to files without a name, so that no process waits
/// for a reader, and none that it left behind keeps one waiting.
pub(crate) struct Executor<'e> {
    template: &'e Template,
    end: &'static [u8],
    timeout: Option<Duration>,
    stop: &'e Stop,
    output: File,
    errors: File,
}

/// How a process ended, and what it wrote.
pub(crate) struct Done {
    pub(crate) verdict: Verdict,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: Vec<u8>,
}

impl<'e> Executor<'e> {
    pub(crate) fn new(
        template: &'e Template,
        format: Format,
        timeout: Option<Duration>,
        stop: &'e Stop,
    ) -> io::Result<Self> {
        let end: &[u8] = if format == Format::Null { b"" } else { b"\n" };
        let (output, errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
        Ok(Self { template, end, timeout, stop, output, errors })
    }

    /// Handles a record.
    pub(crate) fn run(&mut self, task: &Task<'_>) -> Done {
        let mut output = Vec::new();
        let mut errors = Vec::new();
        let verdict = match self.template.command(task) {
            Err(why) => Verdict::Dead(why),
            Ok(command) => match self.spawn(command, task) {
                Ok(verdict) => self.collect(verdict, &mut output, &mut errors),
                Err(error) if error.kind() == io::ErrorKind::ArgumentListTooLong => {
                    Verdict::Dead(format!("too long for arguments: {error}"))
                }
                Err(error) => Verdict::failed(ErrorClass::System, format!("no process: {error}")),
            },
        };
        Done { verdict, output, errors }
    }

    fn spawn(
        &mut self,
        mut command: std::process::Command,
        task: &Task<'_>,
    ) -> io::Result<Verdict> {
        command
            .stdin(self.input(&task.record.data)?)
            .stdout(self.output.try_clone()?)
            .stderr(self.errors.try_clone()?)
            .process_group(0);
        let mut child = command.spawn()?;
        drop(command);
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Ok(match process::wait(&mut child, deadline, self.stop)? {
            Waited::Ended(status) => verdict(status),
            Waited::TimedOut => {
                let limit = self.timeout.unwrap_or_default();
                Verdict::failed(ErrorClass::TimedOut, format!("killed after {limit:?}"))
            }
            Waited::Aborted => Verdict::Left,
        })
    }

    /// A standard input with the record in it, complete before the process begins.
    fn input(&self, data: &[u8]) -> io::Result<Stdio> {
        if data.len() + self.end.len() <= PIPE {
            let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
            let mut writer = File::from(writer);
            let mut whole = [0; PIPE];
            whole[..data.len()].copy_from_slice(data);
            whole[data.len()..data.len() + self.end.len()].copy_from_slice(self.end);
            writer.write_all(&whole[..data.len() + self.end.len()])?;
            return Ok(reader.into());
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(data)?;
        file.write_all(self.end)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file.into())
    }

    /// Takes what was written, and lets it decide what is left open.
    fn collect(&mut self, verdict: Verdict, output: &mut Vec<u8>, errors: &mut Vec<u8>) -> Verdict {
        let taken = take(&mut self.output, LONGEST_OUTPUT, output)
            .and_then(|whole| Ok((whole, take(&mut self.errors, LONGEST_ERROR, errors)?)));
        match (taken, verdict) {
            (Ok((true, _)), Verdict::Ack) => Verdict::Ack,
            (Ok((false, _)), Verdict::Ack) => {
                Verdict::Dead(format!("its output is longer than {LONGEST_OUTPUT} bytes"))
            }
            (Ok(_), Verdict::Retry { class, text, after }) if !errors.is_empty() => {
                let said = String::from_utf8_lossy(errors);
                Verdict::Retry { class, text: format!("{text}: {}", said.trim()), after }
            }
            (Ok(_), Verdict::Dead(text)) if !errors.is_empty() => {
                Verdict::Dead(format!("{text}: {}", String::from_utf8_lossy(errors).trim()))
            }
            (Ok(_), other) => other,
            (Err(error), _) => {
                Verdict::failed(ErrorClass::System, format!("output of the process: {error}"))
            }
        }
    }
}

/// Takes the last bytes of a file out; a file that was written to is replaced by a new one. Says
/// whether there was not more.
fn take(file: &mut File, longest: u64, into: &mut Vec<u8>) -> io::Result<bool> {
    let len = file.metadata()?.len();
    if len == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::Start(len.saturating_sub(longest)))?;
    file.take(longest).read_to_end(into)?;
    *file = tempfile::tempfile()?;
    Ok(len <= longest)
}

/// What an exit status says.
fn verdict(status: ExitStatus) -> Verdict {
    match status.code() {
        Some(0) => Verdict::Ack,
        Some(DATA_ERROR) => Verdict::Dead("exit status 65".into()),
        Some(TRANSIENT) => Verdict::failed(ErrorClass::System, "exit status 75"),
        Some(code) => Verdict::failed(ErrorClass::Business, format!("exit status {code}")),
        None => {
            let signal = status.signal().unwrap_or_default();
            Verdict::failed(ErrorClass::System, format!("killed by signal {signal}"))
        }
    }
}
