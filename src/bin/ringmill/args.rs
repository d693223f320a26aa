//! What can be said on the command line. Help, completions and the man page come from here.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::bench::BenchArgs;
use crate::extract::Selector;
use crate::top::TopArgs;
use crate::values::{self, Backoff};

/// Records of files and streams through commands: none is lost, order is kept per key, failures are
/// tried again, and what cannot be done is in a file.
#[derive(Debug, Parser)]
#[command(name = "ringmill", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ringmill run --exec 'gzip -t {line}' files.txt
  ringmill run --workers 8 --key 2 --retries 5 --dead failed.jsonl \\
      --exec 'curl -fsS -d @- https://example.org' < orders.csv
  ringmill redrive failed.jsonl --exec 'curl -fsS -d @- https://example.org'";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Handles each record of the input by a command
    Run(Box<RunArgs>),
    /// Handles the dead letters of an earlier run again
    Redrive(Box<RedriveArgs>),
    /// Measures the queue on this machine
    Bench(BenchArgs),
    /// Shows a running `run` by its stats page
    Top(TopArgs),
    /// Prints the completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Prints the manual page, or writes one for each command into a directory
    Man {
        /// The directory
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(after_long_help = RUN_HELP)]
pub(crate) struct RunArgs {
    /// Files to read, one after the other; standard input if there are none, or for `-`. What is
    /// compressed by gzip is recognised
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) control: ControlArgs,
}

#[derive(Debug, Args)]
#[command(after_long_help = REDRIVE_HELP)]
pub(crate) struct RedriveArgs {
    /// Files that `--dead` has written; `-` for standard input
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) control: ControlArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct FormatArgs {
    /// Records end with a NUL byte, not with a line
    #[arg(short = '0', long, group = "format")]
    pub(crate) null: bool,
    /// Records are CSV: quoted columns may hold delimiters and line ends
    #[arg(long, group = "format")]
    pub(crate) csv: bool,
    /// Records are JSON, one value a line
    #[arg(long, group = "format")]
    pub(crate) jsonl: bool,
    /// The first CSV record of each file names the columns
    #[arg(long, requires = "csv")]
    pub(crate) header: bool,
    /// What separates columns: a character, `\t`, or `space` for runs of blanks
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = values::delimiter)]
    pub(crate) delimiter: u8,
    /// The key, whose records keep their order: a column (`2`), a column's name, a JSON pointer
    /// (`/customer/id`), or `re:` and a regular expression (its first group, or all of it)
    #[arg(long, value_name = "WHERE")]
    pub(crate) key: Option<Selector>,
    /// The priority, found like the key: 0 to 31, or low, normal (16), high, critical
    #[arg(long, value_name = "WHERE")]
    pub(crate) priority: Option<Selector>,
    /// Leaves the first records alone, as many as a run that was interrupted had read
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) skip: u64,
    /// The longest record; a longer one is a dead letter
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = values::size)]
    pub(crate) max_record: usize,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Work")]
#[command(group = ArgGroup::new("work").required(true))]
pub(crate) struct WorkArgs {
    /// The command for each record, which comes on standard input. `{1}` is a column, `{line}` the
    /// record, `{key}`, `{file}`, `{number}` and `{attempt}` what they say, `{/a/b}` a JSON
    /// pointer, `{name}` a column of that name with --header; each stays one argument, whatever is in it. Exit status 0: done; 65: dead letter;
    /// any other: tried again
    #[arg(long, value_name = "COMMAND", group = "work")]
    pub(crate) exec: Option<String>,
    /// A command that runs for long: a record in, one line; an answer out, one line: `ok [result]`,
    /// `retry [5s]` or `dead [reason]`
    #[arg(long, value_name = "COMMAND", group = "work")]
    pub(crate) coprocess: Option<String>,
    /// The command is a line for the shell: columns are `"$1"`, `"$2"` and so on, never text of the
    /// line
    #[arg(long)]
    pub(crate) shell: bool,
    /// How many commands run at a time. Default: as many as there are processors
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) workers: Option<u16>,
    /// How long a record may take; then the process and its group are killed
    #[arg(long, value_name = "SPAN", value_parser = values::span)]
    pub(crate) timeout: Option<Duration>,
    /// Prints which commands would run, and runs none
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is kept in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ordering {
    /// The records of one key, through retries.
    Key,
    /// Nothing.
    None,
}

