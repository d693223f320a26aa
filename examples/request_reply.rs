//! Request and reply: each client has a queue for its replies, names it in a header of its request,
//! and tells its replies apart by a second header, the correlation. A server that dies with a
//! request in hand does no harm: the lease brings the request to another one, and an answer that
//! comes twice is known by its correlation.

use std::collections::BTreeMap;
use std::thread;

use ringmill::message::Message;
use ringmill::queue::{Engine, Queue};

const REQUESTS: u32 = 100;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Answers until there are no more requests: the square of each.
fn serve(engine: &Engine, requests: &Queue<u32>) -> Result<(), Error> {
    let consumer = requests.consumer();
    while let Ok(request) = consumer.dequeue() {
        let to = request.header("reply-to").and_then(|name| std::str::from_utf8(name).ok());
        let Some(replies) = to.and_then(|name| engine.queue::<u64>(name)) else {
            request.reject("no such reply queue")?; // its client may be gone
            continue;
        };
        let correlation = request.header("correlation").unwrap_or_default();
        let square = u64::from(*request) * u64::from(*request);
        let reply = Message::new(square).header("correlation", correlation);
        replies.producer().enqueue_blocking(reply)?;
        request.ack()?; // after the reply: the worst that can happen is a second one
    }
    Ok(())
}

/// Asks for squares, and puts each reply to its request.
fn ask(engine: &Engine, requests: &Queue<u32>, name: &str) -> Result<(), Error> {
    let replies = Queue::<u64>::builder(name).engine(engine).build()?;
    let (producer, consumer) = (requests.producer(), replies.consumer());
    let mut pending = BTreeMap::new();
    for n in 0..REQUESTS {
        let request =
            Message::new(n).header("reply-to", name).header("correlation", n.to_be_bytes());
        producer.enqueue_blocking(request)?;
        pending.insert(n.to_be_bytes().to_vec(), n);
    }
    while !pending.is_empty() {
        let reply = consumer.dequeue()?;
        let correlation = reply.header("correlation").unwrap_or_default();
        if let Some(n) = pending.remove(correlation) {
            assert_eq!(*reply, u64::from(n) * u64::from(n));
        }
        reply.ack()?;
    }
    println!("{name}: {REQUESTS} replies");
    Ok(())
}

fn main() -> Result<(), Error> {
    let engine = Engine::new();
    let requests = Queue::<u32>::builder("squares").engine(&engine).build()?;
    // Nobody will hear the answer to this one.
    let stray = Message::new(1).header("reply-to", "nobody");
    requests.producer().enqueue(stray)?;

    thread::scope(|scope| {
        let servers = [(); 2].map(|()| scope.spawn(|| serve(&engine, &requests)));
        let clients = ["anna", "ben", "cleo"].map(|name| {
            let (engine, requests) = (&engine, &requests);
            scope.spawn(move || ask(engine, requests, name))
        });
        for client in clients {
            client.join().expect("no client panics")?;
        }
        requests.close();
        servers.into_iter().try_for_each(|server| server.join().expect("no server panics"))
    })?;
    let stats = requests.stats();
    assert_eq!((stats.acked, stats.dropped_rejected), (3 * u64::from(REQUESTS), 1));
    Ok(())
}
