//! A test that hangs ends, and says which one it was.

// Not every test binary uses all of it.
#![allow(dead_code)]

use std::io::{Write, stderr};
use std::process::abort;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Far more than any test takes, also with a sanitizer on a busy machine.
const LONG: Duration = Duration::from_secs(300);

/// Ends the process if it lives for long: threads that wait for ever cannot be ended otherwise.
#[derive(Debug)]
pub(crate) struct Watch(Option<Sender<()>>);

impl Watch {
    /// Watches the test of this name: that of its thread.
    pub(crate) fn new() -> Self {
        // An interpreter sees by itself that nobody goes on.
        if cfg!(miri) {
            return Self(None);
        }
        let name = thread::current().name().unwrap_or("a test").to_owned();
        let (over, wait) = channel();
        thread::spawn(move || {
            if wait.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
                // Past the capture of the test's output, which nobody would show.
                let _ = writeln!(stderr(), "{name} hangs");
                abort();
            }
        });
        Self(Some(over))
    }
}
