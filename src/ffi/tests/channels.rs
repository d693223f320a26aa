//! Channels and pollables.

use std::thread;

use super::*;

/// A handle that threads share.
#[derive(Clone, Copy)]
struct Shared(*mut ringmill_channel);
// SAFETY: the functions may be called from any thread.
unsafe impl Send for Shared {}

impl Shared {
    fn get(self) -> *mut ringmill_channel {
        self.0
    }
}

#[test]
fn elements_come_out_in_the_order_in_which_they_went_in() {
    let channel = new_channel(8, 4);
    let mut out = [0_u64; 4];
    let (mut number, numbers) = (0_u64, [1_u64, 2, 3, 4, 5, 6]);
    // SAFETY: the channel is alive, the buffers as long as their counts.
    unsafe {
        assert_eq!(ringmill_channel_try_recv(channel, place(&mut number)), Status::Empty);
        assert_eq!(ringmill_channel_recv(channel, 0, place(&mut number)), Status::Empty);
        assert_eq!(ringmill_channel_recv(channel, i64::MIN, place(&mut number)), Status::Empty);
        assert_eq!(ringmill_channel_recv(channel, 1, place(&mut number)), Status::TimedOut);
        assert_eq!(ringmill_channel_try_send(channel, bytes(&0_u64)), Status::Ok);
        let (status, sent) =
            written(|n| ringmill_channel_send_batch(channel, bytes(&numbers), 6, 0, n));
        assert_eq!((status, sent), (Status::Full, 3));
        let rest = bytes(&numbers[3]);
        let (status, sent) = written(|n| ringmill_channel_send_batch(channel, rest, 3, 1, n));
        assert_eq!((status, sent), (Status::TimedOut, 0));
        assert_eq!(ringmill_channel_send(channel, rest, 0), Status::Full);
        assert_eq!(ringmill_channel_send(channel, rest, 1), Status::TimedOut);
        assert_eq!(ringmill_channel_try_send(channel, rest), Status::Full);
        assert_eq!((ringmill_channel_len(channel), ringmill_channel_capacity(channel)), (4, 4));

        assert_eq!(ringmill_channel_recv(channel, 1, place(&mut number)), Status::Ok);
        assert_eq!(number, 0);
        let (status, n) =
            written(|n| ringmill_channel_recv_batch(channel, 9, 4, 1, place(&mut out), n));
        // Nobody has sent a fourth.
        assert_eq!((status, n, &out[..3]), (Status::Ok, 3, &[1, 2, 3][..]));
        ringmill_channel_free(channel);
    }
}

#[test]
fn closing_wakes_who_waits_and_leaves_what_was_sent() {
    let (full, empty) = (new_channel(8, 1), new_channel(8, 1));
    // SAFETY: both are alive until the threads have ended.
    unsafe {
        assert_eq!(ringmill_channel_try_send(full, bytes(&7_u64)), Status::Ok);
        let (sender, receiver) = (Shared(full), Shared(empty));
        let sender = thread::spawn(move || {
            ringmill_channel_send(sender.get(), bytes(&8_u64), RINGMILL_FOREVER)
        });
        let receiver = thread::spawn(move || {
            let mut out = 0_u64;
            ringmill_channel_recv(receiver.get(), RINGMILL_FOREVER, place(&mut out))
        });
        assert_eq!(ringmill_channel_close(full), Status::Ok);
        assert_eq!(ringmill_channel_close(full), Status::Closed);
        assert_eq!(ringmill_channel_close(empty), Status::Ok);
        assert_eq!(sender.join().expect("it returns"), Status::Closed);
        assert_eq!(receiver.join().expect("it returns"), Status::Closed);
        assert!(ringmill_channel_is_closed(full));
        assert_eq!(ringmill_channel_try_send(full, bytes(&9_u64)), Status::Closed);
        assert_eq!(
            written(|n| ringmill_channel_send_batch(full, bytes(&9_u64), 1, 9, n)),
            (Status::Closed, 0)
        );
        let mut out = 0_u64;
        assert_eq!(ringmill_channel_recv(full, RINGMILL_FOREVER, place(&mut out)), Status::Ok);
        assert_eq!(out, 7);
        assert_eq!(ringmill_channel_try_recv(full, place(&mut out)), Status::Closed);
        for min in [0, 1] {
            let over =
                written(|n| ringmill_channel_recv_batch(full, min, 1, 9, place(&mut out), n));
            assert_eq!(over, (Status::Closed, 0));
        }
        ringmill_channel_free(full);
        ringmill_channel_free(empty);
    }
}

