//! From the command line to a run: everything checked before anything begins.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use anyhow::{Context, Result, bail};

use super::template::Template;
use crate::args::{ControlArgs, FormatArgs, Ordering, RedriveArgs, RunArgs, WorkArgs};
use crate::extract::{Format, Shape};
use crate::input::Input;

/// How records are handled.
pub(crate) enum Work {
    Exec(Template),
    Coprocess(Template),
}

/// A run that makes sense.
pub(crate) struct Plan {
    pub(crate) input: Input,
    pub(crate) work: Work,
    pub(crate) workers: usize,
    pub(crate) timeout: Option<std::time::Duration>,
    pub(crate) dry_run: bool,
    pub(crate) ordered: bool,
    pub(crate) control: ControlArgs,
}

impl Plan {
    pub(crate) fn of_run(args: RunArgs) -> Result<Self> {
        let files = if args.files.is_empty() { vec![PathBuf::from("-")] } else { args.files };
        Self::new(files, args.format, args.work, args.control, false)
    }

    pub(crate) fn of_redrive(args: RedriveArgs) -> Result<Self> {
        Self::new(args.files, args.format, args.work, args.control, true)
    }

    fn new(
        files: Vec<PathBuf>,
        args: FormatArgs,
        work: WorkArgs,
        control: ControlArgs,
        letters: bool,
    ) -> Result<Self> {
        let format = match (args.null, args.csv, args.jsonl) {
            (true, ..) => Format::Null,
            (_, true, _) => Format::Csv,
            (.., true) => Format::Json,
            _ => Format::Lines,
        };
        let shape = Shape { format, delimiter: args.delimiter, header: args.header };
        for (name, selector) in [("--key", &args.key), ("--priority", &args.priority)] {
            if let Some(selector) = selector {
                selector.check(&shape).context(name)?;
            }
        }
        let keyed = args.key.is_some() || letters;
        if control.order == Some(Ordering::Key) && !keyed {
            bail!("--order key: there is no key; give --key");
        }
        for written in [&control.dead, &control.results].into_iter().flatten() {
            if let Some(file) = files.iter().find(|file| is_same(file, written)) {
                bail!("{}: it is read and cannot be written to; take another file", file.display());
            }
        }
        let input = Input {
            files,
            shape,
            key: args.key,
            priority: args.priority,
            longest: args.max_record,
            skip: args.skip,
            letters,
            bytes: Arc::new(AtomicU64::new(0)),
        };
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            work: Work::new(&work, shape)?,
            input,
            workers: work.workers.map_or(processors, usize::from),
            timeout: work.timeout,
            dry_run: work.dry_run,
            ordered: keyed && control.order != Some(Ordering::None),
            control,
        })
    }
}

impl Work {
    fn new(args: &WorkArgs, shape: Shape) -> Result<Self> {
        if let Some(line) = &args.exec {
            return Ok(Self::Exec(Template::new(line, shape, args.shell).context("--exec")?));
        }
        let line = args.coprocess.as_deref().context("--exec or --coprocess is needed")?;
        let template = Template::new(line, shape, args.shell).context("--coprocess")?;
        if template.has_places() {
            bail!("--coprocess: it runs for all records; {{…}} is for --exec");
        }
        Ok(Self::Coprocess(template))
    }
}

/// Whether two paths are one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let name = |path| fs::metadata(path).ok().filter(|m| m.is_file()).map(|m| (m.dev(), m.ino()));
    name(one).is_some_and(|found| name(other) == Some(found))
}
