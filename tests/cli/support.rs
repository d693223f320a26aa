//! Running the command, and what it says at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use tempfile::TempDir;

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// A place for a test's files, and runs in it.
pub(crate) struct Place(pub(crate) TempDir);

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) sum: Option<Sum>,
}

/// The figures of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) read: u64,
    pub(crate) done: u64,
    pub(crate) dead: u64,
    pub(crate) left: u64,
    pub(crate) retried: u64,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, data: impl AsRef<[u8]>) {
        fs::write(self.path(name), data).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).expect("there")).expect("text")
    }

    /// Runs the command here.
    pub(crate) fn command(&self, args: &[&str], input: impl Into<Vec<u8>>) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringmill"));
        let output = command
            .current_dir(self.0.path())
            .args(args)
            .write_stdin(input)
            .timeout(LONG)
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let err = text(&output.stderr);
        Ran {
            code: output.status.code().expect("it ends by itself"),
            out: text(&output.stdout),
            sum: err.lines().find_map(Sum::of),
            err,
        }
    }

    /// `ringmill run`, whose figures have to add up.
    pub(crate) fn run(&self, args: &[&str], input: impl Into<Vec<u8>>) -> Ran {
        let args = [&["run", "--log", "json", "--backoff", "1ms..5ms"], args].concat();
        let ran = self.command(&args, input);
        ran.sum.unwrap_or_else(|| panic!("no summary: {}", ran.err)).check();
        ran
    }

    /// The same, started; not waited for.
    pub(crate) fn start(&self, args: &[&str]) -> std::process::Child {
        std::process::Command::new(env!("CARGO_BIN_EXE_ringmill"))
            .current_dir(self.0.path())
            .args(["run", "--log", "json"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs")
    }

    /// The dead letters of a file.
    pub(crate) fn letters(&self, name: &str) -> Vec<serde_json::Value> {
        let text = self.read(name);
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

impl Ran {
    pub(crate) fn sum(&self) -> Sum {
        self.sum.expect("a summary")
    }

    /// The lines of standard output, sorted.
    pub(crate) fn sorted(&self) -> Vec<&str> {
        let mut lines: Vec<_> = self.out.lines().collect();
        lines.sort_unstable();
        lines
    }
}

impl Sum {
    /// Of a line of the log, if it is the summary.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let get = |name: &str| line[name].as_u64();
        (line["event"] == "summary").then_some(())?;
        assert_eq!(get("lost"), Some(0), "{line}");
        Some(Self {
            read: get("read")?,
            done: get("acked")?,
            dead: get("dead")?,
            left: get("left")?,
            retried: get("retried")?,
        })
    }

    fn check(self) {
        assert_eq!(self.read, self.done + self.dead + self.left, "{self:?}");
    }

    /// What was read, done, dead and left.
    pub(crate) fn fates(self) -> [u64; 4] {
        [self.read, self.done, self.dead, self.left]
    }
}

/// Waits until a file is there.
pub(crate) fn await_file(path: &Path) {
    await_that(|| path.exists());
}

/// Waits until something is so.
pub(crate) fn await_that(mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "it did not come to be");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process is there and no zombie.
pub(crate) fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    status.is_ok_and(|status| !status.rsplit(')').next().unwrap_or("").starts_with(" Z"))
}
