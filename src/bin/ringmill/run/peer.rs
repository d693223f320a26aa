//! A process that stays: records to its standard input, answers from its standard output.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use rustix::event::PollFlags;
use rustix::io::ioctl_fionbio;

use super::process::{self, poll_until, watch};
use super::stop::Stop;

/// The longest answer.
const LONGEST: usize = 16 << 20;

/// How much is read at once.
const BUFFER: usize = 64 << 10;

/// A running process, and what is on its way to and from it.
pub(crate) struct Peer {
    child: Child,
    to: Option<ChildStdin>,
    from: ChildStdout,
    outgoing: Vec<u8>,
    sent: usize,
    incoming: Vec<u8>,
    /// How much of `incoming` was taken.
    taken: usize,
}

/// What waiting for a peer brought.
pub(crate) enum News {
    /// There may be answers.
    Some,
    TimedOut,
    Aborted,
    /// It has ended, or closed a pipe.
    Gone(&'static str),
}

impl Peer {
    pub(crate) fn spawn(mut command: Command) -> io::Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            process::kill(&mut child);
            return Err(io::Error::other("no pipes"));
        };
        ioctl_fionbio(&to, true)?;
        ioctl_fionbio(&from, true)?;
        let (outgoing, incoming) = (Vec::new(), Vec::new());
        Ok(Self { child, to: Some(to), from, outgoing, sent: 0, incoming, taken: 0 })
    }

    /// Whether it has ended.
    pub(crate) fn is_gone(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Adds a record to what is to be sent.
    pub(crate) fn queue(&mut self, record: &[u8]) {
        self.outgoing.extend_from_slice(record);
        self.outgoing.push(b'\n');
    }

    /// Sends what it takes, and waits until there is something to be read, if there is no answer
    /// already.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>, stop: &Stop) -> io::Result<News> {
        loop {
            if let Err(error) = self.send() {
                return match error.kind() {
                    io::ErrorKind::BrokenPipe => Ok(News::Gone("it closed its standard input")),
                    _ => Err(error),
                };
            }
            let mut fds =
                vec![watch(self.from.as_fd(), PollFlags::IN), watch(stop.fd(), PollFlags::IN)];
            if let (Some(to), true) = (&self.to, self.sent < self.outgoing.len()) {
                fds.push(watch(to.as_fd(), PollFlags::OUT));
            }
            if !poll_until(&mut fds, deadline)? {
                return Ok(News::TimedOut);
            }
            if !fds[1].revents().is_empty() {
                return Ok(News::Aborted);
            }
            if !fds[0].revents().is_empty() {
                return self.receive();
            }
        }
    }

    fn send(&mut self) -> io::Result<()> {
        while let (Some(to), true) = (&mut self.to, self.sent < self.outgoing.len()) {
            match to.write(&self.outgoing[self.sent..]) {
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // It may never take all, as more comes.
                    if self.sent >= BUFFER {
                        self.outgoing.drain(..self.sent);
                        self.sent = 0;
                    }
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.outgoing.clear();
        self.sent = 0;
        Ok(())
    }

    fn receive(&mut self) -> io::Result<News> {
        self.incoming.drain(..self.taken);
        self.taken = 0;
        let had = self.incoming.len();
        if had > LONGEST {
            return Ok(News::Gone("its answer is too long"));
        }
        self.incoming.resize(had + BUFFER, 0);
        let read = self.from.read(&mut self.incoming[had..]);
        self.incoming.truncate(had + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Ok(News::Gone("it ended")),
            Ok(_) => Ok(News::Some),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(News::Some)
            }
            Err(error) => Err(error),
        }
    }

    /// The next answer that is here in whole.
    pub(crate) fn answer(&mut self) -> Option<&[u8]> {
        let rest = &self.incoming[self.taken..];
        let len = memchr::memchr(b'\n', rest)?;
        let start = self.taken;
        self.taken += len + 1;
        Some(&self.incoming[start..start + len])
    }

    /// Ends it: gently, by closing its input, or not.
    pub(crate) fn end(mut self, gently: bool, stop: &Stop) {
        drop(self.to.take());
        if gently {
            let deadline = Instant::now() + process::GRACE;
            // Dead afterwards in any case.
            let _ = process::wait(&mut self.child, Some(deadline), stop);
        } else {
            process::kill(&mut self.child);
        }
    }
}
