//! Orders become invoices, each once, although the worker in between dies over and over: after it has
//! sent an invoice, and before it has acked the order. Each order comes again then, and its invoice
//! is sent again, under the number that it had before: the order's offset. The queue knows that
//! number, and takes the invoice in once only.
//!
//! Both queues are in one process. "Effectively once" ends where an effect leaves them: a printer, a
//! card, another machine.

use std::collections::BTreeMap;
use std::time::Duration;

use ringmill::message::Message;
use ringmill::queue::{Enqueued, Order, Queue};

const ORDERS: u64 = 1_000;
const PARTITIONS: usize = 2;

#[derive(Debug)]
struct Invoice {
    order: u64,
    cents: u64,
}

/// Works until nothing is left, or it dies: then it returns false.
fn work(
    orders: &Queue<u64>,
    invoices: &Queue<Invoice>,
    again: &mut u64,
) -> Result<bool, Box<dyn std::error::Error>> {
    let consumer = orders.consumer();
    // By partition, as offsets are. Opening a name fences the worker that had it before: should it
    // be slow, and not dead, it sends nothing more.
    let senders: Vec<_> =
        (0..PARTITIONS).map(|p| invoices.idempotent_producer(format!("billing {p}"))).collect();
    let mut handled = 0;
    while let Ok(order) = consumer.dequeue() {
        let invoice = Invoice { order: *order, cents: *order * 250 };
        let sent = senders[order.partition()].enqueue_sequenced(order.offset(), invoice)?;
        *again += u64::from(matches!(sent, Enqueued::Duplicate { .. }));
        handled += 1;
        if handled % 100 == 0 {
            // Dies here: the delivery is dropped, and comes again.
            return Ok(false);
        }
        order.ack()?;
    }
    Ok(true)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Offsets are handled in their order, through all retries, as numbers have to be sent.
    let orders = Queue::<u64>::builder("orders")
        .exact_capacity(true)
        .partitions(PARTITIONS)
        .order(Order::Partition)
        .release_delay(Duration::from_millis(1))
        .build()?;
    let invoices = Queue::<Invoice>::builder("invoices")
        .capacity(ORDERS as usize)
        .exact_capacity(true)
        .build()?;

    let producer = orders.producer();
    for order in 0..ORDERS {
        producer.enqueue(Message::new(order).key(order.to_le_bytes()))?;
    }
    orders.close();

    let (mut deaths, mut again) = (0, 0);
    while !work(&orders, &invoices, &mut again)? {
        deaths += 1;
    }

    let mut sums = BTreeMap::new();
    let consumer = invoices.consumer();
    while let Ok(invoice) = consumer.try_dequeue() {
        *sums.entry(invoice.order).or_insert(0) += invoice.cents;
        invoice.ack()?;
    }
    assert!(sums.into_iter().eq((0..ORDERS).map(|order| (order, order * 250))));
    println!("{ORDERS} orders, {deaths} deaths, {again} invoices sent again: each was taken once");
    assert!(again > 0);
    Ok(())
}
