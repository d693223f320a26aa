//! The rows of the table: one operation, or one option, each.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use ringmill::message::{Message, Priority};
use ringmill::queue::{
    Consumer, Content, Delivery, Enqueued, ErrorClass, Jitter, Order, Overflow, Producer, Queue,
    QueueBuilder, Retry, Settlement, Unshared,
};

use crate::meter::Meter;

/// What is measured, and its name.
pub(crate) type Row = (&'static str, fn(&mut Meter));

/// How many operations are measured at once, and how much room there is.
pub(crate) const ROUND: u64 = 4_096;
const ROOM: usize = 8_192;
const HOUR: Duration = Duration::from_secs(3_600);
const SHORT: [u8; 8] = *b"customer";
const LONG: [u8; 40] = [b'x'; 40];
static PAYLOAD: [u8; 4_096] = [7; 4_096];

pub(crate) const ROWS: &[Row] = &[
    ("`enqueue`, a `T`", |m| enqueue(m, numbers(m), Message::new)),
    ("`enqueue`, bytes in the slot", |m| enqueue(m, bytes(m), |_| in_place().into())),
    ("`enqueue`, bytes in a buffer of the caller's", |m| {
        enqueue(m, bytes(m), |_| Bytes::from_static(&PAYLOAD).into());
    }),
    ("`enqueue`, key of up to 22 bytes", |m| {
        enqueue(m, numbers(m), |n| Message::new(n).key(SHORT));
    }),
    ("`enqueue`, longer key", |m| enqueue(m, numbers(m), |n| Message::new(n).key(LONG))),
    ("`enqueue`, one header", |m| {
        enqueue(m, numbers(m), |n| Message::new(n).header("source", "web"));
    }),
    ("`enqueue`, two headers", |m| {
        enqueue(m, numbers(m), |n| Message::new(n).header("source", "web").header("n", "1"));
    }),
    ("`try_enqueue`", |m| puts(m, |p, n| done(p.try_enqueue(n).is_ok()))),
    ("`enqueue_timeout`, with room", |m| puts(m, |p, n| done(p.enqueue_timeout(n, HOUR).is_ok()))),
    ("`enqueue_async`, with room", |m| puts(m, |p, n| done(ready(p.enqueue_async(n)).is_ok()))),
    ("`enqueue_batch` of 32, a message", |m| {
        batches(m, |p, batch| assert_eq!(p.enqueue_batch(batch).len(), 32));
    }),
    ("`try_enqueue_batch` of 32, a message", |m| {
        batches(m, |p, batch| assert_eq!(p.try_enqueue_batch(batch), Ok(32)));
    }),
    ("`reserve` and `commit`, in the slot", |m| reserve(m, 64)),
    ("`reserve` and `commit`, longer", |m| reserve(m, 4_096)),
    ("`try_dequeue`", |m| dequeues(m, |c| c.try_dequeue().ok())),
    ("`dequeue`, of what is there", |m| dequeues(m, |c| c.dequeue().ok())),
    ("`dequeue_timeout`, of what is there", |m| dequeues(m, |c| c.dequeue_timeout(HOUR).ok())),
    ("`dequeue_async`, of what is there, and `detach`", dequeue_async),
    ("`try_dequeue_batch` of 32, a message", dequeue_batch),
    ("`try_dequeue`, of nothing", |m| {
        let consumer = numbers(m).consumer();
        while m.more() {
            m.section(ROUND, || (0..ROUND).for_each(|_| assert!(consumer.try_dequeue().is_err())));
        }
    }),
    ("`ack`", |m| settle(m, |b| b, |d| d.ack().is_ok())),
    ("`ack_batch`, a message", ack_batch),
    ("`nack`, back-off by the policy", |m| settle(m, |b| b, |d| d.nack().is_ok())),
    ("`nack`, policy with jitter", |m| {
        let policy = Retry::exponential(HOUR, 2.0).jitter(Jitter::Full).seed(1);
        settle(m, |b| b.retry(policy), |d| d.nack().is_ok());
    }),
    ("`nack`, policy without delay", |m| {
        settle(m, |b| b.retry(Retry::fixed(Duration::ZERO)), |d| d.nack().is_ok());
    }),
    ("`nack_after`", |m| settle(m, |b| b, |d| d.nack_after(HOUR).is_ok())),
    ("`nack_with`, a text", |m| {
        settle(m, |b| b, |d| d.nack_with(ErrorClass::Business, "no stock").is_ok());
    }),
    ("`release`", |m| settle(m, |b| b, |d| d.release().is_ok())),
    ("`snooze`", |m| settle(m, |b| b, |d| d.snooze(HOUR).is_ok())),
    ("dropped unsettled", |m| settle(m, |b| b, |d| done_after(|| drop(d)))),
    ("`extend`", extend),
    ("`detach`, then `ack`", |m| settle(m, |b| b, |d| d.detach().ack().is_ok())),
    ("`into_inner`, a `T`", |m| settle(m, |b| b, |d| d.into_inner().is_ok())),
    ("`into_inner`, bytes from the slot", |m| into_inner(m, in_place())),
    ("`into_inner`, bytes in a buffer", |m| into_inner(m, Bytes::from_static(&PAYLOAD))),
    ("`reject`, to the dead letters", |m| {
        settle(m, |b| b.dead_letters("dead"), |d| d.reject("never").is_ok());
    }),
    ("`nack`, the last: to the dead letters", |m| {
        settle(m, |b| b.dead_letters("dead").retry(Retry::none()), |d| d.nack().is_ok());
    }),
    ("`reject`, no dead letters", |m| settle(m, |b| b, |d| d.reject("never").is_ok())),
    ("`Queue::settle`, by receipt", by_receipt),
    ("`cancel`, by handle", cancel),
    ("full: `Overflow::Fail`", |m| full(m, Overflow::Fail, false, |e| e.is_none())),
    ("full: `Overflow::DropNewest`", |m| {
        full(m, Overflow::DropNewest, false, |e| e == Some(Enqueued::Dropped));
    }),
    ("full: `Overflow::DropOldest`", |m| full(m, Overflow::DropOldest, false, |e| e.is_some())),
    ("full: `Overflow::DropOldest`, to the dead letters", |m| {
        full(m, Overflow::DropOldest, true, |e| e.is_some());
    }),
    ("life with `Overflow::Block`", |m| life(m, |b| b.overflow(Overflow::Block(HOUR)))),
    ("life with `exact_capacity`", |m| life(m, |b| b.exact_capacity(true))),
    ("life with `max_bytes`", |m| life(m, |b| b.max_bytes(1 << 20))),
    ("life with `no_lease`", |m| life(m, |b| b.no_lease())),
    ("life in 8 partitions, in turn", |m| life(m, |b| b.partitions(8))),
    ("life in 8 partitions, by key", |m| {
        let queue = build(Queue::builder("life").engine(m.engine()).capacity(ROOM).partitions(8));
        lives(m, &queue.producer(), &queue.consumer(), |n| Message::new(n).key(n.to_be_bytes()));
    }),
    ("life with `Order::Key`", |m| {
        let queue = Queue::builder("life").engine(m.engine()).capacity(ROOM).order(Order::Key);
        let (queue, key) = (build(queue), |n: u64| (n % 100).to_be_bytes());
        lives(m, &queue.producer(), &queue.consumer(), |n| Message::new(n).key(key(n)));
    }),
    ("life with `Order::Partition`", |m| life(m, |b| b.order(Order::Partition))),
    ("life with three `levels`", |m| {
        let levels = [Priority::LOW, Priority::NORMAL, Priority::HIGH];
        let queue = Queue::builder("life").engine(m.engine()).capacity(ROOM).levels(&levels);
        let (queue, of) = (build(queue), |n: u64| levels[n as usize % 3]);
        lives(m, &queue.producer(), &queue.consumer(), |n| Message::new(n).priority(of(n)));
    }),
    ("life with `timestamps`", |m| life(m, |b| b.timestamps(true))),
    ("life with `lookup`", |m| life(m, |b| b.lookup(true))),
    ("life of an `Unshared` message", |m| {
        let queue = Queue::<u64, Unshared>::builder("life").engine(m.engine()).capacity(ROOM);
        let queue = queue.build().expect("a small queue");
        lives(m, &queue.producer(), &queue.consumer(), Message::new);
    }),
    ("`stats`", |m| {
        let queue = numbers(m);
        let _handles = (queue.producer(), queue.consumer());
        while m.more() {
            m.section(ROUND, || (0..ROUND).for_each(|_| assert_eq!(queue.stats().accepted, 0)));
        }
    }),
];

fn numbers(m: &Meter) -> Queue<u64> {
    build(Queue::builder("numbers").engine(m.engine()).capacity(ROOM))
}

fn bytes(m: &Meter) -> Queue<[u8]> {
    let queue = Queue::<[u8]>::builder("bytes").engine(m.engine()).capacity(ROOM);
    queue.build().expect("a small queue")
}

fn build(queue: QueueBuilder<u64>) -> Queue<u64> {
    queue.build().expect("a small queue")
}

fn in_place() -> Bytes {
    Bytes::from_static(&PAYLOAD[..64])
}

fn done(done: bool) {
    assert!(done, "the operation is to succeed");
}

fn done_after(f: impl FnOnce()) -> bool {
    f();
    true
}

/// What a future gives that need not wait.
fn ready<R>(future: impl Future<Output = R>) -> R {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("there is no need to wait"),
    }
}

