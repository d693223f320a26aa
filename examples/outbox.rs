//! An outbox: messages for a mail server that is down for a while. What cannot be sent goes to the
//! dead letters, with the history of why; when the server is up again, they are sent back to the
//! outbox by a redrive, a dry run of which says before how many it would be. None is lost.

use std::time::Duration;

use ringmill::message::{Message, Reason};
use ringmill::queue::{ErrorClass, Queue, Redrive, Retry};

struct Mail {
    to: &'static str,
    text: &'static str,
}

/// A server that may be down.
struct Server {
    up: bool,
    sent: Vec<(&'static str, &'static str)>,
}

impl Server {
    fn send(&mut self, mail: &Mail) -> Result<(), &'static str> {
        if !self.up && mail.to.ends_with("@example.org") {
            return Err("example.org does not answer");
        }
        self.sent.push((mail.to, mail.text));
        Ok(())
    }
}

/// Sends until all that was accepted is sent or dead.
fn work(outbox: &Queue<Mail>, server: &mut Server) -> Result<(), Box<dyn std::error::Error>> {
    let consumer = outbox.consumer();
    loop {
        let stats = outbox.stats();
        if stats.acked + stats.dead_lettered == stats.accepted {
            return Ok(());
        }
        let Ok(mail) = consumer.dequeue_timeout(Duration::from_millis(5)) else { continue };
        match server.send(&mail) {
            Ok(()) => mail.ack()?,
            Err(why) => mail.nack_with(ErrorClass::System, why)?,
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let outbox = Queue::<Mail>::builder("outbox")
        .retry(Retry::fixed(Duration::from_millis(5)).max(2))
        .dead_letters("outbox.dead")
        .build()?;
    let dead = outbox.dead_letters().expect("it was asked for");
    let producer = outbox.producer();
    for to in ["anna@example.org", "ben@example.com", "cleo@example.org"] {
        producer.enqueue(Message::new(Mail { to, text: "hello" }).key(to))?;
    }

    let mut server = Server { up: false, sent: Vec::new() };
    work(&outbox, &mut server)?;
    assert_eq!(server.sent, [("ben@example.com", "hello")]);
    for letter in dead.browse(|_| true) {
        let death = letter.history().last().expect("it died");
        println!(
            "{}: {} after {} attempts: {}",
            letter.to, death.reason, death.attempts, death.text
        );
        assert_eq!((death.reason, death.attempts), (Reason::MaxAttempts, 3));
        assert_eq!((&*death.queue, &*death.text), ("outbox", "example.org does not answer"));
    }

    server.up = true;
    let would = dead.redrive(Redrive::new().dry_run(true));
    assert_eq!((would.matched, would.moved), (2, 0));
    let report = dead.redrive(Redrive::new().rate(1_000));
    assert_eq!((report.moved, report.refused), (2, 0));
    work(&outbox, &mut server)?;
    println!("{} mails are sent", server.sent.len());
    assert_eq!(server.sent.len(), 3);
    assert!(dead.is_empty() && outbox.is_empty());
    Ok(())
}
