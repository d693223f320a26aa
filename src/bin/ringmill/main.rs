//! The command `ringmill`: records of files and streams through commands, over the crate's queue.

mod args;
mod bench;
mod extract;
mod input;
mod page;
mod record;
mod run;
mod top;
mod values;

use std::io::stdout;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use self::args::{Cli, Command};
use self::run::{Plan, run};

/// Told when the command line makes no sense, or nothing could begin.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ringmill: {error:#}");
            ExitCode::from(USAGE)
        }
    }
}

fn execute(command: Command) -> Result<ExitCode> {
    match command {
        Command::Run(args) => return run(Plan::of_run(*args)?),
        Command::Redrive(args) => return run(Plan::of_redrive(*args)?),
        Command::Bench(args) => return bench::run(&args),
        Command::Top(args) => return top::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "ringmill", &mut stdout());
        }
        Command::Man { directory: Some(directory) } => {
            clap_mangen::generate_to(Cli::command(), directory)?;
        }
        Command::Man { directory: None } => {
            clap_mangen::Man::new(Cli::command()).render(&mut stdout())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
