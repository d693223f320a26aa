//! A pipeline in two stages that keeps the order of each account, whatever fails: `checks` passes
//! each booking on to `bookings`, both in order by key, with several workers each. Handlers fail now
//! and then and are tried again; their account waits for them, the others go on. A booking that no
//! retry can mend parks its account until somebody has looked at it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use ringmill::message::Message;
use ringmill::queue::{AfterDead, Engine, Order, Queue, Retry};

const ACCOUNTS: u32 = 50;
const EACH: u32 = 40;

#[derive(Clone, Copy)]
struct Booking {
    account: u32,
    number: u32,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new();
    let stage = |name: &str| {
        Queue::<Booking>::builder(name)
            .engine(&engine)
            .partitions(2)
            .order(Order::Key)
            .require_key(true)
            .max_waiting_per_key(10)
            .retry(Retry::fixed(Duration::from_millis(2)).max(3))
            .dead_letters(format!("{name}.dead"))
            .after_dead(AfterDead::ParkKey { limit: 1_000 })
            .build()
    };
    let (checks, bookings) = (stage("checks")?, stage("bookings")?);
    let booked: Mutex<HashMap<u32, Vec<u32>>> = Mutex::default();

    thread::scope(|scope| {
        let checkers: Vec<_> = (0..3)
            .map(|_| {
                let (consumer, next) = (checks.consumer(), bookings.producer());
                scope.spawn(move || {
                    while let Ok(booking) = consumer.dequeue() {
                        let Booking { account, number } = *booking;
                        if number % 17 == 3 && booking.attempts() == 0 {
                            // The account waits for this one, and nobody else does.
                            booking.nack().expect("its lease is live");
                            continue;
                        }
                        let checked = Message::new(*booking).key(account.to_le_bytes());
                        // Waits while ten others of the account do.
                        next.enqueue_blocking(checked).expect("open");
                        booking.ack().expect("its lease is live");
                    }
                })
            })
            .collect();
        let bookers: Vec<_> = (0..3)
            .map(|_| {
                let (consumer, booked) = (bookings.consumer(), &booked);
                scope.spawn(move || {
                    while let Ok(booking) = consumer.dequeue() {
                        let Booking { account, number } = *booking;
                        if (account, number) == (7, 20) {
                            booking.reject("the currency is unknown").expect("its lease is live");
                            continue;
                        }
                        booked.lock().expect("whole").entry(account).or_default().push(number);
                        booking.ack().expect("its lease is live");
                    }
                })
            })
            .collect();

        let producer = checks.producer();
        for number in 0..EACH {
            for account in (0..ACCOUNTS).filter(|account| *account != 7) {
                let booking = Message::new(Booking { account, number });
                producer.enqueue_blocking(booking.key(account.to_le_bytes()))?;
            }
        }
        // Up to the one that fails, and as many as may wait behind it.
        for number in 0..30 {
            let booking = Message::new(Booking { account: 7, number });
            producer.enqueue_blocking(booking.key(7_u32.to_le_bytes()))?;
        }
        checks.close();
        checkers.into_iter().for_each(|worker| worker.join().expect("no worker panics"));

        // All others are done with, and account 7 stands behind its dead letter.
        while bookings.parked_keys().iter().map(|parked| parked.messages).sum::<usize>() < 9 {
            thread::yield_now();
        }
        let parked = bookings.parked_keys();
        println!("account 7 is parked, and {} bookings behind it", parked[0].messages);
        assert_eq!((parked.len(), &*parked[0].key), (1, &7_u32.to_le_bytes()[..]));
        let letters = bookings.dead_letters().expect("there is a queue for them");
        println!("since: {}", letters.peek(parked[0].partition, 1)[0].history()[0].text);
        // Somebody books it by hand; then the account goes on.
        booked.lock().expect("whole").entry(7).or_default().push(20);
        bookings.unpark_key(7_u32.to_le_bytes())?;
        bookings.close();
        bookers.into_iter().for_each(|worker| worker.join().expect("no worker panics"));
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;

    let booked = booked.into_inner()?;
    for account in 0..ACCOUNTS {
        let all: Vec<u32> = (0..if account == 7 { 30 } else { EACH }).collect();
        assert_eq!(booked[&account], all, "account {account}, in its order");
    }
    println!("{} accounts booked in order", booked.len());
    Ok(())
}
