//! Runs models by name, in the order of the names, and says of each how it ended. Without a name,
//! it runs all of them.
//!
//! ```text
//! RUSTFLAGS="--cfg ringmill_loom" cargo run --release -p loom-tests --bin models -- [PREFIX …]
//! ```
//!
//! `--list` prints their names. Else a line a model: `pass NAME SECONDS` or `fail NAME SECONDS
//! MESSAGE`. It stops at the first failure and ends with 1; a name that fits no model is 2.

use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

/// The model that runs, and since when.
static RUNNING: Mutex<Option<(&str, Instant)>> = Mutex::new(None);

/// Its name, and how long it has run.
fn running() -> String {
    let running = RUNNING.lock().expect("no panic");
    let (name, start) = running.unwrap_or(("none", Instant::now()));
    format!("{name} {:.2}", start.elapsed().as_secs_f64())
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted == ["--list"] {
        loom_tests::all().iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    let models = loom_tests::all();
    let chosen: Vec<_> = if wanted.is_empty() {
        models
    } else {
        let mut chosen = Vec::new();
        for prefix in &wanted {
            chosen.extend(models.iter().filter(|(name, _)| name.starts_with(prefix)));
        }
        chosen
    };
    if chosen.is_empty() {
        eprintln!("no model of that name; is this a build with --cfg ringmill_loom?");
        return ExitCode::from(2);
    }
    // No unwinding: the destructors of a failed model would find the same fault again, and abort.
    // Set once: loom's threads set a hook of their own before this one.
    panic::set_hook(Box::new(|panic| {
        println!("fail {} {}", running(), message(panic));
        std::process::exit(1);
    }));
    for (name, model) in chosen {
        *RUNNING.lock().expect("no panic") = Some((name, Instant::now()));
        model();
        println!("pass {}", running());
    }
    ExitCode::SUCCESS
}

/// What a panic said, on one line.
fn message(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
