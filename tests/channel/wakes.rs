//! How many are woken: enough, and no more than there are messages.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use ringmill::channel::{Receiver, RecvError, SendError, Sender, channel};

use crate::rng::{Rng, Seed};
use crate::scaled;
use crate::tasks::Task;
use crate::watch::Watch;

/// Tasks that wait at one side of a channel.
struct Side<'a, T> {
    tasks: Vec<Listed<'a, T>>,
    /// How often tasks that are no more were woken.
    past: usize,
    /// How often a task went that had been woken, and not polled since.
    passed: usize,
}

struct Listed<'a, T> {
    task: Task<'a, T>,
    /// How often it had been woken, with all of its wakers, at its last poll.
    answered: usize,
    /// How often its former wakers were woken.
    before: usize,
}

impl<T> Listed<'_, T> {
    fn rings(&self) -> usize {
        self.before + self.task.rings()
    }

    fn is_woken(&self) -> bool {
        self.rings() > self.answered
    }
}

impl<'a, T> Side<'a, T> {
    fn new() -> Self {
        Self { tasks: Vec::new(), past: 0, passed: 0 }
    }

    fn rings(&self) -> usize {
        self.past + self.tasks.iter().map(Listed::rings).sum::<usize>()
    }

    fn add(&mut self, future: impl Future<Output = T> + Send + 'a) -> Option<T> {
        let mut task = Task::new(future);
        match task.poll() {
            Poll::Ready(result) => Some(result),
            Poll::Pending => {
                self.tasks.push(Listed { task, answered: 0, before: 0 });
                None
            }
        }
    }

    /// Polls one of the tasks, woken or not, with its waker or another one.
    fn poll(&mut self, rng: &mut Rng) -> Option<T> {
        let woken = (0..self.tasks.len()).filter(|&n| self.tasks[n].is_woken());
        let mut which: Vec<usize> = woken.collect();
        if which.is_empty() || rng.below(4) == 0 {
            which = (0..self.tasks.len()).collect();
        }
        let at = *which.get(rng.below(which.len().max(1)))?;
        let listed = &mut self.tasks[at];
        listed.answered = listed.rings();
        let polled = if rng.below(4) == 0 {
            listed.before = listed.rings();
            listed.task.poll_elsewhere()
        } else {
            listed.task.poll()
        };
        let Poll::Ready(result) = polled else { return None };
        self.past += self.tasks.swap_remove(at).rings();
        Some(result)
    }

    fn cancel(&mut self, rng: &mut Rng) {
        if self.tasks.is_empty() {
            return;
        }
        let listed = self.tasks.swap_remove(rng.below(self.tasks.len()));
        self.past += listed.rings();
        self.passed += usize::from(listed.is_woken());
    }

    /// Nobody sleeps beside what it wants.
    fn check(&self, there_is_some: bool, changes: usize) {
        let waits = !self.tasks.is_empty();
        let woken = self.tasks.iter().any(Listed::is_woken);
        assert!(!there_is_some || !waits || woken, "somebody waits, and nobody is woken");
        let (rings, most) = (self.rings(), changes + self.passed);
        assert!(rings <= most, "{rings} wake-ups for {most} reasons");
    }
}

/// One thread plays random moves of senders and receivers that wait, are polled and are dropped.
#[test]
fn at_every_moment_somebody_is_woken_for_what_is_there_and_nobody_for_nothing() {
    let seed = Seed::new(0x3a7e5);
    for round in 0..scaled(600, 6) as u64 {
        let mut rng = seed.rng(round);
        let (sender, receiver) = channel::<u64>(1 + rng.below(3)).unwrap();
        let mut senders = Side::<Result<(), SendError<u64>>>::new();
        let mut receivers = Side::<Result<u64, RecvError>>::new();
        let (mut sent, mut received) = (0, 0);
        for _ in 0..scaled(200, 40) {
            match rng.below(10) {
                0 => sent += usize::from(senders.add(sender.send_async(1)).is_some()),
                1 => sent += usize::from(sender.try_send(1).is_ok()),
                2 => sent += sender.try_send_batch(&mut vec![1; 2]).unwrap(),
                3 => sent += usize::from(senders.poll(&mut rng).is_some()),
                4 => received += usize::from(receivers.add(receiver.recv_async()).is_some()),
                5 => received += usize::from(receiver.try_recv().is_ok()),
                6 => received += receiver.try_recv_batch(&mut Vec::new(), 2).unwrap(),
                7 => received += usize::from(receivers.poll(&mut rng).is_some()),
                8 => senders.cancel(&mut rng),
                _ => receivers.cancel(&mut rng),
            }
            assert_eq!(sender.len(), sent - received);
            receivers.check(!receiver.is_empty(), sent);
            senders.check(!sender.is_full(), received);
        }
    }
}

