//! `--dry-run`: which commands would run.

use std::io::{BufWriter, Write, stdout};
use std::process::ExitCode;

use anyhow::Result;

use super::plan::{Plan, Work};
use super::template::Task;
use crate::input::Read;
use crate::record::{Malformed, Record};

/// Prints one line for each record: where it stands, its key, and the command as a shell would take
/// it.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode> {
    let mut out = BufWriter::new(stdout().lock());
    let mut to_skip = plan.input.skip;
    let mut whole = true;
    let mut broken = None;
    let mut sink = |found: Result<Read, Malformed>| {
        if to_skip > 0 {
            to_skip -= 1;
            return true;
        }
        let (line, good) = line(plan, found);
        whole &= good;
        broken = out.write_all(&line).err();
        broken.is_none()
    };
    let mut unreadable = 0;
    plan.input.read(&mut sink, &mut |why| {
        unreadable += 1;
        eprintln!("ringmill: {why}");
    });
    if let Some(error) = broken {
        return Err(error.into());
    }
    out.flush()?;
    let whole = whole && unreadable == 0;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(super::UNFINISHED) })
}

fn line(plan: &Plan, found: Result<Read, Malformed>) -> (Vec<u8>, bool) {
    let read = match found {
        Ok(read) => read,
        Err(malformed) => {
            let Malformed { source, number, why, .. } = malformed;
            return (format!("{}:{number}: malformed: {why}\n", source.name).into(), false);
        }
    };
    let Read { source, number, data, key, .. } = read;
    let record = Record { place: 0, source, number, data: data.into(), _room: None };
    let mut line = format!("{}:{number}: ", record.source.name).into_bytes();
    if let Some(key) = &key {
        line.extend_from_slice(b"key ");
        line.extend_from_slice(key);
        line.extend_from_slice(b": ");
    }
    let mut good = true;
    match &plan.work {
        Work::Coprocess(_) => line.extend_from_slice(&record.data),
        Work::Exec(template) => {
            let task = Task { record: &record, key: key.as_deref(), attempt: 1 };
            match template.fill(&task) {
                Ok(args) => line.extend_from_slice(&quoted(&args)),
                Err(why) => {
                    good = false;
                    line.extend_from_slice(b"malformed: ");
                    line.extend_from_slice(why.as_bytes());
                }
            }
        }
    }
    line.push(b'\n');
    (line, good)
}

/// Arguments as a shell reads them.
fn quoted(args: &[std::ffi::OsString]) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    let quote = |arg: &std::ffi::OsString| {
        shlex::bytes::try_quote(arg.as_bytes()).unwrap_or_default().into_owned()
    };
    args.iter().map(quote).collect::<Vec<_>>().join(&b' ')
}