/// Lets time pass until there is nothing left, neither here nor in the dead letters.
fn tidy<T: Content + Sync + ?Sized>(m: &Meter, queue: &Queue<T>) {
    for queue in [Some(queue.clone()), queue.dead_letters()].into_iter().flatten() {
        let consumer = queue.consumer();
        while !queue.is_empty() {
            while let Ok(delivery) = consumer.try_dequeue() {
                delivery.ack().expect("a lease");
            }
            m.pass();
        }
    }
}

fn enqueue<T: Content + Sync + ?Sized>(
    m: &mut Meter,
    queue: Queue<T>,
    message: impl Fn(u64) -> Message<T::Owned>,
) {
    let producer = queue.producer();
    while m.more() {
        let put = |n| done(producer.enqueue(message(n)).is_ok());
        m.section(ROUND, || (0..ROUND).for_each(put));
        tidy(m, &queue);
    }
}

fn puts(m: &mut Meter, put: impl Fn(&mut Producer<u64>, u64)) {
    let queue = numbers(m);
    let mut producer = queue.producer();
    while m.more() {
        m.section(ROUND, || (0..ROUND).for_each(|n| put(&mut producer, n)));
        tidy(m, &queue);
    }
}

fn batches(m: &mut Meter, put: impl Fn(&Producer<u64>, &mut Vec<Message<u64>>)) {
    let queue = numbers(m);
    let producer = queue.producer();
    while m.more() {
        let batch = || (0..32).map(Message::new).collect::<Vec<_>>();
        let mut batches: Vec<_> = (0..ROUND / 32).map(|_| batch()).collect();
        m.section(ROUND, || batches.iter_mut().for_each(|batch| put(&producer, batch)));
        tidy(m, &queue);
    }
}

