//! A command, and where parts of a record go in it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::extract::{Fields, Format, Selector, Shape};
use crate::record::Record;

/// A piece of an argument.
#[derive(Debug)]
enum Part {
    Text(Vec<u8>),
    Line,
    Key,
    File,
    Number,
    Attempt,
    Select(Selector),
}

/// A command with places. A record fills arguments; it never makes one, nor the program.
#[derive(Debug)]
pub(crate) struct Template {
    program: OsString,
    args: Vec<Vec<Part>>,
    shape: Shape,
    /// Columns are arguments of a shell's line.
    shell: bool,
}

/// A record that is to be handled.
pub(crate) struct Task<'t> {
    pub(crate) record: &'t Record,
    pub(crate) key: Option<&'t [u8]>,
    /// From 1.
    pub(crate) attempt: u32,
}

impl Template {
    pub(crate) fn new(line: &str, shape: Shape, shell: bool) -> Result<Self> {
        if shell {
            let args = ["-c", line, "ringmill"];
            let args = args.map(|arg| vec![Part::Text(arg.into())]).into();
            return Ok(Self { program: "sh".into(), args, shape, shell });
        }
        let words = shlex::split(line).context("a quote is not closed")?;
        let (program, words) = words.split_first().context("empty")?;
        if parts(program, &shape)?.iter().any(|part| !matches!(part, Part::Text(_))) {
            bail!("{program}: a record cannot be the program; name one");
        }
        let program = OsString::from(program);
        let args = words.iter().map(|word| parts(word, &shape)).collect::<Result<_>>()?;
        let this = Self { program, args, shape, shell };
        this.find()?;
        Ok(this)
    }

    /// Whether it takes parts of records.
    pub(crate) fn has_places(&self) -> bool {
        self.args.iter().flatten().any(|part| !matches!(part, Part::Text(_)))
    }

    /// Whether the program is there.
    fn find(&self) -> Result<()> {
        let path = std::path::Path::new(&self.program);
        let found = if self.program.as_bytes().contains(&b'/') {
            path.is_file()
        } else {
            let dirs = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&dirs).any(|dir| dir.join(path).is_file())
        };
        if !found {
            bail!("{}: no such program", path.display());
        }
        Ok(())
    }

    /// The arguments for a record, the program first; or why there are none.
    pub(crate) fn fill(&self, task: &Task<'_>) -> Result<Vec<OsString>, String> {
        let mut fields = self.fields(task);
        let mut filled = vec![self.program.clone()];
        for parts in &self.args {
            let mut arg = Vec::new();
            for part in parts {
                match part {
                    Part::Text(text) => arg.extend_from_slice(text),
                    Part::Line => arg.extend_from_slice(&task.record.data),
                    Part::Key => arg.extend_from_slice(task.key.unwrap_or_default()),
                    Part::File => arg.extend_from_slice(task.record.source.name.as_bytes()),
                    Part::Number => {
                        arg.extend_from_slice(task.record.number.to_string().as_bytes())
                    }
                    Part::Attempt => arg.extend_from_slice(task.attempt.to_string().as_bytes()),
                    Part::Select(selector) => arg.extend_from_slice(&fields.get(selector)?),
                }
            }
            filled.push(OsString::from_vec(arg));
        }
        if self.shell {
            filled.extend(fields.columns().iter().map(|column| OsStr::from_bytes(column).into()));
        }
        if filled.iter().any(|arg| arg.as_bytes().contains(&0)) {
            return Err("a NUL byte cannot be in an argument".into());
        }
        Ok(filled)
    }

    fn fields<'r>(&self, task: &Task<'r>) -> Fields<'r> {
        Fields::new(self.shape, &task.record.source, &task.record.data)
    }

    /// The command for a record, with its environment.
    pub(crate) fn command(&self, task: &Task<'_>) -> Result<Command, String> {
        let filled = self.fill(task)?;
        let mut command = Command::new(&filled[0]);
        command.args(&filled[1..]);
        self.environment(&mut command, task);
        Ok(command)
    }

    fn environment(&self, command: &mut Command, task: &Task<'_>) {
        let mut set = |name: &str, value: &[u8]| {
            if value.len() <= LONGEST_VARIABLE && !value.contains(&0) {
                command.env(name, OsStr::from_bytes(value));
            }
        };
        set("RINGMILL_LINE", &task.record.data);
        set("RINGMILL_KEY", task.key.unwrap_or_default());
        set("RINGMILL_FILE", task.record.source.name.as_bytes());
        set("RINGMILL_NUMBER", task.record.number.to_string().as_bytes());
        set("RINGMILL_ATTEMPT", task.attempt.to_string().as_bytes());
        if self.shape.format != Format::Json && task.record.data.len() <= LONGEST_VARIABLE {
            for (n, column) in (1..=COLUMNS).zip(self.fields(task).columns()) {
                set(&format!("RINGMILL_{n}"), column);
            }
        }
    }

    /// The command that stays.
    pub(crate) fn standing(&self) -> Command {
        let mut command = Command::new(&self.program);
        for arg in &self.args {
            let text = arg.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.as_slice()),
                _ => None,
            });
            command.arg(OsString::from_vec(text.flatten().copied().collect()));
        }
        command
    }
}

