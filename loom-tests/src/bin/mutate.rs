//! Weakens every ordering of the library by one step, one at a time, plants every fault that can be
//! planted in it, and asks the models whether they notice.
//!
//! ```text
//! cargo run --release -p loom-tests --bin mutate [-- LABEL-PREFIX …]
//! ```
//!
//! First the models are run unmutated: all must pass. Then each mutant runs in a process of its
//! own, as many at once as there are cores, until a model fails. A mutant is **killed** by a
//! causality violation or by a model's own assertion. A deadlock, a run beyond loom's limits and a
//! time-out are listed apart: they show that something changed, not that the ordering was needed.
//!
//! Ends with 0 if every mutant is killed or stands in `waivers.txt` with its class and argument,
//! and the counts are those of `snapshot.txt`. `--bless` writes the counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use loom_tests::table::{Site, Waiver, sites, waivers};

/// Seconds that one mutant may take.
const TIME_LIMIT: &str = "600";

fn main() -> ExitCode {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    let bless = wanted.iter().any(|argument| argument == "--bless");
    wanted.retain(|argument| argument != "--bless");
    match run(&wanted, bless) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutate: {error}");
            ExitCode::from(2)
        }
    }
}

/// How a mutant ended.
#[derive(Clone, Debug)]
enum End {
    /// A model failed as it should.
    Killed { model: String, how: &'static str },
    /// A model failed, but not because of what it asserts.
    Unclear { model: String, how: &'static str },
    /// Every model passed.
    Survived,
}

struct Mutant {
    site: Site,
    weakened: &'static str,
}

fn run(wanted: &[String], bless: bool) -> Result<bool, String> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let waived = waivers(&read(&home.join("waivers.txt"))?)?;
    let sites = sites(&home.join("../src"));
    let mutants: Vec<Mutant> = sites
        .iter()
        .filter(|site| wanted.is_empty() || wanted.iter().any(|w| site.label.starts_with(w)))
        .flat_map(|site| {
            site.weakenings().iter().map(|weakened| Mutant { site: site.clone(), weakened })
        })
        .collect();

    let models = build(home)?;
    print!("unmutated: ");
    let clean = models_under(&models, &[], None)?;
    if !clean.status.success() {
        return Err(format!("the models fail:\n{}", String::from_utf8_lossy(&clean.stdout)));
    }
    println!("{} models pass", clean.stdout.split(|byte| *byte == b'\n').count() - 1);

    let ends = try_all(&models, &quickest_first(&clean), &mutants)?;
    let fine = report(&mutants, &ends, &waived);
    if wanted.is_empty() {
        let counts = counts(&sites, &ends);
        return Ok(fine & snapshot(&home.join("snapshot.txt"), &counts, bless)?);
    }
    Ok(fine)
}

/// Builds the models with the private cfg, beside the ordinary build, and says where they are.
fn build(home: &Path) -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| home.join("../target"), PathBuf::from)
        .join("loom");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "-p", "loom-tests", "--bin", "models"])
        .current_dir(home)
        .env("RUSTFLAGS", "--cfg ringmill_loom")
        .env("CARGO_TARGET_DIR", &target)
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !status.success() {
        return Err("the models do not build".into());
    }
    Ok(target.join("release/models"))
}

/// The names of the models, those that ended soonest first.
fn quickest_first(clean: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&clean.stdout);
    let mut timed: Vec<(f64, String)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            let name = words.next()?.to_string();
            Some((words.next()?.parse().ok()?, name))
        })
        .collect();
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    timed.into_iter().map(|(_, name)| name).collect()
}

/// Runs these models in this order, under a mutant if there is one; without names, all of them.
fn models_under(
    models: &Path,
    names: &[String],
    mutant: Option<&Mutant>,
) -> Result<Output, String> {
    let mut command = Command::new("timeout");
    command.arg(TIME_LIMIT).arg(models).args(names).env_remove("RINGMILL_WEAKEN");
    if let Some(Mutant { site, weakened }) = mutant {
        command.env("RINGMILL_WEAKEN", format!("{}={weakened}", site.label));
    }
    command.output().map_err(|error| format!("the models do not start: {error}"))
}

/// Looks for a model that kills a mutant: first among those of its structure, then among the others,
/// which may rest on it too. One that ends for a reason of its own is no answer, and is left out.
fn hunt(models: &Path, names: &[String], mutant: &Mutant) -> Result<End, String> {
    let group = mutant.site.label.split('_').next().unwrap_or_default().to_lowercase();
    let near = |name: &&String| name.split("::").next() == Some(&group);
    let sets = [names.iter().filter(near).cloned().collect(), {
        names.iter().filter(|name| !near(name)).cloned().collect::<Vec<_>>()
    }];
    let mut last = End::Survived;
    for mut set in sets {
        while !set.is_empty() {
            match end_of(&models_under(models, &set, Some(mutant))?) {
                End::Survived => break,
                End::Unclear { model, how } => {
                    let before = set.len();
                    set.retain(|name| *name != model);
                    let known = set.len() < before;
                    last = End::Unclear { model, how };
                    if !known {
                        break;
                    }
                }
                killed => return Ok(killed),
            }
        }
    }
    Ok(last)
}

