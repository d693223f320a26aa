//! Breaks the queue, one rule of its contract at a time, and asks the conformance suite whether it
//! notices.
//!
//! ```text
//! cargo run --release -p loom-tests --bin rows [-- NAME-PREFIX …]
//! ```
//!
//! The mutants stand in `tests/conformance/mutants.txt`: a name that begins with the rule that is
//! broken, a file, a line of it, and what stands there instead. Each is built in a copy of the tree,
//! and the tests of its rule must fail; a mutant that does not compile is no mutant. Ends with 0 if
//! all are caught. `--table` writes which tests and mutants each rule has to
//! `tests/conformance/ROWS.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const FOLDER: &str = "tests/conformance";

struct Mutant {
    name: String,
    file: String,
    find: String,
    put: String,
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let done = mutants(&home).and_then(|mutants| {
        if wanted.iter().any(|argument| argument == "--table") {
            return write_table(&home, &mutants).map(|()| true);
        }
        try_all(&home, &mutants, &wanted)
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rows: {error}");
            ExitCode::from(2)
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// `[name]`, `file = …`, `- what stands there`, `+ what shall`.
fn mutants(home: &Path) -> Result<Vec<Mutant>, String> {
    let mut mutants: Vec<Mutant> = Vec::new();
    for (number, line) in read(&home.join(FOLDER).join("mutants.txt"))?.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let empty = String::new;
            let name = name.to_string();
            mutants.push(Mutant { name, file: empty(), find: empty(), put: empty() });
            continue;
        }
        let at = format!("mutants.txt, line {}", number + 1);
        let mutant = mutants.last_mut().ok_or_else(|| format!("{at}: no name before it"))?;
        if let Some(file) = line.strip_prefix("file = ") {
            mutant.file = file.to_string();
        } else if let Some(find) = line.strip_prefix("- ") {
            mutant.find = find.to_string();
        } else if let Some(put) = line.strip_prefix("+ ") {
            mutant.put = put.to_string();
        } else {
            return Err(format!("{at}: {line:?} is nothing that a mutant has"));
        }
    }
    Ok(mutants)
}

/// The rule that a name begins with: `s03`.
fn row(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

fn try_all(home: &Path, mutants: &[Mutant], wanted: &[String]) -> Result<bool, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(home.join("target"), PathBuf::from);
    let tree = target.join("rows/tree");
    let mut fine = true;
    for mutant in mutants {
        if !wanted.is_empty() && !wanted.iter().any(|prefix| mutant.name.starts_with(prefix)) {
            continue;
        }
        copy(home, &tree)?;
        let file = tree.join(&mutant.file);
        let text = read(&file)?;
        let found = text.matches(&mutant.find).count();
        if found != 1 {
            println!("stale     {}: its line is there {found} times", mutant.name);
            fine = false;
            continue;
        }
        let mutated = text.replace(&mutant.find, &mutant.put);
        fs::write(&file, mutated).map_err(|error| format!("{}: {error}", file.display()))?;
        let build = target.join("rows/build");
        let cargo = |arguments: &[&str]| {
            let mut command = Command::new("cargo");
            command.current_dir(&tree).env("CARGO_TARGET_DIR", &build).args(["test", "--quiet"]);
            command.args(["-p", "ringmill", "--test", "conformance"]).args(arguments);
            command.output().map_err(|error| format!("cargo: {error}"))
        };
        if !cargo(&["--no-run"])?.status.success() {
            println!("no mutant {}: it does not compile", mutant.name);
            fine = false;
            continue;
        }
        // Some mutants make a test wait for ever: that is noticed too.
        let limited = Command::new("timeout")
            .args(["120", "cargo", "test", "--quiet", "-p", "ringmill", "--test", "conformance"])
            .arg(format!("{}_", row(&mutant.name)))
            .current_dir(&tree)
            .env("CARGO_TARGET_DIR", &build)
            .output()
            .map_err(|error| format!("timeout: {error}"))?;
        let caught = !limited.status.success();
        println!("{} {}", if caught { "caught   " } else { "SURVIVED " }, mutant.name);
        fine &= caught;
    }
    Ok(fine)
}

/// What cargo needs of the tree.
fn copy(home: &Path, tree: &Path) -> Result<(), String> {
    fs::create_dir_all(tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    let what = "Cargo.toml Cargo.lock src tests examples benches loom-tests README.md \
                rust-toolchain.toml ffi-tests include";
    let script = format!(
        "for it in {what}; do if [ -e \"$it\" ]; then rm -rf \"$0/$it\"; cp -a \"$it\" \"$0/\"; fi; done"
    );
    let status = Command::new("sh").current_dir(home).args(["-c", &script]).arg(tree).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("the tree cannot be copied: {other:?}")),
    }
}

/// The names of the tests, by the rule they begin with.
fn tests(home: &Path) -> Result<BTreeMap<String, BTreeMap<String, usize>>, String> {
    let mut tests: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let folder = home.join(FOLDER);
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".rs") {
            continue;
        }
        for line in read(&entry.path())?.lines() {
            let Some(test) = line.trim_start().strip_prefix("fn s") else { continue };
            if test.starts_with(|c: char| c.is_ascii_digit()) {
                let row = format!("s{}", row(test));
                *tests.entry(row).or_default().entry(name.clone()).or_default() += 1;
            }
        }
    }
    Ok(tests)
}

/// Which tests and mutants each rule has.
fn table(home: &Path, mutants: &[Mutant]) -> Result<String, String> {
    let mut text = String::from(
        "# What shows each rule of the contract\n\nThe tests of a rule begin with its name, and so \
         do the mutants that they catch. Written by `rows --table`.\n\n| rule | tests | mutants \
         |\n|---|---|---|\n",
    );
    for (row, files) in tests(home)? {
        let tests: Vec<_> = files.iter().map(|(file, count)| format!("`{file}` {count}")).collect();
        let names: Vec<_> = mutants
            .iter()
            .filter(|mutant| self::row(&mutant.name) == row)
            .map(|mutant| format!("`{}`", mutant.name))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            row.to_uppercase(),
            tests.join(", "),
            names.join(", ")
        );
    }
    Ok(text)
}

fn write_table(home: &Path, mutants: &[Mutant]) -> Result<(), String> {
    let text = table(home, mutants)?;
    let path = home.join(FOLDER).join("ROWS.md");
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn each_mutant_finds_its_line() {
        let mutants = mutants(&home()).expect("the list is read");
        assert!(!mutants.is_empty());
        for mutant in mutants {
            let text = read(&home().join(&mutant.file)).expect(&mutant.name);
            assert_eq!(text.matches(&mutant.find).count(), 1, "{}", mutant.name);
            assert_ne!(mutant.find, mutant.put, "{}", mutant.name);
        }
    }

    #[test]
    fn the_table_is_that_of_the_tests() {
        let mutants = mutants(&home()).expect("the list is read");
        let written = read(&home().join(FOLDER).join("ROWS.md")).expect("it is there");
        assert_eq!(table(&home(), &mutants), Ok(written), "write it anew: rows --table");
    }
}
