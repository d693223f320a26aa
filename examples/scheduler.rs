//! A scheduler: reminders that are put off, brought forward and cancelled while they wait, and one
//! that nobody needs any more when it comes. The clock is the program's own, so that two days take
//! no time; leave the two lines about it out, and it is the system's.

use std::time::Duration;

use ringmill::clock::{Clock, VirtualClock};
use ringmill::message::{DelayLevel, Message};
use ringmill::queue::{Engine, Queue};

const HOUR: Duration = Duration::from_secs(3_600);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = VirtualClock::new();
    let engine = Engine::builder().clock(clock.clone()).manual().build();
    let reminders = Queue::<&str>::builder("reminders").engine(&engine).build()?;
    let schedule = |message: Message<&'static str>| {
        let accepted = reminders.producer().enqueue(message)?;
        Ok::<_, Box<dyn std::error::Error>>(accepted.handle().ok_or("it was accepted")?)
    };

    // Delays, by duration or by name; and a date, which follows the wall clock.
    let tea = schedule(Message::new("the tea is ready").after(DelayLevel::M5))?;
    let bins = schedule(Message::new("put the bins out").after(20 * HOUR))?;
    let call = schedule(Message::new("call anna").at(clock.wall() + 24 * HOUR))?;
    // Of no use to anybody an hour after it.
    schedule(Message::new("watch the match").after(30 * HOUR).ttl(HOUR))?;

    reminders.reschedule(&tea, DelayLevel::M3)?; // it is a small pot
    reminders.reschedule(&call, 26 * HOUR)?; // she has a train to catch
    reminders.cancel(&bins)?; // somebody else did
    assert!(reminders.reschedule(&bins, HOUR).is_err(), "it is gone, and its slot free");

    let consumer = reminders.consumer();
    let mut heard = Vec::new();
    for hour in 0..48 {
        // Away from the 30th hour to the 33rd.
        let here = !(30..33).contains(&hour);
        while let (true, Ok(reminder)) = (here, consumer.try_dequeue()) {
            println!("hour {hour:2}: {}", *reminder);
            heard.push((hour, *reminder));
            reminder.ack()?;
        }
        clock.advance(HOUR);
        engine.tick();
    }
    assert_eq!(heard, [(1, "the tea is ready"), (26, "call anna")]);
    let stats = reminders.stats();
    assert_eq!((stats.dropped_cancelled, stats.dropped_expired), (1, 1));
    Ok(())
}