/// The longest value in the environment; the record is on standard input in any case.
const LONGEST_VARIABLE: usize = 32 << 10;

/// How many columns are in the environment.
const COLUMNS: usize = 32;

/// Splits a word at its places; braces around anything else are text.
fn parts(word: &str, shape: &Shape) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut text = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.find('{') {
        let place = rest[at..]
            .find('}')
            .and_then(|len| Some((&rest[at + len + 1..], place(&rest[at + 1..at + len], shape)?)));
        if let Some((behind, part)) = place {
            if let Part::Select(selector) = &part {
                selector.check(shape)?;
            }
            text.extend_from_slice(&rest.as_bytes()[..at]);
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(part);
            rest = behind;
        } else {
            text.extend_from_slice(&rest.as_bytes()[..=at]);
            rest = &rest[at + 1..];
        }
    }
    text.extend_from_slice(rest.as_bytes());
    if !text.is_empty() || parts.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

/// What is between two braces, if it is a place.
fn place(name: &str, shape: &Shape) -> Option<Part> {
    let name_like = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    Some(match name {
        "line" => Part::Line,
        "key" => Part::Key,
        "file" => Part::File,
        "number" => Part::Number,
        "attempt" => Part::Attempt,
        _ if name.starts_with('/') && shape.format == Format::Json => {
            Part::Select(Selector::Pointer(name.into()))
        }
        _ if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) => {
            Part::Select(name.parse().ok()?)
        }
        _ if shape.header && !name.is_empty() && name.chars().all(name_like) => {
            Part::Select(Selector::Name(name.into()))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Source;

    const LINES: Shape = Shape { format: Format::Lines, delimiter: b',', header: false };

    fn fill(line: &str, shell: bool, data: &str) -> Result<Vec<String>, String> {
        let template = Template::new(line, LINES, shell).expect("valid");
        let source = Source::new("in.csv");
        let data = data.as_bytes().into();
        let record = Record { place: 0, source, number: 7, data, _room: None };
        let filled = template.fill(&Task { record: &record, key: Some(b"k"), attempt: 2 })?;
        Ok(filled.iter().map(|arg| arg.to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn a_place_is_filled_and_stays_one_argument() {
        let evil = "$(reboot); x' \" | *,two words";
        assert_eq!(
            fill("echo {1} 'a {2} b' {key}{number}.{attempt} {file}", false, evil),
            Ok(["echo", "$(reboot); x' \" | *", "a two words b", "k7.2", "in.csv"]
                .map(String::from)
                .into())
        );
    }

    #[test]
    fn a_shells_line_is_never_changed() {
        let line = "echo \"$1\" {1}";
        assert_eq!(
            fill(line, true, "a;reboot,b"),
            Ok(["sh", "-c", line, "ringmill", "a;reboot", "b"].map(String::from).into())
        );
    }

    #[test]
    fn other_braces_are_text() {
        assert_eq!(
            fill("awk '{print $1}' {} {x {/a}", false, "v"),
            Ok(["awk", "{print $1}", "{}", "{x", "{/a}"].map(String::from).into())
        );
    }

    #[test]
    fn a_record_is_no_program_and_a_program_is_there() {
        for line in ["{1} x", "", "'", "no-such-program-anywhere", "echo {0}x{"] {
            let made = Template::new(line, LINES, false);
            assert_eq!(made.is_ok(), line.starts_with("echo"), "{line:?}");
        }
    }

    #[test]
    fn what_an_argument_cannot_hold_is_told() {
        assert!(fill("echo {3}", false, "a,b").is_err());
        assert!(fill("echo {1}", false, "a\0").is_err());
    }
}
