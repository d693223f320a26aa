//! Hands compiler and target to the harness: figures without them cannot be compared.

use std::{env, process::Command};

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .ok()
        .and_then(|out| String::from_utf8(out.stdout).ok())
        .unwrap_or_else(|| "unknown".into());
    println!("cargo::rustc-env=RINGMILL_BENCHES_RUSTC={}", version.trim());
    println!("cargo::rustc-env=RINGMILL_BENCHES_TARGET={}", env::var("TARGET").unwrap_or_default());
    println!("cargo::rerun-if-changed=build.rs");
}
