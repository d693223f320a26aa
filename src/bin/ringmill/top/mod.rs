//! `ringmill top`: a look at a run, again and again.

mod figures;
mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};

use self::figures::{Figures, History};

#[derive(Debug, Args)]
#[command(after_help = "\
q or Ctrl-C leaves; the run goes on.

Example:
  ringmill run --stats-page /tmp/page ... &
  ringmill top /tmp/page")]
pub(crate) struct TopArgs {
    /// The page that a run keeps by `--stats-page`
    pub(crate) page: PathBuf,
    /// Prints the figures once, as JSON
    #[arg(long)]
    pub(crate) once: bool,
}

/// How often the page is looked at.
const EVERY: Duration = Duration::from_millis(500);

fn look(page: &Path) -> Result<Figures> {
    let text = std::fs::read_to_string(page).with_context(|| page.display().to_string())?;
    Figures::parse(&text).with_context(|| format!("{}: no page of a run", page.display()))
}

/// Shows the page until somebody leaves.
pub(crate) fn run(args: &TopArgs) -> Result<ExitCode> {
    let first = look(&args.page)?;
    if args.once {
        println!("{}", first.json());
        return Ok(ExitCode::SUCCESS);
    }
    let mut terminal = ratatui::init();
    let shown = show(args, first, &mut terminal);
    ratatui::restore();
    shown.map(|()| ExitCode::SUCCESS)
}

fn show(args: &TopArgs, first: Figures, terminal: &mut ratatui::DefaultTerminal) -> Result<()> {
    let name = args.page.display().to_string();
    let mut history = History::new(first);
    loop {
        terminal.draw(|frame| view::draw(frame, &name, &history))?;
        let next = Instant::now() + EVERY;
        while let Some(left) = next.checked_duration_since(Instant::now()) {
            if event::poll(left)? && leaves(&event::read()?) {
                return Ok(());
            }
        }
        history.add(look(&args.page)?);
    }
}

fn leaves(event: &Event) -> bool {
    let Event::Key(key) = event else { return false };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => true,
        KeyCode::Char('c') => control,
        _ => false,
    }
}
