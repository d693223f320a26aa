//! Receivers with a descriptor.

use std::thread;

use ringmill::channel::{Pollable, RecvError, Sender, channel};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Whether it is readable, after `wait_ns` at most; -1 waits for ever.
fn is_readable<T>(pollable: &Pollable<T>, wait_ns: i64) -> bool {
    let timeout = Timespec { tv_sec: 0, tv_nsec: wait_ns };
    let timeout = (wait_ns >= 0).then_some(&timeout);
    poll(&mut [PollFd::new(pollable, PollFlags::IN)], timeout).unwrap() > 0
}

fn ends(capacity: usize) -> (Sender<u32>, Pollable<u32>) {
    let (sender, receiver) = channel(capacity).unwrap();
    (sender, Pollable::new(receiver).unwrap())
}

#[test]
fn it_is_readable_while_there_is_something() {
    let (sender, mut pollable) = ends(4);
    assert!(is_readable(&pollable, 0), "at first, so that a loop looks");
    assert_eq!(pollable.try_recv_or_arm(), Ok(None));
    assert!(!is_readable(&pollable, 0));
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert!(is_readable(&pollable, 0));
    assert_eq!(pollable.try_recv_or_arm(), Ok(Some(1)));
    assert!(is_readable(&pollable, 0), "there is more");
    assert_eq!(pollable.try_recv_or_arm(), Ok(Some(2)));
    assert_eq!(pollable.try_recv_or_arm(), Ok(None));
    assert!(!is_readable(&pollable, 0));
}

#[test]
fn it_is_readable_when_it_is_over() {
    let (sender, mut pollable) = ends(4);
    assert_eq!(pollable.try_recv_or_arm(), Ok(None));
    drop(sender);
    assert!(is_readable(&pollable, 0));
    for _ in 0..3 {
        assert_eq!(pollable.try_recv_or_arm(), Err(RecvError));
        assert!(is_readable(&pollable, 0));
    }
}

#[test]
fn it_stays_readable_where_a_value_is_taken_without_a_poll() {
    let (sender, mut pollable) = ends(4);
    assert_eq!(pollable.try_recv_or_arm(), Ok(None));
    sender.send(1).unwrap();
    assert_eq!(pollable.receiver().recv(), Ok(1));
    sender.send(2).unwrap();
    sender.send(3).unwrap();
    assert_eq!(pollable.try_recv_or_arm(), Ok(Some(2)));
    assert!(is_readable(&pollable, 0));
}

#[test]
fn a_value_makes_one_of_two_readable_and_passes_on_when_that_one_goes() {
    let (sender, mut first) = ends(4);
    let mut second = Pollable::new(first.receiver().clone()).unwrap();
    assert_eq!([first.try_recv_or_arm(), second.try_recv_or_arm()], [Ok(None), Ok(None)]);
    sender.send(1).unwrap();
    assert!(is_readable(&first, 0) && !is_readable(&second, 0));
    drop(first);
    assert!(is_readable(&second, 0));
    assert_eq!(second.try_recv_or_arm(), Ok(Some(1)));
}

#[test]
fn a_loop_misses_nothing() {
    const VALUES: u32 = 20_000;
    // All at each poll, or one: the descriptor is right for both kinds of loops.
    for one_at_a_time in [false, true] {
        let (sender, mut pollable) = ends(3);
        let pusher = thread::spawn(move || (0..VALUES).for_each(|n| sender.send(n).unwrap()));
        let mut next = 0;
        'over: loop {
            assert!(is_readable(&pollable, -1));
            loop {
                match pollable.try_recv_or_arm() {
                    Ok(Some(n)) => {
                        assert_eq!(n, next);
                        next += 1;
                        if one_at_a_time {
                            break;
                        }
                    }
                    Ok(None) => break,
                    Err(RecvError) => break 'over,
                }
            }
        }
        assert_eq!(next, VALUES);
        pusher.join().unwrap();
    }
}
