//! The threads of a bench.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use hdrhistogram::Histogram;
use ringmill::message::{Message, Priority};
use ringmill::queue::{Consumer, Delivery, Order, Producer, Queue};

use super::{Ack, BenchArgs, Ordering};

/// Of how many messages one is timed: looking at the clock takes as long as the queue does.
const TIMED: u64 = 64;

/// What was seen.
pub(crate) struct Measured {
    pub(crate) time: Duration,
    /// In nanoseconds.
    pub(crate) latency: Histogram<u64>,
}

impl Measured {
    pub(crate) fn per_second(&self, args: &BenchArgs) -> f64 {
        args.messages as f64 / self.time.as_secs_f64()
    }
}

/// Sends all messages through a queue.
pub(crate) fn run(args: &BenchArgs) -> Result<Measured> {
    let levels: Vec<_> = (0..args.levels).filter_map(Priority::new).collect();
    let queue = Queue::<[u8]>::builder("bench")
        .partitions(args.partitions.into())
        .capacity(args.capacity as usize)
        .inline(args.payload.min(1_024))
        .levels(&levels)
        .order(match args.order {
            Ordering::None => Order::None,
            Ordering::Key => Order::Key,
            Ordering::Partition => Order::Partition,
        })
        .build()?;
    let start = Instant::now();
    let latency = thread::scope(|scope| -> Result<_> {
        let consumers: Vec<_> = (0..args.consumers)
            .map(|_| {
                let consumer = queue.consumer();
                scope.spawn(move || consume(args, start, &consumer))
            })
            .collect();
        let producers: Vec<_> = (0..u64::from(args.producers))
            .map(|number| {
                let producer = queue.producer();
                let levels = &levels;
                scope.spawn(move || produce(args, start, number, levels, &producer))
            })
            .collect();
        let mut result = Ok(());
        for producer in producers {
            let produced = producer.join().map_err(|_| anyhow::anyhow!("a producer panicked"));
            result = result.and(produced.and_then(|produced| produced));
        }
        queue.close();
        let mut all = histogram()?;
        for consumer in consumers {
            let seen = consumer.join().map_err(|_| anyhow::anyhow!("a consumer panicked"))??;
            all.add(seen)?;
        }
        result.map(|()| all)
    })?;
    Ok(Measured { time: start.elapsed(), latency })
}

/// The longest latency that is told.
const HOUR: u64 = 3_600_000_000_000;

fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, HOUR, 3).context("a histogram")
}

fn produce(
    args: &BenchArgs,
    start: Instant,
    number: u64,
    levels: &[Priority],
    producer: &Producer<[u8]>,
) -> Result<()> {
    let producers = u64::from(args.producers);
    let mut payload = vec![0; args.payload];
    let mut batch = Vec::new();
    for n in (number..args.messages).step_by(args.producers.into()) {
        let mut stamp = 0;
        let mut due = None;
        if let Some(rate) = args.rate {
            let at = Duration::from_secs_f64(n as f64 / rate);
            thread::sleep(at.saturating_sub(start.elapsed()));
            due = Some(at);
        }
        if n / producers % TIMED == 0 {
            stamp = due.unwrap_or_else(|| start.elapsed()).as_nanos() as u64 + 1;
        }
        payload[..8].copy_from_slice(&stamp.to_le_bytes());
        let mut message = Message::new(Bytes::copy_from_slice(&payload))
            .priority(levels[(n / producers) as usize % levels.len()]);
        if args.order == Ordering::Key {
            message = message.key((n % u64::from(args.keys)).to_le_bytes());
        }
        if args.batch == 1 {
            producer.enqueue_blocking(message)?;
            continue;
        }
        batch.push(message);
        let last = n + producers >= args.messages;
        while batch.len() >= args.batch.into() || last && !batch.is_empty() {
            // The first one waits for room, the others come along if there is more.
            producer.enqueue_blocking(batch.remove(0))?;
            if !batch.is_empty() {
                let _ = producer.try_enqueue_batch(&mut batch);
            }
        }
    }
    Ok(())
}

fn consume(args: &BenchArgs, start: Instant, consumer: &Consumer<[u8]>) -> Result<Histogram<u64>> {
    let mut seen = histogram()?;
    let mut batch = Vec::new();
    while let Ok(first) = consumer.dequeue() {
        batch.push(first);
        if args.batch > 1 {
            // Nothing more is no error: there is one.
            let _ = consumer.try_dequeue_batch(usize::from(args.batch) - 1, &mut batch);
        }
        for delivery in &batch {
            note(start, delivery, &mut seen);
        }
        match args.ack {
            Ack::Batch => _ = consumer.ack_batch(batch.drain(..)),
            Ack::Each => batch.drain(..).try_for_each(Delivery::ack)?,
            Ack::Detached => {
                batch.drain(..).try_for_each(|delivery| delivery.detach().ack())?;
            }
        }
    }
    Ok(seen)
}

fn note(start: Instant, delivery: &Delivery<'_, [u8]>, seen: &mut Histogram<u64>) {
    if let Some(stamp) = delivery.first_chunk::<8>().map(|stamp| u64::from_le_bytes(*stamp)) {
        if stamp > 0 {
            seen.saturating_record((start.elapsed().as_nanos() as u64 + 1).saturating_sub(stamp));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_kept_as_they_are() {
        let mut seen = histogram().expect("valid");
        for nanos in [20, 1_000_000, 60_000_000_000, 2 * HOUR] {
            seen.saturating_record(nanos);
        }
        let at = [0.25, 0.5, 0.75, 1.0].map(|quantile| seen.value_at_quantile(quantile));
        let near = |found: u64, value: u64| found.abs_diff(value) <= value / 1_000;
        assert!(near(at[0], 20) && near(at[1], 1_000_000) && near(at[2], 60_000_000_000), "{at:?}");
        assert!(near(at[3], HOUR), "what is longer counts as an hour: {at:?}");
    }
}
