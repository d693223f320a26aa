//! Processes in groups of their own: waited for with a deadline, killed with all that they started.

use std::io;
use std::os::fd::BorrowedFd;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::stop::Stop;

/// How long a process has between being asked to end and being killed.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// How waiting for a process ended.
pub(crate) enum Waited {
    Ended(ExitStatus),
    TimedOut,
    Aborted,
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// Sends a signal to a child that was not waited for, and to all in its group.
fn signal(child: &Child, signal: Signal) {
    // It may have ended: then there is nobody to tell.
    let _ = kill_process_group(pid(child), signal);
}

/// Kills a child's group, and waits for the child.
pub(crate) fn kill(child: &mut Child) {
    signal(child, Signal::KILL);
    // A killed child is there to be waited for.
    let _ = child.wait();
}

/// Asks a child's group to end, and kills it if it does not.
pub(crate) fn end(child: &mut Child) {
    signal(child, Signal::TERM);
    if let Ok(pidfd) = pidfd_open(pid(child), PidfdFlags::empty()) {
        let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
        let _ = poll_until(&mut fds, Some(Instant::now() + GRACE));
    }
    kill(child);
}

/// Waits for a child, until a deadline, or until the run is aborted. Then the child is dead too.
pub(crate) fn wait(
    child: &mut Child,
    deadline: Option<Instant>,
    stop: &Stop,
) -> io::Result<Waited> {
    let pidfd = match pidfd_open(pid(child), PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        Err(error) => {
            kill(child);
            return Err(error.into());
        }
    };
    let mut fds = [PollFd::new(&pidfd, PollFlags::IN), watch(stop.fd(), PollFlags::IN)];
    let ready = poll_until(&mut fds, deadline)?;
    if !fds[0].revents().is_empty() {
        return child.wait().map(Waited::Ended);
    }
    end(child);
    Ok(if ready { Waited::Aborted } else { Waited::TimedOut })
}

/// Waits until one of them is ready, and says whether one is.
pub(crate) fn poll_until(fds: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<bool> {
    loop {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let left = left.map(|left| Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(fds, left.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A descriptor that `poll` is to look at.
pub(crate) fn watch(fd: BorrowedFd<'_>, flags: PollFlags) -> PollFd<'_> {
    PollFd::from_borrowed_fd(fd, flags)
}