/// How a run tells what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Log {
    /// Lines for people.
    Text,
    /// JSON, one object a line.
    Json,
    /// Nothing but errors.
    None,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Control")]
pub(crate) struct ControlArgs {
    /// What is kept in order. Default: `key` if there is one
    #[arg(long, value_name = "WHAT")]
    pub(crate) order: Option<Ordering>,
    /// Prints results in the order of the input
    #[arg(short, long)]
    pub(crate) keep_order: bool,
    /// How often a failed record is tried again
    #[arg(long, value_name = "N", default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(0..=253))]
    pub(crate) retries: u8,
    /// The first and the longest delay before it is tried again; doubled in between, and scattered
    #[arg(long, value_name = "A..B", default_value = "100ms..30s", value_parser = values::backoff)]
    pub(crate) backoff: Backoff,
    /// How many attempts begin, at most: `50/s`, `600/m`
    #[arg(long, value_name = "N/s", value_parser = values::rate)]
    pub(crate) rate: Option<f64>,
    /// Where dead letters are appended, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(crate) dead: Option<PathBuf>,
    /// Where results are written, as JSON Lines, in place of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// How many records are read ahead
    #[arg(long, value_name = "N", default_value_t = 16_384,
        value_parser = clap::value_parser!(u32).range(64..=1 << 24))]
    pub(crate) capacity: u32,
    /// How many bytes of records over 1 KiB are read ahead
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = values::size)]
    pub(crate) memory: usize,
    /// What is told on standard error
    #[arg(long, default_value = "text")]
    pub(crate) log: Log,
    /// Keeps a page of figures for `ringmill top`: JSON, replaced ten times a second
    #[arg(long, value_name = "FILE")]
    pub(crate) stats_page: Option<PathBuf>,
}

const RUN_HELP: &str = "\
Environment of commands:
  --exec: RINGMILL_LINE (the record), RINGMILL_1, RINGMILL_2, ... (its columns), RINGMILL_KEY,
  RINGMILL_FILE, RINGMILL_NUMBER (of the line), RINGMILL_ATTEMPT (from 1). --coprocess:
  RINGMILL_WORKER (from 1).

Interrupted once (Ctrl-C), a run reads no more, lets go on what runs, and ends; twice, it kills what
runs. What was read and not handled is left: with --dead it is in that file, for `redrive`; else its
lines are named.

A record that begins with `-` looks like an option: write `--` before it where the program knows that.

Exit status: 0 all records handled; 1 some are dead letters, or left; 2 wrong usage; 130 interrupted.

Examples:
  Thumbnails of a list of files, 4 at a time, names of any kind:
      find . -name '*.png' -print0 | ringmill run -0 -w 4 --exec 'convert {line} -resize 64 {line}.ico'
  Orders of one customer (column 2) one after the other, five retries, the rest in a file:
      ringmill run --key 2 --retries 5 --dead failed.jsonl --exec ./book.sh orders.csv
  JSON through a program that stays, in the order of the input:
      ringmill run --jsonl --key /user --keep-order --coprocess ./score.py events.jsonl.gz
  With a shell; the column is an argument, never a part of the line:
      ringmill run --shell --exec 'echo \"$1\" | tr a-z A-Z' names.csv";

const REDRIVE_HELP: &str = "\
Keys, file names and line numbers are those of the first run; give the same format (--csv, --jsonl)
where the command uses columns. Records that fail again go to --dead, which has to be another file.

Example:
  ringmill redrive failed.jsonl --dead failed-again.jsonl --exec ./book.sh";