#[test]
fn threads_pass_each_element_on_once() {
    const EACH: u64 = if cfg!(miri) { 20 } else { 5_000 };
    let channel = new_channel(8, 3);
    let shared = Shared(channel);
    // SAFETY: it is alive until the threads have ended.
    unsafe {
        let senders = [0, 1].map(|_| {
            thread::spawn(move || {
                for n in 1..=EACH {
                    assert_eq!(
                        ringmill_channel_send(shared.get(), bytes(&n), RINGMILL_FOREVER),
                        Status::Ok
                    );
                }
            })
        });
        let receivers = [0, 1].map(|_| {
            thread::spawn(move || {
                let (mut sum, mut batch) = (0, [0_u64; 8]);
                loop {
                    let (status, n) = written(|n| {
                        let out = place(&mut batch);
                        ringmill_channel_recv_batch(shared.get(), 2, 8, RINGMILL_FOREVER, out, n)
                    });
                    match status {
                        Status::Ok => sum += batch[..n].iter().sum::<u64>(),
                        status => break (status, sum),
                    }
                }
            })
        });
        senders.into_iter().for_each(|sender| sender.join().expect("it sends"));
        assert_eq!(ringmill_channel_close(channel), Status::Ok);
        let sums = receivers.map(|receiver| receiver.join().expect("it receives"));
        assert_eq!(sums.map(|(status, _)| status), [Status::Closed; 2]);
        assert_eq!(sums[0].1 + sums[1].1, EACH * (EACH + 1));
        ringmill_channel_free(channel);
    }
}

#[test]
fn options_of_a_channel_are_checked() {
    let good = ringmill_channel_options {
        size: size_of::<ringmill_channel_options>(),
        elem_size: 8,
        capacity: 4,
        wait: RINGMILL_WAIT_PARK,
        flags: RINGMILL_FLAG_TOUCH_PAGES,
    };
    for (options, expected) in [
        (good, Status::Ok),
        (ringmill_channel_options { size: 8, ..good }, Status::InvalidArgument),
        (ringmill_channel_options { wait: 3, ..good }, Status::InvalidArgument),
        (ringmill_channel_options { flags: u32::MAX, ..good }, Status::InvalidArgument),
        (ringmill_channel_options { elem_size: 0, ..good }, Status::InvalidArgument),
        (ringmill_channel_options { capacity: 0, ..good }, Status::Capacity),
        (ringmill_channel_options { elem_size: 1 << 60, ..good }, Status::OutOfMemory),
    ] {
        // SAFETY: the options can be read.
        let (status, channel) =
            written(|out| unsafe { ringmill_channel_new(&raw const options, out) });
        assert_eq!((status, channel.is_null()), (expected, expected != Status::Ok));
        // SAFETY: NULL, or alive and used no more.
        unsafe { ringmill_channel_free(channel) };
    }
}

#[test]
#[cfg(all(target_os = "linux", not(miri)))]
fn a_pollable_is_readable_when_there_may_be_something() {
    use std::os::fd::BorrowedFd;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let channel = new_channel(8, 4);
    let mut out = 0_u64;
    // SAFETY: all handles are alive until they are freed, and so is the descriptor.
    unsafe {
        let (status, pollable) = written(|out| ringmill_pollable_new(channel, out));
        assert_eq!(status, Status::Ok);
        let readable = || {
            let fd = BorrowedFd::borrow_raw(ringmill_pollable_fd(pollable));
            let mut polled = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
            poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).expect("it can be polled")
                == 1
        };
        let mut recv = || (ringmill_pollable_recv_or_arm(pollable, place(&mut out)), out);
        assert!(readable());
        assert_eq!(recv(), (Status::Empty, 0));
        assert!(!readable());
        assert_eq!(ringmill_channel_try_send(channel, bytes(&5_u64)), Status::Ok);
        assert!(readable());
        assert_eq!(recv(), (Status::Ok, 5));
        assert_eq!(recv(), (Status::Empty, 5));
        assert!(!readable());
        ringmill_channel_free(channel);
        assert!(readable());
        assert_eq!(recv(), (Status::Closed, 5));
        ringmill_pollable_free(pollable);
    }
}
