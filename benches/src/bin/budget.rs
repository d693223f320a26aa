//! `budget`: instructions per operation, counted by callgrind, against committed budgets.
//!
//! Times on a shared machine cannot tell 2 % from noise; instruction counts repeat exactly. Each
//! operation of `ops` runs at two counts; the difference leaves out start and end of the process.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use ringmill_benches::machine::rustc_version;
use serde::{Deserialize, Serialize};

const HELP: &str = "\
budget: instructions per operation, counted by valgrind --tool=callgrind

  (nothing)   count and print
  --check     fail if an operation takes over 1 % more than benches/budgets.toml allows
  --bless     write benches/budgets.toml anew
";

/// A count may exceed its budget by this share.
const TOLERANCE: f64 = 0.01;
/// Whole laps of the ring, so that its end is counted as often as it comes.
const FEW: u64 = 1024 * 4;
const MANY: u64 = 1024 * 36;

/// What is committed.
#[derive(Serialize, Deserialize)]
struct Budgets {
    /// Other compilers make other code: the budgets hold for this one only.
    rustc: String,
    /// And for this target.
    target: String,
    /// Instructions for each repetition of an operation of `ops`.
    instructions: BTreeMap<String, f64>,
}

fn main() -> ExitCode {
    let arg = env::args().nth(1);
    let done = match arg.as_deref() {
        None => print(),
        Some("--check") => check(),
        Some("--bless") => bless(),
        Some(_) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("budget: {error}");
            ExitCode::FAILURE
        }
    }
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("budgets.toml")
}

fn target() -> &'static str {
    env!("RINGMILL_BENCHES_TARGET")
}

fn print() -> Result<bool, String> {
    for (name, count) in count_all()? {
        println!("{name:24} {count:9.2}");
    }
    Ok(true)
}

fn bless() -> Result<bool, String> {
    let budgets = Budgets {
        rustc: rustc_version().into(),
        target: target().into(),
        instructions: count_all()?,
    };
    let text = toml::to_string(&budgets).map_err(|error| error.to_string())?;
    let text = format!(
        "# Instructions per operation; made by `cargo run --release -p ringmill-benches \
         --bin budget -- --bless`.\n{text}"
    );
    fs::write(file(), &text).map_err(|error| format!("{}: {error}", file().display()))?;
    println!("{text}");
    Ok(true)
}

fn check() -> Result<bool, String> {
    let text = fs::read_to_string(file())
        .map_err(|error| format!("{}: {error}; make it with --bless", file().display()))?;
    let budgets: Budgets = toml::from_str(&text).map_err(|error| error.to_string())?;
    if (budgets.rustc.as_str(), budgets.target.as_str()) != (rustc_version(), target()) {
        println!(
            "BUDGETS NOT CHECKED: they were made with {} for {}, this is {} for {}",
            budgets.rustc,
            budgets.target,
            rustc_version(),
            target(),
        );
        return Ok(true);
    }
    let counts = count_all()?;
    let mut sound = true;
    for (name, count) in &counts {
        let (text, ok) = judge(*count, budgets.instructions.get(name).copied());
        sound &= ok;
        println!("{name:24} {count:9.2}  {text}");
    }
    for name in budgets.instructions.keys().filter(|name| !counts.contains_key(*name)) {
        println!("{name:24}         -  in the budgets, but no such operation: --bless");
        sound = false;
    }
    Ok(sound)
}

/// What to say of a count, and whether it passes.
fn judge(count: f64, budget: Option<f64>) -> (String, bool) {
    let Some(budget) = budget else { return ("no budget: --bless".into(), false) };
    let change = (count / budget - 1.0) * 100.0;
    if count > budget * (1.0 + TOLERANCE) {
        (format!("budget {budget:.2}: OVER by {change:.1} %"), false)
    } else if count < budget * (1.0 - TOLERANCE) {
        (format!("budget {budget:.2}: lower by {:.1} %, --bless keeps the gain", -change), true)
    } else {
        (format!("budget {budget:.2}: kept"), true)
    }
}

/// Instructions for each repetition of every operation.
fn count_all() -> Result<BTreeMap<String, f64>, String> {
    match Command::new("valgrind").arg("--version").output() {
        Ok(out) if out.status.success() => {}
        _ => return Err("valgrind is needed to count instructions; it was not found".into()),
    }
    let ops = build_ops()?;
    let names = Command::new(&ops).output().map_err(|error| format!("ops: {error}"))?;
    let mut counts = BTreeMap::new();
    for name in String::from_utf8_lossy(&names.stdout).lines() {
        let more = instructions(&ops, name, MANY)? - instructions(&ops, name, FEW)?;
        let each = more as f64 / (MANY - FEW) as f64;
        counts.insert(name.to_owned(), (each * 100.0).round() / 100.0);
    }
    if counts.is_empty() { Err("ops names no operations".into()) } else { Ok(counts) }
}

/// Builds `ops` as users build: with the release profile. Returns its path.
fn build_ops() -> Result<PathBuf, String> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let out = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--release", "--package", "ringmill-benches", "--bin", "ops"])
        .args(["--message-format", "json", "--quiet"])
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    let executable = String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "ops")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.ok_or_else(|| format!("cannot build ops: {}", String::from_utf8_lossy(&out.stderr)))
}

/// Instructions of one whole run of `ops`.
fn instructions(ops: &Path, name: &str, count: u64) -> Result<i64, String> {
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(ops)
        .args([name, &count.to_string()])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let report = String::from_utf8_lossy(&out.stderr);
    let collected = report.lines().find_map(|line| line.split("Collected :").nth(1));
    match collected.map(|text| text.trim().parse()) {
        Some(Ok(count)) if out.status.success() => Ok(count),
        _ => Err(format!("{name}: valgrind did not count:\n{report}")),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn only_more_than_one_percent_over_fails() {
        assert!(judge(101.0, Some(100.0)).1);
        assert!(!judge(101.1, Some(100.0)).1);
        assert!(judge(50.0, Some(100.0)).1);
        assert!(judge(50.0, Some(100.0)).0.contains("lower by 50.0 %"));
        assert!(!judge(50.0, None).1);
    }
}
