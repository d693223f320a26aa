//! Whoever waits uses no processor. A binary of its own, so that no other test's work counts.

#![cfg(all(feature = "std", target_os = "linux", target_pointer_width = "64", not(miri)))]

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use ringmill::channel::{Receiver, Select, Sender, Strategy, channel};

/// The processor time that this process has used so far.
fn used() -> Duration {
    #[repr(C)]
    struct Timespec {
        seconds: i64,
        nanos: i64,
    }
    // SAFETY: the function is the system's, and the type that of a machine of 64 bits; it fills
    // what it is lent.
    unsafe extern "C" {
        safe fn clock_gettime(clock: i32, time: &mut Timespec) -> i32;
    }
    const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;
    let mut time = Timespec { seconds: 0, nanos: 0 };
    assert_eq!(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut time), 0);
    Duration::new(time.seconds as u64, time.nanos as u32)
}

/// What a thread waits for, in the end in vain: the channel is closed.
type Wait = fn(&Sender<u32>, &Receiver<u32>);

/// Every way of waiting: for a value in an empty channel, for room in a full one.
const FOR_A_VALUE: [Wait; 5] = [
    |_, empty| assert!(empty.recv().is_err()),
    |_, empty| assert!(empty.recv_timeout(Duration::from_secs(3_600)).is_err()),
    |_, empty| assert!(empty.recv_batch(&mut Vec::new(), 2, 9, None).is_err()),
    |_, empty| assert!(Select::new().recv(empty, |got| got.is_err()).recv(empty, |_| true).wait()),
    |_, empty| assert!(pollster::block_on(empty.recv_async()).is_err()),
];
const FOR_ROOM: [Wait; 5] = [
    |full, _| assert!(full.send(1).is_err()),
    |full, _| assert!(full.send_timeout(1, Duration::from_secs(3_600)).is_err()),
    |full, _| assert!(full.send_batch(&mut vec![1, 2]).is_err()),
    |full, _| assert!(Select::new().send(full, 1, |sent| sent.is_err()).wait()),
    |full, _| assert!(pollster::block_on(full.send_async(1)).is_err()),
];

#[test]
fn sixty_four_waiters_use_less_than_a_hundredth_of_a_core() {
    let (empty, full) = (channel(1).unwrap(), channel(1).unwrap());
    full.0.send(0).unwrap();
    let (empty, full) = (Arc::new(empty), Arc::new(full));
    let start = Arc::new(Barrier::new(65));
    let threads: Vec<_> = (0..64)
        .map(|n| {
            let (ends, wait) = match n % 2 {
                0 => (Arc::clone(&empty), FOR_A_VALUE[n / 2 % 5]),
                _ => (Arc::clone(&full), FOR_ROOM[n / 2 % 5]),
            };
            let strategy = [Strategy::SpinThenPark, Strategy::Park][n / 4 % 2];
            let start = Arc::clone(&start);
            thread::spawn(move || {
                let sender = ends.0.clone().with_strategy(strategy);
                let receiver = ends.1.clone().with_strategy(strategy);
                start.wait();
                wait(&sender, &receiver);
            })
        })
        .collect();
    start.wait();
    // Going to sleep is a part of it.
    let (before, begun) = (used(), Instant::now());
    thread::sleep(Duration::from_millis(2_500));
    let (used, passed) = (used() - before, begun.elapsed());
    println!("{used:?} of {passed:?}");
    assert!(threads.iter().all(|thread| !thread.is_finished()), "all have waited");
    assert!(used * 100 < passed, "{used:?} of {passed:?}");
    empty.0.close();
    full.0.close();
    threads.into_iter().for_each(|thread| thread.join().expect("it was closed"));
}
