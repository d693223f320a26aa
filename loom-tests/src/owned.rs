//! A partition that is taken from its consumer while that leases a message of it.

use loom::sync::Arc;
use loom::thread;
use ringmill::internal::delivery::{Owned, State};

use crate::check;
use crate::models;
use crate::seat::{next, partition, publish};

models! { "owned":
    take_away_against_lease,
}

/// Either whoever takes it away sees the lease, or the consumer sees that it has it no longer.
fn take_away_against_lease() {
    check(|| {
        let part = partition(1);
        publish(&part).expect("there is room");
        let owned = Arc::new(Owned::new(1));
        owned.give(0);
        let consumer = {
            let (part, owned) = (part.clone(), owned.clone());
            thread::spawn(move || owned.has(0) && next(&part).is_some() && owned.still_has(0))
        };
        owned.take_away(0);
        Owned::taken_away();
        let at_rest = part.at(0).look().state() != State::Leased;
        let handles = consumer.join().unwrap();
        assert!(!(at_rest && handles), "two have the partition");
    });
}
