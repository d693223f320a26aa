//! The log: cursors that pass it, and its end.

use loom::sync::Arc;
use loom::thread;
use ringmill::internal::{Cursor, Log};

use crate::{check, check_wide, models};

models! { "index":
    close_against_tickets,
    close_against_close,
    edge_e1_e2_the_end_is_seen_after_the_mark,
    two_takers_of_one_cursor,
    two_cursors_pass_every_index,
}

fn log() -> Arc<Log> {
    Arc::new(Log::starting_at(2, 0).unwrap())
}

/// What is accepted is in front of the end, and all that is in front of it was accepted.
fn close_against_tickets() {
    check_wide(1, || {
        let log = log();
        let publishers = [0, 1].map(|index| {
            let log = log.clone();
            thread::spawn(move || {
                let ticket = log.tickets(1);
                ticket.inspect(|ticket| log.write(*ticket, index))
            })
        });
        let end = log.close().expect("nobody else closes it");
        let mut tickets: Vec<u64> =
            publishers.into_iter().filter_map(|publisher| publisher.join().unwrap()).collect();
        tickets.sort_unstable();
        assert!(tickets.iter().copied().eq(0..end), "{tickets:?} were accepted before {end}");
        assert_eq!((log.end(), log.tail(), log.tickets(1)), (Some(end), end, None));
        let cursor = Cursor::at(0);
        let taken = std::iter::from_fn(|| cursor.take(&log)).count() as u64;
        assert_eq!(taken, end, "accepted and stranded");
    });
}

fn close_against_close() {
    check(|| {
        let log = log();
        log.write(log.tickets(1).unwrap(), 0);
        let other = {
            let log = log.clone();
            thread::spawn(move || log.close())
        };
        let ends = [log.close(), other.join().unwrap()];
        assert!(ends == [None, Some(1)] || ends == [Some(1), None], "{ends:?}");
        assert_eq!(log.end(), Some(1));
    });
}

fn edge_e1_e2_the_end_is_seen_after_the_mark() {
    check(|| {
        let log = log();
        let closer = {
            let log = log.clone();
            thread::spawn(move || {
                log.write(log.tickets(1).unwrap(), 0);
                log.close()
            })
        };
        if let Some(end) = log.end() {
            assert_eq!(log.tail(), end, "it has an end, and looks open");
        }
        closer.join().unwrap();
    });
}

fn two_takers_of_one_cursor() {
    check(|| {
        let (log, cursor) = (log(), Arc::new(Cursor::at(0)));
        for index in 0..2 {
            log.write(log.tickets(1).unwrap(), index);
        }
        let other = {
            let (log, cursor) = (log.clone(), cursor.clone());
            thread::spawn(move || {
                let mut out = [9; 2];
                let taken = cursor.take_n(&log, &mut out);
                out[..taken].to_vec()
            })
        };
        let mut seen: Vec<u32> = cursor.take(&log).into_iter().collect();
        seen.extend(other.join().unwrap());
        seen.extend(std::iter::from_fn(|| cursor.take(&log)));
        seen.sort_unstable();
        assert_eq!(seen, [0, 1]);
    });
}

/// An index that both cursors have passed is published again.
fn two_cursors_pass_every_index() {
    check_wide(1, || {
        let log = log();
        let passed = Arc::new(loom::sync::atomic::AtomicU32::new(0));
        let cursors = [Arc::new(Cursor::at(0)), Arc::new(Cursor::at(0))];
        for index in 0..2 {
            log.write(log.tickets(1).unwrap(), index);
        }
        let pass = |log: &Log, cursor: &Cursor, passed: &loom::sync::atomic::AtomicU32| {
            let index = cursor.take(log).expect("there are two");
            assert_eq!(index, 0);
            if passed.fetch_add(1, loom::sync::atomic::Ordering::AcqRel) == 1 {
                log.write(log.tickets(1).unwrap(), index);
            }
        };
        let other = {
            let (log, cursor, passed) = (log.clone(), cursors[0].clone(), passed.clone());
            thread::spawn(move || pass(&log, &cursor, &passed))
        };
        pass(&log, &cursors[1], &passed);
        other.join().unwrap();
        for cursor in cursors {
            let seen: Vec<u32> = std::iter::from_fn(|| cursor.take(&log)).collect();
            assert_eq!(seen, [1, 0], "what a cursor has not passed");
        }
    });
}
