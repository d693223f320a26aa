//! What programs that were compiled earlier rely on, compared with the lists in `ffi-tests/abi`:
//! exported symbols, the layout of structs, and numbers that stand for something.
//!
//! ```text
//! cargo run -p ffi-tests --bin abi -- --prefix P --check  compares the library installed in P
//! cargo run -p ffi-tests --bin abi -- --prefix P          writes the lists
//! ```
//!
//! It needs what a C compiler brings along: `cc` and `nm`. Layouts are those of a 64-bit machine.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (mut prefix, mut check) = (None, false);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--prefix" => prefix = arguments.next().map(PathBuf::from),
            "--check" => check = true,
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    let prefix = prefix.ok_or("--prefix: where the library is installed")?;
    let header = fs::read_to_string(prefix.join("include/ringmill.h"))?;
    let lists = [
        ("symbols", symbols(&prefix)?),
        ("layouts", layouts(&prefix, &header)?),
        ("numbers", numbers(&header)),
    ];
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("abi");
    let mut differs = String::new();
    for (name, list) in lists {
        let path = home.join(name).with_extension("txt");
        if check {
            let known = fs::read_to_string(&path)?;
            let lines = |list: &str| list.lines().map(String::from).collect::<Vec<_>>();
            let (known, list) = (lines(&known), lines(&list));
            for line in known.iter().filter(|line| !list.contains(line)) {
                writeln!(differs, "{name}: gone: {line}")?;
            }
            for line in list.iter().filter(|line| !known.contains(line)) {
                writeln!(differs, "{name}: new: {line}")?;
            }
        } else {
            fs::write(path, list)?;
        }
    }
    if differs.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{differs}programs compiled earlier may break: raise the minor version if anything is gone, \
         then run this without --check"
    )
    .into())
}

/// What the shared library exports, in the order of the alphabet.
fn symbols(prefix: &Path) -> Result<String, Box<dyn Error>> {
    let library = prefix.join("lib/libringmill.so");
    let nm = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output()?;
    if !nm.status.success() {
        return Err(String::from_utf8_lossy(&nm.stderr).into());
    }
    let listed = String::from_utf8(nm.stdout)?;
    let mut symbols: Vec<_> =
        listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    symbols.sort_unstable();
    if let Some(foreign) = symbols.iter().find(|symbol| !symbol.starts_with("ringmill_")) {
        return Err(format!("{foreign} is exported, and is none of ringmill_").into());
    }
    Ok(symbols.iter().flat_map(|symbol| [symbol, "\n"]).collect())
}

/// Sizes and offsets of the structs whose fields C sees, as a C compiler lays them out.
fn layouts(prefix: &Path, header: &str) -> Result<String, Box<dyn Error>> {
    let mut program = String::from(
        "#include <ringmill.h>\n#include <stdio.h>\nint main(void) {\n\
         #define SIZE(s) printf(#s \" size %zu align %zu\\n\", sizeof(s), _Alignof(s))\n\
         #define FIELD(s, f) printf(#s \".\" #f \" at %zu size %zu\\n\", offsetof(s, f), \\\n\
         sizeof(((s *)0)->f))\n",
    );
    let mut inside = None;
    for line in header.lines() {
        if let Some(name) =
            line.strip_prefix("typedef struct ").and_then(|rest| rest.strip_suffix(" {"))
        {
            writeln!(program, "SIZE({name});")?;
            inside = Some(name);
        } else if line.trim_start().starts_with('*') {
            // A comment.
        } else if line.starts_with('}') {
            inside = None;
        } else if let (Some(name), Some(declared)) = (inside, line.trim().strip_suffix(';')) {
            let field = declared.rsplit([' ', '*']).next().unwrap_or_default();
            writeln!(program, "FIELD({name}, {field});")?;
        }
    }
    program.push_str("return 0; }\n");

    let folder = env::temp_dir().join(format!("ringmill-abi-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (source, binary) = (folder.join("layouts.c"), folder.join("layouts"));
    fs::write(&source, program)?;
    let include = prefix.join("include");
    let compiled = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Werror", "-I"])
        .args([include.as_path(), &source, Path::new("-o"), &binary])
        .status()?;
    let output = if compiled.success() { Some(Command::new(&binary).output()?) } else { None };
    fs::remove_dir_all(&folder)?;
    Ok(String::from_utf8(output.ok_or("cc refuses the header")?.stdout)?)
}

/// Constants and enumerations: name and value, in the order of the header.
fn numbers(header: &str) -> String {
    let mut list = String::new();
    for line in header.lines() {
        let number = match line.strip_prefix("#define RINGMILL_") {
            Some(rest) => rest.split_once(' ').filter(|(name, _)| !name.starts_with("VERSION")),
            None => line.trim().strip_prefix("RINGMILL_").and_then(|rest| rest.split_once(" = ")),
        };
        if let Some((name, value)) = number {
            let value = value.trim_end_matches(',');
            if value
                .starts_with(|first: char| first.is_ascii_digit() || first == 'I' || first == '-')
            {
                list.push_str(&format!("RINGMILL_{name} {value}\n"));
            }
        }
    }
    list
}