/// Tries the mutants, as many at once as there are cores.
fn try_all(models: &Path, names: &[String], mutants: &[Mutant]) -> Result<Vec<End>, String> {
    let next = AtomicUsize::new(0);
    let ends = Mutex::new(BTreeMap::new());
    let failed = Mutex::new(None);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((at, mutant)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    mutants.get(at).map(|mutant| (at, mutant))
                } {
                    match hunt(models, names, mutant) {
                        Ok(end) => {
                            ends.lock().expect("no panic").insert(at, end);
                        }
                        Err(error) => *failed.lock().expect("no panic") = Some(error),
                    }
                }
            });
        }
    });
    match failed.into_inner().expect("no panic") {
        Some(error) => Err(error),
        None => Ok(ends.into_inner().expect("no panic").into_values().collect()),
    }
}

/// What the output of the models says about a mutant.
fn end_of(output: &Output) -> End {
    let text = String::from_utf8_lossy(&output.stdout);
    let model = |line: &str| line.split(' ').nth(1).unwrap_or("?").to_string();
    match output.status.code() {
        Some(0) => End::Survived,
        Some(1) => {
            let line = text.lines().last().unwrap_or_default();
            let (model, message) = (model(line), line.to_lowercase());
            if message.contains("causality violation") {
                End::Killed { model, how: "causality violation" }
            } else if message.contains("deadlock") {
                End::Unclear { model, how: "deadlock" }
            } else if message.contains("exceeded maximum") || message.contains("loom internal") {
                End::Unclear { model, how: "loom's limit" }
            } else {
                End::Killed { model, how: "assertion" }
            }
        }
        Some(124) => {
            let last = text.lines().last().map_or("the first".into(), model);
            End::Unclear { model: format!("the one after {last}"), how: "time-out" }
        }
        _ => End::Unclear { model: "?".into(), how: "crash" },
    }
}

/// Prints the table; `true` if every mutant is killed or waived, and every waiver needed.
fn report(mutants: &[Mutant], ends: &[End], waived: &[Waiver]) -> bool {
    let mut fine = true;
    let mut used = Vec::new();
    println!("{:<28} {:<10} {:<20} how", "place", "label", "weakened");
    for (mutant, end) in mutants.iter().zip(ends) {
        let Mutant { site, weakened } = mutant;
        let waiver =
            waived.iter().find(|waiver| waiver.label == site.label && waiver.weakened == *weakened);
        let how = match (end, waiver) {
            (End::Killed { model, how }, None) => format!("killed by {model}: {how}"),
            (End::Killed { model, .. }, Some(_)) => {
                fine = false;
                format!("WAIVED, BUT KILLED by {model}: take the waiver out")
            }
            (_, Some(waiver)) => {
                used.push(waiver);
                format!("waived: {}", waiver.class)
            }
            (End::Unclear { model, how }, None) => {
                fine = false;
                format!("UNCLEAR in {model}: {how}")
            }
            (End::Survived, None) => {
                fine = false;
                "SURVIVED".into()
            }
        };
        let change = format!("{} -> {weakened}", site.ordering);
        println!("{:<28} {:<10} {change:<20} {how}", site.place, site.label);
    }
    for waiver in
        waived.iter().filter(|waiver| !mutants.iter().any(|m| m.site.label == waiver.label))
    {
        println!("waiver for {}: there is no such site in this run", waiver.label);
    }
    fine
}

/// The counts that the snapshot holds.
fn counts(sites: &[Site], ends: &[End]) -> String {
    let killed = ends.iter().filter(|end| matches!(end, End::Killed { .. })).count();
    format!("sites {}\nmutants {}\nkilled {killed}\n", sites.len(), ends.len())
}

/// Compares the counts with those on file, or writes them.
fn snapshot(file: &Path, counts: &str, bless: bool) -> Result<bool, String> {
    print!("{counts}");
    if bless {
        fs::write(file, counts).map_err(|error| format!("{}: {error}", file.display()))?;
        return Ok(true);
    }
    let same = read(file)? == counts;
    if !same {
        println!(
            "these are not the counts of {}; run with --bless if that is meant",
            file.display()
        );
    }
    Ok(same)
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}
