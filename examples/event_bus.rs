//! An event bus inside of a program: every event goes to billing, which must not lose one; to an
//! audit that joins later; and to subscribers that are too slow, each in its way: a screen that
//! shows the latest, a debugger that is disconnected, and a recorder for whom the publisher waits.

use std::thread;
use std::time::Duration;

use ringmill::message::Message;
use ringmill::queue::{DequeueError, EnqueueErrorKind, Queue, Slow};

#[derive(Clone, Debug, PartialEq)]
struct Event {
    order: u32,
    what: &'static str,
}

fn event(order: u32, what: &'static str) -> Message<Event> {
    Message::new(Event { order, what }).key(order.to_string())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bus =
        Queue::<Event>::builder("events").capacity(4).group("billing").max_groups(6).build()?;
    // There is a group that every queue is born with; here nobody reads by it.
    bus.remove_group("default")?;
    let billing = bus.group("billing")?.consumer()?;
    let publisher = bus.producer();

    // A named group holds its messages: nothing is lost while billing is down, and the publisher is
    // told that there is no room.
    for order in 1..=4 {
        publisher.enqueue(event(order, "placed"))?;
    }
    let refused = publisher.enqueue(event(5, "placed")).expect_err("billing has read none");
    assert_eq!(refused.kind(), EnqueueErrorKind::Full);
    for order in 1..=4 {
        let delivery = billing.try_dequeue()?;
        assert_eq!(delivery.order, order);
        delivery.ack()?;
    }
    publisher.enqueue(refused.into_message())?;

    // Who joins now gets what comes from now on.
    let audit = bus.create_group("audit")?;
    let screen = bus.subscribe(Slow::Lag)?;
    let debugger = bus.subscribe(Slow::Disconnect)?;
    for order in 5..=8 {
        publisher.enqueue(event(order, "shipped"))?;
        while let Ok(delivery) = billing.try_dequeue() {
            delivery.ack()?;
        }
        audit.consumer()?.try_dequeue()?.ack()?;
    }

    // Nobody but the screen and the debugger needs these any more: the screen loses the oldest, and
    // is told how many.
    publisher.enqueue(event(9, "placed"))?;
    println!("screen: {:?}, after {} that it missed", *screen.try_dequeue()?, screen.missed());
    assert_eq!(debugger.try_dequeue().err(), Some(DequeueError::Closed), "it was too slow");

    // A recorder must have everything from here on: the publisher waits for it.
    let recorder = bus.subscribe(Slow::Block)?;
    drop((screen, debugger));
    let recording = thread::spawn(move || {
        let mut recorded = 0;
        while let Ok(delivery) = recorder.dequeue() {
            thread::sleep(Duration::from_millis(1));
            recorded += 1;
            delivery.ack().expect("its lease is live");
        }
        recorded
    });
    let bills = thread::spawn(move || {
        let mut billed = 0;
        while let Ok(delivery) = billing.dequeue() {
            billed += u32::from(delivery.what == "delivered");
            delivery.ack().expect("its lease is live");
        }
        billed
    });
    bus.remove_group("audit")?;
    for order in 1..=20 {
        publisher.enqueue_blocking(event(order, "delivered"))?;
    }
    bus.close();
    let (recorded, billed) = (recording.join().expect("it ends"), bills.join().expect("it ends"));
    println!("recorded {recorded}, billed {billed}");
    assert_eq!((recorded, billed), (20, 20));
    Ok(())
}