#[test]
fn nobody_is_woken_when_nobody_waits() {
    let (sender, receiver) = channel(2).unwrap();
    let mut recv = Task::waiting(receiver.recv_async());
    sender.try_send(0).unwrap();
    assert_eq!(recv.ready(), Ok(0));
    sender.try_send_batch(&mut vec![0; 2]).unwrap();
    let mut send = Task::waiting(sender.send_async(0));
    receiver.try_recv().unwrap();
    assert!(send.ready().is_ok());
    while receiver.try_recv().is_ok() {}
    assert_eq!((recv.rings(), send.rings()), (1, 1));
    // Both have waited, and are there, but do not wait any more.
    for n in 0..1_000 {
        sender.send(n).unwrap();
        assert_eq!(receiver.recv(), Ok(n));
        sender.try_send_batch(&mut vec![n; 3]).unwrap();
        assert_eq!(receiver.try_recv_batch(&mut Vec::new(), 3), Ok(2));
    }
    assert_eq!((recv.rings(), send.rings()), (1, 1));
}

/// The waker of a thread that counts for all.
struct Counted {
    thread: Thread,
    wakes: Arc<AtomicUsize>,
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Receives as a task of this thread would; says so each time when it has gone to wait.
fn receive(receiver: &Receiver<u64>, wakes: &Arc<AtomicUsize>, waits: impl Fn()) -> Option<u64> {
    let waker: Waker =
        Arc::new(Counted { thread: thread::current(), wakes: Arc::clone(wakes) }).into();
    let mut context = Context::from_waker(&waker);
    let mut recv = pin!(receiver.recv_async());
    loop {
        match recv.as_mut().poll(&mut context) {
            Poll::Ready(got) => return got.ok(),
            Poll::Pending => {
                waits();
                thread::park();
            }
        }
    }
}

/// Many wait and one message comes at a time: exactly one wakes up, and gets it.
#[test]
fn as_many_wake_up_as_there_are_messages() {
    let _watch = Watch::new();
    let (threads, messages) = (scaled(6, 3), scaled(3_000, 10));
    let (sender, receiver) = channel(4).unwrap();
    let wakes = Arc::new(AtomicUsize::new(0));
    let (done, next) = mpsc::channel();
    thread::scope(|s| {
        for _ in 0..threads {
            let (receiver, wakes, done) = (&receiver, &wakes, done.clone());
            s.spawn(move || {
                // To have come here is to wait: the channel is empty for as long.
                while receive(receiver, wakes, || done.send(None).unwrap()).is_some_and(|value| {
                    done.send(Some(value)).unwrap();
                    true
                }) {}
            });
        }
        (0..threads).for_each(|_| assert_eq!(next.recv(), Ok(None)));
        for n in 0..messages {
            sender.send(n as u64).unwrap();
            assert_eq!(next.recv(), Ok(Some(n as u64)));
            assert_eq!(next.recv(), Ok(None), "it waits again");
        }
        assert_eq!(wakes.load(Ordering::SeqCst), messages);
        sender.close();
    });
    assert_eq!(wakes.load(Ordering::SeqCst), messages + threads);
}

/// All at once: a wake-up that meets a receiver who has just found a message by itself goes on to
/// the next, so there may be more than messages; but never more than one more for each.
#[test]
fn a_crowd_is_not_woken_for_each_message() {
    let _watch = Watch::new();
    let (threads, messages) = (scaled(6, 3), scaled(30_000, 30));
    let (sender, receiver) = channel(4).unwrap();
    let wakes = Arc::new(AtomicUsize::new(0));
    let start = Barrier::new(threads + 2);
    thread::scope(|s| {
        let (receiver, wakes, start) = (&receiver, &wakes, &start);
        for _ in 0..threads {
            s.spawn(move || {
                start.wait();
                while receive(receiver, wakes, || ()).is_some() {}
            });
        }
        for _ in 0..2 {
            let sender = sender.clone();
            s.spawn(move || {
                start.wait();
                send_all(&sender, messages / 2);
            });
        }
        drop(sender);
    });
    let wakes = wakes.load(Ordering::SeqCst);
    println!("{wakes} wake-ups for {messages} messages");
    assert!(wakes <= 2 * messages + threads, "{wakes} wake-ups for {messages} messages");
}

fn send_all(sender: &Sender<u64>, count: usize) {
    (0..count).for_each(|n| sender.send(n as u64).unwrap());
}