fn reserve(m: &mut Meter, len: usize) {
    let queue = bytes(m);
    let producer = queue.producer();
    while m.more() {
        let put = |_| {
            let mut room = producer.reserve(len, None).expect("there is room");
            room.copy_from_slice(&PAYLOAD[..len]);
            done(room.commit().is_ok());
        };
        m.section(ROUND, || (0..ROUND).for_each(put));
        tidy(m, &queue);
    }
}

fn fill(queue: &Queue<u64>) {
    let producer = queue.producer();
    (0..ROUND).for_each(|n| done(producer.enqueue(n).is_ok()));
}

fn dequeues<F>(m: &mut Meter, take: F)
where
    F: for<'c> Fn(&'c Consumer<u64>) -> Option<Delivery<'c, u64>>,
{
    let queue = numbers(m);
    let consumer = queue.consumer();
    let mut taken = Vec::with_capacity(ROUND as usize);
    while m.more() {
        fill(&queue);
        let all = || (0..ROUND).for_each(|_| taken.extend(take(&consumer)));
        m.section(ROUND, all);
        assert_eq!(consumer.ack_batch(taken.drain(..)).acked as u64, ROUND);
    }
}

fn dequeue_async(m: &mut Meter) {
    let queue = numbers(m);
    let mut consumer = queue.consumer();
    let mut taken = Vec::with_capacity(ROUND as usize);
    while m.more() {
        fill(&queue);
        let mut take = |_| taken.push(ready(consumer.dequeue_async()).expect("a message").detach());
        m.section(ROUND, || (0..ROUND).for_each(&mut take));
        taken.drain(..).for_each(|delivery| done(delivery.ack().is_ok()));
    }
}

fn dequeue_batch(m: &mut Meter) {
    let queue = numbers(m);
    let consumer = queue.consumer();
    let mut taken = Vec::with_capacity(ROUND as usize);
    while m.more() {
        fill(&queue);
        let all = || {
            let batch = |_| assert_eq!(consumer.try_dequeue_batch(32, &mut taken), Ok(32));
            (0..ROUND / 32).for_each(batch);
        };
        m.section(ROUND, all);
        assert_eq!(consumer.ack_batch(taken.drain(..)).acked as u64, ROUND);
    }
}

