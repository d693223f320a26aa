//! The housekeeper's alarm: what is sent to the wheel during a pass is not forgotten.

use loom::sync::Arc;
use loom::thread;
use ringmill::internal::delivery::{Alarm, Ending};

use crate::seat::{leased, settle, tried};
use crate::{check, models};

models! { "alarm":
    sent_during_a_pass,
    sent_between_two_passes,
}

/// How late the passes come that have nothing to do.
const LATE: u64 = 100;

/// Delays a message until 7 while the housekeeper passes so often; whether it was forgotten.
fn forgotten_after(passes: u32) -> bool {
    let (part, index, lease) = leased(1);
    let alarm = Arc::new(Alarm::default());
    // The pass before has had the next one come early enough.
    alarm.passed(5);
    let sender = {
        let (part, alarm) = (part.clone(), alarm.clone());
        thread::spawn(move || {
            settle(&part, index, lease, Ending::Delay).expect("the lease is ours");
            tried(part.at(index));
            // SAFETY: the index is in this hand.
            unsafe { part.first().wait_until(index, 7) };
            alarm.is_late_for(7)
        })
    };
    let mut found = None;
    for _ in 0..passes {
        alarm.passing();
        found = found.or_else(|| part.first().next_waiting());
        alarm.passed(if found.is_some() { 7 } else { LATE });
    }
    let rings = sender.join().unwrap();
    if let Some((_, due)) = found {
        assert_eq!(due, 7);
    }
    found.is_none() && !rings
}

pub(crate) fn sent_during_a_pass() {
    check(|| assert!(!forgotten_after(1), "nobody looks at it before its time"));
}

fn sent_between_two_passes() {
    check(|| assert!(!forgotten_after(2), "nobody looks at it before its time"));
}
