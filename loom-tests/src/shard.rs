//! Partitions: nobody goes to sleep while there is something for him.
//!
//! The gate stands for an event's: who goes to sleep sets it and looks once more, who changes
//! something looks at it afterwards.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use ringmill::internal::delivery::{Shard, Track};

use crate::alarm::sent_during_a_pass;
use crate::seat::{Part, ack, assert_custody, leased, nack, next, partition, publish};
use crate::{check, models};

models! { "shard":
    publish_idle,
    give_back_idle,
    wait_until_alarm,
    follower_idle,
    idle_lane_idle,
}

/// Goes to sleep while another thread does something; whether it sleeps, and was not seen.
fn asleep_against(part: &Arc<Part>, other: impl FnOnce(&Part) + 'static) -> bool {
    let gate = Arc::new(AtomicU32::new(0));
    let other = {
        let (part, gate) = (part.clone(), gate.clone());
        thread::spawn(move || {
            other(&part);
            gate.load(Ordering::Relaxed) == 1
        })
    };
    gate.store(1, Ordering::Relaxed);
    Track::falling_asleep();
    let idle = part.first().is_idle(part.log());
    let woken = other.join().unwrap();
    idle && !woken
}

fn publish_idle() {
    check(|| {
        let part = partition(1);
        let asleep = asleep_against(&part, |part| {
            publish(part).expect("there is room");
            Shard::<u64>::published();
        });
        assert!(!asleep, "asleep, and there is a message");
        let (index, lease, _) = next(&part).expect("it was published");
        assert!(ack(&part, index, lease));
        assert_custody(&part, 1, &[]);
    });
}

fn give_back_idle() {
    check(|| {
        let (part, index, lease) = leased(1);
        let asleep = asleep_against(&part, move |part| assert!(nack(part, index, lease)));
        assert!(!asleep, "asleep, and there is a message");
        let (index, lease, _) = next(&part).expect("it was given back");
        assert!(ack(&part, index, lease));
        assert_custody(&part, 1, &[]);
    });
}

fn wait_until_alarm() {
    sent_during_a_pass();
}

fn follower_idle() {
    crate::dispatch::shard_follower_against_sleep();
}

fn idle_lane_idle() {
    crate::dispatch::shard_idle_lane_against_sleep();
}