/// Leases a round of messages.
fn leased<'c>(queue: &Queue<u64>, consumer: &'c Consumer<u64>) -> Vec<Delivery<'c, u64>> {
    fill(queue);
    (0..ROUND).map(|_| consumer.try_dequeue().expect("a message")).collect()
}

fn settle(
    m: &mut Meter,
    how: impl FnOnce(QueueBuilder<u64>) -> QueueBuilder<u64>,
    settle: impl Fn(Delivery<'_, u64>) -> bool,
) {
    let queue = build(how(Queue::builder("settle").engine(m.engine()).capacity(ROOM)));
    let consumer = queue.consumer();
    while m.more() {
        let mut deliveries = leased(&queue, &consumer);
        m.section(ROUND, || deliveries.drain(..).for_each(|delivery| done(settle(delivery))));
        tidy(m, &queue);
    }
}

fn ack_batch(m: &mut Meter) {
    let queue = numbers(m);
    let consumer = queue.consumer();
    while m.more() {
        let mut deliveries = leased(&queue, &consumer);
        let all = || assert_eq!(consumer.ack_batch(deliveries.drain(..)).acked as u64, ROUND);
        m.section(ROUND, all);
    }
}

fn extend(m: &mut Meter) {
    let queue = numbers(m);
    let consumer = queue.consumer();
    while m.more() {
        let deliveries = leased(&queue, &consumer);
        m.section(ROUND, || deliveries.iter().for_each(|d| done(d.extend(HOUR).is_ok())));
        assert_eq!(consumer.ack_batch(deliveries).acked as u64, ROUND);
    }
}

fn into_inner(m: &mut Meter, payload: Bytes) {
    let queue = bytes(m);
    let (producer, consumer) = (queue.producer(), queue.consumer());
    while m.more() {
        (0..ROUND).for_each(|_| done(producer.enqueue(payload.clone()).is_ok()));
        let take = || consumer.try_dequeue().expect("a message");
        let mut deliveries: Vec<_> = (0..ROUND).map(|_| take()).collect();
        m.section(ROUND, || deliveries.drain(..).for_each(|d| done(d.into_inner().is_ok())));
    }
}

fn by_receipt(m: &mut Meter) {
    let queue = numbers(m);
    let consumer = queue.consumer();
    while m.more() {
        let deliveries = leased(&queue, &consumer);
        let settle = |delivery: &Delivery<'_, u64>| {
            done(queue.settle(&delivery.receipt(), Settlement::Ack).is_ok());
        };
        m.section(ROUND, || deliveries.iter().for_each(settle));
    }
}

fn cancel(m: &mut Meter) {
    let queue = numbers(m);
    let producer = queue.producer();
    while m.more() {
        let put = |n| producer.enqueue(n).ok().and_then(Enqueued::handle).expect("there is room");
        let handles: Vec<_> = (0..ROUND).map(put).collect();
        m.section(ROUND, || handles.iter().for_each(|h| done(queue.cancel(h).is_ok())));
        // The slots are free again when somebody comes by.
        assert!(queue.consumer().try_dequeue().is_err());
    }
}

fn full(m: &mut Meter, policy: Overflow, dead: bool, outcome: fn(Option<Enqueued>) -> bool) {
    let queue = Queue::builder("full").engine(m.engine()).capacity(ROOM).overflow(policy);
    let queue = build(if dead { queue.dead_letters("dead") } else { queue });
    let producer = queue.producer();
    while m.more() {
        while producer.try_enqueue(0).is_ok() {}
        let put = |n| done(outcome(producer.enqueue(n).ok()));
        m.section(ROUND, || (0..ROUND).for_each(put));
        queue.dead_letters().iter().for_each(|dead| tidy(m, dead));
    }
}

fn life(m: &mut Meter, how: impl FnOnce(QueueBuilder<u64>) -> QueueBuilder<u64>) {
    let queue = build(how(Queue::builder("life").engine(m.engine()).capacity(ROOM)));
    lives(m, &queue.producer(), &queue.consumer(), Message::new);
}

fn lives<M>(
    m: &mut Meter,
    producer: &Producer<u64, M>,
    consumer: &Consumer<u64, M>,
    message: impl Fn(u64) -> Message<u64>,
) {
    // As many at a time as make every partition's memory come with the first round.
    while m.more() {
        let live = || {
            (0..ROUND).for_each(|n| done(producer.enqueue(message(n)).is_ok()));
            let end = |_| done(consumer.try_dequeue().is_ok_and(|d| d.ack().is_ok()));
            (0..ROUND).for_each(end);
        };
        m.section(ROUND, live);
    }
}
