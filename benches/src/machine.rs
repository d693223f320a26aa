//! What the figures were measured on.

use std::{env, fs, path::Path, process::Command, thread};

use serde::{Deserialize, Serialize};

use crate::place::Powers;

/// Machine, system, compiler and peers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Cores this process may use.
    pub cores: usize,
    /// Frequency governor.
    pub governor: String,
    /// Operating system and kernel.
    pub system: String,
    /// Compiler.
    pub rustc: String,
    /// How threads were placed.
    pub scheduling: String,
    /// Each peer and its version.
    pub peers: Vec<(String, String)>,
}

impl Machine {
    /// This machine, and the versions of the crates compared.
    #[must_use]
    pub fn this(crates: &[&str]) -> Self {
        Self {
            cpu: cpu_model().unwrap_or_else(unknown),
            cores: thread::available_parallelism().map_or(0, usize::from),
            governor: fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
                .map_or_else(|_| "not visible".into(), |text| text.trim().into()),
            system: kernel().unwrap_or_else(unknown),
            rustc: rustc_version().into(),
            scheduling: Powers::of_this_process().to_string(),
            peers: versions(crates),
        }
    }

    /// One line for humans.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "{}, {} cores, governor {}, {}, {}; {}",
            self.cpu, self.cores, self.governor, self.system, self.rustc, self.scheduling
        )
    }

    /// The peers and their versions on one line.
    #[must_use]
    pub fn peers_line(&self) -> String {
        let peers = self.peers.iter().map(|(name, version)| format!("{name} {version}"));
        peers.collect::<Vec<_>>().join(", ")
    }
}

/// The compiler of this program.
#[must_use]
pub fn rustc_version() -> &'static str {
    env!("RINGMILL_BENCHES_RUSTC")
}

fn unknown() -> String {
    "unknown".into()
}

fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let field = |name| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field("model name")?;
    Some(match (field("cpu family"), field("model\t")) {
        (Some(family), Some(number)) => format!("{model} (family {family} model {number})"),
        _ => model,
    })
}

fn kernel() -> Option<String> {
    let out = Command::new("uname").arg("-sr").output().ok()?;
    Some(String::from_utf8(out.stdout).ok()?.trim().to_owned())
}

/// Read from the workspace's lock file, the one place that knows.
fn versions(crates: &[&str]) -> Vec<(String, String)> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let text = fs::read_to_string(lock).unwrap_or_default();
    let lock: toml::Table = text.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let version_of = |name: &str| {
        let is_it = |package: &&toml::Value| package.get("name")?.as_str().map(|n| n == name);
        packages?
            .iter()
            .find(|package| is_it(package).unwrap_or(false))?
            .get("version")?
            .as_str()
            .map(str::to_owned)
    };
    let named = |name: &&str| ((*name).to_owned(), version_of(name).unwrap_or_else(unknown));
    crates.iter().map(named).collect()
}
